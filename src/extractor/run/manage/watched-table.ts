import type { ExtractEvent } from '../../api/extract-events';
import type { PlannedTable } from '../../api/extraction-plan';
import type { LandedChunk } from '../../state/landed-chunk';

/** A table of a run that others extract: its chunks so far, and the events that they make. */
export class WatchedTable {
  public readonly schema: string;
  public readonly table: string;
  public readonly chunks: number;
  public rows = 0;
  public objects = 0;
  public sizeBytes = 0;
  /** Whether its end was told. */
  public isTold = false;
  private wireBytes = 0;
  private finished = 0;
  private started = false;
  private changed = false;

  /** @param since when those that work on it began (milliseconds since 1970) */
  public constructor(
    private readonly database: string, private readonly planned: PlannedTable, private readonly since: number,
    private readonly tell: (event: ExtractEvent) => void,
  ) {
    ({ schema: this.schema, table: this.table } = planned);
    this.chunks = planned.chunks.length;
  }

  public start(): void {
    if (this.started) return;
    this.started = true;
    this.tell({ type: 'table-started', ...this.name(), estimatedRows: this.planned.estimatedRows });
  }

  public finish({ chunk, rows, wireBytes, objects, seconds }: LandedChunk): void {
    const sizeBytes = objects.reduce((sum, object) => sum + object.sizeBytes, 0);
    this.rows += rows;
    this.wireBytes += wireBytes;
    this.objects += objects.length;
    this.sizeBytes += sizeBytes;
    this.finished += 1;
    this.changed = true;
    this.tell({ type: 'chunk-finished', ...this.name(), chunk, chunks: this.chunks, rows, objects: objects.length, sizeBytes, seconds });
  }

  /** Tells what has changed since it was told. */
  public tellProgress(): void {
    if (!this.changed || this.isTold) return;
    this.changed = false;
    const { rows, wireBytes, objects, sizeBytes, planned: { estimatedRows } } = this;
    const seconds = Math.max(0, Date.now() - this.since) / 1000;
    this.isTold = this.finished >= this.chunks;
    this.tell(this.isTold ? { type: 'table-finished', ...this.name(), rows, objects, sizeBytes, wireBytes, seconds }
      : { type: 'table-progress', ...this.name(), rows, wireBytes, seconds, estimatedRows });
  }

  private name() {
    const { database, schema, table } = this;
    return { database, schema, table };
  }
}
