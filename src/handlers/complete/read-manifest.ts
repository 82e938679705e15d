import { createHash } from 'node:crypto';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ManifestReading, TableKeeper } from './kept-table';
import { InvalidManifestError, Manifest, manifestKey, MAX_MANIFEST_PAGE_BYTES, NULL_VERSION, parseManifest, withPages } from '../../contract';
import { HandlerError } from '../shared/errors';
import { isMissing } from '../shared/head-object';

/** A manifest and which object it was read from. */
export interface LandedManifest {
  readonly manifest: Manifest;
  readonly bucket: string;
  readonly key: string;
  /** `null` when the bucket is not versioned. */
  readonly versionId: string;
  /** Without quotes. */
  readonly eTag: string;
}

/**
 * Reads and checks the manifest that S3 has now; undefined when it was deleted meanwhile. Its pages are read one after the other,
 * and only what run completion needs of their tables is kept.
 *
 * @throws InvalidManifestError when it is not a manifest of a version known here
 * @throws HandlerError MANIFEST_TOO_LARGE, or MANIFEST_MISPLACED when it lies elsewhere than its prefix and run say: a
 * copy of a manifest must not speak for the run
 */
export async function readManifest(s3: S3Client, bucket: string, key: string, reading: ManifestReading = {}): Promise<LandedManifest | undefined> {
  const object = await download(s3, bucket, key);
  if (!object) return undefined;
  const manifest = parseManifest(decode(object.bytes));
  const expected = manifestKey(manifest.prefix, manifest.runId);
  if (key !== expected) {
    throw new HandlerError('MANIFEST_MISPLACED', `expected the manifest of run '${manifest.runId}' at '${expected}', got it at '${key}'`);
  }
  const whole = await withPages(manifest, async (page) => (await download(s3, bucket, page.key))?.bytes, sha256, new TableKeeper(reading).keep);
  return { manifest: whole, bucket, key, versionId: object.versionId, eTag: object.eTag };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

type Download = Pick<LandedManifest, 'versionId' | 'eTag'> & { readonly bytes: Buffer };

async function download(s3: S3Client, bucket: string, key: string): Promise<Download | undefined> {
  try {
    const { Body, ContentLength, VersionId, ETag } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of Body as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (Math.max(size, ContentLength ?? 0) > MAX_MANIFEST_PAGE_BYTES) {
        throw new HandlerError('MANIFEST_TOO_LARGE', `expected a manifest, and each page of it, of at most ${MAX_MANIFEST_PAGE_BYTES} bytes, got ${ContentLength ?? `${size} or more`}`);
      }
      chunks.push(chunk);
    }
    return { bytes: Buffer.concat(chunks), versionId: VersionId ?? NULL_VERSION, eTag: (ETag ?? '').replace(/^"|"$/g, '') };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidManifestError(['not UTF-8']);
  }
}
