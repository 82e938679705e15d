import { Duration } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { bindBuffer } from './buffered-trigger';
import { bindEventBridge } from './event-bridge-trigger';
import { bindS3Notification } from './s3-notification-trigger';

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
   * Whether deletions are handed over too, so that the records of deleted objects say so.
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
}

/** How the recorder hears of a landed object. */
export abstract class LandingTrigger {
  /**
   * S3 notifies the function directly: the fewest parts and the shortest way.
   *
   * The bucket's other notifications are kept, also those of an imported bucket. S3 refuses two notifications of one kind
   * whose prefixes and suffixes overlap. What S3 wants URL-encoded in them (`=`, spaces and the like) is encoded here, but for
   * a text known only at deployment.
   */
  public static s3Notification(options: LandingTriggerOptions = {}): LandingTrigger {
    return new ConnectingTrigger(options.prefix, (scope, { bucket, recorder }) => {
      bindS3Notification(scope, options, bucket, new s3n.LambdaDestination(recorder));
      return {};
    });
  }

  /**
   * S3 tells EventBridge and a rule invokes the function: any number of pipelines and others may watch the same keys, at
   * the price of an event for each object. What EventBridge cannot hand over goes to the failure queue.
   *
   * EventBridge notifications are switched on for a bucket of this app. An imported bucket must have them on already.
   */
  public static eventBridge(options: LandingTriggerOptions = {}): LandingTrigger {
    return new ConnectingTrigger(options.prefix, (scope, bindOptions) => {
      bindEventBridge(scope, options, bindOptions);
      return {};
    });
  }

  /**
   * S3 writes to a queue, and Lambda hands the function many events at once: fewer invocations for bursts of small objects,
   * a limit on how many run, and days of patience when the function or the account has none left. The price is one more
   * part, requests to SQS, and up to `maxBatchingWindow` until an object is recorded.
   *
   * One event that fails does not hold up its batch. The function itself writes an event it has given up on to the failure
   * queue, with the error and its trace. The bucket's notifications are as those of `s3Notification`.
   */
  public static buffered(options: BufferedTriggerOptions = {}): LandingTrigger {
    return new ConnectingTrigger(options.prefix, (scope, bindOptions) => ({ buffer: bindBuffer(scope, options, bindOptions) }));
  }

  /** The prefix of the keys handed over; undefined for the whole bucket. */
  public abstract readonly prefix?: string;

  /**
   * Connects bucket and function. Called once by the construct that owns the trigger.
   *
   * @param scope where to put what the trigger needs
   * @param options what to connect
   */
  public abstract bind(scope: Construct, options: LandingTriggerBindOptions): LandingTriggerBinding;
}

/** A trigger whose kind is in the way it connects. */
class ConnectingTrigger extends LandingTrigger {
  constructor(
    public readonly prefix: string | undefined,
    private readonly connect: (scope: Construct, options: LandingTriggerBindOptions) => LandingTriggerBinding,
  ) {
    super();
  }

  public bind(scope: Construct, options: LandingTriggerBindOptions): LandingTriggerBinding {
    return this.connect(scope, options);
  }
}
