import { KNOWN_TABLES, type KnownKind, type KnownRows, type KnownValue } from './known-source';
import { Workplace } from '../../../src/iceberg/commit/workplace';
import { readRows, scanOf } from '../../../src/iceberg/rows/read-rows';
import { RowValue } from '../../../src/iceberg/rows/values';
import { TableMetadata } from '../../../src/iceberg/spec/table-metadata';

/** The rows that a table shows, by key, as the source's are known. @throws Error for a key that two rows have */
export async function rowsAsKnown(
  { files }: Workplace, metadata: TableMetadata, name: string, columns: ReadonlyArray<readonly [string, KnownKind]>,
): Promise<KnownRows> {
  const plan = await scanOf(files, metadata);
  const names = plan.fields.map((field) => field.name);
  const { keyColumns } = KNOWN_TABLES.find((table) => table.name === name)!;
  const shown = columns.filter(([column]) => names.includes(column.toLowerCase()));
  const rows = new Map<string, KnownValue[]>();
  for await (const { values } of readRows(files, plan)) {
    const valueOf = (column: string) => values[names.indexOf(column)];
    const row = shown.map(([column, kind]) => known(kind, valueOf(column.toLowerCase()), () => valueOf(`${column.toLowerCase()}__100ns`)));
    const key = row.slice(0, keyColumns).join('|');
    if (rows.has(key)) throw new Error(`${name} shows the key ${key} twice`);
    rows.set(key, row);
  }
  return rows;
}

function known(kind: KnownKind, value: RowValue, hundredths: () => RowValue): KnownValue {
  if (value === null) return null;
  switch (kind) {
    case 'whole': case 'decimal4': return BigInt(value as number | bigint);
    case 'ticks': return (value as bigint) * 10n + BigInt(hundredths() as number | bigint);
    case 'double': return value as number;
    default: return String(value);
  }
}
