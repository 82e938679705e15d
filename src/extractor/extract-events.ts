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
  readonly wireBytes: number;
  readonly seconds: number;
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
  | RunProgressEvent
  | TableStartedEvent
  | TableProgressEvent
  | TableFinishedEvent
  | ChunkFinishedEvent
  | ChunkRetryEvent
  | ReadersChangedEvent
  | TargetRetryEvent
  | WarningEvent
  | RunFinishedEvent;

/** How a caller watches and stops a run. */
export interface ExtractControls {
  /** Stops the run: uploads in flight are aborted and the run rejects with code INTERRUPTED. */
  readonly signal?: AbortSignal;
  /** Called for each event; what it throws fails the run (after `run-finished` only the promise, not what landed). */
  readonly onEvent?: (event: ExtractEvent) => void;
}
