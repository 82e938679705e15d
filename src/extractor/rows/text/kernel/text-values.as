/**
 * Values as text, in AssemblyScript, for the kernels that import it: what the writers beside this folder do for one value. 64-bit
 * arithmetic and 16 bytes at a time make it twice as fast. A value that is wrong, or rare, is left to those writers, which are the
 * reference. The first 4,096 bytes of a kernel's memory are the tables here.
 */

// Its own tables, filled when it is loaded.

/** Two digits of each number below 100. */
const PAIRS: usize = 1024;
/** Two hexadecimal digits of each byte. */
const HEX: usize = 1280;
/** 10^0 to 10^19. */
export const TENS: usize = 1792;
/** 10^0 to 10^22, and their halves for products that are exact. */
const POWERS: usize = 1952;
const POWERS_HIGH: usize = 2144;
const POWERS_LOW: usize = 2336;
const BASE64: usize = 2528;
/** Digits being put together: right-aligned before SCRATCH_END. */
const SCRATCH: usize = 2592;
const SCRATCH_END: usize = 2656;
/** The hexadecimal digits. */
const DIGITS: usize = 2656;
/** For each byte whether it is special in text: forces quotes (CSV) or is escaped (JSON). */
const SPECIAL: usize = 2688;

/** 2^27 + 1 splits a double into two halves whose products are exact. */
const SPLITTER: f64 = 134217729;

for (let i: u32 = 0; i < 100; i++) store<u16>(PAIRS + (i << 1), <u16>(0x3030 + (i % 10 << 8) + i / 10));
for (let i: u32 = 0; i < 16; i++) store<u8>(DIGITS + i, <u8>hexDigit(i));
for (let i: u32 = 0; i < 256; i++) store<u16>(HEX + (i << 1), <u16>(hexDigit(i & 15) << 8 | hexDigit(i >> 4)));
for (let i: u32 = 0, power: u64 = 1; i < 20; i++, power *= 10) store<u64>(TENS + (i << 3), power);
for (let i: u32 = 0, power: f64 = 1; i < 23; i++, power *= 10) {
  const high = SPLITTER * power - (SPLITTER * power - power);
  store<f64>(POWERS + (i << 3), power);
  store<f64>(POWERS_HIGH + (i << 3), high);
  store<f64>(POWERS_LOW + (i << 3), power - high);
}
for (let i: u32 = 0; i < 64; i++) {
  store<u8>(BASE64 + i, i < 26 ? 0x41 + i : i < 52 ? 0x61 - 26 + i : i < 62 ? 0x30 - 52 + i : i == 62 ? 0x2b : 0x2f);
}

function hexDigit(value: u32): u32 { return value < 10 ? 0x30 + value : 0x41 - 10 + value; }

// What is known of a column: a byte each where not said otherwise; other words of a description are the kernel's own.

/** What is written, how it is framed, its scale and precision. */
export const KIND: usize = 0;
export const FRAMING: usize = 1;
export const SCALE: usize = 2;
export const PRECISION: usize = 3;
/** Size of fixed framing, greatest length of the others: four bytes. */
export const SIZE: usize = 4;
/** UTF-8 of each byte of the code page, its length in the top byte; 0 is no character. 0 for UTF-8 itself. Four bytes. */
export const CHARSET: usize = 16;

export const BIT: u8 = 0;
export const TINYINT: u8 = 1;
export const SMALLINT: u8 = 2;
export const INT: u8 = 3;
export const BIGINT: u8 = 4;
export const DECIMAL: u8 = 5;
export const SMALLMONEY: u8 = 6;
export const MONEY: u8 = 7;
export const REAL: u8 = 8;
export const FLOAT: u8 = 9;
export const DATE: u8 = 10;
export const TIME: u8 = 11;
export const SMALLDATETIME: u8 = 12;
export const DATETIME: u8 = 13;
export const DATETIME2: u8 = 14;
export const DATETIMEOFFSET: u8 = 15;
export const UNIQUEIDENTIFIER: u8 = 16;
export const UTF16: u8 = 17;
export const BYTES_TEXT: u8 = 18;
export const HEXADECIMAL: u8 = 19;
export const BASE_64: u8 = 20;
export const XML: u8 = 21;

export const PLAIN: i32 = 0;
export const CSV: i32 = 1;
export const JSON: i32 = 2;
/** How text is written. */
export let mode: i32 = PLAIN;
export let quote: u8 = 0;
export let delimiter: u8 = 0;
/** No byte from here up is special but quote, delimiter and, in JSON, the backslash. */
let specialBelow: u8 = 0;

