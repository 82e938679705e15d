import { causeText, changesText, isOfChild, outputOf } from './execution-outcome';
import { LegacyToS3Error, type RunWatch } from '../../extractor/doors/public';
import type { Execution, ExecutionsClient } from '../account/executions-client';

/** An execution and its run, as a list shows them. */
export interface ExecutionSummary {
  readonly execution: string;
  readonly arn: string;
  /** `running`, `succeeded`, `unchanged`, `skipped`, `failed`, `timed out` or `stopped`. */
  readonly state: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** So far, where it runs; since its begin also where it was redriven. */
  readonly seconds: number;
  /** Absent where it has none: it was skipped, or nothing changed. */
  readonly runId?: string;
  /** Of its run, finished and all; absent where nothing is kept of it, or that may not be read. */
  readonly finishedChunks?: number;
  readonly chunks?: number;
  readonly rows?: number;
  readonly sizeBytes?: number;
  /** Of a run of changes: what it brought, in a line. */
  readonly changes?: string;
  /** Absent unless it failed. */
  readonly error?: string;
  readonly cause?: string;
}

const STATES: { readonly [status: string]: string } = {
  RUNNING: 'running', PENDING_REDRIVE: 'running', SUCCEEDED: 'succeeded', FAILED: 'failed', TIMED_OUT: 'timed out', ABORTED: 'stopped',
};

export interface ListOptions {
  readonly executions: Pick<ExecutionsClient, 'list' | 'childError'>;
  readonly limit: number;
  readonly watch: (execution: Execution) => RunWatch;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The newest executions, newest first. @throws LegacyToS3Error */
export async function listExecutions({ executions, limit, watch, now }: ListOptions): Promise<ExecutionSummary[]> {
  const summaries: ExecutionSummary[] = [];
  // A run that several executions worked on is looked at once: it is the newest one's.
  const looked = new Set<string>();
  for (const execution of await executions.list(limit)) {
    const { name, arn, status, startedAt, stoppedAt } = execution;
    const output = outputOf(execution);
    const noRun = output && ('skipped' in output ? 'skipped' : 'unchanged' in output ? 'unchanged' : undefined);
    const common = {
      execution: name,
      arn,
      state: noRun ?? STATES[status] ?? status.toLowerCase(),
      startedAt: startedAt.toISOString(),
      seconds: Math.max(0, (stoppedAt?.getTime() ?? now) - startedAt.getTime()) / 1000,
    };
    if (output && 'runId' in output) {
      const { runId, rows, sizeBytes, changes } = output;
      looked.add(runId);
      summaries.push({ ...common, runId, rows, sizeBytes, ...(changes && { changes: changesText(changes) }) });
    } else if (output) {
      summaries.push({ ...common, cause: 'skipped' in output ? output.skipped : output.unchanged });
    } else {summaries.push({ ...common, ...await unfinished(execution, watch, looked), ...await failure(execution, executions) });}
  }
  return summaries;
}

async function failure(execution: Execution, executions: Pick<ExecutionsClient, 'childError'>): Promise<Pick<ExecutionSummary, 'error' | 'cause'>> {
  if (execution.isRunning || execution.status === 'SUCCEEDED') return {};
  const because = isOfChild(execution) ? await executions.childError(execution.arn) ?? execution : execution;
  const cause = causeText(because);
  return { ...(because.error && { error: because.error }), ...(cause !== '' && { cause }) };
}

/** What there is of the run of an execution that has not completed it. */
async function unfinished(
  execution: Execution, watch: ListOptions['watch'], looked: Set<string>,
): Promise<Pick<ExecutionSummary, 'runId' | 'chunks' | 'finishedChunks' | 'rows' | 'sizeBytes'>> {
  const watched = watch(execution);
  const { runId } = watched;
  try {
    if (looked.has(runId)) return { runId };
    looked.add(runId);
    const counts = await watched.look();
    if (!counts) return {};
    const { chunks, finishedChunks, rows, sizeBytes } = counts;
    return { runId, chunks, finishedChunks, rows, sizeBytes };
  } catch (error) {
    // Whoever may look at executions need not be allowed to read the bucket.
    if (error instanceof LegacyToS3Error && error.code === 'TARGET_ACCESS_DENIED') return { runId };
    throw error;
  } finally {
    await watched.close();
  }
}
