import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CloudWatchClient, DescribeAlarmsCommand, GetDashboardCommand, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand, DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SetQueueAttributesCommand, SQSClient,
} from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { App, Stack } from 'aws-cdk-lib';
import { type DashboardView, serveDashboard, type WidgetView } from '../../src/cli/dashboard';
import {
  LOG_METRICS, type Manifest, MANIFEST_VERSION, manifestKey, METADATA_TABLE, type ObjectItem, RUN_ITEM_SORT_KEY,
  type RunItem, runItemKey, STACK_OUTPUTS, datasetRunFolder, METRICS, SERVICE_DIMENSION, SERVICES,
} from '../../src/contract';
import { LegacyToS3Pipeline } from '../../src/pipeline';
import {
  type DeployedStack, deployTemplate, type LocalCloud, type Observer, poll, startLocalCloud, startObserver,
} from '../../tools/local-cloud';

/** Keys that a URL, a form or a shell would change. */
const ODD_KEYS = [
  'plain.csv',
  'a folder/with space + plus.csv',
  'ä/ñ/漢字/🧾.csv',
  'percent%20stays%2F.csv',
  'quotes \'"`(1)*!~.csv',
  'query?a=1&b=2;c#d.csv',
  'double//slash.csv',
  'dots/../stay.csv',
];

const outdir = mkdtempSync(path.join(tmpdir(), 'landing-path-'));
const observerProblems: Error[] = [];
let cloud: LocalCloud;
let stack: DeployedStack;
let observer: Observer;
let mailboxUrl: string;
let s3: S3Client;
let dynamodb: DynamoDBClient;
let sqs: SQSClient;
let cloudwatch: CloudWatchClient;

beforeAll(async () => {
  const app = new App({ outdir, analyticsReporting: false });
  new LegacyToS3Pipeline(new Stack(app, 'LandingPath'), 'Ledger', { alarmEmail: 'operator@example.com' });
  app.synth();
  cloud = await startLocalCloud({ asyncRetryBaseSeconds: 0.2, concurrency: 16 });
  stack = await deployTemplate(cloud, outdir);
  observer = startObserver(cloud, { intervalMs: 100, mathAlarms: stack.mathAlarms, onError: (error) => observerProblems.push(error) });
  s3 = new S3Client(cloud.clientConfig);
  dynamodb = new DynamoDBClient(cloud.clientConfig);
  sqs = new SQSClient(cloud.clientConfig);
  cloudwatch = new CloudWatchClient(cloud.clientConfig);
  mailboxUrl = await subscribeMailbox();
});

afterAll(async () => {
  await observer?.stop();
  for (const client of [s3, dynamodb, sqs, cloudwatch]) client?.destroy();
  await cloud?.stop();
  rmSync(outdir, { recursive: true, force: true });
});

const output = (name: keyof typeof STACK_OUTPUTS) => stack.outputs[`Ledger${STACK_OUTPUTS[name]}`];

/** A queue that the alarms' topic may send to: an e-mail would leave no trace here. */
async function subscribeMailbox(): Promise<string> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'mailbox' }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  const queueArn = Attributes!.QueueArn;
  const statement = { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: queueArn };
  await sqs.send(new SetQueueAttributesCommand({
    QueueUrl, Attributes: { Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) },
  }));
  const sns = new SNSClient(cloud.clientConfig);
  await sns.send(new SubscribeCommand({ TopicArn: output('alarmTopicArn'), Protocol: 'sqs', Endpoint: queueArn }));
  sns.destroy();
  return QueueUrl!;
}

const put = async (Key: string, Body: string) =>
  s3.send(new PutObjectCommand({ Bucket: output('bucketName'), Key, Body, ChecksumAlgorithm: 'SHA256' }));

async function objectItems(): Promise<ObjectItem[]> {
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: output('tableName'), ConsistentRead: true }));
  return Items.map((attributes) => unmarshall(attributes) as ObjectItem).filter(({ itemType }) => itemType === 'object');
}

async function item<T>(partition: string, sort: string): Promise<T | undefined> {
  const { Item } = await dynamodb.send(new GetItemCommand({
    TableName: output('tableName'),
    Key: { [METADATA_TABLE.partitionKey]: { S: partition }, [METADATA_TABLE.sortKey]: { S: sort } },
    ConsistentRead: true,
  }));
  return Item && unmarshall(Item) as T;
}

async function received(QueueUrl: string): Promise<Record<string, unknown>[]> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }));
  return Messages.map(({ Body }) => JSON.parse(Body!) as Record<string, unknown>);
}

const mails: { AlarmName: string; NewStateValue: string; Trigger: { MetricName: string } }[] = [];

/** What the alarms' topic sent so far when one went off. */
async function alarmMails(): Promise<typeof mails> {
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: mailboxUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return mails.filter(({ NewStateValue }) => NewStateValue === 'ALARM');
    for (const { Body, ReceiptHandle } of Messages) {
      mails.push(JSON.parse((JSON.parse(Body!) as { Message: string }).Message) as typeof mails[number]);
      await sqs.send(new DeleteMessageCommand({ QueueUrl: mailboxUrl, ReceiptHandle }));
    }
  }
}

