import { manifestKey } from '../../contract';
import { LegacyToS3Error } from '../api/errors';
import type { LandingTarget } from '../landing/landing-target';
import { Checkpoint, type RunRecord } from '../state/checkpoint';
import type { Clock } from '../state/clock';
import type { StateStore } from '../state/state-store';

export interface OpenCheckpointOptions {
  readonly target: LandingTarget;
  readonly store: StateStore;
  readonly clock: Clock;
  /** Whether the run is taken from a process that may still hold it. */
  readonly takeOver: boolean;
  /** See {@link Checkpoint.resume}. */
  readonly accept?: (record: RunRecord) => void;
}

/**
 * The checkpoint of a run that did not end, which is this process's from now on.
 *
 * @throws LegacyToS3Error of code RUN_NOT_FOUND, RUN_IN_USE, or RUN_COMPLETE where there is a manifest instead
 */
export async function openCheckpoint(runId: string, { target, store, clock, takeOver, accept }: OpenCheckpointOptions): Promise<Checkpoint> {
  try {
    return await Checkpoint.resume(store, runId, clock, takeOver, accept);
  } catch (error) {
    const isUnknown = error instanceof LegacyToS3Error && error.code === 'RUN_NOT_FOUND';
    // Whoever may not look for the manifest is told what the store of checkpoints said.
    if (isUnknown && await target.has(manifestKey(target.prefix, runId)).catch(() => false)) throw runComplete(target, runId, 'there is nothing to go on with or to give up');
    throw error;
  }
}

/** @param therefore what follows from it */
export function runComplete(target: LandingTarget, runId: string, therefore: string): LegacyToS3Error {
  return new LegacyToS3Error('RUN_COMPLETE', `run ${runId} is complete: its manifest ${target.url}${manifestKey('', runId)} is there, so that ${therefore}`);
}
