import type { ExtractControls } from '../api/extract-events';
import type { ExtractionPlan } from '../api/extraction-plan';
import type { ExtractorProps } from '../api/extractor-props';
import { loadEngine } from '../load-engine';
import { validateProps } from '../options/validate-props';

/**
 * {@link Extractor.plan} with an AbortSignal.
 *
 * @throws LegacyToS3Error
 */
export async function plan(props: ExtractorProps, controls: Pick<ExtractControls, 'signal'> = {}): Promise<ExtractionPlan> {
  validateProps(props);
  return loadEngine().plan(props, controls);
}
