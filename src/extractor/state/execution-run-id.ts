import { createHash } from 'node:crypto';
import { runIdAt, type ExecutionName } from '../../contract';

/** The run that an execution begins where it is not told to go on with one: one that begins twice has the same. */
export function executionRunId({ arn, startTime }: ExecutionName): string {
  return runIdAt(new Date(startTime), createHash('sha256').update(arn).digest('hex').slice(0, 6));
}
