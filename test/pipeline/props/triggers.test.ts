import { Duration, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { BufferedTriggerOptions, LandingTrigger, LandingTriggerBindOptions, LandingTriggerOptions } from '../../../src/pipeline';
import { PropCases, testProps } from '../prop-cases';

/** Every option of the triggers, by default and by a value of one's own. */

function bind(stack: Stack, trigger: LandingTrigger, options: Partial<LandingTriggerBindOptions> = {}): void {
  trigger.bind(stack, {
    bucket: options.bucket ?? new s3.Bucket(stack, 'Landing'),
    recorder: options.recorder ?? new lambda.Function(stack, 'Recorder', {
      code: lambda.Code.fromInline('exports.handler = async () => {}'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X,
    }),
    failureQueue: options.failureQueue ?? new sqs.Queue(stack, 'Failures'),
    encryptionKey: options.encryptionKey,
  });
}

/** What shows each option in the bucket's notifications. */
const notified = (kind: string): PropCases<LandingTriggerOptions> => ({
  prefix: { own: () => ({ prefix: 'in/' }), shows: new RegExp(`^LandingNotifications/.*/${kind}/\\d/Filter/.*/Value: in/$`) },
  suffixes: { own: () => ({ suffixes: ['.csv'] }), shows: new RegExp(`^LandingNotifications/.*/${kind}/\\d/Filter/.*/Value: .csv$`) },
  deletions: { byDefault: false, own: () => ({ deletions: true }), shows: new RegExp(`^LandingNotifications/.*/${kind}/\\d/Events/\\d: s3:ObjectRemoved:`) },
});

describe('s3Notification', () => {
  testProps<LandingTriggerOptions>(notified('LambdaFunctionConfigurations'), (stack, options) => bind(stack, LandingTrigger.s3Notification(options)));
});

describe('eventBridge', () => {
  testProps<LandingTriggerOptions>({
    prefix: { own: () => ({ prefix: 'in/' }), shows: /^LandedRule\/Properties\/EventPattern\/detail\/object\/key\/0\/(prefix|wildcard): in\// },
    suffixes: { own: () => ({ suffixes: ['.csv'] }), shows: /^LandedRule\/Properties\/EventPattern\/detail\/object\/key\/\d\/\w+: \*?\.csv$/ },
    deletions: { byDefault: false, own: () => ({ deletions: true }), shows: /^LandedRule\/Properties\/EventPattern\/detail-type\/\d: Object Deleted$/ },
  }, (stack, options) => bind(stack, LandingTrigger.eventBridge(options)));
});

describe('buffered', () => {
  testProps<BufferedTriggerOptions>({
    ...notified('QueueConfigurations'),
    batchSize: { byDefault: 100, own: () => ({ batchSize: 500 }), shows: /^BufferMapping\/Properties\/BatchSize: 500$/ },
    maxBatchingWindow: {
      byDefault: Duration.seconds(1),
      own: () => ({ maxBatchingWindow: Duration.seconds(30) }),
      shows: /^BufferMapping\/Properties\/MaximumBatchingWindowInSeconds: 30$/,
    },
    maxConcurrency: { own: () => ({ maxConcurrency: 5 }), shows: /^BufferMapping\/Properties\/ScalingConfig\/MaximumConcurrency: 5$/ },
    attempts: { byDefault: 3, own: () => ({ attempts: 5 }), shows: /^Recorder\/.*\/Variables\/BUFFER_ATTEMPTS: 5$/ },
    retryDelay: { byDefault: Duration.minutes(1), own: () => ({ retryDelay: Duration.seconds(7) }), shows: /^Recorder\/.*\/Variables\/BUFFER_RETRY_SECONDS: 7$/ },
  }, (stack, options) => bind(stack, LandingTrigger.buffered(options)));
});

describe('what a trigger is bound to', () => {
  testProps<LandingTriggerBindOptions>({
    bucket: { own: (stack) => ({ bucket: new s3.Bucket(stack, 'Own') }), shows: /^OwnNotifications\/Type: Custom::S3BucketNotifications$/ },
    recorder: {
      own: (stack) => ({
        recorder: lambda.Function.fromFunctionAttributes(stack, 'Own', {
          functionArn: 'arn:aws:lambda:eu-west-1:111111111111:function:own',
          sameEnvironment: true,
        }),
      }),
      shows: /^BufferMapping\/Properties\/FunctionName: own$/,
    },
    failureQueue: { own: (stack) => ({ failureQueue: new sqs.Queue(stack, 'Own') }), shows: /^Buffer\/.*\/deadLetterTargetArn\/Fn::GetAtt\/0: Own$/ },
    encryptionKey: { own: (stack) => ({ encryptionKey: new kms.Key(stack, 'Own') }), shows: /^Buffer\/Properties\/KmsMasterKeyId\/Fn::GetAtt\/0: Own$/ },
  }, (stack, options) => bind(stack, LandingTrigger.buffered(), options));
});
