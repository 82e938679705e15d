import { createHash } from 'node:crypto';
import type { LandingTarget, StoredObject } from './target/landing-target';
import { InvalidManifestError, manifestKey, parseManifest, withPages, type Manifest } from '../../contract';
import { LegacyToS3Error } from '../api/errors';

/**
 * Reads the manifest of a run that is complete.
 *
 * @throws LegacyToS3Error of code RUN_NOT_FOUND when there is none, or CONTENT_MISMATCH when it is not whole
 */
export async function readManifest(target: LandingTarget, runId: string): Promise<Manifest> {
  return read(target, runId, async (manifest) => withPages(manifest, async ({ key }) => {
    const page = await target.read(key);
    return page && bytesOf(page);
  }, (bytes) => createHash('sha256').update(bytes).digest('hex')));
}

/** Reads it without the tables of its pages. @throws as {@link readManifest} */
export async function readManifestSummary(target: LandingTarget, runId: string): Promise<Manifest> {
  return read(target, runId, async (manifest) => manifest);
}

async function read(target: LandingTarget, runId: string, complete: (manifest: Manifest) => Promise<Manifest>): Promise<Manifest> {
  const key = manifestKey(target.prefix, runId);
  const stored = await target.read(key);
  if (!stored) {
    throw new LegacyToS3Error('RUN_NOT_FOUND', `there is no manifest of run ${runId} under ${target.url}: the run is not complete, or was landed elsewhere`);
  }
  try {
    return await complete(parseManifest((await bytesOf(stored)).toString('utf8')));
  } catch (error) {
    if (!(error instanceof InvalidManifestError)) throw error;
    throw new LegacyToS3Error('CONTENT_MISMATCH', `${target.url}${key.slice(target.prefix.length)}: ${error.message}`, { cause: error });
  }
}

/** All of a stored object. */
export async function bytesOf({ body }: StoredObject): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}
