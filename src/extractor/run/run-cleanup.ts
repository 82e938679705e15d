import { SYSTEM_CLOCK, type Clock } from './clock';
import { datasetRunFolder } from '../../contract';
import { LegacyToS3Error } from '../errors';
import type { LandingProps } from '../extractor-props';
import { openTarget } from '../landing/open-target';
import { Checkpoint, checkpointedRuns } from '../state/checkpoint';
import { openStore } from '../state/open-store';

/**
 * Gives a run up: deletes its objects, its uploads that were never completed, and its checkpoint.
 *
 * @param takeOver whether the run is taken from a process that may still hold it
 * @throws LegacyToS3Error of code RUN_NOT_FOUND or RUN_IN_USE, or of the target
 */
export async function abort(props: LandingProps, runId: string, takeOver = false, clock: Clock = SYSTEM_CLOCK): Promise<void> {
  const { region, endpointUrl, kmsKeyId, expectedBucketOwner } = props;
  const options = { region, endpointUrl, kmsKeyId, expectedBucketOwner };
  const target = openTarget(props.target, options);
  const state = openStore(props.target, options);
  try {
    const checkpoint = await Checkpoint.resume(state.store, runId, clock, takeOver);
    try {
      const { database, tables } = checkpoint.record.plan;
      for (const { schema, table } of tables) await target.sweep(datasetRunFolder(target.prefix, { database, schema, table }, runId), new Set());
    } catch (error) {
      await checkpoint.lease.release();
      throw error;
    }
    await checkpoint.remove();
  } finally {
    state.close();
    await target.close();
  }
}

/**
 * Gives up the runs that have a checkpoint, are older than so many days, and are held by nobody.
 *
 * @returns their ids
 * @throws LegacyToS3Error of the target
 */
export async function prune(props: LandingProps, olderThanDays: number, clock: Clock = SYSTEM_CLOCK): Promise<string[]> {
  const { region, endpointUrl, expectedBucketOwner } = props;
  const state = openStore(props.target, { region, endpointUrl, expectedBucketOwner });
  const pruned: string[] = [];
  try {
    // A run id begins with its UTC time, so ids compare as times do.
    const limit = new Date(clock.now() - olderThanDays * 86_400_000).toISOString().replace(/[-:.]/g, '');
    for (const runId of (await checkpointedRuns(state.store)).filter((id) => id < limit)) {
      try {
        await abort(props, runId, false, clock);
        pruned.push(runId);
      } catch (error) {
        if (!(error instanceof LegacyToS3Error) || error.code !== 'RUN_IN_USE') throw error;
      }
    }
  } finally {
    state.close();
  }
  return pruned;
}
