import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';

const MIB = 1024 * 1024;

/** S3's "multipart upload limits": parts an upload may have. */
export const MAX_PARTS = 10_000;

/** S3's "multipart upload limits": largest object that this growth is made for (bytes). */
export const MAX_OBJECT_BYTES = 5 * 1024 * 1024 * MIB;

/** Size of the first parts (bytes). */
export const FIRST_PART_BYTES = 8 * MIB;

/** Size at which growth ends (bytes): 500 parts of each doubling and 6,500 of this hold 5 TiB. */
const LAST_PART_BYTES = 832 * MIB;

/** Parts of one size before it doubles. */
const PARTS_PER_SIZE = 500;

/**
 * Size of the `index`-th part, from 0 (bytes). It grows with the object, whose size nobody knows beforehand, so that
 * 10,000 parts hold the largest object and small ones need little memory.
 */
export function partBytes(index: number): number {
  const doublings = Math.floor(index / PARTS_PER_SIZE);
  return Math.min(FIRST_PART_BYTES * 2 ** doublings, LAST_PART_BYTES);
}

export interface UploadsOwner {
  readonly client: S3Client;
  readonly bucket: string;
  readonly expectedBucketOwner?: string;
}

/** Aborts the multipart uploads of keys that begin with the prefix, all but that of the id to keep. */
export async function abortUploads({ client, bucket, expectedBucketOwner }: UploadsOwner, prefix: string, keep?: string): Promise<void> {
  const owned = { Bucket: bucket, ExpectedBucketOwner: expectedBucketOwner };
  for (let more = true; more;) {
    // Each page's uploads are gone before the next is asked for.
    const { Uploads = [], IsTruncated } = await client.send(new ListMultipartUploadsCommand({ ...owned, Prefix: prefix }));
    const left = Uploads.filter(({ UploadId }) => UploadId !== keep);
    for (const { Key, UploadId } of left) await client.send(new AbortMultipartUploadCommand({ ...owned, Key, UploadId })).catch(unlessGone);
    more = IsTruncated === true && left.length > 0;
  }
}

/** Two processes may abort the same upload. */
export function unlessGone(error: unknown): void {
  if ((error as Error).name !== 'NoSuchUpload') throw error;
}