export function style(which: i32, delimiterByte: u8, quoteByte: u8, below: u8): void {
  mode = which;
  quote = quoteByte;
  delimiter = delimiterByte;
  specialBelow = below;
  memory.fill(SPECIAL, 0, 256);
  store<u8>(SPECIAL + <usize>quoteByte, 1);
  store<u8>(SPECIAL + <usize>delimiterByte, 1);
}

/** Whether the byte is special. */
export function special1(byte: u8): void { store<u8>(SPECIAL + <usize>byte, 1); }

/** Few bytes, in words: up to seven behind them are written over. */
// @ts-ignore: decorator
@inline
export function copied(to: usize, from: usize, size: usize): void {
  store<u64>(to, load<u64>(from));
  for (let i: usize = 8; i < size; i += 8) store<u64>(to + i, load<u64>(from + i));
}

/** Writes one value. @returns position behind it, or 0 where it is the caller's */
// @ts-ignore: decorator
@inline
export function value(column: usize, p: usize, size: usize, o: usize): usize {
  switch (load<u8>(column, KIND)) {
    case BIT: return size == 1 ? bit(o, load<u8>(p)) : 0;
    case TINYINT: return size == 1 ? unsigned32(o, <u32>load<u8>(p)) : 0;
    case SMALLINT: return size == 2 ? signed32(o, <i32>load<i16>(p)) : 0;
    case INT: return size == 4 ? signed32(o, load<i32>(p)) : 0;
    case BIGINT: return size == 8 ? signed64(o, load<i64>(p), 0) : 0;
    case DECIMAL: return decimal(o, p, size, <u32>load<u8>(column, SCALE), <u32>load<u8>(column, PRECISION));
    case SMALLMONEY: return size == 4 ? signed64(o, <i64>load<i32>(p), 4) : 0;
    // The high half comes first (MS-TDS 2.2.5.5.1.2).
    case MONEY: return size == 8 ? signed64(o, <i64>load<i32>(p) << 32 | <i64>load<u32>(p, 4), 4) : 0;
    case REAL: return size == 4 ? real(o, p) : 0;
    case FLOAT: return size == 8 ? float(o, p) : 0;
    case DATE: return size == 3 ? date(o, p) : 0;
    case TIME: return time(o, p, size, <u32>load<u8>(column, SCALE));
    case SMALLDATETIME: return size == 4 ? smalldatetime(o, p) : 0;
    case DATETIME: return size == 8 ? datetime(o, p) : 0;
    case DATETIME2: return datetime2(o, p, size, <u32>load<u8>(column, SCALE));
    case DATETIMEOFFSET: return datetimeoffset(o, p, size, <u32>load<u8>(column, SCALE));
    case UNIQUEIDENTIFIER: return size == 16 ? guid(o, p) : 0;
    case UTF16: return (size & 1) == 0 ? text(o, p, p + size, UTF_16) : 0;
    case XML: return (size & 1) == 0 ? xml(o, p, size) : 0;
    case BYTES_TEXT: return text(o, p, p + size, <usize>load<u32>(column, CHARSET));
    case HEXADECIMAL: return hexadecimal(o, p, size);
    case BASE_64: return base64(o, p, size);
    default: return 0;
  }
}

// Numbers (MS-TDS 2.2.5.5.1)

function bit(o: usize, value: u8): usize {
  if (value > 1) return 0;
  if (value == 1) {
    store<u32>(o, 0x65757274);
    return o + 4;
  }
  store<u32>(o, 0x736c6166);
  store<u8>(o, 0x65, 4);
  return o + 5;
}

// @ts-ignore: decorator
@inline
function pair(o: usize, value: u32): void { store<u16>(o, load<u16>(PAIRS + (<usize>value << 1))); }

/** @param value below 10,000, with leading zeros */
// @ts-ignore: decorator
@inline
function four(o: usize, value: u32): void {
  const high = value / 100;
  pair(o, high);
  pair(o + 2, value - high * 100);
}

/** @param value below 10^8, with leading zeros */
// @ts-ignore: decorator
@inline
function eight(o: usize, value: u32): void {
  const high = value / 10000;
  four(o, high);
  four(o + 4, value - high * 10000);
}

/** With leading zeros. @param value below 10^width @param width up to 18 */
function padded(o: usize, value: u64, width: u32): void {
  let at = o + width;
  while (width > 9) {
    const rest = value / 100000000;
    at -= 8;
    eight(at, <u32>(value - rest * 100000000));
    value = rest;
    width -= 8;
  }
  let left = <u32>value;
  while (width >= 2) {
    const rest = left / 100;
    at -= 2;
    pair(at, left - rest * 100);
    left = rest;
    width -= 2;
  }
  if (width != 0) store<u8>(at - 1, <u8>(0x30 + left));
}

