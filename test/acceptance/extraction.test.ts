import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListMultipartUploadsCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  DescribeExecutionCommand, GetExecutionHistoryCommand, ListExecutionsCommand, ListMapRunsCommand, RedriveExecutionCommand, SFNClient,
  StartExecutionCommand, StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { App, CfnOutput, CfnParameter, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type sql from 'mssql';
import { isStateKey, parseManifest, type Manifest } from '../../src/contract';
import { Encryption, ExtractFormat } from '../../src/extractor/doors/public';
import { Extraction, ExtractionWorkers, LegacyToS3Pipeline } from '../../src/pipeline';
import { type DeployedStack, deployTemplate, type LocalCloud, poll, startLocalCloud } from '../../tools/local-cloud';
import { startStandIn, type StandIn } from '../../tools/stand-in';
import { runCli } from '../cli/spawn-cli';
import { killOne } from '../support/cloud/function-processes';
import { removeCliBundle } from '../support/packages/cli-bundle';
import { KILL_TABLES, landedLines, makeKillTables } from '../support/runs/kill-tables';
import { connectClient } from '../support/source/stand-in-client';

/** The extraction as it is deployed: the real functions in processes, under their own roles, started by the real state machine. */

const outdir = mkdtempSync(path.join(tmpdir(), 'extraction-'));
let cloud: LocalCloud;
let source: StandIn;
let client: sql.ConnectionPool;
let deployed: DeployedStack;
let s3: S3Client;
let sfn: SFNClient;
let names: { readonly bucket: string; readonly machine: string; readonly worker: string; readonly table: string; readonly secret: string };

beforeAll(async () => {
  source = await startStandIn({ transactions: 200 });
  client = await connectClient(source);
  await makeKillTables(client);
  synthesise();
  cloud = await startLocalCloud({ stateWaitScale: 0.1, concurrency: 20 });
  deployed = await deployTemplate(cloud, outdir);
  s3 = new S3Client(cloud.clientConfig);
  sfn = new SFNClient(cloud.clientConfig);
  const { outputs } = deployed;
  names = {
    bucket: outputs.LedgerBucketName, machine: outputs.Machine, worker: outputs.Worker, table: outputs.LedgerTableName, secret: outputs.Secret,
  };
}, 120_000);

afterAll(async () => {
  s3?.destroy();
  sfn?.destroy();
  await cloud?.stop();
  await client?.close();
  await source?.stop();
  removeCliBundle();
  rmSync(outdir, { recursive: true, force: true });
});

const cliEnvironment = (): NodeJS.ProcessEnv => ({ ...cloud.env, NODE_EXTRA_CA_CERTS: cloud.caFile });

function synthesise(): void {
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'Nights');
  // The default trigger hears of state too.
  const pipeline = new LegacyToS3Pipeline(stack, 'Ledger', { dashboard: false, catalog: false });
  const secret = new secretsmanager.Secret(stack, 'Password', {
    secretObjectValue: { username: SecretValue.unsafePlainText(source.user), password: SecretValue.unsafePlainText(source.password) },
  });
  const extraction = new Extraction(stack, 'Nightly', {
    pipeline,
    // By a parameter: a source that is the function itself is refused, which on the local cloud is none.
    source: { server: new CfnParameter(stack, 'Server', { default: '127.0.0.1' }).valueAsString, port: source.port, database: source.database, secret, encryption: Encryption.NONE },
    tables: ['dbo.Kill*'],
    format: ExtractFormat.csv(),
    targetChunkRows: 23,
    readers: 1,
    workers: ExtractionWorkers.lambda({ maxConcurrency: 8 }),
    logRemovalPolicy: RemovalPolicy.DESTROY,
  });
  new CfnOutput(stack, 'Machine', { value: extraction.stateMachine.stateMachineArn });
  new CfnOutput(stack, 'Worker', { value: extraction.workerFunction.functionName });
  new CfnOutput(stack, 'Secret', { value: secret.secretArn });
  app.synth();
}

interface Ended {
  readonly status: string;
  readonly output?: any;
  readonly error?: string;
  readonly cause?: string;
}

async function start(input: object = {}): Promise<string> {
  return (await sfn.send(new StartExecutionCommand({ stateMachineArn: names.machine, input: JSON.stringify(input) }))).executionArn!;
}

