import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { AlarmTopic, FailureQueue, LandingBucket, LandingTrigger, LegacyToS3Pipeline, LegacyToS3PipelineProps, MetadataTable } from '../../src/pipeline';

/** Resources of one's own in another stack, region or account. */

const TRIGGERS = {
  s3Notification: () => LandingTrigger.s3Notification({ prefix: 'in/' }),
  eventBridge: () => LandingTrigger.eventBridge(),
  buffered: () => LandingTrigger.buffered(),
};
type Trigger = keyof typeof TRIGGERS;

/** An app whose pipeline `Ledger` in the stack `Mine` has resources of the stack `Other`. */
function twoStacks(trigger: Trigger, props: (other: Stack) => LegacyToS3PipelineProps, also: (other: Stack) => void = () => {}) {
  const app = new App({ analyticsReporting: false });
  const other = new Stack(app, 'Other');
  const mine = new Stack(app, 'Mine');
  const pipeline = new LegacyToS3Pipeline(mine, 'Ledger', { trigger: TRIGGERS[trigger](), dashboard: false, ...props(other) });
  also(other);
  pipeline.grantLand(new iam.Role(mine, 'Loader', { assumedBy: new iam.AccountRootPrincipal() })).assertSuccess();
  app.synth();
  return { app, mine: Template.fromStack(mine), other: Template.fromStack(other), mineStack: mine };
}

const key = (stack: Stack) => new kms.Key(stack, 'Key');

describe.each(Object.keys(TRIGGERS) as Trigger[])('resources of another stack, by %s', (trigger) => {
  test.each<[string, (other: Stack) => LegacyToS3PipelineProps]>([
    ['a bucket', (other) => ({ bucket: new LandingBucket(other, 'Bucket') })],
    ['a bucket with a key', (other) => ({ bucket: new LandingBucket(other, 'Bucket', { encryptionKey: key(other) }) })],
    ['a queue', (other) => ({ failureQueue: new FailureQueue(other, 'Queue') })],
    ['a queue with a key', (other) => ({ failureQueue: new FailureQueue(other, 'Queue', { encryptionKey: key(other) }) })],
    ['a topic', (other) => ({ alarmTopic: new AlarmTopic(other, 'Topic') })],
    ['a table', (other) => ({ metadataTable: new MetadataTable(other, 'Table') })],
    ['a key', (other) => ({ encryptionKey: key(other) })],
  ])('%s is no circle', (_name, props) => {
    expect(() => twoStacks(trigger, props)).not.toThrow();
  });
});

test('a bucket of another stack notifies by what is in the pipeline\'s, beside those it has', () => {
  const { mine, other } = twoStacks('s3Notification', (stack) => ({ bucket: new s3.Bucket(stack, 'Bucket') }));
  other.resourceCountIs('Custom::S3BucketNotifications', 0);
  mine.hasResourceProperties('Custom::S3BucketNotifications', { Managed: false, BucketName: Match.anyValue() });
  mine.hasResourceProperties('AWS::Lambda::Permission', { Principal: 's3.amazonaws.com', SourceArn: { 'Fn::ImportValue': Match.stringLikeRegexp('^Other:.*Bucket') } });
});

test('two pipelines of a stack share what asks the bucket', () => {
  const app = new App({ analyticsReporting: false });
  const bucket = new s3.Bucket(new Stack(app, 'Other'), 'Bucket');
  const mine = new Stack(app, 'Mine');
  for (const id of ['One', 'Two']) {
    new LegacyToS3Pipeline(mine, id, { bucket, dashboard: false, trigger: LandingTrigger.s3Notification({ prefix: `${id}/` }) });
  }
  app.synth();
  Template.fromStack(mine).resourceCountIs('Custom::S3BucketNotifications', 1);
});

test('a bucket that has notifications in its own stack would overwrite them: refused', () => {
  expect(() => twoStacks('s3Notification', (other) => {
    const bucket = new s3.Bucket(other, 'Bucket');
    bucket.enableEventBridgeNotification();
    return { bucket };
  })).toThrow(/Other\/Bucket has notifications in its own stack, which overwrites those that Mine\/Ledger adds in another; use LandingTrigger.eventBridge\(\)/);
});

