import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Alarm, type CfnAlarm, ComparisonOperator, Dashboard, MathExpression, TextWidget, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { LambdaDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';

/** The function of the sample: writes an item, an EMF line, and fails with a keyword on keys that start with `bad`. */
const HANDLER = `
const { DynamoDBClient, PutItemCommand } = require('@aws-sdk/client-dynamodb');
const client = new DynamoDBClient({});
exports.handler = async (event) => {
  for (const { s3 } of event.Records) {
    const key = decodeURIComponent(s3.object.key.replaceAll('+', ' '));
    if (key.startsWith('bad')) {
      console.error(JSON.stringify({ level: 'ERROR', message: 'Error: cannot record', key }));
      throw new Error('cannot record ' + key);
    }
    const started = Date.now();
    await client.send(new PutItemCommand({ TableName: process.env.TABLE, Item: { key: { S: key } } }));
    console.log(JSON.stringify({ level: 'INFO', message: 'recorded', key }));
    console.log(JSON.stringify({
      _aws: { Timestamp: Date.now(), CloudWatchMetrics: [{ Namespace: 'Sample', Dimensions: [['service']],
        Metrics: [{ Name: 'Recorded', Unit: 'Count' }, { Name: 'Latency', Unit: 'Milliseconds' }] }] },
      service: 'sample', Recorded: 1, Latency: [Date.now() - started + 1, 5],
    }));
  }
};`;

/** How the sample app differs from the plain one. */
export interface SampleOptions {
  /** Without it the function's role may not write to the table. @default true */
  readonly grantWrite?: boolean;
  /** Whether an alarm lacks its namespace, which CloudWatch refuses. @default false */
  readonly breakAlarm?: boolean;
}

/** Synthesises bucket → function → table with failure queue, metric filter, alarms and dashboard; returns the assembly's folder. */
export function synthesizeSample(options: SampleOptions = {}): string {
  const code = mkdtempSync(path.join(tmpdir(), 'sample-code-'));
  writeFileSync(path.join(code, 'index.js'), HANDLER);
  const app = new App({ outdir: mkdtempSync(path.join(tmpdir(), 'sample-out-')), analyticsReporting: false });
  const stack = new Stack(app, 'Sample');
  const bucket = new Bucket(stack, 'Bucket', { removalPolicy: RemovalPolicy.DESTROY });
  const table = new Table(stack, 'Table', { partitionKey: { name: 'key', type: AttributeType.STRING } });
  const failures = new Queue(stack, 'Failures');
  const logGroup = new LogGroup(stack, 'Logs');
  const fn = new LambdaFunction(stack, 'Function', {
    runtime: Runtime.NODEJS_20_X,
    handler: 'index.handler',
    code: Code.fromAsset(code),
    environment: { TABLE: table.tableName },
    timeout: Duration.seconds(20),
    onFailure: new SqsDestination(failures),
    logGroup,
  });
  if (options.grantWrite ?? true) table.grantWriteData(fn);
  bucket.addEventNotification(EventType.OBJECT_CREATED, new LambdaDestination(fn));
  const errors = new MetricFilter(stack, 'Errors', {
    logGroup, filterPattern: FilterPattern.anyTerm('Error'), metricNamespace: 'Sample', metricName: 'ErrorKeyword', metricValue: '1',
  }).metric({ statistic: 'Sum', period: Duration.minutes(1) });
  const topic = new Topic(stack, 'Topic');
  const inbox = new Queue(stack, 'Inbox');
  topic.addSubscription(new SqsSubscription(inbox));
  const alarm = (id: string, metric: typeof errors | MathExpression) => {
    const made = new Alarm(stack, id, {
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    made.addAlarmAction(new SnsAction(topic));
    return made;
  };
  const onErrors = alarm('ErrorAlarm', errors);
  if (options.breakAlarm) (onErrors.node.defaultChild as CfnAlarm).addPropertyDeletionOverride('Namespace');
  alarm('QueueAlarm', new MathExpression({
    expression: 'visible + inFlight',
    period: Duration.minutes(1),
    usingMetrics: {
      visible: failures.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
      inFlight: failures.metricApproximateNumberOfMessagesNotVisible({ statistic: 'Maximum' }),
    },
  }));
  new Dashboard(stack, 'Dashboard', { widgets: [[new TextWidget({ markdown: '# Sample' })]] });
  const outputs = { BucketName: bucket.bucketName, TableName: table.tableName, FailuresUrl: failures.queueUrl, InboxUrl: inbox.queueUrl };
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, name, { value });
  return app.synth().directory;
}
