import { isOutcome, resumedRun } from './execution-outcome';
import { LegacyToS3Error, type ErrorCode, type RunCounts, type RunWatch } from '../../extractor/doors/public';
import type { Execution, ExecutionsClient } from '../account/executions-client';
import { EXIT, EXIT_CODES } from '../process/exit-codes';

/** What became of an execution that was to go on. */
export interface GoneOn {
  /** ARN of the one that runs now. */
  readonly execution: string;
  /** Whether it is the same one, redriven. */
  readonly redriven: boolean;
  /** What was done and why, for a person. */
  readonly told: string;
}

export interface GoOnOptions {
  readonly executions: Pick<ExecutionsClient, 'redrive' | 'start'>;
  readonly failed: Execution;
  /** Of the failed one's run. */
  readonly watch: RunWatch;
  /** Of a new execution. */
  readonly newName: string;
}

/**
 * Goes on with an execution that did not succeed: by Step Functions' redrive, which starts only what failed, or by a new execution
 * that resumes the run, where a redrive is refused or would fail the same way.
 *
 * @throws LegacyToS3Error of code RUN_IN_USE while it runs, RUN_COMPLETE when it succeeded, RUN_NOT_FOUND when there is nothing to go on
 * with, or of that with which it failed when neither would help
 */
export async function goOn({ executions, failed, watch, newName }: GoOnOptions): Promise<GoneOn> {
  const { name, arn, error, status, redrivable, redriveReason } = failed;
  if (failed.isRunning) throw new LegacyToS3Error('RUN_IN_USE', `execution ${name} is at work: there is nothing to redrive`);
  if (status === 'SUCCEEDED') throw new LegacyToS3Error('RUN_COMPLETE', `execution ${name} succeeded: there is nothing to redrive`);
  const counts = await countsOf(watch);
  const known = counts === 'unreadable' ? undefined : counts;
  if (known && differsAsWhole(failed, known)) {
    throw new LegacyToS3Error(error as ErrorCode, `execution ${name} ended with ${error} after all chunks had landed: neither a redrive nor a new execution `
      + `reads them again; give the run up by abort ${watch.runId}, and begin anew by extract --remote`);
  }
  // The last step would look at the same chunks; a new execution reads those that failed anew.
  const again = known !== undefined && known.failedChunks > 0 && isOutcome(error);
  let reason = again ? `a redrive would end with ${error} again` : `it cannot be redriven: ${redriveReason ?? 'Step Functions does not say why'}`;
  if (!again && redrivable) {
    const refusal = await executions.redrive(arn);
    if (refusal === undefined) return { execution: arn, redriven: true, told: `execution ${name} is redriven: what failed of it starts again` };
    reason = `it cannot be redriven: ${refusal}`;
  }
  if (counts === undefined) {
    throw new LegacyToS3Error('RUN_NOT_FOUND', `execution ${name} did not begin its run, or it was given up, and ${reason}; begin anew by extract --remote`);
  }
  const execution = await executions.start(newName, { resume: watch.runId });
  return { execution, redriven: false, told: `execution ${newName} goes on with run ${watch.runId} of ${name}: ${reason}` };
}

/** The run of an execution: that which it was told to go on with, else its own. */
export function runOf(execution: Execution): string | { readonly arn: string; readonly startTime: string } {
  return resumedRun(execution) ?? { arn: execution.arn, startTime: execution.startedAt.toISOString() };
}

/** Where the state may not be read, Begin will say whether there is one. */
async function countsOf(watch: RunWatch): Promise<RunCounts | undefined | 'unreadable'> {
  try {
    return await watch.look();
  } catch (error) {
    if (error instanceof LegacyToS3Error && error.code === 'TARGET_ACCESS_DENIED') return 'unreadable';
    throw error;
  }
}

/** Whether each chunk equals its source, but a table does not. */
function differsAsWhole({ error }: Execution, { chunks, finishedChunks }: RunCounts): boolean {
  return isOutcome(error) && finishedChunks === chunks && EXIT_CODES[error as ErrorCode] === EXIT.verification;
}
