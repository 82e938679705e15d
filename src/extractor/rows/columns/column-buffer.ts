/** Rows a batch has at most; a multiple of 8. */
export const BATCH_ROWS = 16384;

/**
 * One column of a batch of rows: a validity bitmap (bit set: not NULL, least significant bit first, as in Arrow) and
 * the values that are not NULL, one behind the other. Buffers are used again for the next batch.
 */
export abstract class ColumnBuffer {
  public nullCount = 0;
  /** Values, NULLs not counted. */
  public count = 0;

  /** @param valid BATCH_ROWS bits, all set */
  public constructor(public readonly valid: Uint8Array = new Uint8Array(BATCH_ROWS / 8).fill(0xff)) {}

  /** @param row within the batch */
  public addNull(row: number): void {
    this.valid[row >> 3] &= ~(1 << (row & 7));
    this.nullCount += 1;
  }

  /** The values in plain little-endian encoding; views that are good until the next value. */
  public abstract get pieces(): readonly Uint8Array[];

  /** Bytes of memory that grow with the values. */
  public get variableBytes(): number {
    return 0;
  }

  /** Bytes that a page takes of the batch, levels apart. */
  public get storedBytes(): number {
    return this.pieces.reduce((sum, { length }) => sum + length, 0);
  }

  public reset(): void {
    if (this.nullCount > 0) this.valid.fill(0xff);
    this.nullCount = 0;
    this.count = 0;
  }
}

/** 32-bit values: integers, dates, small decimals, bits of a float. */
export class Int32Buffer extends ColumnBuffer {
  /** @param values room for BATCH_ROWS */
  public constructor(valid?: Uint8Array, public readonly values: Int32Array = new Int32Array(BATCH_ROWS)) {
    super(valid);
  }

  public get pieces(): Uint8Array[] {
    return [new Uint8Array(this.values.buffer, this.values.byteOffset, 4 * this.count)];
  }
}

/** 64-bit values as two halves, the low one first. */
export class Int64Buffer extends ColumnBuffer {
  /** @param values room for twice BATCH_ROWS */
  public constructor(valid?: Uint8Array, public readonly values: Int32Array = new Int32Array(2 * BATCH_ROWS)) {
    super(valid);
  }

  public add(low: number, high: number): void {
    const at = 2 * this.count++;
    this.values[at] = low;
    this.values[at + 1] = high;
  }

  /** Microseconds since 1970, exact over all years: the day's microseconds are 20 * 2^32 + 500,654,080. */
  public addMicros(day: number, microsOfDay: number): void {
    const sum = day * 500654080 + microsOfDay;
    const carry = Math.floor(sum / 0x100000000);
    this.add(sum - carry * 0x100000000 | 0, day * 20 + carry);
  }

  /** A whole number from 0 to 2^53. */
  public addUint53(value: number): void {
    const high = Math.floor(value / 0x100000000);
    this.add(value - high * 0x100000000 | 0, high);
  }

  /**
   * Nanoseconds since 1970: the day's are 20,116 * 2^32 + 2,437,873,664.
   *
   * @returns false when 64 bits do not hold them; nothing is added then
   */
  public addNanos(day: number, nanosOfDay: number): boolean {
    const sum = day * 2437873664 + nanosOfDay;
    const carry = Math.floor(sum / 0x100000000);
    const high = day * 20116 + carry;
    if (high < -0x80000000 || high > 0x7fffffff) return false;
    this.add(sum - carry * 0x100000000 | 0, high);
    return true;
  }

  public get pieces(): Uint8Array[] {
    return [new Uint8Array(this.values.buffer, this.values.byteOffset, 8 * this.count)];
  }
}

export class BooleanBuffer extends ColumnBuffer {
  /** @param bits BATCH_ROWS, none set */
  public constructor(valid?: Uint8Array, private readonly bits: Uint8Array = new Uint8Array(BATCH_ROWS / 8)) {
    super(valid);
  }

  public add(value: number): void {
    if (value !== 0) this.bits[this.count >> 3] |= 1 << (this.count & 7);
    this.count += 1;
  }

  public get pieces(): Uint8Array[] {
    return [this.bits.subarray(0, (this.count + 7) >> 3)];
  }

  public override reset(): void {
    super.reset();
    this.bits.fill(0);
  }
}

/** Values of one width, big-endian two's complement. */
export class FixedBytesBuffer extends ColumnBuffer {
  /** @param bytes room for BATCH_ROWS values */
  public constructor(public readonly width: number, valid?: Uint8Array, public readonly bytes: Uint8Array = new Uint8Array(width * BATCH_ROWS)) {
    super(valid);
  }

  /** A signed number of up to 128 bits as magnitude and sign. */
  public addDecimal(negative: boolean, l0: number, l1: number, l2: number, l3: number): void {
    const { bytes, width } = this;
    let at = (this.count + 1) * width;
    const start = at - width;
    this.count += 1;
    let carry = negative ? 1 : 0;
    const flip = negative ? 0xff : 0;
    let limb = l0;
    for (let i = 0; i < width; i++) {
      if (i === 4) limb = l1;
      else if (i === 8) limb = l2;
      else if (i === 12) limb = l3;
      const byte = (limb >>> ((i & 3) << 3) & 0xff ^ flip) + carry;
      carry = byte >> 8;
      bytes[--at] = byte;
    }
    if (at !== start) throw new Error('width of a decimal');
  }

  public get pieces(): Uint8Array[] {
    return [this.bytes.subarray(0, this.width * this.count)];
  }
}

/** Distinct values of a column chunk, in Parquet's plain encoding. */
export interface ValueDictionary {
  /** Values, each behind its four bytes of length. */
  readonly data: Uint8Array;
  /** Where each value begins in `data`; one more entry than there are values. */
  readonly starts: Int32Array;
  readonly count: number;
  /** Of the values. */
  readonly bytes: number;
  /** Values added over the whole chunk before the current batch. */
  earlierValues: number;
  /** Empties it for the next column chunk. */
  clear(): void;
}

/** Values of varying length, each behind its four bytes of length; while a dictionary pays they are its indices instead. */
export abstract class VariableBuffer extends ColumnBuffer {
  /** The one in use. */
  public abstract readonly dictionary: ValueDictionary | null;
  public abstract readonly indices: Int32Array;

  public override get storedBytes(): number {
    return this.dictionary !== null ? 4 * this.count : super.storedBytes;
  }

  /** One for the column, which is not in use yet. */
  public abstract makeDictionary(): ValueDictionary;

  /** Encodes by this dictionary of its own from now on; only between batches. */
  public abstract useDictionary(dictionary: ValueDictionary | null): void;
}