function unsigned32(o: usize, value: u32): usize {
  if (value < 10000) {
    if (value < 100) {
      if (value < 10) {
        store<u8>(o, <u8>(0x30 + value));
        return o + 1;
      }
      pair(o, value);
      return o + 2;
    }
    if (value < 1000) {
      const high = value / 100;
      store<u8>(o, <u8>(0x30 + high));
      pair(o + 1, value - high * 100);
      return o + 3;
    }
    four(o, value);
    return o + 4;
  }
  if (value < 100000000) {
    const high = value / 10000;
    o = unsigned32(o, high);
    four(o, value - high * 10000);
    return o + 4;
  }
  const high = value / 100000000;
  o = unsigned32(o, high);
  eight(o, value - high * 100000000);
  return o + 8;
}

function unsigned64(o: usize, value: u64): usize {
  if (value <= 0xffffffff) return unsigned32(o, <u32>value);
  const high = value / 100000000;
  o = unsigned64(o, high);
  eight(o, <u32>(value - high * 100000000));
  return o + 8;
}

function signed32(o: usize, value: i32): usize {
  if (value >= 0) return unsigned32(o, <u32>value);
  store<u8>(o, 0x2d);
  return unsigned32(o + 1, 0 - <u32>value);
}

function signed64(o: usize, value: i64, scale: u32): usize {
  if (value >= 0) return scaled(o, <u64>value, scale);
  store<u8>(o, 0x2d);
  return scaled(o + 1, 0 - <u64>value, scale);
}

/** @param scale how many of the digits are decimals, up to 18 */
function scaled(o: usize, value: u64, scale: u32): usize {
  if (scale == 0) return unsigned64(o, value);
  const unit = load<u64>(TENS + (scale << 3));
  if (value <= 0xffffffff && scale < 10) {
    const small = <u32>value;
    const whole = small / <u32>unit;
    o = unsigned32(o, whole);
    store<u8>(o, 0x2e);
    padded(o + 1, <u64>(small - whole * <u32>unit), scale);
    return o + 1 + scale;
  }
  const whole = value / unit;
  o = unsigned64(o, whole);
  store<u8>(o, 0x2e);
  padded(o + 1, value - whole * unit, scale);
  return o + 1 + scale;
}

/** Sign byte (1 is positive), then the magnitude in 4, 8, 12 or 16 bytes (MS-TDS 2.2.5.5.1.6). */
function decimal(o: usize, p: usize, size: usize, scale: u32, precision: u32): usize {
  const sign = load<u8>(p);
  if (sign > 1) return 0;
  let low: u64 = 0;
  let high: u64 = 0;
  if (size == 5) low = <u64>load<u32>(p, 1);
  else if (size == 9) low = load<u64>(p, 1);
  else if (size == 13 || size == 17) {
    low = load<u64>(p, 1);
    high = size == 13 ? <u64>load<u32>(p, 9) : load<u64>(p, 9);
  } else {
    return 0;
  }
  if (sign == 0 && (low | high) != 0) store<u8>(o++, 0x2d);
  if (high == 0 && scale < 19) {
    return precision < 20 && low >= load<u64>(TENS + (precision << 3)) ? 0 : scaled(o, low, scale);
  }
  return large(o, low, high, scale, precision);
}

/** A magnitude of 128 bits, digit groups of nine by long division. */
function large(o: usize, low: u64, high: u64, scale: u32, precision: u32): usize {
  let at = SCRATCH_END;
  while ((low | high) != 0) {
    let rest = high % 1000000000;
    high /= 1000000000;
    let part = rest << 32 | low >> 32;
    const upper = part / 1000000000;
    part = part - upper * 1000000000 << 32 | low & 0xffffffff;
    const lower = part / 1000000000;
    low = upper << 32 | lower;
    at -= 9;
    padded(at, part - lower * 1000000000, 9);
  }
  while (at < SCRATCH_END && load<u8>(at) == 0x30) at++;
  if (SCRATCH_END - at > <usize>precision) return 0;
  while (SCRATCH_END - at < <usize>scale + 1) store<u8>(--at, 0x30);
  const whole = SCRATCH_END - at - <usize>scale;
  copied(o, at, whole);
  o += whole;
  if (scale == 0) return o;
  store<u8>(o, 0x2e);
  copied(o + 1, SCRATCH_END - <usize>scale, <usize>scale);
  return o + 1 + <usize>scale;
}

// Floats, as float-text.ts does it; what it leaves to the engine's own conversion is the caller's.

/** Wider than the rounding errors of what is compared. */
const DOUBT: f64 = 1e-6;

