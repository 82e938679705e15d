import { unwrappedEvents } from './envelopes';
import { InvalidEventError } from './errors';
import { NULL_VERSION } from '../../contract';

/** What S3 says happened to one object, whichever way the message came. */
export interface ObjectEvent {
  readonly kind: 'created' | 'removed';
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  /** Absent when the bucket is not versioned. */
  readonly versionId?: string;
  /** As S3 wrote it; comparable only with sequencers of the same key. */
  readonly sequencer?: string;
  /** ISO 8601, UTC. */
  readonly eventTime?: string;
  readonly sizeBytes?: number;
  readonly eTag?: string;
}

/**
 * The records in what invoked the function: an S3 event notification (S3, "Event message structure"), an EventBridge
 * event of S3, or the test message S3 sends when notifications are set up, which has none; passed on by SNS or SQS or not.
 * A message among others that is none of these is given as a record, which {@link toObjectEvent} refuses: it holds up no other.
 *
 * @throws InvalidEventError for anything else
 */
export function eventRecords(event: unknown): readonly unknown[] {
  const passedOn = unwrappedEvents(event);
  if (passedOn) return passedOn.flatMap((each) => recordsOf(each) ?? [each]);
  const records = recordsOf(event);
  if (records) return records;
  throw new InvalidEventError(`expected an S3 event notification or an EventBridge event of S3, got ${shapeOf(event)}`);
}

function recordsOf(event: unknown): readonly unknown[] | undefined {
  if (!isRecord(event)) return undefined;
  if (Array.isArray(event.Records)) return event.Records;
  if (event.source === 'aws.s3' && isRecord(event.detail)) return [event];
  return event.Event === 's3:TestEvent' ? [] : undefined;
}

/**
 * Brings one record to its plain form; undefined for an event that neither creates nor removes an object version.
 *
 * @throws InvalidEventError when it lacks what identifies the object, or its key is not URL-encoded as S3 does
 */
export function toObjectEvent(record: unknown): ObjectEvent | undefined {
  if (!isRecord(record)) throw new InvalidEventError(`expected an event record, got ${shapeOf(record)}`);
  return isRecord(record.detail) ? fromEventBridge(record, record.detail) : fromNotification(record);
}

function fromNotification(record: Record<string, unknown>): ObjectEvent | undefined {
  const name = text(record.eventName) ?? '';
  const s3 = isRecord(record.s3) ? record.s3 : {};
  const object = isRecord(s3.object) ? s3.object : {};
  const versionId = text(object.versionId);
  const kind = kindOf(name, versionId);
  if (kind === undefined) return undefined;
  return {
    kind,
    ...identity(s3.bucket, object, decodeKey),
    versionId,
    sequencer: text(object.sequencer),
    eventTime: time(record.eventTime),
    sizeBytes: count(object.size),
    eTag: text(object.eTag),
  };
}

function fromEventBridge(event: Record<string, unknown>, detail: Record<string, unknown>): ObjectEvent | undefined {
  const object = isRecord(detail.object) ? detail.object : {};
  const versionId = text(object['version-id']);
  const deletion = detail['deletion-type'] === 'Delete Marker Created' ? 'ObjectRemoved:DeleteMarkerCreated' : 'ObjectRemoved:Delete';
  const names: { readonly [type: string]: string } = { 'Object Created': 'ObjectCreated:*', 'Object Deleted': deletion };
  const kind = kindOf(names[text(event['detail-type']) ?? ''] ?? 'Other', versionId);
  if (kind === undefined) return undefined;
  return {
    kind,
    ...identity(detail.bucket, object, (key) => key),
    versionId,
    sequencer: text(object.sequencer),
    eventTime: time(event.time),
    sizeBytes: count(object.size),
    eTag: text(object.etag),
  };
}

function kindOf(eventName: string, versionId: string | undefined): ObjectEvent['kind'] | undefined {
  const name = eventName.replace(/^s3:/, '');
  if (name === '') throw new InvalidEventError('expected an event record with an eventName, got none');
  if (name.startsWith('ObjectCreated:')) return 'created';
  // A delete marker hides a key but removes no version of it, unless it takes the place of the `null` version.
  if (name.endsWith(':DeleteMarkerCreated') && (versionId ?? NULL_VERSION) !== NULL_VERSION) return undefined;
  return /^(ObjectRemoved|LifecycleExpiration):/.test(name) ? 'removed' : undefined;
}

function identity(bucket: unknown, object: Record<string, unknown>, decode: (key: string) => string) {
  const name = isRecord(bucket) ? text(bucket.name) : undefined;
  const key = text(object.key);
  if (name === undefined || key === undefined) {
    throw new InvalidEventError(`expected an event record with a bucket name and an object key, got ${name ?? 'no bucket'} and ${key ?? 'no key'}`);
  }
  return { bucket: name, key: decode(key) };
}

/** Notifications carry keys in form encoding: `+` is a space, the rest percent-encoded UTF-8. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replace(/\+/g, ' '));
  } catch (cause) {
    throw new InvalidEventError(`expected a URL-encoded object key, got '${key}'`, { cause });
  }
}

function time(value: unknown): string | undefined {
  const at = new Date(text(value) ?? NaN);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shapeOf(value: unknown): string {
  return isRecord(value) ? `an object with ${Object.keys(value).slice(0, 10).join(', ') || 'nothing'}` : Array.isArray(value) ? 'an array' : String(value).slice(0, 100);
}
