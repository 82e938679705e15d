import { hash } from 'node:crypto';
import type { ParquetBlock } from '../../verify/parquet/parquet-rows';
import type { PhysicalValue } from '../../verify/parquet/parquet-value';

/** Bytes of a code. */
const CODE_BYTES = 16;
const NUMBER_BYTES = 8;
const LENGTH_BYTES = 4;

/**
 * Makes a code of 128 bits of a key: its values themselves where they have no more (numbers, dates and times take 8 bytes, a uniqueidentifier or
 * wide decimal as many as it is stored in), else the first half of their SHA-256. So of short keys two codes are equal exactly where the keys are;
 * of others two keys have one code by chance alone, of 1 in 2^128.
 */
export class KeyCodes {
  /** Of the key that was {@link read} last, as four words. */
  public readonly words = new Uint32Array(CODE_BYTES / 4);
  private readonly code = new Uint8Array(this.words.buffer);
  private values = new Uint8Array(256);
  private view = new DataView(this.values.buffer);
  private size = 0;

  /** @throws RangeError for a key without a value */
  public read({ types, values }: ParquetBlock, row: number): void {
    this.size = 0;
    for (let column = 0; column < values.length; column++) this.put(values[column][row], types[column]);
    if (this.size <= CODE_BYTES) {
      this.code.fill(0);
      this.code.set(this.values.subarray(0, this.size));
    } else {
      this.code.set(hash('sha256', this.values.subarray(0, this.size), 'buffer').subarray(0, CODE_BYTES));
    }
  }

  /** A value so that it ends where it does whatever follows, and so for all keys of these columns alike. */
  private put(value: PhysicalValue | null | undefined, type: string): void {
    if (value === null || value === undefined) throw new RangeError('a column of the key has no value');
    if (value instanceof Uint8Array) {
      this.reserve(LENGTH_BYTES + value.length);
      if (type !== 'FIXED_LEN_BYTE_ARRAY') {
        this.view.setUint32(this.size, value.length);
        this.size += LENGTH_BYTES;
      }
      this.values.set(value, this.size);
      this.size += value.length;
      return;
    }
    this.reserve(NUMBER_BYTES);
    // Whatever the width they are stored in.
    if (typeof value === 'bigint') {
      this.view.setBigInt64(this.size, value, true);
    } else {
      const number = Number(value);
      if (!Number.isInteger(number) || Math.abs(number) > 0x80000000) throw new RangeError(`${number} is no value of a key`);
      this.view.setInt32(this.size, number, true);
      this.view.setInt32(this.size + 4, number < 0 ? -1 : 0, true);
    }
    this.size += NUMBER_BYTES;
  }

  private reserve(bytes: number): void {
    if (this.size + bytes <= this.values.length) return;
    const wider = new Uint8Array(2 * (this.size + bytes));
    wider.set(this.values.subarray(0, this.size));
    this.values = wider;
    this.view = new DataView(wider.buffer);
  }
}
