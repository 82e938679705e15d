import { ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';

/** Where a listing goes on. */
export interface ListPosition {
  readonly keyMarker?: string;
  readonly versionIdMarker?: string;
}

/** An object version as S3 lists it. */
export interface ListedObject {
  readonly key: string;
  /** `null` for an object of an unversioned bucket. */
  readonly versionId: string;
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly eTag?: string;
}

/** Some objects, and where the next ones begin. */
export interface ObjectPage {
  readonly objects: readonly ListedObject[];
  readonly next?: ListPosition;
}

/** At most a thousand object versions of a prefix, deletions left out. */
export async function objectPage(s3: S3Client, bucket: string, prefix: string, at: ListPosition): Promise<ObjectPage> {
  const page = await s3.send(new ListObjectVersionsCommand({
    Bucket: bucket, Prefix: prefix, KeyMarker: at.keyMarker, VersionIdMarker: at.versionIdMarker,
  }));
  return {
    objects: (page.Versions ?? []).map((version) => ({
      key: version.Key!,
      versionId: version.VersionId ?? 'null',
      sizeBytes: version.Size ?? 0,
      eTag: version.ETag?.replace(/^"|"$/g, ''),
    })),
    next: page.IsTruncated ? { keyMarker: page.NextKeyMarker, versionIdMarker: page.NextVersionIdMarker } : undefined,
  };
}

/**
 * The record of an event notification for an object that is there, as the recorder takes it. It has no sequencer and no
 * time: nothing tells when S3 would have sent it, so the recorder believes what S3 says of the object now.
 */
export function recordOf(bucket: string, object: ListedObject): object {
  return {
    eventName: 'ObjectCreated:Put',
    s3: {
      bucket: { name: bucket },
      object: { key: encodeURIComponent(object.key), versionId: object.versionId, size: object.sizeBytes, eTag: object.eTag },
    },
  };
}
