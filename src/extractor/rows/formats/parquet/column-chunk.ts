import { BlockList } from './block-list';
import { PageCompressor } from './compressor';
import { INDEX_BYTES, LEVEL_BYTES, putIndices, putLevels } from './page-encoding';
import { ColumnChunkInfo, dataPageHeader, dictionaryPageHeader, Encoding } from './parquet-format';
import { dictionaryMinMax, minMax, MinMax } from './statistics';
import { ColumnBuffer, ValueDictionary, VariableBuffer } from '../../columns/column-buffer';
import { mayRepeat } from '../../columns/dictionary';
import { ParquetColumn } from '../../columns/type-table';

/** Levels, and indices, of a page, shared by all columns. */
const scratch = new Uint8Array(LEVEL_BYTES + INDEX_BYTES);

/** One column of the row group being written: its pages, compressed batch by batch, and what the footer says of them. */
export class ColumnChunk {
  private readonly pages = new BlockList();
  private uncompressed = 0;
  private values = 0;
  private nullCount = 0;
  private bounds: MinMax | undefined;
  /** Kept from row group to row group while it pays. */
  private readonly dictionary: ValueDictionary | undefined;
  private useDictionary: boolean;
  private dictionaryPages = 0;
  private plainPages = 0;

  public constructor(
    private readonly column: ParquetColumn, private readonly buffer: ColumnBuffer,
    private readonly codec: number, private readonly compress: PageCompressor,
  ) {
    this.useDictionary = buffer instanceof VariableBuffer && mayRepeat(column);
    if (this.useDictionary) this.dictionary = (buffer as VariableBuffer).makeDictionary();
    this.restart();
  }

  /** Bytes the chunk has in memory. */
  public get bytes(): number {
    return this.pages.length + (this.dictionaryPages > 0 ? this.dictionary!.bytes : 0);
  }

  /** Makes a page of the batch in the buffer and empties the buffer. */
  public addPage(rows: number): void {
    const { buffer } = this;
    if (buffer instanceof VariableBuffer && buffer.dictionary !== null) this.addDictionaryPage(buffer, rows);
    else this.addPlainPage(rows);
    this.bounds?.add(buffer);
    this.values += rows;
    this.nullCount += buffer.nullCount;
    buffer.reset();
  }

  /**
   * Ends the chunk and starts the next one.
   *
   * @param offset of the chunk in the file
   * @returns its bytes too, in order and good until the next page is added
   */
  public finish(offset: number): { readonly info: ColumnChunkInfo; readonly pieces: readonly Uint8Array[] } {
    const pieces: Uint8Array[] = [];
    let dictionaryBytes = 0;
    let bounds: { readonly min?: Uint8Array; readonly max?: Uint8Array } = { min: this.bounds?.min(), max: this.bounds?.max() };
    if (this.dictionaryPages > 0) {
      const { data, bytes, count } = this.dictionary!;
      // The compressor's view is good until its next call only.
      const compressed = this.compress([data.subarray(0, bytes)]).slice();
      const header = dictionaryPageHeader(count, bytes, compressed.length);
      pieces.push(header, compressed);
      dictionaryBytes = header.length + compressed.length;
      this.uncompressed += header.length + bytes;
      if (this.plainPages === 0) bounds = dictionaryMinMax(this.dictionary!);
    }
    const info: ColumnChunkInfo = {
      column: this.column,
      codec: this.codec,
      encodings: [Encoding.RLE, Encoding.PLAIN, ...(this.dictionaryPages > 0 ? [Encoding.RLE_DICTIONARY] : [])],
      values: this.values,
      uncompressedBytes: this.uncompressed,
      compressedBytes: dictionaryBytes + this.pages.length,
      dataPageOffset: offset + dictionaryBytes,
      dictionaryPageOffset: dictionaryBytes > 0 ? offset : undefined,
      statistics: { nullCount: this.nullCount, ...bounds },
    };
    pieces.push(...this.pages.take());
    this.restart();
    return { info, pieces };
  }

  private restart(): void {
    // A column whose first batch did not repay a dictionary gets none in later row groups.
    if (this.plainPages > 0 && this.dictionaryPages === 0) this.useDictionary = false;
    this.uncompressed = this.values = this.nullCount = this.dictionaryPages = this.plainPages = 0;
    this.bounds = minMax(this.column.type);
    if (this.dictionary && this.buffer instanceof VariableBuffer) {
      this.dictionary.clear();
      this.buffer.useDictionary(this.useDictionary ? this.dictionary : null);
    }
  }

  private addPlainPage(rows: number): void {
    const { pieces, valid, nullCount } = this.buffer;
    const o = putLevels(scratch, 0, valid, rows, nullCount);
    this.plainPages += 1;
    this.append([scratch.subarray(0, o), ...pieces], rows, Encoding.PLAIN);
  }

  private addDictionaryPage(buffer: VariableBuffer, rows: number): void {
    const dictionary = buffer.dictionary!;
    const levels = putLevels(scratch, 0, buffer.valid, rows, buffer.nullCount);
    const o = putIndices(scratch, levels, buffer.indices, buffer.count, dictionary.count);
    dictionary.earlierValues += buffer.count;
    this.dictionaryPages += 1;
    this.append([scratch.subarray(0, o)], rows, Encoding.RLE_DICTIONARY);
  }

  private append(pieces: readonly Uint8Array[], rows: number, encoding: number): void {
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    const compressed = this.compress(pieces);
    const header = dataPageHeader(rows, encoding, size, compressed.length);
    this.pages.append(header);
    this.pages.append(compressed);
    this.uncompressed += header.length + size;
  }
}