async function describe(executionArn: string): Promise<Ended> {
  const { status, output, error, cause } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  return { status: status!, output: output && JSON.parse(output), error, cause };
}

async function endOf(executionArn: string): Promise<Ended> {
  return poll(async () => {
    const described = await describe(executionArn);
    return described.status !== 'RUNNING' && described;
  }, { what: `the end of ${executionArn}`, deadlineMs: 240_000 });
}

/** Why children of an execution failed, for whoever reads a failed test. */
async function failuresOf(executionArn: string): Promise<string[]> {
  const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn }));
  const told: string[] = [];
  for (const { mapRunArn } of mapRuns) {
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ mapRunArn, statusFilter: 'FAILED' }));
    for (const child of executions) {
      const { error, cause } = await describe(child.executionArn!);
      told.push(`${error}: ${cause}`);
    }
  }
  return told;
}

async function keys(): Promise<string[]> {
  const found: string[] = [];
  const pages = paginateListObjectsV2({ client: s3 }, { Bucket: names.bucket });
  for await (const { Contents = [] } of pages) found.push(...Contents.map(({ Key }) => Key!));
  return found;
}

async function body(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: names.bucket, Key }));
  return Buffer.from(await Body!.transformToByteArray());
}

async function expectLanded(manifestKey: string): Promise<Manifest> {
  const manifest = parseManifest((await body(manifestKey)).toString());
  for (const { name, lines } of KILL_TABLES) {
    const table = manifest.tables.find((each) => each.table === name)!;
    const landed = (await Promise.all(table.objects.map(async ({ key }) => landedLines(await body(key))))).flat().sort();
    // Not the lines themselves: a difference would print all of them.
    expect({ name, rows: landed.length, same: landed.join('\n') === lines.join('\n') }).toEqual({ name, rows: lines.length, same: true });
    expect(table.rows).toBe(lines.length);
  }
  const found = await keys();
  const named = manifest.tables.flatMap(({ objects }) => objects.map(({ key }) => key));
  expect(found.filter((key) => key.includes(`run=${manifest.runId}/part-`)).sort()).toEqual(named.sort());
  expect(found.filter((key) => key.includes(manifest.runId) && isStateKey(key))).toEqual([]);
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: names.bucket }));
  expect(Uploads).toEqual([]);
  return manifest;
}

async function records(): Promise<string[]> {
  const dynamodb = new DynamoDBClient(cloud.clientConfig);
  const found: string[] = [];
  const pages = paginateScan({ client: dynamodb }, { TableName: names.table });
  for await (const { Items = [] } of pages) found.push(...Items.flatMap(({ objectKey }) => objectKey?.S ?? []));
  dynamodb.destroy();
  return found;
}

test('an execution lands the source exactly, under its own roles, and the pipeline completes its run', async () => {
  const ended = await endOf(await start());
  expect({ status: ended.status, error: ended.error, cause: ended.cause }).toEqual({ status: 'SUCCEEDED', error: undefined, cause: undefined });
  expect(ended.output).toMatchObject({ finished: true, rows: 4410, verification: 'verified' });
  const manifest = await expectLanded(ended.output.manifestKey);
  expect(manifest.tables.flatMap(({ chunks = [] }) => chunks).length).toBeGreaterThan(180);
  const objects = manifest.tables.flatMap(({ objects: of }) => of.map(({ key }) => key));
  const recorded = await poll(async () => {
    const all = await records();
    return objects.every((key) => all.includes(key)) && all;
  }, { what: 'the records of what landed', deadlineMs: 60_000 });
  expect(recorded.filter(isStateKey)).toEqual([]);
}, 240_000);

