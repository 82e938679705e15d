import { CfnParameter } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
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
