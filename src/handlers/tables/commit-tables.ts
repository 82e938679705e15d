import { randomInt } from 'node:crypto';
import { commitTable, isCommitted } from './commit-table';
import { goOnEvent } from './go-on';
import { datasetOfTask, TableServices, TableTask } from './table-task';
import { wakingOf } from './waiting-tables';
import { isWithdrawn, withdrawTable } from './withdraw-table';
import { WriteRunSnapshots } from './write-run-snapshots';
import { ManifestTable, RunItem, TableCommitItem, tablesHold } from '../../contract';
import { LandedManifest } from '../complete/read-manifest';
import { GoOn } from '../complete/report-run';
import { RunStore } from '../complete/run-store';
import { mapConcurrently } from '../shared/concurrency';
import { HandlerError } from '../shared/errors';

/** Tables committed at the same time: enough that Glue's ten requests a second are used while S3 answers. */
const TABLE_CONCURRENCY = 8;

/** No table is begun with less than this left, or than a fifth of what there was (milliseconds). */
const RESERVE_MS = 60_000;

/** Tables that are named when many fail; the message goes to the failure queue. */
const MAX_NAMED = 5;

/** What committing the tables of a run works with. */
export interface TablesServices extends TableServices {
  readonly runs: Pick<RunStore, 'setTables' | 'setReported'>;
  readonly writeSnapshots: WriteRunSnapshots;
  /** Invokes this function once more with an event. */
  readonly invokeAgain: (event: object) => Promise<void>;
}

/**
 * Brings a checked run's tables into the catalog: of a run that holds each becomes a snapshot, one that does not is taken back. What one
 * invocation has no time for, the next goes on with; each notes what it did by table, so that no table is done twice.
 *
 * @param since of an invocation that goes on: tables that failed or were refused since then wait for the others (ISO 8601, UTC)
 * @returns how the next invocation goes on; undefined when every table was tried
 * @throws HandlerError TABLES_NOT_COMMITTED after all were tried, if any failed and is to be tried again
 */
export async function commitTables(
  services: TablesServices, run: RunItem, landed: LandedManifest, remaining: () => number = () => Infinity, since?: string,
): Promise<void | GoOn> {
  const { items, pace, telemetry } = services;
  pace.begin(remaining);
  const { pending, from } = dueTables(services, run, landed, await items.ofRun(run.runId), since);
  const reserve = Math.min(RESERVE_MS, remaining() / 5);
  let [left, tried, stale] = [0, 0, false];
  await mapConcurrently(pending, TABLE_CONCURRENCY, async (table) => {
    const outcome = stale || remaining() < reserve ? 'left' : await tryTable(services, { run, landed, table, remaining });
    if (outcome === 'left') left += 1;
    else if (outcome === 'tried') tried += 1;
    else stale = true;
  });
  if (stale) return telemetry.info('run checked later by another', { runId: run.runId });
  const failed = await note(services, run, landed);
  if (tablesHold(run)) await wake(services, run, landed);
  if (left > 0) {
    telemetry.info('tables are left for another invocation', { runId: run.runId, tables: left });
    if (tried === 0) throw new HandlerError('TABLES_NOT_COMMITTED', `none of ${left} tables could be tried in the time there was`);
    return async () => services.invokeAgain(goOnEvent({ ...landed, runId: run.runId }, run, from));
  }
  if (failed.length === 0) return;
  const named = failed.slice(0, MAX_NAMED).map(({ tableName, problem }) => `'${tableName}': ${problem}`).join('; ');
  const rest = failed.length > MAX_NAMED ? `; and ${failed.length - MAX_NAMED} more` : '';
  throw new HandlerError('TABLES_NOT_COMMITTED', `${failed.length} of ${run.tables} tables could not be brought into the catalog: ${named}${rest}`);
}

/**
 * The tables that are to be tried, beginning anywhere: invocations of one run at the same time divide them among themselves. Once nothing
 * else is left, those that failed are tried again.
 */
