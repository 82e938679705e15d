import { canonical, sourceValue } from './canonical';
import { parseCsv } from './captures';
import { jsonRows } from './json-rows';
import { readWithDuckDb } from './parquet-readers';
import type { ManifestColumn } from '../../../src/contract';
import type { OutputFormat } from '../../../src/extractor/rows/columns/output-format';

type Rows = ReadonlyArray<ReadonlyArray<string | null>>;

/** Differences; none when the vector means what is expected. */
export type Faults = string[];

export function compare(faults: Faults, what: string, got: unknown, expected: unknown): void {
  const [text, other] = [JSON.stringify(got), JSON.stringify(expected)];
  if (text !== other) faults.push(`${what}: ${text.slice(0, 300)} instead of ${other.slice(0, 300)}`);
}

/** Without companions. */
export const sourcesOf = (columns: readonly ManifestColumn[]) => columns.filter(({ framing }) => framing !== undefined);

/** In one spelling. @param baseTypes of sql_variant; what has none is compared as text */
export function plain(rows: Rows, columns: readonly ManifestColumn[], baseTypes?: Rows): Rows {
  return rows.map((row, r) => sourcesOf(columns).map(({ sourceType }, i) => (
    canonical(row[i], sourceType === 'sql_variant' ? baseTypes?.[r][i] ?? 'varchar' : sourceType)
  )));
}

/** Rows of an object that is not compressed, in one spelling; what is wrong apart from values goes to `faults`. */
export async function rowsOf(
  object: Buffer, columns: readonly ManifestColumn[], name: OutputFormat['name'], faults: Faults, baseTypes: Rows | undefined,
  nullText?: string,
): Promise<Rows> {
  switch (name) {
    case 'csv': {
      const [header, ...rows] = parseCsv(object.toString('utf8'), nullText);
      compare(faults, 'header', header, columns.map((column) => column.name));
      return plain(rows, columns, baseTypes);
    }
    case 'jsonl': return plain(jsonRows(object), columns, baseTypes);
    case 'parquet': {
      const { names, rows } = await readWithDuckDb(object);
      compare(faults, 'Parquet columns', names, columns.map((column) => column.name));
      const companions = columns.flatMap((column, i) => (column.name.endsWith('__base_type') ? [i] : []));
      if (baseTypes) compare(faults, 'base types', rows.map((row) => companions.map((i) => row[i])), baseTypes);
      return rows.map((row) => sourcesOf(columns).map(({ ordinal }) => sourceValue(columns, row, ordinal)));
    }
  }
}
