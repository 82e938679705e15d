import type { ChangeRole } from './changes';

/** Folder under the landing prefix that holds the runs' manifests. */
export const RUNS_FOLDER = '_runs';

/** File name of a run's manifest. It is written last: it is the run's commit. */
export const MANIFEST_FILE = '_manifest.json';

/** S3 refuses object keys longer than this (UTF-8 bytes; S3's "object key name" limit). */
export const MAX_KEY_BYTES = 1024;

/** Names of the partition keys in object keys, outermost first. */
export const PARTITION_KEYS = ['database', 'schema', 'table', 'run'] as const;

/** Where a landed object belongs. Names are the source's own, not percent-encoded. */
export interface Dataset {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  /**
   * Stands before the names of its partition keys where the table has a column of such a name, `landed_` for example: readers of
   * Hive's layout give the partition's value in place of the column's, without a word. Absent where there is none.
   */
  readonly partitionPrefix?: string;
}

/** What a {@link Dataset.partitionPrefix} may be. */
const PARTITION_PREFIX = 'landed_(?:[1-9][0-9]*_)?';

/** The `n`-th choice of a partition prefix, from 1: `landed_`, `landed_2_`, … */
export function partitionPrefix(n: number): string {
  return n === 1 ? 'landed_' : `landed_${n}_`;
}

/** Whether a text is one that {@link partitionPrefix} makes. */
export function isPartitionPrefix(text: unknown): text is string {
  return typeof text === 'string' && new RegExp(`^${PARTITION_PREFIX}$`).test(text);
}

/** What the key of a part tells. */
export interface PartAddress extends Dataset {
  readonly runId: string;
  readonly fileName: string;
}

/** Replaces lone surrogates by U+FFFD, so that the string has a UTF-8 form. */
export function toWellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/**
 * Percent-encodes a name for a Hive partition value inside an S3 key.
 *
 * Letters, digits, `_`, `.` and `-` stay; everything else becomes the `%XX` of its UTF-8 bytes, so that Hive, Glue and
 * S3 all see one unambiguous segment. `.` and `..` alone are encoded too, since clients fold such path segments.
 */
