import { TYPE_IDS, maxLength, catalogShape } from '../../sql/type-declaration';
import { TypeName } from '../../sql/types';
import { ColumnEntry, DatabaseEntry, maxColumnIdUsed, TableEntry } from '../catalog';
import { Cell, SystemView, ticks, typeCells } from './system-view';

/** Cores it tells of. */
const STAND_IN_CORES = 16;

const OBJECT_COLUMNS = [
  'name sysname', 'object_id int', 'principal_id int null', 'schema_id int', 'parent_object_id int', 'type char(2)', 'type_desc nvarchar(60) null',
  'create_date datetime', 'modify_date datetime', 'is_ms_shipped bit', 'is_published bit', 'is_schema_published bit',
];

function objectCells(
  objectId: number, name: string, schemaId: number, parentId: number, type: string, description: string, created: Date, shipped = false,
  modified = created,
): Cell[] {
  return [name, objectId, null, schemaId, parentId, type.padEnd(2), description, ticks(created), ticks(modified), shipped, false, false];
}

export const OBJECT_VIEWS: SystemView[] = [
  {
    schema: 'sys',
    name: 'databases',
    columns: ['name sysname', 'database_id int', 'source_database_id int null', 'owner_sid varbinary(85) null', 'create_date datetime', 'compatibility_level tinyint',
      'collation_name sysname null', 'user_access tinyint null', 'user_access_desc nvarchar(60) null', 'is_read_only bit null', 'is_auto_close_on bit', 'state tinyint null',
      'state_desc nvarchar(60) null', 'snapshot_isolation_state tinyint null', 'snapshot_isolation_state_desc nvarchar(60) null', 'is_read_committed_snapshot_on bit null',
      'recovery_model tinyint null', 'recovery_model_desc nvarchar(60) null', 'is_cdc_enabled bit', 'is_encrypted bit null', 'containment tinyint null', 'containment_desc nvarchar(60) null'],
    rows: (_database, catalog) => catalog.all().map((entry) => [
      entry.name, entry.id, entry.sourceDatabaseId ?? null, null, ticks(entry.created), 160, entry.collation, 0, 'MULTI_USER', entry.sourceDatabaseId !== undefined, false, 0,
      'ONLINE', entry.snapshotIsolation ? 1 : 0, entry.snapshotIsolation ? 'ON' : 'OFF', entry.readCommittedSnapshot, 3, 'SIMPLE', entry.changes.capture !== undefined, false, 0, 'NONE',
    ]),
  },
  {
    schema: 'sys',
    name: 'database_recovery_status',
    columns: ['database_id int', 'database_guid uniqueidentifier null', 'family_guid uniqueidentifier null', 'last_log_backup_lsn numeric(25,0) null',
      'recovery_fork_guid uniqueidentifier null', 'first_recovery_fork_guid uniqueidentifier null', 'fork_point_lsn numeric(25,0) null'],
    rows: (_database, catalog) => catalog.all().map((entry) => [entry.id, null, null, null, entry.recoveryFork, entry.recoveryFork, null]),
  },
  {
    schema: 'sys',
    name: 'dm_os_sys_info',
    columns: ['cpu_count int', 'hyperthread_ratio int', 'max_workers_count int', 'scheduler_count int'],
    rows: () => [[STAND_IN_CORES, 1, 512, STAND_IN_CORES]],
  },
  {
    schema: 'sys',
    name: 'database_files',
    columns: ['file_id int', 'file_guid uniqueidentifier null', 'type tinyint', 'type_desc nvarchar(60) null', 'data_space_id int', 'name sysname',
      'physical_name nvarchar(260) null', 'state tinyint null', 'state_desc nvarchar(60) null', 'size int', 'max_size int', 'growth int'],
    rows: (database) => [
      [1, null, 0, 'ROWS', 1, database.name, `/var/opt/mssql/data/${database.name}.mdf`, 0, 'ONLINE', 1024, -1, 8192],
      [2, null, 1, 'LOG', 0, `${database.name}_log`, `/var/opt/mssql/data/${database.name}_log.ldf`, 0, 'ONLINE', 1024, -1, 8192],
    ],
  },
  {
    schema: 'sys',
    name: 'database_filestream_options',
    columns: ['database_id int', 'non_transacted_access tinyint', 'non_transacted_access_desc nvarchar(60)', 'directory_name nvarchar(255) null'],
    rows: (_database, catalog) => catalog.all().map((entry) => [entry.id, entry.nonTransactedAccess, ['OFF', 'READ_ONLY', 'FULL'][entry.nonTransactedAccess], null]),
  },
  {
    schema: 'sys',
    name: 'schemas',
    columns: ['name sysname', 'schema_id int', 'principal_id int null'],
    rows: (database) => database.schemas.map((schema) => [schema.name, schema.id, 1]),
  },
  {
    schema: 'sys',
    name: 'tables',
    columns: [...OBJECT_COLUMNS, 'lob_data_space_id int', 'filestream_data_space_id int null', 'max_column_id_used int', 'lock_on_bulk_load bit', 'uses_ansi_nulls bit null',
      'is_replicated bit null', 'has_replication_filter bit null', 'is_merge_published bit null', 'is_sync_tran_subscribed bit null', 'has_unchecked_assembly_data bit',
      'text_in_row_limit int null', 'large_value_types_out_of_row bit null', 'is_tracked_by_cdc bit null', 'lock_escalation tinyint null', 'lock_escalation_desc nvarchar(60) null',
      'is_filetable bit null', 'is_memory_optimized bit null', 'durability tinyint null', 'durability_desc nvarchar(60) null', 'temporal_type tinyint null',
      'temporal_type_desc nvarchar(60) null', 'history_table_id int null', 'is_remote_data_archive_enabled bit null', 'is_external bit', 'is_node bit', 'is_edge bit',
      'ledger_type tinyint null', 'is_dropped_ledger_table bit null'],
    rows: (database) => database.userTables().map((table) => [
      ...objectCells(table.objectId, table.name, database.schema(table.schema)!.id, 0, 'U', 'USER_TABLE', table.created, table.facts?.shipped, database.modified.get(table.objectId)),
      0, null, maxColumnIdUsed(table), false, true, false, false, false, false, false, 0, false, (database.changes.capture?.of(table.objectId).length ?? 0) > 0, 0, 'TABLE',
      table.facts?.fileTable ?? false, table.facts?.memoryOptimized ?? false, 0, 'SCHEMA_AND_DATA', table.facts?.temporalType ?? 0,
      ['NON_TEMPORAL_TABLE', 'HISTORY_TABLE', 'SYSTEM_VERSIONED_TEMPORAL_TABLE'][table.facts?.temporalType ?? 0], table.facts?.historyTableId ?? null, false,
      table.facts?.external ?? false, table.facts?.graph === 'node', table.facts?.graph === 'edge', table.facts?.ledger ? 2 : 0, table.facts?.droppedLedger ?? false,
    ]),
  },
  {
    schema: 'sys',
    name: 'views',
    columns: OBJECT_COLUMNS,
    rows: (database) => database.views().map((view) =>
      objectCells(view.objectId, view.name, database.schema(view.schema)!.id, 0, 'V', 'VIEW', view.created)),
  },
  {
    schema: 'sys',
    name: 'synonyms',
    columns: [...OBJECT_COLUMNS, 'base_object_name nvarchar(1035) null'],
    rows: (database) => database.named.filter(({ type }) => type === 'SN').map(({ objectId, schema, name, base, created }) =>
      [...objectCells(objectId, name, database.schema(schema)!.id, 0, 'SN', 'SYNONYM', created), base!]),
  },
  {
    schema: 'sys',
    name: 'sql_expression_dependencies',
    columns: ['referencing_id int', 'referencing_minor_id int', 'referenced_schema_name sysname null', 'referenced_entity_name sysname null', 'referenced_id int null',
      'referenced_minor_id int'],
    rows: (database) => database.views().flatMap(({ objectId, view }) => view!.sources.map((source) => [objectId, 0, null, null, source, 0])),
  },
  ...['objects', 'all_objects'].map((name): SystemView => ({
    schema: 'sys',
    name,
    columns: OBJECT_COLUMNS,
    ...name === 'all_objects' && { systemRows: systemObjects },
    rows: (database) => [...database.views().map((view): Cell[] =>
      objectCells(view.objectId, view.name, database.schema(view.schema)!.id, 0, 'V', 'VIEW', view.created)),
    ...database.named.map(({ objectId, schema, name: own, type, created }): Cell[] =>
      objectCells(objectId, own, database.schema(schema)!.id, 0, type, type === 'SN' ? 'SYNONYM' : 'SQL_INLINE_TABLE_VALUED_FUNCTION', created)),
    ...database.userTables().flatMap((table) => {
      const schemaId = database.schema(table.schema)!.id;
      return [
        objectCells(table.objectId, table.name, schemaId, 0, 'U', 'USER_TABLE', table.created, table.facts?.shipped),
        ...table.indexes.filter((index) => index.constraint).map((index) => objectCells(index.keyObjectId!, index.name!, schemaId, table.objectId,
          index.constraint === 'primary' ? 'PK' : 'UQ', index.constraint === 'primary' ? 'PRIMARY_KEY_CONSTRAINT' : 'UNIQUE_CONSTRAINT', table.created)),
        ...table.foreignKeys.map((foreign) => objectCells(foreign.objectId, foreign.name, schemaId, table.objectId, 'F', 'FOREIGN_KEY_CONSTRAINT', table.created)),
      ];
    })],
  })),
  {
    schema: 'sys',
    name: 'types',
    columns: ['name sysname', 'system_type_id tinyint', 'user_type_id int', 'schema_id int', 'principal_id int null', 'max_length smallint', 'precision tinyint', 'scale tinyint',
      'collation_name sysname null', 'is_nullable bit null', 'is_user_defined bit', 'is_assembly_type bit', 'default_object_id int', 'rule_object_id int', 'is_table_type bit'],
    rows: (database) => (Object.keys(TYPE_IDS) as TypeName[]).map((name) => {
      const type = { name, length: name === 'sysname' ? 128 : 8000, precision: 38, scale: ['decimal', 'numeric'].includes(name) ? 38 : 7 };
      const { precision, scale } = catalogShape(type);
      const character = ['char', 'varchar', 'text', 'nchar', 'nvarchar', 'ntext', 'sysname'].includes(name);
      return [name, TYPE_IDS[name][0], TYPE_IDS[name][1], 4, null, Math.min(maxLength(type), 8000), precision, scale,
        character ? database.collation : null, name !== 'timestamp' && name !== 'sysname', false, ['hierarchyid', 'geometry', 'geography'].includes(name), 0, 0, false];
    }),
  },
  ...['columns', 'all_columns'].map((name): SystemView => ({
    schema: 'sys',
    name,
    columns: columnColumns(),
    ...name === 'all_columns' && { systemRows: (database: DatabaseEntry) => columnsOf(database.systemTables()) },
    rows: (database) => columnsOf([...database.userTables(), ...database.views()]),
  })),
  {
    schema: 'sys',
    name: 'computed_columns',
    columns: [...columnColumns(), 'definition nvarchar(max) null', 'uses_database_collation bit', 'is_persisted bit'],
    rows: (database) => database.userTables().flatMap((table) => table.columns.filter((column) => column.computed)
      .map((column) => [...columnCells(table, column.id), column.computed!.text, true, column.computed!.persisted])),
  },
  {
    schema: 'sys',
    name: 'identity_columns',
    columns: [...columnColumns(), 'seed_value bigint null', 'increment_value bigint null', 'last_value bigint null', 'is_not_for_replication bit null'],
    rows: (database) => database.userTables().flatMap((table) => table.columns.filter((column) => column.identity)
      .map((column) => [...columnCells(table, column.id), column.identity!.seed, column.identity!.increment, null, false])),
  },
  {
    schema: 'sys',
    name: 'masked_columns',
    columns: [...columnColumns(), 'masking_function nvarchar(4000) null'],
    rows: (database) => database.userTables().flatMap((table) => table.columns.filter((column) => column.maskingFunction)
      .map((column) => [...columnCells(table, column.id), column.maskingFunction!])),
  },
  {
    schema: 'sys',
    name: 'default_constraints',
    columns: [...OBJECT_COLUMNS, 'parent_column_id int', 'definition nvarchar(max) null', 'is_system_named bit'],
    rows: (database) => database.userTables().flatMap((table) => table.columns.filter((column) => column.defaultText)
      .map((column) => [
        ...objectCells(table.objectId + column.id, `DF__${table.name}__${column.name}`, database.schema(table.schema)!.id, table.objectId, 'D', 'DEFAULT_CONSTRAINT', table.created),
        column.id, column.defaultText!, true,
      ])),
  },
  {
    schema: 'sys',
    name: 'extended_properties',
    columns: ['class tinyint', 'class_desc nvarchar(60) null', 'major_id int', 'minor_id int', 'name sysname', 'value sql_variant null'],
    rows: () => [],
  },
  {
    schema: 'sys',
    name: 'security_policies',
    columns: [...OBJECT_COLUMNS, 'is_enabled bit null', 'is_not_for_replication bit', 'is_schema_bound bit'],
    rows: (database) => database.securityPolicies.map(({ id, name, schema, enabled }) => [
      ...objectCells(id, name, database.schema(schema)!.id, 0, 'SP', 'SECURITY_POLICY', database.created), enabled, false, true,
    ]),
  },
  {
    schema: 'sys',
    name: 'security_predicates',
    columns: ['object_id int', 'security_predicate_id int', 'target_object_id int', 'predicate_definition nvarchar(max) null', 'predicate_type int null',
      'predicate_type_desc nvarchar(60) null', 'operation int null', 'operation_desc nvarchar(60) null'],
    rows: (database) => database.securityPolicies.flatMap(({ id, predicates }) => predicates.map(({ table, text }, at) =>
      [id, at + 1, table.objectId, text, 0, 'FILTER', null, null])),
  },
  {
    // Logins are denied whole tables only, which is kept with the login.
    schema: 'sys',
    name: 'database_permissions',
    columns: ['class tinyint', 'class_desc nvarchar(60) null', 'major_id int', 'minor_id int', 'grantee_principal_id int', 'grantor_principal_id int', 'type char(4)',
      'permission_name nvarchar(128) null', 'state char(1)', 'state_desc nvarchar(60) null'],
    rows: () => [],
  },
  {
    schema: 'sys',
    name: 'triggers',
    columns: ['name sysname', 'object_id int', 'parent_class tinyint', 'parent_class_desc nvarchar(60) null', 'parent_id int', 'type char(2)', 'is_disabled bit'],
    rows: () => [],
  },
];

