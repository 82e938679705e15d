import { S3Client } from '@aws-sdk/client-s3';
import { ManifestObject, ObjectItem } from '../../contract';
import { headObject, ObjectHead } from '../shared/head-object';
import { ItemStore } from '../shared/item-store';
import { afterCompletion, Completion, sameContent } from '../shared/merge-record';
import { presentRecord } from '../shared/object-record';

/**
 * Compares a part with the manifest and writes its row count and hash to its item, which is made if the part's own event
 * has not come yet.
 *
 * Either order of the two events gives the same item: the event keeps rows and hash of the content it finds, and only
 * raises the sequencer. When the item is of other content than S3 showed, S3 is asked again: if the part is still as
 * the manifest says then the item is the older one; else the part was overwritten, and the manifest no longer holds.
 *
 * @returns what is wrong; undefined when the part is as the manifest says
 */
export async function completePart(s3: S3Client, store: ItemStore, bucket: string, part: ManifestObject): Promise<string | undefined> {
  let problem: string | undefined;
  const completion: Completion = { rows: part.rows, ...(part.contentHash ? { contentHash: part.contentHash } : {}) };
  const look = async (): Promise<ObjectHead | undefined> => {
    const head = await headObject(s3, bucket, part.key);
    problem = partProblem(part, head);
    return problem === undefined ? head : undefined;
  };
  const record = (head: ObjectHead) => presentRecord({ bucket, key: part.key, versionId: head.versionId }, head, new Date());

  const head = await look();
  if (!head) return problem;
  const seen = record(head);
  if (await store.setCompletion(seen, completion)) return undefined;
  await store.update(async (item: ObjectItem | undefined) => {
    if (!item || sameContent(item, seen)) return afterCompletion(item, seen, completion);
    const again = await look();
    // A new version is an item of its own; this one stays as it is.
    return again && again.versionId === head.versionId ? afterCompletion(item, record(again), completion) : undefined;
  });
  return problem;
}

/** What differs between a landed object and what the manifest says of it; undefined when it is as it should be. */
export function partProblem(part: ManifestObject, head: ObjectHead | undefined): string | undefined {
  if (!head) return `'${part.key}' is missing`;
  if (head.sizeBytes !== part.sizeBytes) return `'${part.key}' has ${head.sizeBytes} bytes, the manifest says ${part.sizeBytes}`;
  const { algorithm, value } = part.checksum;
  const landed = head.checksums[algorithm];
  if (landed === undefined) return `'${part.key}' has no ${algorithm} checksum, so it cannot be compared with the manifest's`;
  if (landed !== value) return `'${part.key}' has ${algorithm} ${landed}, the manifest says ${value}`;
  return undefined;
}
