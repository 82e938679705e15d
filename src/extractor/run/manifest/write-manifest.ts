import { createHash } from 'node:crypto';
import { INCOMPLETE_MANIFEST_VERSION, manifestKey, manifestPageKey, PAGED_MANIFEST_VERSION, type Manifest, type ManifestPage, type ManifestPageContent, type ManifestPageTable, type ManifestTable } from '../../../contract';
import type { LandingTarget } from '../../landing/target/landing-target';

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
  await writeJson(target, key, runId, `${JSON.stringify({ ...manifest, manifestVersion: manifest.missingTables ? INCOMPLETE_MANIFEST_VERSION : PAGED_MANIFEST_VERSION, tables: [], pages }, undefined, 2)}\n`);
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

/** Bytes of an object or a chunk in a manifest, about. */
const ENTRY_BYTES = 0x200;

/**
 * Cuts the tables of a large manifest into pages of about a quarter of `pagedFromBytes`; those of more objects or chunks than
 * a page holds go on in the next one.
 *
 * @returns none when the manifest is not that large
 */
export function manifestPages({ runId, tables }: Manifest, pagedFromBytes: number): ManifestPageContent[] {
  // Text that is not needed is not made: 512 MB are the most a string can have.
  const entries = tables.reduce((sum, { objects, columns, chunks = [], tallies = [] }) =>
    sum + objects.length + columns.length + chunks.length + tallies.length, 0);
  if (entries * ENTRY_BYTES < pagedFromBytes) return [];
  const pageBytes = pagedFromBytes / 4;
  const parts = tables.flatMap((table) => partsOf(table, Math.max(1, Math.floor(pageBytes / ENTRY_BYTES / 2))));
  const pages: ManifestPageTable[][] = [];
  let size = Infinity;
  for (const part of parts) {
    const own = JSON.stringify(part).length;
    if (size + own > pageBytes) {
      pages.push([]);
      size = 0;
    }
    pages.at(-1)!.push(part);
    size += own;
  }
  return pages.map((of, at) => ({ runId, page: at + 1, tables: of }));
}

/** @param most objects, and chunks, of a part */
function partsOf(table: ManifestTable, most: number): ManifestPageTable[] {
  const { database, schema, table: name, chunks, objects } = table;
  const parts: ManifestPageTable[] = [];
  for (let from = 0; from === 0 || from < Math.max(objects.length, chunks?.length ?? 0); from += most) {
    const own = { ...(chunks && { chunks: chunks.slice(from, from + most) }), objects: objects.slice(from, from + most) };
    parts.push(from === 0 ? { ...table, ...own } : { continued: true, database, schema, table: name, ...own });
  }
  return parts;
}
