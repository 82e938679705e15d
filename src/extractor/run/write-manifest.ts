import { manifestKey, type Manifest } from '../../contract';
import type { LandingTarget } from '../landing/landing-target';

/**
 * Writes the manifest, the commit of the run: only when every object it names is complete.
 *
 * @returns its key
 * @throws LegacyToS3Error; the run is then not complete
 */
export async function writeManifest(target: LandingTarget, manifest: Manifest): Promise<string> {
  const key = manifestKey(target.prefix, manifest.runId);
  const writer = target.open({ key, contentType: 'application/json', metadata: { runId: manifest.runId } });
  try {
    await writer.write(Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`, 'utf8'));
    await writer.complete();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return key;
}