/** Views of the system catalog as objects, which the server ships. */
function systemObjects(database: DatabaseEntry): Cell[][] {
  return database.systemTables().map((table) => [
    ...objectCells(table.objectId, table.name, database.schema(table.schema)!.id, 0, 'V', 'VIEW', table.created).slice(0, -3), true, false, false,
  ]);
}

/** encryption_type, its description, algorithm, key and its database. */
function encryptionCells({ encryption }: ColumnEntry): Cell[] {
  return encryption === undefined ? [null, null, null, null, null]
    : [encryption === 'DETERMINISTIC' ? 1 : 2, encryption, 'AEAD_AES_256_CBC_HMAC_SHA_256', 1, null];
}

function columnColumns(): string[] {
  return ['object_id int', 'name sysname null', 'column_id int', 'system_type_id tinyint', 'user_type_id int', 'max_length smallint', 'precision tinyint', 'scale tinyint',
    'collation_name sysname null', 'is_nullable bit null', 'is_ansi_padded bit', 'is_rowguidcol bit', 'is_identity bit', 'is_computed bit', 'is_filestream bit',
    'is_replicated bit null', 'is_non_sql_subscribed bit null', 'is_merge_published bit null', 'is_dts_replicated bit null', 'is_xml_document bit', 'xml_collection_id int',
    'default_object_id int', 'rule_object_id int', 'is_sparse bit null', 'is_column_set bit null', 'generated_always_type tinyint null',
    'generated_always_type_desc nvarchar(60) null', 'encryption_type int null', 'encryption_type_desc nvarchar(64) null', 'encryption_algorithm_name sysname null',
    'column_encryption_key_id int null', 'column_encryption_key_database_name sysname null', 'is_hidden bit', 'is_masked bit', 'graph_type int null',
    'is_dropped_ledger_column bit null'];
}

function columnsOf(tables: readonly TableEntry[]): Cell[][] {
  return tables.flatMap((table) => table.columns.map((column) => columnCells(table, column.id)));
}

function columnCells(table: TableEntry, columnId: number): Cell[] {
  const column = table.columns.find((candidate) => candidate.id === columnId)!;
  return [table.objectId, column.name, column.id, ...typeCells(column.type), column.nullable, true, false,
    column.identity !== undefined, column.computed !== undefined, column.fileStream ?? false, false, false, false, false, false, 0, column.defaultText ? table.objectId + column.id : 0, 0, false, column.columnSet ?? false, 0, 'NOT_APPLICABLE',
    ...encryptionCells(column), column.hidden ?? false, column.maskingFunction !== undefined, column.graphType ?? null,
    column.droppedLedger ?? false];
}
