import { goOnEvent } from './go-on';
import { datasetOfTask, itemOf, TableServices, TableTask } from './table-task';
import { ManifestTable, RunItem, TableCommitItem, WaitingItem, waitingItemKey, waitingSortKey } from '../../contract';

/*
 * Tables of runs of changes that wait for a run before them. Two notes are written, then the table is looked at once more; who applies a
 * run looks for notes after its commit. So either of both sees the other, however they come.
 */

/** Notes that a table waits: for whoever applies the run before, and among the run's own items. */
export async function noteWaiting({ items }: TableServices, task: TableTask, waitsFor: string): Promise<void> {
  const { run: { runId, runState, bucket, manifestETag }, landed, table } = task;
  const item = itemOf(task, { commitState: 'WAITING', waitsFor });
  const { way, lineage } = table.changes!.from;
  await items.putWaiting({
    ...keyOf(table, item.tableOf, runId),
    itemType: 'waiting',
    waitingRun: runId,
    tableOf: item.tableOf,
    way,
    lineage,
    waitsFor,
    bucket,
    manifestKey: landed.key,
    manifestETag,
    runState,
    recordedAt: item.recordedAt,
  });
  await items.put(item);
}

/** Takes the note away, after the table's own item says what became of it. */
export async function endWaiting({ items }: Pick<TableServices, 'items'>, { run, table }: TableTask): Promise<void> {
  await items.endWaiting(keyOf(table, datasetOfTask({ table }), run.runId));
}

function keyOf({ database }: ManifestTable, dataset: string, runId: string): Pick<WaitingItem, 'objectKey' | 'versionId'> {
  return { objectKey: waitingItemKey(database), versionId: waitingSortKey(dataset, runId) };
}

/** What is done about the notes there are. */
export interface Waking {
  /** Events by which this function goes on with runs that waited, one for each run. */
  readonly events: readonly object[];
  /** Notes of tables that do not wait any more. */
  readonly ended: readonly WaitingItem[];
}

/**
 * Which runs may go on after one whose tables were tried: those that wait for its marks, and older ones, which it may have superseded. Of
 * a table that waits itself the oldest run is tried once more, in case that the call for it was lost.
 *
 * @param known what has become of the run's tables, by dataset
 */
export function wakingOf(
  run: Pick<RunItem, 'runId'>, tables: readonly ManifestTable[], known: ReadonlyMap<string, TableCommitItem>, waiting: readonly WaitingItem[], now: string,
): Waking {
  const byDataset = new Map(tables.map((table) => [datasetOfTask({ table }), table]));
  const oldest = new Map<string, string>();
  for (const { tableOf, waitingRun } of waiting) if (waitingRun < (oldest.get(tableOf) ?? '\uffff')) oldest.set(tableOf, waitingRun);
  const ended: WaitingItem[] = [];
  const woken = new Map<string, WaitingItem>();
  for (const note of waiting) {
    const state = known.get(note.tableOf)?.commitState;
    if (note.waitingRun === run.runId) {
      if (state !== undefined && state !== 'WAITING' && state !== 'FAILED') ended.push(note);
      continue;
    }
    const mark = byDataset.get(note.tableOf)?.changes?.to ?? byDataset.get(note.tableOf)?.base?.mark;
    const reached = note.waitingRun < run.runId || (mark?.way === note.way && mark.lineage === note.lineage && mark.order >= note.waitsFor);
    const isDue = state === 'COMMITTED' || state === 'SUPERSEDED' ? reached : state === 'WAITING' && oldest.get(note.tableOf) === note.waitingRun;
    const latest = woken.get(note.waitingRun)?.recordedAt ?? '';
    if (isDue && note.recordedAt >= latest) woken.set(note.waitingRun, note);
  }
  return { ended, events: [...woken.values()].map((note) => eventOf(note, now)) };
}

function eventOf({ bucket, manifestKey, manifestETag, runState = 'COMPLETE', waitingRun, recordedAt }: WaitingItem, now: string): object {
  // What waits was noted before: none of it counts as tried since, whatever the clocks.
  const noted = new Date(Date.parse(recordedAt) + 1).toISOString();
  return goOnEvent({ bucket, key: manifestKey, eTag: manifestETag, runId: waitingRun }, { runState }, noted > now ? noted : now);
}
