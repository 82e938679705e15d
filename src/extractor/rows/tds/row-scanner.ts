import { Framing } from './framing';
import { uint16, uint32 } from './little-endian';
import { WireError } from './value-error';
import { Token } from './wire-types';
import { counted } from '../../api/counted';

/** PLP total length of NULL and of "not known in advance": 0xFFFFFFFFFFFFFFFF and ...FE (MS-TDS 2.2.5.2.3). */
const PLP_NULL_LOW = 0xffffffff;
const PLP_UNKNOWN_LOW = 0xfffffffe;
const CODES: { readonly [kind in Framing['kind']]: number } = {
  fixed: 0, byteLength: 1, shortLength: 2, longLength: 3, textPointer: 4, plp: 5,
};

/** Finds where a row ends, without decoding it, so that decoding never meets the end of the buffer. */
export class RowScanner {
  /** After -1: the row needs at least this many bytes from its token on. */
  public needed = 0;
  /** After -1: the column, from 0, in which the bytes end. */
  public column = 0;
  private readonly kinds: Uint8Array;
  private readonly sizes: Int32Array;

  public constructor(framings: readonly Framing[]) {
    this.kinds = Uint8Array.from(framings, ({ kind }) => CODES[kind]);
    this.sizes = Int32Array.from(framings, (framing) => (framing.kind === 'fixed' ? framing.size : 0));
  }

  /**
   * @param start of the ROW or NBCROW token (MS-TDS 2.2.7.19, 2.2.7.13)
   * @returns position behind the row, or -1 when it is not wholly there
   */
  public scan(v: DataView, start: number, end: number): number {
    const p = start + 1;
    if (v.getUint8(start) !== Token.NBCROW) return this.scanValues(v, p, 0, start, end);
    const values = p + ((this.kinds.length + 7) >> 3);
    return values > end ? this.missing(start, values, 0) : this.scanValues(v, values, p, start, end);
  }

  /**
   * The same for values without a token.
   *
   * @param bitmap position of the bitmap of NULLs, 0 when there is none
   */
  public scanValues(v: DataView, p: number, bitmap: number, start: number, end: number): number {
    for (let i = 0; i < this.kinds.length; i++) {
      if (bitmap !== 0 && (v.getUint8(bitmap + (i >> 3)) & (1 << (i & 7))) !== 0) continue;
      switch (this.kinds[i]) {
        case 0:
          p += this.sizes[i];
          break;
        case 1:
          if (p >= end) return this.missing(start, p + 1, i);
          p += 1 + v.getUint8(p);
          break;
        case 2: {
          if (p + 2 > end) return this.missing(start, p + 2, i);
          const length = uint16(v, p);
          p += length === 0xffff ? 2 : 2 + length;
          break;
        }
        case 3:
          if (p + 4 > end) return this.missing(start, p + 4, i);
          p += 4 + uint32(v, p);
          break;
        case 4: {
          if (p >= end) return this.missing(start, p + 1, i);
          if (v.getUint8(p) === 0) {
            p += 1;
            break;
          }
          p += 1 + v.getUint8(p) + 8;
          if (p + 4 > end) return this.missing(start, p + 4, i);
          p += 4 + uint32(v, p);
          break;
        }
        default:
          p = this.plpEnd(v, p, end, start, i);
          if (p < 0) return -1;
      }
      if (p > end) return this.missing(start, p, i);
    }
    return p;
  }

  private plpEnd(v: DataView, p: number, end: number, start: number, column: number): number {
    if (p + 8 > end) return this.missing(start, p + 8, column);
    const low = uint32(v, p);
    const high = uint32(v, p + 4);
    p += 8;
    if (high === 0xffffffff && low === PLP_NULL_LOW) return p;
    const total = high === 0xffffffff && low === PLP_UNKNOWN_LOW ? 0 : high * 0x100000000 + low;
    const first = p;
    while (p + 4 <= end) {
      const length = uint32(v, p);
      p += 4 + length;
      if (length === 0) return p;
    }
    return this.missing(start, Math.max(p + 4, first + total + 4), column);
  }

  private missing(start: number, at: number, column: number): -1 {
    this.needed = at - start;
    this.column = column;
    return -1;
  }
}

/** Where generated code finds a PLP value after {@link openPlp}. */
export interface PlpValue {
  valueStart: number;
  /** Position behind the terminator. */
  valueEnd: number;
}

/**
 * Makes a PLP value contiguous: its chunks are moved together in the buffer, over their own headers.
 *
 * @returns length of the value, or -1 for NULL
 */
export function openPlp(value: PlpValue, b: Uint8Array, v: DataView, p: number): number {
  const low = uint32(v, p);
  const high = uint32(v, p + 4);
  p += 8;
  if (high === 0xffffffff && low === PLP_NULL_LOW) return -1;
  let length = uint32(v, p);
  value.valueStart = p + 4;
  let to = p + 4 + length;
  p = to;
  while (length !== 0) {
    length = uint32(v, p);
    p += 4;
    if (length !== 0) {
      b.copyWithin(to, p, p + length);
      to += length;
      p += length;
    }
  }
  value.valueEnd = to === value.valueStart ? value.valueStart : p;
  const size = to - value.valueStart;
  if (!(high === 0xffffffff && low === PLP_UNKNOWN_LOW) && size !== high * 0x100000000 + low) {
    throw new WireError(`a (max) value of ${counted(size, 'byte')} that was announced with ${high * 0x100000000 + low}`);
  }
  return size;
}
