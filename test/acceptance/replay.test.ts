import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { GetTableCommand, GetPartitionCommand, GlueClient } from '@aws-sdk/client-glue';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { runLogKey } from '../../src/contract';
import { LegacyToS3Pipeline } from '../../src/pipeline';
import { type Observer, poll, startObserver } from '../../tools/local-cloud';
import { DeployedPipeline } from '../support/cloud/deployed-pipeline';
import { smallRun } from '../support/runs/small-run';

let pipeline: DeployedPipeline;
let eventsQueue: string;
let observer: Observer;
const observerProblems: Error[] = [];

beforeAll(async () => {
  pipeline = await DeployedPipeline.start({}, {}, tell);
  observer = startObserver(pipeline.cloud, {
    intervalMs: 100, mathAlarms: pipeline.stack.mathAlarms, onError: (error) => observerProblems.push(error),
  });
  eventsQueue = Object.entries(pipeline.stack.resources).find(([id]) => id.startsWith('LedgerTold'))![1];
});
afterAll(async () => {
  await observer?.stop();
  await pipeline?.stop();
});

/** Has a queue get the runs' events, one rule for each outcome. */
function tell(made: LegacyToS3Pipeline): void {
  const target = new targets.SqsQueue(new sqs.Queue(made, 'Told'));
  made.onRunComplete('Complete', { target });
  made.onRunIncomplete('Incomplete', { target });
}

const events: any[] = [];

/** Details of the events so far of a run. */
async function eventsOf(runId: string): Promise<any[]> {
  const { Messages = [] } = await pipeline.sqs.send(new ReceiveMessageCommand({ QueueUrl: eventsQueue, MaxNumberOfMessages: 10 }));
  events.push(...Messages.map(({ Body }) => JSON.parse(Body!).detail));
  return events.filter((detail) => detail.runId === runId);
}

const runIn = async (runId: string, state: string) =>
  poll(async () => {
    const run = await pipeline.run(runId);
    return run?.runState === state && run.announced?.startsWith(state) && run;
  }, { what: `run ${runId} ${state}` });

async function lineOf(runId: string): Promise<any> {
  const { Body } = await pipeline.s3.send(new GetObjectCommand({ Bucket: pipeline.output('bucketName'), Key: runLogKey('', runId) }));
  return JSON.parse(await Body!.transformToString());
}

/** Whether the alarm on runs whose manifest does not hold is on. */
async function incompleteAlarm(): Promise<boolean> {
  const { MetricAlarms = [] } = await pipeline.cloudwatch.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }));
  const on = new Set(MetricAlarms.map(({ AlarmName }) => AlarmName));
  return Object.entries(pipeline.stack.resources).some(([id, name]) => /^LedgerAlarmsRunIncomplete[0-9A-F]{8}$/.test(id) && on.has(name));
}

test('a run one of whose parts is not what its manifest says is INCOMPLETE and raises the alarm', async () => {
  const run = smallRun({ table: 'Altered' });
  expect(await incompleteAlarm()).toBe(false);
  for (const part of run.parts) await pipeline.put(part.key, part.body);
  await pipeline.put(run.parts[0].key, run.parts[0].body.replace(/\d/, '7'));
  await pipeline.put(run.manifestKey, JSON.stringify(run.manifest));
  expect((await runIn(run.runId, 'INCOMPLETE')).problems).toEqual([expect.stringContaining(run.parts[0].key)]);
  await poll(incompleteAlarm, { what: 'the alarm' });
  expect(observerProblems).toEqual([]);
});

test('an INCOMPLETE run is mended by landing the missing part and replaying the run', async () => {
  const run = smallRun();
  await pipeline.put(run.parts[0].key, run.parts[0].body);
  await pipeline.put(run.manifestKey, JSON.stringify(run.manifest));
  expect((await runIn(run.runId, 'INCOMPLETE')).problems).toEqual([`'${run.parts[1].key}' is missing`]);
  expect(await lineOf(run.runId)).toMatchObject({ state: 'INCOMPLETE', problems: [`'${run.parts[1].key}' is missing`] });

  await pipeline.put(run.parts[1].key, run.parts[1].body);
  expect(await pipeline.replay({ action: 'run', runId: run.runId, prefix: 'landing' }))
    .toEqual({ action: 'run', attempted: 3, succeeded: 3, failed: 0, failures: [] });
  expect((await runIn(run.runId, 'COMPLETE')).problems).toBeUndefined();
  expect(await lineOf(run.runId)).toMatchObject({ run_id: run.runId, state: 'COMPLETE', objects: 2, rows_landed: 4, problems: [] });
  const told = await poll(async () => {
    const details = await eventsOf(run.runId);
    return details.length >= 2 && details;
  }, { what: 'the events of both outcomes' });
  expect(told.map(({ state, totals, problems }) => [state, totals.rows, problems.length])).toEqual([['INCOMPLETE', 4, 1], ['COMPLETE', 4, 0]]);
  const glue = new GlueClient(pipeline.cloud.clientConfig);
  const DatabaseName = pipeline.output('glueDatabaseName');
  const { Table } = await glue.send(new GetTableCommand({ DatabaseName, Name: 'bank_dbo_accounts' }));
  expect(Table!.StorageDescriptor!.Location).toContain(`/run=${run.runId}/`);
  const { Partition } = await glue.send(new GetPartitionCommand({ DatabaseName, TableName: 'bank_dbo_accounts_runs', PartitionValues: [run.runId] }));
  expect(Partition!.Parameters).toMatchObject({ 'cdk-legacy-to-s3.run-state': 'COMPLETE' });
  glue.destroy();
  // The line is under the watched prefix, and yet no landed object.
  expect((await pipeline.objectItems()).map(({ objectKey }) => objectKey)).not.toContain(runLogKey('', run.runId));
});

