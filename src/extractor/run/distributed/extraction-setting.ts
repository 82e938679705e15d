import type { ExtractEvent } from '../../api/extract-events';
import type { ExtractorProps } from '../../api/extractor-props';
import type { Clock } from '../../state/clock';
import type { AsksExecution } from '../../state/run-lease';

/** What every function of an extraction is given. */
export interface ExtractionSetting {
  /** Name of the extraction. */
  readonly name: string;
  /** Source, landing, and how a worker reads. */
  readonly props: ExtractorProps;
  readonly isRunning: AsksExecution;
  /** @default - no execution was */
  readonly wasRedriven?: AsksExecution;
  readonly clock: Clock;
  /** Milliseconds until the function is ended from outside. */
  readonly remainingMs: () => number;
  readonly onEvent: (event: ExtractEvent) => void;
}
