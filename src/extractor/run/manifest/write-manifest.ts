import { createHash } from 'node:crypto';
import { manifestPages } from './manifest-pages';
import { manifestKey, manifestPageKey, PAGED_MANIFEST_VERSION, type Manifest, type ManifestPage } from '../../../contract';
import type { LandingTarget } from '../../landing/landing-target';

/** Larger manifests are written in pages (bytes). */
const PAGED_FROM_BYTES = 0x1000000;

/**
 * Writes the manifest, the commit of the run: only when every object it names is complete. The tables of a large one are
 * written before it, in pages.
 *
 * @returns its key
 * @throws LegacyToS3Error; the run is then not complete
 */
export async function writeManifest(target: LandingTarget, manifest: Manifest, pagedFromBytes = PAGED_FROM_BYTES): Promise<string> {
  const { prefix } = target;
  const { runId } = manifest;
  const key = manifestKey(prefix, runId);
  const contents = manifestPages(manifest, pagedFromBytes);
  if (contents.length === 0) {
    await writeJson(target, key, runId, `${JSON.stringify(manifest, undefined, 2)}\n`);
    return key;
  }
  const pages: ManifestPage[] = [];
  for (const [at, content] of contents.entries()) {
    const page = manifestPageKey(prefix, runId, at + 1);
    const text = JSON.stringify(content);
    const bytes = await writeJson(target, page, runId, text);
    pages.push({ key: page, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  await writeJson(target, key, runId, `${JSON.stringify({ ...manifest, manifestVersion: PAGED_MANIFEST_VERSION, tables: [], pages }, undefined, 2)}\n`);
  return key;
}

async function writeJson(target: LandingTarget, key: string, runId: string, text: string): Promise<Buffer> {
  const bytes = Buffer.from(text, 'utf8');
  const writer = target.open({ key, contentType: 'application/json', metadata: { runId } });
  try {
    await writer.write(bytes);
    await writer.complete();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return bytes;
}
