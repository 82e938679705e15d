import { manifestKey, runFolder } from '../../contract';
import { counted } from '../api/counted';
import { LegacyToS3Error } from '../api/errors';
import type { ExtractionPlan } from '../api/extraction-plan';
import type { Consistency } from '../api/extractor-props';
import type { TransactionBegin } from '../changes/changed-table';
import { planOf } from './chunks/landing-plan';
import { chunkNameOf, type ReadJob } from './context/read-job';
import { selectionOf } from './context/resumed-options';
import type { RunContext } from './context/run-context';
import { readManifestSummary } from '../landing/read-manifest';
import type { LandingTarget } from '../landing/target/landing-target';
import { addressOf } from '../source/connection/sql-server-connection';
import { chainKey } from '../state/chain-store';
import { Checkpoint, type RunRecord } from '../state/checkpoint';
import { among } from '../state/chunk-claims';
import type { Clock } from '../state/clock';
import type { LandedChunk } from '../state/landed-chunk';
import type { AcquireOptions } from '../state/run-lease';
import type { StateStore } from '../state/state-store';

export interface OpenCheckpointOptions extends AcquireOptions {
  readonly target: LandingTarget;
  readonly store: StateStore;
  readonly clock: Clock;
  /** See {@link Checkpoint.resume}. */
  readonly accept?: (record: RunRecord) => void;
}

/**
 * The checkpoint of a run that did not end, which is this process's from now on.
 *
 * @throws LegacyToS3Error of code RUN_NOT_FOUND, RUN_IN_USE, or RUN_COMPLETE where there is a manifest instead
 */
export async function openCheckpoint(runId: string, { target, store, clock, accept, ...acquire }: OpenCheckpointOptions): Promise<Checkpoint> {
  try {
    return await Checkpoint.resume(store, runId, clock, acquire, accept);
  } catch (error) {
    const isUnknown = error instanceof LegacyToS3Error && error.code === 'RUN_NOT_FOUND';
    // Whoever may not look for the manifest is told what the store of checkpoints said.
    const manifest = isUnknown ? await readManifestSummary(target, runId).catch(() => undefined) : undefined;
    if (!manifest) throw error;
    if (!manifest.missingTables) throw runComplete(target, runId, 'there is nothing to go on with or to give up');
    const names = manifest.missingTables.slice(0, 5).map(({ schema, table }) => `${schema}.${table}`).join(', ');
    throw new LegacyToS3Error('RUN_COMPLETE', `run ${runId} has ended without ${names}${manifest.missingTables.length > 5 ? ', …' : ''}: the next syncs read what it lacks, so that there is nothing to go on with or to give up`);
  }
}

/** @param therefore what follows from it */
export function runComplete(target: LandingTarget, runId: string, therefore: string): LegacyToS3Error {
  return new LegacyToS3Error('RUN_COMPLETE', `run ${runId} is complete: its manifest ${target.url}${manifestKey('', runId)} is there, so that ${therefore}`);
}

/** A role that may not write the checkpoint can land all the same; the run cannot be resumed then. */
export async function beginCheckpoint(
  context: RunContext, store: StateStore, plan: ExtractionPlan, startedAt: Date, begin?: TransactionBegin,
): Promise<Checkpoint | undefined> {
  const { clock } = context;
  try {
    return await Checkpoint.begin(store, { ...recordOf(context, plan, startedAt), ...(begin && { begin }) }, clock);
  } catch (error) {
    // A run of changes that nobody could find again would be read twice.
    if (!(error instanceof LegacyToS3Error) || error.code !== 'TARGET_ACCESS_DENIED' || context.options.follows) throw error;
    context.warn(`no checkpoint can be kept under ${store.url}, so that the run could not be resumed: ${error.message}`);
    return undefined;
  }
}

/** What is kept of a run that begins. */
export function recordOf(
  { runId, options, consistency, database }: Pick<RunContext, 'runId' | 'options' | 'consistency' | 'database'>, plan: ExtractionPlan, startedAt: Date,
): RunRecord {
  const { target, format, targetFileBytes, sourceAggregates, sourceHashes, accepted } = options;
  return {
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
    ...(options.follows && { chain: chainKey(addressOf(options.connection), database) }),
  };
}

/**
 * Deletes what chunks that were not finished, and a manifest that was not, have left.
 *
 * @returns whether there is a manifest, which named tables as missing
 */
export async function sweepUnfinished(context: RunContext, jobs: readonly ReadJob[], finished: readonly LandedChunk[]): Promise<boolean> {
  const keep = new Set(finished.flatMap(({ objects }) => objects.map(({ key }) => key)));
  const isFinished = among(finished);
  const folders = jobs.filter((job) => !isFinished(chunkNameOf(job))).map((job) => planOf(context, job).folder);
  for (const folder of new Set(folders)) await context.target.sweep(folder, keep);
  const { target, runId } = context;
  if (await target.has(manifestKey(target.prefix, runId))) return true;
  await target.sweep(runFolder(target.prefix, runId), new Set());
  return false;
}

/**
 * Keeps the checkpoint of a failed run that got somewhere, and says so. Never throws.
 *
 * @returns whether it is kept, by this process or by the one that has the run now
 */
export async function leaveCheckpoint(
  error: unknown, checkpoint: Checkpoint | undefined, resumed: boolean, warn: (message: string) => void,
): Promise<boolean> {
  if (!checkpoint) return false;
  if (error instanceof LegacyToS3Error && error.code === 'RUN_IN_USE') {
    // Only ends its renewing: what another has is left alone.
    await checkpoint.lease.release();
    return true;
  }
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
