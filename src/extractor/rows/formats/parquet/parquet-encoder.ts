import { ColumnChunk } from './column-chunk';
import { COLUMN_BINDINGS, columnCode, ColumnCode, makeBuffer } from './column-code';
import { pageCompressor } from './compressor';
import { BATCH_BYTES } from './kernel/kernel-layout';
import { BatchState, ParquetKernel } from './kernel/parquet-kernel';
import { Codec, footer, MAGIC, RowGroupInfo } from './parquet-format';
import { BATCH_ROWS, ColumnBuffer } from '../../columns/column-buffer';
import { ColumnType } from '../../columns/column-type';
import { OffKernelReason, OffKernelRows } from '../../columns/off-kernel';
import { ParquetFormat } from '../../columns/output-format';
import { compileRows, DecodeRows } from '../../columns/row-compiler';
import { ParquetColumn, parquetColumns } from '../../columns/type-table';
import { RowEncoder } from '../row-encoder';

const ROW_GROUP_BYTES = 0x4000000;
const EMPTY = new Uint8Array(0);
const CREATED_BY = 'cdk-legacy-to-s3';

/**
 * Rows to Parquet: a batch fills the column buffers, each of which becomes a page; a row group is held compressed
 * until it is written, so memory does not grow with the table.
 */
export class ParquetEncoder implements RowEncoder {
  public readonly state: BatchState;
  public readonly offKernel: OffKernelRows;
  private readonly columns: readonly ParquetColumn[];
  private readonly buffers: readonly ColumnBuffer[];
  /** Fills the buffers, or why there is none. */
  private readonly kernel: ParquetKernel | OffKernelReason;
  private readonly chunks: readonly ColumnChunk[];
  private readonly decodeRows: DecodeRows<BatchState>;
  private readonly rowGroupBytes: number;
  private readonly keyValues: ReadonlyMap<string, string>;
  private rowGroups: RowGroupInfo[] = [];
  private offset = 0;
  /** Of the row group being filled. */
  private rows = 0;
  private bytes = 0;

  public constructor(sources: readonly ColumnType[], format: ParquetFormat) {
    this.offKernel = new OffKernelRows(sources);
    this.columns = parquetColumns(sources);
    this.kernel = ParquetKernel.of(sources, this.columns);
    this.buffers = typeof this.kernel === 'string' ? this.columns.map(({ type }) => makeBuffer(type)) : this.kernel.buffers;
    const compress = pageCompressor(format.compression);
    const codec = Codec[format.compression];
    this.chunks = this.columns.map((column, i) => new ColumnChunk(column, this.buffers[i], codec, compress));
    this.rowGroupBytes = format.rowGroupBytes ?? ROW_GROUP_BYTES;
    this.keyValues = new Map(sources.map(({ name, sourceType }) => [`source-type:${name}`, sourceType]));
    const codes = sources.map((source, i) => columnCode(source, this.landed(source), i));
    this.decodeRows = compileRows(sources.map(({ framing }) => framing), {
      bindings: Object.assign({}, COLUMN_BINDINGS, ...codes.map(({ bindings }: ColumnCode) => bindings)),
      load: '',
      store: '',
      beforeRow: '',
      afterRow: 's.row += 1;',
      column: (i) => codes[i],
    });
    this.state = {
      bytes: EMPTY,
      view: new DataView(EMPTY.buffer),
      position: 0,
      end: 0,
      rows: 0,
      rowLimit: Infinity,
      column: 0,
      incomplete: false,
      needed: 0,
      valueStart: 0,
      valueEnd: 0,
      row: 0,
      full: false,
    };
  }

  public decode(): void {
    const { state, kernel, offKernel } = this;
    state.full = false;
    if (typeof kernel !== 'string') {
      kernel.decode(state, this.decodeRows, offKernel);
      return;
    }
    const { rows } = state;
    state.rowLimit = BATCH_ROWS - state.row;
    this.decodeRows(state);
    offKernel.addRows(kernel, state.rows - rows);
  }

  public get full(): boolean {
    if (this.state.full || this.state.row >= BATCH_ROWS) return true;
    if (typeof this.kernel !== 'string') return this.kernel.variableBytes >= BATCH_BYTES;
    let bytes = 0;
    for (const buffer of this.buffers) bytes += buffer.variableBytes;
    return bytes >= BATCH_BYTES;
  }

  public get pendingBytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
  }

  public begin(): Uint8Array {
    this.rowGroups = [];
    this.offset = MAGIC.length;
    return MAGIC;
  }

  public async flush(write: (bytes: Uint8Array) => void | Promise<void>, last: boolean): Promise<void> {
    this.endBatch();
    if (this.rows > 0 && (last || this.bytes >= this.rowGroupBytes)) await this.writeRowGroup(write);
    if (last) await write(footer(this.columns, this.rowGroups, this.keyValues, CREATED_BY));
  }

  public close(): void {
    if (typeof this.kernel !== 'string') this.kernel.close();
  }

  private endBatch(): void {
    const { row } = this.state;
    if (row === 0) return;
    if (typeof this.kernel !== 'string') this.kernel.pull();
    for (const buffer of this.buffers) this.bytes += buffer.storedBytes;
    for (const chunk of this.chunks) chunk.addPage(row);
    if (typeof this.kernel !== 'string') this.kernel.reset();
    this.rows += row;
    this.state.row = 0;
  }

  private async writeRowGroup(write: (bytes: Uint8Array) => void | Promise<void>): Promise<void> {
    const infos = [];
    for (const chunk of this.chunks) {
      const { info, pieces } = chunk.finish(this.offset);
      infos.push(info);
      this.offset += info.compressedBytes;
      for (const piece of pieces) await write(piece);
    }
    this.rowGroups.push({ rows: this.rows, columns: infos });
    this.rows = this.bytes = 0;
  }

  /** A source column's Parquet columns with their buffers. */
  private landed(source: ColumnType) {
    return this.columns.flatMap((column, i) => (column.source === source ? [{ column, buffer: this.buffers[i] }] : []));
  }
}
