import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { refuseFoldedFolders } from './chunks/landing-names';
import { planOf } from './chunks/landing-plan';
import { retrying } from './chunks/retry';
import { openSource } from './context/open-source';
import type { ReadJob } from './context/read-job';
import { resumedOptions } from './context/resumed-options';
import type { RunContext } from './context/run-context';
import { resolveOptions, type RunOptions } from './context/run-options';
import { Findings } from './findings';
import { linkRun } from './link-run';
import { instantsOf, manifestOf, resultOf } from './manifest/build-manifest';
import { refuseLargeManifest } from './manifest/manifest-limits';
import { writeManifest } from './manifest/write-manifest';
import { settleTables } from './missing-tables';
import { readAll } from './read-all';
import { beginCheckpoint, leaveCheckpoint, openCheckpoint, sweepUnfinished } from './run-checkpoint';
import { select } from './run-selection';
import { RunSnapshot } from './run-snapshot';
import { isIncomparable } from './tables/verification';
import { runIdAt } from '../../contract';
import type { ExtractControls, ResumeControls } from '../api/controls';
import { counted } from '../api/counted';
import { LegacyToS3Error } from '../api/errors';
import type { RunPlannedEvent } from '../api/extract-events';
import type { ExtractResult } from '../api/extract-result';
import type { ExtractionPlan } from '../api/extraction-plan';
import type { ExtractorProps } from '../api/extractor-props';
import { readBegin } from '../changes/transaction-begin';
import { openTarget } from '../landing/open-target';
import { withPartitionPrefixes } from '../plan/partition-prefixes';
import { countReaders } from '../source/connection/reader-count';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';
import { GUARANTEES } from '../source/consistency/consistency';
import { toSafeError } from '../source/credentials/redact';
import { Checkpoint, type RunRecord } from '../state/checkpoint';
import { SYSTEM_CLOCK, type Clock } from '../state/clock';
import { openStore } from '../state/open-store';

/**
 * Runs an extraction from the first connection to the manifest.
 *
 * @throws LegacyToS3Error; nothing is left open then, and there is no manifest
 */
