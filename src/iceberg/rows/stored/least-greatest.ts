import { copyOf, int32s, PlainValues, valueBounds } from './page';

/** How values of a column are ordered (parquet.thrift, `ColumnOrder`). */
export type Order = 'boolean' | 'int32' | 'int64' | 'float' | 'double' | 'signed' | 'unsigned';

/**
 * The least and the greatest value of a column chunk, in PLAIN's form. None where a NaN is among them, which has no place in the order; a
 * zero is below as -0 and above as 0 (parquet.thrift, `ColumnOrder`).
 */
export class LeastGreatest {
  private least: Uint8Array | undefined;
  private greatest: Uint8Array | undefined;
  private hasNaN = false;

  public constructor(private readonly order: Order) {}

  public get bounds(): { readonly least: Uint8Array; readonly greatest: Uint8Array } | undefined {
    if (!this.least || !this.greatest || this.hasNaN) return undefined;
    return { least: this.zero(this.least, 0x80), greatest: this.zero(this.greatest, 0) };
  }

  /** A float that is zero, with this sign. */
  private zero(value: Uint8Array, sign: number): Uint8Array {
    if ((this.order !== 'float' && this.order !== 'double') || float(value, 0, this.order) !== 0) return value;
    const zero = new Uint8Array(value.length);
    zero[zero.length - 1] = sign;
    return zero;
  }

  public add(values: PlainValues): void {
    if (values.count === 0) return;
    switch (this.order) {
      case 'boolean': return this.take(values, values.bytes.indexOf(0), values.bytes.indexOf(1));
      case 'float': case 'double': return this.addFloats(values);
      case 'int32': return this.addInts(values);
      default: return this.addBytes(values);
    }
  }

  private addInts(values: PlainValues): void {
    const { bytes, count } = values;
    const numbers = int32s(bytes, count);
    let least = 0;
    let greatest = 0;
    for (let i = 1; i < count; i++) {
      if (numbers[i] < numbers[least]) least = i;
      else if (numbers[i] > numbers[greatest]) greatest = i;
    }
    this.take(values, least, greatest);
  }

  private addFloats(values: PlainValues): void {
    const { bytes, count, width } = values;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const at = (i: number) => width === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true);
    let [least, greatest] = [0, 0];
    for (let i = 0; i < count; i++) {
      const value = at(i);
      if (value < at(least)) least = i;
      else if (value > at(greatest)) greatest = i;
      if (value !== value) this.hasNaN = true;
    }
    this.take(values, least, greatest);
  }

  private addBytes(values: PlainValues): void {
    const { bytes, count, width, starts } = values;
    const { order } = this;
    let least = 0;
    let greatest = 0;
    let [leastFrom, leastTo] = valueBounds(values, 0);
    let [greatestFrom, greatestTo] = [leastFrom, leastTo];
    for (let i = 1; i < count; i++) {
      const from = starts ? starts[i] + 4 : i * width;
      const to = starts ? starts[i + 1] : from + width;
      if (compare(order, bytes, from, to, bytes, leastFrom, leastTo) < 0) {
        least = i;
        leastFrom = from;
        leastTo = to;
      } else if (compare(order, bytes, from, to, bytes, greatestFrom, greatestTo) > 0) {
        greatest = i;
        greatestFrom = from;
        greatestTo = to;
      }
    }
    this.take(values, least, greatest);
  }

  /** Takes the least and the greatest of some values, by their places; -1 where there is none. */
  private take(values: PlainValues, least: number, greatest: number): void {
    const valueAt = (at: number) => copyOf(values.bytes.subarray(...valueBounds(values, at)));
    // Of booleans that are all the same one is both.
    const [low, high] = [valueAt(least < 0 ? greatest : least), valueAt(greatest < 0 ? least : greatest)];
    const isLess = (a: Uint8Array, b: Uint8Array) => compare(this.order, a, 0, a.length, b, 0, b.length) < 0;
    if (!this.least || isLess(low, this.least)) this.least = low;
    if (!this.greatest || isLess(this.greatest, high)) this.greatest = high;
  }
}

function compare(order: Order, a: Uint8Array, aFrom: number, aTo: number, b: Uint8Array, bFrom: number, bTo: number): number {
  switch (order) {
    case 'int32': case 'int64':
      // Little-endian: the last byte has the sign.
      for (let at = aTo - aFrom - 1, sign = 24; at >= 0; at--, sign = 0) {
        const difference = (a[aFrom + at] << sign >> sign) - (b[bFrom + at] << sign >> sign);
        if (difference !== 0) return difference;
      }
      return 0;
    case 'float': case 'double': return float(a, aFrom, order) - float(b, bFrom, order);
    case 'signed':
      if (a[aFrom] !== b[bFrom]) return (a[aFrom] << 24 >> 24) - (b[bFrom] << 24 >> 24);
  }
  for (let x = aFrom, y = bFrom; x < aTo && y < bTo; x++, y++) if (a[x] !== b[y]) return a[x] - b[y];
  return (aTo - aFrom) - (bTo - bFrom);
}

function float(bytes: Uint8Array, at: number, order: 'float' | 'double'): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  return order === 'float' ? view.getFloat32(0, true) : view.getFloat64(0, true);
}