async function sum(MetricName: string, Dimensions: { Name: string; Value: string }[] = []): Promise<number> {
  const { Datapoints = [] } = await cloudwatch.send(new GetMetricStatisticsCommand({
    Namespace: output('metricNamespace'),
    MetricName,
    Dimensions,
    StartTime: new Date(Date.now() - 3_600_000),
    EndTime: new Date(Date.now() + 60_000),
    Period: 86_400,
    Statistics: ['Sum'],
  }));
  return Datapoints.reduce((total, point) => total + point.Sum!, 0);
}

/** Names of the alarms in a state, without what CloudFormation puts around them. */
async function alarmsIn(state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'): Promise<string[]> {
  const { MetricAlarms = [] } = await cloudwatch.send(new DescribeAlarmsCommand({ StateValue: state }));
  const byName = new Map(Object.entries(stack.resources).map(([logicalId, physicalId]) => [physicalId, logicalId]));
  return MetricAlarms.map(({ AlarmName }) => byName.get(AlarmName!)!.replace(/^LedgerAlarms|[0-9A-F]{8}$/g, ''));
}

async function observed(): Promise<void> {
  const from = observer.rounds;
  await poll(async () => observer.rounds >= from + 3, { what: 'three rounds of the observer' });
}

test('the template is changed for the emulator only where an alarm is on metric math, and the composite alarm and saved queries are left out', () => {
  const changed = (what: string) => stack.changes.filter((change) => change.what === what)
    .map(({ logicalId }) => logicalId.replace(/^Ledger(Alarms|SavedQueries|CatalogQuery)|[0-9A-F]{8}$/g, '')).sort();
  expect(changed('Metrics replaced by one metric')).toEqual(['FailureQueueNotEmpty', 'FailureQueueUnreachable', 'SuccessRateLow', 'TableThrottles', 'TablesNotCompacted']);
  expect(changed('left out')).toEqual([
    'ColdStarts', 'Compactions', 'FailedAttempts', 'LatestErrors', 'NewestObjects', 'RecordedObjects', 'RowCounts', 'RunSnapshots', 'Runs', 'Runs',
    'SlowestInvocations',
  ]);
  expect(stack.changes).toHaveLength(16);
});

test('every object becomes one item under its own key, and no alarm goes off', async () => {
  for (const [index, key] of ODD_KEYS.entries()) await put(key, 'x'.repeat(index + 1));
  const items = await poll(async () => {
    const all = await objectItems();
    return all.length === ODD_KEYS.length && all;
  }, { what: `${ODD_KEYS.length} items` });
  expect(items.map(({ objectKey, sizeBytes }) => [objectKey, sizeBytes]).sort())
    .toEqual(ODD_KEYS.map((key, index) => [key, index + 1]).sort());
  for (const { state, bucket, versionId, eTag, fileName, objectKey, checksum } of items) {
    expect({ state, bucket, fileName }).toEqual({
      state: 'PRESENT', bucket: output('bucketName'), fileName: objectKey.slice(objectKey.lastIndexOf('/') + 1),
    });
    expect(versionId).not.toBe('null');
    expect(eTag).toMatch(/^[0-9a-f]{32}$/);
    expect(checksum).toMatch(/^SHA256:/);
  }
  const service = [{ Name: SERVICE_DIMENSION, Value: SERVICES.recorder }];
  await poll(async () => (await sum(METRICS.objectsRecorded, service)) >= ODD_KEYS.length, { what: 'the metric of recorded objects' });
  await observed();
  expect(await sum(METRICS.objectsRecorded, service)).toBe(ODD_KEYS.length);
  expect(await sum(METRICS.bytesLanded, service)).toBe(ODD_KEYS.reduce((total, _, index) => total + index + 1, 0));
  expect(await sum(LOG_METRICS.errorKeyword)).toBe(0);
  expect(await alarmsIn('ALARM')).toEqual([]);
  // The alarms went from no data to OK, and nobody was told.
  expect(await alarmsIn('OK')).not.toEqual([]);
  expect(await alarmMails()).toEqual([]);
  expect(mails).toEqual([]);
  expect(await received(output('failureQueueUrl'))).toEqual([]);
});

