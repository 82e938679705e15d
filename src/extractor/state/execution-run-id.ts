import { createHash } from 'node:crypto';
import { runIdAfter, type ExecutionName } from '../../contract';

/**
 * The run that an execution begins where it is not told to go on with one: one that begins twice has the same.
 *
 * @param after a run that it follows, which it is above: the execution may have waited for that one, or be of a clock that is behind
 */
export function executionRunId({ arn, startTime }: ExecutionName, after?: string): string {
  return runIdAfter(after, new Date(startTime), suffixOf(arn));
}

/** Whether an execution began a run, whatever it follows. */
export function isRunOf(runId: string, { arn }: Pick<ExecutionName, 'arn'>): boolean {
  return runId.endsWith(`-${suffixOf(arn)}`);
}

function suffixOf(arn: string): string {
  return createHash('sha256').update(arn).digest('hex').slice(0, 6);
}
