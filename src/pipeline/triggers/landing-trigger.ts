import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import { Construct } from 'constructs';
import { bindBuffer } from './buffered-trigger';
import { bindEventBridge } from './event-bridge-trigger';
import { bindS3Notification } from './s3-notification-trigger';
import { BufferedTriggerOptions, LandingTriggerBinding, LandingTriggerBindOptions, LandingTriggerOptions } from './trigger-options';

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
    return new ConnectingTrigger(options.prefix, (scope, bindOptions) => ({ rule: bindEventBridge(scope, options, bindOptions) }));
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
