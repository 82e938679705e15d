import { createHash } from 'node:crypto';
import type { ManifestHead } from './build-manifest';
import {
  CHANGES_MANIFEST_VERSION, INCOMPLETE_MANIFEST_VERSION, manifestKey, manifestPageKey, PAGED_MANIFEST_VERSION,
  type Manifest, type ManifestChunk, type ManifestObject, type ManifestPage, type ManifestPageContent, type ManifestPageTable, type ManifestTable,
} from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { LandingTarget, ObjectHeader } from '../../landing/target/landing-target';
import type { ChunkEntry } from '../tables/landed-table';

/** Larger manifests are written in pages (bytes without blanks). */
const PAGED_FROM_BYTES = 0x1000000;

export interface ManifestWriterOptions {
  /** Size from which on a manifest is written in pages (bytes without blanks). Default 16 MiB. */
  readonly pagedFromBytes?: number;
  /** Of a manifest that is there already; by default it stays, for of two processes that end a run one does. */
  readonly replace?: ObjectHeader['replace'];
}

/**
 * Writes the manifest, the commit of the run: only when every object it names is complete. Tables come one after the other, and those
 * of a large one are written before it, in pages of about a quarter of `pagedFromBytes`, by the bytes that they have; a table of more
 * objects or chunks than a page holds goes on in the next one. Only a table's columns, with their tallies, indexes and foreign keys,
 * are not cut: 30,000 columns are the most that SQL Server has ("Maximum capacity specifications"). No table is kept that is in a page.
 *
 * What fails is begun anew with another writer: the same tables make the same pages, and S3 tells one's own by its checksum.
 */
export class ManifestWriter {
  private readonly pagedFromBytes: number;
  private readonly pageBytes: number;
  private readonly replace: ObjectHeader['replace'];
  /** None once there are pages. */
  private tables: ManifestTable[] = [];
  /** Pages that are not written, of which the last is not full. */
  private readonly waiting: ManifestPageTable[][] = [];
  private readonly pages: ManifestPage[] = [];
  /** Of the last page (bytes). */
  private size = Infinity;
  /** Of all tables (bytes). */
  private whole = 0;

  public constructor(private readonly target: LandingTarget, private readonly runId: string, options: ManifestWriterOptions = {}) {
    const { pagedFromBytes = PAGED_FROM_BYTES, replace = 'never' } = options;
    this.pagedFromBytes = pagedFromBytes;
    this.pageBytes = pagedFromBytes / 4;
    this.replace = replace;
  }

  /**
   * Takes the next table, and writes the pages that are full.
   *
   * @param chunks of a table that comes without them, in their order
   * @throws LegacyToS3Error, of code RUN_IN_USE when another process has ended the run; it is not complete by this one
   */
  public async addTable(table: ManifestTable, chunks?: AsyncIterable<ChunkEntry>): Promise<void> {
    const whole = { chunks: [] as ManifestChunk[], objects: [] as ManifestObject[] };
    for await (const { part, bytes } of chunks ? streamedParts(table, chunks, this.pageBytes) : partsOf(table, this.pageBytes)) {
      this.put(part, bytes);
      if (this.isPaged) {
        this.tables = [];
        await this.writePages(1);
      } else if (chunks) {
        whole.chunks.push(...part.chunks ?? []);
        whole.objects.push(...part.objects);
      }
    }
    if (!this.isPaged) this.tables.push(chunks ? { ...table, ...whole } : table);
  }

  /**
   * Writes the manifest itself.
   *
   * @param head all but the tables
   * @returns its key
   * @throws as {@link addTable}
   */
  public async finish(head: ManifestHead): Promise<string> {
    const key = manifestKey(this.target.prefix, this.runId);
    await this.writeJson(key, `${JSON.stringify(this.isPaged ? await this.rootOf(head) : { ...head, tables: this.tables }, undefined, 2)}\n`);
    return key;
  }

  private put(part: ManifestPageTable, bytes: number): void {
    if (this.size + bytes > this.pageBytes) {
      this.waiting.push([]);
      this.size = 0;
    }
    this.waiting.at(-1)!.push(part);
    this.size += bytes;
    this.whole += bytes;
  }

  private get isPaged(): boolean {
    return this.whole > 0 && this.whole >= this.pagedFromBytes;
  }

  private async rootOf(head: ManifestHead): Promise<Manifest> {
    await this.writePages(0);
    return { ...head, manifestVersion: pagedVersion(head), pages: this.pages };
  }

  /** @param left how many pages are left for later */
  private async writePages(left: number): Promise<void> {
    while (this.waiting.length > left) {
      const page = this.pages.length + 1;
      const key = manifestPageKey(this.target.prefix, this.runId, page);
      const content: ManifestPageContent = { runId: this.runId, page, tables: this.waiting.shift()! };
      const bytes = await this.writeJson(key, JSON.stringify(content));
      this.pages.push({ key, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
    }
  }

  private async writeJson(key: string, text: string): Promise<Buffer> {
    const { target, runId, replace } = this;
    return writeText(target, { key, contentType: 'application/json', metadata: { runId }, replace }, text);
  }
}

/** Version of a manifest that has pages: that of what it holds, where that has one. */
function pagedVersion({ manifestVersion, missingTables }: ManifestHead): Manifest['manifestVersion'] {
  if (manifestVersion === CHANGES_MANIFEST_VERSION) return manifestVersion;
  return missingTables ? INCOMPLETE_MANIFEST_VERSION : PAGED_MANIFEST_VERSION;
}

/** Writes the manifest of tables that are all there. @returns its key. @throws as {@link ManifestWriter} */
export async function writeManifest(
  target: LandingTarget, manifest: Manifest, pagedFromBytes?: number, replace?: ObjectHeader['replace'],
): Promise<string> {
  const writer = new ManifestWriter(target, manifest.runId, { pagedFromBytes, replace });
  for (const table of manifest.tables) await writer.addTable(table);
  return writer.finish({ ...manifest, tables: [] });
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

/** The same of a table whose chunks come one after the other: of them no more are held than a page has. */
async function* streamedParts(table: ManifestTable, chunks: AsyncIterable<ChunkEntry>, pageBytes: number): AsyncGenerator<Part> {
  const { database, schema, table: name } = table;
  const rest = { continued: true as const, database, schema, table: name };
  const begin = (head: ManifestTable | typeof rest) => (
    { head, chunks: [] as ManifestChunk[], objects: [] as ManifestObject[], bytes: bytesOf(head) }
  );
  const partOf = ({ head, bytes, ...own }: ReturnType<typeof begin>): Part => ({ part: { ...head, ...own } as ManifestPageTable, bytes });
  let part = begin({ ...table, chunks: [], objects: [] });
  for await (const { entry, objects } of chunks) {
    for (const [at, item] of [entry, ...objects].entries()) {
      const bytes = bytesOf(item);
      if (part.bytes + bytes > pageBytes && part.chunks.length + part.objects.length > 0) {
        yield partOf(part);
        part = begin(rest);
      }
      if (at === 0) part.chunks.push(entry);
      else part.objects.push(item as ManifestObject);
      part.bytes += bytes;
    }
  }
  yield partOf(part);
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
