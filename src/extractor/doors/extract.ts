import type { ExtractControls } from '../api/extract-events';
import type { ExtractResult } from '../api/extract-result';
import type { ExtractorProps } from '../api/extractor-props';
import { loadEngine } from '../load-engine';
import { validateProps } from '../options/validate-props';

/**
 * {@link Extractor.run} with events and an AbortSignal.
 *
 * @throws LegacyToS3Error
 */
export async function extract(props: ExtractorProps, controls: ExtractControls = {}): Promise<ExtractResult> {
  validateProps(props);
  return loadEngine().extract(props, controls);
}
