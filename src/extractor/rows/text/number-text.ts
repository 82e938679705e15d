import { countDigits, MINUS, putInt32, putLimbs, putPadded, putUint30, putUint53 } from './digits';
import { int16, int32, uint32 } from '../tds/little-endian';
import { badLength, ValueError } from '../tds/value-error';

/**
 * Text of numbers, from the value's `n` bytes at `v.getUint8(p)` to ASCII at `out[o]`; each returns the position behind it.
 * Wire formats: MS-TDS 2.2.5.5.1.
 */

const POINT = 0x2e;
const POWERS = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

export function tinyintText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  if (n !== 1) badLength(n);
  return putUint30(out, o, v.getUint8(p));
}

export function smallintText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  if (n !== 2) badLength(n);
  return putInt32(out, o, int16(v, p));
}

export function intText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  if (n !== 4) badLength(n);
  return putInt32(out, o, int32(v, p));
}

export function bigintText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  if (n !== 8) badLength(n);
  return put64(out, o, uint32(v, p), int32(v, p + 4), 0);
}

export function moneyText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  // The high half comes first (MS-TDS 2.2.5.5.1.2).
  if (n === 8) return put64(out, o, uint32(v, p + 4), int32(v, p), 4);
  if (n !== 4) badLength(n);
  const value = int32(v, p);
  return put64(out, o, value >>> 0, value >> 31, 4);
}

/** A signed 64-bit number with `scale` decimals. */
function put64(out: Uint8Array, o: number, low: number, high: number, scale: number): number {
  if (high < 0) {
    out[o++] = MINUS;
    high = ~high;
    low = (~low >>> 0) + 1;
    if (low === 0x100000000) {
      low = 0;
      high += 1;
    }
    high >>>= 0;
  }
  return high < 0x200000 ? putScaled53(out, o, high * 0x100000000 + low, scale) : putLimbs(out, o, scale, low, high, 0, 0);
}

/** @param value a whole number below 2^53, written with `scale` decimals */
function putScaled53(out: Uint8Array, o: number, value: number, scale: number): number {
  if (scale === 0) return putUint53(out, o, value);
  if (scale > 9) return putLimbs(out, o, scale, value >>> 0, Math.floor(value / 0x100000000), 0, 0);
  const unit = POWERS[scale];
  let whole = Math.floor(value / unit);
  let part = value - whole * unit;
  // The quotient may have been rounded up to the next whole number.
  if (part < 0) {
    whole -= 1;
    part += unit;
  }
  o = putUint53(out, o, whole);
  out[o] = POINT;
  return putPadded(out, o + 1, part, scale);
}

/** Sign byte (1 is positive), then the magnitude in 4, 8, 12 or 16 bytes. */
export function decimalText(
  v: DataView, p: number, n: number, out: Uint8Array, o: number, scale: number, precision: number,
): number {
  checkDecimalLength(n);
  const l0 = uint32(v, p + 1);
  const l1 = n > 5 ? uint32(v, p + 5) : 0;
  const l2 = n > 9 ? uint32(v, p + 9) : 0;
  const l3 = n > 13 ? uint32(v, p + 13) : 0;
  checkDecimal(precision, l0, l1, l2, l3);
  if (isNegative(v, p) && (l0 | l1 | l2 | l3) !== 0) out[o++] = MINUS;
  if (l3 === 0 && l2 === 0 && l1 < 0x200000) return putScaled53(out, o, l1 * 0x100000000 + l0, scale);
  return putLimbs(out, o, scale, l0, l1, l2, l3);
}

/** The magnitude in four limbs, least first. @throws ValueError for more digits than the precision, WireError for another length */
export function readDecimal(v: DataView, p: number, n: number, precision: number): [number, number, number, number] {
  checkDecimalLength(n);
  const limb = (i: number) => (n > 4 * i + 1 ? uint32(v, p + 4 * i + 1) : 0);
  const limbs: [number, number, number, number] = [limb(0), limb(1), limb(2), limb(3)];
  checkDecimal(precision, ...limbs);
  return limbs;
}

/** @throws WireError for a length that no decimal has (MS-TDS 2.2.5.5.1.6) */
export function checkDecimalLength(n: number): void {
  if (n !== 5 && n !== 9 && n !== 13 && n !== 17) badLength(n);
}

/** Whether a decimal's sign byte says so. @throws ValueError for one that is neither 0 nor 1 */
export function isNegative(v: DataView, p: number): boolean {
  const sign = v.getUint8(p);
  if (sign > 1) throw new ValueError(`a decimal whose sign is ${sign}; it is 0 or 1`);
  return sign === 0;
}

/** 0 or 1. @throws ValueError for another byte */
export function readBit(v: DataView, p: number): number {
  const bit = v.getUint8(p);
  if (bit > 1) throw new ValueError(`a bit of ${bit}; it is 0 or 1`);
  return bit;
}

/** @throws ValueError for a magnitude with more digits than the type has */
export function checkDecimal(precision: number, l0: number, l1: number, l2: number, l3: number): void {
  if (l3 === 0 && l2 === 0 && l1 < 0x200000) {
    if (precision >= 16 || l1 * 0x100000000 + l0 < POWERS[precision]) return;
  }
  if (countDigits(l0, l1, l2, l3) > precision) throw new ValueError(`a decimal of more than ${precision} digits`);
}

export function bitText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  if (n !== 1) badLength(n);
  const word = readBit(v, p) === 0 ? FALSE : TRUE;
  for (let i = 0; i < word.length; i++) out[o++] = word[i];
  return o;
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
