import { LegacyToS3Error } from '../api/errors';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';

/** What a database tells of the ways to learn of its changes. */
export interface ChangeFacts {
  readonly database: string;
  /** Name of the login's user in the database. */
  readonly user: string;
  /** Whether SNAPSHOT transactions may be started. */
  readonly snapshotAllowed: boolean;
  /** Whether the database takes no changes where it is read: a readable secondary, a database snapshot, READ_ONLY. */
  readonly readOnly: boolean;
  /** Whether the connection asked for a readable secondary. */
  readonly readOnlyIntent: boolean;
  /** `absent` where the product has no Change Tracking. */
  readonly changeTracking: 'on' | 'off' | 'absent';
  /** `absent` where the product or its edition has no change data capture, `hidden` where the login may not read what it keeps. */
  readonly cdc: 'on' | 'off' | 'absent' | 'hidden';
  /** How far capture is behind the source's clock (seconds); absent where nothing was captured yet, or there is no CDC. */
  readonly captureLagSeconds?: number;
  /** By object id. */
  readonly tracked: ReadonlyMap<number, TrackedTable>;
  /** By object id, oldest first. */
  readonly captured: ReadonlyMap<number, readonly CaptureInstance[]>;
}

/** A table with Change Tracking. */
export interface TrackedTable {
  /** Version at which tracking began; another one after TRUNCATE and after tracking was enabled again. */
  readonly beginVersion: string;
  /** Whether the login has VIEW CHANGE TRACKING on it. */
  readonly mayView: boolean;
}

/** A capture instance of CDC. */
export interface CaptureInstance {
  readonly name: string;
  /** Name of its change table in schema `cdc`. */
  readonly changeTable: string;
  /** ISO 8601 without an offset. */
  readonly created: string;
  readonly role?: string;
  /** Whether the login is in the role, or there is none, and may SELECT from the change table. */
  readonly mayRead: boolean;
  /** Whether ALTER TABLE … SWITCH passes, which is not captured ("sys.sp_cdc_enable_table", @allow_partition_switch). */
  readonly switchAllowed: boolean;
  /** Whether its table was dropped. */
  readonly dropPending: boolean;
  /** Whether the change table has `__$command_id`, by which changes of one transaction are in order (KB3030352). */
  readonly ordered: boolean;
  /** Names of the captured columns. */
  readonly columns: readonly string[];
}

/** What is asked whether it is there, since not every product has it. */
const WANTED = [
  'change_tracking_databases.database_id', 'change_tracking_tables.begin_version', 'databases.is_cdc_enabled', 'tables.is_tracked_by_cdc',
] as const;

/** Asks what the catalog has of it, and what the database is: a row at least. */
export const CHANGE_FEATURES_SQL = `
SELECT DB_NAME() AS database_name, USER_NAME() AS user_name, CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS nvarchar(128)) AS updateability, f.catalog_column
FROM (SELECT 1 AS one) AS o
LEFT JOIN (
  SELECT a.name + '.' + c.name AS catalog_column
  FROM sys.all_objects AS a
  JOIN sys.all_columns AS c ON c.object_id = a.object_id
  WHERE a.schema_id = SCHEMA_ID('sys') AND a.name + '.' + c.name IN (${WANTED.map((name) => `'${name}'`).join(', ')})
) AS f ON 1 = 1`;

/** Asks whether the database tracks changes ("sys.change_tracking_databases"): a row where it does. */
export const CHANGE_TRACKING_SQL = `
SELECT CAST(d.retention_period AS int) AS retention_period
FROM sys.change_tracking_databases AS d
WHERE d.database_id = DB_ID()`;

/** Asks for the tables with Change Tracking ("sys.change_tracking_tables"), and whether the login may use it. */
export const TRACKED_TABLES_SQL = `
SELECT c.object_id, CONVERT(varchar(20), c.begin_version) AS begin_version,
  HAS_PERMS_BY_NAME(QUOTENAME(OBJECT_SCHEMA_NAME(c.object_id)) + '.' + QUOTENAME(OBJECT_NAME(c.object_id)), 'OBJECT', 'VIEW CHANGE TRACKING') AS may_view
FROM sys.change_tracking_tables AS c`;

/** Asks whether change data capture is enabled ("sys.databases"). */
export const CDC_SQL = 'SELECT CAST(d.is_cdc_enabled AS int) AS is_cdc_enabled FROM sys.databases AS d WHERE d.name = DB_NAME()';

/**
 * Asks for the capture instances and their columns ("cdc.change_tables", "cdc.captured_columns"): a row for each column. The
 * procedure that Microsoft recommends instead (sys.sp_cdc_help_change_data_capture) does not tell partition switches.
 */
