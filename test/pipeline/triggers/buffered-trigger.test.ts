import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AlarmKind, BufferedTriggerOptions, LandingTrigger, LegacyToS3Pipeline, LegacyToS3PipelineProps } from '../../../src/pipeline';
import { arnMatch, arnOf, failureOf, only, statements, synthPipeline } from '../synth';

const buffered = (options?: BufferedTriggerOptions, props?: LegacyToS3PipelineProps) =>
  synthPipeline({ trigger: LandingTrigger.buffered(options), ...props });

const refusalOf = (options: BufferedTriggerOptions) =>
  failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', { trigger: LandingTrigger.buffered(options) }));

const mapping = (template: Template) => only(template, 'AWS::Lambda::EventSourceMapping').Properties;
const queue = (template: Template) => only(template, 'AWS::SQS::Queue', 'LedgerBuffer').Properties;
const variables = (template: Template) => only(template, 'AWS::Lambda::Function', 'LedgerRecorder').Properties.Environment.Variables;

describe('by default', () => {
  const { template, made } = buffered();

  test('S3 writes to the queue, of every object, and does not call the function', () => {
    const { NotificationConfiguration } = only(template, 'Custom::S3BucketNotifications').Properties;
    expect(NotificationConfiguration).toEqual({
      QueueConfigurations: [{ Events: ['s3:ObjectCreated:*'], QueueArn: arnOf('LedgerBuffer') }],
    });
  });

  test('Lambda takes a hundred at a time, or what there is after a second, and hears of each whether it failed', () => {
    expect(mapping(template)).toMatchObject({
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FunctionName: { Ref: expect.stringMatching(/^LedgerRecorderFunction/) },
    });
    expect(mapping(template).ScalingConfig).toBeUndefined();
  });

  test('the queue is encrypted, reached by TLS only, and hides messages six times as long as the function may run', () => {
    expect(queue(template)).toMatchObject({ SqsManagedSseEnabled: true, VisibilityTimeout: 1800, MessageRetentionPeriod: 604_800 });
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      Queues: [{ Ref: Match.stringLikeRegexp('^LedgerBuffer') }],
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]) },
    });
  });

  test('only this bucket may write to it', () => {
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Principal: { Service: 's3.amazonaws.com' }, Condition: { ArnLike: { 'aws:SourceArn': arnMatch('LedgerLandingBucket') } },
        })]),
      },
    });
  });

  test('what the function never answers for is moved to the failure queue', () => {
    expect(queue(template).RedrivePolicy).toEqual({
      deadLetterTargetArn: arnOf('LedgerRecorderFailureQueue'), maxReceiveCount: 10,
    });
  });

  test('the recorder may take from it and nothing more', () => {
    expect(statements(template, 'LedgerRecorderRole').filter(({ Resource }) => JSON.stringify(Resource).includes('LedgerBuffer'))).toEqual([{
      Effect: 'Allow',
      Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      Resource: arnOf('LedgerBuffer'),
    }]);
  });

  test('the recorder knows both queues and how often to try', () => {
    expect(variables(template)).toMatchObject({
      BUFFER_QUEUE_URL: { Ref: expect.stringMatching(/^LedgerBuffer/) },
      FAILURE_QUEUE_URL: { Ref: expect.stringMatching(/^LedgerRecorderFailureQueue/) },
      BUFFER_ATTEMPTS: '3',
      BUFFER_RETRY_SECONDS: '60',
    });
  });

  test('it can be reached', () => {
    expect(made.buffer?.node.path).toBe('Stack/Ledger/Buffer');
  });

  test('an event that waits too long raises an alarm', () => {
    expect(made.alarms[AlarmKind.BUFFER_DELAYED]).toBeDefined();
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^LedgerBuffer'), 'QueueName'] } }],
      Statistic: 'Maximum',
      Threshold: 60,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 3,
      TreatMissingData: 'notBreaching',
    });
  });

  test('the dashboard shows it', () => {
    expect(JSON.stringify(only(template, 'AWS::CloudWatch::Dashboard').Properties)).toContain('events that wait');
  });
});

test('without it there is no buffer, alarm or mapping', () => {
  const { template, made } = synthPipeline();
  expect([made.buffer, made.alarms[AlarmKind.BUFFER_DELAYED]]).toEqual([undefined, undefined]);
  template.resourceCountIs('AWS::Lambda::EventSourceMapping', 0);
  expect(JSON.stringify(template.toJSON())).not.toMatch(/events that wait|BUFFER_/);
});

