import type { ExtractEvent, RunCounts, RunProgressEvent, RunWatch, TableName, WatchOptions } from '../../../extractor/doors/public';
import type { ExecutionProgressView, TableProgressView } from '../model/view-model';

/** Tables shown of one run: those at work and what is done last. */
const SHOWN_TABLES = 50;

/** What is known of a table so far. */
interface TableSoFar {
  readonly name: string;
  readonly estimatedRows?: number;
  rows: number;
  sizeBytes: number;
  chunks?: number;
  finishedChunks: number;
  isDone: boolean;
}

/** Follows the run of one execution: each look reads only what is new. */
export class RunFollower {
  private readonly watch: RunWatch;
  private readonly tables = new Map<string, TableSoFar>();
  private latest?: RunProgressEvent;
  private counts?: RunCounts;
  private seen?: Promise<RunCounts | undefined>;

  public constructor(open: (options: WatchOptions) => RunWatch) {
    this.watch = open({ onEvent: (event) => this.onEvent(event) });
  }

  public get runId(): string {
    return this.watch.runId;
  }

  /** Looks again; of a run that is over once. @returns nothing while, or when, nothing is kept of it */
  public async look(isOver: boolean): Promise<RunCounts | undefined> {
    if (isOver && this.seen) return this.seen;
    const looked = this.watch.look();
    if (isOver) this.seen = looked;
    try {
      return this.counts = await looked ?? this.counts;
    } catch (error) {
      this.seen = undefined;
      throw error;
    }
  }

  /** How far it is by table; nothing before it was planned. */
  public progress(): ExecutionProgressView | undefined {
    const { counts, latest } = this;
    if (!counts) return undefined;
    const { tables: all, chunks, finishedChunks, failedChunks } = counts;
    const begun = [...this.tables.values()];
    const byState = (isDone: boolean) => begun.filter((table) => table.isDone === isDone);
    const shown = [...byState(false), ...byState(true).reverse()].slice(0, SHOWN_TABLES);
    return {
      tables: shown.map(viewOf),
      waitingTables: Math.max(0, all - begun.length),
      doneTables: byState(true).length,
      moreTables: begun.length - shown.length,
      failedChunks,
      isRead: finishedChunks + failedChunks >= chunks,
      rowsPerSecond: latest?.rowsPerSecond ?? 0,
      bytesPerSecond: latest?.bytesPerSecond ?? 0,
      ...(latest?.etaSeconds !== undefined && { etaSeconds: latest.etaSeconds }),
    };
  }

  public async close(): Promise<void> {
    await this.watch.close();
  }

  private onEvent(event: ExtractEvent): void {
    switch (event.type) {
      case 'run-progress':
        this.latest = event;
        break;
      case 'table-started':
        this.tables.set(keyOf(event), {
          name: `${event.schema}.${event.table}`, estimatedRows: event.estimatedRows, rows: 0, sizeBytes: 0, finishedChunks: 0, isDone: false,
        });
        break;
      case 'chunk-finished': {
        const table = this.tables.get(keyOf(event));
        if (!table) break;
        table.rows += event.rows;
        table.sizeBytes += event.sizeBytes;
        table.chunks = event.chunks;
        table.finishedChunks += 1;
        break;
      }
      case 'table-finished': {
        const table = this.tables.get(keyOf(event));
        if (table) table.isDone = true;
        break;
      }
      default:
    }
  }
}

function keyOf({ schema, table }: TableName): string {
  return JSON.stringify([schema, table]);
}

function viewOf({ name, estimatedRows, rows, sizeBytes, chunks, finishedChunks, isDone }: TableSoFar): TableProgressView {
  // Estimates come from statistics and may be old: nothing is done before its last chunk.
  const estimated = estimatedRows ? Math.min(0.99, rows / estimatedRows) : 0;
  return { name, rows, sizeBytes, share: isDone ? 1 : estimated, finishedChunks, ...(chunks !== undefined && { chunks }) };
}
