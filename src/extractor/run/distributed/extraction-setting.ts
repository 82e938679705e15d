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
  /** Milliseconds until the function is ended from outside; Infinity where it is not. */
  readonly remainingMs: () => number;
  /** Stops a worker, which leaves what it reads to the next one. @default - nothing does */
  readonly signal?: AbortSignal;
  readonly onEvent: (event: ExtractEvent) => void;
}
