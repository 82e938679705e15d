/** Keys and indexes of the metadata table. */
export const METADATA_TABLE = {
  /** Partition key: the object key; `run#<runId>` for a run item. */
  partitionKey: 'objectKey',
  /** Sort key: the S3 version id, `null` when the bucket is not versioned; `run` for a run item. */
  sortKey: 'versionId',
  /** Index by dataset (`<database>/<schema>/<table>`) and time (`lastModified`). */
  datasetIndex: { name: 'by-dataset', partitionKey: 'dataset', sortKey: 'lastModified' },
  /** Index by run and object key. */
  runIndex: { name: 'by-run', partitionKey: 'runId', sortKey: 'objectKey' },
} as const;

/** Version id stored for objects of an unversioned bucket (S3's own name for it). */
export const NULL_VERSION = 'null';

/** State of a recorded object. */
export type ObjectState = 'PRESENT' | 'GONE';

/** State of a run. */
export type RunState = 'COMPLETE' | 'INCOMPLETE';

/** Attributes of an object's item; times are ISO 8601, UTC. */
export interface ObjectItem {
  readonly objectKey: string;
  readonly versionId: string;
  readonly itemType: 'object';
  readonly state: ObjectState;
  readonly bucket: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly eTag?: string;
  /** `<algorithm>:<value as S3 states it>`, for example `SHA256:3q2+7w==-2`. */
  readonly checksum?: string;
  readonly contentType?: string;
  readonly lastModified: string;
  readonly recordedAt: string;
  /** S3's sequencer of the newest event, right-padded with zeros so that strings compare as S3 orders them. */
  readonly sequencer: string;
  /** On an item that a deletion made GONE: the sequencer of the creation that the other attributes describe. */
  readonly contentSequencer?: string;
  /** Goes up by one at each write; a writer's condition that nobody wrote in between. */
  readonly revision: number;
  readonly runId?: string;
  readonly database?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly dataset?: string;
  readonly part?: string;
  readonly format?: string;
  readonly compression?: string;
  readonly schemaFingerprint?: string;
  /** Written by run completion, from the manifest. */
  readonly rows?: number;
  /** Written by run completion, from the manifest. */
  readonly contentHash?: string;
}

/** Attributes of a run's item; times are ISO 8601, UTC. */
export interface RunItem {
  readonly objectKey: string;
  readonly versionId: typeof RUN_ITEM_SORT_KEY;
  readonly itemType: 'run';
  readonly runId: string;
  /** {@link RUNS_DATASET}, so that the dataset index lists runs by time. */
  readonly dataset: typeof RUNS_DATASET;
  /** `finishedAt` again: the index sorts by it. */
  readonly lastModified: string;
  readonly runState: RunState;
  /** `changes` where the manifest holds changes; absent for a run that read all tables whole. */
  readonly kind?: 'changes';
  readonly manifestKey: string;
  /** Of the manifest that was checked: the one S3 had then. */
  readonly manifestVersionId: string;
  /** Of the manifest that was checked, without quotes. */
  readonly manifestETag: string;
  readonly bucket: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** When the check began; the outcome of the latest check stays. */
  readonly recordedAt: string;
  readonly tables: number;
  readonly objects: number;
  readonly rows: number;
  readonly sizeBytes: number;
  /** The source's database, as the manifest says. */
  readonly database?: string;
  /** How far the rows are proven, as the manifest says. */
  readonly verification?: string;
  /** How the source was read, as the manifest says. */
  readonly consistency?: string;
  /** What is wrong, when INCOMPLETE: at most {@link MAX_RUN_PROBLEMS} lines. */
  readonly problems?: readonly string[];
  /** Of an INCOMPLETE run of a chain that lacks tables and nothing else: those it has are committed all the same. */
  readonly tablesHold?: true;
  /** The outcome that an event was sent of: `<state> <ETag of the manifest>`. */
  readonly announced?: string;
  /** Who could not be told of the outcome yet; absent when all were. */
  readonly unreported?: readonly RunReport[];
  /** Where runs become snapshots: tables that show the run, or showed it before a newer one; absent until the first is committed. */
  readonly tablesCommitted?: number;
  /** The others, that were not tried yet, failed or were refused. */
  readonly tablesNotCommitted?: number;
}

/** Whether the tables that a checked run has are shown: of a complete run, and of one of a chain that lacks others alone. */
export function tablesHold({ runState, tablesHold: hold }: Pick<RunItem, 'runState' | 'tablesHold'>): boolean {
  return runState === 'COMPLETE' || hold === true;
}

/** Who is told of a checked run: the Glue catalog, the run's line, and by `RUN_EVENT` whoever listens. */
export type RunReport = 'catalog' | 'line' | 'event';

/** Sort key of a run item. */
export const RUN_ITEM_SORT_KEY = 'run';

/** Partition value of the dataset index that holds all runs; no dataset is called so, since theirs have slashes. */
export const RUNS_DATASET = '#runs';

/** How many problems a run item lists; DynamoDB items hold at most 400 KB. */
export const MAX_RUN_PROBLEMS = 50;

/** Partition key of a run item. `#` cannot start a landed key's first segment as we write them. */
export function runItemKey(runId: string): string {
  return `run#${runId}`;
}

/** Partition value of the dataset index. */
export function datasetId(database: string, schema: string, table: string): string {
  return `${database}/${schema}/${table}`;
}

/** S3's sequencers have different lengths; right-padded with zeros they compare as strings (S3, "Event message structure"). */
export const SEQUENCER_LENGTH = 32;

/** Brings a sequencer to the form in which two can be compared. */
export function comparableSequencer(sequencer: string | undefined): string {
  return (sequencer ?? '').toUpperCase().padEnd(SEQUENCER_LENGTH, '0');
}
