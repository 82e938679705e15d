import { CHANGE_COLUMNS, CHANGE_FIELD_IDS, ChangeRole } from '../../../src/contract';
import { metadataAt, Workplace } from '../../../src/iceberg/commit/workplace';
import { readRows, scanOf } from '../../../src/iceberg/rows/read-rows';
import { RowValue } from '../../../src/iceberg/rows/values';
import { ParquetRows } from '../../../src/iceberg/rows/write-parquet';
import { Field } from '../../../src/iceberg/spec/schema';

const FIELDS: { readonly [name: string]: Pick<Field, 'id' | 'type'> } = {
  Id: { id: 1, type: 'int' },
  Name: { id: 2, type: 'string' },
  __op: { id: CHANGE_FIELD_IDS.__op, type: 'string' },
  __version: { id: CHANGE_FIELD_IDS.__version, type: 'string' },
  __committed_at: { id: CHANGE_FIELD_IDS.__committed_at, type: 'timestamp' },
};

/** A file of rows (Id int, Name nvarchar) of a run, as the extractor names its columns, with its pages. */
export function withPages(
  role: ChangeRole | undefined, rows: ReadonlyArray<readonly [id: number, name: string]>, keyColumns: readonly string[],
): Buffer {
  const names = role === 'keys' || role === 'deletes' ? keyColumns : ['Id', 'Name'];
  const fields = [...names, ...(role === 'changes' || role === 'deletes' ? CHANGE_COLUMNS : [])].map((name): Field => ({ name, required: false, ...FIELDS[name] }));
  const valuesOf: { readonly [name: string]: RowValue[] } = { Id: rows.map(([id]) => id), Name: rows.map(([, name]) => name) };
  const file = new ParquetRows(fields);
  if (rows.length > 0) file.add(fields.map(({ name }) => valuesOf[name] ?? rows.map(() => null)));
  return file.finish();
}

/** What a reader sees that applies deletes, from the files' own pages: sorted by the first column. */
export async function rowsShown(workplace: Workplace, name: string): Promise<RowValue[][]> {
  const table = await workplace.catalog.load(name);
  const rows: RowValue[][] = [];
  if (table?.metadataLocation === undefined) return rows;
  const plan = await scanOf(workplace.files, await metadataAt(workplace, table.metadataLocation));
  for await (const { values } of readRows(workplace.files, plan)) rows.push([...values]);
  return rows.sort(([a], [b]) => Number(a) - Number(b));
}
