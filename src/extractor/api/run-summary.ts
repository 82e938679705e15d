import type { ExtractEvent } from './extract-events';
import type { ExtractResult } from './extract-result';

/** A run as its manifest or its checkpoint tells it. */
export interface RunSummary {
  readonly runId: string;
  /** `complete`, `incomplete` when tables failed and are missing, or `unfinished`: the latter two can be resumed or given up. */
  readonly state: string;
  readonly database: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** ISO 8601, UTC; absent when it is unfinished. */
  readonly finishedAt?: string;
  readonly tables: number;
  /** Landed so far. */
  readonly rows: number;
  readonly objects: number;
  readonly sizeBytes: number;
  /** How far the rows are proven: `unverified`, `counted`, `verifiedAsVisible` or `verified`; absent when it is unfinished. */
  readonly verification?: string;
  readonly consistency?: string;
  /** Chunks of the plan, and those that are finished; absent when it is complete. */
  readonly chunks?: number;
  readonly finishedChunks?: number;
}

/** One thing that was looked at before a run. */
export interface CheckItem {
  readonly name: string;
  /** `ok`, `warn` or `fail`. */
  readonly state: string;
  /** What was found. */
  readonly detail: string;
  /** What to do; absent when it is ok. */
  readonly advice?: string;
}

/** An execution of an extraction's state machine; the id of its run follows from it. */
export interface ExecutionRun {
  /** ARN of the execution. */
  readonly arn: string;
  /** When it was started: ISO 8601, to the millisecond. */
  readonly startTime: string;
}

/** How a run is watched. */
export interface WatchOptions {
  /** What is new since the last look, as the run itself would tell it, but for single rows: counts grow by chunks. */
  readonly onEvent?: (event: ExtractEvent) => void;
  /** When those that work on it now began (milliseconds since 1970), by which paces are reckoned. @default when the run began */
  readonly since?: number;
}

/** How far a run is that others extract. */
export interface RunCounts {
  readonly tables: number;
  readonly chunks: number;
  readonly finishedChunks: number;
  /** Chunks that cannot land, however often they are read. */
  readonly failedChunks: number;
  /** Rows, objects and bytes of the finished chunks. */
  readonly rows: number;
  readonly objects: number;
  readonly sizeBytes: number;
}

/** Looks at a run that others extract; nothing of it is changed. */
export interface RunWatch {
  readonly runId: string;
  /**
   * Reads what is kept of the run; each finished chunk is read once in the life of the watch.
   *
   * @returns undefined while it has no checkpoint: not yet, or not any more
   * @throws LegacyToS3Error of the target
   */
  look(): Promise<RunCounts | undefined>;
  /**
   * What came of it; tells the events that its end has.
   *
   * @returns undefined while there is no manifest
   * @throws LegacyToS3Error of the target
   */
  result(): Promise<ExtractResult | undefined>;
  /** Frees connections. */
  close(): Promise<void>;
}
