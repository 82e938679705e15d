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
  const notifying = ofStack(scope, bucket);
  const prefix = encoded(filter.prefix);
  for (const type of types) {
    for (const suffix of filter.suffixes ?? [undefined]) {
      notifying.addEventNotification(type, destination, ...(prefix || suffix ? [{ prefix, suffix: encoded(suffix) }] : []));
    }
  }
  acknowledgeNotificationsHandler(notifying);
}

/** Buckets of other stacks by the stack that has asked them to notify. */
const imports = new WeakMap<s3.IBucket, Map<Stack, s3.IBucket>>();

/**
 * The bucket to ask for notifications in our stack. In its own stack the notification would depend on ours, which depends on
 * the bucket; in ours it is added to those that the bucket has, as for any imported bucket.
 */
function ofStack(scope: Construct, bucket: s3.IBucket): s3.IBucket {
  const stack = Stack.of(scope);
  if (Stack.of(bucket) === stack) return bucket;
  const known = imports.get(bucket) ?? new Map<Stack, s3.IBucket>();
  const imported = known.get(stack) ?? s3.Bucket.fromBucketAttributes(scope, 'NotifyingBucket', { bucketArn: bucket.bucketArn, account: bucket.env.account });
  imports.set(bucket, known.set(stack, imported));
  // Its stack writes notifications as a whole: on its next change of them ours would be gone, and nobody told.
  bucket.node.addValidation({
    validate: () => (bucket instanceof s3.Bucket && bucket.node.tryFindChild('Notifications') ? [
      `${bucket.node.path} has notifications in its own stack, which overwrites those that ${scope.node.path} adds in another; use LandingTrigger.eventBridge()`,
    ] : []),
  });
  return imported;
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
