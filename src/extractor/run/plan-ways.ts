import { plannedTypeOptions } from './chunks/table-job';
import type { RunOptions } from './context/run-options';
import { Changes } from '../api/changes/changes-options';
import { ChangeWay } from '../api/changes/planned-changes';
import { LegacyToS3Error, type ErrorCode } from '../api/errors';
import type { ExtractionPlan } from '../api/extraction-plan';
import { readChangeFacts, type ChangeFacts } from '../changes/change-facts';
import { withWays } from '../plan/ways/choose-ways';
import type { SourceFeatures } from '../source/catalog/source-features';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';

/** That the source does not answer is no reason not to read its rows. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['SOURCE_PERMISSION_DENIED', 'SOURCE_QUERY_FAILED']);

/** Whether the login may see when transactions were committed (VIEW DATABASE STATE). */
export const COMMIT_TIMES_SQL = 'SELECT TOP (0) commit_ts, commit_time FROM sys.dm_tran_commit_table';

/** Whether changes of what a run lands can be learnt at all: landed files of changes are Parquet. */
export function mayFollow({ format, changes, query }: Pick<RunOptions, 'format' | 'changes' | 'query'>): boolean {
  return format.name === 'parquet' && changes !== Changes.NONE && query === undefined;
}

/**
 * A plan with the ways of its tables, for a run that reads all rows: those from which changes can follow. Of a database that records no
 * changes, or does not tell, it stays as it is.
 */
export async function planWithMarks(
  connection: SqlServerConnection, features: SourceFeatures, plan: ExtractionPlan, options: RunOptions,
): Promise<ExtractionPlan> {
  const bare = { ...plan, tables: plan.tables.map(({ changes: _, ...table }) => table) };
  if (!mayFollow(options)) return bare;
  const facts = await askFacts(connection, features, options).catch((error: unknown) => {
    if (error instanceof LegacyToS3Error && REFUSALS.has(error.code)) return undefined;
    throw error;
  });
  if (!facts || facts.changeTracking !== 'on' && facts.cdc !== 'on') return bare;
  const { tables, ...rest } = await planWithWays(connection, facts, bare, options);
  return { ...rest, tables: tables.map(({ changes, ...table }) => (changes && changes.way !== ChangeWay.WHOLE ? { ...table, changes } : table)) };
}

/** A plan that tells the way of each of its tables, where the source tells what there is. @throws as {@link planWithWays} */
export async function planTellingWays(
  connection: SqlServerConnection, features: SourceFeatures, plan: ExtractionPlan, options: RunOptions,
): Promise<ExtractionPlan> {
  if (!mayFollow(options)) return plan;
  const facts = await askFacts(connection, features, options).catch((error: unknown) => {
    if (error instanceof LegacyToS3Error && REFUSALS.has(error.code)) return undefined;
    throw error;
  });
  return facts ? planWithWays(connection, facts, plan, options) : plan;
}

/** A plan with the way of each of its tables. @throws LegacyToS3Error of code CHANGES_REFUSED where a way is named that is not to be had */
export async function planWithWays(
  connection: SqlServerConnection, facts: ChangeFacts, plan: ExtractionPlan, options: RunOptions,
): Promise<ExtractionPlan> {
  const { changes, tableOptions, format: { types } } = options;
  const optionsOf = plannedTypeOptions(plan.tables, types);
  const commitTimes = facts.changeTracking === 'on' && await tellsCommitTimes(connection);
  return withWays(plan, facts, {
    changes, tableOptions, commitTimes, typeOptions: (table) => (landed) => optionsOf(table)?.get(landed) ?? types?.all ?? {},
  });
}

/** What the database tells of the ways to learn of changes. */
export async function askFacts(
  connection: SqlServerConnection, { snapshotAllowed }: SourceFeatures, { connection: { readOnlyIntent } }: RunOptions,
): Promise<ChangeFacts> {
  return readChangeFacts(connection, { snapshotAllowed, readOnlyIntent });
}

async function tellsCommitTimes(connection: SqlServerConnection): Promise<boolean> {
  try {
    await connection.query(COMMIT_TIMES_SQL, 'ask for commit times');
    return true;
  } catch (error) {
    if (error instanceof LegacyToS3Error && REFUSALS.has(error.code)) return false;
    throw error;
  }
}