// @ts-ignore: decorator
@inline
function rounded(value: f64): f64 { return floor(value + 0.5); }

// @ts-ignore: decorator
@inline
function powerOfTwo(exponent: i32): f64 { return reinterpret<f64>(<u64>(exponent + 1023) << 52); }

function float(o: usize, p: usize): usize {
  const bits = load<u64>(p);
  const value = load<f64>(p);
  const magnitude = abs<f64>(value);
  if (bits >> 63 != 0) store<u8>(o++, 0x2d);
  // Whole numbers need no search.
  if (magnitude < 1e15 && floor(magnitude) == magnitude) return unsigned64(o, <u64>magnitude);
  if (!(magnitude >= 1e-6 && magnitude < 1e16)) return 0;
  // 5^18 has 13 digits: of up to 15 each is a value of its own.
  if ((bits & 0xfffffffffffff) == 0) return halved(o, 1023 - <i32>(bits >> 52 & 0x7ff), 18);
  const exponent = exponentOfTen(magnitude);
  const at = <usize>(16 - exponent) << 3;
  const power = load<f64>(POWERS + at);
  const product = magnitude * power;
  const split = SPLITTER * magnitude;
  const left = split - (split - magnitude);
  const right = magnitude - left;
  const powerHigh = load<f64>(POWERS_HIGH + at);
  const powerLow = load<f64>(POWERS_LOW + at);
  const error = left * powerHigh - product + left * powerLow + right * powerHigh + right * powerLow;
  let leading = floor(product / 1e8);
  const rest = product - leading * 1e8 + error;
  const half = powerOfTwo(<i32>(bits >> 52 & 0x7ff) - 1023 - 53) * power;
  let trailing = rounded(rest / 100) * 100;
  let distance = abs<f64>(trailing - rest);
  if (distance > half + DOUBT) {
    trailing = rounded(rest / 10) * 10;
    distance = abs<f64>(trailing - rest);
    if (abs<f64>(distance - 5) < DOUBT) return 0;
    if (distance > half + DOUBT) {
      trailing = rounded(rest);
      distance = abs<f64>(trailing - rest);
      if (abs<f64>(distance - 0.5) < DOUBT) return 0;
    }
  }
  if (distance > half - DOUBT) return 0;
  if (trailing >= 1e8) {
    trailing -= 1e8;
    leading += 1;
  } else if (trailing < 0) {
    trailing += 1e8;
    leading -= 1;
  }
  return significant(o, leading, trailing, exponent);
}

function real(o: usize, p: usize): usize {
  const bits = load<u32>(p);
  const magnitude = abs<f64>(<f64>load<f32>(p));
  if (bits >> 31 != 0) store<u8>(o++, 0x2d);
  if (magnitude < 1e6 && floor(magnitude) == magnitude) return unsigned64(o, <u64>magnitude);
  if (!(magnitude >= 1e-6 && magnitude < 1e16)) return 0;
  // 5^8 has six digits, of which each is a value of its own.
  if ((bits & 0x7fffff) == 0) return halved(o, 127 - <i32>(bits >> 23 & 0xff), 8);
  const exponent = exponentOfTen(magnitude);
  const power = load<f64>(POWERS + (<usize>(16 - exponent) << 3));
  const scaled = magnitude * power;
  const half = powerOfTwo(<i32>(bits >> 23 & 0xff) - 127 - 24) * power;
  for (let zeros: usize = 11; zeros >= 8; zeros--) {
    const unit = load<f64>(POWERS + (zeros << 3));
    const quotient = scaled / unit;
    const whole = rounded(quotient);
    const distance = abs<f64>(whole * unit - scaled);
    if (distance > half + 64) continue;
    if (distance > half - 64 || abs<f64>(abs<f64>(quotient - whole) - 0.5) < DOUBT) return 0;
    const digits = whole * unit;
    const leading = floor(digits / 1e8);
    return significant(o, leading, digits - leading * 1e8, exponent);
  }
  return 0;
}

/** A half, a quarter, an eighth: 2^-n is 5^n with n decimals, which is the shortest text where so many digits tell all values apart. */
function halved(o: usize, n: i32, most: i32): usize {
  if (n < 1 || n > most) return 0;
  let digits: u64 = 1;
  for (let i = 0; i < n; i++) digits *= 5;
  return scaled(o, digits, <u32>n);
}

/** @param magnitude 1e-6 to below 1e16 @returns e with 10^e <= magnitude < 10^(e+1) */
function exponentOfTen(magnitude: f64): i32 {
  if (magnitude >= 1) {
    let exponent = 0;
    while (magnitude >= load<f64>(POWERS + (<usize>exponent + 1 << 3))) exponent++;
    return exponent;
  }
  return magnitude >= 0.1 ? -1 : magnitude >= 0.01 ? -2 : magnitude >= 0.001 ? -3 : magnitude >= 1e-4 ? -4 : magnitude >= 1e-5 ? -5 : -6;
}

