import type { Manifest } from './manifest';
import type { RunReport, RunState } from './metadata-table';

/** The event run completion puts on its event bus (EventBridge), by default the account's own: once for each outcome of each manifest. */
export const RUN_EVENT = { source: 'cdk-legacy-to-s3', detailType: 'Legacy Extraction Run Completed' } as const;

/** `detail` of {@link RUN_EVENT}. The manifest was checked; `state` says whether it held. */
export interface RunEventDetail {
  readonly runId: string;
  readonly state: RunState;
  readonly manifest: { readonly bucket: string; readonly key: string; readonly versionId: string };
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly totals: Manifest['totals'];
  /** Empty when COMPLETE; at most 20 lines of 500 characters: an event holds 256 KB. */
  readonly problems: readonly string[];
  /**
   * Of `catalog` and `line`, those that had not been told of the run when the event was sent: they refused, or took too
   * long. They are tried again; no second event says when that succeeded.
   */
  readonly unreported: readonly RunReport[];
}
