import type { ExtractResult } from './extract-result';

/** Names a table, or the result of a query. */
export interface TableName {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
}

/** The tables are chosen; reading begins. */
export interface RunStartedEvent {
  readonly type: 'run-started';
  readonly runId: string;
  readonly target: string;
  readonly tables: number;
  readonly consistency: string;
}

/** What is going to be read; not told of a query. */
export interface RunPlannedEvent {
  readonly type: 'run-planned';
  readonly tables: number;
  readonly chunks: number;
  /** Chunks that were finished before, and are not read again. */
  readonly finishedChunks: number;
  /** Chunks that may be read at the same time. */
  readonly readers: number;
  /** From the server's statistics. */
  readonly estimatedRows: number;
  /** Pages of the tables (bytes), from the server's statistics. */
  readonly estimatedBytes: number;
}

/** A table's first request is about to be sent. */
export interface TableStartedEvent extends TableName {
  readonly type: 'table-started';
  /** From the server's statistics; absent for a query. */
  readonly estimatedRows?: number;
}

/** Counts so far; a few a second at most. */
export interface TableProgressEvent extends TableName {
  readonly type: 'table-progress';
  readonly rows: number;
  /** Bytes read from the server. */
  readonly wireBytes: number;
  readonly seconds: number;
  readonly estimatedRows?: number;
}

/** A table is landed and its count checked. */
export interface TableFinishedEvent extends TableName {
  readonly type: 'table-finished';
  readonly rows: number;
  readonly objects: number;
  readonly sizeBytes: number;
  /** Bytes read from the server; 0 where a watched run does not tell. */
  readonly wireBytes: number;
  readonly seconds: number;
  /** Rows that were not wholly read by the kernels, by reason: slower, and right all the same. Absent when there are none. */
  readonly rowsOffKernel?: { readonly [reason: string]: number };
}

/** A chunk is landed and its count checked. */
export interface ChunkFinishedEvent extends TableName {
  readonly type: 'chunk-finished';
  /** Number within the table, from 0. */
  readonly chunk: number;
  /** Of the table. */
  readonly chunks: number;
  readonly rows: number;
  readonly objects: number;
  readonly sizeBytes: number;
  readonly seconds: number;
  /** As of a table. */
  readonly rowsOffKernel?: { readonly [reason: string]: number };
}

/** A part of a multipart upload is in S3; an object that fits into one request has none. */
export interface PartUploadedEvent extends TableName {
  readonly type: 'part-uploaded';
  readonly chunk: number;
  /** Of the object. */
  readonly key: string;
  /** From 1. */
  readonly part: number;
  readonly sizeBytes: number;
}

/** What was landed of a chunk was compared with what the source has of it; one that differs under a snapshot fails the run instead. */
export interface ChunkVerifiedEvent extends TableName {
  readonly type: 'chunk-verified';
  readonly chunk: number;
  /** Landed. */
  readonly rows: number;
  /** COUNT_BIG of the source. */
  readonly sourceRows: number;
  /** Aggregates that differ, since others wrote while rows were read: none under a snapshot. */
  readonly differences: number;
  /** What asking took. */
  readonly seconds: number;
  /** Columns whose values the source does not repeat, so that they were not compared; absent where there are none. */
  readonly notCompared?: readonly string[];
}

/** All is landed and compared; the manifest is written next. */
export interface RunVerifiedEvent {
  readonly type: 'run-verified';
  /** As the manifest states it: `verified`, `verifiedAsVisible`, `counted` or `unverified`. */
  readonly state: string;
  readonly detail: string;
}

/** A table failed for good; the run goes on with the others (`onTableError`), and its manifest will name it as missing. */
export interface TableFailedEvent extends TableName {
  readonly type: 'table-failed';
  /** Stable code of the failure. */
  readonly code: string;
  readonly message: string;
}

/** A chunk failed and will be read anew from its begin. */
export interface ChunkRetryEvent extends TableName {
  readonly type: 'chunk-retry';
  readonly chunk: number;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** Time until the next attempt (seconds). */
  readonly delaySeconds: number;
  /** Stable code of the failure. */
  readonly code: string;
  /** SQL Server's number of the error, where it gave one. */
  readonly number?: number;
  readonly message: string;
}

/** Fewer or more readers may be at work than before. */
export interface ReadersChangedEvent {
  readonly type: 'readers-changed';
  /** That may be at work now; others pause when their chunk is done. */
  readonly readers: number;
  /** At most. */
  readonly of: number;
  /** Whether the source throttles, answers far slower than it did, or has recovered. */
  readonly reason: 'throttled' | 'slow' | 'restored';
  readonly detail: string;
}

/** Writing checkpoint or manifest failed and will be tried anew. */
export interface TargetRetryEvent {
  readonly type: 'target-retry';
  /** What failed, for example `write the manifest`. */
  readonly what: string;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** Time until the next attempt (seconds). */
  readonly delaySeconds: number;
  /** Stable code of the failure. */
  readonly code: string;
  readonly message: string;
}

/** The first connection failed and will be tried anew; told before the run has started. */
export interface ConnectRetryEvent {
  readonly type: 'connect-retry';
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** Time until the next attempt (seconds). */
  readonly delaySeconds: number;
  /** Stable code of the failure. */
  readonly code: string;
  /** SQL Server's number of the error, where it gave one. */
  readonly number?: number;
  readonly message: string;
}

/** Counts of the whole run so far, finished chunks of an earlier process among them; a few a second at most. */
export interface RunProgressEvent {
  readonly type: 'run-progress';
  readonly rows: number;
  /** Bytes read from the server. */
  readonly wireBytes: number;
  readonly finishedChunks: number;
  /** Of all tables. */
  readonly chunks: number;
  /** Since this process began to read. */
  readonly seconds: number;
  /** Of this process, on average. */
  readonly rowsPerSecond: number;
  /** Bytes read from the server, of this process, on average. */
  readonly bytesPerSecond: number;
  /** Time left, by the plan's estimates and the pace so far; absent for a query, and until a pace can be told. */
  readonly etaSeconds?: number;
}

/** Something a reader of the data should know. */
export interface WarningEvent {
  readonly type: 'warning';
  readonly message: string;
}

/** The manifest is written. */
export interface RunFinishedEvent {
  readonly type: 'run-finished';
  readonly result: ExtractResult;
}

/** What a run tells while it goes on, in order. */
export type ExtractEvent =
  | RunStartedEvent
  | RunPlannedEvent
  | RunProgressEvent
  | TableStartedEvent
  | TableProgressEvent
  | TableFinishedEvent
  | ChunkFinishedEvent
  | PartUploadedEvent
  | ChunkVerifiedEvent
  | TableFailedEvent
  | ChunkRetryEvent
  | ReadersChangedEvent
  | TargetRetryEvent
  | ConnectRetryEvent
  | WarningEvent
  | RunVerifiedEvent
  | RunFinishedEvent;
