import { Stack, Token } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { TriggerFilter, checkedFilter, filtersOverlap } from './trigger-filter';
import { LandingTriggerOptions } from './trigger-options';
import { acknowledgeNotificationsHandler } from '../access/nag-acknowledgements';
import { invalidInput } from '../checks/validation';

/** What the triggers of this app have asked each bucket to notify of; of what was imported twice, by its name in a stack. */
const watched = new WeakMap<s3.IBucket, TriggerFilter[]>();
const watchedByName = new WeakMap<Stack, Map<string, TriggerFilter[]>>();

/** S3 notifies a destination itself. */
export function bindS3Notification(
  scope: Construct, options: LandingTriggerOptions, bucket: s3.IBucket, destination: s3.IBucketNotificationDestination,
): void {
  const filter = checkedFilter(scope, options);
  requireUnwatched(scope, bucket, filter);
  // What a lifecycle rule deletes is told of by types of its own (S3, "Configuring S3 Lifecycle event notifications").
  const types = [s3.EventType.OBJECT_CREATED, ...options.deletions ? [s3.EventType.OBJECT_REMOVED, s3.EventType.LIFECYCLE_EXPIRATION] : []];
  const prefix = encoded(filter.prefix);
  for (const type of types) {
    for (const suffix of filter.suffixes ?? [undefined]) {
      bucket.addEventNotification(type, destination, ...(prefix || suffix ? [{ prefix, suffix: encoded(suffix) }] : []));
    }
  }
  acknowledgeNotificationsHandler(bucket);
}

/**
 * A prefix or suffix as S3 compares it, with keys as its messages name them: `+` for a space, percent-encoding for all but
 * safe characters (S3, "Configuring event notifications using object key name filtering"). Unencoded, `year=2026/` matches nothing.
 */
function encoded(text: string | undefined): string | undefined {
  if (text === undefined || Token.isUnresolved(text)) return text;
  return encodeURIComponent(text).replace(/%2F/g, '/').replace(/%20/g, '+').replace(/~/g, '%7E');
}

function requireUnwatched(scope: Construct, bucket: s3.IBucket, filter: TriggerFilter): void {
  const named = watchedByName.get(Stack.of(scope)) ?? new Map<string, TriggerFilter[]>();
  const ofBucket = watched.get(bucket) ?? [];
  const ofName = named.get(bucket.bucketName) ?? [];
  const others = [...ofBucket, ...ofName];
  const other = others.find((known) => filtersOverlap(filter, known));
  if (other) {
    throw invalidInput(scope, `s3 refuses overlapping notifications: ${describe(filter)} and ${describe(other)} are watched in one bucket; ` +
      'give each pipeline a prefix of its own, or use LandingTrigger.eventBridge()');
  }
  watched.set(bucket, [...ofBucket, filter]);
  watchedByName.set(Stack.of(scope), named.set(bucket.bucketName, [...ofName, filter]));
}

function describe({ prefix, suffixes }: TriggerFilter): string {
  return `'${prefix ?? ''}*'${suffixes ? ` with suffix ${suffixes.map((suffix) => `'${suffix}'`).join(', ')}` : ''}`;
}