export function encodeKeySegment(name: string): string {
  const encoded = encodeURIComponent(toWellFormed(name)).replace(
    /[!~*'()]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return /^\.{1,2}$/.test(encoded) ? encoded.replace(/\./g, '%2E') : encoded;
}

/** Reverses {@link encodeKeySegment}. A segment that is not well-formed percent-encoding is returned as it is. */
export function decodeKeySegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Brings a landing prefix to the form used in keys: no leading slash, one trailing slash, or empty. */
export function normalizePrefix(prefix: string | undefined): string {
  const trimmed = (prefix ?? '').replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `${trimmed}/`;
}

/** `<prefix>/database=<db>/schema=<schema>/table=<table>/run=<runId>/`, with the dataset's partition prefix before each name */
export function datasetRunFolder(prefix: string, dataset: Dataset, runId: string): string {
  return `${datasetFolder(prefix, dataset)}${dataset.partitionPrefix ?? ''}run=${encodeKeySegment(runId)}/`;
}

/** `<prefix>/database=<db>/schema=<schema>/table=<table>/`, with the dataset's partition prefix before each name */
export function datasetFolder(prefix: string, dataset: Dataset): string {
  const { database, schema, table, partitionPrefix: before = '' } = dataset;
  const segment = (name: string, value: string) => `${before}${name}=${encodeKeySegment(value)}/`;
  return normalizePrefix(prefix) + segment('database', database) + segment('schema', schema) + segment('table', table);
}

/** The partition prefix of a folder `…/database=<db>/`, empty where it has none; undefined for another folder. */
export function partitionPrefixOfFolder(folder: string): string | undefined {
  return new RegExp(`(?:^|/)((?:${PARTITION_PREFIX})?)database=[^/]*/$`).exec(folder)?.[1];
}

/**
 * Name of the `file`-th object of chunk `chunk`, both from 0. It depends on nothing else: an attempt replaces what an
 * earlier one has left, and never doubles it.
 *
 * @param extension without the leading dot, for example `parquet` or `csv.gz`
 */
export function partFileName(chunk: number, file: number, extension: string): string {
  return `${partNamePrefix(chunk)}${String(file).padStart(4, '0')}.${extension}`;
}

/** What the names of a chunk's objects begin with, and no other's. */
export function partNamePrefix(chunk: number): string {
  return `part-${String(chunk).padStart(5, '0')}-`;
}

/** As {@link partFileName}, of a file of a run of changes: `changes-00000-0000.parquet`. */
export function changeFileName(role: ChangeRole, chunk: number, file: number, extension: string): string {
  return `${role}-${String(chunk).padStart(5, '0')}-${String(file).padStart(4, '0')}.${extension}`;
}

/** What an object of a run of changes holds, by its key; undefined of rows. */
export function changeRoleOf(key: string): ChangeRole | undefined {
  return /(?:^|\/)(changes|keys|deletes)-\d+-\d+\.[^/]*$/.exec(key)?.[1] as ChangeRole | undefined;
}

/** Folder of the checkpoints: beside the landing prefix (`landing/` has `landing-state/`), `_state/` where there is none. */
export function stateFolder(prefix: string): string {
  const landing = normalizePrefix(prefix);
  return landing === '' ? '_state/' : `${landing.slice(0, -1)}-state/`;
}

/** Object that `check` writes to the state folder and deletes again; two processes each have their own. */
export function stateCheckFile(processId: number): string {
  return `check-${processId}.json`;
}

/** What is kept in a {@link stateFolder}: of a run, of an extraction, and by a check. */
const STATE_FILES = [
  'run=[^/]+/(?:run|header|table-\\d+|lease-\\d+|(?:chunk|claim|failed)-\\d+-\\d+(?:-\\d+)?)\\.json',
  'run=[^/]+/items-\\d+\\.jsonl',
  'run=[^/]+/item-\\d+-\\d+\\.json',
  'changes=[^/]+/(?:chain|lease-\\d+)\\.json',
  'extraction=[^/]+/(?:(?:running|waiting)-\\d+|paused|durations)\\.json',
  'check-\\d+\\.json',
];
const STATE_KEY = new RegExp(`(?:^|/)(?:_state|[^/]+-state)/(?:${STATE_FILES.join('|')})$`);

/** Whether an object is of a run's checkpoint, of an extraction's, or of a check of their folder, by its key, wherever the landing prefix is. */
export function isStateKey(key: string): boolean {
  return STATE_KEY.test(key);
}

/** `<prefix>/_runs/run=<runId>/` */
export function runFolder(prefix: string, runId: string): string {
  return `${normalizePrefix(prefix)}${RUNS_FOLDER}/run=${encodeKeySegment(runId)}/`;
}

/** `<prefix>/_runs/run=<runId>/_manifest.json` */
export function manifestKey(prefix: string, runId: string): string {
  return `${runFolder(prefix, runId)}${MANIFEST_FILE}`;
}

/** Whether an object is a manifest by its name, wherever it lies. */
export function isManifestKey(key: string): boolean {
  return fileNameOf(key) === MANIFEST_FILE;
}

/** `<prefix>/_runs/run=<runId>/_manifest-00001.json` */
export function manifestPageKey(prefix: string, runId: string, page: number): string {
  return `${runFolder(prefix, runId)}_manifest-${String(page).padStart(5, '0')}.json`;
}

/** Whether an object is a page of a manifest by its key, wherever the landing prefix is. */
export function isManifestPageKey(key: string): boolean {
  return /^_manifest-\d{5,}\.json$/.test(fileNameOf(key)) && new RegExp(`(?:^|/)${RUNS_FOLDER}/run=[^/]+/[^/]+$`).test(key);
}

/** The last segment of a key. */
export function fileNameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

const PART_KEY = new RegExp(
  `(?:^|/)((?:${PARTITION_PREFIX})?)database=([^/]*)/\\1schema=([^/]*)/\\1table=([^/]*)/\\1run=([^/]+)/([^/]+)$`,
);

/** Reads a part's address out of its key; undefined for a key that is not of the landing layout. */
export function parsePartKey(key: string): PartAddress | undefined {
  const match = PART_KEY.exec(key);
  if (!match) return undefined;
  const [, before, ...segments] = match;
  const [database, schema, table, runId] = segments.slice(0, 4).map(decodeKeySegment);
  return { database, schema, table, ...(before !== '' && { partitionPrefix: before }), runId, fileName: segments[4] };
}
