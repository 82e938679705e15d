import { ExecutionsClient } from '../../../src/cli/account/executions-client';
import { FakeStepFunctions, StatesFault, type StatesRequest } from '../../support/cloud/fake-step-functions';

const MACHINE = 'arn:aws:states:eu-central-1:111122223333:stateMachine:Nightly';
const EXECUTION = 'arn:aws:states:eu-central-1:111122223333:execution:Nightly:one';
const environment = { ...process.env };
let answer: (request: StatesRequest) => object;
let fake: FakeStepFunctions;
let client: ExecutionsClient;

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_MAX_ATTEMPTS: '1' });
  fake = await FakeStepFunctions.start((request) => answer(request));
  client = new ExecutionsClient({ name: 'Nightly', machineArn: MACHINE, target: 's3://b/sql', extractionName: 'S-n' }, { endpointUrl: fake.endpoint });
});
afterAll(async () => {
  client.close();
  await fake.stop();
  process.env = environment;
});
beforeEach(() => { fake.requests.length = 0; });

test('starts an execution by a name, so that a repeated request starts none', async () => {
  answer = () => ({ executionArn: EXECUTION, startDate: 1.7e9 });
  expect(await client.start('one', { tables: ['dbo.*'] })).toBe(EXECUTION);
  expect(fake.requests).toEqual([{ operation: 'StartExecution', input: { stateMachineArn: MACHINE, name: 'one', input: '{"tables":["dbo.*"]}' } }]);
});

test('an execution by its ARN or its name, of this extraction alone', () => {
  expect(client.arnOf(EXECUTION)).toBe(EXECUTION);
  expect(client.arnOf('one')).toBe(EXECUTION);
  expect(() => client.arnOf('arn:aws:states:eu-central-1:111122223333:execution:Weekly:one')).toThrow(/is no execution of extraction 'Nightly'/);
});

test('tells what Step Functions describes', async () => {
  answer = () => ({
    executionArn: EXECUTION,
    stateMachineArn: MACHINE,
    name: 'one',
    status: 'FAILED',
    startDate: 1.7e9,
    stopDate: 1.7e9 + 60.5,
    input: '{}',
    error: 'TLS_UNTRUSTED',
    cause: 'no',
    redriveCount: 1,
    redriveDate: 1.7e9 + 30,
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'too old',
  });
  expect(await client.describe(EXECUTION)).toEqual({
    arn: EXECUTION,
    name: 'one',
    status: 'FAILED',
    isRunning: false,
    startedAt: new Date(1.7e12),
    stoppedAt: new Date(1.7e12 + 60_500),
    redrivenAt: new Date(1.7e12 + 30_000),
    input: '{}',
    output: undefined,
    error: 'TLS_UNTRUSTED',
    cause: 'no',
    redrivable: false,
    redriveReason: 'too old',
  });
});

describe('the Map', () => {
  const maps = (request: StatesRequest): object => {
    switch (request.operation) {
      case 'ListMapRuns': return { mapRuns: [{ mapRunArn: 'arn:new', startDate: 2 }, { mapRunArn: 'arn:old', startDate: 1 }] };
      case 'DescribeMapRun': return { itemCounts: { total: 9, succeeded: 4, failed: 1, timedOut: 1, aborted: 1, running: 2, pending: 0 } };
      case 'ListExecutions': return { executions: [{ executionArn: 'arn:child' }] };
      default: return { executionArn: 'arn:child', name: 'child', status: 'FAILED', startDate: 1, error: 'Runtime.ExitError', cause: 'it ended' };
    }
  };

  test('is the last one, with its items by what came of them', async () => {
    answer = maps;
    expect(await client.items(EXECUTION)).toEqual({ total: 9, succeeded: 4, failed: 3 });
    expect(fake.requests.at(-1)).toEqual({ operation: 'DescribeMapRun', input: { mapRunArn: 'arn:new' } });
  });

  test('has the error of a child that failed', async () => {
    answer = maps;
    expect(await client.childError(EXECUTION)).toMatchObject({ error: 'Runtime.ExitError', cause: 'it ended' });
    expect(fake.requests[1]).toEqual({ operation: 'ListExecutions', input: { mapRunArn: 'arn:new', statusFilter: 'FAILED', maxResults: 1 } });
  });

  test('need not be there', async () => {
    answer = () => ({ mapRuns: [] });
    expect(await client.items(EXECUTION)).toBeUndefined();
    expect(await client.childError(EXECUTION)).toBeUndefined();
  });
});

test('a redrive that is refused is no error, but a reason', async () => {
  answer = () => { throw new StatesFault('ExecutionNotRedrivable', 'Execution redrivable period exceeded'); };
  expect(await client.redrive(EXECUTION)).toBe('Execution redrivable period exceeded');
  answer = () => ({ redriveDate: 1.7e9 });
  expect(await client.redrive(EXECUTION)).toBeUndefined();
});

test.each([
  ['AccessDeniedException', 'User is not authorized', 'TARGET_ACCESS_DENIED', /^cannot list the executions of extraction 'Nightly': access denied/],
  ['StateMachineDoesNotExist', 'State Machine Does Not Exist', 'TARGET_NOT_FOUND', /Does Not Exist/],
  ['ThrottlingException', 'Rate exceeded', 'TARGET_UNREACHABLE', /the service does not answer \(Rate exceeded\)/],
])('%s is told as one of ours', async (type, text, code, message) => {
  answer = () => { throw new StatesFault(type, text); };
  await expect(client.list(5)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('an execution that is not there', async () => {
  answer = () => { throw new StatesFault('ExecutionDoesNotExist', `Execution Does Not Exist: '${EXECUTION}'`); };
  await expect(client.describe(EXECUTION)).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND', message: expect.stringContaining(`there is no execution ${EXECUTION}: status lists`) });
});
