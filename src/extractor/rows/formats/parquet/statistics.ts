import { ColumnBuffer, FixedBytesBuffer, Int32Buffer, Int64Buffer, ValueDictionary } from '../../columns/column-buffer';
import { ParquetType } from '../../columns/type-table';

/** Smallest and greatest value of a column chunk, by the order Parquet defines for its type; plain encoding. */
export interface MinMax {
  /** Takes in the values of a batch. */
  add(buffer: ColumnBuffer): void;
  min(): Uint8Array | undefined;
  max(): Uint8Array | undefined;
}

/** @returns nothing for types without statistics here: booleans, and byte arrays, which have them from their dictionary */
export function minMax(type: ParquetType): MinMax | undefined {
  switch (type.physical) {
    case 'INT32': return new Int32MinMax();
    case 'INT64': return new Int64MinMax();
    case 'FLOAT': return new FloatMinMax(4);
    case 'DOUBLE': return new FloatMinMax(8);
    case 'FIXED_LEN_BYTE_ARRAY': return new FixedBytesMinMax(type.length, type.logical === 'DECIMAL');
    default: return undefined;
  }
}

class Int32MinMax implements MinMax {
  private least = Infinity;
  private greatest = -Infinity;

  public add({ values, count }: Int32Buffer): void {
    if (count === 0) return;
    let least = values[0];
    let greatest = least;
    for (let i = 1; i < count; i++) {
      const value = values[i];
      if (value < least) least = value;
      else if (value > greatest) greatest = value;
    }
    this.least = Math.min(this.least, least);
    this.greatest = Math.max(this.greatest, greatest);
  }

  public min(): Uint8Array | undefined {
    return this.least > this.greatest ? undefined : bytesOf(Int32Array.of(this.least));
  }

  public max(): Uint8Array | undefined {
    return this.least > this.greatest ? undefined : bytesOf(Int32Array.of(this.greatest));
  }
}

class Int64MinMax implements MinMax {
  private least: [low: number, high: number] | undefined;
  private greatest: [low: number, high: number] | undefined;

  public add({ values, count }: Int64Buffer): void {
    if (count === 0) return;
    let [minLow, minHigh] = this.least ?? [values[0] >>> 0, values[1]];
    let [maxLow, maxHigh] = this.greatest ?? [minLow, minHigh];
    for (let i = 0; i < 2 * count; i += 2) {
      const low = values[i] >>> 0;
      const high = values[i + 1];
      if (high < minHigh || (high === minHigh && low < minLow)) {
        minLow = low;
        minHigh = high;
      }
      if (high > maxHigh || (high === maxHigh && low > maxLow)) {
        maxLow = low;
        maxHigh = high;
      }
    }
    this.least = [minLow, minHigh];
    this.greatest = [maxLow, maxHigh];
  }

  public min(): Uint8Array | undefined {
    return this.least && bytesOf(Int32Array.from(this.least));
  }

  public max(): Uint8Array | undefined {
    return this.greatest && bytesOf(Int32Array.from(this.greatest));
  }
}

/** NaN has no place in the order: a chunk with one has no statistics. Zero counts as -0 below and +0 above. */
class FloatMinMax implements MinMax {
  private least = Infinity;
  private greatest = -Infinity;
  private usable = true;

  public constructor(private readonly width: 4 | 8) {}

  public add(buffer: Int32Buffer | Int64Buffer): void {
    const { count } = buffer;
    const values = this.width === 4 ? new Float32Array(buffer.values.buffer, buffer.values.byteOffset, count)
      : new Float64Array(buffer.values.buffer, buffer.values.byteOffset, count);
    let { least, greatest } = this;
    for (let i = 0; i < count; i++) {
      const value = values[i];
      if (value < least) least = value;
      if (value > greatest) greatest = value;
      if (value !== value) this.usable = false;
    }
    this.least = least;
    this.greatest = greatest;
  }

  public min(): Uint8Array | undefined {
    return this.bytes(this.least === 0 ? -0 : this.least);
  }

  public max(): Uint8Array | undefined {
    return this.bytes(this.greatest === 0 ? 0 : this.greatest);
  }

  private bytes(value: number): Uint8Array | undefined {
    if (!this.usable || this.least > this.greatest) return undefined;
    return bytesOf(this.width === 4 ? Float32Array.of(value) : Float64Array.of(value));
  }
}

/** Decimals are signed, UUIDs are not; both are big-endian. */
class FixedBytesMinMax implements MinMax {
  private least: Uint8Array | undefined;
  private greatest: Uint8Array | undefined;

  public constructor(private readonly width: number, private readonly signed: boolean) {}

  public add({ bytes, count }: FixedBytesBuffer): void {
    const { width, signed } = this;
    if (count === 0) return;
    const least = this.least ??= bytes.slice(0, width);
    const greatest = this.greatest ??= bytes.slice(0, width);
    for (let at = 0; at < count * width; at += width) {
      if (compare(bytes, at, least, width, signed) < 0) least.set(bytes.subarray(at, at + width));
      else if (compare(bytes, at, greatest, width, signed) > 0) greatest.set(bytes.subarray(at, at + width));
    }
  }

  public min(): Uint8Array | undefined {
    return this.least;
  }

  public max(): Uint8Array | undefined {
    return this.greatest;
  }
}

function compare(bytes: Uint8Array, at: number, other: Uint8Array, width: number, signed: boolean): number {
  const sign = (bytes[at] << 24 >> 24) - (other[0] << 24 >> 24);
  if (signed && sign !== 0) return sign;
  for (let i = signed ? 1 : 0; i < width; i++) {
    const difference = bytes[at + i] - other[i];
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Longer bounds would only make the footer bigger. */
const LONGEST_BOUND = 64;

/** Smallest and greatest value of a chunk that is wholly in its dictionary, by unsigned bytes. */
export function dictionaryMinMax(dictionary: ValueDictionary): { readonly min?: Uint8Array; readonly max?: Uint8Array } {
  const { data, starts, count } = dictionary;
  if (count === 0) return {};
  const value = (i: number) => data.subarray(starts[i] + 4, starts[i + 1]);
  let min = value(0);
  let max = min;
  for (let i = 1; i < count; i++) {
    const next = value(i);
    if (Buffer.compare(next, min) < 0) min = next;
    if (Buffer.compare(next, max) > 0) max = next;
  }
  return min.length > LONGEST_BOUND || max.length > LONGEST_BOUND ? {} : { min: min.slice(), max: max.slice() };
}

function bytesOf(values: Int32Array | Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
