import type { ExtractEvent, ExtractResult } from '../../extractor/doors/public';

/** Shows a run while it goes on. */
export interface Progress {
  readonly onEvent: (event: ExtractEvent) => void;
  /** Shows a line about what extracts, not the run itself. @param facts the same for programs, with a `type` */
  note(text: string, facts: { readonly type: string }): void;
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

/** Shows nothing. */
export class QuietProgress implements Progress {
  public readonly onEvent = () => {};

  public note(): void {
    // Asked to be quiet.
  }

  public finish(): void {
    // Asked to be quiet.
  }

  public close(): void {
    // Nothing was changed.
  }
}

/** Prints each event as one JSON line; the last, `run-finished`, holds the result. */
export class JsonProgress implements Progress {
  public constructor(private readonly output: Output) {}

  public readonly onEvent = (event: ExtractEvent) => {
    this.output.write(`${JSON.stringify(event)}\n`);
  };

  public note(_: string, facts: { readonly type: string }): void {
    this.output.write(`${JSON.stringify(facts)}\n`);
  }

  public finish(): void {
    // The last event has the result.
  }

  public close(): void {
    // Nothing was changed.
  }
}
