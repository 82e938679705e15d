import { LegacyToS3Error } from '../../api/errors';
import { quoteName } from '../catalog/identifiers';
import type { SqlServerConnection } from '../connection/sql-server-connection';

/** A database snapshot that a run reads (CREATE DATABASE … AS SNAPSHOT OF). */
export interface DatabaseSnapshot {
  readonly name: string;
  /** When it was made, by the source's clock (ISO 8601, UTC). */
  readonly instant: string;
}

const NAME_PREFIX = 'cdk_legacy_to_s3_';

/** Filegroups of memory-optimised tables ("Transact-SQL Constructs Not Supported by In-Memory OLTP": DATABASE SNAPSHOT). */
const MEMORY_FILEGROUPS_SQL = 'SELECT name FROM sys.filegroups WHERE type = \'FX\'';

/** Files of data; a snapshot takes none of the log. */
const FILES_SQL = 'SELECT name, physical_name FROM sys.database_files WHERE type = 0 ORDER BY file_id';

/** create_date is in the server's own time zone. */
const INSTANT_SQL = `
SELECT CONVERT(varchar(40), DATEADD(MINUTE, DATEDIFF(MINUTE, GETDATE(), GETUTCDATE()), create_date), 126) + 'Z' AS instant
FROM sys.databases
WHERE name = @name0`;

const OTHERS_SQL = `
SELECT name
FROM sys.databases
WHERE source_database_id = DB_ID() AND LEFT(name, ${NAME_PREFIX.length}) = '${NAME_PREFIX}'
ORDER BY name`;

/** The name of a run's snapshot. */
export function snapshotName(runId: string): string {
  return NAME_PREFIX + runId;
}

/** The run's snapshot, if it is there. */
export async function findSnapshot(connection: SqlServerConnection, runId: string): Promise<DatabaseSnapshot | undefined> {
  const name = snapshotName(runId);
  const [row] = await connection.query(INSTANT_SQL, 'look for the database snapshot', [{ name: 'name0', type: 'NVarChar', value: name, length: 128 }]);
  return row ? { name, instant: new Date(String(row.instant)).toISOString() } : undefined;
}

/**
 * Makes the run's snapshot of the connection's database, of a server that has database snapshots.
 *
 * @throws LegacyToS3Error
 */
export async function createSnapshot(connection: SqlServerConnection, runId: string): Promise<DatabaseSnapshot> {
  const { database } = connection;
  const [memory] = await connection.query(MEMORY_FILEGROUPS_SQL, 'list the filegroups of memory-optimised tables');
  if (memory) {
    throw new LegacyToS3Error('INVALID_CONFIG', `consistency databaseSnapshot is not to be had: database '${database}' has the filegroup '${String(memory.name)}' `
      + 'for memory-optimised tables, and SQL Server makes no snapshot of such a database; choose snapshot, with one reader where all other tables must show one instant');
  }
  const name = snapshotName(runId);
  const files = await connection.query(FILES_SQL, 'list the files of the database');
  // Sparse files beside the data files, named by the run.
  const list = files.map((file) => `(NAME = ${quoteName(String(file.name))}, FILENAME = ${quoteText(`${String(file.physical_name)}.${name}.ss`)})`);
  await connection.query(`CREATE DATABASE ${quoteName(name)} ON ${list.join(', ')} AS SNAPSHOT OF ${quoteName(database)}`, 'make the database snapshot');
  const snapshot = await findSnapshot(connection, runId);
  if (!snapshot) throw new LegacyToS3Error('SOURCE_QUERY_FAILED', `database snapshot '${name}' was made, but the login cannot see it in sys.databases`);
  return snapshot;
}

/** Drops the run's snapshot if it is there; nobody may be using it. @throws LegacyToS3Error */
export async function dropSnapshot(connection: SqlServerConnection, runId: string): Promise<void> {
  if (!await findSnapshot(connection, runId)) return;
  await connection.query(`DROP DATABASE ${quoteName(snapshotName(runId))}`, 'drop the database snapshot');
}

/** Snapshots of the connection's database that runs before have left. */
export async function leftSnapshots(connection: SqlServerConnection, runId: string): Promise<string[]> {
  const rows = await connection.query(OTHERS_SQL, 'list the database snapshots');
  return rows.map((row) => String(row.name)).filter((name) => name !== snapshotName(runId));
}

function quoteText(text: string): string {
  return `N'${text.replace(/'/g, '\'\'')}'`;
}
