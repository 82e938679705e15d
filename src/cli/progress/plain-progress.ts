import {
  connectRetryLine, failedLine, finishedLine, nameOf, progressLine, readersLine, resultLines, retryLine, startedLine, targetRetryLine, verifiedLine,
} from './lines';
import type { Output, Progress } from './progress';
import type { ExtractEvent, ExtractResult } from '../../extractor/doors/public';

/** Least time between two lines of a table's progress (seconds). */
const INTERVAL_SECONDS = 10;

/** One line for each thing that happened, for logs. */
export class PlainProgress implements Progress {
  private readonly reported = new Map<string, number>();

  public constructor(private readonly output: Output, private readonly result: Output) {}

  public readonly onEvent = (event: ExtractEvent) => {
    switch (event.type) {
      case 'run-started': return this.line(startedLine(event));
      case 'table-started':
        return void this.reported.set(nameOf(event), 0);
      case 'table-progress': {
        if (event.seconds - (this.reported.get(nameOf(event)) ?? 0) < INTERVAL_SECONDS) return undefined;
        this.reported.set(nameOf(event), event.seconds);
        return this.line(progressLine(event));
      }
      case 'table-finished': return this.line(finishedLine(event));
      case 'warning': return this.line(`warning: ${event.message}`);
      case 'table-failed': return this.line(`warning: ${failedLine(event)}`);
      case 'chunk-retry': return this.line(`warning: ${retryLine(event)}`);
      case 'readers-changed': return this.line(readersLine(event));
      case 'target-retry': return this.line(`warning: ${targetRetryLine(event)}`);
      case 'connect-retry': return this.line(`warning: ${connectRetryLine(event)}`);
      case 'run-verified': return this.line(verifiedLine(event));
      case 'chunk-finished':
      case 'run-planned':
      case 'part-uploaded':
      case 'chunk-verified':
      case 'run-progress':
      case 'run-finished': return undefined;
    }
  };

  public note(text: string): void {
    this.line(text);
  }

  public finish(result: ExtractResult): void {
    for (const line of resultLines(result)) this.result.write(`${line}\n`);
  }

  public close(): void {
    // Nothing was changed.
  }

  private line(text: string): void {
    this.output.write(`${text}\n`);
  }
}
