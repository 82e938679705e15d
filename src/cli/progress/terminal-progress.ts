import {
  connectRetryLine, failedLine, finishedLine, nameOf, progressLine, readersLine, resultLines, retryLine, startedLine, targetRetryLine, totalLine,
  verifiedLine,
} from './lines';
import type { Output, Progress } from './progress';
import type { ExtractEvent, ExtractResult } from '../../extractor/doors/public';

/** Erases from the cursor to the end of the screen (ECMA-48 ED). */
const ERASE_BELOW = '\x1b[J';

/** One line for each table at work and one for the run, drawn anew in place; what is finished scrolls up above them. */
export class TerminalProgress implements Progress {
  /** Lines of the tables at work, by name. */
  private readonly active = new Map<string, string>();
  /** Line of the whole run, below them. */
  private total?: string;
  private drawn = 0;
  private readonly color: boolean;

  public constructor(private readonly output: Output, private readonly result: Output, env: NodeJS.ProcessEnv = process.env) {
    this.color = !env.NO_COLOR && env.TERM !== 'dumb';
  }

  public readonly onEvent = (event: ExtractEvent) => {
    switch (event.type) {
      case 'run-started': return this.scroll(startedLine(event));
      case 'table-started':
        this.active.set(nameOf(event), `${nameOf(event)}  …`);
        return this.scroll();
      case 'table-progress':
        this.active.set(nameOf(event), progressLine(event));
        return this.scroll();
      case 'run-progress':
        this.total = totalLine(event);
        return this.scroll();
      case 'table-finished':
        this.active.delete(nameOf(event));
        return this.scroll(`${this.paint(32, '✓')} ${finishedLine(event)}`);
      case 'warning': return this.scroll(`${this.paint(33, 'warning')}: ${event.message}`);
      case 'table-failed':
        this.active.delete(nameOf(event));
        return this.scroll(`${this.paint(31, '✗')} ${failedLine(event)}`);
      case 'chunk-retry': return this.scroll(`${this.paint(33, 'warning')}: ${retryLine(event)}`);
      case 'readers-changed': return this.scroll(readersLine(event));
      case 'target-retry': return this.scroll(`${this.paint(33, 'warning')}: ${targetRetryLine(event)}`);
      case 'connect-retry': return this.scroll(`${this.paint(33, 'warning')}: ${connectRetryLine(event)}`);
      case 'run-verified': return this.scroll(verifiedLine(event));
      case 'chunk-finished':
      case 'run-planned':
      case 'part-uploaded':
      case 'chunk-verified':
      case 'run-finished': return undefined;
    }
  };

  public note(text: string): void {
    this.scroll(text);
  }

  public finish(result: ExtractResult): void {
    this.close();
    for (const line of resultLines(result)) this.result.write(`${line}\n`);
  }

  public close(): void {
    this.active.clear();
    this.total = undefined;
    this.scroll();
  }

  /** Writes a line above the live ones and draws those again. */
  private scroll(line?: string): void {
    // A terminal that does not know its width says 0.
    const width = Math.max(20, (this.output.columns || 80) - 1);
    const live = [...this.active.values(), ...(this.total === undefined ? [] : [this.total])].map((text) => (text.length > width ? `${text.slice(0, width - 1)}…` : text));
    const up = this.drawn > 0 ? `\x1b[${this.drawn}A\r${ERASE_BELOW}` : '';
    this.output.write(up + (line === undefined ? '' : `${line}\n`) + live.map((text) => `${text}\n`).join(''));
    this.drawn = live.length;
  }

  private paint(code: number, text: string): string {
    return this.color ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}
