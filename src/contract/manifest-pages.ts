import {
  InvalidManifestError, manifestProblems, PAGED_MANIFEST_VERSION, type Manifest, type ManifestChunk, type ManifestObject, type ManifestPage,
  type ManifestTable,
} from './manifest';
import { fileNameOf, runFolder, RUNS_FOLDER } from './object-keys';

/** A table of a page: the whole table, or more chunks and objects of the one before it. */
export type ManifestPageTable = ManifestTable | ManifestTableRest;

/** What a table has more than fits where it begins. */
export interface ManifestTableRest {
  readonly continued: true;
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly chunks?: readonly ManifestChunk[];
  readonly objects: readonly ManifestObject[];
}

/** What a page holds, as JSON. */
export interface ManifestPageContent {
  readonly runId: string;
  /** From 1. */
  readonly page: number;
  readonly tables: readonly ManifestPageTable[];
}

/** `<prefix>/_runs/run=<runId>/_manifest-00001.json` */
export function manifestPageKey(prefix: string, runId: string, page: number): string {
  return `${runFolder(prefix, runId)}_manifest-${String(page).padStart(5, '0')}.json`;
}

/** Whether an object is a page of a manifest by its key, wherever the landing prefix is. */
export function isManifestPageKey(key: string): boolean {
  return /^_manifest-\d{5,}\.json$/.test(fileNameOf(key)) && new RegExp(`(?:^|/)${RUNS_FOLDER}/run=[^/]+/[^/]+$`).test(key);
}

/**
 * Brings the tables of a manifest's pages together; a manifest without pages is returned as it is.
 *
 * @param load the bytes of a page, nothing where there is none
 * @param sha256 of bytes, in hexadecimal digits
 * @throws InvalidManifestError when a page is missing or is not what the manifest says
 */
export async function withPages(
  manifest: Manifest, load: (page: ManifestPage) => Promise<Uint8Array | undefined>, sha256: (bytes: Uint8Array) => string,
): Promise<Manifest> {
  if (manifest.manifestVersion !== PAGED_MANIFEST_VERSION) return manifest;
  const tables: ManifestTable[] = [];
  for (const [at, page] of manifest.pages!.entries()) {
    const refuse = (problem: string) => new InvalidManifestError([`pages[${at}]: ${problem} (${page.key})`]);
    const bytes = await load(page);
    if (!bytes) throw refuse('the page is missing');
    if (bytes.length !== page.sizeBytes) throw refuse(`expected ${page.sizeBytes} bytes, got ${bytes.length}`);
    const found = sha256(bytes);
    if (found !== page.sha256) throw refuse(`expected SHA-256 ${page.sha256}, got ${found}`);
    const content = JSON.parse(new TextDecoder().decode(bytes)) as ManifestPageContent;
    if (content.runId !== manifest.runId || content.page !== at + 1) {
      throw refuse(`expected page ${at + 1} of run ${manifest.runId}, got page ${content.page} of run ${content.runId}`);
    }
    for (const table of content.tables) {
      if (!('continued' in table)) tables.push(table);
      else if (!continued(tables, table)) throw refuse(`${table.schema}.${table.table} goes on where it has not begun`);
    }
  }
  const whole = { ...manifest, tables };
  const problems = manifestProblems(whole);
  if (problems.length > 0) throw new InvalidManifestError(problems);
  return whole;
}

/** Adds the rest to the last table. @returns whether it is of that table */
function continued(tables: ManifestTable[], { database, schema, table, chunks = [], objects }: ManifestTableRest): boolean {
  const last = tables.at(-1);
  if (!last || last.database !== database || last.schema !== schema || last.table !== table) return false;
  tables[tables.length - 1] = { ...last, ...(last.chunks && { chunks: [...last.chunks, ...chunks] }), objects: [...last.objects, ...objects] };
  return true;
}
