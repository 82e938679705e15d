import { InvalidInputException } from '@aws-sdk/client-glue';
import { isThrottle } from './glue-pace';
import { datasetOfTask, itemOf, TableServices, TableTask } from './table-task';
import { TableCommitItem } from '../../contract';
import { commitRun } from '../../iceberg/commit/commit-run';
import { withdrawRun } from '../../iceberg/commit/rollback';
import { IcebergError, IcebergErrorCode } from '../../iceberg/spec/errors';
import { describeError, HandlerError } from '../shared/errors';

/** Failures that trying again does not cure. */
const REFUSALS: readonly IcebergErrorCode[] = ['NAME_TAKEN', 'COLUMN_REFUSED', 'FOREIGN_ROWS'];

/** Longest problem kept, in characters. */
const MAX_PROBLEM = 2_000;

const DAY_MS = 86_400_000;

/** Whether there is nothing left to do for a table of a run that holds. */
export function isCommitted({ prove }: Pick<TableServices, 'prove'>, item: TableCommitItem | undefined, manifestETag: string): boolean {
  if (item?.manifestETag !== manifestETag) return false;
  if (item.commitState === 'SUPERSEDED') return true;
  return item.commitState === 'COMMITTED' && (!prove || item.queryProven !== undefined || item.problem !== undefined || item.snapshotId === undefined);
}

/**
 * Commits a table of a run that holds, notes it, and has it proved where that is asked for. What fails is noted and logged, and holds up
 * no other table.
 *
 * @returns false when there was no time for all of it
 */
export async function commitTable(services: TableServices, task: TableTask, known: TableCommitItem | undefined): Promise<boolean> {
  const { workplaceOf, items, settings, telemetry } = services;
  const { run: { bucket, manifestETag }, landed, table } = task;
  try {
    const outcome = await commitRun(workplaceOf(bucket), { manifest: landed.manifest, manifestKey: landed.key, manifestETag, table }, {
      foreignRows: settings.foreignRows,
      keepRuns: settings.keepRuns,
      keepForMs: settings.keepForDays === undefined ? undefined : settings.keepForDays * DAY_MS,
    });
    const { state: commitState, metadataLocation, snapshotId, provenRows, repeated, began } = outcome;
    const item = itemOf(task, { commitState, metadataLocation, provenRows, ...(snapshotId !== undefined && { snapshotId: String(snapshotId) }) });
    await items.put(item);
    if (!repeated && commitState === 'COMMITTED') telemetry.metric('tablesCommitted', 1);
    if (began !== undefined) telemetry.warn('a table begins a new generation', { tableName: outcome.name, why: began });
    return await proved(services, task, item);
  } catch (error) {
    if (isThrottle(error)) return false;
    await notCommitted(services, task, error, known);
    return true;
  }
}

async function notCommitted({ items, telemetry }: TableServices, task: TableTask, error: unknown, known: TableCommitItem | undefined): Promise<void> {
  const commitState = isRefusal(error) ? 'REFUSED' : 'FAILED';
  const problem = describeError(error).slice(0, MAX_PROBLEM);
  await items.put(itemOf(task, { commitState, problem }));
  telemetry.failure(`a table could not be committed${commitState === 'FAILED' ? ' and is tried again' : ''}`, error as Error);
  const repeated = known?.manifestETag === task.run.manifestETag && known.commitState === commitState;
  if (!repeated) telemetry.metric('tablesNotCommitted', 1);
  if (error instanceof IcebergError && error.code === 'COMMIT_UNPROVEN') telemetry.metric('tablesNotProven', 1);
}

/** Whether trying again would not help, so that the run is reported without the table. */
function isRefusal(error: unknown): boolean {
  if (error instanceof IcebergError) return REFUSALS.includes(error.code);
  return error instanceof InvalidInputException || (error instanceof Error && error.name === 'ValidationException');
}

/** Compares what Athena reads with what the manifest says. Where they differ, readers see the run before again. */
async function proved({ prove, workplaceOf, items, telemetry }: TableServices, task: TableTask, item: TableCommitItem): Promise<boolean> {
  if (!prove || item.commitState !== 'COMMITTED' || item.snapshotId === undefined) return true;
  const proof = await prove(item, task);
  if (proof.kind === 'unfinished') return false;
  if (proof.kind === 'proven') {
    await items.put({ ...item, queryProven: true });
    return true;
  }
  telemetry.metric('tablesNotProven', 1);
  if (proof.kind === 'unproven') {
    telemetry.warn('a table could not be proved by a query', { tableName: item.tableName, why: proof.why });
    await items.put({ ...item, problem: proof.why.slice(0, MAX_PROBLEM) });
    return true;
  }
  const { run } = task;
  const withdrawal = await withdrawRun(workplaceOf(run.bucket), { name: item.tableName, dataset: datasetOfTask(task), runId: run.runId });
  const problem = `${proof.why}; ${withdrawal.state === 'BROKEN' ? `the run is still shown: ${withdrawal.why}` : 'the run is not shown any more'}`;
  const commitState = withdrawal.state === 'BROKEN' ? 'BROKEN' : 'REFUSED';
  await items.replace(itemOf(task, { commitState, queryProven: false, problem: problem.slice(0, MAX_PROBLEM) }));
  telemetry.failure('a committed table is not what its manifest says', new HandlerError('TABLES_NOT_COMMITTED', `'${item.tableName}': ${problem}`));
  return true;
}
