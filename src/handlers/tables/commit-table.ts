import { InvalidInputException } from '@aws-sdk/client-glue';
import { counted } from './count-table';
import { isThrottle } from './glue-pace';
import { startCompaction } from './start-compaction';
import { datasetOfTask, itemOf, TableServices, TableTask, tableRunOf } from './table-task';
import { endWaiting, noteWaiting } from './waiting-tables';
import { ManifestTable, TableCommitItem } from '../../contract';
import { applyChanges } from '../../iceberg/commit/changes/apply-changes';
import { addHistory } from '../../iceberg/commit/changes/history';
import { commitRun } from '../../iceberg/commit/commit-run';
import { withdrawRun } from '../../iceberg/commit/rollback';
import { IcebergError, IcebergErrorCode } from '../../iceberg/spec/errors';
import { describeError, HandlerError } from '../shared/errors';

/** Failures that trying again does not cure. */
const REFUSALS: readonly IcebergErrorCode[] = ['NAME_TAKEN', 'COLUMN_REFUSED', 'FOREIGN_ROWS', 'CHAIN_BROKEN'];

/** Longest problem kept, in characters. */
const MAX_PROBLEM = 2_000;

const DAY_MS = 86_400_000;

/** How a problem begins of a table that was committed and whose history refused the run: whoever mends that replays the run. */
const HISTORY_PROBLEM = 'history: ';

/** Whether there is nothing left to do for a table of a run that holds. */
export function isCommitted(
  { prove }: Pick<TableServices, 'prove'>, { changes }: Pick<ManifestTable, 'changes'>, item: TableCommitItem | undefined, manifestETag: string,
): boolean {
  if (item?.manifestETag !== manifestETag || item.problem?.startsWith(HISTORY_PROBLEM)) return false;
  if (item.commitState === 'SUPERSEDED') return true;
  // What a manifest of changes tells of a table is not what a query of all rows answers.
  return item.commitState === 'COMMITTED' && (!prove || changes !== undefined || item.queryProven !== undefined || item.problem !== undefined || item.snapshotId === undefined);
}

/**
 * Commits a table of a run that holds, or applies its changes, notes it, and has it proved where that is asked for. What fails is noted and logged, and holds up
 * no other table.
 *
 * @returns false when there was no time for all of it
 */
export async function commitTable(services: TableServices, task: TableTask, known: TableCommitItem | undefined): Promise<boolean> {
  const { workplaceOf, items, settings, telemetry } = services;
  try {
    if (task.table.changes) {
      await applyToTable(services, task, known);
      return true;
    }
    const outcome = await commitRun(workplaceOf(task.run.bucket), tableRunOf(task), {
      foreignRows: settings.foreignRows,
      keepRuns: settings.keepRuns,
      keepForMs: settings.keepForDays === undefined ? undefined : settings.keepForDays * DAY_MS,
      softDeletes: settings.softDeletes ?? false,
    });
    const { state: commitState, metadataLocation, snapshotId, provenRows, repeated, began } = outcome;
    const snapshot = snapshotId !== undefined && { snapshotId: String(snapshotId) };
    const committed = itemOf(task, { commitState, metadataLocation, provenRows, ...snapshot });
    await items.put(committed);
    const item = await countedItem(services, task, committed);
    if (!repeated && commitState === 'COMMITTED') telemetry.metric('tablesCommitted', 1);
    if (began !== undefined) telemetry.warn('a table begins a new generation', { tableName: outcome.name, why: began });
    return await proved(services, task, item);
  } catch (error) {
    if (isThrottle(error)) return false;
    await notCommitted(services, task, error, known);
    return true;
  }
}

/** Applies the changes of a table, after its predecessor, and adds them to its history. */
async function applyToTable(services: TableServices, task: TableTask, known: TableCommitItem | undefined): Promise<void> {
  const { workplaceOf, items, settings: { foreignRows, deletes: deletesBy, softDeletes = false }, telemetry } = services;
  const { run, table: { changes } } = task;
  const { inserts, updates, deletes, to, sourceRows } = changes!;
  const workplace = workplaceOf(run.bucket);
  const apply = async () => applyChanges(workplace, tableRunOf(task), { foreignRows, deletes: deletesBy, softDeletes });
  let outcome = await apply();
  if (outcome.state === 'WAITING') {
    await noteWaiting(services, task, outcome.waitsFor!);
    // Whoever applied the predecessor meanwhile may have looked for who waits before the note was there.
    outcome = await apply();
    if (outcome.state === 'WAITING') {
      if (known?.commitState !== 'WAITING' || known.manifestETag !== run.manifestETag) telemetry.metric('tablesWaiting', 1);
      return;
    }
  }
  const { state: commitState, metadataLocation, snapshotId, provenRows, repeated } = outcome;
  if (!repeated) {
    telemetry.metric('tablesCommitted', 1);
    telemetry.metric('changesApplied', inserts + updates + deletes);
    telemetry.metric('changeLagSeconds', Math.max(0, (Date.now() - Date.parse(to.at)) / 1000));
  }
  const problem = await historyProblem(services, task);
  const item = itemOf(task, {
    commitState, metadataLocation, provenRows, sourceRows, problem, ...(snapshotId !== undefined && { snapshotId: String(snapshotId) }),
  });
  await items.put(item);
  await endWaiting(services, task);
  await countedItem(services, task, item);
  await startCompaction(services, task, outcome);
}

/** Counts a table and notes it. */
async function countedItem(services: TableServices, task: TableTask, item: TableCommitItem): Promise<TableCommitItem> {
  const after = await counted(services, task, item);
  if (after !== item) await services.items.put(after);
  return after;
}

/** Adds a run to the history of a table. @returns why that is refused, which holds up nothing else */
async function historyProblem({ workplaceOf, telemetry }: TableServices, task: TableTask): Promise<string | undefined> {
  try {
    await addHistory(workplaceOf(task.run.bucket), tableRunOf(task));
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    telemetry.failure('changes could not be added to the history of a table', error as Error);
    telemetry.metric('tablesNotCommitted', 1);
    return `${HISTORY_PROBLEM}${describeError(error)}`.slice(0, MAX_PROBLEM);
  }
}

async function notCommitted(services: TableServices, task: TableTask, error: unknown, known: TableCommitItem | undefined): Promise<void> {
  const { items, telemetry } = services;
  const commitState = isRefusal(error) ? 'REFUSED' : 'FAILED';
  const problem = describeError(error).slice(0, MAX_PROBLEM);
  await items.put(itemOf(task, { commitState, problem }));
  if (commitState === 'REFUSED' && task.table.changes) await endWaiting(services, task);
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
