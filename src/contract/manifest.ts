/** Version of the manifest's schema. A reader refuses a version it does not know. */
export const MANIFEST_VERSION = 1;
/** Version of a manifest whose tables are in pages of their own, which a reader that knows version 1 alone would miss. */
export const PAGED_MANIFEST_VERSION = 2;

/**
 * Version of the content hash that runs take: of version 2, decimals are hashed at the length of their declared precision; of
 * version 1 they were at the length that the server announced, which some announce as 17 whatever the precision.
 */
export const CONTENT_HASH_VERSION = 2;

/** How the rows were read from the source, by the guarantee it gives. */
export type ConsistencyMode = 'snapshot' | 'databaseSnapshot' | 'readCommitted' | 'noLock' | 'query';

/** S3's names for checksum algorithms. */
export type ChecksumAlgorithm = 'SHA256' | 'CRC64NVME';

/** S3's names for what a checksum covers: the bytes, or the checksums of the parts (`<base64>-<parts>`). */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** A checksum as S3 states it: base64, with `-<number of parts>` when composite. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  readonly value: string;
}

/** One landed object. */
export interface ManifestObject {
  /** Full object key, prefix included. */
  readonly key: string;
  /** `<chunk>-<file>`, as in the file name. */
  readonly part: string;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly checksum: Checksum;
  /** As S3 returned it, without quotes; absent on a file target. */
  readonly eTag?: string;
  /**
   * Hash of the rows' content that does not depend on their order (32 hexadecimal digits), when the run took one;
   * docs/consistency-and-verification.md says how it is made.
   */
  readonly contentHash?: string;
}

/** One column, in the order of the landed files. */
export interface ManifestColumn {
  readonly name: string;
  /** Position in the source's result, from 1. A companion column carries its source column's. */
  readonly ordinal: number;
  /** As SQL Server spells it, for example `decimal(19,4)` or `nvarchar(max)`. */
  readonly sourceType: string;
  readonly nullable: boolean;
  readonly collation?: string;
  /** Parquet type (or the text form), for example `DECIMAL(19,4)`. */
  readonly outputType: string;
  /** The type the column has in a Glue table, for example `decimal(19,4)`. */
  readonly glueType: string;
  /** How the length of a value goes into its row's content hash; absent for a companion column. */
  readonly framing?: ValueFraming;
  /** Code page of char, varchar and text, for example `CP1252`, `utf-8`. */
  readonly codePage?: string;
  /** How binary is spelled in CSV and JSON Lines. */
  readonly encoding?: 'hex' | 'base64';
}

/** What was tallied of a column's values while the rows came from the source. */
export interface ManifestTally {
  readonly column: string;
  readonly nulls: number;
  /** Bytes of all values together, of text and binary. */
  readonly bytes?: string;
  /** Exact, of whole numbers, decimals, money and bit; absent without values, as the next two. */
  readonly sum?: string;
  /** Of numbers, dates and times: the least value as text, a datetimeoffset's in UTC. */
  readonly least?: string;
  readonly greatest?: string;
  /** Of what has no sum: one modulo 2^64 of a digest of each value (16 hexadecimal digits), which tells that the column differs. */
  readonly digest?: string;
}

/** Bytes of length before a value (MS-TDS 2.2.5.2): none, 1, 2, 4, 4 (behind a pointer on the wire), 8 (pieces on the wire). */
export type ValueFraming = 'fixed' | 'byteLength' | 'shortLength' | 'longLength' | 'textPointer' | 'plp';

/** An index of the source, that of the primary key among them; names are the source's own. */
export interface ManifestIndex {
  readonly name: string;
  readonly unique: boolean;
  readonly clustered: boolean;
  readonly keyColumns: readonly string[];
  /** Absent where there are none. */
  readonly includedColumns?: readonly string[];
}

/** A foreign key of the source; names are the source's own. */
export interface ManifestForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly referencedSchema: string;
  readonly referencedTable: string;
  /** In the order of `columns`. */
  readonly referencedColumns: readonly string[];
}

/** A part of a table that one statement read. */
export interface ManifestChunk {
  /** Number within the table, from 0; the first number of its parts. */
  readonly chunk: number;
  readonly rows: number;
  /** Sum modulo 2^128 of its objects' content hashes (32 hexadecimal digits), when the run took them. */
  readonly contentHash?: string;
  /** Least key of the chunk, as text, by column of the table's `chunkKey`; absent without a lower bound. */
  readonly lower?: readonly string[];
  /** Key the chunk ends before; absent without an upper bound. */
  readonly upper?: readonly string[];
  /** Whether the chunk is the rows whose first key column is NULL. */
  readonly nullKey?: boolean;
  /** Of the first key column, where it is a number, date or time: the least value there was. */
  readonly leastKey?: string;
  /** As `leastKey`: the greatest. */
  readonly greatestKey?: string;
  /** The source's clock (UTC, ISO 8601) when the transaction that read the chunk began to read; absent for a query. */
  readonly instant?: string;
  /** How often the chunk was begun. */
  readonly attempts: number;
  /** Of the attempt that succeeded. */
  readonly seconds: number;
  /** Of these: how long the source took to count, and to aggregate. */
  readonly sourceSeconds?: number;
}

