import { EqualityDeletes } from './scan-plan';
import { GroupColumn, openFile } from './table-columns';
import { RowValue, textKey } from './values';
import { forEachAtOnce } from '../files/at-once';
import { TableFiles } from '../files/table-files';
import { Field } from '../spec/schema';

/** Files of keys read at the same time: each is in memory for a moment. */
const FILES_AT_ONCE = 8;

/** What stands for the key of a row: equal exactly where all its columns are equal, NULL to NULL (Iceberg spec, "Equality Delete Files"). */
export type Key = string | number | bigint | boolean | null;

/** Keys that were deleted by the same columns. */
export class DeletedKeys {
  /** Greatest sequence number that deletes each key: rows of files below it are deleted. */
  private readonly sequences = new Map<Key, bigint>();

  public constructor(public readonly fields: readonly Field[]) {}

  public get size(): number {
    return this.sequences.size;
  }

  public add(key: Key, sequence: bigint): void {
    const before = this.sequences.get(key);
    if (before === undefined || before < sequence) this.sequences.set(key, sequence);
  }

  /** Whether a row of a file with this sequence number is deleted. */
  public deletes(key: Key, sequence: bigint): boolean {
    const deleted = this.sequences.get(key);
    return deleted !== undefined && sequence < deleted;
  }
}

/** What makes keys of the rows of a row group. */
export function keysOf(columns: readonly GroupColumn[]): (row: number) => Key {
  if (columns.length === 1) {
    const [only] = columns;
    return (row) => keyOf(valueAt(only, row));
  }
  return (row) => {
    let key = '';
    for (const column of columns) {
      const text = textKey(valueAt(column, row));
      key += `${text.length}:${text}`;
    }
    return key;
  };
}

function valueAt({ values, to }: GroupColumn, row: number): RowValue {
  return values && to ? to(values[row]) : null;
}

/** Of one column: bytes are the only form that is not its own key. Texts and bytes of what should be one are told apart by a mark. */
function keyOf(value: RowValue): Key {
  return value instanceof Uint8Array ? textKey(value) : typeof value === 'string' ? `s${value}` : value;
}

/** Reads equality deletes, those by the same columns together. @throws IcebergError TABLE_UNREADABLE */
export async function readDeletedKeys(
  files: TableFiles, deletes: readonly EqualityDeletes[], mapped: ReadonlyMap<string, number>,
): Promise<readonly DeletedKeys[]> {
  const bySet = new Map<string, DeletedKeys>();
  for (const { fields } of deletes) {
    const set = setOf(fields);
    if (!bySet.has(set)) bySet.set(set, new DeletedKeys([...fields].sort((a, b) => a.id - b.id)));
  }
  await forEachAtOnce(deletes, async ({ file, sequence, fields }) => {
    const keys = bySet.get(setOf(fields))!;
    const open = await openFile(files, file, keys.fields, mapped);
    for (let group = 0; group < open.parquet.groups.length; group++) {
      const columns = await open.group(group);
      const key = keysOf(columns);
      for (let row = 0; row < open.parquet.groups[group]; row++) keys.add(key(row), sequence);
    }
  }, FILES_AT_ONCE);
  return [...bySet.values()];
}

/** Which columns they are, whatever their order. */
export function setOf(fields: readonly Field[]): string {
  return fields.map(({ id }) => id).sort((a, b) => a - b).join(',');
}
