import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { TriggerFilter, checkedFilter } from './trigger-filter';
import { LandingTriggerBindOptions, LandingTriggerOptions } from './trigger-options';
import { allowServiceByKeyPolicy } from '../access/key-policy';
import { acknowledgeNotificationsHandler } from '../access/nag-acknowledgements';
import { invalidInput } from '../checks/validation';

/** S3 tells EventBridge, and a rule invokes the function. */
export function bindEventBridge(scope: Construct, options: LandingTriggerOptions, bindOptions: LandingTriggerBindOptions): events.Rule {
  const { bucket, recorder, failureQueue } = bindOptions;
  const filter = checkedFilter(scope, options);
  if (bucket instanceof s3.Bucket) {
    bucket.enableEventBridgeNotification();
    acknowledgeNotificationsHandler(bucket);
  }

  const rule = new events.Rule(scope, 'LandedRule', {
    description: 'Hands every landed object to the recorder',
    eventPattern: {
      source: ['aws.s3'],
      detailType: ['Object Created', ...options.deletions ? ['Object Deleted'] : []],
      detail: { bucket: { name: [bucket.bucketName] }, ...keyPattern(scope, filter) },
    },
    targets: [new targets.LambdaFunction(recorder, { deadLetterQueue: deadLetterQueue(scope, failureQueue) })],
  });
  if (failureQueue.encryptionMasterKey) {
    // Without conditions on the source: for this use EventBridge documents none, and one that never matches loses events.
    allowServiceByKeyPolicy(failureQueue.encryptionMasterKey, {
      sid: 'EventsEncrypt', of: 'the key of the failure queue', service: 'events.amazonaws.com', actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    });
  }
  return rule;
}

/**
 * The failure queue as a rule's dead-letter queue, which EventBridge may write to by the queue's policy alone (EventBridge,
 * "Granting permissions to the dead-letter queue"). In that of another stack the rule cannot be named: it would depend on the
 * rule, and the rule on it; so it lets all rules of its account and region.
 */
function deadLetterQueue(scope: Construct, queue: sqs.IQueue): sqs.IQueue {
  if (queue instanceof sqs.Queue && Stack.of(queue) === Stack.of(scope)) return queue;
  const rules = Stack.of(queue).formatArn({ service: 'events', resource: 'rule', resourceName: '*' });
  const { statementAdded } = queue.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'FailuresEnter',
    principals: [new iam.ServicePrincipal('events.amazonaws.com')],
    actions: ['sqs:SendMessage'],
    resources: [queue.queueArn],
    conditions: { ArnLike: { 'aws:SourceArn': rules } },
  }));
  if (statementAdded) return sqs.Queue.fromQueueArn(scope, 'DeadLetterQueue', queue.queueArn);
  Annotations.of(scope).addWarningV2(
    'cdk-legacy-to-s3:importedQueuePolicy',
    `failureQueue '${queue.node.path}' is imported, so its policy cannot be changed here: it must let events.amazonaws.com call sqs:SendMessage, `
      + 'or what EventBridge cannot hand over is lost; see docs/security.md',
  );
  return queue;
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