/** Values of a column that were landed otherwise than they are, because an option allows it: how many. */
export interface ManifestAlterations {
  readonly column: string;
  /** Halves of surrogate pairs, for each of which U+FFFD was landed. */
  readonly replacedSurrogates: number;
  /** Values whose seventh decimal of the second was not 0 and was dropped. */
  readonly truncatedTimes: number;
}

/** How far rows are proven: not at all, by their number, or by the aggregates of their columns too. */
export type VerificationState = 'unverified' | 'counted' | 'verified';

/** What was compared of a table with its source. */
export interface ManifestTableVerification {
  readonly state: VerificationState;
  /** Why it is not more. */
  readonly detail?: string;
  /** COUNT_BIG of the source, over all chunks. */
  readonly sourceRows?: number;
  /** COUNT_BIG of the whole table, in the one state of the database that all its chunks show; absent where they show several, or there is one chunk. */
  readonly tableRows?: number;
  /** Of how many columns each aggregate was compared; absent when the source was not asked. */
  readonly aggregates?: { readonly [aggregate: string]: number };
  /** Rows whose SHA2_256 was compared; absent when none was asked for, or rows could not be sampled. */
  readonly hashedRows?: number;
  /** Columns that could not be part of these hashes; absent where there are none. */
  readonly unhashedColumns?: readonly string[];
  /** How long the source took to count, and to aggregate, over all chunks. */
  readonly sourceSeconds?: number;
}

/** One table, or the result of a query. */
export interface ManifestTable {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly ManifestColumn[];
  /** Columns of the source that were left out by choice. */
  readonly excludedColumns?: readonly string[];
  /** Condition of the rows that were read; absent when all were. */
  readonly rowFilter?: string;
  readonly primaryKey?: readonly string[];
  /** Absent where there are none, in manifests of older versions, and of a query. */
  readonly indexes?: readonly ManifestIndex[];
  readonly foreignKeys?: readonly ManifestForeignKey[];
  /** Columns the chunks are cut by; absent when one statement read the table. */
  readonly chunkKey?: readonly string[];
  readonly chunks?: readonly ManifestChunk[];
  /** Hash of names and types of the columns: equal fingerprints, equal schema. */
  readonly schemaFingerprint: string;
  readonly rows: number;
  readonly sizeBytes: number;
  /** Absent in manifests of older versions. */
  readonly verification?: ManifestTableVerification;
  /** What was tallied of each column of the source, over all chunks; absent in manifests of older versions. */
  readonly tallies?: readonly ManifestTally[];
  /** Of the columns that have any; absent when everything was landed as it is. */
  readonly alterations?: readonly ManifestAlterations[];
  /** Rows that were not wholly read by the kernels, which is slower, by reason; absent when there are none. Says nothing of their values. */
  readonly rowsOffKernel?: { readonly [reason: string]: number };
  readonly objects: readonly ManifestObject[];
}

/** A page: an object of its own that holds tables, or parts of one. */
export interface ManifestPage {
  /** Full object key, prefix included. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Of the page's bytes, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** A run's manifest: schema version 1, or 2 when its tables are in pages. */
export interface Manifest {
  readonly manifestVersion: typeof MANIFEST_VERSION | typeof PAGED_MANIFEST_VERSION;
  /** How content hashes are made; 1 when absent. */
  readonly contentHashVersion?: number;
  readonly runId: string;
  readonly producer: { readonly name: string; readonly version: string };
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** ISO 8601, UTC. */
  readonly finishedAt: string;
  readonly source: ManifestSource;
  readonly consistency: { readonly mode: ConsistencyMode; readonly guarantee: string };
  readonly verification: { readonly state: VerificationState; readonly detail: string; readonly sourceSeconds?: number };
  readonly format: ManifestFormat;
  /** The landing prefix in key form: empty, or with one trailing slash. */
  readonly prefix: string;
  /** As written, none where there are pages. */
  readonly tables: readonly ManifestTable[];
  /** Of version 2: where the tables are, in this order. */
  readonly pages?: readonly ManifestPage[];
  readonly totals: { readonly tables: number; readonly objects: number; readonly rows: number; readonly sizeBytes: number };
}

/** What the landed objects are; the fields after the second are CSV's. */
export interface ManifestFormat {
  readonly name: 'csv' | 'jsonl' | 'parquet';
  readonly compression: string;
  /** One ASCII character; `,` when absent. */
  readonly delimiter?: string;
  /** One ASCII character; `"` when absent. */
  readonly quote?: string;
  /** Whether each file starts with the columns' names; true when absent. */
  readonly header?: boolean;
  /** What NULL is written as; nothing when absent. */
  readonly nullText?: string;
}

/** Where the rows came from. Never holds a credential. */
export interface ManifestSource {
  readonly kind: 'tables' | 'query';
  readonly server: string;
  readonly database: string;
  readonly productVersion?: string;
  /** The text of a query extraction. */
  readonly query?: string;
}

/** What is wrong with a manifest, as a list of `path: problem`. */
export class InvalidManifestError extends Error {
  public readonly code = 'INVALID_MANIFEST';

