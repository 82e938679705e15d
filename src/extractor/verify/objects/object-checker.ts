import { checkObject, type CheckedObject, type ObjectJob } from './check-object';
import type { ObjectReading } from './object-content';
import type { LandingTarget } from '../../landing/landing-target';

/** Checks objects, in this thread or another. */
export interface ObjectChecker {
  /** @throws LegacyToS3Error */
  check(job: ObjectJob, onProgress: NonNullable<ObjectReading['onProgress']>): Promise<CheckedObject>;
  /** Never throws. */
  close(): Promise<void>;
}

/** Checks in this thread. */
export function localChecker(target: LandingTarget, signal: AbortSignal): ObjectChecker {
  return {
    check: async (job, onProgress) => checkObject(target, job, { onProgress, signal }),
    close: async () => undefined,
  };
}