export const CAPTURE_INSTANCES_SQL = `
SELECT i.source_object_id, i.capture_instance, OBJECT_NAME(i.object_id) AS change_table, CONVERT(varchar(23), i.create_date, 126) AS created, i.role_name,
  CASE WHEN i.role_name IS NULL THEN 1 ELSE ISNULL(IS_MEMBER(i.role_name), 0) END AS in_role, ISNULL(IS_MEMBER('db_owner'), 0) AS is_owner,
  HAS_PERMS_BY_NAME('[cdc].' + QUOTENAME(OBJECT_NAME(i.object_id)), 'OBJECT', 'SELECT') AS may_select,
  CAST(ISNULL(i.has_drop_pending, 0) AS int) AS drop_pending, CAST(i.partition_switch AS int) AS partition_switch,
  (SELECT COUNT(*) FROM sys.columns AS o WHERE o.object_id = i.object_id AND o.name = '__$command_id') AS is_ordered, c.column_name
FROM cdc.change_tables AS i
JOIN cdc.captured_columns AS c ON c.object_id = i.object_id
ORDER BY i.create_date, i.object_id, c.column_ordinal`;

/**
 * Asks how far capture is behind: both clocks are the server's own ("cdc.lsn_time_mapping"). An entry is made now and then though
 * nothing changes, so that the lag of an idle database is minutes, not days.
 */
export const CAPTURE_LAG_SQL = 'SELECT DATEDIFF(second, MAX(m.tran_end_time), GETDATE()) AS lag_seconds FROM cdc.lsn_time_mapping AS m';

/** What is known of the connection. */
export interface ConnectedAs {
  readonly snapshotAllowed: boolean;
  readonly readOnlyIntent?: boolean;
}

/** The facts of all tables of a database: at most six small queries, whatever their number. @throws LegacyToS3Error */
export async function readChangeFacts(
  connection: SqlServerConnection, { snapshotAllowed, readOnlyIntent = false }: ConnectedAs,
): Promise<ChangeFacts> {
  const rows = await connection.query(CHANGE_FEATURES_SQL, 'ask what the server has to learn of changes');
  const columns = new Set(rows.map((row) => String(row.catalog_column)));
  const has = (...names: ReadonlyArray<typeof WANTED[number]>) => names.every((name) => columns.has(name));
  const tracking = has('change_tracking_databases.database_id', 'change_tracking_tables.begin_version')
    ? (await connection.query(CHANGE_TRACKING_SQL, 'ask for Change Tracking of the database')).length > 0 : undefined;
  const [enabled] = has('databases.is_cdc_enabled', 'tables.is_tracked_by_cdc')
    ? await connection.query(CDC_SQL, 'ask for change data capture of the database') : [];
  const capture = Number(enabled?.is_cdc_enabled) === 1 ? await readCapture(connection) : undefined;
  return {
    database: String(rows[0]?.database_name),
    user: String(rows[0]?.user_name),
    snapshotAllowed,
    readOnly: rows[0]?.updateability === 'READ_ONLY',
    readOnlyIntent,
    changeTracking: tracking === undefined ? 'absent' : tracking ? 'on' : 'off',
    tracked: tracking ? await readTracked(connection) : new Map(),
    cdc: capture ? capture.state : enabled === undefined ? 'absent' : 'off',
    captured: capture?.captured ?? new Map(),
    ...(capture?.lag !== undefined && { captureLagSeconds: capture.lag }),
  };
}

async function readTracked(connection: SqlServerConnection): Promise<Map<number, TrackedTable>> {
  const rows = await connection.query(TRACKED_TABLES_SQL, 'list the tables with Change Tracking');
  return new Map(rows.map((row) => [Number(row.object_id), { beginVersion: String(row.begin_version), mayView: Number(row.may_view) === 1 }]));
}

async function readCapture(connection: SqlServerConnection) {
  try {
    const captured = new Map<number, Array<CaptureInstance & { readonly columns: string[] }>>();
    for (const row of await connection.query(CAPTURE_INSTANCES_SQL, 'list the capture instances')) {
      const id = Number(row.source_object_id);
      const [name, column] = [String(row.capture_instance), String(row.column_name)];
      const instances = captured.get(id) ?? [];
      captured.set(id, instances);
      const known = instances.find((each) => each.name === name);
      if (known) {
        known.columns.push(column);
        continue;
      }
      instances.push({
        name,
        changeTable: String(row.change_table),
        created: String(row.created),
        ...(typeof row.role_name === 'string' && { role: row.role_name }),
        mayRead: (Number(row.in_role) === 1 || Number(row.is_owner) === 1) && Number(row.may_select) === 1,
        switchAllowed: Number(row.partition_switch) === 1,
        dropPending: Number(row.drop_pending) === 1,
        ordered: Number(row.is_ordered) > 0,
        columns: [column],
      });
    }
    const [lag] = await connection.query(CAPTURE_LAG_SQL, 'ask how far capture is behind');
    return { state: 'on' as const, captured, lag: typeof lag?.lag_seconds === 'number' ? lag.lag_seconds : undefined };
  } catch (error) {
    // A login that may not read schema cdc can use the other ways.
    if (error instanceof LegacyToS3Error && error.code === 'SOURCE_PERMISSION_DENIED') return { state: 'hidden' as const };
    throw error;
  }
}
