import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { SFNClient } from '@aws-sdk/client-sfn';
import { deployMachine, execute, history, type Machine } from './machine';
import { type LocalCloud, startLocalCloud } from '../../../../tools/local-cloud';

/** Ends as its event says. */
const HANDLER = `
const fs = require('node:fs');
exports.handler = async ({ how, folder }) => {
  if (folder) fs.appendFileSync(folder + '/calls', process.pid + '\\n');
  if (how === 'error') { const error = new Error('told to fail'); error.name = 'CustomError'; throw error; }
  if (how === 'exit') process.exit(1);
  if (how === 'killed') process.kill(process.pid, 'SIGKILL');
  if (how === 'busy') for (;;) Math.random();
  if (how === 'twice' && fs.readFileSync(folder + '/calls', 'utf8').trim().split('\\n').length < 3) throw new Error('not yet');
  return { how, list: [1, 2] };
};`;
const invoke = (rest: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { 'FunctionName': '${Function}', 'Payload.$': '$' },
  End: true,
  ...rest,
});
const single = (state: object) => ({ StartAt: 'Only', States: { Only: state } });

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

// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
describe('a function that does not answer', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await deployMachine(cloud, { handler: HANDLER, timeoutSeconds: 1, definition: single(invoke()) });
  });

  test.each([
    ['error', 'CustomError'],
    ['exit', 'Runtime.ExitError'],
    ['killed', 'Runtime.ExitError'],
    ['busy', 'Sandbox.Timedout'],
  ])('%s is %s', async (how, error) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tasks-'));
    const failed = await execute(sfn, machine, { how, folder });
    expect(failed).toMatchObject({ status: 'FAILED', error });
    expect(JSON.parse(failed.cause!)).toMatchObject({ errorType: error });
    const pid = readFileSync(path.join(folder, 'calls'), 'utf8').trim();
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });
});

test('a function above its concurrency is Lambda.TooManyRequestsException', async () => {
  const machine = await deployMachine(cloud, { handler: HANDLER, definition: single(invoke()) });
  const lambda = new LambdaClient(cloud.clientConfig);
  await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: machine.functionName, ReservedConcurrentExecutions: 0 }));
  lambda.destroy();
  expect(await execute(sfn, machine)).toMatchObject({ status: 'FAILED', error: 'Lambda.TooManyRequestsException' });
});

test('a state above its TimeoutSeconds is States.Timeout, which States.TaskFailed does not catch', async () => {
  const machine = await deployMachine(cloud, {
    handler: HANDLER,
    timeoutSeconds: 3,
    definition: {
      StartAt: 'Slow',
      States: {
        Slow: invoke({
          TimeoutSeconds: 1,
          Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'Wrong' }, { ErrorEquals: ['States.Timeout'], Next: 'Right' }],
        }),
        Wrong: { Type: 'Fail' },
        Right: { Type: 'Succeed' },
      },
    },
  });
  expect((await execute(sfn, machine, { how: 'busy' })).status).toBe('SUCCEEDED');
});

// https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
test('retries, selects and shapes results, chooses, waits and ends', async () => {
  const machine = await deployMachine(cloud, {
    handler: HANDLER,
    definition: {
      StartAt: 'Ask',
      States: {
        Ask: invoke({
          Retry: [{ ErrorEquals: ['Error'], IntervalSeconds: 1, MaxAttempts: 2, BackoffRate: 2, MaxDelaySeconds: 3, JitterStrategy: 'FULL' }],
          ResultSelector: { 'how.$': '$.Payload.how', 'count.$': 'States.ArrayLength($.Payload.list)' },
          ResultPath: '$.asked',
          OutputPath: '$.asked',
          End: undefined,
          Next: 'Which',
        }),
        Which: {
          Type: 'Choice', Choices: [{ And: [{ Variable: '$.count', NumericEquals: 2 }, { Variable: '$.how', IsPresent: true }], Next: 'Pause' }], Default: 'No',
        },
        Pause: { Type: 'Wait', Seconds: 20, Next: 'Add' },
        Add: { Type: 'Pass', Result: 'x', ResultPath: '$.added', Next: 'Done' },
        Done: { Type: 'Succeed' },
        No: { Type: 'Fail', Error: 'No' },
      },
    },
  });
  const folder = mkdtempSync(path.join(tmpdir(), 'tasks-'));
  writeFileSync(path.join(folder, 'calls'), '');
  const done = await execute(sfn, machine, { how: 'twice', folder });
  expect([done.status, done.cause]).toEqual(['SUCCEEDED', undefined]);
  expect(JSON.parse(done.output!)).toEqual({ how: 'twice', count: 2, added: 'x' });
  expect(done.stopDate!.getTime() - done.startDate!.getTime()).toBeLessThan(10_000);
  const events = await history(sfn, done.executionArn!);
  expect(events.filter(({ type }) => type === 'TaskFailed')).toHaveLength(2);
  expect(events.find(({ type }) => type === 'TaskScheduled')!.taskScheduledEventDetails).toMatchObject({ resourceType: 'lambda', resource: 'invoke' });
});