function dueTables(
  services: TablesServices, run: RunItem, { manifest }: LandedManifest, known: ReadonlyMap<string, TableCommitItem>, since: string | undefined,
): { readonly pending: LandedManifest['manifest']['tables']; readonly from: string } {
  const now = new Date().toISOString();
  const itemFor = (table: LandedManifest['manifest']['tables'][number]) => known.get(datasetOfTask({ table }));
  const open = manifest.tables.filter((table) => !isSettled(services, run, table, itemFor(table)));
  const triedSince = (item: TableCommitItem | undefined) => since !== undefined && item?.manifestETag === run.manifestETag
    && ['FAILED', 'REFUSED', 'BROKEN', 'WAITING'].includes(item.commitState) && item.recordedAt >= since;
  const fresh = open.filter((table) => !triedSince(itemFor(table)));
  const pending = fresh.length > 0 ? fresh : open.filter((table) => itemFor(table)?.commitState === 'FAILED');
  const at = pending.length > TABLE_CONCURRENCY ? randomInt(pending.length) : 0;
  return { pending: [...pending.slice(at), ...pending.slice(0, at)], from: fresh.length > 0 ? since ?? now : now };
}

function isSettled(
  services: TablesServices, run: RunItem, table: ManifestTable, item: TableCommitItem | undefined,
): boolean {
  return tablesHold(run) ? isCommitted(services, table, item, run.manifestETag) : isWithdrawn(item, run.manifestETag);
}

/** `stale`: the run was checked again meanwhile, with another outcome; whoever checked it brings its tables along. */
async function tryTable(services: TablesServices, task: TableTask): Promise<'tried' | 'left' | 'stale'> {
  const { items } = services;
  const { run } = task;
  const [now, known] = await Promise.all([items.run(run.runId), items.table(run.runId, datasetOfTask(task))]);
  if (now?.manifestETag !== run.manifestETag || now.runState !== run.runState || tablesHold(now) !== tablesHold(run)) return 'stale';
  if (isSettled(services, run, task.table, known)) return 'tried';
  return await (tablesHold(run) ? commitTable : withdrawTable)(services, task, known) ? 'tried' : 'left';
}

/** Starts runs of changes that waited for this one, each once. Done by every invocation, also one that finds all tables settled: the call may have been lost. */
async function wake({ items, invokeAgain, telemetry }: TablesServices, run: RunItem, { manifest: { tables } }: LandedManifest): Promise<void> {
  const databases = [...new Set(tables.map(({ database }) => database))];
  const waiting = (await Promise.all(databases.map(async (database) => items.waiting(database)))).flat();
  if (waiting.length === 0) return;
  const { events, ended } = wakingOf(run, tables, await items.ofRun(run.runId), waiting, new Date().toISOString());
  for (const each of ended) await items.endWaiting(each);
  if (events.length > 0) telemetry.info('runs of changes that waited go on', { runId: run.runId, runs: events.length });
  for (const event of events) await invokeAgain(event);
}

/** Writes what has become of the run's tables to its lines and its item. @returns those to be tried again */
async function note({ items, runs, writeSnapshots }: TablesServices, run: RunItem, { manifest }: LandedManifest): Promise<TableCommitItem[]> {
  const known = await items.ofRun(run.runId);
  const ofRun = manifest.tables.map((table) => known.get(datasetOfTask({ table })))
    .filter((item): item is TableCommitItem => item?.manifestETag === run.manifestETag);
  const tablesCommitted = ofRun.filter(({ commitState }) => commitState === 'COMMITTED' || commitState === 'SUPERSEDED').length;
  if (ofRun.length > 0) await writeSnapshots(run, ofRun);
  await runs.setTables(run, { tablesCommitted, tablesNotCommitted: manifest.tables.length - tablesCommitted });
  return ofRun.filter(({ commitState }) => commitState === 'FAILED');
}
