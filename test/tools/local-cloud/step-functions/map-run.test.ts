import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeMapRunCommand, type DescribeMapRunCommandOutput, ListExecutionsCommand, ListMapRunsCommand, RedriveExecutionCommand, SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { deployMachine, ended, execute, history, type Machine, start } from './machine';
import { type LocalCloud, poll, startLocalCloud } from '../../../../tools/local-cloud';

/** Does what the flags in the folder say: `fail-<n>` fails item n, `hold` holds those that came. Notes each call and how many ran at once. */
const HANDLER = `
const fs = require('node:fs');
exports.handler = async ({ folder, n, redriveCount }) => {
  const mine = folder + '/running/' + n + '-' + process.pid;
  fs.mkdirSync(folder + '/running', { recursive: true });
  fs.writeFileSync(mine, '');
  fs.appendFileSync(folder + '/calls', n + ' ' + redriveCount + '\\n');
  fs.appendFileSync(folder + '/at-once', fs.readdirSync(folder + '/running').length + '\\n');
  try {
    await new Promise((resolve) => setTimeout(resolve, 30));
    while (fs.existsSync(folder + '/hold') && !fs.existsSync(folder + '/fail-' + n)) await new Promise((resolve) => setTimeout(resolve, 20));
    if (fs.existsSync(folder + '/fail-' + n)) throw new Error('told to fail');
    return n * 10;
  } finally {
    fs.unlinkSync(mine);
  }
};`;
const WORK = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: '${Function}', Payload: { 'folder.$': '$.folder', 'n.$': '$.n', 'redriveCount.$': '$$.Execution.RedriveCount' } },
  OutputPath: '$.Payload',
  End: true,
};
const map = (rest: object) => ({
  Type: 'Map',
  Label: 'Items',
  ItemReader: {
    Resource: 'arn:aws:states:::s3:getObject',
    ReaderConfig: { InputType: 'JSONL' },
    Parameters: { 'Bucket': '${Bucket}', 'Key.$': '$.key' },
  },
  ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, StartAt: 'Work', States: { Work: WORK } },
  Next: 'Complete',
  ...rest,
});
/** Begin → Distributed Map → Complete. */
const definition = (rest: object = {}) => ({
  StartAt: 'Begin',
  States: {
    Begin: { Type: 'Pass', Next: 'Each' },
    Each: map(rest),
    Complete: { Type: 'Succeed' },
    Failed: { Type: 'Fail', Error: 'Caught', CausePath: '$.error.Error' },
  },
});

let cloud: LocalCloud;
let sfn: SFNClient;
let s3: S3Client;
beforeAll(async () => {
  cloud = await startLocalCloud({ concurrency: 20, stateWaitScale: 0.01 });
  sfn = new SFNClient(cloud.clientConfig);
  s3 = new S3Client(cloud.clientConfig);
});
afterAll(async () => {
  sfn?.destroy();
  s3?.destroy();
  await cloud?.stop();
});

async function inputFor(machine: Machine, count: number, ...flags: string[]): Promise<{ key: string; folder: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'map-'));
  for (const flag of flags) writeFileSync(path.join(folder, flag), '');
  const body = Array.from({ length: count }, (_, n) => `${JSON.stringify({ folder, n, text: 'a\u2028b' })}\n`).join('');
  await s3.send(new PutObjectCommand({ Bucket: machine.bucket, Key: folder.slice(1), Body: body }));
  return { key: folder.slice(1), folder };
}
const unlink = (folder: string, name: string) => rmSync(path.join(folder, name));
const lines = (folder: string, name: string) =>
  (existsSync(path.join(folder, name)) ? readFileSync(path.join(folder, name), 'utf8').trim().split('\n') : []);

async function mapRun(executionArn: string): Promise<DescribeMapRunCommandOutput> {
  const { mapRuns } = await sfn.send(new ListMapRunsCommand({ executionArn }));
  expect(mapRuns).toHaveLength(1);
  return sfn.send(new DescribeMapRunCommand({ mapRunArn: mapRuns![0].mapRunArn }));
}

// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
test('runs each line of a JSON Lines object, no more at once than MaxConcurrency', async () => {
  const machine = await deployMachine(cloud, { handler: HANDLER, definition: definition({ MaxConcurrency: 3 }) });
  const input = await inputFor(machine, 12, 'hold');
  const executionArn = await start(sfn, machine, input);
  await poll(async () => lines(input.folder, 'calls').length === 3, { what: 'three calls' });
  expect((await mapRun(executionArn)).itemCounts).toMatchObject({ running: 3, pending: 9 });
  unlink(input.folder, 'hold');
  const done = await ended(sfn, executionArn);
  expect([done.status, done.cause]).toEqual(['SUCCEEDED', undefined]);
  expect(JSON.parse(done.output!)).toEqual(Array.from({ length: 12 }, (_, n) => n * 10));
  expect(Math.max(...lines(input.folder, 'at-once').map(Number))).toBe(3);
  const run = await mapRun(done.executionArn!);
  expect(run).toMatchObject({
    status: 'SUCCEEDED', maxConcurrency: 3, itemCounts: { total: 12, succeeded: 12, failed: 0 }, executionCounts: { total: 12, succeeded: 12 },
  });
  const { executions } = await sfn.send(new ListExecutionsCommand({ mapRunArn: run.mapRunArn, statusFilter: 'SUCCEEDED' }));
  expect(executions).toHaveLength(12);
  expect(executions![0]).toMatchObject({ itemCount: 1, redriveCount: 0, mapRunArn: run.mapRunArn });
  const types = (await history(sfn, executions![0].executionArn!)).map(({ type }) => type);
  expect([types[0], types.at(-1)]).toEqual(['ExecutionStarted', 'ExecutionSucceeded']);
});

// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html (tolerated failure threshold)
// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
test('one failure fails a Map without a threshold and aborts the others; a redrive runs those and not the ones that succeeded', async () => {
  const machine = await deployMachine(cloud, { handler: HANDLER, definition: definition({ MaxConcurrency: 4 }) });
  const input = await inputFor(machine, 6, 'hold');
  const executionArn = await start(sfn, machine, input);
  await poll(async () => lines(input.folder, 'calls').length === 4, { what: 'four calls' });
  writeFileSync(path.join(input.folder, 'fail-3'), '');
  const failed = await ended(sfn, executionArn);
  expect(failed).toMatchObject({ status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold', redriveStatus: 'REDRIVABLE' });
  const run = await mapRun(failed.executionArn!);
  expect(run).toMatchObject({ status: 'FAILED', itemCounts: { total: 6, succeeded: 0, failed: 1, aborted: 3, pending: 2, running: 0 } });
  const { executions } = await sfn.send(new ListExecutionsCommand({ mapRunArn: run.mapRunArn, statusFilter: 'FAILED' }));
  expect(executions).toHaveLength(1);

  for (const flag of ['hold', 'fail-3']) unlink(input.folder, flag);
  await poll(async () => readdirSync(path.join(input.folder, 'running')).length === 0, { what: 'the end of the functions' });
  await sfn.send(new RedriveExecutionCommand({ executionArn: failed.executionArn }));
  const done = await ended(sfn, failed.executionArn!);
  expect([done.status, done.cause, done.redriveCount]).toEqual(['SUCCEEDED', undefined, 1]);
  expect(JSON.parse(done.output!)).toEqual([0, 10, 20, 30, 40, 50]);
  const again = await mapRun(failed.executionArn!);
  expect(again).toMatchObject({ mapRunArn: run.mapRunArn, redriveCount: 1, status: 'SUCCEEDED', itemCounts: { succeeded: 6, failed: 0, pending: 0 } });
  const redriven = await sfn.send(new ListExecutionsCommand({ mapRunArn: run.mapRunArn }));
  expect(redriven.executions!.map(({ redriveCount }) => redriveCount).sort()).toEqual([0, 0, 1, 1, 1, 1]);
  expect(lines(input.folder, 'calls').sort()).toEqual(['0 0', '0 1', '1 0', '1 1', '2 0', '2 1', '3 0', '3 1', '4 0', '5 0']);
});

test('children that succeeded keep their result through a redrive; tolerated failures do not fail the Map', async () => {
  const machine = await deployMachine(cloud, { handler: HANDLER, definition: definition({ MaxConcurrency: 1, ToleratedFailureCount: 1 }) });
  const tolerated = await execute(sfn, machine, await inputFor(machine, 3, 'fail-1'));
  expect(tolerated.status).toBe('SUCCEEDED');

  const input = await inputFor(machine, 4, 'fail-1', 'fail-2');
  const failed = await execute(sfn, machine, input);
  expect(failed.error).toBe('States.ExceedToleratedFailureThreshold');
  expect((await mapRun(failed.executionArn!)).itemCounts).toMatchObject({ succeeded: 1, failed: 2, pending: 1 });
  unlink(input.folder, 'fail-1');
  unlink(input.folder, 'fail-2');
  await sfn.send(new RedriveExecutionCommand({ executionArn: failed.executionArn }));
  expect((await ended(sfn, failed.executionArn!)).output).toBe('[0, 10, 20, 30]');
  expect(lines(input.folder, 'calls').sort()).toEqual(['0 0', '1 0', '1 1', '2 0', '2 1', '3 0']);
});

// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
test('a Map that a Catch has left is not gone into again', async () => {
  const machine = await deployMachine(cloud, {
    handler: HANDLER,
    definition: definition({ Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Failed' }] }),
  });
  const input = await inputFor(machine, 1, 'fail-0');
  const failed = await execute(sfn, machine, input);
  expect(failed).toMatchObject({ status: 'FAILED', error: 'Caught', cause: 'States.ExceedToleratedFailureThreshold' });
  unlink(input.folder, 'fail-0');
  await sfn.send(new RedriveExecutionCommand({ executionArn: failed.executionArn }));
  expect(await ended(sfn, failed.executionArn!)).toMatchObject({ status: 'FAILED', error: 'Caught' });
  expect(lines(input.folder, 'calls')).toEqual(['0 0']);
});

// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
test('StopExecution aborts the children that run', async () => {
  const machine = await deployMachine(cloud, { handler: HANDLER, definition: definition({ MaxConcurrency: 2 }) });
  const input = await inputFor(machine, 3, 'hold');
  const executionArn = await start(sfn, machine, input);
  await poll(async () => lines(input.folder, 'calls').length === 2, { what: 'two calls' });
  await sfn.send(new StopExecutionCommand({ executionArn }));
  const run = await mapRun(executionArn);
  expect(run).toMatchObject({ status: 'ABORTED', itemCounts: { aborted: 2, pending: 1, running: 0 } });
  const { executions } = await sfn.send(new ListExecutionsCommand({ mapRunArn: run.mapRunArn }));
  expect(executions!.map(({ status }) => status)).toEqual(['ABORTED', 'ABORTED']);
  unlink(input.folder, 'hold');
});

// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
test('an item above 256 KiB is refused, and States.ALL does not catch that', async () => {
  const machine = await deployMachine(cloud, {
    handler: HANDLER, definition: definition({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Complete' }] }),
  });
  const put = (length: number) => s3.send(new PutObjectCommand({
    Bucket: machine.bucket, Key: 'large', Body: JSON.stringify({ folder: tmpdir(), n: 1, text: 'x'.repeat(length) }),
  }));
  await put(262_144);
  expect(await execute(sfn, machine, { key: 'large' })).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
});

// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
test('gives batches to the children, and a selected input', async () => {
  const machine = await deployMachine(cloud, {
    definition: definition({
      ItemReader: undefined,
      ItemsPath: '$.items',
      ItemSelector: { 'value.$': '$$.Map.Item.Value', 'prefix.$': '$.prefix' },
      ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { 'shared.$': '$.prefix' } },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, StartAt: 'Same', States: { Same: { Type: 'Pass', End: true } },
      },
    }),
  });
  const done = await execute(sfn, machine, { items: [1, 2, 3], prefix: 'p' });
  expect(JSON.parse(done.output!)).toEqual([
    { BatchInput: { shared: 'p' }, Items: [{ value: 1, prefix: 'p' }, { value: 2, prefix: 'p' }] },
    { BatchInput: { shared: 'p' }, Items: [{ value: 3, prefix: 'p' }] },
  ]);
  expect((await mapRun(done.executionArn!)).itemCounts).toMatchObject({ total: 3, succeeded: 3 });
});

// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
test('results that are too large for the state can be written to S3', async () => {
  const machine = (rest: object) => deployMachine(cloud, {
    handler: HANDLER.replace('return n * 10', 'return String(n).repeat(100_000)'),
    actions: ['s3:PutObject'],
    definition: definition(rest),
  });
  const plain = await machine({});
  const large = await execute(sfn, plain, await inputFor(plain, 3));
  expect(large).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });

  const written = await machine({
    ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: '${Bucket}', Prefix: 'results' } }, ToleratedFailureCount: 1,
  });
  const done = await execute(sfn, written, await inputFor(written, 4, 'fail-2'));
  expect([done.status, done.cause]).toEqual(['SUCCEEDED', undefined]);
  const { MapRunArn, ResultWriterDetails } = JSON.parse(done.output!);
  expect(ResultWriterDetails).toEqual({ Bucket: written.bucket, Key: expect.stringMatching(/^results\/.*\/manifest\.json$/) });
  const read = async (Key: string) => JSON.parse(
    await (await s3.send(new GetObjectCommand({ Bucket: written.bucket, Key }))).Body!.transformToString());
  const manifest = await read(ResultWriterDetails.Key);
  expect(manifest).toMatchObject({ DestinationBucket: written.bucket, MapRunArn, ResultFiles: { PENDING: [] } });
  expect(await read(manifest.ResultFiles.SUCCEEDED[0].Key)).toHaveLength(3);
  expect(await read(manifest.ResultFiles.FAILED[0].Key)).toMatchObject([{ Status: 'FAILED', Error: 'Error' }]);
});

// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
test('a role without s3:GetObject cannot read the items', async () => {
  const machine = await deployMachine(cloud, { grant: false, handler: HANDLER, definition: definition() });
  const failed = await execute(sfn, machine, await inputFor(machine, 1));
  expect(failed).toMatchObject({ status: 'FAILED', error: 'States.ItemReaderFailed' });
  expect(failed.cause).toContain('is not authorized to perform: s3:GetObject');
});
