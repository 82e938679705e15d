import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Executions } from './executions';
import { emitMetrics, logAnswer, logEvent, logFailure } from './extraction-log';
import { isThrottled } from './source-throttles';
import { runTask } from './task';
import { EXTRACTION_ENV, type BeginAnswer, type CompleteAnswer, type ControlStep, type WorkAnswer, type WorkStep } from '../../contract';
import { LegacyToS3Error } from '../api/errors';
import type { ExtractorProps } from '../api/extractor-props';
import { openTarget, targetOptions } from '../landing/open-target';
import { bytesOf } from '../landing/read-manifest';
import { parseS3Url } from '../landing/s3/s3-url';
import { beginExecution } from '../run/distributed/begin-execution';
import { completeExecution } from '../run/distributed/complete-execution';
import { scheduleLag } from '../run/distributed/execution-input';
import type { ExtractionSetting } from '../run/distributed/extraction-setting';
import { expireSnapshots, leaveExecution, type LeftRun } from '../run/distributed/leave-execution';
import { workItem, type TaskStep } from '../run/distributed/work-item';
import { serveWhereStarted } from '../run/threads/serve-readers';
import { SYSTEM_CLOCK } from '../state/clock';

/** What Lambda tells of an invocation; of a task as much as there is to tell. */
interface Invocation {
  readonly awsRequestId?: string;
  readonly signal?: AbortSignal;
  getRemainingTimeInMillis(): number;
}

const executions = new Executions();

/** Of the control function: begins, completes and leaves executions. */
export async function control(
  event: ControlStep, invocation: Invocation,
): Promise<BeginAnswer | CompleteAnswer | readonly LeftRun[] | readonly string[]> {
  return handled(event, invocation, async (setting): Promise<BeginAnswer | CompleteAnswer | readonly LeftRun[] | readonly string[]> => {
    switch (event.step) {
      case 'begin': {
        const answer = await beginExecution(event, setting);
        const lagSeconds = scheduleLag(event);
        if (answer.outcome === 'skipped') emitMetrics(setting.name, { skipped: 1 });
        if (answer.outcome === 'unchanged') emitMetrics(setting.name, { changeLagSeconds: 0, changeLagRows: 0 });
        if ('gaps' in answer && answer.gaps) emitMetrics(setting.name, { changeGaps: answer.gaps });
        if (answer.outcome === 'begun' && lagSeconds !== undefined) emitMetrics(setting.name, { lagSeconds });
        return answer;
      }
      case 'complete': {
        const { completed, ...answer } = await completeExecution(event, setting);
        if (completed) emitMetrics(setting.name, { rows: answer.rows, bytes: answer.sizeBytes, ...completed });
        return answer;
      }
      case 'leave': return leaveExecution(event, setting);
      case 'expire': {
        const expired = await expireSnapshots(event, setting, async (arn) => executions.endOf(arn));
        if (expired.length > 0) emitMetrics(setting.name, { snapshotsExpired: expired.length });
        return expired;
      }
      default: throw new LegacyToS3Error('INVALID_CONFIG', `the control function was given the step ${JSON.stringify((event as { step?: unknown }).step)}; it has begin, complete, leave and expire`);
    }
  });
}

/** Of the worker function: reads chunks. */
export async function work(event: WorkStep, invocation: Invocation): Promise<WorkAnswer> {
  return handled(event, invocation, async (setting) => {
    if (event.step !== 'work') throw new LegacyToS3Error('INVALID_CONFIG', `the worker was given the step ${JSON.stringify(event.step)}; it has work`);
    return workItem(event, setting);
  });
}

/** Of a process that is a task: reads chunks until none of its item is left, and ends. */
export async function task(): Promise<void> {
  return runTask(async (step, signal) => (
    handled({ step: 'work' as const, ...step }, { signal, getRemainingTimeInMillis: () => Infinity }, async (setting) => workItem(step, setting))));
}

/** What is thrown has its code for a name: Step Functions shows that, and decides by it. */
async function handled<T>(event: ControlStep | WorkStep | TaskStep & Pick<WorkStep, 'step'>, invocation: Invocation, act: (setting: ExtractionSetting) => Promise<T>): Promise<T> {
  const facts = { step: event.step, requestId: invocation.awsRequestId, ...('execution' in event && { execution: event.execution.arn }), ...('run' in event && { runId: event.run.runId }) };
  try {
    const answer = await act({
      name: text('name'),
      props: await extractorProps(),
      isRunning: async (arn) => executions.isRunning(arn),
      wasRedriven: async (arn) => executions.wasRedriven(arn),
      clock: SYSTEM_CLOCK,
      remainingMs: () => invocation.getRemainingTimeInMillis(),
      signal: invocation.signal,
      onEvent: (told) => {
        logEvent(told, facts);
        if (isThrottled(told)) emitMetrics(text('name'), { throttles: 1 });
      },
    });
    logAnswer(`${event.step} ended`, { ...facts, answer });
    return answer;
  } catch (thrown) {
    const named = namedByCode(thrown as Error);
    logFailure(named, facts);
    if (named.name === 'CHANGES_GAP') emitMetrics(text('name'), { changeGaps: 1 });
    throw named;
  }
}

function namedByCode(error: Error): Error {
  const name = error instanceof LegacyToS3Error ? error.code : error.name;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return Object.assign(new Error(error.message), { name, stack: [`${name}: ${error.message}`, ...frames].join('\n') });
}

/** The properties that the deployment decides. @throws LegacyToS3Error of code INVALID_CONFIG */
async function extractorProps(): Promise<ExtractorProps> {
  const landing = parsed('landing');
  const source = parsed('source');
  const url = process.env[EXTRACTION_ENV.caUrl];
  const caFile = url ? await certificates(url, landing) : undefined;
  return { ...landing, ...parsed('reading'), source: { ...source, ...(caFile !== undefined && { caFile }) } } as unknown as ExtractorProps;
}

let caFile: string | undefined;

/** Fetches the certificates once in the life of the process. */
async function certificates(url: string, landing: object): Promise<string> {
  if (caFile !== undefined) return caFile;
  const { bucket, prefix } = parseS3Url(url) ?? {};
  const target = openTarget(`s3://${bucket}`, targetOptions({ ...landing, kmsKeyId: undefined } as never));
  try {
    const stored = await target.read(prefix!.replace(/\/$/, ''));
    if (!stored) throw new LegacyToS3Error('INVALID_CONFIG', `the certificates ${url} are not there`);
    const path = join(tmpdir(), 'ca.pem');
    await writeFile(path, await bytesOf(stored));
    return caFile = path;
  } finally {
    await target.close();
  }
}

function text(name: keyof typeof EXTRACTION_ENV): string {
  const value = process.env[EXTRACTION_ENV[name]];
  if (!value) throw new LegacyToS3Error('INVALID_CONFIG', `expected ${EXTRACTION_ENV[name]} in the environment, as the construct sets it`);
  return value;
}

function parsed(name: keyof typeof EXTRACTION_ENV): object {
  try {
    return JSON.parse(text(name)) as object;
  } catch (error) {
    if (error instanceof LegacyToS3Error) throw error;
    throw new LegacyToS3Error('INVALID_CONFIG', `${EXTRACTION_ENV[name]} is no JSON`, { cause: error });
  }
}

serveWhereStarted();
