import { MINUS, putPadded, putUint30, putUint53 } from './digits';
import { int32 } from '../tds/little-endian';
import { badLength } from '../tds/value-error';

/**
 * Shortest decimal text that reads back as the same number, spelled as JavaScript spells it; arguments as in
 * number-text.
 *
 * Most numbers take a fast path: the value times a power of ten up to 10^22 is, as the unevaluated sum of two doubles,
 * exact (Dekker's product), and so is the distance to the neighbouring doubles. The decimal with the most trailing
 * zeros between the neighbours' midpoints is the shortest; which one it is can be seen in doubles unless it is within
 * a rounding error of a midpoint or of a tie. Those, and what is very large, very small or a power of two, are left to
 * the engine's own conversion.
 */

const POINT = 0x2e;
const POWERS = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
/** 2^27 + 1 splits a double into two halves whose products are exact. */
const SPLITTER = 134217729;
const POWERS_HIGH = POWERS.map((power) => SPLITTER * power - (SPLITTER * power - power));
const POWERS_LOW = POWERS.map((power, i) => power - POWERS_HIGH[i]);
/** 2^(i - 127). */
const POWERS_OF_TWO = Float64Array.from({ length: 256 }, (_, i) => 2 ** (i - 127));
const SMALLEST_FAST = 1e-6;
const LARGEST_FAST = 1e16;
/** Wider than the rounding errors of what is compared. */
const DOUBT = 1e-6;

export function float64(v: DataView, p: number): number {
  return v.getFloat64(p, true);
}

export function float32(v: DataView, p: number): number {
  return v.getFloat32(p, true);
}

export function floatText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  if (n !== 8) badLength(n);
  const value = float64(v, p);
  const magnitude = Math.abs(value);
  if (!(magnitude >= SMALLEST_FAST && magnitude < LARGEST_FAST)) return putSlowly(out, o, value);
  // Read from the bytes, not from the number: the top 12 bits are sign and exponent, the other 52 the mantissa.
  const high = int32(v, p + 4);
  if ((high & 0xfffff) === 0 && int32(v, p) === 0) return putSlowly(out, o, value);
  const start = o;
  if (value < 0) out[o++] = MINUS;
  const exponent = exponentOfTen(magnitude);
  const scale = 16 - exponent;
  // The product as `product + error`, 17 digits before the point.
  const power = POWERS[scale];
  const product = magnitude * power;
  const split = SPLITTER * magnitude;
  const left = split - (split - magnitude);
  const right = magnitude - left;
  const error = left * POWERS_HIGH[scale] - product + left * POWERS_LOW[scale] + right * POWERS_HIGH[scale] + right * POWERS_LOW[scale];
  let leading = Math.floor(product / 1e8);
  const rest = product - leading * 1e8 + error;
  // Half the distance to the next double, scaled alike.
  const half = POWERS_OF_TWO[(high >>> 20 & 0x7ff) - 1023 - 53 + 127] * power;
  let trailing = Math.round(rest / 100) * 100;
  let distance = Math.abs(trailing - rest);
  if (distance > half + DOUBT) {
    trailing = Math.round(rest / 10) * 10;
    distance = Math.abs(trailing - rest);
    if (Math.abs(distance - 5) < DOUBT) return putSlowly(out, start, value);
    if (distance > half + DOUBT) {
      trailing = Math.round(rest);
      distance = Math.abs(trailing - rest);
      if (Math.abs(distance - 0.5) < DOUBT) return putSlowly(out, start, value);
    }
  }
  if (distance > half - DOUBT) return putSlowly(out, start, value);
  if (trailing >= 1e8) {
    trailing -= 1e8;
    leading += 1;
  } else if (trailing < 0) {
    trailing += 1e8;
    leading -= 1;
  }
  return putDigits(out, o, leading, trailing, exponent);
}

