import { causes } from './source-errors';
import type { SqlServerConnection } from './sql-server-connection';
import { LegacyToS3Error } from '../../api/errors';

/** EngineEdition of Azure SQL Database, where permissions are of the database. */
const AZURE_SQL_DATABASE = 5;

/** What names of sessions may be made of, so that one stands in a statement as it is. */
const NAME = /^[\w .-]{1,128}$/;

/**
 * What a login must have to end sessions: to see them ("sys.dm_exec_sessions", Permissions; from SQL Server 2022 on the narrower
 * permission is enough), and to end them ("KILL", Permissions). A server that does not know a permission answers NULL.
 */
const PERMISSIONS_SQL = `
SELECT CAST(SERVERPROPERTY('EngineEdition') AS int) AS edition,
  HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') AS server_state,
  HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER PERFORMANCE STATE') AS server_performance_state,
  HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY CONNECTION') AS any_connection,
  HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DATABASE STATE') AS database_state,
  HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DATABASE PERFORMANCE STATE') AS database_performance_state,
  HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'KILL DATABASE CONNECTION') AS database_connection`;

/** Numbers of errors by which KILL says that the session is gone already: 6101 not valid, 6106 not active, 6107 of nobody (sys.messages). */
const GONE: ReadonlySet<number> = new Set([6101, 6106, 6107]);

/** Sessions of the own login, but for the own one, by the exact names of their programs. */
function sessionsSql(names: readonly string[]): string {
  return `
FROM sys.dm_exec_sessions AS own
JOIN sys.dm_exec_sessions AS other ON other.original_login_name = own.original_login_name AND other.session_id <> own.session_id
WHERE own.session_id = @@SPID AND other.program_name IN (${names.map((name) => `N'${name}'`).join(', ')})`;
}

/**
 * Ends the sessions of the own login whose program has one of the names; what they were reading is given up, and a transaction rolled
 * back. Sessions of other logins and of other programs stay, whatever the permissions.
 *
 * @param names of letters, digits, blanks, dots and hyphens
 * @returns how many were ended
 * @throws LegacyToS3Error of code SOURCE_PERMISSION_DENIED, which names what is missing, or what a request to the source throws
 */
export async function endSessions(connection: SqlServerConnection, names: readonly string[]): Promise<number> {
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong !== undefined) throw new LegacyToS3Error('INTERNAL', `'${wrong}' is no name of a session that was given here`);
  if (names.length === 0) return 0;
  await requirePermissions(connection);
  const found = await connection.query(`SELECT other.session_id, other.program_name${sessionsSql(names)}`, 'look for sessions of workers before');
  let ended = 0;
  for (const { session_id: id, program_name: name } of found) {
    // A collation may take other names for the same.
    if (names.includes(String(name)) && await endSession(connection, Number(id), String(name))) ended += 1;
  }
  return ended;
}

/** Looks again in the same batch: the number of a session that ended is given to the next. */
async function endSession(connection: SqlServerConnection, id: number, name: string): Promise<boolean> {
  const sql = `IF EXISTS (SELECT 1${sessionsSql([name])} AND other.session_id = ${id}) KILL ${id}`;
  try {
    await connection.query(sql, `end session ${id} (${name})`);
    return true;
  } catch (error) {
    if (causes(error).some(({ number }) => number !== undefined && GONE.has(number))) return false;
    throw error;
  }
}

async function requirePermissions(connection: SqlServerConnection): Promise<void> {
  const [row] = await connection.query(PERMISSIONS_SQL, 'ask for the permission to end sessions');
  const any = (...columns: readonly string[]) => columns.some((column) => Number(row[column]) === 1);
  const [sees, ends] = Number(row.edition) === AZURE_SQL_DATABASE
    ? [any('database_state', 'database_performance_state') || 'VIEW DATABASE STATE', any('database_connection') || 'KILL DATABASE CONNECTION']
    : [any('server_state', 'server_performance_state') || 'VIEW SERVER STATE', any('any_connection') || 'ALTER ANY CONNECTION'];
  const missing = [sees, ends].filter((each) => each !== true);
  if (missing.length > 0) throw new LegacyToS3Error('SOURCE_PERMISSION_DENIED', `the login has not ${missing.join(' and ')}`);
}
