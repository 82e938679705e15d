import { Duration } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../access/nag-acknowledgements';

/** Properties of a failure queue. */
export interface FailureQueueProps {
  /**
   * KMS key that encrypts the messages.
   *
   * @default - keys managed by SQS (SSE-SQS)
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * The queue of what could not be recorded. Lambda writes to it the event, the error and its stack trace once its
 * retries are used up. Messages stay for 14 days, the longest SQS allows. Reached by TLS only.
 */
export class FailureQueue extends sqs.Queue {
  constructor(scope: Construct, id: string, props: FailureQueueProps = {}) {
    super(scope, id, {
      encryption: props.encryptionKey ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
      encryptionMasterKey: props.encryptionKey,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this, 'SQS3', 'this queue is the dead-letter queue: what is in it already failed');
  }
}