  public constructor(public readonly problems: readonly string[]) {
    super(`invalid manifest: ${problems.slice(0, 5).join('; ')}${problems.length > 5 ? `; and ${problems.length - 5} more` : ''}`);
    this.name = 'InvalidManifestError';
  }
}

/**
 * Parses and checks a manifest.
 *
 * @throws InvalidManifestError when the text is not JSON, is of another version, or lacks what a reader needs
 */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidManifestError([`not JSON (${(error as Error).message})`]);
  }
  const problems = manifestProblems(value);
  if (problems.length > 0) throw new InvalidManifestError(problems);
  return value as Manifest;
}

/** What is wrong with a manifest, as a list of `path: problem`. */
export function manifestProblems(value: unknown): string[] {
  if (!isRecord(value)) return ['expected an object'];
  if (value.manifestVersion !== MANIFEST_VERSION && value.manifestVersion !== PAGED_MANIFEST_VERSION) {
    return [`manifestVersion: expected ${MANIFEST_VERSION} or ${PAGED_MANIFEST_VERSION}, got ${JSON.stringify(value.manifestVersion)}`];
  }
  const problems: string[] = [];
  const need = (owner: Record<string, unknown>, path: string, key: string, type: 'string' | 'count') => {
    const got = owner[key];
    const ok = type === 'string' ? typeof got === 'string' && got !== '' : Number.isSafeInteger(got) && (got as number) >= 0;
    if (!ok) problems.push(`${path}${key}: expected a ${type === 'string' ? 'non-empty string' : 'whole number >= 0'}, got ${JSON.stringify(got)}`);
  };
  need(value, '', 'runId', 'string');
  need(value, '', 'startedAt', 'string');
  need(value, '', 'finishedAt', 'string');
  if (typeof value.prefix !== 'string') problems.push(`prefix: expected a string, got ${JSON.stringify(value.prefix)}`);
  if (!isRecord(value.source)) problems.push('source: expected an object');
  if (value.manifestVersion === PAGED_MANIFEST_VERSION) {
    if (!Array.isArray(value.pages) || value.pages.length === 0) {problems.push('pages: expected an array of one page or more');} else {
      value.pages.forEach((page: unknown, at) => {
        if (!isRecord(page)) return void problems.push(`pages[${at}]: expected an object`);
        need(page, `pages[${at}].`, 'key', 'string');
        need(page, `pages[${at}].`, 'sizeBytes', 'count');
        need(page, `pages[${at}].`, 'sha256', 'string');
      });
    }
  }
  if (!Array.isArray(value.tables)) return [...problems, 'tables: expected an array'];
  value.tables.forEach((table: unknown, t) => {
    const at = `tables[${t}].`;
    if (!isRecord(table)) return void problems.push(`tables[${t}]: expected an object`);
    for (const key of ['database', 'schema', 'table', 'schemaFingerprint']) need(table, at, key, 'string');
    need(table, at, 'rows', 'count');
    if (!Array.isArray(table.columns)) problems.push(`${at}columns: expected an array`);
    if (!Array.isArray(table.objects)) return void problems.push(`${at}objects: expected an array`);
    table.objects.forEach((object: unknown, o) => {
      const path = `${at}objects[${o}].`;
      if (!isRecord(object)) return void problems.push(`${at}objects[${o}]: expected an object`);
      need(object, path, 'key', 'string');
      need(object, path, 'rows', 'count');
      need(object, path, 'sizeBytes', 'count');
      if (!isRecord(object.checksum)) return void problems.push(`${path}checksum: expected an object`);
      need(object.checksum, `${path}checksum.`, 'algorithm', 'string');
      need(object.checksum, `${path}checksum.`, 'value', 'string');
    });
  });
  return problems;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