/** 17 digits, nine and eight, with the point behind digit `exponent` and no trailing zeros. A carry to 18 is the caller's. */
function significant(o: usize, leading: f64, trailing: f64, exponent: i32): usize {
  if (leading >= 1e9 || leading < 1e8) return 0;
  padded(SCRATCH, <u64>leading, 9);
  eight(SCRATCH + 9, <u32>trailing);
  let count: i32 = 17;
  while (load<u8>(SCRATCH + <usize>count - 1) == 0x30) count--;
  if (exponent < 0) {
    store<u64>(o, 0x3030303030302e30);
    o += <usize>(1 - exponent);
    copied(o, SCRATCH, <usize>count);
    return o + <usize>count;
  }
  const whole = exponent + 1;
  if (count <= whole) {
    copied(o, SCRATCH, <usize>count);
    memory.fill(o + <usize>count, 0x30, <usize>(whole - count));
    return o + <usize>whole;
  }
  copied(o, SCRATCH, <usize>whole);
  o += <usize>whole;
  store<u8>(o, 0x2e);
  copied(o + 1, SCRATCH + <usize>whole, <usize>(count - whole));
  return o + 1 + <usize>(count - whole);
}

// Dates and times (MS-TDS 2.2.5.5.1.8)

/** 9999-12-31, from 0001-01-01. */
export const LAST_DAY: u32 = 3652058;
/** 1900-01-01 and 1753-01-01, from 0001-01-01. */
export const FROM_1900: i32 = 693595;
export const FROM_1753: i32 = 639905;
export const DAY_SECONDS: u64 = 86400;

/** YYYY-MM-DD. @param day from 0001-01-01 */
function calendarDay(o: usize, day: u32): usize {
  // Years are counted from March so that the leap day is the last one.
  const shifted = day + 306;
  const era = shifted / 146097;
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const march = (5 * dayOfYear + 2) / 153;
  const month = march < 10 ? march + 3 : march - 9;
  four(o, era * 400 + yearOfEra + (month <= 2 ? 1 : 0));
  store<u8>(o, 0x2d, 4);
  pair(o + 5, month);
  store<u8>(o, 0x2d, 7);
  pair(o + 8, dayOfYear - (153 * march + 2) / 5 + 1);
  return o + 10;
}

/** HH:MM:SS. */
function clock(o: usize, seconds: u32): usize {
  const minutes = seconds / 60;
  const hours = minutes / 60;
  pair(o, hours);
  store<u8>(o, 0x3a, 2);
  pair(o + 3, minutes - hours * 60);
  store<u8>(o, 0x3a, 5);
  pair(o + 6, seconds - minutes * 60);
  return o + 8;
}

/** HH:MM:SS and, where the scale is not 0, a point and its digits. */
function timeOfDay(o: usize, ticks: u64, scale: u32): usize {
  if (scale == 0) return clock(o, <u32>ticks);
  const unit = load<u64>(TENS + (scale << 3));
  const seconds = ticks <= 0xffffffff ? <u32>ticks / <u32>unit : <u32>(ticks / unit);
  o = clock(o, seconds);
  store<u8>(o, 0x2e);
  padded(o + 1, ticks - <u64>seconds * unit, scale);
  return o + 1 + <usize>scale;
}

// @ts-ignore: decorator
@inline
export function timeBytes(scale: u32): usize { return scale <= 2 ? 3 : scale <= 4 ? 4 : 5; }

// @ts-ignore: decorator
@inline
export function ticksAt(p: usize, size: usize): u64 {
  return size == 3 ? <u64>(load<u32>(p) & 0xffffff) : size == 4 ? <u64>load<u32>(p) : load<u64>(p) & 0xffffffffff;
}

// @ts-ignore: decorator
@inline
export function dayAt(p: usize): u32 { return load<u32>(p) & 0xffffff; }

function date(o: usize, p: usize): usize {
  const day = dayAt(p);
  return day > LAST_DAY ? 0 : calendarDay(o, day);
}

/** A whole day is the caller's. */
function time(o: usize, p: usize, size: usize, scale: u32): usize {
  if (size != timeBytes(scale)) return 0;
  const ticks = ticksAt(p, size);
  return ticks >= DAY_SECONDS * load<u64>(TENS + (scale << 3)) ? 0 : timeOfDay(o, ticks, scale);
}

