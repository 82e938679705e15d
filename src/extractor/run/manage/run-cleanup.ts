import { datasetRunFolder, manifestKey, runFolder } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import { Consistency, type ExtractorProps } from '../../api/extractor-props';
import { type LandingProps } from '../../api/landing-props';
import type { LandingTarget } from '../../landing/target/landing-target';
import { SqlServerConnection } from '../../source/connection/sql-server-connection';
import { dropSnapshot, snapshotName } from '../../source/consistency/database-snapshot';
import { checkpointedRuns, forgetRun, knownRuns, runsNotBegun } from '../../state/checkpoint';
import { SYSTEM_CLOCK, type Clock } from '../../state/clock';
import { withTarget } from '../../state/open-store';
import { LEASE_MS, type AcquireOptions } from '../../state/run-lease';
import type { StateStore } from '../../state/state-store';
import { resolveOptions } from '../context/run-options';
import { openCheckpoint, runComplete } from '../run-checkpoint';

/**
 * Gives a run up: deletes its objects, its uploads that were never completed, and its checkpoint.
 *
 * @param takeOver whether the run is taken from a process that may still hold it
 * @param asking whom to ask whether an execution that holds it runs
 * @throws LegacyToS3Error of code RUN_NOT_FOUND, RUN_IN_USE or RUN_COMPLETE, or of the target
 */
export async function abort(
  props: LandingProps | ExtractorProps, runId: string, takeOver = false, clock: Clock = SYSTEM_CLOCK, asking: Pick<AcquireOptions, 'isRunning'> = {},
): Promise<void> {
  await withTarget(props, async (target, store) => {
    if (await giveUp(props, target, store, runId, { takeOver, ...asking }, clock)) return;
    throw runComplete(target, runId, 'nothing of it was deleted but its checkpoint');
  });
}

/**
 * Gives up the runs that have a checkpoint, are older than so many days, and are held by nobody. Of complete runs only
 * what is left of the checkpoint goes.
 *
 * @returns the ids of those given up
 * @throws LegacyToS3Error of the target
 */
export async function prune(props: LandingProps | ExtractorProps, olderThanDays: number, clock: Clock = SYSTEM_CLOCK): Promise<string[]> {
  const pruned: string[] = [];
  await withTarget(props, async (target, store) => {
    // A run id begins with its UTC time, so ids compare as times do.
    const idAt = (time: number) => new Date(time).toISOString().replace(/[-:.]/g, '');
    const limit = idAt(clock.now() - olderThanDays * 86_400_000);
    const unfinished = new Set(await checkpointedRuns(store));
    for (const runId of (await knownRuns(store)).filter((id) => id < limit)) {
      try {
        if (!unfinished.has(runId)) await forgetRun(store, runId);
        else if (await giveUp(props, target, store, runId, { takeOver: false }, clock)) pruned.push(runId);
      } catch (error) {
        if (!(error instanceof LegacyToS3Error) || error.code !== 'RUN_IN_USE') throw error;
      }
    }
    // They have no lease yet that would tell whether a process is at work; it takes one at once, or is dead.
    const dead = (await runsNotBegun(store)).filter((id) => id < limit && id < idAt(clock.now() - LEASE_MS));
    for (const runId of dead) await forgetRun(store, runId);
  });
  return pruned;
}

/** @returns false when the run is complete: a process that dies after the manifest leaves its checkpoint, and the objects count */
async function giveUp(
  props: LandingProps | ExtractorProps, target: LandingTarget, store: StateStore, runId: string, acquire: AcquireOptions, clock: Clock,
): Promise<boolean> {
  const checkpoint = await openCheckpoint(runId, { target, store, clock, ...acquire });
  try {
    if (checkpoint.record.consistency === Consistency.DATABASE_SNAPSHOT) await dropSnapshotOf(props, runId);
    const complete = await target.has(manifestKey(target.prefix, runId));
    if (!complete) {
      const { database, tables } = checkpoint.record.plan;
      for (const table of tables) await target.sweep(datasetRunFolder(target.prefix, { ...table, database }, runId), new Set());
      await target.sweep(runFolder(target.prefix, runId), new Set());
    }
    await checkpoint.remove();
    return !complete;
  } catch (error) {
    await checkpoint.lease.release();
    throw error;
  }
}

/** The one thing of a run that is not at its target. */
async function dropSnapshotOf(props: LandingProps | ExtractorProps, runId: string): Promise<void> {
  if (!('source' in props)) {
    throw new LegacyToS3Error('INVALID_CONFIG', `run ${runId} has the database snapshot '${snapshotName(runId)}': `
      + 'give the source (--server, --user, --database) too, so that it can be dropped');
  }
  const { connection } = await resolveOptions(props);
  const source = await SqlServerConnection.open(connection);
  try {
    await dropSnapshot(source, runId);
  } finally {
    await source.close();
  }
}