/** Holds every read of a chunk back until it is allowed. */
function heldReads(): { allow(many: number): void } {
  const waiting: Array<() => void> = [];
  let allowed = 0;
  const go = () => {
    for (; allowed > 0 && waiting.length > 0; allowed--) waiting.shift()!();
  };
  source.faults.onRequest = async ({ sql: text }) => {
    if (/^SELECT \[.*FROM \[dbo\]\.\[Kill/.test(text)) await new Promise<void>((resolve) => { waiting.push(resolve); go(); });
    return undefined;
  };
  return { allow: (many) => { allowed += many; go(); } };
}

test('workers killed at random, retries used up twice, a stop, and another execution: every row lands once', async () => {
  let [seed, kills] = [7, 0];
  const random = () => (seed = (seed * 48_271) % 0x7fffffff) / 0x7fffffff;
  /** Kills workers at random moments until so many are dead, or the execution is. Meanwhile a few chunks are read. */
  const killing = async (arn: string, many: number, chunksAKill: number) => {
    for (let killed = 0; killed < many && (await describe(arn)).status === 'RUNNING';) {
      reads.allow(Math.round(random() * chunksAKill));
      await delay(150 * random());
      if (!killOne(names.worker, random)) continue;
      killed += 1;
      kills += 1;
    }
  };
  const reads = heldReads();
  const earlier = new Set(await keys());
  const arn = await start();
  reads.allow(10);
  await poll(async () => (await keys()).some((key) => key.includes('/part-') && !earlier.has(key)), { what: 'the first part', deadlineMs: 60_000 });
  await killing(arn, 5, 6);
  for (let redrives = 0; redrives < 2; redrives++) {
    // No child ends any more, and one of them is killed as often as it is tried.
    await killing(arn, Infinity, 0);
    expect(await describe(arn)).toMatchObject({ status: 'FAILED' });
    const failures = await failuresOf(arn);
    expect(failures.filter((failure) => !failure.startsWith('Runtime.ExitError'))).toEqual([]);
    await sfn.send(new RedriveExecutionCommand({ executionArn: arn }));
    await killing(arn, 3, 6);
  }
  expect(await describe(arn)).toMatchObject({ status: 'RUNNING' });
  await sfn.send(new StopExecutionCommand({ executionArn: arn, cause: 'enough' }));
  await endOf(arn);
  const { output } = await sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
  expect(output).toBeUndefined();
  const [runId] = (await keys()).flatMap((key) => /^_state\/run=([^/]+)\/run\.json$/.exec(key)?.[1] ?? []);
  const next = await start({ resume: runId });
  await killing(next, 3, 6);
  reads.allow(Infinity);
  const ended = await endOf(next);
  expect({ status: ended.status, failures: await failuresOf(next) }).toEqual({ status: 'SUCCEEDED', failures: [] });
  const manifest = await expectLanded(ended.output.manifestKey);
  expect(manifest.runId).toBe(runId);
  expect(kills).toBeGreaterThanOrEqual(30);
  delete source.faults.onRequest;
}, 600_000);

test('the command line starts an execution, follows it, and says what landed', async () => {
  const args = ['extract', '--stack', 'Nights', '--remote', '--tables', 'dbo.KillPairs', '--region', cloud.region];
  const { code, stdout, stderr } = await runCli(args, cliEnvironment());
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout + stderr).toContain('1,200 rows');
  const status = await runCli(['status', '--stack', 'Nights', '--region', cloud.region], cliEnvironment());
  expect(status.code).toBe(0);
  expect(status.stdout).toMatch(/succeeded .* 1,200/);
}, 120_000);

test('what is wrong is told where one looks first: error and cause of the execution', async () => {
  const secrets = new SecretsManagerClient(cloud.clientConfig);
  const set = async (password: string) => secrets.send(new PutSecretValueCommand({
    SecretId: names.secret, SecretString: JSON.stringify({ username: source.user, password }),
  }));
  await set('wrong');
  const wrong = await endOf(await start());
  expect(wrong).toMatchObject({ status: 'FAILED', error: 'LOGIN_FAILED' });
  expect(JSON.parse(wrong.cause!).errorMessage).toMatch(/login/i);
  expect(wrong.cause).not.toContain('wrong"');
  await set(source.password);
  const input = await endOf(await start({ rowFilter: '1 = 1' }));
  expect(input).toMatchObject({ status: 'FAILED', error: 'INVALID_CONFIG' });
  expect(JSON.parse(input.cause!).errorMessage).toContain('has \'rowFilter\'; it may have tables, consistency, plan, resume');
  secrets.destroy();
}, 120_000);

test('the history of an execution holds no secret', async () => {
  const arn = await start({ tables: ['dbo.KillHeap'] });
  await endOf(arn);
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn: arn, includeExecutionData: true }));
  expect(events.length).toBeGreaterThan(5);
  expect(JSON.stringify(events)).not.toContain(source.password);
}, 120_000);