test('a manifest that names what landed completes its run', async () => {
  const runId = '20260131T235959123Z-4f9a1c';
  const body = 'id\n1\n2\n';
  const key = `${datasetRunFolder('landing', { database: 'Bank', schema: 'dbo', table: 'Accounts' }, runId)}part-00000-0000.csv`;
  await put(key, body);
  const at = '2026-02-01T00:00:00.000Z';
  const checksum = { algorithm: 'SHA256', type: 'FULL_OBJECT', value: createHash('sha256').update(body).digest('base64') } as const;
  const counts = { rows: 2, sizeBytes: body.length };
  const manifest: Manifest = {
    manifestVersion: MANIFEST_VERSION,
    runId,
    producer: { name: 'test', version: '0.0.0' },
    startedAt: at,
    finishedAt: at,
    source: { kind: 'tables', server: 'legacy', database: 'Bank' },
    consistency: { mode: 'snapshot', guarantee: 'one snapshot' },
    verification: { state: 'counted', detail: 'rows counted' },
    format: { name: 'csv', compression: 'none' },
    prefix: 'landing/',
    tables: [{
      database: 'Bank',
      schema: 'dbo',
      table: 'Accounts',
      columns: [{ name: 'id', ordinal: 1, sourceType: 'int', nullable: false, outputType: 'text', glueType: 'int' }],
      schemaFingerprint: 'f00d',
      ...counts,
      objects: [{ key, part: '00000-0000', ...counts, checksum }],
    }],
    totals: { tables: 1, objects: 1, ...counts },
  };
  await put(manifestKey('landing', runId), JSON.stringify(manifest));
  const run = await poll(() => item<RunItem>(runItemKey(runId), RUN_ITEM_SORT_KEY), { what: 'the run' });
  expect(run).toMatchObject({ runState: 'COMPLETE', runId, rows: 2, objects: 1 });
  expect(await alarmsIn('ALARM')).toEqual([]);
});

test('an invalid manifest ends in the failure queue with its error, and four alarms of it are one message to the operator', async () => {
  const key = manifestKey('landing', 'broken');
  await put(key, '{ "manifestVersion": ');
  const failure = await poll(async () => (await received(output('failureQueueUrl')))[0], { what: 'the failed event' });
  expect(failure).toMatchObject({
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
    requestPayload: { Records: [{ s3: { object: { key: encodeURIComponent(key).replaceAll('%2F', '/') } } }] },
    responsePayload: { errorMessage: expect.stringContaining('invalid manifest') },
  });
  await poll(async () => (await sum(LOG_METRICS.errorKeyword)) > 0, { what: 'the metric of the keyword Error' });
  expect(await sum(LOG_METRICS.structuredErrors)).toBeGreaterThan(0);
  const expected = ['FailureQueueNotEmpty', 'LogErrorKeyword', 'LogFailureKeyword', 'LogStructuredErrors'];
  await poll(async () => {
    const alarmed = await alarmsIn('ALARM');
    return expected.every((name) => alarmed.includes(name));
  }, { what: `the alarms ${expected.join(', ')}` });
  await poll(async () => (await alarmMails()).some(({ AlarmName }) => AlarmName.includes('FailureQueueNotEmpty')), { what: 'the message of the alarm' });
  // What has a composite alarm notifies by that, which waits for this message and is then silent; here it is left out.
  expect((await alarmMails()).map(({ AlarmName }) => AlarmName)).toEqual([expect.stringContaining('FailureQueueNotEmpty')]);
  expect(observerProblems).toEqual([]);
});

/** Names of the lines or figures of a widget that hold no value; the widget's title alone when nothing is in it. */
function empty({ title, content }: WidgetView): string[] {
  const missing = (names: readonly string[], all: number) => (all > 0 && names.length === all ? [title] : names.map((name) => `${title}: ${name}`));
  switch (content.kind) {
    case 'lines':
    case 'stacked':
      return missing(content.lines.filter(({ values }) => values.every((value) => value === null)).map(({ label }) => label), content.lines.length);
    case 'table': return content.rows.length === 0 ? [title] : [];
    case 'alarms': return content.alarms.length === 0 ? [title] : [];
    case 'text': return content.html === '' ? [title] : [];
    case 'unknown': return [title];
    default: return missing(content.values.filter(({ value }) => value === null).map(({ label }) => label), content.values.length);
  }
}

test('no plot of the dashboard is empty then; what the emulator does not measure is missing as a line', async () => {
  const { DashboardBody } = await cloudwatch.send(new GetDashboardCommand({ DashboardName: output('dashboardName') }));
  const logs = new CloudWatchLogsClient(cloud.clientConfig);
  const page = await serveDashboard({ body: DashboardBody!, cloudwatch, logs, period: 10, rangeSeconds: 300, refreshSeconds: 0.1 });
  try {
    await observed();
    const { widgets } = await (await fetch(`${page.url}api/view`)).json() as DashboardView;
    expect(widgets.flatMap(({ problems }) => problems)).toEqual([]);
    expect(widgets.length).toBeGreaterThanOrEqual(20);
    expect(widgets.flatMap(empty)).toEqual([
      // There were none: the lines of the runs, which the recorder passes over, count as neither.
      'Objects recorded: late or repeated events',
      // The run is CSV.
      'Tables of complete runs: committed',
      // No changes were applied.
      'Tables compacted: compacted',
      'Tables compacted: parts before that',
      'Tables compacted: longest invocation (ms)',
      'Size of the tables compacted',
      'DynamoDB write: in DynamoDB, average',
      'Cold starts: Lambda\'s init, longest (ms)',
      'Invocations of the recorder: errors',
    ]);
    const runs = widgets.find(({ title }) => title === 'Runs')!.content;
    expect(runs).toMatchObject({ kind: 'table', rows: [expect.arrayContaining(['run complete', '20260131T235959123Z-4f9a1c', '2', '1'])] });
  } finally {
    await page.close();
    logs.destroy();
  }
});
