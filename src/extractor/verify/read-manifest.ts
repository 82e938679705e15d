import { InvalidManifestError, manifestKey, parseManifest, type Manifest } from '../../contract';
import { LegacyToS3Error } from '../errors';
import type { LandingTarget } from '../landing/landing-target';

/**
 * Reads the manifest of a run that is complete.
 *
 * @throws LegacyToS3Error of code RUN_NOT_FOUND when there is none, or CONTENT_MISMATCH when it is not whole
 */
export async function readManifest(target: LandingTarget, runId: string): Promise<Manifest> {
  const key = manifestKey(target.prefix, runId);
  const stored = await target.read(key);
  if (!stored) {
    throw new LegacyToS3Error('RUN_NOT_FOUND', `there is no manifest of run ${runId} under ${target.url}: the run is not complete, or was landed elsewhere`);
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of stored.body) pieces.push(piece);
  try {
    return parseManifest(Buffer.concat(pieces).toString('utf8'));
  } catch (error) {
    if (!(error instanceof InvalidManifestError)) throw error;
    throw new LegacyToS3Error('CONTENT_MISMATCH', `${target.url}${key.slice(target.prefix.length)}: ${error.message}`, { cause: error });
  }
}
