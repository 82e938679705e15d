import type { RunState } from './metadata-table';
import { encodeKeySegment, normalizePrefix } from './object-keys';

/*
 * Landed tables: each run of Parquet files becomes a snapshot of an Apache Iceberg table (format version 2). The files stay where
 * they landed; only metadata is written, into a folder beside the landing prefix.
 */

/** What companion columns hold of their source column; the place is part of their field ids, so it never changes. */
const COMPANION_KINDS = ['100ns', 'offset_minutes', 'base_type'] as const;

/** The first field id of companions: SQL Server has at most 30,000 columns a table (sparse ones), Iceberg reserves ids from 2,147,483,447. */
const FIRST_COMPANION_ID = 1_000_000;

/** Field id of a companion: `1,000,000 + 8 × column_id + kind`. That of a column of the source is its `column_id`. */
export function companionFieldId(columnId: number, companion: typeof COMPANION_KINDS[number]): number {
  return FIRST_COMPANION_ID + 8 * columnId + COMPANION_KINDS.indexOf(companion);
}

/** Folder of the landed tables' metadata: beside the landing prefix (`landing/` has `landing-tables/`), `_tables/` where there is none. */
export function tablesFolder(prefix: string): string {
  const landing = normalizePrefix(prefix);
  return landing === '' ? '_tables/' : `${landing.slice(0, -1)}-tables/`;
}

/**
 * Folder of one table, shared with no other: `<prefix>-tables/<name>-<uuid>/`. What removes unreferenced files below a table's
 * location (Athena's VACUUM, Glue's orphan deletion, Spark's `remove_orphan_files`) finds no landed file there.
 */
