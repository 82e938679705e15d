import type { RunProgressEvent } from '../../api/extract-events';
import type { ReadJob } from '../context/read-job';

/** A chunk of any table, by its job. */
interface Share {
  /** What the chunk counts for: time goes with bytes, and even an empty chunk takes some. */
  readonly weight: number;
  readonly estimatedRows: number;
  rows: number;
  wireBytes: number;
  finished: boolean;
}

const PAGE_BYTES = 8192;

const keyOf = (tableIndex: number, chunk: number) => `${tableIndex} ${chunk}`;

/** Counts of a whole run, its pace, and the time that is left. */
export class RunProgress {
  private readonly shares: ReadonlyMap<string, Share>;
  private readonly totals = { rows: 0, wireBytes: 0, finished: 0, finishedWeight: 0, weight: 0 };
  private readonly reading = new Set<Share>();
  private readonly before: { readonly rows: number; readonly wireBytes: number; readonly weight: number };
  private readonly estimated: boolean;

  /**
   * @param finished chunks that were landed before this process began
   * @param now clock (milliseconds)
   */
  public constructor(
    jobs: ReadonlyArray<Pick<ReadJob, 'tableIndex' | 'chunk' | 'estimatedRows'>>,
    finished: ReadonlyArray<{ readonly tableIndex: number; readonly chunk: number; readonly rows: number; readonly wireBytes: number }>,
    private readonly now: () => number = () => performance.now(),
    private readonly began = now(),
  ) {
    this.estimated = jobs.every(({ estimatedRows }) => estimatedRows !== undefined);
    this.shares = new Map(jobs.map(({ tableIndex, chunk }) => [keyOf(tableIndex, chunk.chunk), {
      weight: Math.max(PAGE_BYTES, chunk.estimatedBytes), estimatedRows: chunk.estimatedRows, rows: 0, wireBytes: 0, finished: false,
    }]));
    for (const { weight } of this.shares.values()) this.totals.weight += weight;
    for (const chunk of finished) this.finish(chunk.tableIndex, chunk.chunk, chunk);
    this.before = { rows: this.totals.rows, wireBytes: this.totals.wireBytes, weight: this.totals.finishedWeight };
  }

  /** Counts of a chunk so far; a chunk that is begun anew counts from zero. */
  public update(tableIndex: number, chunk: number, { rows, wireBytes }: { readonly rows: number; readonly wireBytes: number }): void {
    const share = this.shares.get(keyOf(tableIndex, chunk));
    if (!share || share.finished) return;
    Object.assign(share, { rows, wireBytes });
    this.reading.add(share);
  }

  public finish(tableIndex: number, chunk: number, { rows, wireBytes }: { readonly rows: number; readonly wireBytes: number }): void {
    const share = this.shares.get(keyOf(tableIndex, chunk));
    if (!share || share.finished) return;
    this.reading.delete(share);
    Object.assign(share, { rows, wireBytes, finished: true });
    this.totals.rows += rows;
    this.totals.wireBytes += wireBytes;
    this.totals.finished += 1;
    this.totals.finishedWeight += share.weight;
  }

  public event(): RunProgressEvent {
    const { totals, before } = this;
    const reading = [...this.reading];
    const rows = reading.reduce((sum, share) => sum + share.rows, totals.rows);
    const wireBytes = reading.reduce((sum, share) => sum + share.wireBytes, totals.wireBytes);
    // Estimates may be too low: a chunk is not done before it is finished.
    const doneOf = ({ weight, rows: read, estimatedRows }: Share) => weight * Math.min(0.99, read / Math.max(1, estimatedRows));
    const done = reading.reduce((sum, share) => sum + doneOf(share), totals.finishedWeight);
    const seconds = Math.max((this.now() - this.began) / 1000, 0.001);
    const pace = (done - before.weight) / seconds;
    return {
      type: 'run-progress',
      rows,
      wireBytes,
      finishedChunks: totals.finished,
      chunks: this.shares.size,
      seconds,
      rowsPerSecond: (rows - before.rows) / seconds,
      bytesPerSecond: (wireBytes - before.wireBytes) / seconds,
      ...(this.estimated && pace > 0 && { etaSeconds: (totals.weight - done) / pace }),
    };
  }
}
