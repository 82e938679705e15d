import { S3Client } from '@aws-sdk/client-s3';
import { StartCompletion } from './start-completion';
import { writeRecord } from './write-record';
import { isManifestKey, isManifestPageKey, isRunLogKey, isRunSnapshotsKey, isStateKey, isTablesKey } from '../../contract';
import { mapConcurrently } from '../shared/concurrency';
import { BatchNotHandledError, RecordNotHandledError } from '../shared/errors';
import { ItemStore } from '../shared/item-store';
import { eventRecords, ObjectEvent, toObjectEvent } from '../shared/s3-events';
import { Telemetry } from '../shared/telemetry';

/** Event records handled at the same time; S3 sends one in an event, a replay may send many. */
const RECORD_CONCURRENCY = 8;

/** What the recorder works with. */
export interface RecorderServices {
  readonly s3: S3Client;
  readonly objects: ItemStore;
  readonly telemetry: Telemetry;
  /** The prefix that is watched; run completion writes its lines below it, which are no landed objects. */
  readonly landingPrefix: string;
  /** Undefined where nothing completes runs. */
  readonly startCompletion?: StartCompletion;
}

/** How the records of one event ended. */
export interface RecorderSummary {
  readonly records: number;
  readonly written: number;
  readonly ignored: number;
}

/**
 * Records every object an event tells of; each record for itself, so that one that cannot be handled holds up no other.
 *
 * @throws BatchNotHandledError after all records were tried, if any could not be handled
 * @throws InvalidEventError when the event has no records to try
 */
export async function recordEvent(services: RecorderServices, event: unknown): Promise<RecorderSummary> {
  const { telemetry } = services;
  const records = eventRecords(event);
  const failures: RecordNotHandledError[] = [];
  let written = 0;
  await mapConcurrently(records, RECORD_CONCURRENCY, async (record) => {
    telemetry.metric('recordAttempts', 1);
    let subject = 'an event record';
    try {
      const told = toObjectEvent(record);
      if (told) subject = `s3://${told.bucket}/${told.key}${told.versionId ? ` version ${told.versionId}` : ''}`;
      if (told && await handle(services, told, record)) written += 1;
      else if (!told || isLanded(services, told.key)) telemetry.metric('eventsIgnored', 1);
      telemetry.metric('recordSuccesses', 1);
    } catch (error) {
      const failure = new RecordNotHandledError(subject, error);
      telemetry.failure('an event record could not be handled', failure);
      failures.push(failure);
    }
  });
  if (failures.length > 0) throw new BatchNotHandledError(failures, records.length);
  return { records: records.length, written, ignored: records.length - written };
}

/** What the pipeline and the extractor keep for themselves is not landed data, and no late or repeated event either. */
function isLanded({ landingPrefix }: RecorderServices, key: string): boolean {
  if (isRunLogKey(landingPrefix, key) || isRunSnapshotsKey(landingPrefix, key)) return false;
  return !isStateKey(key) && !isTablesKey(key) && !isManifestPageKey(key);
}

async function handle(services: RecorderServices, event: ObjectEvent, record: unknown): Promise<boolean> {
  const { s3, objects, telemetry, startCompletion } = services;
  if (!isLanded(services, event.key)) return false;
  const { written, item } = await writeRecord(s3, objects, event);
  if (written) {
    telemetry.metric('objectsRecorded', 1);
    if (event.kind === 'created') telemetry.metric('bytesLanded', item.sizeBytes);
    if (event.eventTime) telemetry.metric('recordLatency', Math.max(0, Date.now() - Date.parse(event.eventTime)));
    telemetry.info('object recorded', { objectKey: item.objectKey, versionId: item.versionId, state: item.state, sizeBytes: item.sizeBytes });
  }
  // A repeated event starts completion too: the first try may have ended before it did.
  if (event.kind === 'created' && item.state === 'PRESENT' && isManifestKey(event.key)) await startCompletion?.(record);
  return written;
}
