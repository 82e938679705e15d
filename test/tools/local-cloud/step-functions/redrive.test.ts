import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeExecutionCommand, RedriveExecutionCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { deployMachine, ended, execute, history, start } from './machine';
import { type LocalCloud, poll, startLocalCloud } from '../../../../tools/local-cloud';

/** Fails until its flag is there, and writes a line for each call. */
const HANDLER = `
const fs = require('node:fs');
exports.handler = async (event) => {
  fs.appendFileSync(event.folder + '/calls', event.name + ' ' + event.redriveCount + '\\n');
  while (event.hang && !fs.existsSync(event.folder + '/flag')) await new Promise((resolve) => setTimeout(resolve, 20));
  if (!fs.existsSync(event.folder + '/flag')) throw new Error('no flag');
  return { name: event.name };
};`;
const task = (name: string, rest: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: {
    FunctionName: '${Function}',
    Payload: { 'folder.$': '$.folder', 'hang.$': '$.hang', name, 'redriveCount.$': '$$.Execution.RedriveCount' },
  },
  ...rest,
});
const folderFor = () => mkdtempSync(path.join(tmpdir(), 'redrive-'));
const calls = (folder: string) => (existsSync(path.join(folder, 'calls')) ? readFileSync(path.join(folder, 'calls'), 'utf8').trim().split('\n') : []);
const succeedFromNow = (folder: string) => writeFileSync(path.join(folder, 'flag'), '');

let cloud: LocalCloud;
let sfn: SFNClient;
beforeAll(async () => {
  cloud = await startLocalCloud({ stateWaitScale: 0.01 });
  sfn = new SFNClient(cloud.clientConfig);
});
afterAll(async () => {
  sfn?.destroy();
  await cloud?.stop();
});
const redrive = (executionArn: string, clientToken?: string) => sfn.send(new RedriveExecutionCommand({ executionArn, clientToken }));

// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
test('goes on at the state that failed, with its input, the attempts of its retries and the count of redrives', async () => {
  const machine = await deployMachine(cloud, {
    handler: HANDLER,
    definition: {
      StartAt: 'Mark',
      States: {
        Mark: { Type: 'Pass', Result: true, ResultPath: '$.marked', Next: 'Work' },
        Work: task('work', { Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }], ResultPath: '$.work', Next: 'Last' }),
        Last: { Type: 'Pass', Parameters: { 'count.$': '$$.Execution.RedriveCount', 'marked.$': '$.marked' }, End: true },
      },
    },
  });
  const folder = folderFor();
  const failed = await execute(sfn, machine, { folder, hang: false });
  expect(failed).toMatchObject({ status: 'FAILED', redriveCount: 0, redriveStatus: 'REDRIVABLE' });
  expect(failed.redriveDate).toBeUndefined();
  expect(calls(folder)).toEqual(['work 0', 'work 0']);

  await redrive(failed.executionArn!);
  expect(await ended(sfn, failed.executionArn!)).toMatchObject({ status: 'FAILED', redriveCount: 1 });
  expect(calls(folder)).toEqual(['work 0', 'work 0', 'work 1', 'work 1']);

  succeedFromNow(folder);
  const { redriveDate } = await redrive(failed.executionArn!);
  const done = await ended(sfn, failed.executionArn!);
  expect(done).toMatchObject({
    status: 'SUCCEEDED',
    executionArn: failed.executionArn,
    startDate: failed.startDate,
    input: failed.input,
    redriveCount: 2,
    redriveDate,
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
  });
  expect(JSON.parse(done.output!)).toEqual({ count: 2, marked: true });
  const events = await history(sfn, failed.executionArn!);
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  expect(events.filter(({ type }) => type === 'ExecutionRedriven').map((event) => event.executionRedrivenEventDetails?.redriveCount)).toEqual([1, 2]);
  expect(events.filter(({ type }) => type === 'PassStateEntered').map((event) => event.stateEnteredEventDetails?.name)).toEqual(['Mark', 'Last']);
});

