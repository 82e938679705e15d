import { Stack, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MANIFEST_FILE } from '../contract';
import { acknowledgeNotificationsHandler } from './nag-acknowledgements';
import { invalidInput } from './validation';

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
   * S3 notifies the function directly: the fewest parts and the shortest way. The bucket's other notifications are kept,
   * also those of an imported bucket; S3 refuses two notifications for object creation whose prefixes and suffixes overlap.
   */
  public static s3Notification(options: LandingTriggerOptions = {}): LandingTrigger {
    return new S3NotificationTrigger(options);
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

  public bind(scope: Construct, { bucket, recorder }: LandingTriggerBindOptions): void {
    const { prefix, suffixes } = checkedFilter(scope, this.options);
    const destination = new s3n.LambdaDestination(recorder);
    for (const suffix of suffixes ?? [undefined]) {
      bucket.addEventNotification(s3.EventType.OBJECT_CREATED, destination, ...(prefix || suffix ? [{ prefix, suffix }] : []));
    }
    acknowledgeNotificationsHandler(Stack.of(bucket));
  }
}

/** The filter with the manifest's suffix added, once it is known that S3 will take it. */
function checkedFilter(scope: Construct, { prefix, suffixes }: LandingTriggerOptions): LandingTriggerOptions {
  if (prefix !== undefined) requireLiteral(scope, 'prefix', prefix);
  if (prefix?.startsWith('/')) throw invalidInput(scope, `trigger prefix must not start with '/', got '${prefix}': object keys do not start with one`);
  if (suffixes === undefined) return { prefix };
  if (suffixes.length === 0) throw invalidInput(scope, 'trigger suffixes must name at least one suffix or be left out, got an empty list');
  for (const suffix of suffixes) requireLiteral(scope, 'suffix', suffix);
  requireDisjoint(scope, suffixes);
  const manifestCovered = suffixes.some((suffix) => !Token.isUnresolved(suffix) && MANIFEST_FILE.endsWith(suffix));
  if (manifestCovered) return { prefix, suffixes };
  requireDisjoint(scope, [...suffixes, MANIFEST_FILE]);
  return { prefix, suffixes: [...suffixes, MANIFEST_FILE] };
}

function requireLiteral(scope: Construct, name: string, value: string): void {
  if (Token.isUnresolved(value)) return;
  if (value === '') throw invalidInput(scope, `trigger ${name} must not be empty: leave it out to match every key`);
  if (/[*?]/.test(value)) {
    throw invalidInput(scope, `trigger ${name} is compared literally and takes no wildcard, got '${value}'`);
  }
}

function requireDisjoint(scope: Construct, suffixes: string[]): void {
  const known = suffixes.filter((suffix) => !Token.isUnresolved(suffix));
  known.forEach((longer, at) => known.forEach((shorter, other) => {
    if (at === other || !longer.endsWith(shorter)) return;
    const problem = longer === shorter ? `'${longer}' is given twice` : `every key that ends with '${longer}' also ends with '${shorter}'`;
    throw invalidInput(scope, `trigger suffixes must not overlap: ${problem}`);
  }));
}
