import { BATCH_ROWS, VariableBuffer } from './column-buffer';
import { Dictionary } from './dictionary';
import { ValueError } from '../tds/value-error';

const FIRST_BYTES = 0x10000;
/** 128 MiB. A page is put together and compressed in memory; this keeps it under half a gigabyte. */
export const LARGEST_VALUE = 0x8000000;
/** Longer values are not looked up: they rarely repeat, and comparing them costs as much as writing them. */
const LONGEST_DICTIONARY_VALUE = 256;

/**
 * Values of varying length in Parquet's plain encoding: four bytes of length, then the bytes. While a dictionary
 * pays, the values are its indices instead, found by the bytes on the wire, so that a known value is not even
 * converted.
 */
export class BytesBuffer extends VariableBuffer {
  /** Where {@link begin} makes room: the values, or the dictionary's. */
  public data: Uint8Array;
  public dictionary: Dictionary | null = null;
  public readonly indices = new Int32Array(BATCH_ROWS);
  private values = new Uint8Array(FIRST_BYTES);
  private length = 0;

  public constructor() {
    super();
    this.data = this.values;
  }

  public makeDictionary(): Dictionary {
    return new Dictionary();
  }

  public useDictionary(dictionary: Dictionary | null): void {
    this.dictionary = dictionary;
    this.data = dictionary ? dictionary.data : this.values;
  }

  /** Adds a value the dictionary knows; false when it does not or there is none. */
  public addKnown(v: DataView, p: number, n: number): boolean {
    const { dictionary } = this;
    if (dictionary === null) return false;
    if (n > LONGEST_DICTIONARY_VALUE) {
      this.leaveDictionary();
      return false;
    }
    const index = dictionary.find(v, p, n);
    if (index >= 0) {
      this.indices[this.count++] = index;
      return true;
    }
    if (!dictionary.pays(this.count)) this.leaveDictionary();
    return false;
  }

  /**
   * Makes room in `data` for a value of up to `bytes` bytes.
   *
   * @returns position where its bytes go
   */
  public begin(bytes: number): number {
    const { dictionary } = this;
    if (dictionary !== null) {
      const at = dictionary.begin(bytes);
      this.data = dictionary.data;
      return at;
    }
    const at = this.length + 4;
    if (at + bytes > this.values.length) this.grow(at + bytes);
    return at;
  }

  /** Ends the value that is at `data[at..end)`; `n` bytes at `v.getUint8(p)` are what it was on the wire. */
  public commit(at: number, end: number, v: DataView, p: number, n: number): void {
    const { data, dictionary } = this;
    const size = end - at;
    if (size > LARGEST_VALUE) {
      throw new ValueError(`a value of ${size} bytes; Parquet files take up to ${LARGEST_VALUE}, CSV and JSON Lines take more`);
    }
    data[at - 4] = size;
    data[at - 3] = size >> 8;
    data[at - 2] = size >> 16;
    data[at - 1] = size >> 24;
    if (dictionary !== null) this.indices[this.count] = dictionary.commit(end, v, p, n);
    else this.length = end;
    this.count += 1;
  }

  public get pieces(): Uint8Array[] {
    return [this.values.subarray(0, this.length)];
  }

  public override get variableBytes(): number {
    return this.dictionary !== null ? 4 * this.count : this.length;
  }

  public override reset(): void {
    super.reset();
    this.length = 0;
    // A huge value must not keep its memory for the rest of the table.
    if (this.values.length > 0x1000000) this.values = new Uint8Array(FIRST_BYTES);
    if (this.dictionary === null) this.data = this.values;
  }

  /** Writes out the batch's values so far and goes on without the dictionary. */
  public leaveDictionary(): void {
    const { dictionary, indices, count } = this;
    if (dictionary === null) return;
    this.useDictionary(null);
    for (let i = 0; i < count; i++) {
      const [start, end] = [dictionary.starts[indices[i]], dictionary.starts[indices[i] + 1]];
      if (this.length + end - start > this.values.length) this.grow(this.length + end - start);
      this.values.set(dictionary.data.subarray(start, end), this.length);
      this.length += end - start;
    }
  }

  private grow(wanted: number): void {
    const grown = new Uint8Array(Math.max(wanted, 2 * this.values.length));
    grown.set(this.values.subarray(0, this.length));
    this.values = this.data = grown;
  }
}
