import { createHash } from 'node:crypto';
import {
  INCOMPLETE_MANIFEST_VERSION, manifestKey, manifestPageKey, PAGED_MANIFEST_VERSION,
  type Manifest, type ManifestPage, type ManifestPageContent, type ManifestPageTable, type ManifestTable, type VerificationState,
} from '../../../src/contract';
import { counted } from '../../../src/extractor/api/counted';
import type { RunConsistency } from '../../../src/extractor/source/consistency/consistency';

/** The objects of a manifest, by key in the order in which they are written, made of all tables at once: plainly, for comparison. */
export function referenceManifest(manifest: Manifest, pagedFromBytes: number): Map<string, string> {
  const objects = new Map<string, string>();
  const { prefix, runId } = manifest;
  const key = manifestKey(prefix, runId);
  const contents = manifestPages(manifest, pagedFromBytes);
  if (contents.length === 0) return objects.set(key, `${JSON.stringify(manifest, undefined, 2)}\n`);
  const pages: ManifestPage[] = [];
  for (const [at, content] of contents.entries()) {
    const page = manifestPageKey(prefix, runId, at + 1);
    const text = JSON.stringify(content);
    objects.set(page, text);
    pages.push({ key: page, sizeBytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') });
  }
  const manifestVersion = manifest.missingTables ? INCOMPLETE_MANIFEST_VERSION : PAGED_MANIFEST_VERSION;
  return objects.set(key, `${JSON.stringify({ ...manifest, manifestVersion, tables: [], pages }, undefined, 2)}\n`);
}

/**
 * Cuts the tables of a large manifest into pages of about a quarter of `pagedFromBytes`, by the bytes that they have; a table of
 * more objects or chunks than a page holds goes on in the next one. Only a table's columns, with their tallies, indexes and
 * foreign keys, are not cut: 30,000 columns are the most that SQL Server has ("Maximum capacity specifications").
 *
 * @returns none when the manifest is not that large
 */
function manifestPages({ runId, tables }: Manifest, pagedFromBytes: number): ManifestPageContent[] {
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

/** Tables that are named. */
const MOST_TABLES = 10;
const STATES: readonly VerificationState[] = ['unverified', 'counted', 'verifiedAsVisible', 'verified'];

/** What the comparisons prove of all tables: no more than of the least proven one. */
export function referenceVerification(tables: readonly ManifestTable[], consistency: RunConsistency, missing = 0): Manifest['verification'] {
  if (consistency === 'query') return { state: 'unverified', detail: 'the server was sent nothing but the query' };
  const verifications = tables.map(({ schema, table, verification }) => ({ name: `${schema}.${table}`, ...verification! }));
  const sourceSeconds = verifications.reduce((sum, { sourceSeconds: seconds = 0 }) => sum + seconds, 0);
  const state = STATES[Math.min(...verifications.map((each) => STATES.indexOf(each.state)), STATES.length - 1)];
  const when = { snapshot: 'in the same SNAPSHOT transaction', databaseSnapshot: 'in the same database snapshot' }[consistency as string] ?? 'right after the read';
  const equal = 'the rows of every table equal COUNT_BIG';
  const all = `${equal}, and its columns the aggregates, asked of the source ${when}`;
  const proven = { verified: all, verifiedAsVisible: all, counted: `${equal} asked of the source ${when}`, unverified: undefined }[state];
  const short = verifications.filter((each) => each.state === state && each.state !== 'verified');
  const reasons = new Set(short.map(({ detail }) => detail));
  // What is the same for all of them is said once.
  const named = reasons.size === 1 && short.length === verifications.length ? [...reasons].map(String) : short.slice(0, MOST_TABLES).map(({ name, detail }) => `${name}: ${detail}`);
  const more = short.length > MOST_TABLES && named.length > 1 ? [`and ${short.length - MOST_TABLES} more`] : [];
  // Of what equals, what was no part of the comparison.
  const open = verifications.filter((each) => each.state === 'verified' && each.detail !== undefined);
  const left = open.slice(0, MOST_TABLES).map(({ name, detail }) => `${name}: ${detail}`);
  const others = open.length > MOST_TABLES ? [`columns of ${open.length - MOST_TABLES} more tables were not compared`] : [];
  const lacking = missing === 0 ? [] : [`of the tables that landed: ${counted(missing, 'table')} failed and are missing`];
  return { state, detail: [...lacking, ...proven === undefined ? [] : [proven], ...named, ...more, ...left, ...others].join('; '), sourceSeconds };
}
