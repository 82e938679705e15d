import { CfnParameter } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { LandingTrigger, LandingTriggerOptions, LegacyToS3Pipeline } from '../../../src/pipeline';
import { arnOf, failureOf, only, synth, synthPipeline } from '../synth';

const patternOf = (options?: LandingTriggerOptions) =>
  only(synthPipeline({ trigger: LandingTrigger.eventBridge(options) }).template, 'AWS::Events::Rule').Properties.EventPattern;

test('by default every object of the bucket is handed over', () => {
  expect(patternOf()).toEqual({
    'source': ['aws.s3'],
    'detail-type': ['Object Created'],
    'detail': { bucket: { name: [{ Ref: expect.stringMatching(/^LedgerLandingBucket/) }] } },
  });
});

test('a prefix alone', () => {
  expect(patternOf({ prefix: 'landing/' }).detail.object.key).toEqual([{ prefix: 'landing/' }]);
});

test('suffixes alone, and the manifests', () => {
  expect(patternOf({ suffixes: ['.csv'] }).detail.object.key).toEqual([{ suffix: '.csv' }, { suffix: '_manifest.json' }]);
});

test('prefix and suffixes together make wildcards', () => {
  expect(patternOf({ prefix: 'landing/', suffixes: ['.csv', '.json'] }).detail.object.key)
    .toEqual([{ wildcard: 'landing/*.csv' }, { wildcard: 'landing/*.json' }]);
});

test('what is special in a wildcard is escaped', () => {
  expect(patternOf({ prefix: 'a\\b/', suffixes: ['.json'] }).detail.object.key).toEqual([{ wildcard: 'a\\\\b/*.json' }]);
});

test('deletions on request', () => {
  expect(patternOf({ deletions: true })['detail-type']).toEqual(['Object Created', 'Object Deleted']);
});

describe('wiring', () => {
  const { template } = synthPipeline({ trigger: LandingTrigger.eventBridge() });

  test('the bucket tells EventBridge', () => {
    template.hasResourceProperties('Custom::S3BucketNotifications', {
      NotificationConfiguration: { EventBridgeConfiguration: {}, LambdaFunctionConfigurations: Match.absent() },
    });
  });

  test('the rule invokes the function and may', () => {
    template.hasResourceProperties('AWS::Lambda::Permission', { Principal: 'events.amazonaws.com', Action: 'lambda:InvokeFunction' });
    expect(only(template, 'AWS::Lambda::Permission').Properties.SourceArn).toEqual(arnOf('LedgerLandedRule'));
  });

  test('what EventBridge cannot hand over goes to the failure queue, and the rule may write there', () => {
    const [target] = only(template, 'AWS::Events::Rule').Properties.Targets;
    expect(target.DeadLetterConfig).toEqual({ Arn: arnOf('LedgerRecorderFailureQueue') });
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({ Effect: 'Allow', Action: 'sqs:SendMessage', Principal: { Service: 'events.amazonaws.com' } })]),
      },
    });
  });
});

test('EventBridge may use the key of the failure queue', () => {
  const { template } = synthPipeline((stack) => ({ trigger: LandingTrigger.eventBridge(), encryptionKey: new kms.Key(stack, 'Key') }));
  template.hasResourceProperties('AWS::KMS::Key', {
    KeyPolicy: {
      Statement: Match.arrayWith([Match.objectLike({
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Principal: { Service: 'events.amazonaws.com' },
      })]),
    },
  });
});

test('an imported bucket is left as it is', () => {
  const { template } = synthPipeline((stack) => ({
    bucket: s3.Bucket.fromBucketName(stack, 'Imported', 'landing-of-others'),
    trigger: LandingTrigger.eventBridge(),
  }));
  template.resourceCountIs('Custom::S3BucketNotifications', 0);
  expect(only(template, 'AWS::Events::Rule').Properties.EventPattern.detail.bucket.name).toEqual(['landing-of-others']);
});

test('two pipelines may watch the same keys', () => {
  const { template } = synth((stack) => {
    const bucket = new s3.Bucket(stack, 'Bucket');
    for (const id of ['First', 'Second']) new LegacyToS3Pipeline(stack, id, { bucket, trigger: LandingTrigger.eventBridge() });
  });
  template.resourceCountIs('AWS::Events::Rule', 2);
});

test('a token alone is taken, a token in a wildcard refused', () => {
  const { template } = synthPipeline((stack) => ({ trigger: LandingTrigger.eventBridge({ prefix: new CfnParameter(stack, 'Prefix').valueAsString }) }));
  expect(only(template, 'AWS::Events::Rule').Properties.EventPattern.detail.object.key).toEqual([{ prefix: { Ref: 'Prefix' } }]);
  expect(failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', {
    trigger: LandingTrigger.eventBridge({ prefix: new CfnParameter(scope, 'Prefix').valueAsString, suffixes: ['.csv'] }),
  }))).toContain('needs both known at synthesis, got a token');
});

test('of an imported key a warning says that EventBridge must be let use it', () => {
  const { stack } = synthPipeline((scope) => ({
    trigger: LandingTrigger.eventBridge(), encryptionKey: kms.Key.fromKeyArn(scope, 'Mine', 'arn:aws:kms:eu-west-1:111111111111:key/1'),
  }));
  expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(
    'the key of the failure queue is imported.*must let events.amazonaws.com call kms:Decrypt, kms:GenerateDataKey;',
  ))).toHaveLength(1);
});

test('the key of this app lets EventBridge and S3 without conditions on the source', () => {
  for (const [trigger, service] of [[LandingTrigger.eventBridge(), 'events'], [LandingTrigger.buffered(), 's3']] as const) {
    const { template } = synthPipeline((scope) => ({ trigger, encryptionKey: new kms.Key(scope, 'Mine') }));
    const [key] = Object.values(template.findResources('AWS::KMS::Key'));
    const given = key.Properties.KeyPolicy.Statement.filter(({ Principal }: any) => Principal.Service === `${service}.amazonaws.com`);
    expect(given).toHaveLength(1);
    expect(given[0].Condition).toBeUndefined();
  }
});

test('an alarm hears of events that the rule could not even write to the failure queue', () => {
  const lost = (trigger: LandingTrigger) => {
    const [alarm] = Object.entries(synthPipeline({ trigger }).template.findResources('AWS::CloudWatch::Alarm')).filter(([id]) => id.includes('FailureQueueUnreachable'));
    return alarm[1].Properties.Metrics.filter(({ MetricStat }: any) => MetricStat).map(({ MetricStat: { Metric } }: any) => Metric.MetricName);
  };
  expect(lost(LandingTrigger.eventBridge())).toEqual([...Array<string>(3).fill('DestinationDeliveryFailures'), 'InvocationsFailedToBeSentToDlq']);
  expect(lost(LandingTrigger.s3Notification())).toEqual(Array<string>(3).fill('DestinationDeliveryFailures'));
});
