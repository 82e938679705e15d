import type { SyncResult } from '../api/changes/sync-result';
import type { ExtractControls, PlanControls, ResumeControls, VerifyControls } from '../api/controls';
import type { ExtractResult } from '../api/extract-result';
import type { ExtractionPlan } from '../api/extraction-plan';
import type { ExtractorProps } from '../api/extractor-props';
import type { LandingProps } from '../api/landing-props';
import type { CheckItem, ExecutionRun, RunSummary, RunWatch, WatchOptions } from '../api/run-summary';
import type { VerificationResult, VerifyOptions } from '../api/verification-result';
import { loadEngine } from '../load-engine';
import { validateLanding } from '../options/validate-landing';
import { validateProps, validateVerifyOptions } from '../options/validate-props';

/**
 * {@link Extractor.plan} with an AbortSignal.
 *
 * @throws LegacyToS3Error
 */
export async function plan(props: ExtractorProps, controls: PlanControls = {}): Promise<ExtractionPlan> {
  validateProps(props);
  return loadEngine().plan(props, controls);
}

/**
 * {@link Extractor.run} with events and an AbortSignal.
 *
 * @throws LegacyToS3Error
 */
export async function extract(props: ExtractorProps, controls: ExtractControls = {}): Promise<ExtractResult> {
  validateProps(props);
  return loadEngine().extract(props, controls);
}

/**
 * {@link Extractor.sync} with events and an AbortSignal.
 *
 * @throws LegacyToS3Error
 */
export async function sync(props: ExtractorProps, controls: ResumeControls = {}): Promise<SyncResult> {
  validateProps(props);
  return loadEngine().sync(props, controls);
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
 * Watches a run that others extract, such as the workers of an execution: what it keeps beside its target is looked at when
 * asked for. Close it at the end.
 *
 * @param run its id, or the execution that began it
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export function watchRun(props: LandingProps, run: string | ExecutionRun, options: WatchOptions = {}): RunWatch {
  validateLanding(props);
  return loadEngine().watch(props, run, options);
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

/**
 * Checks a run that is complete, at any time later: every object its manifest names is read back whole, and its size,
 * checksum, number of rows and content hash are compared with the manifest's. The source is reached only with
 * `againstSource`, which takes the properties of an extraction.
 *
 * @returns what was found; `problems` is empty when all is as it should be
 * @throws LegacyToS3Error when the run could not be checked
 */
export async function verifyRun(
  props: LandingProps | ExtractorProps, runId: string, options: VerifyOptions = {}, controls: VerifyControls = {},
): Promise<VerificationResult> {
  if (options.againstSource) validateProps(props as ExtractorProps);
  else validateLanding(props);
  validateVerifyOptions(options);
  return loadEngine().verify(props, runId, options, controls);
}

/**
 * Pauses an extraction that runs in the account: its executions begin no chunk any more, until it is continued.
 *
 * @param props where it lands
 * @param extraction its `extractionName`
 * @returns since when it is paused (ISO 8601, UTC), which may have been before
 * @throws LegacyToS3Error
 */
export async function pauseExtraction(props: LandingProps, extraction: string): Promise<{ readonly since: string }> {
  validateLanding(props);
  return loadEngine().pauseExtraction(props, extraction);
}

/**
 * Lets an extraction that was paused go on.
 *
 * @param props where it lands
 * @param extraction its `extractionName`
 * @returns the pause that is over; nothing where there was none
 * @throws LegacyToS3Error
 */
export async function continueExtraction(props: LandingProps, extraction: string): Promise<{ readonly since: string } | undefined> {
  validateLanding(props);
  return loadEngine().continueExtraction(props, extraction);
}
