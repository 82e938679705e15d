import { Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { TriggerFilter, checkedFilter } from './trigger-filter';
import { LandingTriggerBindOptions, LandingTriggerOptions } from './trigger-options';
import { acknowledgeNotificationsHandler } from '../access/nag-acknowledgements';
import { invalidInput } from '../checks/validation';

/** S3 tells EventBridge, and a rule invokes the function. */
export function bindEventBridge(scope: Construct, options: LandingTriggerOptions, bindOptions: LandingTriggerBindOptions): void {
  const { bucket, recorder, failureQueue } = bindOptions;
  const filter = checkedFilter(scope, options);
  if (bucket instanceof s3.Bucket) {
    bucket.enableEventBridgeNotification();
    acknowledgeNotificationsHandler(bucket);
  }

  new events.Rule(scope, 'LandedRule', {
    description: 'Hands every landed object to the recorder',
    eventPattern: {
      source: ['aws.s3'],
      detailType: ['Object Created', ...options.deletions ? ['Object Deleted'] : []],
      detail: { bucket: { name: [bucket.bucketName] }, ...keyPattern(scope, filter) },
    },
    targets: [new targets.LambdaFunction(recorder, { deadLetterQueue: failureQueue })],
  });
  if (failureQueue.encryptionMasterKey) {
    const eventBridge = new iam.ServicePrincipal('events.amazonaws.com');
    failureQueue.encryptionMasterKey.grant(eventBridge, 'kms:Decrypt', 'kms:GenerateDataKey');
  }
}

/** EventBridge matches any of a list; a prefix and a suffix together take a wildcard. */
function keyPattern(scope: Construct, { prefix, suffixes }: TriggerFilter): { object?: { key: object[] } } {
  if (prefix === undefined && suffixes === undefined) return {};
  if (suffixes === undefined) return { object: { key: [{ prefix }] } };
  if (prefix === undefined) return { object: { key: suffixes.map((suffix) => ({ suffix })) } };
  return { object: { key: suffixes.map((suffix) => ({ wildcard: `${escaped(scope, prefix)}*${escaped(scope, suffix)}` })) } };
}

/** `*` and `\` are special in a wildcard (EventBridge, "Comparison operators"). */
function escaped(scope: Construct, text: string): string {
  if (Token.isUnresolved(text)) {
    throw invalidInput(scope, 'eventBridge trigger with prefix and suffixes needs both known at synthesis, got a token: they are escaped into one pattern');
  }
  return text.replace(/[*\\]/g, (char) => `\\${char}`);
}
