import { LegacyToS3Error } from '../../../api/errors';
import { chainFolder } from '../../../state/run-folder';
import { RunLease } from '../../../state/run-lease';
import type { StateStore } from '../../../state/state-store';
import type { ExtractionSetting } from '../extraction-setting';

type Asking = Pick<ExtractionSetting, 'clock' | 'isRunning'>;

/**
 * Takes the chain of a database for an execution, which has it until it ends: what another one, or `sync` of a machine, would read
 * meanwhile would follow the same mark. One that has it already keeps it.
 *
 * @param key of the chain
 * @param execution ARN
 * @throws LegacyToS3Error of code RUN_IN_USE
 */
export async function acquireChain(store: StateStore, key: string, execution: string, { clock, isRunning }: Asking): Promise<RunLease> {
  return RunLease.acquire(store, `sync of ${key}`, clock, { takeOver: false, folder: chainFolder(key), execution, isRunning });
}

/** Gives the chain back, where the execution has it. */
export async function releaseChain(store: StateStore, key: string, execution: string, asking: Asking): Promise<void> {
  try {
    await (await acquireChain(store, key, execution, asking)).release();
  } catch (error) {
    if (!(error instanceof LegacyToS3Error) || error.code !== 'RUN_IN_USE') throw error;
  }
}