export function tableLocation(prefix: string, name: string, uuid: string): string {
  return `${tablesFolder(prefix)}${encodeKeySegment(name)}-${uuid}/`;
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const TABLES_KEY = new RegExp(`(?:^|/)(?:_tables|[^/]+-tables)/[^/]+-${UUID}/(?:metadata|data|attempts)/.+$`);

/** Whether an object is of a landed table's folder, by its key, wherever the landing prefix is. */
export function isTablesKey(key: string): boolean {
  return TABLES_KEY.test(key);
}

/**
 * Properties of the Iceberg tables, set by the commit itself; parameters of their Glue tables too. `dataset`, `kind` and `run` are
 * those of `CATALOG_PARAMETERS`.
 */
export const TABLE_PROPERTIES = {
  /** Run id of the newest run that was applied. Snapshots expire, this stays. */
  appliedRun: 'cdk-legacy-to-s3.applied-run',
  /** Iceberg sequence number of the commit that applied it. */
  appliedSequence: 'cdk-legacy-to-s3.applied-sequence',
  /** What the source's table is, as {@link TableIdentity} gives it. */
  identity: 'cdk-legacy-to-s3.identity',
  /** From 1: how often the name moved on to another table. */
  generation: 'cdk-legacy-to-s3.generation',
  /** `s3://<bucket>/<key>` of the manifest of the applied run. */
  manifest: 'cdk-legacy-to-s3.manifest',
  /** ETag of that manifest. */
  manifestETag: 'cdk-legacy-to-s3.manifest-etag',
  /** JSON of the {@link ChangeMark} that the rows are as of: absent where no changes can follow. */
  appliedMark: 'cdk-legacy-to-s3.applied-mark',
  /** Runs that an expiry leaves, unless it is told otherwise; absent: all. */
  keepRuns: 'cdk-legacy-to-s3.keep-runs',
  /** Metadata of the table that had the name before, of a generation from 2. */
  previousGeneration: 'cdk-legacy-to-s3.previous-generation',
  /**
   * Of a table with soft deletes that are on: since when deleted rows are kept, all that runs saw (ISO 8601, UTC). Absent: they are off. The
   * column stays when they are switched off.
   */
  softDeletesSince: 'cdk-legacy-to-s3.soft-deletes-since',
  /** Ids of runs, joined by spaces, that readers see and whose files are not what they were: no rows are written anew meanwhile. Absent: none. */
  brokenRuns: 'cdk-legacy-to-s3.broken-runs',
  server: 'cdk-legacy-to-s3.server',
  database: 'cdk-legacy-to-s3.database',
  verification: 'cdk-legacy-to-s3.verification',
} as const;

/** Tag of a run's snapshot. */
export function runTag(runId: string): string {
  return `run-${runId}`;
}

/** Name of the table that an older generation is kept as. */
export function generationTableName(name: string, generation: number): string {
  return `${name}_g${generation}`;
}

/** What to do with rows that others added to a landed table since its last run. */
export type ForeignRows = 'refuse' | 'keep' | 'drop';

/** How run completion lands tables: JSON in the function's environment. Absent: `hive`. */
export interface LandedTablesSettings {
  readonly kind: 'iceberg' | 'hive' | 'none';
  /** @default 'refuse' */
  readonly foreignRows?: ForeignRows;
  /** Runs that an expiry leaves; the newest is always among them. @default - all */
  readonly keepRuns?: number;
  /** Days a run's tag is kept (`max-ref-age-ms`). @default - for ever */
  readonly keepForDays?: number;
  /** Athena workgroup that proves counts and sums after each commit. @default - none is asked */
  readonly proveInWorkGroup?: string;
  /** Most bytes that one proving query may scan. */
  readonly proveBytesLimit?: number;
  /** Most bytes of delete files and key columns that are read to count a table after a run. @default - 256 MiB */
  readonly countBytesLimit?: number;
  /** How runs of changes delete rows: by keys, or by the places of rows, which readers without equality deletes need. @default 'equality' */
  readonly deletes?: 'equality' | 'position';
  /** Whether tables keep deleted rows, with the time of their deletion. @default false */
  readonly softDeletes?: boolean;
}

/** Where a run's table stands on its way to a snapshot. */
export type TableCommitState =
  /** Its snapshot is committed. */
  | 'COMMITTED'
  /** A run of changes whose predecessor is not applied yet; whoever applies that goes on with it. */
  | 'WAITING'
  /** A newer run was applied before; this one is left out. */
  | 'SUPERSEDED'
  /** It could not be committed and is tried again. */
  | 'FAILED'
  /** It cannot be committed; trying again would not help. */
  | 'REFUSED'
  /** The run does not hold: it is not shown, or not any more. */
  | 'WITHDRAWN'
  /** The run does not hold, and is shown: others, or runs of changes, wrote on top of it. */
  | 'BROKEN'
  /** Its files are gone, and its snapshot with them. */
  | 'EXPIRED';

/** An item of the metadata table for each table of a run, beside the run's own item: same partition key. */
export interface TableCommitItem {
  /** As of the run's item. */
  readonly objectKey: string;
  /** {@link tableCommitSortKey} */
  readonly versionId: string;
  readonly itemType: 'tableCommit';
  readonly runId: string;
  /** `<database>/<schema>/<table>`; not called `dataset`, which is the key of an index. */
  readonly tableOf: string;
  /** Name in the catalog. */
  readonly tableName: string;
  readonly commitState: TableCommitState;
  /** ETag of the manifest the commit is of. */
  readonly manifestETag: string;
  /** Of Iceberg; a text, since it has 63 bits. */
  readonly snapshotId?: string;
  readonly metadataLocation?: string;
  readonly rows: number;
  /** Sum of the rows that the files' own footers tell, as of the committed snapshot. */
  readonly provenRows?: number;
  /** Whether Athena's counts and sums equalled the manifest's. */
  readonly queryProven?: boolean;
  /** Why not, when FAILED, REFUSED or BROKEN; why it could not be proven, when COMMITTED. */
  readonly problem?: string;
  /** When WAITING: the mark's order the table must have reached. */
  readonly waitsFor?: string;
  /** COUNT_BIG of the source with the run's mark, and rows of the applied snapshot as a reader that applies deletes counts them. */
  readonly sourceRows?: number;
  readonly countedRows?: number;
  /** ISO 8601, UTC. */
  readonly recordedAt: string;
}

/** What the sort keys of {@link TableCommitItem}s begin with. */
export const TABLE_COMMIT_SORT_KEYS = 'table#';

/** Sort key of a {@link TableCommitItem}. */
export function tableCommitSortKey(datasetId: string): string {
  return TABLE_COMMIT_SORT_KEYS + datasetId;
}

/**
 * An item of the metadata table for each table of a run of changes that waits for its predecessor, by database, so that one query tells
 * whoever applies a run which others it may have let go on. It is there from before the table's own item says WAITING until that says
 * something else.
 */
export interface WaitingItem {
  /** {@link waitingItemKey} */
  readonly objectKey: string;
  /** {@link waitingSortKey} */
  readonly versionId: string;
  readonly itemType: 'waiting';
  /** The run that waits; not called `runId`, which is the key of an index. */
  readonly waitingRun: string;
  /** `<database>/<schema>/<table>` */
  readonly tableOf: string;
  /** Of the mark that the table must have reached. */
  readonly way: string;
  readonly lineage: string;
  readonly waitsFor: string;
  /** Of the waiting run's manifest. */
  readonly bucket: string;
  readonly manifestKey: string;
  readonly manifestETag: string;
  /** Of the waiting run; absent: COMPLETE. */
  readonly runState?: RunState;
  /** ISO 8601, UTC: as of the table's own item. */
  readonly recordedAt: string;
}

/** Partition key of {@link WaitingItem}s. */
export function waitingItemKey(database: string): string {
  return `waiting#${database}`;
}

/** Sort key of a {@link WaitingItem}. */
export function waitingSortKey(dataset: string, runId: string): string {
  return `${dataset}#${runId}`;
}

/** Name of the Glue table over the lines of {@link RunSnapshotLine}. */
export const RUN_SNAPSHOTS_TABLE = 'run_snapshots';

/** Folder right below the watched prefix with one object of lines for each run whose tables were committed. */
export const RUN_SNAPSHOTS_FOLDER = 'run-snapshots/';

/** Key of a run's lines. */
export function runSnapshotsKey(landingPrefix: string, runId: string): string {
  return `${landingPrefix}${RUN_SNAPSHOTS_FOLDER}run=${encodeKeySegment(runId)}.json`;
}

/** Whether a key is one that {@link runSnapshotsKey} makes. */
export function isRunSnapshotsKey(landingPrefix: string, key: string): boolean {
  const head = `${landingPrefix}${RUN_SNAPSHOTS_FOLDER}run=`;
  return key.startsWith(head) && /^[^/]+\.json$/.test(key.slice(head.length));
}

/** The snapshot of one table that shows one run. */
export interface RunSnapshotLine {
  readonly run_id: string;
  readonly dataset: string;
  readonly table_name: string;
  readonly state: TableCommitState;
  readonly snapshot_id: string;
  readonly metadata_location: string;
  readonly rows_landed: number;
  /** ISO 8601, UTC. */
  readonly committed_at: string;
}

/** Columns of a Glue table over the lines. */
export const RUN_SNAPSHOT_COLUMNS: { readonly [name in keyof RunSnapshotLine]: string } = {
  run_id: 'string',
  dataset: 'string',
  table_name: 'string',
  state: 'string',
  snapshot_id: 'string',
  metadata_location: 'string',
  rows_landed: 'bigint',
  committed_at: 'string',
};
