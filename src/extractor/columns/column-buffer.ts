/** Rows a batch has at most; a multiple of 8. */
export const BATCH_ROWS = 16384;

/**
 * One column of a batch of rows: a validity bitmap (bit set: not NULL, least significant bit first, as in Arrow) and
 * the values that are not NULL, one behind the other. Buffers are used again for the next batch.
 */
export abstract class ColumnBuffer {
  public readonly valid = new Uint8Array(BATCH_ROWS / 8).fill(0xff);
  public nullCount = 0;
  /** Values, NULLs not counted. */
  public count = 0;

  /** @param row within the batch */
  public addNull(row: number): void {
    this.valid[row >> 3] &= ~(1 << (row & 7));
    this.nullCount += 1;
  }

  /** The values in plain little-endian encoding; a view that is good until the next value. */
  public abstract get plain(): Uint8Array;

  /** Bytes of memory that grow with the values. */
  public get variableBytes(): number {
    return 0;
  }

  public reset(): void {
    if (this.nullCount > 0) this.valid.fill(0xff);
    this.nullCount = 0;
    this.count = 0;
  }
}

/** 32-bit values: integers, dates, small decimals, bits of a float. */
export class Int32Buffer extends ColumnBuffer {
  public readonly values = new Int32Array(BATCH_ROWS);

  public get plain(): Uint8Array {
    return new Uint8Array(this.values.buffer, 0, 4 * this.count);
  }
}

/** 64-bit values as two halves, the low one first. */
export class Int64Buffer extends ColumnBuffer {
  public readonly values = new Int32Array(2 * BATCH_ROWS);

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

  public get plain(): Uint8Array {
    return new Uint8Array(this.values.buffer, 0, 8 * this.count);
  }
}

export class BooleanBuffer extends ColumnBuffer {
  private readonly bits = new Uint8Array(BATCH_ROWS / 8);

  public add(value: number): void {
    if (value !== 0) this.bits[this.count >> 3] |= 1 << (this.count & 7);
    this.count += 1;
  }

  public get plain(): Uint8Array {
    return this.bits.subarray(0, (this.count + 7) >> 3);
  }

  public override reset(): void {
    super.reset();
    this.bits.fill(0);
  }
}

/** Values of one width, big-endian two's complement. */
export class FixedBytesBuffer extends ColumnBuffer {
  public readonly bytes: Uint8Array;

  public constructor(public readonly width: number) {
    super();
    this.bytes = new Uint8Array(width * BATCH_ROWS);
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

  public get plain(): Uint8Array {
    return this.bytes.subarray(0, this.width * this.count);
  }
}
