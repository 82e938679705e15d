import type { ManifestTable, VerificationState } from './manifest-table';

/** Version of the manifest's schema. A reader refuses a version it does not know. */
export const MANIFEST_VERSION = 1;
/** Version of a manifest whose tables are in pages of their own, which a reader that knows version 1 alone would miss. */
export const PAGED_MANIFEST_VERSION = 2;
/** Version of a manifest that lacks tables of its run, with pages or without, which older readers would take for whole. */
export const INCOMPLETE_MANIFEST_VERSION = 3;

/** Version of a manifest of a run of changes: tables with `changes` hold these alone, which older readers would take for all rows. */
export const CHANGES_MANIFEST_VERSION = 4;

/** A table that the run was to land and has not. */
export interface ManifestMissingTable {
  readonly schema: string;
  readonly table: string;
  /** Stable code of the failure. */
  readonly code: string;
  readonly message: string;
}

/**
 * Version of the content hash that runs take: of version 2, decimals are hashed at the length of their declared precision; of
 * version 1 they were at the length that the server announced, which some announce as 17 whatever the precision.
 */
export const CONTENT_HASH_VERSION = 2;

/** How the rows were read from the source, by the guarantee it gives. */
export type ConsistencyMode = 'snapshot' | 'databaseSnapshot' | 'readCommitted' | 'noLock' | 'query';

/** A page: an object of its own that holds tables, or parts of one. */
export interface ManifestPage {
  /** Full object key, prefix included. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Of the page's bytes, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** A run's manifest: schema version 1, 2 when its tables are in pages, 3 when some are missing, or 4 when it holds changes. */
export interface Manifest {
  readonly manifestVersion: typeof MANIFEST_VERSION | typeof PAGED_MANIFEST_VERSION | typeof INCOMPLETE_MANIFEST_VERSION
  | typeof CHANGES_MANIFEST_VERSION;
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
  /** Of version 3, and of 4 where some failed: tables that failed; the run is not whole without them, unless it {@link follows}. */
  readonly missingTables?: readonly ManifestMissingTable[];
  /**
   * Beside missing tables: the run is of a chain, whose next run reads these again from where they stand. So those it has count, each for
   * itself; absent of a run that is not whole without them.
   */
  readonly follows?: true;
  /** Of version 2, and of 3 and 4 where it is large: where the tables are, in this order. */
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

/** Whether the tables of a run count though others are missing: the next run of its chain goes on from those. */
export function holdsWithoutMissing({ manifestVersion, missingTables, follows }: Pick<Manifest, 'manifestVersion' | 'missingTables' | 'follows'>): boolean {
  return missingTables === undefined || follows === true || manifestVersion === CHANGES_MANIFEST_VERSION;
}

/** The format of a table's objects. */
export function formatOfTable(format: ManifestFormat, { nullText }: ManifestTable): ManifestFormat {
  return nullText === undefined ? format : { ...format, nullText };
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
