import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { planOf, type ReadJob } from './chunks/read-chunk';
import { refuseHashesOfOld } from './chunks/reconcile-chunk';
import { retrying } from './chunks/retrying';
import { landedPrimaryKey, planJobs, queryJob } from './chunks/table-job';
import { resumedOptions, selectionOf } from './context/resumed-options';
import type { RunContext } from './context/run-context';
import { resolveOptions, type RunOptions } from './context/run-options';
import { instantsOf, manifestOf, resultOf } from './manifest/build-manifest';
import { isIncomparable } from './manifest/verification';
import { writeManifest } from './manifest/write-manifest';
import { planOver } from './plan-run';
import { readAll } from './read-all';
import { openCheckpoint } from './run-checkpoint';
import { RunSnapshot } from './run-snapshot';
import { landedTables, type TableIdentity } from './tables/landed-table';
import { manifestKey as keyOfManifest, runFolder, runIdAt } from '../../contract';
import { counted } from '../api/counted';
import { LegacyToS3Error } from '../api/errors';
import type { ExtractControls, RunPlannedEvent } from '../api/extract-events';
import type { ExtractResult } from '../api/extract-result';
import type { ExtractionPlan } from '../api/extraction-plan';
import type { Consistency, ExtractorProps } from '../api/extractor-props';
import type { ResumeControls } from '../doors/manage-runs';
import { openTarget } from '../landing/open-target';
import { refuseDisorder } from '../plan/check-bounds';
import { refuseChangedSchema } from '../plan/schema-drift';
import { findRisks, refuseRisks } from '../plan/source-risks';
import { readSecurity, readServer, readTables } from '../source/catalog/read-catalog';
import { readRelations } from '../source/catalog/read-relations';
import type { NamedTable } from '../source/catalog/table-patterns';
import { countReaders } from '../source/connection/reader-count';
import { SqlServerConnection } from '../source/connection/sql-server-connection';
import { chooseConsistency, GUARANTEES, snapshotAdvice, type RunConsistency } from '../source/consistency/consistency';
import { toSafeError } from '../source/credentials/redact';
import { Checkpoint, type RunRecord } from '../state/checkpoint';
import { SYSTEM_CLOCK, type Clock } from '../state/clock';
import type { LandedChunk } from '../state/landed-chunk';
import { openStore } from '../state/open-store';
import type { StateStore } from '../state/state-store';

/** What is to be read, and how. */
interface Selection {
  readonly jobs: readonly ReadJob[];
  readonly tables: readonly TableIdentity[];
  readonly consistency: RunConsistency;
  readonly productVersion?: string;
  /** Absent for a query. */
  readonly plan?: ExtractionPlan;
  readonly warnings: readonly string[];
}

/**
 * Runs an extraction from the first connection to the manifest.
 *
 * @throws LegacyToS3Error; nothing is left open then, and there is no manifest
 */
export async function extract(props: ExtractorProps, controls: ExtractControls = {}, clock: Clock = SYSTEM_CLOCK): Promise<ExtractResult> {
  const startedAt = new Date();
  const options = await resolveOptions(props);
  return safely(options, () => run(options, controls, clock, { runId: runIdAt(startedAt, randomBytes(3).toString('hex')), startedAt }));
}

/**
 * Goes on with a run from its checkpoint.
 *
 * @throws LegacyToS3Error, of code RUN_NOT_FOUND, RUN_COMPLETE, RUN_IN_USE, SCHEMA_CHANGED, or INVALID_CONFIG when the
 * properties are not those of the run
 */
export async function resume(
  props: ExtractorProps, runId: string, controls: ResumeControls = {}, clock: Clock = SYSTEM_CLOCK,
): Promise<ExtractResult> {
  const options = await resolveOptions(props);
  if (options.query) throw new LegacyToS3Error('INVALID_CONFIG', 'a query has no checkpoint, since one statement reads it: run it anew');
  return safely(options, async () => {
    const target = openTarget(options.target, options.targetOptions);
    const { store, close } = openStore(options.target, options.targetOptions);
    try {
      const accept = (record: RunRecord) => void resumedOptions(options, props, record);
      const checkpoint = await openCheckpoint(runId, { target, store, clock, takeOver: controls.takeOver ?? false, accept });
      const { record } = checkpoint;
      return await run(resumedOptions(options, props, record), controls, clock, { runId, startedAt: new Date(record.startedAt), checkpoint });
    } finally {
      close();
      await target.close();
    }
  });
}

/** A run that begins, or goes on. */
interface Start {
  readonly runId: string;
  readonly startedAt: Date;
  readonly checkpoint?: Checkpoint;
}

async function safely(options: RunOptions, work: () => Promise<ExtractResult>): Promise<ExtractResult> {
  try {
    return await work();
  } catch (error) {
    throw toSafeError(error, [options.connection.password]);
  }
}

