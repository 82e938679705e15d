import type { Output } from './progress';
import type { VerificationProgress } from '../../extractor/doors/public';
import { formatBytes } from '../config/byte-size';

/** Least time between two lines where they stay (seconds). */
const INTERVAL_SECONDS = 10;
/** Begins the line anew: to its begin, and erases it (ECMA-48 CR, EL). */
const ERASE_LINE = '\r\x1b[K';

/** `read back  3 of 12 objects, 1,200,000 of 4,000,000 rows, 71.2 MB of 240 MB (29 %), 680,000 rows/s` */
export function verifyLine({ objects, totalObjects, rows, totalRows, sizeBytes, totalBytes }: VerificationProgress, seconds: number): string {
  const share = totalBytes > 0 ? ` (${Math.min(objects < totalObjects ? 99 : 100, Math.floor(100 * sizeBytes / totalBytes))} %)` : '';
  const rate = Math.round(rows / Math.max(seconds, 0.001));
  return `read back  ${count(objects)} of ${count(totalObjects)} object${totalObjects === 1 ? '' : 's'}, ${count(rows)} of ${count(totalRows)} rows, `
    + `${formatBytes(sizeBytes)} of ${formatBytes(totalBytes)}${share}, ${count(rate)} rows/s`;
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** Shows a verification while it goes on: a line that is written over on a terminal, now and then a line elsewhere. */
export class VerifyProgress {
  private readonly started: number;
  private told: number;
  /** Whether the terminal shows the line. */
  private shown = false;

  /** @param now seconds, from any time on */
  public constructor(private readonly output: Output, private readonly isTerminal: boolean, private readonly now = () => performance.now() / 1000) {
    this.started = this.told = now();
  }

  public readonly onProgress = (progress: VerificationProgress) => {
    const line = verifyLine(progress, this.now() - this.started);
    if (this.isTerminal) {
      // A terminal that does not know its width says 0.
      const width = Math.max(20, (this.output.columns || 80) - 1);
      this.output.write(`${ERASE_LINE}${line.length > width ? `${line.slice(0, width - 1)}…` : line}`);
      this.shown = true;
    } else if (this.now() - this.told >= INTERVAL_SECONDS) {
      this.told = this.now();
      this.output.write(`${line}\n`);
    }
  };

  /** Writes a line that stays. */
  public line(text: string): void {
    this.close();
    this.output.write(`${text}\n`);
  }

  /** Leaves the terminal as it was. */
  public close(): void {
    if (this.shown) this.output.write(ERASE_LINE);
    this.shown = false;
  }
}