function datetime2(o: usize, p: usize, size: usize, scale: u32): usize {
  const timeSize = timeBytes(scale);
  if (size != timeSize + 3) return 0;
  const ticks = ticksAt(p, timeSize);
  const day = dayAt(p + timeSize);
  if (day > LAST_DAY || ticks >= DAY_SECONDS * load<u64>(TENS + (scale << 3))) return 0;
  o = calendarDay(o, day);
  store<u8>(o, 0x54);
  return timeOfDay(o + 1, ticks, scale);
}

/** The wire has UTC and the offset; the text is local time and the offset. */
function datetimeoffset(o: usize, p: usize, size: usize, scale: u32): usize {
  const timeSize = timeBytes(scale);
  if (size != timeSize + 5) return 0;
  const day = dayAt(p + timeSize);
  const offset = <i32>load<i16>(p + timeSize + 3);
  const unit = load<u64>(TENS + (scale << 3));
  const wholeDay = DAY_SECONDS * unit;
  const ticks = ticksAt(p, timeSize);
  // On the first and the last day the local time may be outside the years 1 to 9999.
  if (day == 0 || day >= LAST_DAY || offset < -840 || offset > 840 || ticks >= wholeDay) return 0;
  let local = <i64>ticks + <i64>offset * 60 * <i64>unit;
  let localDay = day;
  if (local < 0) {
    local += wholeDay;
    localDay -= 1;
  } else if (local >= <i64>wholeDay) {
    local -= wholeDay;
    localDay += 1;
  }
  o = calendarDay(o, localDay);
  store<u8>(o, 0x54);
  o = timeOfDay(o + 1, <u64>local, scale);
  store<u8>(o, offset < 0 ? 0x2d : 0x2b);
  const minutes = <u32>abs<i32>(offset);
  pair(o + 1, minutes / 60);
  store<u8>(o, 0x3a, 3);
  pair(o + 4, minutes % 60);
  return o + 6;
}

function datetime(o: usize, p: usize): usize {
  const day = load<i32>(p) + FROM_1900;
  const ticks = load<u32>(p, 4);
  if (day < FROM_1753 || day > <i32>LAST_DAY || ticks >= 86400 * 300) return 0;
  o = calendarDay(o, <u32>day);
  store<u8>(o, 0x54);
  // 1/300 s, rounded to milliseconds as SQL Server shows them.
  return timeOfDay(o + 1, <u64>((ticks * 10 + 1) / 3), 3);
}

function smalldatetime(o: usize, p: usize): usize {
  const minutes = <u32>load<u16>(p, 2);
  if (minutes >= 1440) return 0;
  o = calendarDay(o, <u32>load<u16>(p) + <u32>FROM_1900);
  store<u8>(o, 0x54);
  return clock(o + 1, minutes * 60);
}

// Bytes

// @ts-ignore: decorator
@inline
function hexOf(o: usize, byte: u8): void { store<u16>(o, load<u16>(HEX + (<usize>byte << 1))); }

/** The first three groups are little-endian on the wire (MS-TDS 2.2.5.5.1.4). */
export function guid(o: usize, p: usize): usize {
  hexOf(o, load<u8>(p, 3));
  hexOf(o + 2, load<u8>(p, 2));
  hexOf(o + 4, load<u8>(p, 1));
  hexOf(o + 6, load<u8>(p));
  store<u8>(o, 0x2d, 8);
  hexOf(o + 9, load<u8>(p, 5));
  hexOf(o + 11, load<u8>(p, 4));
  store<u8>(o, 0x2d, 13);
  hexOf(o + 14, load<u8>(p, 7));
  hexOf(o + 16, load<u8>(p, 6));
  store<u8>(o, 0x2d, 18);
  hexOf(o + 19, load<u8>(p, 8));
  hexOf(o + 21, load<u8>(p, 9));
  store<u8>(o, 0x2d, 23);
  for (let i: usize = 0; i < 6; i++) hexOf(o + 24 + (i << 1), load<u8>(p + 10 + i));
  return o + 36;
}

/** No bytes are told from NULL by quotes. */
export function hexadecimal(o: usize, p: usize, size: usize): usize {
  if (size == 0 && mode == CSV) return empty(o);
  const end = p + size;
  const digits = v128.load(DIGITS);
  for (; p + 16 <= end; p += 16, o += 32) {
    const bytes = v128.load(p);
    const high = i8x16.swizzle(digits, i8x16.shr_u(bytes, 4));
    const low = i8x16.swizzle(digits, v128.and(bytes, i8x16.splat(15)));
    v128.store(o, i8x16.shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    v128.store(o, i8x16.shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), 16);
  }
  for (; p < end; p++, o += 2) hexOf(o, load<u8>(p));
  return o;
}

