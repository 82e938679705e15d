import { ObjectRecord } from './object-record';
import { comparableSequencer, ObjectItem } from '../../contract';

/*
 * How one more observation changes an item. Each function is pure and answers undefined when nothing changes, so the
 * final item does not depend on the order or the number of the events:
 *
 * - S3 orders the events of one key by sequencer; an event that is not newer than the item changes nothing.
 * - Row count and hash come from the run's manifest and describe content, so they stay as long as the content does,
 *   whether the part's event comes before or after the manifest's.
 * - An observation without sequencer (run completion, re-recording) may be trusted over an item of other content only
 *   if S3 was asked after the item was read. The callers see to that.
 * - A deletion can overtake the creations before it. It keeps what it knows, and a creation that comes late fills in
 *   what was deleted, the newest of them for good (`contentSequencer`).
 */

/** The sequencer of an observation that no event told of. */
export const NO_SEQUENCER = comparableSequencer(undefined);

/** What a run's manifest says of a part. */
export interface Completion {
  readonly rows: number;
  readonly contentHash?: string;
}

/** After a creation was told of and S3 was asked for the object; `record` is GONE when it had none. */
export function afterCreated(item: ObjectItem | undefined, record: ObjectRecord): ObjectItem | undefined {
  if (!item) return { ...record, revision: 1 };
  if (record.sequencer === NO_SEQUENCER) return afterLooking(item, record);
  const next = { ...record, ...completionOf(item, record), revision: item.revision + 1 };
  if (record.sequencer > item.sequencer) return next;
  const lateForDeleted = item.contentSequencer !== undefined && record.sequencer > item.contentSequencer;
  return lateForDeleted
    ? { ...next, state: 'GONE', sequencer: item.sequencer, contentSequencer: record.sequencer }
    : undefined;
}

/** After a deletion was told of. */
export function afterRemoved(item: ObjectItem | undefined, record: ObjectRecord): ObjectItem | undefined {
  if (!item) return { ...record, state: 'GONE', contentSequencer: NO_SEQUENCER, revision: 1 };
  if (record.sequencer <= item.sequencer) return undefined;
  return {
    ...item,
    state: 'GONE',
    sequencer: record.sequencer,
    contentSequencer: item.contentSequencer ?? item.sequencer,
    // Of an object never seen, the time of its deletion is all there is.
    lastModified: item.eTag === undefined ? record.lastModified : item.lastModified,
    recordedAt: record.recordedAt,
    revision: item.revision + 1,
  };
}

/** After run completion found the part as its manifest says. */
export function afterCompletion(item: ObjectItem | undefined, record: ObjectRecord, completion: Completion): ObjectItem {
  const known = item?.state === 'PRESENT' && sameContent(item, record) ? item : { ...record, sequencer: item?.sequencer ?? NO_SEQUENCER };
  const { contentHash: _old, ...rest } = known as ObjectItem;
  return { ...rest, ...completion, revision: (item?.revision ?? 0) + 1 };
}

/** Whether two observations are of the same bytes: an ETag differs for different content. */
export function sameContent(a: Pick<ObjectItem, 'eTag' | 'sizeBytes'>, b: Pick<ObjectItem, 'eTag' | 'sizeBytes'>): boolean {
  return a.eTag !== undefined && a.eTag === b.eTag && a.sizeBytes === b.sizeBytes;
}

function afterLooking(item: ObjectItem, record: ObjectRecord): ObjectItem | undefined {
  const revision = item.revision + 1;
  if (record.state === 'GONE') return item.state === 'GONE' ? undefined : { ...item, state: 'GONE', recordedAt: record.recordedAt, revision };
  if (item.state === 'PRESENT' && sameContent(item, record)) return undefined;
  return { ...record, ...completionOf(item, record), sequencer: item.sequencer, revision };
}

function completionOf(item: ObjectItem, record: ObjectRecord): Partial<Completion> {
  if (!sameContent(item, record)) return {};
  return { rows: item.rows, contentHash: item.contentHash };
}
