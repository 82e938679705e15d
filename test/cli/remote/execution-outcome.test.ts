import type { Execution } from '../../../src/cli/account/executions-client';
import { causeText, changesText, failureOf, isOutcome, outputOf, resumedRun } from '../../../src/cli/remote/execution-outcome';

const execution = (told: Partial<Execution>): Execution => ({
  arn: 'arn:one', name: 'one', status: 'FAILED', isRunning: false, startedAt: new Date(0), redrivable: true, ...told,
});

test.each<[string, Partial<Execution>, string, RegExp]>([
  ['an error of ours keeps its code', { error: 'LOGIN_FAILED', cause: '{"errorType":"LOGIN_FAILED","errorMessage":"the login\\nfailed","trace":["at x"]}' },
    'LOGIN_FAILED', /^execution one failed: the login failed; when that is mended, go on with it by redrive$/],
  ['a function that ended by itself', { error: 'Runtime.ExitError', cause: '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 1 Error: Runtime exited"}' },
    'EXECUTION_FAILED', /^execution one failed: Runtime.ExitError: RequestId: 1 Error: Runtime exited; /],
  ['a task of ECS', { error: 'States.TaskFailed', cause: '{"StoppedReason":"OutOfMemoryError","Containers":[]}' },
    'EXECUTION_FAILED', /failed: States.TaskFailed: OutOfMemoryError; /],
  ['a cause that is no JSON', { error: 'States.Runtime', cause: 'An error occurred' }, 'EXECUTION_FAILED', /failed: States.Runtime: An error occurred; /],
  ['nothing said', {}, 'EXECUTION_FAILED', /failed: it does not say why; /],
  ['an error named as a member of Object', { error: 'toString', cause: 'x' }, 'EXECUTION_FAILED', /failed: toString: x; /],
  ['stopped', { status: 'ABORTED', error: 'X', cause: 'by hand' }, 'INTERRUPTED', /^execution one was stopped: by hand; go on with it by redrive$/],
  ['timed out', { status: 'TIMED_OUT' }, 'EXECUTION_FAILED', /^execution one took longer than its state machine allows; go on with it by redrive$/],
])('%s', (_, told, code, message) => {
  const failed = execution(told);
  expect(failureOf(failed, failed, 'redrive')).toMatchObject({ code, message: expect.stringMatching(message) });
});

test('a long cause is cut', () => {
  expect(causeText({ cause: 'x'.repeat(5000) })).toHaveLength(1001);
});

test('the output is a run, or why there is none', () => {
  const run = { finished: true, runId: 'r', manifestKey: 'k', rows: 1, sizeBytes: 2, objects: 3, verification: 'verified' };
  expect(outputOf(execution({ output: JSON.stringify(run) }))).toEqual(run);
  expect(outputOf(execution({ output: '{"outcome":"skipped","reason":"another"}' }))).toEqual({ skipped: 'another' });
  expect(outputOf(execution({ output: '{"outcome":"unchanged","reason":"since r","since":"r"}' }))).toEqual({ unchanged: 'since r' });
  for (const output of [undefined, '', '[]', 'null', '{}', 'x']) expect(outputOf(execution({ output }))).toBeUndefined();
});

test('what a run of changes brought is a line', () => {
  const some = { inserts: 12, updates: 0, deletes: 1, changedTables: 2, wholeTables: 1, lagSeconds: 3.2 };
  expect(changesText(some)).toBe('12 inserts, 0 updates, 1 delete in 2 tables; 1 table read whole; as of 4 s before the manifest');
  expect(changesText({ ...some, wholeTables: 0, lagSeconds: undefined })).toBe('12 inserts, 0 updates, 1 delete in 2 tables');
});

test('the run that it was told to go on with', () => {
  expect(resumedRun(execution({ input: '{"resume":"r"}' }))).toBe('r');
  for (const input of [undefined, '{}', '7']) expect(resumedRun(execution({ input }))).toBeUndefined();
});

test('passing errors, and those of AWS, say nothing of the run', () => {
  expect(['COUNT_MISMATCH', 'INVALID_VALUE'].map(isOutcome)).toEqual([true, true]);
  expect(['SOURCE_UNREACHABLE', 'RUN_IN_USE', 'States.TaskFailed', 'constructor', undefined].map(isOutcome)).toEqual([false, false, false, false, false]);
});
