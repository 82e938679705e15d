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
