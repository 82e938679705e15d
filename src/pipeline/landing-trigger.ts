import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { bindEventBridge } from './event-bridge-trigger';
import { bindS3Notification } from './s3-notification-trigger';

/** Which objects a trigger hands to the recorder. */
export interface LandingTriggerOptions {
  /**
   * Only keys that begin with this text; it is compared literally, so end a folder with `/`.
   *
   * @default - the whole bucket
   */
  readonly prefix?: string;

  /**
   * Only keys that end with one of these texts, compared literally and case-sensitive, for example `.parquet`. None may
   * end with another. Manifests (`_manifest.json`) are watched in any case: without them no run would ever be completed.
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

/** What a trigger connects. */
export interface LandingTriggerBindOptions {
  /** The bucket the objects land in. */
  readonly bucket: s3.IBucket;

  /** The function that records them. */
  readonly recorder: lambda.IFunction;

  /** Where events go that could not be handed over. */
  readonly failureQueue: sqs.IQueue;
}

/** How the recorder hears of a landed object. */
export abstract class LandingTrigger {
  /**
   * S3 notifies the function directly: the fewest parts and the shortest way.
   *
   * The bucket's other notifications are kept, also those of an imported bucket. S3 refuses two notifications of one kind
   * whose prefixes and suffixes overlap, and wants special characters in them URL-encoded.
   */
  public static s3Notification(options: LandingTriggerOptions = {}): LandingTrigger {
    return new S3NotificationTrigger(options);
  }

  /**
   * S3 tells EventBridge and a rule invokes the function: any number of pipelines and others may watch the same keys, at
   * the price of an event for each object. What EventBridge cannot hand over goes to
   * the failure queue.
   *
   * EventBridge notifications are switched on for a bucket of this app. An imported bucket must have them on already.
   */
  public static eventBridge(options: LandingTriggerOptions = {}): LandingTrigger {
    return new EventBridgeTrigger(options);
  }

  /** The prefix of the keys handed over; undefined for the whole bucket. */
  public abstract readonly prefix?: string;

  /**
   * Connects bucket and function. Called once by the construct that owns the trigger.
   *
   * @param scope where to put what the trigger needs
   * @param options what to connect
   */
  public abstract bind(scope: Construct, options: LandingTriggerBindOptions): void;
}

class S3NotificationTrigger extends LandingTrigger {
  public readonly prefix?: string;

  constructor(private readonly options: LandingTriggerOptions) {
    super();
    this.prefix = options.prefix;
  }

  public bind(scope: Construct, options: LandingTriggerBindOptions): void {
    bindS3Notification(scope, this.options, options);
  }
}

class EventBridgeTrigger extends LandingTrigger {
  public readonly prefix?: string;

  constructor(private readonly options: LandingTriggerOptions) {
    super();
    this.prefix = options.prefix;
  }

  public bind(scope: Construct, options: LandingTriggerBindOptions): void {
    bindEventBridge(scope, this.options, options);
  }
}
