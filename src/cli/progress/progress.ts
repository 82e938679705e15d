import type { ExtractEvent, ExtractResult } from '../../extractor/doors/public';

/** Shows a run while it goes on. */
export interface Progress {
  readonly onEvent: (event: ExtractEvent) => void;
  /** Shows the result. */
  finish(result: ExtractResult): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

/** Where lines go. */
export interface Output {
  /** Width of a terminal (characters). */
  readonly columns?: number;
  write(text: string): unknown;
}
