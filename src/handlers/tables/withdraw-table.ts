import { isThrottle } from './glue-pace';
import { datasetOfTask, itemOf, tableRunOf, TableServices, TableTask } from './table-task';
import { endWaiting } from './waiting-tables';
import { CATALOG_PARAMETERS, TableCommitItem } from '../../contract';
import { withdrawHistory } from '../../iceberg/commit/changes/history';
import { withdrawRun } from '../../iceberg/commit/rollback';
import { tableNameOf } from '../../iceberg/commit/table-run';
import { describeError, HandlerError } from '../shared/errors';

/** Whether there is nothing left to do for a table of a run that does not hold. */
export function isWithdrawn(item: TableCommitItem | undefined, manifestETag: string): boolean {
  return item?.commitState === 'WITHDRAWN' && item.manifestETag === manifestETag;
}

/**
 * Takes a run that does not hold back from a table that shows it: it shows the newest other complete run, or its name is gone; files
 * are never added again. Where others wrote on top, it stays, BROKEN, with a line of level ERROR.
 *
 * @returns false when there was no time for it
 */
export async function withdrawTable(services: TableServices, task: TableTask, known: TableCommitItem | undefined): Promise<boolean> {
  const { workplaceOf, items, telemetry, retractHive } = services;
  const { run, table } = task;
  const name = tableNameOf({ table });
  try {
    const workplace = workplaceOf(run.bucket);
    const there = await workplace.catalog.load(name);
    const dataset = datasetOfTask(task);
    const isHive = there !== undefined && there.metadataLocation === undefined;
    const { [CATALOG_PARAMETERS.dataset]: owner, [CATALOG_PARAMETERS.run]: shown } = there?.parameters ?? {};
    if (isHive && owner === dataset && shown === run.runId) await retractHive(task);
    const withdrawal = there && !isHive ? await withdrawRun(workplace, { name, dataset, runId: run.runId, hasExpired: known?.commitState === 'EXPIRED' }) : undefined;
    if (withdrawal?.state === 'BROKEN') {
      await items.replace(itemOf(task, { commitState: 'BROKEN', problem: withdrawal.why, snapshotId: known?.snapshotId }));
      telemetry.metric('tablesNotProven', 1);
      telemetry.failure('a table shows a run that does not hold', new HandlerError('TABLES_NOT_COMMITTED', `'${name}': ${withdrawal.why}`));
    } else {
      if (table.changes) await withdrawHistory(workplace, tableRunOf(task));
      await items.replace(itemOf(task, { commitState: 'WITHDRAWN' }));
      if (table.changes) await endWaiting(services, task);
    }
  } catch (error) {
    if (isThrottle(error)) return false;
    await items.replace(itemOf(task, { commitState: 'FAILED', problem: describeError(error), snapshotId: known?.snapshotId }));
    telemetry.failure('a run could not be taken back from a table, and this is tried again', error as Error);
  }
  return true;
}
