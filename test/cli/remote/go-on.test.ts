import type { Execution } from '../../../src/cli/account/executions-client';
import { goOn, runOf } from '../../../src/cli/remote/go-on';
import { LegacyToS3Error, type RunCounts, type RunWatch } from '../../../src/extractor/doors/public';

const COUNTS: RunCounts = { tables: 1, chunks: 4, finishedChunks: 2, failedChunks: 0, rows: 10, objects: 2, sizeBytes: 100 };

function setting(told: Partial<Execution>, look: RunCounts | undefined | Error, refusal?: string) {
  const asked: unknown[] = [];
  const failed: Execution = {
    arn: 'arn:one', name: 'one', status: 'FAILED', isRunning: false, startedAt: new Date(0), redrivable: true, ...told,
  };
  const watch: RunWatch = {
    runId: 'run-1',
    look: async () => {
      if (look instanceof Error) throw look;
      return look;
    },
    result: async () => undefined,
    close: async () => undefined,
  };
  const executions = {
    redrive: async (arn: string) => { asked.push(['redrive', arn]); return refusal; },
    start: async (name: string, input: object) => { asked.push(['start', name, input]); return 'arn:two'; },
  };
  return { asked, gone: async () => goOn({ executions, failed, watch, newName: 'two' }) };
}

const RESUMED = [['start', 'two', { resume: 'run-1' }]];

test('what failed for a reason that passes is redriven', async () => {
  const { asked, gone } = setting({ error: 'SOURCE_UNREACHABLE' }, COUNTS);
  expect(await gone()).toEqual({ execution: 'arn:one', redriven: true, told: 'execution one is redriven: what failed of it starts again' });
  expect(asked).toEqual([['redrive', 'arn:one']]);
});

test('so is one that began nothing, and one whose state may not be read', async () => {
  for (const look of [undefined, new LegacyToS3Error('TARGET_ACCESS_DENIED', 'no')]) {
    const { asked, gone } = setting({ error: 'LOGIN_FAILED' }, look);
    expect(await gone()).toMatchObject({ redriven: true });
    expect(asked).toEqual([['redrive', 'arn:one']]);
  }
});

test.each(['INVALID_VALUE', 'COUNT_MISMATCH'])('where a chunk cannot land (%s) a redrive would fail the same way: a new execution resumes the run', async (error) => {
  const { asked, gone } = setting({ error }, { ...COUNTS, finishedChunks: 3, failedChunks: 1 });
  expect(await gone()).toEqual({
    execution: 'arn:two', redriven: false, told: `execution two goes on with run run-1 of one: a redrive would end with ${error} again`,
  });
  expect(asked).toEqual(RESUMED);
});

test('where a table differs though each of its chunks landed, nothing would be read again: it is refused', async () => {
  const { asked, gone } = setting({ error: 'COUNT_MISMATCH' }, { ...COUNTS, finishedChunks: 4 });
  await expect(gone()).rejects.toMatchObject({ code: 'COUNT_MISMATCH', message: expect.stringContaining('give the run up by abort run-1, and begin anew') });
  expect(asked).toEqual([]);
});

test('a manifest that could not be written is redriven, though all chunks are there', async () => {
  const { asked, gone } = setting({ error: 'TARGET_ACCESS_DENIED' }, { ...COUNTS, finishedChunks: 4 });
  await gone();
  expect(asked).toEqual([['redrive', 'arn:one']]);
});

test('where AWS allows no redrive, or refuses it, a new execution resumes the run and says why', async () => {
  const old = setting({ redrivable: false, redriveReason: 'Execution redrivable period exceeded' }, COUNTS);
  expect((await old.gone()).told).toBe('execution two goes on with run run-1 of one: it cannot be redriven: Execution redrivable period exceeded');
  expect(old.asked).toEqual(RESUMED);
  const refused = setting({}, COUNTS, 'state machine is gone');
  expect((await refused.gone()).told).toContain('it cannot be redriven: state machine is gone');
  expect(refused.asked).toEqual([['redrive', 'arn:one'], ...RESUMED]);
});

test.each<[string, Partial<Execution>, string, RegExp]>([
  ['runs', { status: 'RUNNING', isRunning: true }, 'RUN_IN_USE', /is at work/],
  ['succeeded', { status: 'SUCCEEDED' }, 'RUN_COMPLETE', /succeeded: there is nothing to redrive/],
  ['left nothing and is too old', { redrivable: false, redriveReason: 'too old' }, 'RUN_NOT_FOUND', /did not begin its run.*it cannot be redriven: too old; begin anew/],
])('an execution that %s is refused', async (_, told, code, message) => {
  const { asked, gone } = setting(told, undefined);
  await expect(gone()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  expect(asked).toEqual([]);
});

test('a store that does not answer is no missing checkpoint', async () => {
  const { asked, gone } = setting({ redrivable: false }, new LegacyToS3Error('TARGET_UNREACHABLE', 'away'));
  await expect(gone()).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
  expect(asked).toEqual([]);
});

test('the run of an execution is its own, or that which it was told to go on with', () => {
  const startedAt = new Date('2026-01-02T03:04:05.678Z');
  const execution = { arn: 'arn:one', name: 'one', status: 'FAILED', isRunning: false, startedAt, redrivable: true };
  expect(runOf(execution)).toEqual({ arn: 'arn:one', startTime: '2026-01-02T03:04:05.678Z' });
  expect(runOf({ ...execution, input: '{"resume":"run-0"}' })).toBe('run-0');
});
