import { manifestKey } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import { readManifest } from '../../landing/read-manifest';
import type { LandingTarget } from '../../landing/target/landing-target';
import { findRecord, forgetRun, type RunRecord } from '../../state/checkpoint';
import type { StateStore } from '../../state/state-store';
import { linkRun } from '../link-run';

/** Runs of a chain that did not end. */
export interface LeftRuns {
  /** The newest one that reads rows of whole tables alone: it is gone on with, since they may be large. */
  readonly resumable?: RunRecord;
  /** The others: what they read is read anew, up to a later mark. */
  readonly givenUp: readonly string[];
}

/**
 * Looks what syncs of before have left. A run whose manifest is written, and whose process died before the chain was, is added to it.
 *
 * @param runIds of runs that have a checkpoint, oldest first
 * @param goesOn whether a run may be gone on with: not one that is to show one version, since its transaction has ended
 */
export async function leftRuns(
  target: LandingTarget, store: StateStore, chain: string, runIds: readonly string[], goesOn: boolean,
): Promise<LeftRuns> {
  const left: RunRecord[] = [];
  for (const runId of runIds) {
    const record = await findRecord(store, runId);
    if (record?.chain !== chain) continue;
    const manifest = await target.has(manifestKey(target.prefix, runId)) ? await readManifest(target, runId) : undefined;
    if (!manifest) {
      left.push(record);
      continue;
    }
    await linkRun(store, manifest, record.plan, record, true);
    // Tables that it lacks are read from where they stand.
    await forgetRun(store, runId);
  }
  const newest = left.at(-1);
  const resumable = goesOn && newest && newest.plan.tables.every(({ changes }) => !changes?.from) ? newest : undefined;
  return { ...(resumable && { resumable }), givenUp: left.filter((record) => record !== resumable).map(({ runId }) => runId) };
}

/** Whether an error says that another process has the run. */
export function isInUse(error: unknown): boolean {
  return error instanceof LegacyToS3Error && error.code === 'RUN_IN_USE';
}
