import { HeadObjectCommand, HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';

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
 * Without `s3:ListBucket` S3 answers 403 for what is missing, which is thrown.
 */
export async function headObject(s3: S3Client, bucket: string, key: string, versionId?: string): Promise<ObjectHead | undefined> {
  let head: HeadObjectCommandOutput;
  try {
    head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId, ChecksumMode: 'ENABLED' }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
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

/** Whether S3 answered that there is no such object; 405 is its answer for a version that is a delete marker. */
export function isMissing(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status === 404 || status === 405;
}
