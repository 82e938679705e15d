import { DatabaseEntry, TableEntry } from '../catalog';
import { duckTableName, quoteName } from '../identifiers';
import { CaptureInstance } from './database-changes';
import { columnsDeclared } from '../system-views/system-view';

/** Tables of the schema cdc that every database with Change Data Capture has ("Change Data Capture Tables"), by name. */
export const CAPTURE_TABLES: { readonly [name: string]: readonly string[] } = {
  change_tables: ['object_id int', 'version int null', 'source_object_id int null', 'capture_instance sysname', 'start_lsn binary(10) null', 'end_lsn binary(10) null',
    'supports_net_changes bit null', 'has_drop_pending bit null', 'role_name sysname null', 'index_name sysname null', 'filegroup_name sysname null',
    'create_date datetime null', 'partition_switch bit'],
  captured_columns: ['object_id int', 'column_name sysname', 'column_id int null', 'column_type sysname', 'column_ordinal int', 'is_computed bit null'],
  index_columns: ['object_id int', 'column_name sysname', 'index_ordinal tinyint', 'column_id int'],
  ddl_history: ['source_object_id int null', 'object_id int', 'required_column_update bit null', 'ddl_command nvarchar(max) null', 'ddl_lsn binary(10) null',
    'ddl_time datetime null'],
  lsn_time_mapping: ['start_lsn binary(10)', 'tran_begin_time datetime null', 'tran_end_time datetime null', 'tran_id varbinary(10) null', 'tran_begin_lsn binary(10) null'],
};

export const captureTable = (database: string, name: string) => duckTableName(database, 'cdc', name);

/** Commits that changed captured tables, which the capture job has read as far as cdc.lsn_time_mapping has them. */
export const logTable = (database: string) => captureTable(database, 'stand_in_log');

/** What the log holds of the changes of one capture instance. */
export const instanceLog = (database: string, instance: string) => captureTable(database, `${instance}_stand_in_log`);

export const changeTable = (database: string, instance: string) => captureTable(database, `${instance}_CT`);

/** __$seqval of a row `l` of an instance's log; those before and after an update have the same. */
export const SEQUENCE = 'bigint_to_bytes(l.transaction_id, 4) || bigint_to_bytes(l.statement, 2) || bigint_to_bytes(l.position, 4)';

/** How DuckDB's table of the log calls a captured column. */
export const capturedName = ({ id }: CaptureInstance['columns'][number]) => quoteName(`c${id}`);

/** Dictionary entry of a table of the schema cdc. */
export function shippedTable(database: DatabaseEntry, name: string, columns: readonly string[] | TableEntry['columns'], objectId = database.newObjectId()): TableEntry {
  return {
    objectId,
    database: database.name,
    schema: 'cdc',
    name,
    kind: 'U',
    columns: columns.map((column) => (typeof column === 'string' ? columnsDeclared([column])[0] : column)).map((column, at) => ({ ...column, id: at + 1 })),
    indexes: [],
    foreignKeys: [],
    duckName: captureTable(database.name, name),
    created: new Date(),
    facts: { shipped: true },
  };
}

/** What the capture job does: it takes over what was committed since it ran last, no further than a condition on `l` allows. */
export function captureSql(database: string, condition = 'true'): string {
  const mapping = captureTable(database, 'lsn_time_mapping');
  return `INSERT INTO ${mapping} SELECT l.lsn, round_datetime(l.began), round_datetime(l.ended), bigint_to_bytes(l.transaction_id, 8), l.lsn, l.transaction_id
    FROM ${logTable(database)} l WHERE ${condition} AND l.lsn > coalesce((SELECT max(start_lsn) FROM ${mapping}), ''::BLOB)`;
}
