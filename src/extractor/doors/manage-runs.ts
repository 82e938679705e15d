import type { ExtractControls } from '../api/extract-events';
import type { ExtractResult } from '../api/extract-result';
import type { ExtractorProps, LandingProps } from '../api/extractor-props';
import type { CheckItem, RunSummary } from '../api/run-summary';
import { loadEngine } from '../load-engine';
import { validateLanding, validateProps } from '../options/validate-props';

/** How a run is gone on with. */
export interface ResumeControls extends ExtractControls {
  /** Take the run from a process that may still hold it: only when that process is known to be dead. */
  readonly takeOver?: boolean;
}

/**
 * {@link Extractor.resume} with events and an AbortSignal.
 *
 * @throws LegacyToS3Error
 */
export async function resume(props: ExtractorProps, runId: string, controls: ResumeControls = {}): Promise<ExtractResult> {
  validateProps(props);
  return loadEngine().resume(props, runId, controls);
}

/**
 * Gives an unfinished run up: its objects, uploads and checkpoint are deleted. The source is reached, and must be given, only
 * for a run that has a database snapshot.
 *
 * @throws LegacyToS3Error
 */
export async function abortRun(props: LandingProps | ExtractorProps, runId: string, takeOver = false): Promise<void> {
  validateLanding(props);
  return loadEngine().abort(props, runId, takeOver);
}

/**
 * Gives up all unfinished runs older than so many days that nobody holds. The source is reached as by {@link abortRun}.
 *
 * @returns their ids
 * @throws LegacyToS3Error
 */
export async function pruneRuns(props: LandingProps | ExtractorProps, olderThanDays: number): Promise<string[]> {
  validateLanding(props);
  return loadEngine().prune(props, olderThanDays);
}

/**
 * The newest runs of a target, newest first: complete ones, and those that can be resumed. The source is not reached.
 *
 * @param limit how many at most
 * @throws LegacyToS3Error
 */
export async function listRuns(props: LandingProps, limit = 20): Promise<RunSummary[]> {
  validateLanding(props);
  return loadEngine().listRuns(props, limit);
}

/**
 * Looks at everything an extraction needs: connection, clock, permissions, tables, target. Nothing is extracted.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export async function checkExtraction(props: ExtractorProps): Promise<CheckItem[]> {
  validateProps(props);
  return loadEngine().check(props);
}