/** Fewest digits that read back as the same single-precision number. */
export function realText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  if (n !== 4) badLength(n);
  const value = float32(v, p);
  const magnitude = Math.abs(value);
  const bits = int32(v, p);
  if (!(magnitude >= SMALLEST_FAST && magnitude < LARGEST_FAST) || (bits & 0x7fffff) === 0) return putRealSlowly(out, o, value);
  const exponent = exponentOfTen(magnitude);
  const power = POWERS[16 - exponent];
  // Its error is a few units where the distance to the next single is hundreds of millions.
  const scaled = magnitude * power;
  const half = POWERS_OF_TWO[(bits >>> 23 & 0xff) - 127 - 24 + 127] * power;
  for (let zeros = 11; zeros >= 8; zeros--) {
    const unit = POWERS[zeros];
    const quotient = scaled / unit;
    const whole = Math.round(quotient);
    const distance = Math.abs(whole * unit - scaled);
    if (distance > half + 64) continue;
    if (distance > half - 64 || Math.abs(Math.abs(quotient - whole) - 0.5) < DOUBT) break;
    const start = o;
    if (value < 0) out[o++] = MINUS;
    const digits = whole * unit;
    const leading = Math.floor(digits / 1e8);
    // A carry to 18 digits is rare.
    return leading >= 1e9 ? putRealSlowly(out, start, value) : putDigits(out, o, leading, digits - leading * 1e8, exponent);
  }
  return putRealSlowly(out, o, value);
}

/** @param magnitude between {@link SMALLEST_FAST} and {@link LARGEST_FAST} @returns e with 10^e <= magnitude < 10^(e+1) */
function exponentOfTen(magnitude: number): number {
  if (magnitude >= 1) {
    let exponent = 0;
    while (magnitude >= POWERS[exponent + 1]) exponent++;
    return exponent;
  }
  return magnitude >= 0.1 ? -1 : magnitude >= 0.01 ? -2 : magnitude >= 0.001 ? -3 : magnitude >= 1e-4 ? -4 : magnitude >= 1e-5 ? -5 : -6;
}

const digits = new Uint8Array(17);

/** 17 digits, nine and eight, as a decimal with the point behind digit `exponent`; no trailing zeros. */
function putDigits(out: Uint8Array, o: number, leading: number, trailing: number, exponent: number): number {
  if (leading >= 1e9 || leading < 1e8) return putCarried(out, o, leading, trailing, exponent);
  putPadded(digits, 0, leading, 9);
  putPadded(digits, 9, trailing, 8);
  let count = 17;
  while (digits[count - 1] === 0x30) count--;
  if (exponent < 0) {
    out[o++] = 0x30;
    out[o++] = POINT;
    for (let i = -1; i > exponent; i--) out[o++] = 0x30;
    for (let i = 0; i < count; i++) out[o++] = digits[i];
    return o;
  }
  for (let i = 0; i <= exponent; i++) out[o++] = i < count ? digits[i] : 0x30;
  if (count > exponent + 1) {
    out[o++] = POINT;
    for (let i = exponent + 1; i < count; i++) out[o++] = digits[i];
  }
  return o;
}

/** The digits became 10^17 by rounding up: a one and zeros. */
function putCarried(out: Uint8Array, o: number, leading: number, trailing: number, exponent: number): number {
  if (leading !== 1e9 || trailing !== 0) throw new Error('digits of a float');
  if (exponent >= -1) return putUint53(out, o, POWERS[exponent + 1]);
  out[o++] = 0x30;
  out[o++] = POINT;
  for (let i = -2; i > exponent; i--) out[o++] = 0x30;
  return putUint30(out, o, 1);
}

function putRealSlowly(out: Uint8Array, o: number, value: number): number {
  if (Number.isFinite(value) && value !== 0) {
    for (let precision = 1; precision < 9; precision++) {
      const rounded = Number(value.toPrecision(precision));
      if (Math.fround(rounded) === value) return putSlowly(out, o, rounded);
    }
    return putSlowly(out, o, Number(value.toPrecision(9)));
  }
  return putSlowly(out, o, value);
}

function putSlowly(out: Uint8Array, o: number, value: number): number {
  // String(-0) is "0", which reads back as another value.
  const text = value === 0 && 1 / value < 0 ? '-0' : String(value);
  for (let i = 0; i < text.length; i++) out[o++] = text.charCodeAt(i);
  return o;
}
