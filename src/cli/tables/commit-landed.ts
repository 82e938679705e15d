import { Problem, problemOf, telling } from './errors';
import { LandedRun, landedRunIds, readLandedRun, tablesOf } from './landed-runs';
import { openFolder, refuseMoved, TablesPlace } from './place';
import { LegacyToS3Error } from '../../extractor/doors/public';
import { applyChanges } from '../../iceberg/commit/changes/apply-changes';
import { appliedRun } from '../../iceberg/commit/changes/chain';
import { addHistory, isAdded, newestAdded } from '../../iceberg/commit/changes/history';
import { CommitOptions, CommitOutcome, commitRun } from '../../iceberg/commit/commit-run';
import { datasetOf, tableNameOf, TableRun } from '../../iceberg/commit/table-run';
import { forEachAtOnce, metadataAt } from '../../iceberg/commit/workplace';

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

/** What became of the tables of a run that was landed before. */
export interface PendingRun {
  readonly runId: string;
  readonly tables: readonly CommittedTable[];
}

/** Runs of which all tables were seen to be committed, by folder: what is applied once stays so. */
const SEEN = new Map<string, Set<string>>();

/**
 * Commits what runs of a folder landed and nobody committed, since whoever did was stopped in between. A run without a manifest has
 * expired.
 *
 * @param runIds oldest first
 */
export async function commitPending(target: string, runIds: readonly string[], options: CommitOptions = {}): Promise<PendingRun[]> {
  const place = openFolder(target);
  const seen = SEEN.get(place.told) ?? new Set();
  SEEN.set(place.told, seen);
  return telling(place, `look for runs that are not committed into the landed tables of ${place.told}`, async () => {
    await refuseMoved(place);
    const landed = new Set(runIds.every((runId) => seen.has(runId)) ? [] : await landedRunIds(place));
    const pending: PendingRun[] = [];
    for (const runId of runIds) {
      if (seen.has(runId) || !landed.has(runId)) continue;
      const run = await readLandedRun(place, runId);
      const isDue = await forEachAtOnce(tablesOf(run), async (each) => !await isCommitted(place, each), TABLES_AT_ONCE);
      const due = tablesOf(run).filter((_table, at) => isDue[at]);
      const tables = await forEachAtOnce(due, async (each): Promise<CommittedTable> => (
        run.refused === undefined ? commit(place, each, options) : refusedTable(each, run.refused)), TABLES_AT_ONCE);
      if (tables.length > 0) pending.push({ runId, tables });
      if (tables.every(({ state }) => state !== 'FAILED')) seen.add(runId);
    }
    return pending;
  });
}

/** Whether a run was applied to its table, or a later one, and added to the history. A table that was rolled back knows it still. */
async function isCommitted({ workplace }: TablesPlace, run: TableRun): Promise<boolean> {
  const table = await workplace.catalog.load(tableNameOf(run));
  const isApplied = table?.metadataLocation !== undefined && appliedRun(await metadataAt(workplace, table.metadataLocation)) >= run.manifest.runId;
  return isApplied && (!run.table.changes || isAdded(workplace, run));
}

function refusedTable(run: TableRun, refused: string): CommittedTable {
  const message = `run ${run.manifest.runId} becomes no snapshots of landed tables: ${refused}; extract --resume ${run.manifest.runId} tries again what failed`;
  return { name: tableNameOf(run), dataset: datasetOf(run.table), rows: run.table.rows, state: 'FAILED', problem: { code: 'TABLES_NOT_COMMITTED', message } };
}

async function commit(place: TablesPlace, run: TableRun, options: CommitOptions): Promise<CommittedTable> {
  const about = { name: tableNameOf(run), dataset: datasetOf(run.table), rows: run.table.rows };
  try {
    const outcome = run.table.changes ? await applyInOrder(place, run, options) : await commitRun(place.workplace, run, options);
    const { state, waitsFor, snapshotId, metadataLocation, began } = outcome;
    if (state === 'WAITING') {
      throw new LegacyToS3Error('TABLES_NOT_COMMITTED', `changes of run ${run.manifest.runId} go on from ${waitsFor}, which the table '${about.name}' has not reached, `
        + `and run ${run.table.changes!.previousRun}, which they follow, does not bring it there; repair ${run.table.schema}.${run.table.table} reads the table whole`);
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

async function apply(place: TablesPlace, run: TableRun, options: CommitOptions): Promise<CommitOutcome> {
  const outcome = await applyChanges(place.workplace, run, options);
  if (outcome.state !== 'WAITING') await addToHistory(place, run);
  return outcome;
}

/** Adds changes to the history of a table, after those of runs before: whoever applied them may have been stopped before their history. */
async function addToHistory(place: TablesPlace, run: TableRun): Promise<void> {
  const newest = await newestAdded(place.workplace, run);
  const due = [run];
  for (let last = run; (last.table.changes?.previousRun ?? '') > newest; due.push(last)) {
    const before = await runBefore(place, last);
    if (!before?.table.changes) break;
    last = before;
  }
  for (const each of due.reverse()) await addHistory(place.workplace, each);
}

/** Runs that those which are committed follow, read once for all of their tables. */
const BEFORE = new WeakMap<TablesPlace, Map<string, Promise<LandedRun | undefined>>>();

async function runAt(place: TablesPlace, runId: string): Promise<LandedRun | undefined> {
  const known = BEFORE.get(place) ?? new Map<string, Promise<LandedRun | undefined>>();
  BEFORE.set(place, known);
  const found = known.get(runId) ?? landedRunIds(place).then(async (runIds) => (runIds.includes(runId) ? readLandedRun(place, runId) : undefined));
  known.set(runId, found);
  return found;
}

/** The same table in the run that a run of changes follows; undefined where that is not here, or not whole. */
async function runBefore(place: TablesPlace, { manifest, table }: TableRun): Promise<TableRun | undefined> {
  const previous = table.changes?.previousRun;
  // A chain goes back in time: one that does not has no end.
  if (previous === undefined || previous >= manifest.runId) return undefined;
  const run = await runAt(place, previous);
  return run && run.refused === undefined ? tablesOf(run).find((each) => datasetOf(each.table) === datasetOf(table)) : undefined;
}