test('EventBridge may write to the failure queue of another stack', () => {
  const { other } = twoStacks('eventBridge', (stack) => ({ failureQueue: new FailureQueue(stack, 'Queue') }));
  other.hasResourceProperties('AWS::SQS::QueuePolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([Match.objectLike({
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Condition: { ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(':rule/\\*$')])] } } },
      })]),
    },
  });
});

test('of an imported queue, and of its key, a warning says what EventBridge needs', () => {
  const { mineStack } = twoStacks('eventBridge', (other) => ({
    failureQueue: sqs.Queue.fromQueueAttributes(other, 'Queue', {
      queueArn: 'arn:aws:sqs:eu-west-1:111111111111:failures', keyArn: 'arn:aws:kms:eu-west-1:111111111111:key/1',
    }),
  }));
  Annotations.fromStack(mineStack).hasWarning('/Mine/Ledger', Match.stringLikeRegexp("failureQueue 'Other/Queue' is imported.*must let events.amazonaws.com call sqs:SendMessage"));
});

describe('of another account or region', () => {
  const ELSEWHERE = { account: '222222222222', region: 'eu-west-1' };
  const ABROAD = { account: '111111111111', region: 'us-east-1' };
  const where = ({ account, region }: typeof ELSEWHERE) => `${region}:${account}`;
  const make = (props: (stack: Stack) => LegacyToS3PipelineProps) => {
    const stack = new Stack(new App(), 'Stack', { env: { account: '111111111111', region: 'eu-west-1' } });
    return { stack, pipeline: new LegacyToS3Pipeline(stack, 'Ledger', props(stack)) };
  };
  const bucket = (env: typeof ELSEWHERE) => (stack: Stack) => ({ bucket: s3.Bucket.fromBucketAttributes(stack, 'Own', { bucketName: 'own', ...env }) });
  const table = (env: typeof ELSEWHERE) => (stack: Stack) => ({ metadataTable: dynamodb.Table.fromTableArn(stack, 'Own', `arn:aws:dynamodb:${where(env)}:table/own`) });
  const queue = (env: typeof ELSEWHERE) => (stack: Stack) => ({ failureQueue: sqs.Queue.fromQueueArn(stack, 'Own', `arn:aws:sqs:${where(env)}:own`) });
  const topic = (env: typeof ELSEWHERE) => (stack: Stack) => ({ alarmTopic: sns.Topic.fromTopicArn(stack, 'Own', `arn:aws:sns:${where(env)}:own`) });

  test.each<[string, (stack: Stack) => LegacyToS3PipelineProps, RegExp]>([
    ['bucket, other account', bucket(ELSEWHERE), /bucket must be in the account of the stack, 111111111111, got one in 222222222222: .*deploy the pipeline in the account of the bucket/],
    ['bucket, other region', bucket(ABROAD), /bucket must be in the region of the stack, eu-west-1, got one in us-east-1: .*replicationRules/],
    ['bucket of an app, other account', (stack) => ({ bucket: new s3.Bucket(new Stack(stack.node.root, 'Other', { env: ELSEWHERE }), 'Own', { bucketName: 'own' }) }), /got one in 222222222222/],
    ['table, other account', table(ELSEWHERE), /metadataTable must be in the account/],
    ['table, other region', table(ABROAD), /metadataTable must be in the region/],
    ['queue, other account', queue(ELSEWHERE), /failureQueue must be in the account .* leave it out/],
    ['queue, other region', queue(ABROAD), /failureQueue must be in the region/],
    ['topic, other region', topic(ABROAD), /alarmTopic must be in the region .* make one there and subscribe to it/],
    ['key, other region', (stack) => ({ encryptionKey: key(new Stack(stack.node.root, 'Other', { env: ABROAD })) }), /encryptionKey must be in the region/],
  ])('%s is refused with the way out, for every trigger', (_name, props, message) => {
    for (const trigger of Object.values(TRIGGERS)) expect(() => make((stack) => ({ ...props(stack), trigger: trigger() }))).toThrow(message);
  });

  test('a topic of another account is taken with a warning of what its policy must let', () => {
    const { stack } = make(topic(ELSEWHERE));
    expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(
      'alarmTopic .* is of account 222222222222: its policy must let cloudwatch.amazonaws.com call sns:Publish for the aws:SourceAccount 111111111111',
    ))).toHaveLength(1);
  });
});
