import { createHash } from 'node:crypto';
import { INCOMPLETE_MANIFEST_VERSION, manifestKey, manifestPageKey, PAGED_MANIFEST_VERSION, type Manifest, type ManifestPage, type ManifestPageContent, type ManifestPageTable, type ManifestTable } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { LandingTarget, ObjectHeader } from '../../landing/target/landing-target';

/** Larger manifests are written in pages (bytes without blanks). */
const PAGED_FROM_BYTES = 0x1000000;

/**
 * Writes the manifest, the commit of the run: only when every object it names is complete. The tables of a large one are
 * written before it, in pages.
 *
 * @param replace of a manifest that is there already; by default it stays, for of two processes that end a run one does
 * @returns its key
 * @throws LegacyToS3Error, of code RUN_IN_USE when another process has ended the run; it is not complete by this one
 */
export async function writeManifest(
  target: LandingTarget, manifest: Manifest, pagedFromBytes = PAGED_FROM_BYTES, replace: ObjectHeader['replace'] = 'never',
): Promise<string> {
  const { prefix } = target;
  const { runId } = manifest;
  const writeJson = async (key: string, text: string) => writeText(target, { key, contentType: 'application/json', metadata: { runId }, replace }, text);
  const key = manifestKey(prefix, runId);
  const contents = manifestPages(manifest, pagedFromBytes);
  if (contents.length === 0) {
    await writeJson(key, `${JSON.stringify(manifest, undefined, 2)}\n`);
    return key;
  }
  const pages: ManifestPage[] = [];
  for (const [at, content] of contents.entries()) {
    const page = manifestPageKey(prefix, runId, at + 1);
    const text = JSON.stringify(content);
    const bytes = await writeJson(page, text);
    pages.push({ key: page, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  await writeJson(key, `${JSON.stringify({ ...manifest, manifestVersion: manifest.missingTables ? INCOMPLETE_MANIFEST_VERSION : PAGED_MANIFEST_VERSION, tables: [], pages }, undefined, 2)}\n`);
  return key;
}

async function writeText(target: LandingTarget, header: ObjectHeader, text: string): Promise<Buffer> {
  const bytes = Buffer.from(text, 'utf8');
  const writer = target.open(header);
  try {
    await writer.write(bytes);
    await writer.complete();
  } catch (error) {
    await writer.abort();
    if (!(error instanceof LegacyToS3Error) || error.code !== 'TARGET_OCCUPIED') throw error;
    throw new LegacyToS3Error('RUN_IN_USE', `run ${header.metadata.runId} is in use: another process has written ${header.key}, and ends it or has ended it`, { cause: error });
  }
  return bytes;
}

/**
 * Cuts the tables of a large manifest into pages of about a quarter of `pagedFromBytes`, by the bytes that they have; a table of
 * more objects or chunks than a page holds goes on in the next one. Only a table's columns, with their tallies, indexes and
 * foreign keys, are not cut: 30,000 columns are the most that SQL Server has ("Maximum capacity specifications").
 *
 * @returns none when the manifest is not that large
 */
export function manifestPages({ runId, tables }: Manifest, pagedFromBytes: number): ManifestPageContent[] {
  const pageBytes = pagedFromBytes / 4;
  const pages: ManifestPageTable[][] = [];
  let [size, whole] = [Infinity, 0];
  for (const { part, bytes } of tables.flatMap((table) => partsOf(table, pageBytes))) {
    if (size + bytes > pageBytes) {
      pages.push([]);
      size = 0;
    }
    pages.at(-1)!.push(part);
    size += bytes;
    whole += bytes;
  }
  return whole < pagedFromBytes ? [] : pages.map((of, at) => ({ runId, page: at + 1, tables: of }));
}

/** What a page takes as one, and its bytes. */
interface Part {
  readonly part: ManifestPageTable;
  readonly bytes: number;
}

function partsOf(table: ManifestTable, pageBytes: number): Part[] {
  const { database, schema, table: name, chunks, objects } = table;
  const head = bytesOf({ ...table, ...(chunks && { chunks: [] }), objects: [] });
  const most = Math.max(0, pageBytes - head);
  const objectsBy = cut(objects, most / 2, pageBytes / 2);
  const chunksBy = cut(chunks ?? [], most / 2, pageBytes / 2);
  return Array.from({ length: Math.max(1, objectsBy.length, chunksBy.length) }, (_, at): Part => {
    const own = { ...(chunks && { chunks: chunksBy[at]?.items ?? [] }), objects: objectsBy[at]?.items ?? [] };
    const bytes = (objectsBy[at]?.bytes ?? 0) + (chunksBy[at]?.bytes ?? 0);
    if (at === 0) return { part: { ...table, ...own }, bytes: head + bytes };
    const rest = { continued: true as const, database, schema, table: name };
    return { part: { ...rest, ...own }, bytes: bytesOf(rest) + bytes };
  });
}

/** Items in groups of not more bytes than `first` the first and `others` the others have; one alone may have more. */
function cut<T>(items: readonly T[], first: number, others: number): Array<{ readonly items: T[]; bytes: number }> {
  const groups: Array<{ readonly items: T[]; bytes: number }> = [];
  for (const item of items) {
    const bytes = bytesOf(item);
    const last = groups.at(-1);
    if (!last || last.bytes + bytes > (groups.length === 1 ? first : others)) {groups.push({ items: [item], bytes });} else {
      last.items.push(item);
      last.bytes += bytes;
    }
  }
  return groups;
}

/** With the comma behind it. */
function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1;
}
