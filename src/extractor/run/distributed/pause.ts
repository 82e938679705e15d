import type { ExtractorProps } from '../../api/extractor-props';
import type { LandingProps } from '../../api/landing-props';
import { withTarget } from '../../state/open-store';
import { extractionFolder } from '../../state/run-folder';
import type { StateStore } from '../../state/state-store';

/** Since when an extraction is paused. */
export interface ExtractionPause {
  /** ISO 8601, UTC. */
  readonly since: string;
}

const keyOf = (extraction: string) => `${extractionFolder(extraction)}paused.json`;

/** @returns nothing when it is not paused */
export async function readPause(store: StateStore, extraction: string): Promise<ExtractionPause | undefined> {
  const text = await store.read(keyOf(extraction));
  return text === undefined ? undefined : JSON.parse(text) as ExtractionPause;
}

/**
 * Pauses an extraction: executions that run begin no chunk any more until it is continued, others do not plan. Chunks that are being
 * read are read to their end.
 *
 * @param props where it lands
 * @param extraction its name
 * @returns since when it is paused, which may have been before
 * @throws LegacyToS3Error
 */
export async function pauseExtraction(props: LandingProps | ExtractorProps, extraction: string, now = new Date()): Promise<ExtractionPause> {
  return withTarget(props, async (_, store) => {
    const pause: ExtractionPause = { since: now.toISOString() };
    if (await store.create(keyOf(extraction), JSON.stringify(pause))) return pause;
    return await readPause(store, extraction) ?? pause;
  });
}

/**
 * Lets an extraction that was paused go on. Its executions notice when they ask next: after a minute, or a tenth of the time that it
 * was paused, up to 15 minutes.
 *
 * @returns the pause that is over; nothing where there was none
 * @throws LegacyToS3Error
 */
export async function continueExtraction(props: LandingProps | ExtractorProps, extraction: string): Promise<ExtractionPause | undefined> {
  return withTarget(props, async (_, store) => {
    const pause = await readPause(store, extraction);
    await store.remove([keyOf(extraction)]);
    return pause;
  });
}

/** @returns since when an extraction is paused; nothing where it is not. @throws LegacyToS3Error */
export async function extractionPause(props: LandingProps | ExtractorProps, extraction: string): Promise<ExtractionPause | undefined> {
  return withTarget(props, async (_, store) => readPause(store, extraction));
}
