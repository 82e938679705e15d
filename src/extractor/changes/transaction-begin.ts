import type { TransactionBegin } from './changed-table';
import { ChangeWay } from '../api/changes/planned-changes';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';

/** What the statement is known by. */
export const BEGIN_PURPOSE = ' AS instant, CONVERT';

/** Positions of the database, by the ways that need them; NULL of what it does not keep. MIN_ACTIVE_ROWVERSION comes before all that open transactions may write. */
const POSITIONS: { readonly [way in ChangeWay]?: string } = {
  [ChangeWay.CHANGE_TRACKING]: 'CONVERT(varchar(20), CHANGE_TRACKING_CURRENT_VERSION()) AS version',
  [ChangeWay.ROWVERSION]: 'CONVERT(varchar(16), CAST(MIN_ACTIVE_ROWVERSION() AS binary(8)), 2) AS row_version',
};

/**
 * What a transaction begins with: to be sent as its first statement, or before what is read is made.
 *
 * @param ways of the run's tables
 * @throws LegacyToS3Error
 */
export async function readBegin(connection: SqlServerConnection, ways: readonly ChangeWay[]): Promise<TransactionBegin> {
  const positions = [...new Set(ways)].flatMap((way) => POSITIONS[way] ?? []);
  const [row] = await connection.query(`SELECT ${["CONVERT(varchar(40), SYSUTCDATETIME(), 126) + 'Z' AS instant", ...positions].join(', ')}`, 'ask for the position of the database');
  const { version, row_version: rowversion } = row ?? {};
  return {
    at: new Date(String(row?.instant)).toISOString(),
    ...(typeof version === 'string' && { version }),
    ...(typeof rowversion === 'string' && { rowversion: rowversion.toLowerCase() }),
  };
}
