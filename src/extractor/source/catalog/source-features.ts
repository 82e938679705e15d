import type { SqlServerConnection } from '../connection/sql-server-connection';

/**
 * What a source has and tells of itself. Versions of SQL Server and of the services made of it are not comparable (Transact-SQL
 * reference, "SERVERPROPERTY": version 12 of Azure SQL Database is newer than version 15 of SQL Server), so what the catalog has
 * is told by the catalog, and a version counts only where the edition is one that is installed.
 */
export interface SourceFeatures {
  /** SERVERPROPERTY('ProductVersion'), for example `16.0.4181.5`. */
  readonly productVersion: string;
  /** SERVERPROPERTY('EngineEdition'); 0 when it is not told. */
  readonly engineEdition: number;
  /** Name of the product, for messages. */
  readonly product: string;
  /** Whether SNAPSHOT transactions may be started (ALLOW_SNAPSHOT_ISOLATION is ON). */
  readonly snapshotAllowed: boolean;
  /** Whether database snapshots can be made. */
  readonly databaseSnapshots: boolean;
  /** Whether sys.columns tells masks (Dynamic Data Masking). */
  readonly masks: boolean;
  /** Whether sys.columns tells encryption (Always Encrypted). */
  readonly encryption: boolean;
  /** Whether sys.tables tells memory-optimised tables. */
  readonly memoryTables: boolean;
  /** Whether sys.tables tells external tables. */
  readonly externalTables: boolean;
  /** Whether sys.tables tells histories (system-versioned temporal tables). */
  readonly temporalTables: boolean;
  /** Whether sys.tables and sys.columns tell node and edge tables. */
  readonly graphs: boolean;
  /** Whether sys.tables and sys.columns tell what a ledger keeps though it was dropped. */
  readonly ledgers: boolean;
  /** Whether sys.computed_columns tells which are persisted. */
  readonly computedColumns: boolean;
  /** Whether there are sys.security_policies and sys.security_predicates (row-level security). */
  readonly rowPolicies: boolean;
  /** Whether there is sys.database_recovery_status, whoever may see it. */
  readonly recoveryForks: boolean;
  /** create_date of the database (sys.databases), ISO 8601 without an offset; absent where it is not told. */
  readonly databaseCreated?: string;
  /** Whether SUM takes OVER (ORDER BY … ROWS …), as SQL Server does since 2012. */
  readonly runningSums: boolean;
  /** Whether HASHBYTES takes more than 8,000 bytes, as SQL Server does since 2016 (Transact-SQL reference, "HASHBYTES"). */
  readonly wholeRowHashes: boolean;
}

/** By SERVERPROPERTY('EngineEdition'); what is not here is SQL Server as it is installed. */
const SERVICES: { readonly [edition: number]: string } = {
  5: 'Azure SQL Database',
  6: 'Azure Synapse dedicated SQL pool',
  8: 'Azure SQL Managed Instance',
  11: 'Azure Synapse serverless SQL pool or Microsoft Fabric',
  12: 'SQL database in Microsoft Fabric',
};

/** Its SET TRANSACTION ISOLATION LEVEL takes READ UNCOMMITTED alone (Transact-SQL reference). */
const SYNAPSE_DEDICATED = 6;

const SQL_SERVER_2012 = 11;
const SQL_SERVER_2016 = 13;

/** Asks for all of it at once: a row for each of the catalog's columns that not every source has, and for one that each has. */
export const FEATURES_SQL = `
SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS product_version, CAST(SERVERPROPERTY('EngineEdition') AS int) AS engine_edition,
  d.snapshot_isolation_state, CONVERT(varchar(23), d.create_date, 126) AS created, (SELECT COUNT(*) FROM sys.databases WHERE name = 'rdsadmin') AS is_rds, f.catalog_column
FROM sys.databases AS d
LEFT JOIN (
  SELECT o.name + '.' + c.name AS catalog_column
  FROM sys.all_objects AS o
  JOIN sys.all_columns AS c ON c.object_id = o.object_id
  WHERE o.schema_id = SCHEMA_ID('sys') AND (
    (o.name = 'columns' AND c.name IN ('object_id', 'is_masked', 'encryption_type', 'graph_type', 'is_dropped_ledger_column'))
    OR (o.name = 'tables' AND c.name IN ('is_memory_optimized', 'is_external', 'temporal_type', 'is_node', 'is_dropped_ledger_table'))
    OR (o.name = 'computed_columns' AND c.name = 'is_persisted')
    OR (o.name = 'database_recovery_status' AND c.name = 'recovery_fork_guid')
    OR (o.name = 'security_policies' AND c.name = 'is_enabled') OR (o.name = 'security_predicates' AND c.name = 'predicate_type'))
) AS f ON 1 = 1
WHERE d.name = DB_NAME()`;

/** @throws LegacyToS3Error when the source refuses the query */
export async function readFeatures(connection: SqlServerConnection): Promise<SourceFeatures> {
  const rows = await connection.query(FEATURES_SQL, 'ask for the features of the server');
  const [row] = rows;
  const columns = new Set(rows.map(({ catalog_column: name }) => String(name)));
  // A catalog that hides its own views is asked for all of them: an error is better than a mask that nobody asked about.
  const told = columns.has('columns.object_id');
  const has = (...names: string[]) => !told || names.every((name) => columns.has(name));
  const productVersion = String(row?.product_version ?? 'unknown');
  const engineEdition = Number(row?.engine_edition ?? 0);
  const service = SERVICES[engineEdition];
  const isRds = Number(row?.is_rds) > 0;
  const since = (version: number) => service !== undefined || (told && has('columns.is_masked')) || Number.parseInt(productVersion, 10) >= version;
  return {
    productVersion,
    engineEdition,
    product: service ?? (isRds ? 'Amazon RDS' : 'SQL Server'),
    snapshotAllowed: Number(row?.snapshot_isolation_state) === 1 && engineEdition !== SYNAPSE_DEDICATED,
    databaseSnapshots: service === undefined && !isRds,
    masks: has('columns.is_masked'),
    encryption: has('columns.encryption_type'),
    memoryTables: has('tables.is_memory_optimized'),
    externalTables: has('tables.is_external'),
    temporalTables: has('tables.temporal_type'),
    graphs: has('tables.is_node', 'columns.graph_type'),
    ledgers: has('tables.is_dropped_ledger_table', 'columns.is_dropped_ledger_column'),
    computedColumns: has('computed_columns.is_persisted'),
    rowPolicies: has('security_policies.is_enabled', 'security_predicates.predicate_type'),
    recoveryForks: has('database_recovery_status.recovery_fork_guid'),
    ...(typeof row?.created === 'string' && { databaseCreated: row.created }),
    runningSums: since(SQL_SERVER_2012),
    wholeRowHashes: since(SQL_SERVER_2016),
  };
}
