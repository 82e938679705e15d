import { CHECKSUM_ALGORITHMS, ObjectHead } from './head-object';
import { ObjectEvent } from './s3-events';
import {
  comparableSequencer, datasetId, fileNameOf, fromUserMetadata, NULL_VERSION, ObjectItem, parsePartKey,
} from '../../contract';

/** One observation of an object: an item but for what the table's own history adds. */
export type ObjectRecord = Omit<ObjectItem, 'revision' | 'contentSequencer' | 'rows' | 'contentHash'>;

/** What identifies an object version, and the event that told of it if one did. */
export type ObjectRef = Pick<ObjectEvent, 'bucket' | 'key' | 'versionId' | 'sequencer' | 'eventTime' | 'sizeBytes' | 'eTag'>;

/** The record of an object that S3 has. */
export function presentRecord(ref: ObjectRef, head: ObjectHead, now: Date): ObjectRecord {
  const algorithm = CHECKSUM_ALGORITHMS.find((each) => head.checksums[each] !== undefined);
  return {
    ...common(ref, now),
    state: 'PRESENT',
    sizeBytes: head.sizeBytes,
    eTag: head.eTag,
    checksum: algorithm && `${algorithm}:${head.checksums[algorithm]}`,
    contentType: head.contentType,
    lastModified: head.lastModified?.toISOString() ?? ref.eventTime ?? now.toISOString(),
    ...address(ref.key, head),
  };
}

/** The record of an object that is gone: what its event and its key say. */
export function goneRecord(ref: ObjectRef, now: Date): ObjectRecord {
  return {
    ...common(ref, now),
    state: 'GONE',
    sizeBytes: ref.sizeBytes ?? 0,
    eTag: ref.eTag,
    lastModified: ref.eventTime ?? now.toISOString(),
    ...address(ref.key),
  };
}

function common(ref: ObjectRef, now: Date) {
  return {
    objectKey: ref.key,
    versionId: ref.versionId ?? NULL_VERSION,
    itemType: 'object' as const,
    bucket: ref.bucket,
    fileName: fileNameOf(ref.key),
    recordedAt: now.toISOString(),
    sequencer: comparableSequencer(ref.sequencer),
  };
}

/** Run and dataset, from the object's metadata, else from its key. An empty string cannot be an index's key, so it counts as absent. */
function address(key: string, head?: ObjectHead) {
  const says = fromUserMetadata(head?.metadata);
  const path = parsePartKey(key);
  const runId = says.runId || path?.runId || undefined;
  const database = says.database || path?.database || undefined;
  const schema = says.schema || path?.schema || undefined;
  const table = says.table || path?.table || undefined;
  return {
    runId,
    database,
    schema,
    table,
    dataset: database && schema && table ? datasetId(database, schema, table) : undefined,
    part: says.part || undefined,
    format: says.format || undefined,
    compression: says.compression || undefined,
    schemaFingerprint: says.schemaFingerprint || undefined,
  };
}
