import { catalogColumnNames, ManifestTable, quotedName } from '../../contract';
import { decimalOf, icebergType } from '../../iceberg/spec/types';

/** Columns that one query counts and sums: a query has 262,144 bytes at most (Athena, "Service quotas"). */
const COLUMNS = 200;

/** A value that a query gives, and what it should be. */
interface Expected {
  readonly what: string;
  readonly sql: string;
  /** Digits, with a decimal point or without. */
  readonly value: string;
}

/** A query of one row, and what that row should hold, in this order. */
export interface ProofQuery {
  readonly sql: string;
  readonly expected: readonly Pick<Expected, 'what' | 'value'>[];
}

/** What is asked about. */
export interface ProvedSnapshot {
  readonly database: string;
  readonly tableName: string;
  readonly snapshotId: string;
  /** URI that the run's files begin with, where others' rows stand beside them. */
  readonly folder?: string;
}

/**
 * Queries that count a run's rows and the values of each column, and sum those whose sum is exact; floats are not summed. Whole numbers are
 * summed as decimals of 38 digits: a sum of `bigint` may overflow.
 */
export function proofQueries({ database, tableName, snapshotId, folder }: ProvedSnapshot, table: Pick<ManifestTable, 'columns' | 'rows' | 'tallies'>): ProofQuery[] {
  const rows = { what: 'rows', sql: 'count(*)', value: String(table.rows) };
  const columns = ofColumns(table);
  const from = ` FROM ${quotedName(database)}.${quotedName(tableName)} FOR VERSION AS OF ${BigInt(snapshotId)}`
    + (folder === undefined ? '' : ` WHERE starts_with("$path", '${folder.replace(/'/g, "''")}')`);
  const queries: ProofQuery[] = [];
  for (let at = 0; at === 0 || at < columns.length; at += COLUMNS) {
    const expected = [rows, ...columns.slice(at, at + COLUMNS).flat()];
    queries.push({ sql: `SELECT ${expected.map(({ sql }) => sql).join(', ')}${from}`, expected });
  }
  return queries;
}

function ofColumns({ columns, rows, tallies = [] }: Pick<ManifestTable, 'columns' | 'rows' | 'tallies'>): Expected[][] {
  const names = catalogColumnNames(columns.map(({ name }) => name));
  const at = new Map(columns.map(({ name }, index) => [name, index]));
  return tallies.flatMap(({ column, nulls, sum }) => {
    const index = at.get(column);
    if (index === undefined) return [];
    const name = quotedName(names[index]);
    const added = sum === undefined ? undefined : sumOf(name, icebergType(columns[index].outputType, column));
    return [[
      { what: `values of '${column}'`, sql: `count(${name})`, value: String(rows - nulls) },
      ...(added === undefined ? [] : [{ what: `the sum of '${column}'`, sql: added, value: sum! }]),
    ]];
  });
}

/** Undefined for a type of which there is no exact sum: a number that landed as text, for example. */
function sumOf(name: string, type: string): string | undefined {
  if (type === 'boolean') return `count_if(${name})`;
  if (type === 'int' || type === 'long') return `sum(CAST(${name} AS decimal(38, 0)))`;
  const decimal = decimalOf(type);
  return decimal && `sum(CAST(${name} AS decimal(38, ${decimal.scale})))`;
}

/** What differs between a row and what it should hold; undefined when nothing does. */
export function differenceOf({ expected }: ProofQuery, row: readonly (string | undefined)[]): string | undefined {
  const at = expected.findIndex(({ value }, index) => row[index] === undefined || plain(row[index]) !== plain(value));
  return at < 0 ? undefined : `Athena reads ${expected[at].what} as ${row[at] ?? 'nothing'}, the manifest says ${expected[at].value}`;
}

/** A decimal without zeros that say nothing. */
function plain(digits: string): string {
  const [, sign, whole, fraction = ''] = /^(-?)0*(\d*?)(?:\.(\d*?)0*)?$/.exec(digits) ?? [];
  if (whole === undefined) return digits;
  const value = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
  return value === '0' ? value : sign + value;
}
