import { HeadObjectCommand, HeadObjectCommandOutput, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';

/** S3's names for checksum algorithms, the ones worth most first. */
export const CHECKSUM_ALGORITHMS = ['SHA256', 'CRC64NVME', 'SHA1', 'CRC32C', 'CRC32'] as const;

/** What S3 says of an object now. */
export interface ObjectHead {
  /** Absent when the bucket is not versioned. */
  readonly versionId?: string;
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly eTag?: string;
  /** By algorithm, as S3 states them. */
  readonly checksums: { readonly [algorithm: string]: string };
  readonly contentType?: string;
  readonly lastModified?: Date;
  /** User metadata, names in lower case. */
  readonly metadata: { readonly [name: string]: string };
}

/**
 * Asks S3 for an object's headers and checksum; undefined when the object, or that version of it, is not there.
 *
 * Without `s3:ListBucket` S3 answers 403 for what is missing, which is thrown; so is `NoSuchBucket`.
 */
export async function headObject(s3: S3Client, bucket: string, key: string, versionId?: string): Promise<ObjectHead | undefined> {
  let head: HeadObjectCommandOutput;
  try {
    head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId, ChecksumMode: 'ENABLED' }));
  } catch (error) {
    if (!isMissing(error)) throw error;
    if (statusOf(error) === 404) await requireBucket(s3, bucket, key);
    return undefined;
  }
  const answer = head as unknown as Record<string, unknown>;
  const checksums: Record<string, string> = {};
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = answer[`Checksum${algorithm}`];
    if (typeof value === 'string') checksums[algorithm] = value;
  }
  return {
    versionId: head.VersionId,
    sizeBytes: head.ContentLength ?? 0,
    eTag: head.ETag?.replace(/^"|"$/g, ''),
    checksums,
    contentType: head.ContentType,
    lastModified: head.LastModified,
    metadata: head.Metadata ?? {},
  };
}

/**
 * Whether S3 answered that there is no such object; 405 is its answer for a version that is a delete marker. A bucket that
 * is gone is 404 too, but no object was deleted by that: it may come back with all of them, or the name may be wrong.
 */
export function isMissing(error: unknown): boolean {
  const status = statusOf(error);
  return (status === 404 && (error as Error).name !== 'NoSuchBucket') || status === 405;
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/**
 * An answer to HEAD has no body, so its 404 does not say whether the key or the bucket is missing (S3, "HeadObject": "it
 * is not possible to retrieve the exact exception"); a listing's does.
 */
async function requireBucket(s3: S3Client, bucket: string, key: string): Promise<void> {
  await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 }));
}
