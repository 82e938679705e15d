import type { Output, Progress } from './progress';
import type { ExtractEvent } from '../../extractor/doors/public';

/** Prints each event as one JSON line; the last, `run-finished`, holds the result. */
export class JsonProgress implements Progress {
  public constructor(private readonly output: Output) {}

  public readonly onEvent = (event: ExtractEvent) => {
    this.output.write(`${JSON.stringify(event)}\n`);
  };

  public finish(): void {
    // The last event has the result.
  }

  public close(): void {
    // Nothing was changed.
  }
}
