import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { bindS3Notification } from './s3-notification-trigger';
import { BufferedTriggerOptions, LandingTriggerBindOptions } from './trigger-options';
import { HANDLER_ENV } from '../../contract';
import { allowServiceByKeyPolicy } from '../access/key-policy';
import { invalidInput, requireDuration, requireWhole } from '../checks/validation';

/**
 * After how many tries the queue itself moves a message to the failure queue, event alone: the function did not even answer
 * (timeout, out of memory, throttles, which count as tries too).
 */
const UNANSWERED = 10;

/** S3 writes to a queue, and Lambda hands its messages to the function in batches. */
export function bindBuffer(scope: Construct, options: BufferedTriggerOptions, bindOptions: LandingTriggerBindOptions): sqs.Queue {
  const { bucket, recorder, failureQueue, encryptionKey } = bindOptions;
  const { batchSize = 100, maxBatchingWindow = Duration.seconds(1), maxConcurrency, attempts = 3, retryDelay = Duration.minutes(1) } = options;
  checkOptions(scope, options);
  const buffer = new sqs.Queue(scope, 'Buffer', {
    encryption: encryptionKey ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
    encryptionMasterKey: encryptionKey,
    enforceSSL: true,
    visibilityTimeout: visibilityTimeout(recorder),
    retentionPeriod: Duration.days(7),
    deadLetterQueue: { queue: failureQueue, maxReceiveCount: UNANSWERED },
  });
  allowNotifications(buffer, bucket, encryptionKey);
  // Not `SqsDestination`: it names the bucket in the policy of the key, which the bucket may itself depend on.
  const destination = { bind: () => ({ arn: buffer.queueArn, type: s3.BucketNotificationDestinationType.QUEUE, dependencies: [buffer] }) };
  bindS3Notification(scope, options, bucket, destination);

  // Not by `addToRolePolicy`: under one of the feature flags that makes a policy which the mapping would not wait for.
  const taking = iam.Grant.addToPrincipal({
    grantee: recorder,
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
    resourceArns: [buffer.queueArn],
  });
  encryptionKey?.grant(recorder, 'kms:Decrypt');
  if (recorder instanceof lambda.Function) {
    recorder.addEnvironment(HANDLER_ENV.bufferQueueUrl, buffer.queueUrl);
    recorder.addEnvironment(HANDLER_ENV.failureQueueUrl, failureQueue.queueUrl);
    recorder.addEnvironment(HANDLER_ENV.bufferAttempts, String(attempts));
    recorder.addEnvironment(HANDLER_ENV.bufferRetrySeconds, String(retryDelay.toSeconds()));
  }
  const mapping = new lambda.EventSourceMapping(scope, 'BufferMapping', {
    target: recorder, eventSourceArn: buffer.queueArn, batchSize, maxBatchingWindow, maxConcurrency, reportBatchItemFailures: true,
  });
  taking.applyBefore(mapping);
  return buffer;
}

/** Lets S3 write for this bucket, and use the key if there is one (S3, "AWS KMS key policy" of event notifications). */
function allowNotifications(buffer: sqs.Queue, bucket: s3.IBucket, key?: kms.IKey): void {
  buffer.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'NotificationsEnter',
    principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
    actions: ['sqs:SendMessage'],
    resources: [buffer.queueArn],
    conditions: { ArnLike: { 'aws:SourceArn': bucket.bucketArn }, StringEquals: { 'aws:SourceAccount': bucket.env.account } },
  }));
  if (!key) return;
  // Without conditions on the source: for keys S3 documents none, and one that never matches loses events.
  allowServiceByKeyPolicy(key, { sid: 'NotificationsEncrypt', service: 's3.amazonaws.com', actions: ['kms:Decrypt', 'kms:GenerateDataKey*'] });
}

function checkOptions(scope: Construct, options: BufferedTriggerOptions): void {
  requireWhole(scope, 'trigger batchSize', options.batchSize, { min: 1, max: 10_000 });
  requireWhole(scope, 'trigger maxConcurrency', options.maxConcurrency, { min: 2, max: 1000 });
  requireWhole(scope, 'trigger attempts', options.attempts, { min: 1, max: 5 });
  requireDuration(scope, 'trigger maxBatchingWindow', options.maxBatchingWindow, { min: Duration.seconds(0), max: Duration.minutes(5), whole: 'seconds' });
  requireDuration(scope, 'trigger retryDelay', options.retryDelay, { min: Duration.seconds(0), max: Duration.hours(1), whole: 'seconds' });
  const { batchSize = 100, maxBatchingWindow: window } = options;
  if (batchSize > 10 && window && !window.isUnresolved() && window.toMilliseconds() === 0) {
    throw invalidInput(scope, `trigger batchSize above 10 needs a maxBatchingWindow of at least 1 second, got ${batchSize} and none`);
  }
}

/** Six times what the function may take (Lambda, "Configuring a queue to use with Lambda"). */
function visibilityTimeout(recorder: lambda.IFunction): Duration {
  const timeout = recorder instanceof lambda.Function ? recorder.timeout : undefined;
  const known = timeout && !timeout.isUnresolved() ? timeout : Duration.minutes(15);
  return Duration.seconds(6 * known.toSeconds());
}
