import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';

/** Which objects a trigger hands to the recorder. */
export interface LandingTriggerOptions {
  /**
   * Only keys that begin with this text; it is compared literally, so end a folder with `/`. No `*`.
   *
   * @default - the whole bucket
   */
  readonly prefix?: string;

  /**
   * Only keys that end with one of these texts, compared literally and case-sensitive, for example `.parquet`. No `*`; none
   * may end with another. Manifests (`_manifest.json`) are watched in any case: without them no run would ever be completed.
   *
   * @default - any key
   */
  readonly suffixes?: string[];

  /**
   * Whether deletions are handed over too, also those by lifecycle rules, so that the records of deleted objects say so.
   *
   * @default false
   */
  readonly deletions?: boolean;
}

/** Which objects a buffered trigger hands to the recorder, and how many at once. */
export interface BufferedTriggerOptions extends LandingTriggerOptions {
  /**
   * How many events one invocation gets at most, 1 to 10000; more than 10 need a `maxBatchingWindow`.
   *
   * @default 100
   */
  readonly batchSize?: number;

  /**
   * How long Lambda gathers events before it invokes the function with fewer than `batchSize`, whole seconds, 0 to 5
   * minutes. An object is recorded later by as much.
   *
   * @default Duration.seconds(1)
   */
  readonly maxBatchingWindow?: Duration;

  /**
   * How many invocations the buffer may have running, 2 to 1000; what exceeds it waits in the buffer.
   *
   * @default - as many as Lambda starts, up to 1000
   */
  readonly maxConcurrency?: number;

  /**
   * How often an event is tried before it goes to the failure queue, 1 to 5. It takes the place of the recorder's
   * `retryAttempts` and `maxEventAge`.
   *
   * @default 3
   */
  readonly attempts?: number;

  /**
   * How long after it failed an event is tried again, whole seconds, 0 to 1 hour.
   *
   * @default Duration.minutes(1)
   */
  readonly retryDelay?: Duration;
}

/** What a trigger connects. */
export interface LandingTriggerBindOptions {
  /** The bucket the objects land in. */
  readonly bucket: s3.IBucket;

  /** The function that records them. */
  readonly recorder: lambda.IFunction;

  /** Where events go that could not be handed over. */
  readonly failureQueue: sqs.IQueue;

  /**
   * KMS key that encrypts what the trigger keeps.
   *
   * @default - keys managed by the services
   */
  readonly encryptionKey?: kms.IKey;
}

/** What a trigger made when it was bound. */
export interface LandingTriggerBinding {
  /**
   * The queue events wait in before they are recorded.
   *
   * @default - they do not wait in a queue
   */
  readonly buffer?: sqs.IQueue;

  /**
   * The rule by which EventBridge hands events over.
   *
   * @default - it does not
   */
  readonly rule?: events.IRule;
}
