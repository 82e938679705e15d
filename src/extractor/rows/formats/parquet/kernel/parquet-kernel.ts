import { COUNT, KernelBytes, NULLS } from './kernel-buffers';
import { BATCH_BYTES, type KernelColumn, KernelLayout, PENDING_BYTES, STAGE_BYTES, storedAs } from './kernel-layout';
import { giveInstance, hasParquetKernel, ParquetInstance, takeInstance } from './kernel-memory';
import { BATCH_ROWS, ColumnBuffer } from '../../../columns/column-buffer';
import type { ColumnType } from '../../../columns/column-type';
import { OffKernelReason, reasonOf } from '../../../columns/off-kernel';
import type { DecodeRows } from '../../../columns/row-compiler';
import { StagedRows, StagedState } from '../../../columns/staged-rows';
import type { ParquetColumn } from '../../../columns/type-table';
import { FRAMINGS } from '../../../text/kernel/kernel-columns';

/** State of code that fills column buffers. */
export interface BatchState extends StagedState {
  /** Row within the batch. */
  row: number;
}

/** More than this is no ordinary table; the memory is not touched before it is needed. */
const MOST_BYTES = 0x20000000;

/** Fills column buffers that lie in its memory, in WebAssembly; a row that it leaves is done by the code compiled for the columns. */
export class ParquetKernel extends StagedRows<BatchState> {
  /** @returns why there is none for these columns, on this processor */
  public static of(sources: readonly ColumnType[], columns: readonly ParquetColumn[]): ParquetKernel | OffKernelReason {
    if (!hasParquetKernel()) return 'processor';
    const described: KernelColumn[] = [];
    for (const source of sources) {
      const landed = columns.filter((column) => column.source === source);
      const other = reasonOf(source);
      if (other) return other;
      const stored = storedAs(source, landed[0].type);
      if (stored === undefined || FRAMINGS[source.framing.kind] === undefined) return 'rareValue';
      described.push({ source, stored, landed });
    }
    const layout = new KernelLayout(described);
    return layout.end > MOST_BYTES ? 'columns' : new ParquetKernel(described, columns, layout);
  }

  protected readonly stage;
  /** Of each Parquet column. */
  public readonly buffers: readonly ColumnBuffer[];
  private readonly instance: ParquetInstance;
  private readonly words: DataView;
  /** Of each source column. */
  private readonly own: ReadonlyArray<readonly ColumnBuffer[]>;

  private constructor(columns: readonly KernelColumn[], landed: readonly ParquetColumn[], private readonly layout: KernelLayout) {
    super(columns.map(({ source }) => source.framing));
    this.instance = takeInstance(layout.end);
    const { memory: { buffer }, functions } = this.instance;
    const memory = new Uint8Array(buffer);
    this.words = new DataView(buffer);
    this.stage = { memory, at: layout.stage, size: STAGE_BYTES };
    layout.write(memory, this.words, this.instance.used);
    this.own = columns.map((_, i) => layout.buffers(this.instance, i));
    const byColumn = new Map(columns.flatMap((column, i) => column.landed.map((each, j) => [each, this.own[i][j]] as const)));
    this.buffers = landed.map((column) => byColumn.get(column)!);
    functions.configure(columns.length, layout.descriptions, layout.scratch, layout.arena, layout.end);
    functions.reset();
  }

  /** Bytes of the batch that are of varying length. */
  public get variableBytes(): number {
    return this.instance.functions.variableBytes();
  }

  /** Makes the counts of the buffers those of the kernel: before they are read. */
  public pull(): void {
    this.own.forEach((buffers, i) => {
      const at = this.layout.description(i);
      const count = this.words.getUint32(at + COUNT, true);
      const nulls = this.words.getUint32(at + NULLS, true);
      for (const buffer of buffers) {
        buffer.count = count;
        buffer.nullCount = nulls;
        if (buffer instanceof KernelBytes) buffer.pull();
        // Each buffer is emptied when its page is made, so companions have a bitmap of their own.
        if (buffer !== buffers[0] && nulls > 0) buffer.valid.set(buffers[0].valid);
      }
    });
  }

  /** The batch was taken, and the buffers are empty. */
  public reset(): void {
    this.instance.functions.reset();
  }

  /** Gives the memory back; the buffers are of no use any more. */
  public close(): void {
    giveInstance(this.instance);
  }

  protected rows(state: BatchState, from: number, last: number): number {
    const { functions } = this.instance;
    const { stage } = this.layout;
    const stop = functions.rows(stage + state.position - from, stage + last - from, state.row, BATCH_ROWS, BATCH_BYTES, PENDING_BYTES);
    state.rows += functions.rowsDone();
    state.row += functions.rowsDone();
    state.position = from + stop - stage;
    return functions.stopReason();
  }

  protected isFull(): boolean {
    return true;
  }

  protected get stopColumn(): number {
    return this.instance.functions.stopColumn();
  }

  protected override oneRow<T extends BatchState>(state: T, decodeRows: DecodeRows<T>): void {
    this.pull();
    super.oneRow(state, decodeRows);
    this.own.forEach(([{ count, nullCount }], i) => {
      const at = this.layout.description(i);
      this.words.setUint32(at + COUNT, count, true);
      this.words.setUint32(at + NULLS, nullCount, true);
    });
  }
}
