import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, RedriveExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Extraction, ExtractionWorkers, LandingTrigger, LegacyToS3Pipeline } from '../../../src/pipeline';
import { type DeployedStack, deployTemplate, type LocalCloud, poll, startLocalCloud } from '../../../tools/local-cloud';

/** The state machine and its roles as the construct makes them, on the local cloud; the functions follow a script. */

let cloud: LocalCloud;
let sfn: SFNClient;
let s3: S3Client;
let deployed: DeployedStack;

beforeAll(async () => {
  cloud = await startLocalCloud({ stateWaitScale: 0.001 });
  sfn = new SFNClient(cloud.clientConfig);
  s3 = new S3Client(cloud.clientConfig);
  deployed = await deployTemplate(cloud, synthesise());
});
afterAll(async () => {
  sfn?.destroy();
  s3?.destroy();
  await cloud?.stop();
});

function synthesise(): string {
  const app = new App({ outdir: mkdtempSync(path.join(tmpdir(), 'extraction-out-')), analyticsReporting: false });
  const stack = new Stack(app, 'Nights');
  const pipeline = new LegacyToS3Pipeline(stack, 'Ledger', { trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }), catalog: false });
  const extraction = new Extraction(stack, 'Nightly', {
    pipeline,
    extractionName: 'nightly',
    source: { server: 'sql.example', database: 'Ledger', user: 'reader', secret: new secretsmanager.Secret(stack, 'Password') },
    tables: ['chunks.3'],
    readers: 2,
    maxSeconds: 3600,
    window: { from: '00:00', to: '24:00', timeZone: 'UTC' },
    schedule: scheduler.ScheduleExpression.cron({ hour: '1', minute: '0' }),
    workers: ExtractionWorkers.lambda({ maxConcurrency: 2 }),
    logRemovalPolicy: RemovalPolicy.DESTROY,
  });
  const folder = mkdtempSync(path.join(tmpdir(), 'extraction-code-'));
  copyFileSync(path.join(__dirname, 'scripted-functions.js'), path.join(folder, 'index.js'));
  const code = new assets.Asset(stack, 'Scripted', { path: folder });
  for (const { node } of [extraction.controlFunction, extraction.workerFunction!]) {
    (node.defaultChild as lambda.CfnFunction).addPropertyOverride('Code', { S3Bucket: code.s3BucketName, S3Key: code.s3ObjectKey });
  }
  new CfnOutput(stack, 'Machine', { value: extraction.stateMachine.stateMachineArn });
  return app.synth().directory;
}

interface Ended {
  readonly status?: string;
  readonly output?: any;
  readonly error?: string;
  readonly arn: string;
}

async function execute(input: object): Promise<Ended> {
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn: deployed.outputs.Machine, input: JSON.stringify(input) }));
  return endOf(executionArn!);
}

async function endOf(executionArn: string): Promise<Ended> {
  return poll(async () => {
    const { status, output, error } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return status !== 'RUNNING' && { status, output: output && JSON.parse(output), error, arn: executionArn };
  }, { what: `the end of ${executionArn}`, deadlineMs: 50_000 });
}

/** What a step was called with in an execution, its Map's children among it. */
async function calls(step: string, arn: string): Promise<any[]> {
  const found: any[] = [];
  const Prefix = `landing-state/calls/${arn.split(':').pop()}/${step}/`;
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: deployed.outputs.LedgerBucketName, Prefix })) {
    for (const { Key } of Contents) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: deployed.outputs.LedgerBucketName, Key }));
      found.push(JSON.parse(await Body!.transformToString()));
    }
  }
  return found;
}

const worker = {
  memorySize: 1769,
  prices: { lambdaGbSecond: 0.0000133334, lambdaRequest: 0.0000002, s3Write: 0.000005, s3Read: 0.0000004, stateTransition: 0.000025 },
};
const window = { from: '00:00', to: '24:00', timeZone: 'UTC' };

