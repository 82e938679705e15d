import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { InvalidManifestError, Manifest, manifestKey, NULL_VERSION, ObjectItem, parseManifest } from '../../contract';
import { HandlerError } from '../errors';
import { isMissing } from '../head-object';

/** Largest manifest read, in bytes: about 180,000 objects. */
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/** The part of an object's item that says which manifest to read. */
export type ManifestRef = Pick<ObjectItem, 'bucket' | 'objectKey' | 'versionId'>;

/**
 * Reads and checks a landed manifest; undefined when it was deleted meanwhile.
 *
 * @throws InvalidManifestError when it is not a manifest of a version known here
 * @throws HandlerError MANIFEST_TOO_LARGE, or MANIFEST_MISPLACED when it lies elsewhere than its prefix and run say: a
 * copy of a manifest must not speak for the run
 */
export async function readManifest(s3: S3Client, ref: ManifestRef): Promise<Manifest | undefined> {
  const bytes = await download(s3, ref);
  if (!bytes) return undefined;
  const manifest = parseManifest(decode(bytes));
  const expected = manifestKey(manifest.prefix, manifest.runId);
  if (ref.objectKey !== expected) {
    throw new HandlerError('MANIFEST_MISPLACED', `expected the manifest of run '${manifest.runId}' at '${expected}', got it at '${ref.objectKey}'`);
  }
  return manifest;
}

async function download(s3: S3Client, { bucket, objectKey, versionId }: ManifestRef): Promise<Buffer | undefined> {
  try {
    const { Body, ContentLength } = await s3.send(new GetObjectCommand({
      Bucket: bucket, Key: objectKey, VersionId: versionId === NULL_VERSION ? undefined : versionId,
    }));
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of Body as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (Math.max(size, ContentLength ?? 0) > MAX_MANIFEST_BYTES) {
        throw new HandlerError('MANIFEST_TOO_LARGE', `expected a manifest of at most ${MAX_MANIFEST_BYTES} bytes, got ${ContentLength ?? `${size} or more`}`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
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
