import type { SourceFeatures } from './source-features';
import { LegacyToS3Error, type ErrorCode } from '../../api/errors';
import type { SqlServerConnection } from '../connection/sql-server-connection';

/**
 * Asks which recovery fork the database is on: a restore begins another one. Told to its owner, and to logins with ALTER ANY DATABASE,
 * VIEW ANY DATABASE or CREATE DATABASE; others get no row (Transact-SQL reference, "sys.database_recovery_status").
 */
export const RECOVERY_FORK_SQL = `
SELECT CONVERT(nvarchar(36), r.recovery_fork_guid) AS recovery_fork
FROM sys.database_recovery_status AS r
WHERE r.database_id = DB_ID()`;

/** That the source does not answer is no reason not to read it. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['SOURCE_PERMISSION_DENIED', 'SOURCE_QUERY_FAILED']);

/** Which database it is: `fork:<recovery_fork_guid>`, else `created:<create_date>`; undefined where neither is told. */
export async function readDatabaseIdentity(
  connection: SqlServerConnection, { recoveryForks, databaseCreated }: Pick<SourceFeatures, 'recoveryForks' | 'databaseCreated'>,
): Promise<string | undefined> {
  const fork = recoveryForks ? await recoveryFork(connection) : undefined;
  if (fork !== undefined) return `fork:${fork}`;
  return databaseCreated === undefined ? undefined : `created:${databaseCreated}`;
}

async function recoveryFork(connection: SqlServerConnection): Promise<string | undefined> {
  try {
    const [row] = await connection.query(RECOVERY_FORK_SQL, 'ask for the recovery fork of the database');
    return typeof row?.recovery_fork === 'string' ? row.recovery_fork : undefined;
  } catch (error) {
    if (error instanceof LegacyToS3Error && REFUSALS.has(error.code)) return undefined;
    throw error;
  }
}
