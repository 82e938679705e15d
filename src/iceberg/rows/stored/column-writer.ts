import { ByteRoom } from './byte-room';
import { ColumnType } from './column-type';
import { GrowingDictionary } from './growing-dictionary';
import { indicesOf, levelsOf, packedBits } from './hybrid';
import { LeastGreatest } from './least-greatest';
import { copyOf, DictionaryValues, Page, PAGE_BYTES, PAGE_ROWS, PlainValues, valueBounds } from './page';
import { widthOf } from './page-reader';
import { thriftBytes } from './thrift-bytes';
import { Compress } from '../decompress';

/** parquet.thrift, `Encoding` and `PageType`. */
const Encoding = { plain: 0, rle: 3, rleDictionary: 8 } as const;
const PageType = { data: 0, dictionary: 2 } as const;

/** A column chunk that was written. */
export interface WrittenChunk {
  /** Its bytes, in order. */
  readonly pieces: readonly Uint8Array[];
  /** Of the first of them that are its dictionary page; 0 where it has none. */
  readonly dictionaryBytes: number;
  readonly storedBytes: number;
  readonly plainBytes: number;
  readonly values: number;
  readonly nulls: number;
  readonly encodings: readonly number[];
  readonly bounds: LeastGreatest['bounds'];
}

/**
 * Makes the pages of a column chunk. Values that come by a dictionary keep one, of those alone that are there; others are PLAIN, and so
 * are all that follow them in the chunk, and those for which the dictionary has no room.
 */
export class ColumnWriter {
  private readonly width: number;
  private readonly statistics: LeastGreatest;
  private readonly dictionary: GrowingDictionary;
  private readonly pages: Uint8Array[] = [];
  private storedBytes = 0;
  private plainBytes = 0;
  private values = 0;
  private nulls = 0;
  private isPlain: boolean;
  private hasIndexPages = false;
  /** Of the page that is being filled. */
  private readonly valid = new ByteRoom(PAGE_ROWS);
  private readonly bytes = new ByteRoom();
  private indices = new Uint32Array(64);
  private count = 0;

  public constructor(private readonly type: ColumnType, private readonly optional: boolean, private readonly compress: Compress) {
    this.width = widthOf(type);
    this.statistics = new LeastGreatest(type.order);
    this.dictionary = new GrowingDictionary(this.width);
    this.isPlain = type.physical === 'BOOLEAN';
  }

  /** Bytes of the chunk before they are compressed. */
  public get sizeBytes(): number {
    return this.plainBytes + this.bytes.length + this.dictionary.sizeBytes;
  }

  public add({ rows, valid, values }: Page): void {
    if (valid && !this.optional) throw new RangeError('a row is NULL in a column that may not be');
    const { length } = this.valid;
    if (length > 0 && (length + rows > PAGE_ROWS || this.bytes.length >= PAGE_BYTES)) this.endPage();
    if ('dictionary' in values && this.dictionary.isFull) this.turnPlain();
    if (values.count > 0 && !('dictionary' in values)) this.turnPlain();
    if (this.isPlain) this.addPlain('dictionary' in values ? lookedUp(values, this.width) : values);
    else if ('dictionary' in values) this.addIndices(values);
    if (valid) this.valid.append(valid);
    else this.valid.fill(1, rows);
  }

  /** Ends the chunk. Nothing can be added any more. */
  public finish(): WrittenChunk {
    if (this.valid.length > 0) this.endPage();
    let dictionary: readonly Uint8Array[] = [];
    if (this.hasIndexPages) {
      const { values } = this.dictionary;
      this.statistics.add(values);
      dictionary = this.page([values.bytes], (sizes) => (
        { field_1: PageType.dictionary, ...sizes, field_7: { field_1: values.count, field_2: Encoding.plain } }));
    }
    return {
      pieces: [...dictionary, ...this.pages],
      dictionaryBytes: dictionary.reduce((sum, { length }) => sum + length, 0),
      storedBytes: this.storedBytes,
      plainBytes: this.plainBytes,
      values: this.values,
      nulls: this.nulls,
      // A dictionary is PLAIN itself.
      encodings: [Encoding.rle, Encoding.plain, ...this.hasIndexPages ? [Encoding.rleDictionary] : []],
      bounds: this.statistics.bounds,
    };
  }

  private addPlain(values: PlainValues): void {
    this.bytes.append(values.bytes);
    this.count += values.count;
    this.statistics.add(values);
  }

  private addIndices({ dictionary, indices }: DictionaryValues): void {
    if (this.indices.length < this.count + indices.length) {
      const grown = new Uint32Array(Math.max(this.count + indices.length, 2 * this.indices.length));
      grown.set(this.indices.subarray(0, this.count));
      this.indices = grown;
    }
    this.dictionary.place(dictionary, indices, this.indices, this.count);
    this.count += indices.length;
  }

  /** Indices and values do not share a page. */
  private turnPlain(): void {
    if (!this.isPlain && this.count > 0) this.endPage();
    this.isPlain = true;
  }

  private endPage(): void {
    const { length: rows } = this.valid;
    const { count } = this;
    const isIndices = !this.isPlain && count > 0;
    const levels = this.optional ? [levelsOf(count < rows ? this.valid.view() : undefined, rows)] : [];
    const body = isIndices ? indicesOf(this.indices, count, this.dictionary.count)
      : this.type.physical === 'BOOLEAN' ? packedBits(this.bytes.view(), count) : this.bytes.view();
    const encoding = isIndices ? Encoding.rleDictionary : Encoding.plain;
    this.pages.push(...this.page([...levels, body], (sizes) => (
      { field_1: PageType.data, ...sizes, field_5: { field_1: rows, field_2: encoding, field_3: Encoding.rle, field_4: Encoding.rle } })));
    if (isIndices) this.hasIndexPages = true;
    this.values += rows;
    this.nulls += rows - count;
    this.valid.clear();
    this.bytes.clear();
    this.count = 0;
  }

  /** A header and what it stands before (parquet.thrift, `PageHeader`). */
  private page(pieces: readonly Uint8Array[], headerOf: (sizes: { readonly field_2: number; readonly field_3: number }) => object): Uint8Array[] {
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    // What a compressor gives is good until its next call.
    const stored = copyOf(this.compress(pieces));
    const header = thriftBytes(headerOf({ field_2: size, field_3: stored.length }) as Parameters<typeof thriftBytes>[0]);
    this.plainBytes += header.length + size;
    this.storedBytes += header.length + stored.length;
    return [header, stored];
  }
}

/** Values of a dictionary in PLAIN's form. */
function lookedUp({ dictionary, indices, count }: DictionaryValues, width: number): PlainValues {
  const bytes = new ByteRoom(count * (width || 16));
  const starts = dictionary.starts && new Uint32Array(count + 1);
  for (let i = 0; i < count; i++) {
    const [from, to] = valueBounds(dictionary, indices[i]);
    bytes.append(dictionary.bytes.subarray(starts ? from - 4 : from, to));
    if (starts) starts[i + 1] = bytes.length;
  }
  return { bytes: bytes.view(), count, width: dictionary.width, ...(starts && { starts }) };
}
