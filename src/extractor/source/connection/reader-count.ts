import type { SqlServerConnection } from './sql-server-connection';

/** EngineEdition of Azure SQL Database, whose host has more schedulers than the database may use. */
const AZURE_SQL_DATABASE = 5;

/** Workers of a service tier of DTUs, of which one reader may be. */
const WORKERS_A_READER = 20;

/**
 * Asks for the cores that the database may use: `cpu_limit` of Azure SQL Database, or what its workers come to where it is
 * sold by DTUs; the schedulers of the server elsewhere. The view of the branch that is not taken need not be there.
 */
export const READER_ADVICE_SQL = `
IF CAST(SERVERPROPERTY('EngineEdition') AS int) = ${AZURE_SQL_DATABASE}
  SELECT COALESCE(cpu_limit, primary_group_max_workers / ${WORKERS_A_READER}) AS schedulers
  FROM sys.dm_user_db_resource_governance
  WHERE database_id = DB_ID()
ELSE
  SELECT scheduler_count AS schedulers FROM sys.dm_os_sys_info`;

/**
 * How many readers the source can bear: as many as keep its cores busy, each with so many of them (MAXDOP).
 *
 * @returns undefined where the login may not ask (VIEW SERVER STATE, VIEW DATABASE STATE)
 */
export async function adviseReaders(connection: SqlServerConnection, maxDop = 1): Promise<number | undefined> {
  const [row] = await connection.query(READER_ADVICE_SQL, 'ask how many cores the source has').catch(() => []);
  const schedulers = Number(row?.schedulers ?? NaN);
  return Number.isFinite(schedulers) ? Math.max(1, Math.floor(schedulers / maxDop)) : undefined;
}

/** The readers a run would have. */
export interface ReaderChoice {
  readonly readers: number;
  /** Whether the number is the caller's; else the source may lower it. */
  readonly readersChosen: boolean;
  readonly maxDop?: number;
}

/** How many readers a run has: as asked for, otherwise no more than the source has cores for, where it tells. */
export async function countReaders(connection: SqlServerConnection, { readers, readersChosen, maxDop }: ReaderChoice): Promise<number> {
  const advised = readersChosen ? undefined : await adviseReaders(connection, maxDop);
  return Math.min(readers, advised ?? readers);
}
