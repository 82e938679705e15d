import type { CatalogRow, SqlServerConnection } from './sql-server-connection';
import type { NamedTable } from './table-patterns';

/** A user table as the catalog views tell it. */
export interface SourceTable extends NamedTable {
  readonly objectId: number;
  /** From the server's statistics. */
  readonly estimatedRows: number;
  /** In the order of the table. */
  readonly columns: readonly string[];
  /** Columns of the primary key in key order; empty without one. */
  readonly primaryKey: readonly string[];
}

/** The server and the database's own settings. */
export interface SourceServer {
  readonly productVersion: string;
  /** Whether SNAPSHOT transactions may be started (ALLOW_SNAPSHOT_ISOLATION is ON). */
  readonly snapshotAllowed: boolean;
}

/** Asks for version and snapshot setting. */
export const SERVER_SQL = `
SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS product_version, d.snapshot_isolation_state
FROM sys.databases AS d
WHERE d.name = DB_NAME()`;

/** Asks for the user tables. */
export const TABLES_SQL = `
SELECT t.object_id, s.name AS schema_name, t.name AS table_name
FROM sys.tables AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0
ORDER BY s.name, t.name`;

/** Asks for the rows of heaps (index 0) and clustered indexes (index 1). */
export const ROW_ESTIMATES_SQL = `
SELECT p.object_id, SUM(p.rows) AS estimated_rows
FROM sys.partitions AS p
WHERE p.index_id IN (0, 1)
GROUP BY p.object_id`;

/** Asks for the columns of the user tables, in order. */
export const COLUMNS_SQL = `
SELECT c.object_id, c.name AS column_name
FROM sys.columns AS c
JOIN sys.tables AS t ON t.object_id = c.object_id
WHERE t.is_ms_shipped = 0
ORDER BY c.object_id, c.column_id`;

/** Asks for the columns of the primary keys, in key order. */
export const PRIMARY_KEYS_SQL = `
SELECT k.parent_object_id AS object_id, c.name AS column_name
FROM sys.key_constraints AS k
JOIN sys.index_columns AS ic ON ic.object_id = k.parent_object_id AND ic.index_id = k.unique_index_id
JOIN sys.columns AS c ON c.object_id = ic.object_id AND c.column_id = ic.column_id
WHERE k.type = 'PK'
ORDER BY k.parent_object_id, ic.key_ordinal`;

export async function readServer(connection: SqlServerConnection): Promise<SourceServer> {
  const [row] = await connection.query(SERVER_SQL, 'read the settings of the database');
  return { productVersion: String(row?.product_version ?? 'unknown'), snapshotAllowed: Number(row?.snapshot_isolation_state) === 1 };
}

/** All user tables the login may see, by schema and name. */
export async function readTables(connection: SqlServerConnection): Promise<SourceTable[]> {
  const tables = await connection.query(TABLES_SQL, 'list the tables');
  const estimates = groupByObject(await connection.query(ROW_ESTIMATES_SQL, 'read the row estimates'), 'estimated_rows');
  const columns = groupByObject(await connection.query(COLUMNS_SQL, 'list the columns'), 'column_name');
  const keys = groupByObject(await connection.query(PRIMARY_KEYS_SQL, 'list the primary keys'), 'column_name');
  return tables.map((row) => {
    const objectId = Number(row.object_id);
    return {
      objectId,
      schema: String(row.schema_name),
      table: String(row.table_name),
      estimatedRows: Number(estimates.get(objectId)?.[0] ?? 0),
      columns: columns.get(objectId) ?? [],
      primaryKey: keys.get(objectId) ?? [],
    };
  });
}

function groupByObject(rows: readonly CatalogRow[], column: string): Map<number, string[]> {
  const groups = new Map<number, string[]>();
  for (const row of rows) {
    const id = Number(row.object_id);
    const group = groups.get(id);
    if (group) group.push(String(row[column]));
    else groups.set(id, [String(row[column])]);
  }
  return groups;
}
