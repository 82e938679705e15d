import { setTimeout as delay } from 'node:timers/promises';
import { SendTaskFailureCommand, SFNClient } from '@aws-sdk/client-sfn';
import { TASK_ENV, type ReadingWindow, type WorkAnswer } from '../../contract';
import { LegacyToS3Error } from '../api/errors';
import type { TaskStep } from '../run/distributed/work-item';

/** What a shell tells of a process that ended by SIGTERM. */
const TERMINATED = 143;

/** Most of what Step Functions takes (AWS Step Functions API Reference, "SendTaskFailure"). */
const MAX_ERROR = 256;
const MAX_CAUSE = 32_768;

/**
 * The life of a process that is a task: it reads the item that its environment names, and ends with 0. A failure is told to the state
 * machine by its code, and ends it with 1. Told to stop (SIGTERM) it lets go of what it reads, which stays claimed until the next one
 * claims it, and ends with 143; that, and a process that is killed, is a failed task of no code, which is tried again.
 */
export async function runTask(work: (step: TaskStep, signal: AbortSignal) => Promise<WorkAnswer>): Promise<void> {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort(new LegacyToS3Error('INTERRUPTED', 'the task was told to stop; the next one goes on')));
  try {
    const step = stepOf(process.env);
    for (let answer = await work(step, stop.signal); !answer.finished; answer = await work(step, stop.signal)) {
      // No state of the machine waits for a task.
      if (answer.waitUntil !== undefined) await sleepUntil(Date.parse(answer.waitUntil), stop.signal);
    }
    process.exit(0);
  } catch (error) {
    if (stop.signal.aborted) process.exit(TERMINATED);
    await tell(error as Error);
    process.exit(1);
  }
}

/** @throws LegacyToS3Error of code INVALID_CONFIG */
function stepOf(environment: NodeJS.ProcessEnv): TaskStep {
  const text = (name: keyof typeof TASK_ENV) => {
    const value = environment[TASK_ENV[name]];
    if (!value) throw new LegacyToS3Error('INVALID_CONFIG', `expected ${TASK_ENV[name]} in the environment, as the state machine sets it`);
    return value;
  };
  const whole = (name: keyof typeof TASK_ENV) => {
    if (!/^\d+$/.test(text(name))) throw new LegacyToS3Error('INVALID_CONFIG', `${TASK_ENV[name]} must be a whole number, got '${text(name)}'`);
    return Number(text(name));
  };
  const window = environment[TASK_ENV.window];
  return {
    execution: { arn: text('execution') },
    run: { runId: text('runId'), epoch: whole('epoch') },
    task: whole('item'),
    ...(window && { window: JSON.parse(window) as ReadingWindow }),
  };
}

/** Longest that a timer of Node.js takes (milliseconds). */
const MAX_TIMER_MS = 2 ** 31 - 1;

async function sleepUntil(time: number, signal: AbortSignal): Promise<void> {
  for (let left = time - Date.now(); left > 0; left = time - Date.now()) await delay(Math.min(left, MAX_TIMER_MS), undefined, { signal });
}

/** Gives the state machine error and cause as Lambda gives them of a function. */
async function tell({ name, message }: Error): Promise<void> {
  const taskToken = process.env[TASK_ENV.token];
  if (!taskToken) return;
  const sfn = new SFNClient({});
  try {
    const cause = JSON.stringify({ errorType: name, errorMessage: message });
    await sfn.send(new SendTaskFailureCommand({ taskToken, error: name.slice(0, MAX_ERROR), cause: cause.slice(0, MAX_CAUSE) }));
  } catch (error) {
    // Then it is a failed task without a code.
    process.stderr.write(`cannot tell the state machine: ${(error as Error).message}\n`);
  } finally {
    sfn.destroy();
  }
}
