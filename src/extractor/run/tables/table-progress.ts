import { alterationsWarning, sumAlterations } from './alterations';
import { RunProgress } from './run-progress';
import type { ManifestAlterations } from '../../../contract';
import { OffKernelCounts, sumOf } from '../../rows/columns/off-kernel';
import type { LandedChunk } from '../../state/landed-chunk';
import type { ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';

/** Least time between two progress events of a table, or of the run (milliseconds). */
const PROGRESS_INTERVAL_MS = 250;

/** Counts of a table over all its chunks. */
interface TableCounts {
  started?: number;
  reported: number;
  /** Chunks not finished yet. */
  left: number;
  rows: number;
  wireBytes: number;
  objects: number;
  sizeBytes: number;
  rowsOffKernel: OffKernelCounts;
  alterations: readonly ManifestAlterations[];
  /** Of the chunks being read, by number. */
  readonly reading: Map<number, { readonly rows: number; readonly wireBytes: number }>;
}

/** A chunk being read. */
export interface TrackedChunk {
  onProgress(counts: { readonly rows: number; readonly wireBytes: number }): void;
  finish(chunk: LandedChunk): void;
}

/** Turns what readers tell of chunks into events of tables and of the run. */
export class TableProgress {
  private readonly tables = new Map<number, TableCounts>();
  private readonly run: RunProgress;
  private reported = -Infinity;

  public constructor(private readonly context: RunContext, jobs: readonly ReadJob[], finished: readonly LandedChunk[]) {
    for (const { tableIndex } of jobs) this.of(tableIndex).left += 1;
    for (const chunk of finished) this.add(this.of(chunk.tableIndex), chunk);
    this.run = new RunProgress(jobs, finished);
  }

  public start(job: ReadJob): TrackedChunk {
    const counts = this.of(job.tableIndex);
    const name = { database: this.context.database, schema: job.schema, table: job.table };
    if (counts.started === undefined) {
      counts.started = counts.reported = performance.now();
      this.context.emit({ type: 'table-started', ...name, estimatedRows: job.estimatedRows });
    }
    const seconds = () => (performance.now() - counts.started!) / 1000;
    return {
      onProgress: (progress) => {
        counts.reading.set(job.chunk.chunk, progress);
        this.run.update(job.tableIndex, job.chunk.chunk, progress);
        this.reportRun();
        const now = performance.now();
        if (now - counts.reported < PROGRESS_INTERVAL_MS) return;
        counts.reported = now;
        const sum = (of: 'rows' | 'wireBytes') => [...counts.reading.values()].reduce((total, each) => total + each[of], counts[of]);
        this.context.emit({
          type: 'table-progress', ...name, rows: sum('rows'), wireBytes: sum('wireBytes'), seconds: seconds(), estimatedRows: job.estimatedRows,
        });
      },
      finish: (chunk) => {
        const { rows, objects } = chunk;
        this.add(counts, chunk);
        this.run.finish(chunk.tableIndex, chunk.chunk, chunk);
        if (job.chunks > 1) {
          const sizeBytes = objects.reduce((sum, object) => sum + object.sizeBytes, 0);
          this.context.emit({
            type: 'chunk-finished',
            ...name,
            chunk: chunk.chunk,
            chunks: job.chunks,
            rows,
            objects: objects.length,
            sizeBytes,
            seconds: chunk.seconds,
            ...(chunk.rowsOffKernel && { rowsOffKernel: chunk.rowsOffKernel }),
          });
        }
        this.reportRun();
        if (counts.left > 0) return;
        if (counts.alterations.length > 0) this.context.emit({ type: 'warning', message: alterationsWarning(name, counts.alterations) });
        this.context.emit({
          type: 'table-finished',
          ...name,
          rows: counts.rows,
          objects: counts.objects,
          sizeBytes: counts.sizeBytes,
          wireBytes: counts.wireBytes,
          seconds: seconds(),
          ...(Object.keys(counts.rowsOffKernel).length > 0 && { rowsOffKernel: counts.rowsOffKernel }),
        });
      },
    };
  }

  private reportRun(): void {
    const now = performance.now();
    if (now - this.reported < PROGRESS_INTERVAL_MS) return;
    this.reported = now;
    this.context.emit(this.run.event());
  }

  private add(counts: TableCounts, { chunk, rows, wireBytes, objects, rowsOffKernel, alterations }: LandedChunk): void {
    counts.reading.delete(chunk);
    counts.left -= 1;
    counts.rows += rows;
    counts.wireBytes += wireBytes;
    if (rowsOffKernel) counts.rowsOffKernel = sumOf([counts.rowsOffKernel, rowsOffKernel]);
    if (alterations) counts.alterations = sumAlterations([...counts.alterations, ...alterations]);
    counts.objects += objects.length;
    counts.sizeBytes += objects.reduce((sum, object) => sum + object.sizeBytes, 0);
  }

  private of(table: number): TableCounts {
    let counts = this.tables.get(table);
    if (!counts) {
      counts = { reported: 0, left: 0, rows: 0, wireBytes: 0, objects: 0, sizeBytes: 0, rowsOffKernel: {}, alterations: [], reading: new Map() };
      this.tables.set(table, counts);
    }
    return counts;
  }
}
