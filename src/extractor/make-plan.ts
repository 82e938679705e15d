import type { ExtractControls } from './extract-events';
import type { ExtractionPlan } from './extraction-plan';
import type { ExtractorProps } from './extractor-props';
import { loadEngine } from './load-engine';
import { validateProps } from './validate-props';

/**
 * {@link Extractor.plan} with an AbortSignal.
 *
 * @throws LegacyToS3Error
 */
export async function plan(props: ExtractorProps, controls: Pick<ExtractControls, 'signal'> = {}): Promise<ExtractionPlan> {
  validateProps(props);
  return loadEngine().plan(props, controls);
}
