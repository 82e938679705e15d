import { GetExecutionHistoryCommand, ListExecutionsCommand, ListMapRunsCommand, RedriveExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { Duration, type Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type sql from 'mssql';
import { type ExtractionProps, ExtractionWorkers } from '../../src/pipeline';
import { poll } from '../../tools/local-cloud';
import { type Fault, startStandIn, type StandIn } from '../../tools/stand-in';
import { DeployedExtraction, type Ended } from '../support/cloud/extraction-stack';
import { taskProcesses } from '../support/cloud/task-processes';
import { KILL_TABLES, makeKillTables } from '../support/runs/kill-tables';
import { connectClient } from '../support/source/stand-in-client';

/** Workers that are tasks: processes with the task's role, fetched program and log, run by `ecs:runTask.sync`. */

let source: StandIn;
let client: sql.ConnectionPool;
let deployed: DeployedExtraction;

/** A table without a key, one stream, of more bytes than a function is reckoned to read in its time. */
const STREAM = {
  name: 'KillStream',
  lines: Array.from({ length: 4000 }, (_, at) => `${at % 1000},${'x'.repeat(100)}${at}`).sort(),
};

const props = (stack: Stack): Partial<ExtractionProps> => ({
  // By this pace a function reads 60 KiB in its time.
  assumedBytesPerSecond: 1024,
  vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'], privateSubnetRouteTableIds: ['routes-1'],
  }),
  securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')],
  workers: ExtractionWorkers.auto({ lambda: { maxConcurrency: 6, timeout: Duration.minutes(2) }, fargate: { maxConcurrency: 2 } }),
});

beforeAll(async () => {
  source = await startStandIn({ transactions: 200 });
  client = await connectClient(source);
  await makeKillTables(client);
  await client.batch('CREATE TABLE dbo.KillStream (Kind int NOT NULL, Body varchar(200) NOT NULL)');
  for (let from = 0; from < 4000; from += 500) {
    const rows = Array.from({ length: 500 }, (_, at) => `(${(from + at) % 1000}, '${'x'.repeat(100)}${from + at}')`);
    await client.batch(`INSERT INTO dbo.KillStream VALUES ${rows.join(', ')}`);
  }
  deployed = await DeployedExtraction.start('TaskNights', source, props);
}, 120_000);

afterAll(async () => {
  await deployed?.stop();
  await client?.close();
  await source?.stop();
});

/** Errors and causes of the children of an execution's Map that failed, and how often each tried. */
async function failuresOf(executionArn: string): Promise<Array<Ended & { readonly tries: number }>> {
  const { mapRuns = [] } = await deployed.sfn.send(new ListMapRunsCommand({ executionArn }));
  const { executions = [] } = await deployed.sfn.send(new ListExecutionsCommand({ mapRunArn: mapRuns[0].mapRunArn, statusFilter: 'FAILED' }));
  return Promise.all(executions.map(async ({ executionArn: child }) => {
    const { events = [] } = await deployed.sfn.send(new GetExecutionHistoryCommand({ executionArn: child }));
    return { ...await deployed.describe(child!), tries: events.filter(({ type }) => type === 'TaskFailed').length };
  }));
}

async function expectSucceeded(executionArn: string, ended: Ended): Promise<void> {
  const failures = ended.status === 'SUCCEEDED' ? [] : await failuresOf(executionArn);
  expect({ ...ended, output: undefined, failures }).toEqual({ status: 'SUCCEEDED', output: undefined, error: undefined, cause: undefined, failures: [] });
  expect(ended.output).toMatchObject({ finished: true, rows: 8410, verification: 'verified' });
  await deployed.expectLanded(ended.output.manifestKey, [...KILL_TABLES, STREAM]);
}

/** Gives faults to the reads of the stream, one each in this order, and counts them. */
function faultyStream(faults: readonly (Fault | undefined)[]): { readonly reads: number } {
  const counted = { reads: 0 };
  source.faults.onRequest = ({ sql: text }) => /^SELECT \[.*FROM \[dbo\]\.\[KillStream/.test(text) ? faults[counted.reads++] : undefined;
  return counted;
}

/** Its first rows, and then no more until the process is killed. */
const HALF: Fault = { kind: 'stall', afterBytes: 200_000 };

/** The one task of an execution that reads the stream for the n-th time. */
async function readerOf(executionArn: string, stream: { readonly reads: number }, nth: number): Promise<number> {
  return poll(async () => {
    const [pid] = taskProcesses(executionArn);
    return stream.reads === nth && pid;
  }, { what: `read ${nth} of the stream`, deadlineMs: 60_000 });
}

afterEach(() => { delete source.faults.onRequest; });

test('what takes a function too long is read by a task, killed in the middle, and another after it, and lands once', async () => {
  const stream = faultyStream([HALF, HALF]);
  const arn = await deployed.begin();
  const first = await readerOf(arn, stream, 1);
  process.kill(first, 'SIGKILL');
  const second = await readerOf(arn, stream, 2);
  process.kill(second, 'SIGKILL');
  await expectSucceeded(arn, await deployed.endOf(arn));
  expect(second).not.toBe(first);
  expect(stream.reads).toBe(3);
}, 240_000);

test('a task that is told to stop lets go, and the next one goes on', async () => {
  const stream = faultyStream([HALF]);
  const arn = await deployed.begin();
  process.kill(await readerOf(arn, stream, 1), 'SIGTERM');
  await expectSucceeded(arn, await deployed.endOf(arn));
  expect(stream.reads).toBe(2);
}, 240_000);

test('a failure that would come again is told by its code and not tried again; redriven it goes on', async () => {
  const earlier = new Set(await deployed.keys());
  // Of the task alone: Begin logs in before the items are there.
  source.faults.onRequest = async ({ kind }) => {
    if (kind !== 'login' || !(await deployed.keys()).some((key) => key.includes('/items-') && !earlier.has(key))) return undefined;
    return { kind: 'error', number: 18456, message: 'Login failed for user \'reader\'.' };
  };
  const arn = await deployed.begin({ tables: ['dbo.KillStream'] });
  expect(await deployed.endOf(arn)).toMatchObject({ status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' });
  const [failed, ...others] = await failuresOf(arn);
  expect([failed.error, JSON.parse(failed.cause!), failed.tries, others]).toEqual([
    'LOGIN_FAILED', { errorType: 'LOGIN_FAILED', errorMessage: expect.stringMatching(/login/i) }, 1, [],
  ]);
  delete source.faults.onRequest;
  await deployed.sfn.send(new RedriveExecutionCommand({ executionArn: arn }));
  const ended = await deployed.endOf(arn);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { rows: 4000 } });
  await deployed.expectLanded(ended.output.manifestKey, [STREAM]);
}, 240_000);

test('a stopped execution stops its task', async () => {
  const stream = faultyStream([HALF]);
  const arn = await deployed.begin();
  const pid = await readerOf(arn, stream, 1);
  await deployed.sfn.send(new StopExecutionCommand({ executionArn: arn }));
  await poll(async () => !taskProcesses(arn).includes(pid), { what: 'the end of the task', deadlineMs: 60_000 });
}, 120_000);