// https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
test('starts another machine and waits for it; what that is called by an SDK integration is known', async () => {
  const inner = await deployMachine(cloud, {
    definition: {
      StartAt: 'Fork',
      States: {
        Fork: { Type: 'Choice', Choices: [{ Variable: '$.fail', BooleanEquals: true, Next: 'Bad' }], Default: 'Good' },
        Good: { Type: 'Pass', Result: { fine: true }, End: true },
        Bad: { Type: 'Fail', Error: 'Bad', Cause: 'told' },
      },
    },
  });
  const outer = await deployMachine(cloud, {
    actions: ['states:DescribeExecution', 'states:StopExecution'],
    definition: {
      StartAt: 'Inner',
      States: {
        Inner: {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.sync:2',
          Parameters: { 'StateMachineArn.$': '$.inner', 'Input': { 'fail.$': '$.fail' } },
          Next: 'Describe',
        },
        Describe: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:sfn:describeExecution',
          Parameters: { 'ExecutionArn.$': '$.ExecutionArn' },
          ResultSelector: { 'status.$': '$.Status', 'output.$': '$.Output', 'redrives.$': '$.RedriveCount' },
          End: true,
        },
      },
    },
  });
  const done = await execute(sfn, outer, { inner: inner.arn, fail: false });
  expect([done.status, done.cause]).toEqual(['SUCCEEDED', undefined]);
  expect(JSON.parse(done.output!)).toEqual({ status: 'SUCCEEDED', output: '{"fine": true}', redrives: 0 });
  const failed = await execute(sfn, outer, { inner: inner.arn, fail: true });
  expect(failed).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
  expect(JSON.parse(failed.cause!)).toMatchObject({ Status: 'FAILED', Error: 'Bad', Cause: 'told' });
});

// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
describe('a machine does no more than its role allows', () => {
  test.each([
    ['lambda:InvokeFunction', 'Lambda.AWSLambdaException', invoke()],
    ['states:DescribeExecution', 'Sfn.SfnException', {
      Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:sfn:describeExecution', Parameters: { 'ExecutionArn.$': '$$.Execution.Id' }, End: true,
    }],
    ['states:StopExecution', 'Sfn.SfnException', {
      Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:sfn:stopExecution', Parameters: { 'ExecutionArn.$': '$$.Execution.Id' }, End: true,
    }],
    ['states:StartExecution', 'StepFunctions.AccessDeniedException', {
      Type: 'Task', Resource: 'arn:aws:states:::states:startExecution', Parameters: { 'StateMachineArn.$': '$$.StateMachine.Id' }, End: true,
    }],
    ['s3:GetObject', 'S3.S3Exception', {
      Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:s3:getObject', Parameters: { Bucket: '${Bucket}', Key: 'k' }, End: true,
    }],
  ])('%s', async (action, error, state) => {
    const machine = await deployMachine(cloud, { grant: false, definition: single(state) });
    const failed = await execute(sfn, machine);
    expect(failed).toMatchObject({ status: 'FAILED', error });
    expect(failed.cause).toContain(`is not authorized to perform: ${action} on resource: arn:aws:`);
  });
});