export function base64(o: usize, p: usize, size: usize): usize {
  if (size == 0 && mode == CSV) return empty(o);
  const end = p + size;
  for (; p + 2 < end; p += 3, o += 4) {
    const bits = <u32>load<u8>(p) << 16 | <u32>load<u8>(p, 1) << 8 | <u32>load<u8>(p, 2);
    sextets(o, bits);
  }
  if (p == end) return o;
  const two = p + 1 < end;
  sextets(o, <u32>load<u8>(p) << 16 | (two ? <u32>load<u8>(p, 1) << 8 : 0));
  if (!two) store<u8>(o, 0x3d, 2);
  store<u8>(o, 0x3d, 3);
  return o + 4;
}

// @ts-ignore: decorator
@inline
function sextets(o: usize, bits: u32): void {
  store<u8>(o, load<u8>(BASE64 + (bits >> 18)));
  store<u8>(o, load<u8>(BASE64 + (bits >> 12 & 63)), 1);
  store<u8>(o, load<u8>(BASE64 + (bits >> 6 & 63)), 2);
  store<u8>(o, load<u8>(BASE64 + (bits & 63)), 3);
}

function empty(o: usize): usize {
  store<u8>(o, quote);
  store<u8>(o, quote, 1);
  return o + 2;
}

// Text

/** In place of a table: the characters are UTF-16, or UTF-8. */
export const UTF_16: usize = 1;
export const UTF_8: usize = 0;

/** Instead of a position: the text has a character for which it must be quoted. */
const TO_QUOTE: usize = 1;

/** A string: quoted in CSV only where it is empty or a character needs it, in JSON always. */
function text(o: usize, p: usize, end: usize, encoding: usize): usize {
  if (mode == CSV) {
    if (p == end) return empty(o);
    const after = encoding == UTF_16 ? utf16(o, p, end, false) : bytesText(o, p, end, encoding, false);
    if (after != TO_QUOTE) return after;
  }
  store<u8>(o, quote);
  const after = encoding == UTF_16 ? utf16(o + 1, p, end, true) : bytesText(o + 1, p, end, encoding, true);
  if (after == 0) return 0;
  store<u8>(after, quote);
  return after + 1;
}

/** A byte order mark is not part of the value. */
function xml(o: usize, p: usize, size: usize): usize {
  const mark: usize = size >= 2 && load<u16>(p) == 0xfeff ? 2 : 0;
  return text(o, p + mark, p + size, UTF_16);
}

/** Bytes that may be special; between the quotes of CSV only those are. */
// @ts-ignore: decorator
@inline
function specials(bytes: v128, inQuotes: bool): v128 {
  const quotes = i8x16.eq(bytes, i8x16.splat(<i8>quote));
  if (inQuotes && mode == CSV) return quotes;
  return v128.or(v128.or(quotes, i8x16.eq(bytes, i8x16.splat(<i8>delimiter))), i8x16.lt_u(bytes, i8x16.splat(<i8>specialBelow)));
}

/** As bits. */
// @ts-ignore: decorator
@inline
function special(bytes: v128, inQuotes: bool): i32 { return i8x16.bitmask(specials(bytes, inQuotes)); }

/** Writes an ASCII character. @returns TO_QUOTE where it may not stand without quotes */
// @ts-ignore: decorator
@inline
function character(o: usize, byte: u8, inQuotes: bool): usize {
  if (load<u8>(SPECIAL + <usize>byte) != 0) {
    if (mode == JSON) return escape(o, byte);
    if (!inQuotes) return TO_QUOTE;
    if (byte == quote) store<u8>(o++, quote);
  }
  store<u8>(o, byte);
  return o + 1;
}

function escape(o: usize, byte: u8): usize {
  store<u8>(o, 0x5c);
  switch (byte) {
    case 0x22: case 0x5c: store<u8>(o, byte, 1); return o + 2;
    case 0x08: store<u8>(o, 0x62, 1); return o + 2;
    case 0x09: store<u8>(o, 0x74, 1); return o + 2;
    case 0x0a: store<u8>(o, 0x6e, 1); return o + 2;
    case 0x0c: store<u8>(o, 0x66, 1); return o + 2;
    case 0x0d: store<u8>(o, 0x72, 1); return o + 2;
  }
  store<u8>(o, 0x75, 1);
  store<u16>(o, 0x3030, 2);
  store<u8>(o, 0x30 + (byte >> 4), 4);
  const low = byte & 15;
  store<u8>(o, low < 10 ? 0x30 + low : 0x61 - 10 + low, 5);
  return o + 6;
}

