import type { ExtractorProps, LandingProps } from '../api/extractor-props';
import type { VerificationProblem, VerificationResult, VerifyOptions } from '../api/verification-result';
import { loadEngine } from '../load-engine';
import { validateLanding, validateProps, validateVerifyOptions } from '../options/validate-props';

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
  /** Called for each difference when it is found. */
  readonly onProblem?: (problem: VerificationProblem) => void;
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
