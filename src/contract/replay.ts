/**
 * What the replay function takes: `queue` gives every event of the failure queue to its function again; `objects` records
 * every object under a prefix again; `run` records all objects of a run again, its manifest last.
 */
export type ReplayRequest =
  | { readonly action: 'queue'; readonly token?: string }
  | { readonly action: 'objects'; readonly prefix?: string; readonly token?: string }
  | { readonly action: 'run'; readonly runId: string; readonly prefix?: string; readonly token?: string };

/** What it answers. Counts are of this invocation; with `token` there is more to do: ask again with it. */
export interface ReplayResult {
  readonly action: ReplayRequest['action'];
  /** Events given to their function again, or objects given to the recorder. */
  readonly attempted: number;
  readonly succeeded: number;
  readonly failed: number;
  /** What failed and why; at most {@link MAX_REPLAY_FAILURES}. */
  readonly failures: readonly ReplayFailure[];
  readonly token?: string;
}

/** One event or object that failed again. */
export interface ReplayFailure {
  readonly subject: string;
  readonly message: string;
}

/** How many failures a result lists; a response of Lambda holds 6 MB. */
export const MAX_REPLAY_FAILURES = 100;