test('an execution begins, works each item until nothing is left, completes, and tells what it did', async () => {
  const { status, output, arn, error } = await execute({});
  expect({ status, error, output }).toEqual({
    status: 'SUCCEEDED',
    error: undefined,
    output: { finished: true, runId: 'chunks', manifestKey: 'm', rows: 3, sizeBytes: 4, objects: 5, verification: 'verified' },
  });
  const [begun, ...more] = await calls('begin', arn);
  expect(more).toEqual([]);
  expect(begun.event).toEqual({
    step: 'begin',
    execution: { arn, startTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
    input: {},
    settings: { tables: ['chunks.3'] },
    overlap: 'skip',
    limits: { maxConcurrency: 2, maxChunkSeconds: 840, bytesPerSecond: 10485760, maxSeconds: 3600, window, worker },
  });
  expect(begun.environment).toEqual({
    EXTRACTION_NAME: 'nightly',
    EXTRACTION_SOURCE: expect.any(String),
    EXTRACTION_LANDING: JSON.stringify({ target: `s3://${deployed.outputs.LedgerBucketName}/landing/` }),
    EXTRACTION_READING: '{"readers":2}',
    EXTRACTION_METRICS_NAMESPACE: deployed.outputs.LedgerMetricNamespace,
  });
  expect(JSON.parse(begun.environment.EXTRACTION_SOURCE)).toEqual({
    server: 'sql.example', database: 'Ledger', user: 'reader', passwordSecretArn: expect.stringMatching(/^arn:aws:secretsmanager:/),
  });
  const work = (await calls('work', arn)).map(({ event }) => event).sort((a, b) => a.item.tables[0].chunks[0].chunk - b.item.tables[0].chunks[0].chunk || a.done - b.done);
  expect(work).toEqual([0, 1, 2].flatMap((chunk) => [0, 1].map((done) => ({
    step: 'work', execution: { arn }, run: { runId: 'chunks', epoch: 7 }, item: { tables: [{ index: 0, chunks: [{ chunk, estimatedRows: 1, estimatedBytes: 1 }] }] }, window, done,
  }))));
  expect((await calls('complete', arn)).map(({ event }) => event)).toEqual(Array(2).fill({
    step: 'complete', execution: begun.event.execution, run: { runId: 'chunks', epoch: 7 },
  }));
});

test('nothing to read goes on to the end', async () => {
  const { status, arn } = await execute({ tables: ['chunks.0'] });
  expect([status, await calls('work', arn)]).toEqual(['SUCCEEDED', []]);
});

test('an execution that is skipped succeeds, and says why', async () => {
  expect(await execute({ tables: ['skipped'] })).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'skipped', reason: 'another one is at work' } });
});

test('one that waits asks again with its input', async () => {
  const { status, arn } = await execute({ tables: ['waiting.1'] });
  expect(status).toBe('SUCCEEDED');
  expect((await calls('begin', arn)).map(({ event }) => event.input)).toEqual(Array(2).fill({ tables: ['waiting.1'] }));
});

test('one that may not read yet waits until it may, and so does each item', async () => {
  const { status, arn } = await execute({ tables: ['held.1'] });
  expect(status).toBe('SUCCEEDED');
  expect([(await calls('begin', arn)).length, (await calls('work', arn)).map(({ event }) => event.done).sort()]).toEqual([2, [0, 1]]);
});

test('a failure that is no infrastructure\'s is not tried again, and the control function is told', async () => {
  const { status, error, arn } = await execute({ tables: ['failing'] });
  expect([status, error, (await calls('begin', arn)).length]).toEqual(['FAILED', 'LOGIN_FAILED', 1]);
  const [left] = await poll(async () => {
    const found = await calls('leave', arn);
    return found.length > 0 && found;
  }, { what: 'the event of the failed execution' });
  expect(left.event).toEqual({ step: 'leave', execution: { arn, startTime: expect.any(Number) }, status: 'FAILED' });
});

test('a worker that crashed is tried again', async () => {
  const { status, arn } = await execute({ tables: ['crash.1'] });
  expect([status, (await calls('work', arn)).map(({ event }) => event.done).sort()]).toEqual(['SUCCEEDED', [0, 0, 1]]);
});

test('an execution that failed for a child is redriven: the child that failed, and the end', async () => {
  const { status, error, arn } = await execute({ tables: ['broken.1'] });
  expect([status, error]).toEqual(['FAILED', 'States.ExceedToleratedFailureThreshold']);
  await sfn.send(new RedriveExecutionCommand({ executionArn: arn }));
  expect(await endOf(arn)).toMatchObject({ status: 'SUCCEEDED', output: { finished: true } });
  expect([(await calls('begin', arn)).length, (await calls('work', arn)).length]).toEqual([1, 3]);
});
