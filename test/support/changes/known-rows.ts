import { type KnownColumn, type KnownKind, type KnownRows, knownTable, type KnownValue } from './known-tables';
import { Workplace } from '../../../src/iceberg/commit/workplace';
import { readRows, scanOf } from '../../../src/iceberg/rows/read-rows';
import { RowValue } from '../../../src/iceberg/rows/values';
import { TableMetadata } from '../../../src/iceberg/spec/table-metadata';
import type { Cell, Rows } from '../../../tools/engines';

/** The rows that a table shows, by key, as the source's are known. @throws Error for a key that two rows have */
export async function rowsAsKnown({ files }: Workplace, metadata: TableMetadata, name: string, columns: readonly KnownColumn[]): Promise<KnownRows> {
  const plan = await scanOf(files, metadata);
  const rows: Array<readonly RowValue[]> = [];
  for await (const { values } of readRows(files, plan)) rows.push(values);
  return byKey(name, columns, plan.fields.map((field) => field.name), rows, valueOf);
}

/** The same of what an engine of others answers. */
export function cellsAsKnown({ names, rows }: Rows, name: string, columns: readonly KnownColumn[]): KnownRows {
  return byKey(name, columns, names, rows, valueOfCell);
}

/** How rows differ from those of one state at least that are expected; undefined where they are those of one. */
export function differenceOf(shown: KnownRows, expected: readonly KnownRows[]): string | undefined {
  const differences = expected.map((rows) => differenceOfOne(shown, rows));
  return differences.includes(undefined) ? undefined : differences[0];
}

function differenceOfOne(shown: KnownRows, expected: KnownRows): string | undefined {
  const missing = [...expected.keys()].find((key) => !shown.has(key));
  if (missing !== undefined) return `the row ${missing} is missing (${shown.size} rows of ${expected.size})`;
  const more = [...shown.keys()].find((key) => !expected.has(key));
  if (more !== undefined) return `the row ${more} should not be there (${shown.size} rows of ${expected.size})`;
  const text = (row: readonly unknown[] | undefined) => JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  const other = [...expected.keys()].find((key) => text(expected.get(key)) !== text(shown.get(key)));
  return other === undefined ? undefined : `the row ${other} is ${text(shown.get(other))}, the source has ${text(expected.get(other))}`;
}

function byKey<T>(
  name: string, columns: readonly KnownColumn[], names: readonly string[], rows: ReadonlyArray<readonly T[]>,
  toKnown: (kind: KnownKind, value: T, hundredths: () => T) => KnownValue,
): KnownRows {
  const shown = columns.filter(([column]) => names.includes(column.toLowerCase()));
  const known = new Map<string, KnownValue[]>();
  for (const values of rows) {
    const of = (column: string) => values[names.indexOf(column)];
    const row = shown.map(([column, kind]) => toKnown(kind, of(column.toLowerCase()), () => of(`${column.toLowerCase()}__100ns`)));
    const key = row.slice(0, knownTable(name).keyColumns).join('|');
    if (known.has(key)) throw new Error(`${name} shows the key ${key} twice`);
    known.set(key, row);
  }
  return known;
}

function valueOf(kind: KnownKind, value: RowValue, hundredths: () => RowValue): KnownValue {
  if (value === null) return null;
  switch (kind) {
    case 'whole': case 'decimal4': return BigInt(value as number | bigint);
    case 'ticks': return (value as bigint) * 10n + BigInt(hundredths() as number | bigint);
    case 'double': return value as number;
    default: return String(value);
  }
}

/** Cells are texts: of decimals with all digits of their scale, of times with six. */
function valueOfCell(kind: KnownKind, value: Cell, hundredths: () => Cell): KnownValue {
  if (value === null) return null;
  switch (kind) {
    case 'whole': return BigInt(value);
    case 'decimal4': return BigInt(value.replace('.', ''));
    case 'ticks': return BigInt(Date.parse(`${value.slice(0, 19)}Z`)) * 10_000n + BigInt(value.slice(20)) * 10n + BigInt(hundredths()!);
    case 'double': return Number(value);
    default: return value;
  }
}