async function run(options: RunOptions, controls: ExtractControls, clock: Clock, { runId, startedAt, ...start }: Start): Promise<ExtractResult> {
  const stop = new AbortController();
  // Each reader listens, and so does each of its uploads.
  setMaxListeners(0, stop.signal);
  const advice = options.query ? '' : '; resume goes on with it, abort gives it up';
  const onAbort = () => stop.abort(
    new LegacyToS3Error('INTERRUPTED', `stopped; no manifest of run ${runId} is written, so what it landed does not count${advice}`),
  );
  if (controls.signal?.aborted) onAbort();
  controls.signal?.addEventListener('abort', onAbort, { once: true });
  const target = openTarget(options.target, options.targetOptions);
  const state = openStore(options.target, options.targetOptions);
  const warnings: string[] = [];
  const warn = (message: string) => {
    warnings.push(message);
    controls.onEvent?.({ type: 'warning', message });
  };
  let { checkpoint } = start;
  let connection: SqlServerConnection | undefined;
  let snapshots: RunSnapshot | undefined;
  try {
    stop.signal.throwIfAborted();
    checkpoint?.lease.keep((reason) => stop.abort(reason));
    await target.check();
    connection = await SqlServerConnection.open(options.connection, stop.signal);
    const readers = await countReaders(connection, options);
    const selection = await select({ ...options, readers }, connection);
    const { jobs, consistency, plan } = selection;
    let context: RunContext = {
      runId,
      options: { ...options, readers },
      target,
      database: connection.database,
      consistency,
      signal: stop.signal,
      clock,
      mayComplete: async () => checkpoint?.lease.assertHeldIfLate(),
      warn,
      emit: (event) => controls.onEvent?.(event),
    };
    const patiently = <T>(what: string, work: () => Promise<T>) =>
      retrying(context, work, (notice) => context.emit({ type: 'target-retry', what, ...notice }));
    jobs.forEach((job) => planOf(context, job));
    context.emit({ type: 'run-started', runId, target: target.url, tables: selection.tables.length, consistency });
    if (plan) context.emit(plannedEvent(plan, { chunks: jobs.length, finishedChunks: checkpoint?.finishedChunks ?? 0, readers }));
    selection.warnings.forEach(warn);
    if (consistency === 'noLock') warn(GUARANTEES.noLock);
    if (checkpoint) {
      await sweepUnfinished(context, jobs, checkpoint.finished);
    } else if (plan) {
      checkpoint = await beginCheckpoint(context, state.store, plan, startedAt);
      checkpoint?.lease.keep((reason) => stop.abort(reason));
    }
    if (consistency === 'databaseSnapshot') {
      snapshots = new RunSnapshot(options.connection, runId, warn);
      const finishedChunks = checkpoint?.finishedChunks ?? 0;
      // A process that died after the last chunk may have dropped it already.
      if (finishedChunks < jobs.length) context = { ...context, snapshot: await snapshots.open(connection, finishedChunks) };
    }
    const chunks = await readAll(context, {
      jobs,
      finished: checkpoint?.finished ?? [],
      first: connection,
      onFinished: (chunk) => patiently('keep the checkpoint', async () => checkpoint?.finish(chunk)),
      fail: (reason) => stop.abort(reason),
    });
    const landed = landedTables(context.database, selection.tables, chunks);
    const manifest = manifestOf(context, selection.productVersion, landed, startedAt);
    if (isIncomparable(landed)) warn(manifest.verification.detail);
    context.emit({ type: 'run-verified', state: manifest.verification.state, detail: manifest.verification.detail });
    stop.signal.throwIfAborted();
    await patiently('look at the lease', async () => checkpoint?.lease.assertHeld());
    const manifestKey = await patiently('write the manifest', () => writeManifest(target, manifest));
    await snapshots?.drop();
    await checkpoint?.remove().catch((error: unknown) => warn(`the run is complete, but its checkpoint is still there: ${(error as Error).message}`));
    checkpoint = undefined;
    const result = resultOf(manifest, manifestKey, target.url + manifestKey.slice(target.prefix.length), landed, warnings, instantsOf(chunks));
    context.emit({ type: 'run-finished', result });
    return result;
  } catch (error) {
    await connection?.close();
    if (!await leaveCheckpoint(error, checkpoint, start.checkpoint !== undefined, warn)) await snapshots?.drop();
    throw error;
  } finally {
    controls.signal?.removeEventListener('abort', onAbort);
    await connection?.close();
    await target.close();
    state.close();
  }
}

function plannedEvent({ tables }: ExtractionPlan, counts: Pick<RunPlannedEvent, 'chunks' | 'finishedChunks' | 'readers'>): RunPlannedEvent {
  const sum = (of: 'estimatedRows' | 'estimatedBytes') => tables.reduce((total, table) => total + table[of], 0);
  return { type: 'run-planned', tables: tables.length, ...counts, estimatedRows: sum('estimatedRows'), estimatedBytes: sum('estimatedBytes') };
}

