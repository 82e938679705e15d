import { CloudWatchClient, DescribeAlarmsCommand, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { synthesizeSample } from './sample-app';
import {
  type DeployedStack, deployTemplate, type LocalCloud, type Observer, poll, startLocalCloud, startObserver,
} from '../../../tools/local-cloud';

let cloud: LocalCloud;
let stack: DeployedStack;
let observer: Observer;
let s3: S3Client;
let sqs: SQSClient;
let cloudwatch: CloudWatchClient;
const problems: Error[] = [];

beforeEach(async () => {
  cloud = await startLocalCloud({ asyncRetryBaseSeconds: 0.2 });
  stack = await deployTemplate(cloud, synthesizeSample());
  observer = startObserver(cloud, { intervalMs: 50, gaugeIntervalMs: 100, mathAlarms: stack.mathAlarms, onError: (e) => problems.push(e) });
  s3 = new S3Client(cloud.clientConfig);
  sqs = new SQSClient(cloud.clientConfig);
  cloudwatch = new CloudWatchClient(cloud.clientConfig);
});

afterEach(async () => {
  await observer?.stop();
  for (const client of [s3, sqs, cloudwatch]) client?.destroy();
  await cloud?.stop();
  expect(problems.splice(0)).toEqual([]);
});

const put = async (Key: string) => s3.send(new PutObjectCommand({ Bucket: stack.outputs.BucketName, Key, Body: 'x' }));

async function alarmState(id: 'ErrorAlarm' | 'QueueAlarm'): Promise<string | undefined> {
  const logicalId = stack.logicalIds['AWS::CloudWatch::Alarm'].find((name) => name.startsWith(id))!;
  const { MetricAlarms: [alarm] = [] } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [stack.resources[logicalId]] }));
  return alarm?.StateValue;
}

async function total(Namespace: string, MetricName: string, dimension?: [string, string]): Promise<number> {
  const { Datapoints: points = [] } = await cloudwatch.send(new GetMetricStatisticsCommand({
    Namespace,
    MetricName,
    Dimensions: dimension ? [{ Name: dimension[0], Value: dimension[1] }] : [],
    StartTime: new Date(Date.now() - 600_000),
    EndTime: new Date(Date.now() + 60_000),
    Period: 3600,
    Statistics: ['Sum'],
  }));
  return points.reduce((sum, point) => sum + point.Sum!, 0);
}

async function messages(QueueUrl: string): Promise<{ [field: string]: string }[]> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }));
  return Messages.map((message) => {
    const body = JSON.parse(message.Body!) as { Message?: string };
    return (body.Message ? JSON.parse(body.Message) : body) as { [field: string]: string };
  });
}

/** Two rounds that began after this moment have read every line stored before it. */
async function observed(): Promise<void> {
  const from = observer.rounds;
  await poll(async () => observer.rounds >= from + 2, { what: 'two rounds of the observer' });
}

test('an error line becomes metric, alarm and message', async () => {
  await put('bad/1.csv');
  await poll(async () => (await alarmState('ErrorAlarm')) === 'ALARM', { what: 'alarm on errors' });
  expect(await total('Sample', 'ErrorKeyword')).toBeGreaterThanOrEqual(1);
  const received = await poll(async () => {
    const all = await messages(stack.outputs.InboxUrl);
    return all.find((message) => message.AlarmName.includes('ErrorAlarm'));
  }, { what: 'message of the alarm' });
  expect(received).toMatchObject({ NewStateValue: 'ALARM', Trigger: { Namespace: 'Sample', MetricName: 'ErrorKeyword' } });
});

test('an event that cannot be handled fills the failure queue, whose metric-math alarm sees it in flight too', async () => {
  await put('bad/2.csv');
  const failure = await poll(async () => (await messages(stack.outputs.FailuresUrl))[0], { what: 'failed event' });
  expect(failure).toMatchObject({ requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 } });
  await sqs.send(new ReceiveMessageCommand({ QueueUrl: stack.outputs.FailuresUrl, VisibilityTimeout: 600 }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: stack.outputs.FailuresUrl, AttributeNames: ['All'] }),
  );
  expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '1' });
  await poll(async () => (await alarmState('QueueAlarm')) === 'ALARM', { what: 'alarm on the queue' });
});

test('without an error line the alarms stay quiet, and embedded metrics arrive whole', async () => {
  const keys = ['a b+c.csv', 'ä/ñ.csv', 'plain.csv'];
  for (const key of keys) await put(key);
  const dynamodb = new DynamoDBClient(cloud.clientConfig);
  const items = await poll(async () => {
    const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: stack.outputs.TableName }));
    return Items.length === keys.length && Items;
  }, { what: 'items' });
  dynamodb.destroy();
  expect(items.map((item) => item.key.S).sort()).toEqual(keys.sort());
  await poll(async () => (await total('Sample', 'Recorded', ['service', 'sample'])) === keys.length, { what: 'embedded metrics' });
  const functionName = stack.resources[stack.logicalIds['AWS::Lambda::Function'].find((id) => id.startsWith('Function'))!];
  await poll(async () => (await total('AWS/Lambda', 'Invocations', ['FunctionName', functionName])) === keys.length, { what: 'invocations' });
  await observed();
  expect(await total('Sample', 'ErrorKeyword')).toBe(0);
  expect(await alarmState('ErrorAlarm')).toBe('INSUFFICIENT_DATA');
  expect(await alarmState('QueueAlarm')).toBe('OK');
  expect(await messages(stack.outputs.InboxUrl)).toEqual([]);
});
