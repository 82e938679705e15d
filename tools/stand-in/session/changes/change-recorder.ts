import { duckValue } from '../evaluator';
import { SessionState } from '../session-state';
import { captureStaged } from './capture-recorder';
import { trackedTransaction } from './commit';
import { TrackedTransaction } from './tracked-transaction';
import { DatabaseEntry, TableEntry } from '../../engine/catalog';
import { StorageValue } from '../../sql/binder/bound';
import { KeyColumn, primaryKey } from '../../sql/binder/changes/change-tables';
import { hasRowVersion, ROW_VERSION_BASE, STAGED, StagedChange } from '../../sql/binder/changes/staged-change';
import { sortKey } from '../../sql/binder/conversions';
import { BoundChange } from '../../sql/binder/data-binder';
import { SqlError } from '../../sql/errors';

type Sides = Pick<StagedChange, 'before' | 'after' | 'assigned'>;

/** Whether changes of a table are followed in any way, so that its statements run in steps. */
export function isFollowed(database: DatabaseEntry, table: TableEntry): boolean {
  return !table.name.startsWith('#') && (
    hasRowVersion(table) || database.changes.tracked.has(table.objectId) || (database.changes.capture?.of(table.objectId).length ?? 0) > 0);
}

/**
 * Runs a change in steps and records it, within the session's transaction.
 *
 * @returns DuckDB's result of the change itself, and how many rows it changed
 */
export async function runStaged(
  session: SessionState, database: DatabaseEntry, { table, staged }: BoundChange, values: readonly StorageValue[], context: Buffer | null,
) {
  const { connection } = session;
  await connection.run(`CREATE OR REPLACE TEMP TABLE stand_in_staged AS ${staged.rows}`, values.map(duckValue));
  const rows = Number((await connection.runAndReadAll(`SELECT count(*) FROM ${STAGED}`)).getRows()[0][0]);
  const transaction = trackedTransaction(session, database);
  const base = hasRowVersion(table) && staged.after ? database.changes.takeRowVersions(transaction, rows) : 0n;
  const resolve = (sql: string) => sql.replaceAll(ROW_VERSION_BASE, String(base));
  const tracked = database.changes.tracked.get(table.objectId);
  if (tracked && rows > 0) {
    await checkKeys(session, table, staged);
    const row = { transaction, statement: transaction.nextStatement(), context };
    await connection.run(recordSql(table, tracked.duckName, staged, tracked.trackColumnsUpdated, row), context === null ? [] : [duckValue(context)]);
    transaction.changed = true;
  }
  for (const instance of rows > 0 ? database.changes.capture?.of(table.objectId) ?? [] : []) {
    await connection.run(resolve(captureStaged(database.name, table, instance, staged, transaction.id, transaction.nextStatement())));
    transaction.captured = true;
  }
  return { rows, result: await connection.run(resolve(staged.apply)) };
}

const setsKey = (keys: readonly KeyColumn[], { assigned }: Sides) => assigned?.some((column) => keys.some((key) => key.column === column)) ?? false;

/** Rows of Change Tracking's table. A changed key is a delete and an insert; one that is both, or that is equal by its collation, an update. */
function recordSql(
  table: TableEntry, side: string, sides: Sides, tellsColumns: boolean,
  { transaction, statement, context }: { transaction: TrackedTransaction; statement: number; context: Buffer | null },
): string {
  const keys = primaryKey(table);
  const { before, after, assigned = [] } = sides;
  const others = table.columns.filter((column) => !column.computed && !keys.some((key) => key.column === column));
  const ids = assigned.filter((column) => others.includes(column)).map(({ id }) => id);
  const columns = tellsColumns && ids.length < others.length ? `CAST([${ids.join(', ')}] AS INTEGER[])` : 'NULL';
  const head = (operation: string) => `${transaction.id}, ${statement}, ${operation}, ${columns}, ${context === null ? 'NULL' : '$1'}`;
  const target = `INSERT INTO ${side} (transaction_id, statement, operation, columns, context, ${keys.map(({ stored }) => stored).join(', ')})`;
  const list = (side_: ReadonlyMap<unknown, string>) => keys.map(({ column }) => side_.get(column)).join(', ');
  if (!before || !after || !setsKey(keys, sides)) {
    const operation = !before ? "'I'" : !after ? "'D'" : "'U'";
    return `${target} SELECT ${head(operation)}, ${list(after ?? before!)} FROM ${STAGED}`;
  }
  const named = (side_: ReadonlyMap<unknown, string>) => keys.map(({ column, stored }) => `${side_.get(column)} AS ${stored}`).join(', ');
  const equal = keys.map(({ stored, column: { type } }) => `${sortKey(`o.${stored}`, type)} = ${sortKey(`n.${stored}`, type)}`).join(' AND ');
  const operation = 'CASE WHEN o.there IS NULL THEN \'I\' WHEN n.there IS NULL THEN \'D\' ELSE \'U\' END';
  return `${target} SELECT ${head(operation)}, ${keys.map(({ stored }) => `coalesce(n.${stored}, o.${stored})`).join(', ')} `
    + `FROM (SELECT 1 AS there, ${named(before)} FROM ${STAGED}) o FULL JOIN (SELECT 1 AS there, ${named(after)} FROM ${STAGED}) n ON ${equal}`;
}

/** Primary keys of tables whose changes are tracked are enforced, since changes are told by them. */
async function checkKeys({ connection }: SessionState, table: TableEntry, staged: StagedChange): Promise<void> {
  const keys = primaryKey(table);
  if (!staged.after || (staged.before && !setsKey(keys, staged))) {
    return;
  }
  const own = keys.map(({ column, stored }) => `${sortKey(staged.after!.get(column)!, column.type)} AS ${stored}`).join(', ');
  const stored = keys.map((key) => key.stored).join(', ');
  const there = keys.map((key) => `${sortKey(`t."${key.column.name.replace(/"/g, '""')}"`, key.column.type)} = n.${key.stored}`).join(' AND ');
  const others = staged.before ? ` AND t.rowid NOT IN (SELECT rid FROM ${STAGED})` : '';
  const sql = `WITH n AS (SELECT ${own} FROM ${STAGED}) SELECT concat_ws(', ', ${keys.map((key) => `n.${key.stored}::VARCHAR`).join(', ')}) FROM n JOIN ${table.duckName} t ON ${there}${others}
    UNION ALL SELECT concat_ws(', ', ${keys.map((key) => `${key.stored}::VARCHAR`).join(', ')}) FROM n GROUP BY ${stored} HAVING count(*) > 1 LIMIT 1`;
  const [row] = (await connection.runAndReadAll(sql)).getRows();
  if (row) {
    const name = table.indexes.find(({ constraint }) => constraint === 'primary')!.name;
    throw new SqlError(2627, `Violation of PRIMARY KEY constraint '${name}'. Cannot insert duplicate key in object '${table.schema}.${table.name}'. The duplicate key value is (${String(row[0])}).`, { severity: 14 });
  }
}
