import { readFileSync } from 'node:fs';
import { LegacyToS3Error, type ExtractionPlan } from '../../extractor/doors/public';

/** Reads a saved plan; the run checks what is in it. @throws LegacyToS3Error of code INVALID_CONFIG */
export function readPlan(path: string): ExtractionPlan {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ExtractionPlan;
  } catch (error) {
    throw new LegacyToS3Error('INVALID_CONFIG', `cannot read the plan '${path}': ${(error as Error).message}`, { cause: error });
  }
}