test('a poison manifest lands in the queue with its trace while others go on; once mended, the replayed queue is empty', async () => {
  const poison = smallRun();
  const others = [smallRun({ table: 'Others' }), smallRun({ table: 'Others' })];
  await pipeline.put(poison.manifestKey, '{ "manifestVersion": ');
  for (const run of [poison, ...others]) for (const part of run.parts) await pipeline.put(part.key, part.body);
  for (const run of others) await pipeline.put(run.manifestKey, JSON.stringify(run.manifest));
  for (const run of others) await runIn(run.runId, 'COMPLETE');
  const failure = await poll(async () => (await pipeline.failures())[0], { what: 'the failed event' });
  expect(failure.requestContext).toMatchObject({
    condition: 'RetriesExhausted', functionArn: expect.stringContaining(pipeline.output('runCompletionName')),
  });
  expect(failure.responsePayload).toMatchObject({ errorType: 'BatchNotHandledError', errorMessage: expect.stringContaining('INVALID_MANIFEST') });
  expect(failure.responsePayload.trace.join('\n')).toMatch(/Caused by: InvalidManifestError/);

  const inVain = await pipeline.replay({ action: 'queue' });
  expect(inVain).toMatchObject({ attempted: 1, succeeded: 0, failed: 1, failures: [{ message: expect.stringContaining('INVALID_MANIFEST') }] });
  expect(inVain.failures[0].subject).toContain(poison.runId);
  expect(inVain.token).toBeUndefined();
  expect(await pipeline.failures()).toHaveLength(1);

  await pipeline.put(poison.manifestKey, JSON.stringify(poison.manifest));
  await runIn(poison.runId, 'COMPLETE');
  const mended = await pipeline.replay({ action: 'queue' });
  expect(mended).toEqual({ action: 'queue', attempted: 1, succeeded: 1, failed: 0, failures: [] });
  expect(await pipeline.failures()).toEqual([]);
});

test('a prefix is recorded again: what is missing comes back with its rows, what is there stays as it is', async () => {
  const run = smallRun({ table: 'Again', parts: 3 });
  for (const part of run.parts) await pipeline.put(part.key, part.body);
  await pipeline.put(run.manifestKey, JSON.stringify(run.manifest));
  await runIn(run.runId, 'COMPLETE');
  const mine = async () => (await pipeline.objectItems()).filter(({ runId }) => runId === run.runId)
    .sort((a, b) => (a.objectKey < b.objectKey ? -1 : 1));
  const before = await poll(async () => {
    const items = await mine();
    return items.length === 3 && items.every(({ rows, sequencer }) => rows === 2 && !/^0+$/.test(sequencer)) && items;
  }, { what: 'three items' });
  await pipeline.deleteItem(before[1]);
  const result = await pipeline.replay({ action: 'objects', prefix: 'landing/database=Bank/schema=dbo/table=Again/' });
  expect(result).toEqual({ action: 'objects', attempted: 3, succeeded: 3, failed: 0, failures: [] });
  const after = await mine();
  expect([after[0], after[2]]).toEqual([before[0], before[2]]);
  expect(after[1]).toMatchObject({ state: 'PRESENT', eTag: before[1].eTag, checksum: before[1].checksum, versionId: before[1].versionId });
  await pipeline.replay({ action: 'run', runId: run.runId, prefix: 'landing/' });
  await poll(async () => (await mine())[1].rows === 2, { what: 'the rows of the part' });
});

test('a request that makes no sense is refused', async () => {
  await expect(pipeline.replay({ action: 'all' } as never)).rejects.toThrow(/expected an action of 'queue', 'objects', 'run', got \\"all\\"/);
});
