import { ColumnEntry, DatabaseEntry, TableEntry } from '../../../engine/catalog';
import { commitTable } from '../../../engine/changes/change-functions';
import { TrackedTable } from '../../../engine/changes/database-changes';
import { quoteName } from '../../../engine/identifiers';
import { SqlError } from '../../errors';
import { BIGINT, SqlType } from '../../types';
import { Bound, BoundColumn, BoundQuery, outputName } from '../bound';
import { convert, sortKey } from '../conversions';

const VERSION = { type: BIGINT, nullable: true };
const CONTEXT: BoundColumn = { name: 'SYS_CHANGE_CONTEXT', type: { name: 'varbinary', length: 128 }, nullable: true };

/** A column of the primary key, and its name in DuckDB's table of the changes. */
export interface KeyColumn {
  readonly column: ColumnEntry;
  readonly stored: string;
}

export function primaryKey(table: TableEntry): KeyColumn[] {
  const key = table.indexes.find(({ constraint }) => constraint === 'primary')?.columns ?? [];
  return key.map(({ name }) => {
    const column = table.columns.find((each) => each.name.toLowerCase() === name.toLowerCase())!;
    return { column, stored: quoteName(`k${column.id}`) };
  });
}

/** @throws SqlError 22105 for a table whose changes are not tracked */
export function trackedTable(database: DatabaseEntry, table: TableEntry, line: number): TrackedTable {
  const tracked = database.changes.tracking && database.changes.tracked.get(table.objectId);
  if (!tracked) {
    throw new SqlError(22105, `Change tracking is not enabled on table '${table.name}'.`, { line });
  }
  return tracked;
}

/** Committed changes of a table, in their order; clean-up and truncation take effect on them at once. */
function committed(database: DatabaseEntry, tracked: TrackedTable): string {
  const { cleanupVersion = 0n, beginVersion } = tracked;
  const floor = cleanupVersion > beginVersion ? cleanupVersion : beginVersion;
  return `${tracked.duckName} s JOIN ${commitTable(database.name)} c ON c.transaction_id = s.transaction_id AND c.commit_ts > ${floor}`;
}

/** Version and place in its transaction, as one number. */
const ORDER = 'c.commit_ts::HUGEINT * 1000000000 + s.statement';

/**
 * CHANGETABLE (CHANGES …), one row for each key ("CHANGETABLE"): operations are relative to the baseline, so a row inserted since is an
 * insert whatever followed; deleted and inserted anew, it is an update of all columns. A row inserted and deleted since is told as
 * deleted. Keys are the same as the collation of their columns says, and are told as the last change had them.
 */
export function changesOf(database: DatabaseEntry, table: TableEntry, since: Bound, line: number): BoundQuery {
  const tracked = trackedTable(database, table, line);
  const keys = primaryKey(table);
  const baseline = convert(since, BIGINT);
  const last = `arg_max(s.operation, ${ORDER})`;
  const isInserted = `arg_min(s.operation, ${ORDER}) = 'I'`;
  const operation = `CASE WHEN ${last} = 'D' THEN 'D' WHEN ${isInserted} THEN 'I' ELSE 'U' END`;
  // Columns are told of updates alone, and where each of them told its own.
  const told = `${last} = 'U' AND bool_and(s.operation = 'U' AND s.columns IS NOT NULL)`;
  const columns: BoundColumn[] = [
    { name: 'SYS_CHANGE_VERSION', ...VERSION },
    { name: 'SYS_CHANGE_CREATION_VERSION', ...VERSION },
    { name: 'SYS_CHANGE_OPERATION', type: { name: 'nchar', length: 1 }, nullable: true },
    { name: 'SYS_CHANGE_COLUMNS', type: { name: 'varbinary', length: 4100 }, nullable: true },
    CONTEXT,
    ...keys.map(({ column: { name, type } }) => ({ name, type, nullable: false })),
  ];
  const values = [
    'max(c.commit_ts)',
    "max(c.commit_ts) FILTER (s.operation = 'I')",
    operation,
    `CASE WHEN ${told} THEN change_columns(array_to_string(list_sort(list_distinct(flatten(list(s.columns)))), ',')) END`,
    // NULL is a context too, which arg_max would leave out.
    `(arg_max({'value': s.context}, ${ORDER})).value`,
    ...keys.map(({ stored }) => `arg_max(s.${stored}, ${ORDER})`),
  ];
  const group = keys.map(({ stored, column: { type } }) => sortKey(`s.${stored}`, type)).join(', ');
  return {
    sql: `SELECT ${values.map((value, at) => `${value} AS ${outputName(at)}`).join(', ')} FROM ${committed(database, tracked)} `
      + `WHERE c.commit_ts > coalesce(${baseline}, -1) GROUP BY ${group}`,
    columns,
  };
}

/** CHANGETABLE (VERSION …): the last change of one row, NULL where none is kept. */
export function versionOf(
  database: DatabaseEntry, table: TableEntry, named: ReadonlyArray<{ readonly name: string; readonly value: Bound }>, line: number,
): BoundQuery {
  const tracked = trackedTable(database, table, line);
  const keys = primaryKey(table);
  if (named.length !== keys.length) {
    throw new SqlError(22110, `The number of columns specified in the CHANGETABLE(VERSION ...) function does not match the number of primary key columns for table '${table.name}'.`, { line });
  }
  const values = named.map(({ name, value }) => {
    const key = keys.find(({ column }) => column.name.toLowerCase() === name.toLowerCase());
    if (!key) {
      throw new SqlError(22111, `The column '${name}' specified in the CHANGETABLE(VERSION ...) function is not part of the primary key for table '${table.name}'.`, { line });
    }
    return { ...key, sql: convert(value, key.column.type) };
  });
  const equal = (left: string, right: string, type: SqlType) => `${sortKey(left, type)} = ${sortKey(right, type)}`;
  const where = values.map(({ stored, sql, column: { type } }) => equal(`s.${stored}`, sql, type)).join(' AND ');
  const found = (what: string) => `(SELECT ${what} FROM ${committed(database, tracked)} WHERE ${where})`;
  const outputs = [found('max(c.commit_ts)'), found(`(arg_max({'value': s.context}, ${ORDER})).value`), ...values.map(({ sql }) => sql)];
  return {
    sql: `SELECT ${outputs.map((value, at) => `${value} AS ${outputName(at)}`).join(', ')}`,
    columns: [{ name: 'SYS_CHANGE_VERSION', ...VERSION }, CONTEXT, ...values.map(({ column: { name, type } }) => ({ name, type, nullable: false }))],
  };
}
