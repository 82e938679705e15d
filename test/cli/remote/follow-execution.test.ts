import type { Execution, MapItems } from '../../../src/cli/account/executions-client';
import type { Progress } from '../../../src/cli/progress';
import { followExecution } from '../../../src/cli/remote/follow-execution';
import { LegacyToS3Error, type RunCounts } from '../../../src/extractor/doors/public';

const RUNNING: Execution = { arn: 'arn:one', name: 'one', status: 'RUNNING', isRunning: true, startedAt: new Date(0), redrivable: false };
const ENDED: Execution = { ...RUNNING, status: 'SUCCEEDED', isRunning: false };
const COUNTS: RunCounts = { tables: 1, chunks: 4, finishedChunks: 0, failedChunks: 0, rows: 0, objects: 0, sizeBytes: 0 };
const away = new LegacyToS3Error('TARGET_UNREACHABLE', 'the service does not answer');
const denied = new LegacyToS3Error('TARGET_ACCESS_DENIED', 'access denied');

/** A clock that only sleeps move; `at` is what happens after so many sleeps. */
function setting(at: {
  readonly describe?: (slept: number) => Execution | Error;
  readonly look?: (slept: number) => RunCounts | undefined | Error;
  readonly items?: MapItems;
}) {
  const slept: number[] = [];
  const lines: string[] = [];
  const stop = new AbortController();
  let now = 0;
  const answer = <T>(value: T | Error): T => {
    if (value instanceof Error) throw value;
    return value;
  };
  const progress: Progress = { onEvent: () => undefined, note: (text) => void lines.push(text), finish: () => undefined, close: () => undefined };
  const followed = followExecution({
    execution: 'arn:one',
    executions: { describe: async () => answer(at.describe?.(slept.length) ?? RUNNING), items: async () => at.items },
    watch: { runId: 'r', look: async () => answer(at.look?.(slept.length)), result: async () => undefined, close: async () => undefined },
    progress,
    clock: {
      now: () => now,
      sleep: async (milliseconds) => {
        slept.push(milliseconds);
        now += milliseconds;
        if (slept.length >= 100) stop.abort();
      },
    },
    signal: stop.signal,
  });
  return { followed, slept, lines, stop };
}

test('looks less and less often while nothing changes, and soon again when something does', async () => {
  const { followed, slept } = setting({
    describe: (at) => (at < 12 ? RUNNING : ENDED),
    look: (at) => (at < 9 ? COUNTS : { ...COUNTS, finishedChunks: 1 }),
  });
  expect(await followed).toBe(ENDED);
  expect(slept.map(Math.round)).toEqual([1000, 1500, 2250, 3375, 5063, 7594, 11391, 15000, 15000, 1000, 1500, 2250]);
});

test('the signal ends following, with nothing', async () => {
  const { followed, slept } = setting({});
  expect(await followed).toBeUndefined();
  expect(slept).toHaveLength(100);
});

test('what is said is said once', async () => {
  const { followed, lines } = setting({
    describe: (at) => (at < 30 ? RUNNING : ENDED),
    look: (at) => (at < 20 ? undefined : { ...COUNTS, finishedChunks: 3, failedChunks: 1 }),
  });
  await followed;
  expect(lines).toEqual([
    'nothing of the run is there yet: its tables are planned, or another execution is waited for',
    'all chunks are read; the tables are proven and the manifest is written next',
  ]);
});

test('a network that is away for some minutes is told once and asked again', async () => {
  const { followed, lines } = setting({
    describe: (at) => (at > 2 && at < 20 ? away : at < 25 ? RUNNING : ENDED),
    look: (at) => (at > 2 && at < 20 ? away : COUNTS),
  });
  expect(await followed).toBe(ENDED);
  expect(lines).toEqual(['warning: the service does not answer; it is asked again']);
});

test('one that stays away ends following, not the execution', async () => {
  const { followed } = setting({ describe: (at) => (at > 2 ? away : RUNNING), look: () => away });
  await expect(followed).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE', message: 'the service does not answer; execution arn:one may go on' });
});

test('credentials that expire end following with what is so of the execution', async () => {
  const { followed } = setting({ describe: (at) => (at > 2 ? denied : RUNNING) });
  await expect(followed).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED', message: 'access denied; execution arn:one may go on' });
});

test('where the state of the run may not be read, items of the Map are counted', async () => {
  const { followed, lines } = setting({
    describe: (at) => (at < 3 ? RUNNING : ENDED),
    look: () => denied,
    items: { total: 1200, succeeded: 7, failed: 1 },
  });
  await followed;
  expect(lines).toEqual([
    'warning: the state of the run cannot be read, so items of the Map are counted instead: access denied',
    '7 of 1,200 items done, 1 failed',
  ]);
});

test('an execution that has failed is looked at once more: its last chunks may not have been seen', async () => {
  let looks = 0;
  const { followed } = setting({
    describe: () => ENDED,
    look: () => {
      looks += 1;
      return COUNTS;
    },
  });
  await followed;
  expect(looks).toBe(1);
});
