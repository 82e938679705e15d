import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { synthesizeSample } from './sample-app';
import { DeployError, deployTemplate, type LocalCloud, LocalCloudError, poll, startLocalCloud } from '../../../tools/local-cloud';

const ROOT = path.resolve(__dirname, '..', '..', '..');

/** Processes whose environment or arguments name the folder or the port. */
function processesOf(text: string): string[] {
  return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n').filter((line) => line.includes(text));
}

async function isUp(endpoint: string): Promise<boolean> {
  return fetch(`${endpoint}/_localstack/health`).then((response) => response.ok, () => false);
}

describe('a running cloud', () => {
  let cloud: LocalCloud;
  beforeAll(async () => {
    cloud = await startLocalCloud({ region: 'eu-central-1', asyncRetryBaseSeconds: 0.2 });
  });
  afterAll(async () => cloud?.stop());

  test('answers SDK clients by TLS, with the account it knows', async () => {
    const s3 = new S3Client(cloud.clientConfig);
    await s3.send(new CreateBucketCommand({ Bucket: 'first' }));
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual(['first']);
    expect(cloud.clientConfig.endpoint).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(cloud.region).toBe('eu-central-1');

    await cloud.reset();
    expect((await s3.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([]);
    s3.destroy();
  });

  test('refuses what the function\'s role does not allow', async () => {
    const stack = await deployTemplate(cloud, synthesizeSample({ grantWrite: false }));
    const s3 = new S3Client(cloud.clientConfig);
    await s3.send(new PutObjectCommand({ Bucket: stack.outputs.BucketName, Key: 'a.csv', Body: 'x' }));
    s3.destroy();
    const logs = new CloudWatchLogsClient(cloud.clientConfig);
    const logGroupName = stack.resources[stack.logicalIds['AWS::Logs::LogGroup'][0]];
    const refusal = await poll(async () => {
      const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName }));
      return events.find(({ message }) => message?.includes('is not authorized to perform: dynamodb:PutItem'));
    }, { what: 'a refusal in the log' });
    logs.destroy();
    expect(refusal.message).toContain('AccessDeniedException');
    const dynamodb = new DynamoDBClient(cloud.clientConfig);
    expect((await dynamodb.send(new ScanCommand({ TableName: stack.outputs.TableName }))).Count).toBe(0);
    dynamodb.destroy();
  });

  test('says why a stack does not come up', async () => {
    await cloud.reset();
    const deployed = deployTemplate(cloud, synthesizeSample({ breakAlarm: true }));
    await expect(deployed).rejects.toThrow(DeployError);
    await expect(deployed).rejects.toThrow(/ErrorAlarm\w+ \(AWS::CloudWatch::Alarm\): MetricName and Namespace are required/);
  });
});

test('stop ends the emulator with its function workers and removes what it wrote', async () => {
  const cloud = await startLocalCloud();
  const folder = path.dirname(cloud.logFile);
  expect(processesOf(folder)).not.toEqual([]);
  await cloud.stop();
  expect(await isUp(cloud.endpoint)).toBe(false);
  expect(processesOf(folder)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
  await cloud.stop();
});

test('the emulator ends when the process that started it is killed', async () => {
  const script = [
    `const { startLocalCloud } = require(${JSON.stringify(path.join(ROOT, 'tools', 'local-cloud'))});`,
    'startLocalCloud().then((cloud) => console.log(JSON.stringify({ endpoint: cloud.endpoint, folder: require("path").dirname(cloud.logFile) })));',
    'setInterval(() => undefined, 1000);',
  ].join('\n');
  const owner = spawn(process.execPath, ['--require', 'tsx/cjs', '--eval', script], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    owner.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(text);
    });
    owner.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
  const { endpoint, folder } = JSON.parse(line) as { endpoint: string; folder: string };
  expect(await isUp(endpoint)).toBe(true);
  owner.kill('SIGKILL');
  await poll(async () => processesOf(folder).length === 0, { what: 'the emulator to end' });
  expect(await isUp(endpoint)).toBe(false);
});

test('a port in use is told with the emulator\'s own words', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await expect(startLocalCloud({ port, startDeadlineMs: 10_000 })).rejects.toThrow(/ended before it was healthy[^]*address already in use/i);
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

test('a missing Python is told at once', async () => {
  await expect(startLocalCloud({ python: '/nowhere/python' })).rejects.toThrow(LocalCloudError);
});

test('the log goes to the file given', async () => {
  const logFile = path.join(mkdtempSync(path.join(tmpdir(), 'cloud-log-')), 'cloud.log');
  const cloud = await startLocalCloud({ logFile });
  await cloud.stop();
  expect(readFileSync(logFile, 'utf8')).toContain('Running on');
});
