import { CloudWatchClient, DescribeAlarmsCommand, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand, DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SetQueueAttributesCommand, SQSClient,
} from '@aws-sdk/client-sqs';
import { LOG_METRICS, manifestKey } from '../../src/contract';
import { type LocalCloud, poll } from '../local-cloud';
import type { DeployedPipeline } from './deploy-pipeline';

/** What a broken manifest set off. */
export interface FailureDrill {
  readonly key: string;
  /** Message of the error trace in the failure queue. */
  readonly errorMessage: string;
  readonly errorLines: number;
  readonly alarmName: string;
  readonly alarmState: string;
  /** What the alarm's topic sent. */
  readonly notification: string;
}

/** Where the drill looks for the alarm's message. */
export interface Mailbox {
  readonly queueUrl: string;
}

/** Subscribes a queue to the alarms' topic: e-mail leaves no trace on the local cloud. */
export async function openMailbox(cloud: LocalCloud, pipeline: DeployedPipeline): Promise<Mailbox> {
  const sqs = new SQSClient(cloud.clientConfig);
  const sns = new SNSClient(cloud.clientConfig);
  try {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'demo-mailbox' }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    const statement = { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: Attributes!.QueueArn };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
    await sns.send(new SubscribeCommand({ TopicArn: pipeline.alarmTopicArn, Protocol: 'sqs', Endpoint: Attributes!.QueueArn }));
    return { queueUrl: QueueUrl! };
  } finally {
    sqs.destroy();
    sns.destroy();
  }
}

/** Lands a manifest that is none, and follows it to the failure queue, the metric, the alarm and the message. */
export async function runFailureDrill(cloud: LocalCloud, pipeline: DeployedPipeline, mailbox: Mailbox): Promise<FailureDrill> {
  const s3 = new S3Client(cloud.clientConfig);
  const sqs = new SQSClient(cloud.clientConfig);
  const cloudwatch = new CloudWatchClient(cloud.clientConfig);
  try {
    const key = manifestKey('landing', 'drill');
    await s3.send(new PutObjectCommand({ Bucket: pipeline.bucketName, Key: key, Body: '{ "manifestVersion": ', ContentType: 'application/json' }));
    const failed = await poll(() => peek(sqs, pipeline.failureQueueUrl), { what: 'a message in the failure queue', deadlineMs: 30_000 });
    const errorLines = await poll(() => errorLinesCounted(cloudwatch, pipeline.metricNamespace), { what: 'the error metric', deadlineMs: 15_000 });
    const alarm = await poll(() => firedAlarm(cloudwatch), { what: 'the alarm of the failure queue', deadlineMs: 30_000 });
    const mail = await poll(() => alarmMail(sqs, mailbox.queueUrl, alarm.name), { what: 'the alarm\'s message', deadlineMs: 15_000 });
    return { key, errorMessage: traceOf(failed), errorLines, alarmName: alarm.name, alarmState: alarm.state, notification: mail };
  } finally {
    for (const client of [s3, sqs, cloudwatch]) client.destroy();
  }
}

/** How many messages the failure queue holds, visible and in flight. */
export async function queueDepth(cloud: LocalCloud, queueUrl: string): Promise<number> {
  const sqs = new SQSClient(cloud.clientConfig);
  try {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }));
    return Object.values(Attributes ?? {}).reduce((sum, value) => sum + Number(value), 0);
  } finally {
    sqs.destroy();
  }
}

async function peek(sqs: SQSClient, queueUrl: string): Promise<string | undefined> {
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, VisibilityTimeout: 0 }));
  return Messages?.[0]?.Body;
}

/** Lambda's record of an asynchronous failure: the error is in `responsePayload`. */
function traceOf(body: string): string {
  const { responsePayload } = JSON.parse(body) as { responsePayload?: { errorType?: string; errorMessage?: string } };
  return responsePayload ? `${responsePayload.errorType}: ${responsePayload.errorMessage}` : 'no error trace';
}

async function errorLinesCounted(cloudwatch: CloudWatchClient, namespace: string): Promise<number | undefined> {
  const { Datapoints } = await cloudwatch.send(new GetMetricStatisticsCommand({
    Namespace: namespace,
    MetricName: LOG_METRICS.errorKeyword,
    StartTime: new Date(Date.now() - 3_600_000),
    EndTime: new Date(Date.now() + 60_000),
    Period: 3600,
    Statistics: ['Sum'],
  }));
  const sum = (Datapoints ?? []).reduce((total, point) => total + (point.Sum ?? 0), 0);
  return sum > 0 ? sum : undefined;
}

/** That of the failure queue: it is the one that sends a message, for itself and the alarms that the same event sets off. */
async function firedAlarm(cloudwatch: CloudWatchClient): Promise<{ name: string; state: string } | undefined> {
  const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }));
  const alarm = MetricAlarms?.find(({ AlarmName }) => AlarmName!.includes('FailureQueueNotEmpty'));
  return alarm && { name: alarm.AlarmName!, state: alarm.StateValue! };
}

/** What CloudWatch writes to a topic when an alarm's state changes. */
interface Mail {
  readonly AlarmName: string;
  readonly NewStateValue: string;
  readonly NewStateReason: string;
}

/** Takes what is in the mailbox, until it holds the message that this alarm went off. */
async function alarmMail(sqs: SQSClient, queueUrl: string, alarmName: string): Promise<string | undefined> {
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return undefined;
    for (const { Body, ReceiptHandle } of Messages) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
      const mail = JSON.parse((JSON.parse(Body!) as { Message: string }).Message) as Mail;
      if (mail.AlarmName === alarmName && mail.NewStateValue === 'ALARM') return `${mail.AlarmName} is ${mail.NewStateValue}: ${mail.NewStateReason}`;
    }
  }
}