export async function extract(props: ExtractorProps, controls: ExtractControls = {}, clock: Clock = SYSTEM_CLOCK): Promise<ExtractResult> {
  const startedAt = new Date();
  const resolved = await resolveOptions(props);
  const options = { ...resolved, ...(resolved.plan && { plan: withPartitionPrefixes(resolved.plan) }) };
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
export interface Start {
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

/** @throws LegacyToS3Error; nothing is left open then, and there is no manifest */
export async function run(
  options: RunOptions, controls: ExtractControls, clock: Clock, { runId, startedAt, ...start }: Start,
): Promise<ExtractResult> {
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
  /** Of an earlier end of the run, which named tables as missing. */
  let hasManifest = false;
  try {
    stop.signal.throwIfAborted();
    checkpoint?.lease.keep((reason) => stop.abort(reason));
    options.sourceWarnings.forEach(warn);
    await target.check();
    connection = await openSource(options.connection, { clock, signal: stop.signal, onRetry: (event) => controls.onEvent?.(event) });
    const readers = await countReaders(connection, options);
    const selection = await select({ ...options, readers }, connection);
    const { jobs, consistency, plan } = selection;
    refuseLargeManifest(selection.tables, jobs.length);
    let context: RunContext = {
      runId,
      options: { ...options, readers },
      target,
      database: connection.database,
      consistency,
      signal: stop.signal,
      clock,
      ...waysOf(jobs),
      mayComplete: async (surely) => (surely ? checkpoint?.lease.assertHeld() : checkpoint?.lease.assertHeldIfLate()),
      warn,
      emit: (event) => controls.onEvent?.(event),
    };
    const patiently = <T>(what: string, work: () => Promise<T>) =>
      retrying(context, work, (notice) => context.emit({ type: 'target-retry', what, ...notice }));
    const findings = new Findings();
    for (const job of jobs) await findings.look(() => planOf(context, job));
    if (plan) await findings.look(async () => refuseFoldedFolders(plan, target));
    findings.refuse();
    context.emit({ type: 'run-started', runId, target: target.url, tables: selection.tables.length, consistency });
    if (plan) context.emit(plannedEvent(plan, { chunks: jobs.length, finishedChunks: checkpoint?.finishedChunks ?? 0, readers }));
    selection.warnings.forEach(warn);
    if (consistency === 'noLock') warn(GUARANTEES.noLock);
    if (checkpoint) {
      hasManifest = await sweepUnfinished(context, jobs, checkpoint.finished);
    } else if (plan) {
      // Before the snapshot is made: what was committed until then is in it.
      const begin = consistency === 'databaseSnapshot' && context.ways ? await readBegin(connection, context.ways) : undefined;
      checkpoint = await beginCheckpoint(context, state.store, plan, startedAt, begin);
      checkpoint?.lease.keep((reason) => stop.abort(reason));
    }
    if (consistency === 'databaseSnapshot') {
      const { begin } = checkpoint?.record ?? {};
      snapshots = new RunSnapshot(options.connection, runId, warn);
      const finishedChunks = checkpoint?.finishedChunks ?? 0;
      // A process that died after the last chunk may have dropped it already.
      if (finishedChunks < jobs.length) {
        context = { ...context, snapshot: { ...await snapshots.open(connection, finishedChunks), ...(begin && { begin }) } };
      }
    }
    const { chunks, failures } = await readAll(context, {
      jobs,
      finished: checkpoint?.finished ?? [],
      first: connection,
      onFinished: (chunk) => patiently('keep the checkpoint', async () => checkpoint?.finish(chunk)),
      fail: (reason) => stop.abort(reason),
    });
    const versions = instantsOf(chunks.filter(({ mark }) => mark));
    if (options.oneVersion && options.follows && versions > 1) {
      throw new LegacyToS3Error('CHANGES_REFUSED', `run ${runId} was to show one version (oneVersion), but its transaction was begun ${versions} times; the next sync reads it anew`);
    }
    const { landed, missing } = await settleTables(context, selection.tables, chunks, failures, checkpoint);
    const manifest = manifestOf(context, selection.productVersion, landed, startedAt, missing);
    if (isIncomparable(manifest.tables)) warn(manifest.verification.detail);
    context.emit({ type: 'run-verified', state: manifest.verification.state, detail: manifest.verification.detail });
    stop.signal.throwIfAborted();
    await patiently('look at the lease', async () => checkpoint?.lease.assertHeld());
    const manifestKey = await patiently('write the manifest', () => writeManifest(target, manifest, undefined, hasManifest ? async () => checkpoint?.lease.assertHeld() : 'never'));
    if (plan && (options.follows || context.ways)) await patiently('keep the chain of changes', async () => linkRun(state.store, manifest, plan, options, options.follows ?? false));
    if (checkpoint && missing.length > 0) {
      await checkpoint.lease.release();
      warn(`${counted(missing.length, 'table')} of run ${runId} are missing; ${options.follows ? 'the next sync reads them from where they stand' : `--resume ${runId} tries again`}`);
    } else {
      await snapshots?.drop();
      await checkpoint?.remove().catch((error: unknown) => warn(`the run is complete, but its checkpoint is still there: ${(error as Error).message}`));
    }
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

/** Ways by which changes of the tables are learnt; nothing where none is. */
export function waysOf(jobs: readonly ReadJob[]): Pick<RunContext, 'ways'> {
  const ways = [...new Set(jobs.flatMap(({ changes }) => (changes ? [changes.planned.way] : [])))];
  return ways.length === 0 ? {} : { ways };
}

function plannedEvent({ tables }: ExtractionPlan, counts: Pick<RunPlannedEvent, 'chunks' | 'finishedChunks' | 'readers'>): RunPlannedEvent {
  const sum = (of: 'estimatedRows' | 'estimatedBytes') => tables.reduce((total, table) => total + table[of], 0);
  return { type: 'run-planned', tables: tables.length, ...counts, estimatedRows: sum('estimatedRows'), estimatedBytes: sum('estimatedBytes') };
}
