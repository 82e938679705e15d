import { createHash } from 'node:crypto';
import type { ChangeChain } from '../../../contract';
import { ChangeWay, type PlannedChanges } from '../../api/changes/planned-changes';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import type { RunOptions } from '../context/run-options';

/**
 * What every way needs: the version of Change Tracking, since when tables are tracked (TRUNCATE begins anew), tables and when they were
 * altered last, and which database it is.
 */
const DATABASE = `
  'version:', CONVERT(varchar(20), CHANGE_TRACKING_CURRENT_VERSION()),
  '/tracked:', (SELECT COUNT(*) FROM sys.change_tracking_tables), ',', (SELECT CONVERT(varchar(40), SUM(CONVERT(decimal(38, 0), begin_version))) FROM sys.change_tracking_tables),
  '/tables:', (SELECT COUNT(*) FROM sys.tables), ',', (SELECT CONVERT(varchar(30), MAX(modify_date), 126) FROM sys.tables),
  '/fork:', (SELECT CONVERT(nvarchar(36), recovery_fork_guid) FROM sys.database_recovery_status WHERE database_id = DB_ID()),
  '/created:', (SELECT CONVERT(varchar(30), create_date, 126) FROM sys.databases WHERE database_id = DB_ID())`;

/** What a way needs besides, and by what the text shows that it has it. */
interface WayPart {
  readonly mark: string;
  readonly sql: string;
}

/**
 * By way: how far capture is, with the instances there are, and the offset by which its clock is brought to UTC, since what a base shows
 * counts as captured by that ("sys.fn_cdc_get_max_lsn"). And the last rowversion, which only goes up; while a transaction is open that may
 * have taken an earlier one, what it commits would not show in it, so that then each look differs ("MIN_ACTIVE_ROWVERSION").
 */
const WAY_PARTS: { readonly [way in ChangeWay]?: WayPart } = {
  [ChangeWay.CDC]: {
    mark: '/captured:',
    sql: `
  '/captured:', CONVERT(varchar(20), sys.fn_cdc_get_max_lsn(), 2), ',', (SELECT COUNT(*) FROM cdc.change_tables), ',',
  (SELECT CONVERT(varchar(30), MAX(create_date), 126) FROM cdc.change_tables), ',', DATEPART(TZoffset, SYSDATETIMEOFFSET())`,
  },
  [ChangeWay.ROWVERSION]: {
    mark: '/rowversion:',
    sql: `
  '/rowversion:', CASE WHEN CONVERT(bigint, CONVERT(binary(8), MIN_ACTIVE_ROWVERSION())) = CONVERT(bigint, CONVERT(binary(8), @@DBTS)) + 1
    THEN CONVERT(varchar(36), CONVERT(varchar(16), CONVERT(binary(8), @@DBTS), 2)) ELSE CONVERT(varchar(36), NEWID()) END`,
  },
};

/** One statement that tells, as one text, all by which a change of any table of these ways would show. */
export function idleSql(ways: readonly string[]): string {
  const parts = Object.entries(WAY_PARTS).flatMap(([way, part]) => (ways.includes(way) ? [part.sql] : []));
  return `SELECT CONCAT(${[DATABASE, ...parts].join(',')}) AS idle`;
}

/** Ways by which the tables of a chain were read last. */
export function waysOfChain(chain: ChangeChain | undefined): string[] {
  return [...new Set(Object.values(chain?.tables ?? {}).map(({ mark }) => mark?.way ?? ChangeWay.WHOLE))];
}

/** Way of a table as {@link tellsAll} takes it: deletes that are found by comparing keys move nothing that the text has. */
export function toldWay({ way, settings }: PlannedChanges): string {
  return settings?.deletes === 'keys' ? `${way} and all keys` : way;
}

/**
 * Whether a text tells of all changes of tables of these ways. Of a watermark none could, since a column of the table alone tells it, and
 * tables that are read whole each time are read whether they changed or not.
 */
export function tellsAll(idle: string, ways: readonly string[]): boolean {
  return ways.every((way) => way === ChangeWay.CHANGE_TRACKING || idle.includes(WAY_PARTS[way as ChangeWay]?.mark ?? '\0'));
}

/**
 * The text, and what of the options decides which tables are read. Undefined where the source refuses the statement.
 *
 * @param chain where it stands; the ways of its tables decide what is asked
 */
export async function readIdle(connection: SqlServerConnection, options: RunOptions, chain: ChangeChain | undefined): Promise<string | undefined> {
  const ask = async (ways: readonly string[]) => connection.query(idleSql(ways), 'ask whether anything changed').then(([first]) => first?.idle, () => undefined);
  const ways = waysOfChain(chain);
  // What a way needs may be gone; the version of Change Tracking is needed all the same.
  const told = await ask(ways) ?? (idleSql(ways) === idleSql([]) ? undefined : await ask([]));
  if (typeof told !== 'string') return undefined;
  const { include, exclude, includeViews, tableOptions, format, changes } = options;
  const chosen = createHash('sha256').update(JSON.stringify([include, exclude, includeViews, tableOptions, format.types, changes])).digest('hex').slice(0, 16);
  return `${told}/chosen:${chosen}`;
}

/** Version of Change Tracking that the text has, in digits. */
export function versionOf(idle: string | undefined): string | undefined {
  return /^version:(\d+)\//.exec(idle ?? '')?.[1];
}
