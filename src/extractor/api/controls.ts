import type { ConnectRetryEvent, ExtractEvent } from './extract-events';
import type { VerificationProblem } from './verification-result';

/** How a caller watches and stops a run. */
export interface ExtractControls {
  /** Stops the run: uploads in flight are aborted and the run rejects with code INTERRUPTED. */
  readonly signal?: AbortSignal;
  /** Called for each event; what it throws fails the run (after `run-finished` only the promise, not what landed). */
  readonly onEvent?: (event: ExtractEvent) => void;
}

/** How a caller watches and stops the making of a plan. */
export interface PlanControls {
  /** Stops it: it rejects with code INTERRUPTED. */
  readonly signal?: AbortSignal;
  /** Called before the source is connected to anew, after a failure that passes. */
  readonly onConnectRetry?: (event: ConnectRetryEvent) => void;
}

/** How a run is gone on with. */
export interface ResumeControls extends ExtractControls {
  /** Take the run from a process that may still hold it: only when that process is known to be dead. */
  readonly takeOver?: boolean;
}

/** Counts of a verification so far; totals are the manifest's. */
export interface VerificationProgress {
  /** Read whole. */
  readonly objects: number;
  readonly totalObjects: number;
  /** Of objects that are being read too, as all below. */
  readonly rows: number;
  readonly totalRows: number;
  readonly sizeBytes: number;
  readonly totalBytes: number;
}

/** How a caller watches and stops a verification. */
export interface VerifyControls {
  /** Stops it: it rejects with code INTERRUPTED. */
  readonly signal?: AbortSignal;
  /** Called after each object that was read back. */
  readonly onObject?: (progress: VerificationProgress) => void;
  /** Called a few times a second, within large objects too, and after each object. */
  readonly onProgress?: (progress: VerificationProgress) => void;
  /** Called before the source is connected to anew, after a failure that passes; with `againstSource`. */
  readonly onConnectRetry?: (event: ConnectRetryEvent) => void;
  /** Called for each difference when it is found. */
  readonly onProblem?: (problem: VerificationProblem) => void;
}