/** A role that may not write the checkpoint can land all the same; the run cannot be resumed then. */
async function beginCheckpoint(context: RunContext, store: StateStore, plan: ExtractionPlan, startedAt: Date): Promise<Checkpoint | undefined> {
  const { runId, options, consistency, clock } = context;
  const { target, format, targetFileBytes, sourceAggregates, sourceHashes, accepted } = options;
  try {
    return await Checkpoint.begin(store, {
      version: 1,
      runId,
      startedAt: startedAt.toISOString(),
      target,
      format,
      targetFileBytes,
      plan,
      selection: selectionOf(options),
      consistency: consistency as Consistency,
      sourceAggregates,
      sourceHashes,
      accepted,
    }, clock);
  } catch (error) {
    if (!(error instanceof LegacyToS3Error) || error.code !== 'TARGET_ACCESS_DENIED') throw error;
    context.warn(`no checkpoint can be kept under ${store.url}, so that the run could not be resumed: ${error.message}`);
    return undefined;
  }
}

/** Deletes what chunks that were not finished, and a manifest that was not, have left. */
async function sweepUnfinished(context: RunContext, jobs: readonly ReadJob[], finished: readonly LandedChunk[]): Promise<void> {
  const known = new Set(finished.map(({ tableIndex, chunk }) => `${tableIndex} ${chunk}`));
  const keep = new Set(finished.flatMap(({ objects }) => objects.map(({ key }) => key)));
  const folders = jobs.filter(({ tableIndex, chunk }) => !known.has(`${tableIndex} ${chunk.chunk}`)).map((job) => planOf(context, job).folder);
  for (const folder of new Set(folders)) await context.target.sweep(folder, keep);
  const { target, runId } = context;
  if (!await target.has(keyOfManifest(target.prefix, runId))) await target.sweep(runFolder(target.prefix, runId), new Set());
}

/**
 * Keeps the checkpoint of a failed run that got somewhere, and says so. Never throws.
 *
 * @returns whether it is kept, by this process or by the one that has the run now
 */
async function leaveCheckpoint(
  error: unknown, checkpoint: Checkpoint | undefined, resumed: boolean, warn: (message: string) => void,
): Promise<boolean> {
  if (!checkpoint) return false;
  if (error instanceof LegacyToS3Error && error.code === 'RUN_IN_USE') return true;
  try {
    if (checkpoint.finishedChunks === 0 && !resumed) {
      await checkpoint.lease.assertHeld();
      await checkpoint.remove();
      return false;
    }
    await checkpoint.lease.release();
    warn(`run ${checkpoint.record.runId} has finished ${counted(checkpoint.finishedChunks, 'chunk')}; --resume ${checkpoint.record.runId} goes on from there`);
  } catch {
    // The failure itself is what must be told.
  }
  return true;
}

async function select(options: RunOptions, connection: SqlServerConnection): Promise<Selection> {
  if (options.query) {
    const job = queryJob(options.query);
    const { schema, table, chunk } = job;
    return { jobs: [job], tables: [{ schema, table, primaryKey: [], chunkKey: [], chunks: [chunk] }], consistency: 'query', warnings: [] };
  }
  const plan = options.plan ? await givenPlan(options.plan, connection) : await planOver(connection, options);
  const accepted = refuseRisks(plan.refusals, options.accepted);
  const consistency = chooseConsistency(options.consistency, plan.snapshotAllowed, plan.database);
  const jobs = planJobs(plan, options.maxDop, options.format.types);
  refuseHashesOfOld(options.sourceHashes, plan.productVersion);
  await refuseDisorder(connection, plan.tables);
  const relationsOf = await readRelations(connection);
  const tables = plan.tables.map((table): TableIdentity => ({ ...table, primaryKey: landedPrimaryKey(table), relations: relationsOf(table) }));
  return {
    jobs,
    tables,
    consistency,
    productVersion: plan.productVersion,
    plan,
    warnings: [...plan.warnings.filter((warning) => !options.consistency || warning !== snapshotAdvice(plan.database)), ...accepted],
  };
}

/** Brings a plan up to date that was made before. @throws LegacyToS3Error when it does not fit the source */
async function givenPlan(plan: ExtractionPlan, connection: SqlServerConnection): Promise<ExtractionPlan> {
  if (plan.database !== connection.database) {
    throw new LegacyToS3Error('INVALID_CONFIG', `the plan is of database '${plan.database}', but the source is '${connection.database}'`);
  }
  const server = await readServer(connection);
  const key = ({ schema, table }: NamedTable) => JSON.stringify([schema, table]);
  const planned = new Map(plan.tables.map((table) => [key(table), table]));
  const current = (await readTables(connection, server)).filter((table) => planned.has(key(table))).map((table) => {
    const { excludedColumns = [] } = planned.get(key(table))!;
    return { ...table, columns: table.columns.filter(({ name }) => !excludedColumns.includes(name)) };
  });
  const { readable, refusals } = findRisks(current, await readSecurity(connection, server, current));
  refuseChangedSchema(plan, readable);
  return { ...plan, productVersion: server.productVersion, snapshotAllowed: server.snapshotAllowed, refusals };
}
