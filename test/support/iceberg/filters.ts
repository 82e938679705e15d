import { type Cell, type EngineName, type ExpectedCells, literal, quoted, type TableAddress } from '../../../tools/engines';

/** A value of a column, and the keys of the rows that have it. */
export interface FilterCase {
  readonly column: string;
  readonly value: string;
  readonly keys: readonly string[];
}

/** Longest text that is asked for. */
const MAX_TEXT = 5000;

/** Of each column its first and its last value. */
export function filterCases({ key, columns }: ExpectedCells, of: readonly string[]): FilterCase[] {
  return of.flatMap((column) => {
    const cells = columns[column];
    const values = [...new Set(cells.filter((cell) => cell !== null && cell.length <= MAX_TEXT))] as string[];
    return [...new Set([values[0], values.at(-1)!])].filter((value) => value !== undefined).map((value) => (
      { column, value, keys: keysOf(columns[key], cells, value) }));
  });
}

function keysOf(keys: readonly Cell[], cells: readonly Cell[], value: string): string[] {
  return keys.filter((_, row) => cells[row] === value).map(String).sort();
}

/** Branches of a UNION: each is planned by its own condition. Trino allows 150 stages. */
const BRANCHES = 30;

/** Queries that answer with the place of a case and the key of a row. */
export function filterQueries(
  engine: EngineName, { glue, metadataLocation }: Required<TableAddress>, key: string, cases: readonly FilterCase[],
  typeOf: (column: string) => string,
): string[] {
  const name = (...names: string[]) => engine === 'spark' ? names.map((each) => `\`${each}\``).join('.') : quoted(...names);
  const from = engine === 'duckdb' ? `iceberg_scan(${literal(metadataLocation)})` : name('glue', glue.database, glue.name);
  const branches = cases.map(({ column, value }, at) => (
    `SELECT ${at} AS at_case, CAST(${name(key)} AS ${engine === 'spark' ? 'string' : 'varchar'}) AS k FROM ${from} WHERE ${name(column)} = ${constant(engine, typeOf(column), value)}`));
  return Array.from({ length: Math.ceil(branches.length / BRANCHES) }, (_, at) => branches.slice(at * BRANCHES, (at + 1) * BRANCHES).join(' UNION ALL '));
}

function constant(engine: EngineName, type: string, value: string): string {
  if (/^(varbinary|binary|BLOB)$/.test(type)) return `${engine === 'trino' ? 'from_hex' : 'unhex'}('${value}')`;
  const text = /^timestamp/i.test(type) ? value.replace('T', ' ').replace('Z', engine === 'trino' ? ' UTC' : '+00:00') : value;
  return `CAST(${textConstant(engine, text)} AS ${type})`;
}

function textConstant(engine: EngineName, text: string): string {
  // Spark reads escapes in texts, but in raw ones.
  return engine === 'spark' ? `'${text.replaceAll('\\', '\\\\').replaceAll('\'', '\\\'')}'` : literal(text);
}