// https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
test('is refused for executions that run, succeeded or do not exist; one token redrives once', async () => {
  const machine = await deployMachine(cloud, {
    handler: HANDLER, definition: { StartAt: 'Work', States: { Work: task('work', { End: true }) } },
  });
  const folder = folderFor();
  const running = await start(sfn, machine, { folder, hang: true });
  expect(await sfn.send(new DescribeExecutionCommand({ executionArn: running }))).toMatchObject({
    redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason: 'Execution is RUNNING and cannot be redriven',
  });
  await expect(redrive(running)).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
  await expect(redrive(`${running}-other`)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });

  await sfn.send(new StopExecutionCommand({ executionArn: running, error: 'Told', cause: 'to stop' }));
  const first = await redrive(running, 'token');
  expect((await redrive(running, 'token')).redriveDate).toEqual(first.redriveDate);
  succeedFromNow(folder);
  expect(await ended(sfn, running)).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
  await expect(redrive(running)).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
});

test('starts an aborted and a timed-out state again', async () => {
  const definition = { StartAt: 'Work', States: { Work: task('work', { End: true }) } };
  const aborted = await deployMachine(cloud, { handler: HANDLER, definition });
  const folder = folderFor();
  const executionArn = await start(sfn, aborted, { folder, hang: true });
  await poll(async () => calls(folder).length === 1, { what: 'the call' });
  await sfn.send(new StopExecutionCommand({ executionArn, error: 'Told', cause: 'to stop' }));
  expect(await ended(sfn, executionArn)).toMatchObject({ status: 'ABORTED', error: 'Told', cause: 'to stop', redriveStatus: 'REDRIVABLE' });
  succeedFromNow(folder);
  await redrive(executionArn);
  expect((await ended(sfn, executionArn)).status).toBe('SUCCEEDED');
  expect(calls(folder)).toEqual(['work 0', 'work 1']);

  const timed = await deployMachine(cloud, { handler: HANDLER, definition: { ...definition, TimeoutSeconds: 1 } });
  const other = folderFor();
  const late = await execute(sfn, timed, { folder: other, hang: true });
  expect(late).toMatchObject({ status: 'TIMED_OUT', redriveStatus: 'REDRIVABLE' });
  succeedFromNow(other);
  await redrive(late.executionArn!);
  expect((await ended(sfn, late.executionArn!)).status).toBe('SUCCEEDED');
});

test('runs only the branch that failed', async () => {
  const branch = (name: string) => ({ StartAt: name, States: { [name]: task(name, { End: true }) } });
  const machine = await deployMachine(cloud, {
    handler: HANDLER.replace('if (!fs', "if (event.name === 'b' && !fs"),
    definition: { StartAt: 'Both', States: { Both: { Type: 'Parallel', Branches: [branch('a'), branch('b')], End: true } } },
  });
  const folder = folderFor();
  const { executionArn } = await execute(sfn, machine, { folder, hang: false });
  succeedFromNow(folder);
  await redrive(executionArn!);
  const done = await ended(sfn, executionArn!);
  expect(JSON.parse(done.output!)).toMatchObject([{ Payload: { name: 'a' } }, { Payload: { name: 'b' } }]);
  expect(calls(folder).sort()).toEqual(['a 0', 'b 0', 'b 1']);
});

test('JSONata sees the count as $states.context.Execution.RedriveCount', async () => {
  const machine = await deployMachine(cloud, {
    handler: HANDLER,
    definition: {
      QueryLanguage: 'JSONata',
      StartAt: 'Work',
      States: {
        Work: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Arguments: {
            FunctionName: '${Function}',
            Payload: { folder: '{% $states.input.folder %}', name: 'work', redriveCount: '{% $states.context.Execution.RedriveCount %}' },
          },
          Output: '{% $states.context.Execution.RedriveCount %}',
          End: true,
        },
      },
    },
  });
  const folder = folderFor();
  const { executionArn } = await execute(sfn, machine, { folder });
  succeedFromNow(folder);
  await redrive(executionArn!);
  expect(await ended(sfn, executionArn!)).toMatchObject({ status: 'SUCCEEDED', output: '1' });
  expect(calls(folder)).toEqual(['work 0', 'work 1']);
});

test('is refused when the redrivable period is over', async () => {
  const shortCloud = await startLocalCloud({ redrivePeriodSeconds: 0 });
  const client = new SFNClient(shortCloud.clientConfig);
  try {
    const machine = await deployMachine(shortCloud, { definition: { StartAt: 'No', States: { No: { Type: 'Fail', Error: 'No' } } } });
    const failed = await execute(client, machine);
    expect(failed).toMatchObject({ redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason: 'Execution redrivable period exceeded' });
    await expect(client.send(new RedriveExecutionCommand({ executionArn: failed.executionArn })))
      .rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
  } finally {
    client.destroy();
    await shortCloud.stop();
  }
});