test.each<[BufferedTriggerOptions, object]>([
  [{ batchSize: 5 }, { BatchSize: 5 }],
  [{ batchSize: 10_000, maxBatchingWindow: Duration.minutes(5) }, { BatchSize: 10_000, MaximumBatchingWindowInSeconds: 300 }],
  [{ batchSize: 10, maxBatchingWindow: Duration.seconds(0) }, { BatchSize: 10, MaximumBatchingWindowInSeconds: 0 }],
  [{ maxConcurrency: 2 }, { ScalingConfig: { MaximumConcurrency: 2 } }],
])('%j is for the mapping', (options, expected) => {
  expect(mapping(buffered(options).template)).toMatchObject(expected);
});

test('attempts and retryDelay are for the function', () => {
  expect(variables(buffered({ attempts: 5, retryDelay: Duration.seconds(0) }).template)).toMatchObject({ BUFFER_ATTEMPTS: '5', BUFFER_RETRY_SECONDS: '0' });
});

test('prefix, suffixes and deletions are as those of a notification', () => {
  const { NotificationConfiguration } = only(buffered({ prefix: 'in/', suffixes: ['.csv'], deletions: true }).template, 'Custom::S3BucketNotifications').Properties;
  const told = NotificationConfiguration.QueueConfigurations
    .map(({ Events, Filter }: any) => [Events[0], ...Filter.Key.FilterRules.map(({ Value }: any) => Value)]);
  expect(told).toEqual([
    ['s3:ObjectCreated:*', '.csv', 'in/'], ['s3:ObjectCreated:*', '_manifest.json', 'in/'],
    ['s3:ObjectRemoved:*', '.csv', 'in/'], ['s3:ObjectRemoved:*', '_manifest.json', 'in/'],
    ['s3:LifecycleExpiration:*', '.csv', 'in/'], ['s3:LifecycleExpiration:*', '_manifest.json', 'in/'],
  ]);
});

test('the function\'s own time limit bounds how long messages are hidden', () => {
  expect(queue(buffered({}, { timeout: Duration.minutes(1) }).template).VisibilityTimeout).toBe(360);
});

test('the key encrypts it too; S3 and the recorder may use it', () => {
  const { template } = synthPipeline((stack) => ({ encryptionKey: new kms.Key(stack, 'Key'), trigger: LandingTrigger.buffered() }));
  expect(queue(template).KmsMasterKeyId).toEqual(arnOf('Key'));
  template.hasResourceProperties('AWS::KMS::Key', {
    KeyPolicy: { Statement: Match.arrayWith([Match.objectLike({ Principal: { Service: 's3.amazonaws.com' }, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] })]) },
  });
});

test('an imported bucket keeps its notifications', () => {
  const { template } = synthPipeline((stack) => ({
    bucket: s3.Bucket.fromBucketName(stack, 'Imported', 'landing-of-others'), catalog: false, trigger: LandingTrigger.buffered(),
  }));
  template.hasResourceProperties('Custom::S3BucketNotifications', { BucketName: 'landing-of-others', Managed: false });
});

test('two that watch one prefix of a bucket are refused, also beside a notification', () => {
  const stack = new Stack(new App(), 'Stack');
  const bucket = new s3.Bucket(stack, 'Bucket');
  new LegacyToS3Pipeline(stack, 'First', { bucket, trigger: LandingTrigger.buffered({ prefix: 'in/' }) });
  expect(() => new LegacyToS3Pipeline(stack, 'Second', { bucket, trigger: LandingTrigger.s3Notification({ prefix: 'in/' }) }))
    .toThrow("Stack/Second: s3 refuses overlapping notifications: 'in/*' and 'in/*' are watched in one bucket");
});

test.each<[BufferedTriggerOptions, string]>([
  [{ batchSize: 0 }, 'trigger batchSize must be a whole number from 1 to 10000, got 0'],
  [{ batchSize: 1.5 }, 'trigger batchSize must be a whole number from 1 to 10000, got 1.5'],
  [{ batchSize: 11, maxBatchingWindow: Duration.seconds(0) }, 'trigger batchSize above 10 needs a maxBatchingWindow of at least 1 second, got 11 and none'],
  [{ maxBatchingWindow: Duration.minutes(6) }, 'trigger maxBatchingWindow must be whole seconds from 0 ms to 5 minutes, got 6 minutes'],
  [{ maxBatchingWindow: Duration.millis(1500) }, 'trigger maxBatchingWindow must be whole seconds from 0 ms to 5 minutes, got 1 second 500 millis'],
  [{ maxConcurrency: 1 }, 'trigger maxConcurrency must be a whole number from 2 to 1000, got 1'],
  [{ attempts: 6 }, 'trigger attempts must be a whole number from 1 to 5, got 6'],
  [{ retryDelay: Duration.hours(2) }, 'trigger retryDelay must be whole seconds from 0 ms to 1 hour, got 2 hours'],
  [{ prefix: '/in' }, "trigger prefix must not start with '/', got '/in': object keys do not start with one"],
])('refuses %j', (options, message) => {
  expect(refusalOf(options)).toBe(`Stack/Ledger: ${message}`);
});
