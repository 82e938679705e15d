import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';

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
