import { S3Client } from '@aws-sdk/client-s3';
import { ObjectItem } from '../../contract';
import { headObject } from '../shared/head-object';
import { ItemStore, WriteResult } from '../shared/item-store';
import { afterCreated, afterRemoved, NO_SEQUENCER, sameContent } from '../shared/merge-record';
import { goneRecord, ObjectRecord, presentRecord } from '../shared/object-record';
import { ObjectEvent } from '../shared/s3-events';

/**
 * Brings the item of an event's object up to date.
 *
 * S3 is asked before the first write. When the item turns out to exist with other content, S3 is asked again, so that
 * what is written was seen after what it replaces: an object overwritten meanwhile is never set back.
 */
export async function writeRecord(s3: S3Client, store: ItemStore, event: ObjectEvent, now: () => Date = () => new Date()): Promise<WriteResult> {
  if (event.kind === 'removed' && event.sequencer !== undefined) {
    return store.update(async (item) => afterRemoved(item, goneRecord(event, now())));
  }
  const look = async (): Promise<ObjectRecord> => {
    const head = await headObject(s3, event.bucket, event.key, event.versionId);
    return head ? presentRecord(event, head, now()) : goneRecord(event, now());
  };
  const seen = await look();
  return store.update(async (item) => {
    if (!item || isLate(item, seen) || (item.state === seen.state && sameContent(item, seen))) return afterCreated(item, seen);
    return afterCreated(item, await look());
  });
}

/** Whether the event is older than all the item knows, so that asking S3 again would be in vain. */
function isLate(item: ObjectItem, seen: ObjectRecord): boolean {
  return seen.sequencer !== NO_SEQUENCER && seen.sequencer <= (item.contentSequencer ?? item.sequencer);
}