/** A lone surrogate is the caller's. */
export function utf16(o: usize, p: usize, end: usize, inQuotes: bool): usize {
  const ascii = i16x8.splat(0x7f);
  while (p < end) {
    // Sixteen characters at a time while all are plain.
    while (end - p >= 32) {
      const first = v128.load(p);
      const second = v128.load(p, 16);
      if (v128.any_true(v128.and(v128.or(first, second), i16x8.splat(<i16>0xff80)))) break;
      const both = i8x16.narrow_i16x8_u(first, second);
      if (mode != PLAIN && v128.any_true(specials(both, inQuotes))) break;
      v128.store(o, both);
      p += 32;
      o += 16;
    }
    if (p == end) return o;
    // Eight; what is behind the end is masked out.
    const units = v128.load(p);
    const bytes = i8x16.narrow_i16x8_u(units, units);
    const left = end - p;
    const all: i32 = left >= 16 ? 0xff : (1 << <i32>(left >> 1)) - 1;
    const odd = (i16x8.bitmask(i16x8.gt_u(units, ascii)) | special(bytes, inQuotes)) & all;
    v128.store64_lane(o, bytes, 0);
    if (odd == 0) {
      if (left <= 16) return o + (left >> 1);
      p += 16;
      o += 8;
      continue;
    }
    const plain = <usize>ctz(odd);
    p += plain << 1;
    o += plain;
    // One, and those of other scripts behind it.
    do {
      const unit = <u32>load<u16>(p);
      p += 2;
      if (unit < 0x80) {
        o = character(o, <u8>unit, inQuotes);
        if (o == TO_QUOTE) return o;
      } else if (unit < 0x800) {
        store<u8>(o, <u8>(0xc0 | unit >> 6));
        store<u8>(o, <u8>(0x80 | unit & 0x3f), 1);
        o += 2;
      } else if (unit < 0xd800 || unit > 0xdfff) {
        store<u8>(o, <u8>(0xe0 | unit >> 12));
        store<u8>(o, <u8>(0x80 | unit >> 6 & 0x3f), 1);
        store<u8>(o, <u8>(0x80 | unit & 0x3f), 2);
        o += 3;
      } else {
        const trail = p < end ? <u32>load<u16>(p) : 0;
        if (unit > 0xdbff || trail < 0xdc00 || trail > 0xdfff) return 0;
        p += 2;
        const point = 0x10000 + (unit - 0xd800 << 10) + (trail - 0xdc00);
        store<u8>(o, <u8>(0xf0 | point >> 18));
        store<u8>(o, <u8>(0x80 | point >> 12 & 0x3f), 1);
        store<u8>(o, <u8>(0x80 | point >> 6 & 0x3f), 2);
        store<u8>(o, <u8>(0x80 | point & 0x3f), 3);
        o += 4;
      }
    } while (p < end && load<u16>(p) >= 0x80);
  }
  return o;
}

/** A byte its code page does not have, and what is no UTF-8, is the caller's. */
export function bytesText(o: usize, p: usize, end: usize, charset: usize, inQuotes: bool): usize {
  while (p < end) {
    const bytes = v128.load(p);
    const left = end - p;
    const all: i32 = left >= 16 ? 0xffff : (1 << <i32>left) - 1;
    const odd = (i8x16.bitmask(bytes) | special(bytes, inQuotes)) & all;
    v128.store(o, bytes);
    if (odd == 0) {
      if (left <= 16) return o + left;
      p += 16;
      o += 16;
      continue;
    }
    const plain = <usize>ctz(odd);
    p += plain;
    o += plain;
    const byte = load<u8>(p);
    if (byte < 0x80) {
      p += 1;
      o = character(o, byte, inQuotes);
      if (o == TO_QUOTE) return o;
    } else if (charset == UTF_8) {
      const size = utf8Size(p, end);
      if (size == 0) return 0;
      store<u32>(o, load<u32>(p));
      o += size;
      p += size;
    } else {
      const utf8 = load<u32>(charset + (<usize>byte << 2));
      if (utf8 == 0) return 0;
      store<u32>(o, utf8);
      o += <usize>(utf8 >> 24);
      p += 1;
    }
  }
  return o;
}

/** Bytes of the character that is not ASCII: shortest forms only, no surrogates, nothing past U+10FFFF; else 0. */
function utf8Size(p: usize, end: usize): usize {
  const lead = load<u8>(p);
  const size: usize = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || p + size > end) return 0;
  const second = load<u8>(p, 1);
  const least: u8 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const greatest: u8 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > greatest) return 0;
  for (let i: usize = 2; i < size; i++) if ((load<u8>(p + i) & 0xc0) != 0x80) return 0;
  return size;
}
