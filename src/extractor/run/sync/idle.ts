import { createHash } from 'node:crypto';
import { ChangeWay } from '../../api/changes/planned-changes';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import type { RunOptions } from '../context/run-options';

/**
 * One statement that tells, as one text, all by which a change of any table would show: the version of Change Tracking, since when tables
 * are tracked (TRUNCATE begins anew), tables and when they were altered last, and which database it is.
 */
export const IDLE_SQL = `SELECT CONCAT(
  'version:', CONVERT(varchar(20), CHANGE_TRACKING_CURRENT_VERSION()),
  '/tracked:', (SELECT COUNT(*) FROM sys.change_tracking_tables), ',', (SELECT CONVERT(varchar(40), SUM(CONVERT(decimal(38, 0), begin_version))) FROM sys.change_tracking_tables),
  '/tables:', (SELECT COUNT(*) FROM sys.tables), ',', (SELECT CONVERT(varchar(30), MAX(modify_date), 126) FROM sys.tables),
  '/fork:', (SELECT CONVERT(nvarchar(36), recovery_fork_guid) FROM sys.database_recovery_status WHERE database_id = DB_ID()),
  '/created:', (SELECT CONVERT(varchar(30), create_date, 126) FROM sys.databases WHERE database_id = DB_ID())) AS idle`;

/** Ways whose changes all show in the text. */
const TOLD: ReadonlySet<string> = new Set([ChangeWay.CHANGE_TRACKING]);

/** Whether the text tells of all changes of tables of these ways. */
export function tellsAll(ways: readonly string[]): boolean {
  return ways.every((way) => TOLD.has(way));
}

/** The text, and what of the options decides which tables are read. Undefined where the source refuses the statement. */
export async function readIdle(connection: SqlServerConnection, options: RunOptions): Promise<string | undefined> {
  const row = await connection.query(IDLE_SQL, 'ask whether anything changed').then(([first]) => first, () => undefined);
  if (typeof row?.idle !== 'string') return undefined;
  const { include, exclude, includeViews, tableOptions, format, changes } = options;
  const chosen = createHash('sha256').update(JSON.stringify([include, exclude, includeViews, tableOptions, format.types, changes])).digest('hex').slice(0, 16);
  return `${row.idle}/chosen:${chosen}`;
}

/** Version of Change Tracking that the text has, in digits. */
export function versionOf(idle: string | undefined): string | undefined {
  return /^version:(\d+)\//.exec(idle ?? '')?.[1];
}
