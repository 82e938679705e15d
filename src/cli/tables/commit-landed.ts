import { Problem, problemOf, telling } from './errors';
import { landedRunIds, readLandedRun, tablesOf } from './landed-runs';
import { openFolder, refuseMoved, TablesPlace } from './place';
import { LegacyToS3Error } from '../../extractor/doors/public';
import { applyChanges } from '../../iceberg/commit/changes/apply-changes';
import { addHistory } from '../../iceberg/commit/changes/history';
import { CommitOptions, CommitOutcome, commitRun } from '../../iceberg/commit/commit-run';
import { datasetOf, tableNameOf, TableRun } from '../../iceberg/commit/table-run';
import { forEachAtOnce } from '../../iceberg/commit/workplace';

/** What became of a table of a run. */
export interface CommittedTable {
  readonly name: string;
  /** `<database>/<schema>/<table>` */
  readonly dataset: string;
  readonly state: 'COMMITTED' | 'SUPERSEDED' | 'FAILED';
  readonly rows: number;
  readonly snapshotId?: string;
  readonly metadataLocation?: string;
  /** Why the name stands for a new table, where it does since this commit. */
  readonly began?: string;
  /** Why it was not committed. */
  readonly problem?: Problem;
}

/** Tables committed at the same time; each reads its files' footers. */
const TABLES_AT_ONCE = 4;

/** Refuses what could not become snapshots, before anything is read. @throws LegacyToS3Error */
export async function checkFolder(target: string): Promise<void> {
  const place = openFolder(target);
  await telling(place, `look at the landed tables of ${place.told}`, async () => refuseMoved(place));
}

/**
 * Makes the tables of a complete run in a folder its Iceberg tables' newest snapshots, or applies its changes to them, in order; where one
 * fails, the others go on.
 */
export async function commitLanded(target: string, runId: string, options: CommitOptions = {}): Promise<CommittedTable[]> {
  const place = openFolder(target);
  return telling(place, `commit run ${runId} into the landed tables of ${place.told}`, async () => {
    await refuseMoved(place);
    const run = await readLandedRun(place, runId);
    if (run.refused !== undefined) throw new LegacyToS3Error('TABLES_NOT_COMMITTED', `run ${runId} becomes no snapshots of landed tables: ${run.refused}`);
    return forEachAtOnce(tablesOf(run), async (each) => commit(place, each, options), TABLES_AT_ONCE);
  });
}

async function commit(place: TablesPlace, run: TableRun, options: CommitOptions): Promise<CommittedTable> {
  const about = { name: tableNameOf(run), dataset: datasetOf(run.table), rows: run.table.rows };
  try {
    const { state, waitsFor, snapshotId, metadataLocation, began } = run.table.changes ? await applyInOrder(place, run, options) : await commitRun(place.workplace, run, options);
    if (state === 'WAITING') {
      throw new LegacyToS3Error('TABLES_NOT_COMMITTED', `changes of run ${run.manifest.runId} go on from ${waitsFor}, which the table '${about.name}' has not reached, `
        + `and run ${run.table.changes!.previousRun}, which they follow, does not bring it there`);
    }
    return {
      ...about, state, metadataLocation, ...(snapshotId !== undefined && { snapshotId: String(snapshotId) }), ...(began !== undefined && { began }),
    };
  } catch (error) {
    return { ...about, state: 'FAILED', problem: problemOf(error) };
  }
}

/** Applies changes of a table, after those of runs before that landed here and were not applied, an interrupted one's for example. */
async function applyInOrder(place: TablesPlace, run: TableRun, options: CommitOptions): Promise<CommitOutcome> {
  const due = [run];
  let outcome = await apply(place, run, options);
  for (let last: CommitOutcome = outcome; last.state === 'WAITING';) {
    const before = await runBefore(place, due.at(-1)!);
    if (!before) return outcome;
    due.push(before);
    last = before.table.changes ? await apply(place, before, options) : await commitRun(place.workplace, before, options);
  }
  for (const each of due.slice(0, -1).reverse()) outcome = await apply(place, each, options);
  return outcome;
}

async function apply({ workplace }: TablesPlace, run: TableRun, options: CommitOptions): Promise<CommitOutcome> {
  const outcome = await applyChanges(workplace, run, options);
  if (outcome.state !== 'WAITING') await addHistory(workplace, run);
  return outcome;
}

/** The same table in the run that a run of changes follows; undefined where that is not here, or not whole. */
async function runBefore(place: TablesPlace, { manifest, table }: TableRun): Promise<TableRun | undefined> {
  const previous = table.changes?.previousRun;
  // A chain goes back in time: one that does not has no end.
  if (previous === undefined || previous >= manifest.runId || !(await landedRunIds(place)).includes(previous)) return undefined;
  const run = await readLandedRun(place, previous);
  return run.refused === undefined ? tablesOf(run).find((each) => datasetOf(each.table) === datasetOf(table)) : undefined;
}
