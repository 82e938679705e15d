import { TableServices, TableTask } from './table-task';
import { ChangeMark, isOneLineage, ManifestTable, TableCommitItem } from '../../contract';
import { appliedMark } from '../../iceberg/commit/changes/chain';
import { metadataAt, Workplace } from '../../iceberg/commit/workplace';
import { countRows, RowCount, Uncounted } from '../../iceberg/rows/count-rows';
import { currentSnapshot, Snapshot, TableMetadata } from '../../iceberg/spec/table-metadata';
import { describeError, HandlerError } from '../shared/errors';

/** Least time to begin a file (milliseconds). */
const RESERVE_MS = 30_000;

/** Most bytes of delete files and key columns that are read to count a table, unless settings say otherwise: as they are stored. */
const COUNT_BYTES_LIMIT = 256 * 1024 * 1024;

/** By services, of which a process has one set: one table at a time, since deleted keys are in memory while files are compared with them. */
const counting = new WeakMap<TableServices, Promise<unknown>>();

/**
 * Compares the rows of a table as of a run with what the source counted in the transaction that read it: rows of the snapshot that the
 * run left, as a reader that applies deletes counts them. A difference is noted, logged and measured, and so is a table that could not
 * be counted; neither takes the run back.
 *
 * @returns the item with what was counted; as it was where the source counted nothing, or it was counted before
 */
export async function counted(services: TableServices, task: TableTask, item: TableCommitItem): Promise<TableCommitItem> {
  const sourceRows = sourceRowsOf(task.table);
  if (sourceRows === undefined || item.commitState !== 'COMMITTED' || item.countedRows !== undefined) return item;
  const { telemetry } = services;
  const count = await inTurn(services, async () => countedAfter(services, task, item));
  if ('why' in count) {
    const problem = `its rows were not counted: ${count.why}`;
    telemetry.metric('tablesNotCounted', 1);
    telemetry.warn('the rows of a table were not counted', { tableName: item.tableName, why: count.why });
    return { ...item, sourceRows, problem: noted(item, problem) };
  }
  if (count.rows === sourceRows) return { ...item, sourceRows, countedRows: count.rows };
  const problem = `it has ${count.rows} rows as of run '${item.runId}', the source counted ${sourceRows}`;
  telemetry.metric('tablesCountedOtherwise', 1);
  telemetry.failure('a table has other rows than its source', new HandlerError('TABLE_COUNT_DIFFERS', `'${item.tableName}': ${problem}`));
  return { ...item, sourceRows, countedRows: count.rows, problem: noted(item, problem) };
}

/** What the source counted with the run's mark; undefined where it was not asked. */
function sourceRowsOf({ changes, base }: ManifestTable): number | undefined {
  return changes ? changes.sourceRows : base?.sourceRows;
}

function noted({ problem }: TableCommitItem, more: string): string {
  return problem === undefined ? more : `${problem}; ${more}`;
}

async function inTurn<T>(services: TableServices, work: () => Promise<T>): Promise<T> {
  const turn = Promise.resolve(counting.get(services)).then(work);
  counting.set(services, turn.catch(() => undefined));
  return turn;
}

/** Counts the rows of a table as of a run. It throws nothing: what cannot be read is not counted, by name. */
export async function countedAfter(
  { workplaceOf, settings: { countBytesLimit = COUNT_BYTES_LIMIT } }: Pick<TableServices, 'workplaceOf' | 'settings'>,
  { run, table, remaining }: TableTask, { metadataLocation, snapshotId }: Pick<TableCommitItem, 'metadataLocation' | 'snapshotId'>,
): Promise<RowCount | Uncounted> {
  try {
    const workplace: Workplace = workplaceOf(run.bucket);
    if (metadataLocation === undefined) return { why: 'there is no table' };
    const metadata = await metadataAt(workplace, metadataLocation);
    const snapshot = snapshotAsOf(metadata, table, snapshotId);
    if (!snapshot) return { why: 'the snapshot that the run left is not there any more' };
    return await countRows(workplace, metadata, { snapshot, maxBytes: countBytesLimit, isOver: () => remaining() < RESERVE_MS });
  } catch (error) {
    return { why: describeError(error) };
  }
}

/** The snapshot with the rows as of the run: its own, or, of a run without changes, the one that was shown with its mark. */
function snapshotAsOf(metadata: TableMetadata, { changes, base }: ManifestTable, snapshotId: string | undefined): Snapshot | undefined {
  if (snapshotId !== undefined) return metadata.snapshots?.find((each) => String(each['snapshot-id']) === snapshotId);
  return isAsOf(appliedMark(metadata), changes?.to ?? base?.mark) ? currentSnapshot(metadata) : undefined;
}

function isAsOf(applied: ChangeMark | undefined, mark: ChangeMark | undefined): boolean {
  return applied !== undefined && mark !== undefined && isOneLineage(applied, mark) && applied.order === mark.order;
}
