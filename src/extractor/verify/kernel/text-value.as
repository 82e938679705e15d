/**
 * Text of values to the bytes that are hashed of them: what text-value.ts does, for what the extractor writes. Each function
 * returns the position behind the bytes, or 0 where the text is not spelled exactly so: then it is text-value.ts's.
 *
 * It shares nothing with the text kernel, which writes these texts.
 */
import { CHARSET, NO_BYTE, SCALE, SIZE } from './kernel-column';

export const BIT: u8 = 1;
export const INTEGER: u8 = 2;
export const DECIMAL: u8 = 3;
export const MONEY: u8 = 4;
export const REAL: u8 = 5;
export const FLOAT: u8 = 6;
export const DATE: u8 = 7;
export const TIME: u8 = 8;
export const SMALLDATETIME: u8 = 9;
export const DATETIME: u8 = 10;
export const DATETIME2: u8 = 11;
export const DATETIMEOFFSET: u8 = 12;
export const UNIQUEIDENTIFIER: u8 = 13;
export const UTF16: u8 = 14;
export const CODE_PAGE: u8 = 15;
export const UTF8: u8 = 16;
export const HEXADECIMAL: u8 = 17;
export const BASE64: u8 = 18;
export const BYTES: u8 = 19;
export const SMALLMONEY: u8 = 20;

// Tables.

/** 10^0 to 10^19. */
const TENS: usize = 1024;
/** 10^0 to 10^22 as doubles. */
const POWERS: usize = 1184;
/** Of each byte its hexadecimal digit, or 255. */
const HEX: usize = 1368;
/** Of each byte its base64 digit, or 255. */
const DIGITS64: usize = 1624;
/** 10^-342 to 10^308: the leading 128 bits, high word first; the caller fills it in (eisel-lemire-table.ts). */
const POWERS_128: usize = 4096;
const LEAST_POWER: i32 = -342;
const GREATEST_POWER: i32 = 308;

for (let i: u32 = 0, power: u64 = 1; i < 20; i++, power *= 10) store<u64>(TENS + (i << 3), power);
for (let i: u32 = 0, power: f64 = 1; i < 23; i++, power *= 10) store<f64>(POWERS + (i << 3), power);
for (let i: u32 = 0; i < 256; i++) {
  const upper = i & 0xdf;
  store<u8>(HEX + i, <u8>(i - 0x30 < 10 ? i - 0x30 : upper - 0x41 < 6 ? upper - 0x41 + 10 : 255));
  store<u8>(DIGITS64 + i, <u8>(i - 0x41 < 26 ? i - 0x41 : i - 0x61 < 26 ? i - 0x61 + 26 : i - 0x30 < 10 ? i - 0x30 + 52 : i == 0x2b ? 62 : i == 0x2f ? 63 : 255));
}

/** Most of a value's bytes, for a text of `size`: UTF-16 has two for each of ASCII; other values have 32 at most. */
// @ts-ignore: decorator
@inline
export function roomFor(size: usize): usize { return 2 * size + 32; }

/** @param o where the value itself goes, its length not among it */
// @ts-ignore: decorator
@inline
export function textValue(kind: u8, column: usize, p: usize, end: usize, o: usize): usize {
  switch (kind) {
    case BIT: return bit(p, end, o);
    case INTEGER: return integer(p, end, o, <u32>load<u8>(column, SIZE));
    case DECIMAL: return decimal(p, end, o, <u32>load<u8>(column, SCALE), <u32>load<u8>(column, SIZE));
    case SMALLMONEY: return unscaled(p, end, 4) ? signed(o, 4) : 0;
    case MONEY: return unscaled(p, end, 4) ? money(o) : 0;
    case REAL: {
      if (!number(p, end)) return 0;
      store<f32>(o, <f32>float);
      return o + 4;
    }
    case FLOAT: {
      if (!number(p, end)) return 0;
      store<f64>(o, float);
      return o + 8;
    }
    case DATE: return end - p == 10 && date(p) ? putDay(o, day) : 0;
    case TIME: return time(p, end, <u32>load<u8>(column, SCALE), true) ? putTicks(o, ticks, <u32>load<u8>(column, SIZE)) : 0;
    case SMALLDATETIME: return moment(p, end, 0) ? putSmalldatetime(o, day, ticks) : 0;
    case DATETIME: return moment(p, end, 3) ? putDatetime(o, day, ticks) : 0;
    case DATETIME2: return moment(p, end, <u32>load<u8>(column, SCALE)) ? putDay(putTicks(o, ticks, <u32>load<u8>(column, SIZE) - 3), day) : 0;
    case DATETIMEOFFSET: return datetimeoffset(p, end, o, <u32>load<u8>(column, SCALE), <u32>load<u8>(column, SIZE));
    case UNIQUEIDENTIFIER: return uniqueidentifier(p, end, o);
    case UTF16: return utf16(p, end, o);
    case CODE_PAGE: return codePage(p, end, o, <usize>load<u32>(column, CHARSET));
    case UTF8: return utf8(p, end, o);
    case HEXADECIMAL: return hexadecimal(p, end, o);
    case BASE64: return base64(p, end, o);
    default: return 0;
  }
}

// Numbers (MS-TDS 2.2.5.5.1)

function bit(p: usize, end: usize, o: usize): usize {
  const size = end - p;
  if (size == 4 && load<u32>(p) == 0x65757274) {
    store<u8>(o, 1);
    return o + 1;
  }
  if (size == 5 && load<u32>(p) == 0x736c6166 && load<u8>(p, 4) == 0x65) {
    store<u8>(o, 0);
    return o + 1;
  }
  return 0;
}

/** Of the last number: its magnitude without the point, and its sign. */
let low: u64 = 0;
let high: u64 = 0;
let negative: bool = false;

// @ts-ignore: decorator
@inline
export function magnitude(lowWord: u64, highWord: u64, isNegative: bool): void {
  low = lowWord;
  high = highWord;
  negative = isNegative;
}

/** Upper half of a product of 128 bits. */
// @ts-ignore: decorator
@inline
function multipliedHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff, aHigh = a >> 32, bLow = b & 0xffffffff, bHigh = b >> 32;
  const middle = aHigh * bLow + (aLow * bLow >> 32);
  const other = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (other >> 32);
}

/** Reads `-?\d+`, with exactly `scale` digits behind a point where there are any. @returns whether it is that, of 38 digits at most */
function unscaled(p: usize, end: usize, scale: u32): bool {
  negative = p < end && load<u8>(p) == 0x2d;
  if (negative) p += 1;
  let point = end;
  if (scale != 0) {
    if (end - p < <usize>scale + 2) return false;
    point = end - <usize>scale - 1;
    if (load<u8>(point) != 0x2e) return false;
  }
  let digits = end - p - <usize>(scale != 0);
  if (digits == 39 && load<u8>(p) == 0x30) {
    // A decimal of 38 digits, all behind the point.
    p += 1;
    digits = 38;
  }
  if (digits == 0 || digits > 38) return false;
  high = 0;
  if (digits <= 19) {
    let value: u64 = 0;
    for (; p < point; p++) {
      const digit = <u64>load<u8>(p) - 0x30;
      if (digit > 9) return false;
      value = value * 10 + digit;
    }
    for (p += 1; p < end; p++) {
      const digit = <u64>load<u8>(p) - 0x30;
      if (digit > 9) return false;
      value = value * 10 + digit;
    }
    low = value;
    return true;
  }
  low = 0;
  let piece: u64 = 0;
  let count: u32 = 0;
  for (; p < end; p++) {
    if (p == point) continue;
    const digit = <u64>load<u8>(p) - 0x30;
    if (digit > 9) return false;
    piece = piece * 10 + digit;
    count += 1;
    if (count == 19) {
      append(piece, count);
      piece = 0;
      count = 0;
    }
  }
  append(piece, count);
  return true;
}

/** Appends `count` digits to the number. */
function append(piece: u64, count: u32): void {
  const power = load<u64>(TENS + (<usize>count << 3));
  high = high * power + multipliedHigh(low, power);
  low = low * power + piece;
  high += <u64>(low < piece);
}

/** Puts the number in two's complement. */
// @ts-ignore: decorator
@inline
export function signed(o: usize, size: u32): usize {
  const half: u64 = <u64>1 << ((size << 3) - 1);
  if (high != 0 || low > half || low == half && !negative) return 0;
  store<u64>(o, negative ? 0 - low : low);
  return o + size;
}

function integer(p: usize, end: usize, o: usize, size: u32): usize {
  if (!unscaled(p, end, 0)) return 0;
  return size == 1 ? unsignedByte(o) : signed(o, size);
}

// @ts-ignore: decorator
@inline
export function unsignedByte(o: usize): usize {
  if (high != 0 || low > 255 || negative && low != 0) return 0;
  store<u8>(o, <u8>low);
  return o + 1;
}

/** The high half comes first (MS-TDS 2.2.5.5.1.2). */
export function money(o: usize): usize {
  const half: u64 = <u64>1 << 63;
  if (high != 0 || low > half || low == half && !negative) return 0;
  const value = negative ? 0 - low : low;
  store<u32>(o, <u32>(value >> 32));
  store<u32>(o, <u32>value, 4);
  return o + 8;
}

function decimal(p: usize, end: usize, o: usize, scale: u32, size: u32): usize {
  return unscaled(p, end, scale) ? signAndMagnitude(o, size) : 0;
}

/** Sign, 1 for plus, and magnitude (MS-TDS 2.2.5.5.1.6). @param size of both */
// @ts-ignore: decorator
@inline
export function signAndMagnitude(o: usize, size: u32): usize {
  if (size < 17 && (high != 0 && (size < 13 || high >> 32 != 0) || size == 5 && low >> 32 != 0)) return 0;
  store<u8>(o, <u8>(!negative || (low | high) == 0));
  store<u64>(o, low, 1);
  store<u64>(o, high, 9);
  return o + size;
}

/** Of the last number. */
let float: f64 = 0;

/** Reads a number as ECMA-262 spells it. @returns whether it is one of at most 19 digits whose double is certain */
function number(p: usize, end: usize): bool {
  const minus = p < end && load<u8>(p) == 0x2d;
  if (minus) p += 1;
  let mantissa: u64 = 0;
  let digits: u32 = 0;
  let exponent: i32 = 0;
  const start = p;
  while (p < end) {
    const digit = <u64>load<u8>(p) - 0x30;
    if (digit > 9) break;
    mantissa = mantissa * 10 + digit;
    digits += <u32>(mantissa != 0);
    p += 1;
  }
  if (p == start) return false;
  if (p < end && load<u8>(p) == 0x2e) {
    const fraction = ++p;
    while (p < end) {
      const digit = <u64>load<u8>(p) - 0x30;
      if (digit > 9) break;
      mantissa = mantissa * 10 + digit;
      digits += <u32>(mantissa != 0);
      p += 1;
    }
    if (p == fraction) return false;
    exponent = -<i32>(p - fraction);
  }
  if (digits > 19) return false;
  if (p < end) {
    if ((load<u8>(p) | 0x20) != 0x65) return false;
    p += 1;
    let below = false;
    if (p < end && (load<u8>(p) == 0x2b || load<u8>(p) == 0x2d)) {
      below = load<u8>(p) == 0x2d;
      p += 1;
    }
    if (p == end || end - p > 4) return false;
    let power: i32 = 0;
    for (; p < end; p++) {
      const digit = <i32>load<u8>(p) - 0x30;
      if (<u32>digit > 9) return false;
      power = power * 10 + digit;
    }
    exponent += below ? -power : power;
  }
  if (mantissa <= 0x1fffffffffffff && exponent >= -22 && exponent <= 22) {
    // Both are exact, and so the one operation is rounded right (Clinger).
    const value = <f64>mantissa;
    float = exponent < 0 ? value / load<f64>(POWERS + (<usize>(-exponent) << 3)) : value * load<f64>(POWERS + (<usize>exponent << 3));
  } else if (!eiselLemire(mantissa, exponent)) {
    return false;
  }
  if (minus) float = -float;
  return true;
}

/** "Number Parsing at a Gigabyte per Second" (Lemire 2021), section 5. @returns whether the double next to it is certain */
function eiselLemire(mantissa: u64, exponent: i32): bool {
  if (mantissa == 0) {
    float = 0;
    return true;
  }
  if (exponent < LEAST_POWER || exponent > GREATEST_POWER) return false;
  const zeros = clz<u64>(mantissa);
  mantissa <<= zeros;
  const power = POWERS_128 + (<usize>(exponent - LEAST_POWER) << 4);
  let upper = multipliedHigh(mantissa, load<u64>(power));
  let lower = mantissa * load<u64>(power);
  if ((upper & 0x1ff) == 0x1ff) {
    const rest = multipliedHigh(mantissa, load<u64>(power, 8));
    lower += rest;
    upper += <u64>(rest > lower);
  }
  if (lower == 0xffffffffffffffff && (exponent < -27 || exponent > 55)) return false;
  const upperBit = upper >> 63;
  const shift = upperBit + 9;
  let bits = upper >> shift;
  let binary = <i64>((217706 * exponent >> 16) + 63) + <i64>upperBit - <i64>zeros + 1023;
  if (binary <= 0) {
    if (binary <= -63) return false;
    bits >>= <u64>(1 - binary);
    bits += bits & 1;
    bits >>= 1;
    float = reinterpret<f64>(bits);
    return true;
  }
  if (lower <= 1 && exponent >= -4 && exponent <= 23 && (bits & 3) == 1 && bits << shift == upper) bits &= ~<u64>1;
  bits += bits & 1;
  bits >>= 1;
  if (bits >= <u64>1 << 53) {
    bits = <u64>1 << 52;
    binary += 1;
  }
  if (binary >= 2047) return false;
  float = reinterpret<f64>(bits & 0xfffffffffffff | <u64>binary << 52);
  return true;
}

// Dates and times (MS-TDS 2.2.5.5.1.8)

/** Of the last date: days since 0001-01-01. */
let day: i32 = 0;
/** Of the last time: units of the scale since midnight. */
let ticks: u64 = 0;

const LAST_DAY: u32 = 3652058;
const DAYS_TO_1900: i32 = 693595;

/** Two digits. @returns above 99 where they are none */
// @ts-ignore: decorator
@inline
function two(p: usize): u32 {
  const tens = <u32>load<u8>(p) - 0x30;
  const ones = <u32>load<u8>(p, 1) - 0x30;
  return tens > 9 || ones > 9 ? 1000 : tens * 10 + ones;
}

/** `YYYY-MM-DD` of the proleptic Gregorian calendar. */
function date(p: usize): bool {
  if (load<u8>(p, 4) != 0x2d || load<u8>(p, 7) != 0x2d) return false;
  const century = two(p), rest = two(p + 2), month = two(p + 5), dayOfMonth = two(p + 8);
  if (century > 99 || rest > 99 || month - 1 > 11 || dayOfMonth - 1 > 30) return false;
  const year = century * 100 + rest;
  if (year == 0) return false;
  const leap = (year & 3) == 0 && (rest != 0 || (century & 3) == 0);
  const length: u32 = month == 2 ? 28 + <u32>leap : 30 + (month + (month >> 3) & 1);
  if (dayOfMonth > length) return false;
  // Years begin in March, so that the leap day is the last.
  const marches = month > 2 ? year : year - 1;
  const ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + dayOfMonth - 1;
  day = <i32>(marches * 365 + marches / 4 - marches / 100 + marches / 400 + ofYear) - 306;
  return true;
}

/** `HH:MM:SS`, with exactly `scale` decimals. @param wholeDay whether it may be 24:00:00, which some servers send as a time */
function time(p: usize, end: usize, scale: u32, wholeDay: bool): bool {
  if (end - p != <usize>(scale == 0 ? 8 : 9 + scale) || load<u8>(p, 2) != 0x3a || load<u8>(p, 5) != 0x3a) return false;
  const hours = two(p), minutes = two(p + 3), seconds = two(p + 6);
  if (hours > 23 && !wholeDay || hours > 24 || minutes > 59 || seconds > 59) return false;
  let value = <u64>((hours * 60 + minutes) * 60 + seconds);
  if (scale != 0) {
    if (load<u8>(p, 8) != 0x2e) return false;
    for (p += 9; p < end; p++) {
      const digit = <u64>load<u8>(p) - 0x30;
      if (digit > 9) return false;
      value = value * 10 + digit;
    }
  }
  ticks = value;
  return hours < 24 || value == 86400 * load<u64>(TENS + (<usize>scale << 3));
}

function moment(p: usize, end: usize, scale: u32): bool {
  return end - p > 11 && load<u8>(p, 10) == 0x54 && date(p) && time(p + 11, end, scale, false);
}

function datetimeoffset(p: usize, end: usize, o: usize, scale: u32, size: u32): usize {
  if (end - p < 25) return 0;
  const at = end - 6;
  const sign = load<u8>(at);
  if (sign != 0x2b && sign != 0x2d || load<u8>(at, 3) != 0x3a || !moment(p, at, scale)) return 0;
  const hours = two(at + 1), minutes = two(at + 4);
  if (minutes > 59 || hours * 60 + minutes > 840) return 0;
  const offset = <i32>(hours * 60 + minutes) * (sign == 0x2d ? -1 : 1);
  const perMinute = <i64>(60 * load<u64>(TENS + (<usize>scale << 3)));
  const perDay = 1440 * perMinute;
  let utc = <i64>ticks - <i64>offset * perMinute;
  let utcDay = day;
  if (utc < 0) {
    utc += perDay;
    utcDay -= 1;
  } else if (utc >= perDay) {
    utc -= perDay;
    utcDay += 1;
  }
  if (<u32>utcDay > LAST_DAY) return 0;
  o = putDay(putTicks(o, <u64>utc, size - 5), utcDay);
  store<u16>(o, <u16>offset);
  return o + 2;
}

// @ts-ignore: decorator
@inline
export function putDay(o: usize, value: i32): usize {
  store<u32>(o, <u32>value);
  return o + 3;
}

// @ts-ignore: decorator
@inline
export function putTicks(o: usize, value: u64, size: u32): usize {
  store<u64>(o, value);
  return o + size;
}

/** Days since 1900 and minutes. @param seconds of the day */
export function putSmalldatetime(o: usize, dayFrom0001: i32, seconds: u64): usize {
  const from1900 = dayFrom0001 - DAYS_TO_1900;
  const minutes = seconds / 60;
  if (<u32>from1900 > 0xffff || minutes * 60 != seconds) return 0;
  store<u16>(o, <u16>from1900);
  store<u16>(o, <u16>minutes, 2);
  return o + 4;
}

/** Days since 1900 and three-hundredths of a second. @param millis of the day, as a three-hundredth is rounded */
export function putDatetime(o: usize, dayFrom0001: i32, millis: u64): usize {
  const thirds = (millis * 3 + 5) / 10;
  if ((thirds * 20 + 3) / 6 != millis) return 0;
  store<i32>(o, dayFrom0001 - DAYS_TO_1900);
  store<u32>(o, <u32>thirds, 4);
  return o + 8;
}

// Text and binary

/** RFC 9562's text; the first three groups are numbers, least byte first (MS-TDS 2.2.5.5.1.4). */
function uniqueidentifier(p: usize, end: usize, o: usize): usize {
  if (end - p != 36 || load<u8>(p, 8) != 0x2d || load<u8>(p, 13) != 0x2d || load<u8>(p, 18) != 0x2d || load<u8>(p, 23) != 0x2d) return 0;
  const a = hexadecimals(p, 8);
  const b = hexadecimals(p + 9, 4);
  const c = hexadecimals(p + 14, 4);
  const d = hexadecimals(p + 19, 4);
  const e = hexadecimals(p + 24, 4);
  const f = hexadecimals(p + 28, 8);
  if (a < 0 || b < 0 || c < 0 || d < 0 || e < 0 || f < 0) return 0;
  store<u32>(o, <u32>a);
  store<u16>(o, <u16>b, 4);
  store<u16>(o, <u16>c, 6);
  store<u16>(o, bswap<u16>(<u16>d), 8);
  store<u16>(o, bswap<u16>(<u16>e), 10);
  store<u32>(o, bswap<u32>(<u32>f), 12);
  return o + 16;
}

/** @returns below 0 where they are none */
// @ts-ignore: decorator
@inline
function hexadecimals(p: usize, count: u32): i64 {
  let value: i64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const digit = load<u8>(HEX + <usize>load<u8>(p + i));
    if (digit == 255) return -1;
    value = value << 4 | <i64>digit;
  }
  return value;
}

function hexadecimal(p: usize, end: usize, o: usize): usize {
  if ((end - p & 1) != 0) return 0;
  for (; p < end; p += 2) {
    const high = load<u8>(HEX + <usize>load<u8>(p));
    const low = load<u8>(HEX + <usize>load<u8>(p, 1));
    if ((high | low) == 255) return 0;
    store<u8>(o++, high << 4 | low);
  }
  return o;
}

/** RFC 4648, section 4, with padding. */
function base64(p: usize, end: usize, o: usize): usize {
  if (p == end) return o;
  if ((end - p & 3) != 0) return 0;
  const padding: usize = load<u8>(end - 1) != 0x3d ? 0 : load<u8>(end - 2) != 0x3d ? 1 : 2;
  const whole = padding == 0 ? end : end - 4;
  for (; p < whole; p += 4) {
    const a = <u32>load<u8>(DIGITS64 + <usize>load<u8>(p)), b = <u32>load<u8>(DIGITS64 + <usize>load<u8>(p, 1));
    const c = <u32>load<u8>(DIGITS64 + <usize>load<u8>(p, 2)), d = <u32>load<u8>(DIGITS64 + <usize>load<u8>(p, 3));
    if ((a | b | c | d) > 63) return 0;
    const word = a << 18 | b << 12 | c << 6 | d;
    store<u32>(o, bswap<u32>(word) >> 8);
    o += 3;
  }
  if (padding == 0) return o;
  const a = <u32>load<u8>(DIGITS64 + <usize>load<u8>(p)), b = <u32>load<u8>(DIGITS64 + <usize>load<u8>(p, 1));
  if ((a | b) > 63) return 0;
  store<u8>(o++, <u8>(a << 2 | b >> 4));
  if (padding == 2) return (b & 15) == 0 ? o : 0;
  const c = <u32>load<u8>(DIGITS64 + <usize>load<u8>(p, 2));
  if (c > 63 || (c & 3) != 0) return 0;
  store<u8>(o++, <u8>(b << 4 | c >> 2));
  return o;
}

/** How many of the next 16 bytes, `left` at most, are ASCII. */
// @ts-ignore: decorator
@inline
function asciiOf(bytes: v128, left: usize): usize {
  const others = i8x16.bitmask(bytes) | 1 << <i32>min<usize>(left, 16);
  return <usize>ctz<i32>(others);
}

/** Of the last character that was read. */
let codePoint: u32 = 0;

/** Reads a character of UTF-8 that is not ASCII (Unicode, table 3-7). @returns its length, 0 where it is none */
// @ts-ignore: decorator
@inline
function character(p: usize, end: usize): usize {
  const lead = <u32>load<u8>(p);
  const left = end - p;
  if (lead < 0xc2) return 0;
  const a = <u32>load<u8>(p, 1) ^ 0x80;
  if (lead < 0xe0) {
    if (left < 2 || a > 63) return 0;
    codePoint = (lead & 31) << 6 | a;
    return 2;
  }
  const b = <u32>load<u8>(p, 2) ^ 0x80;
  if (lead < 0xf0) {
    if (left < 3 || (a | b) > 63) return 0;
    codePoint = (lead & 15) << 12 | a << 6 | b;
    return codePoint < 0x800 || codePoint - 0xd800 < 0x800 ? 0 : 3;
  }
  const c = <u32>load<u8>(p, 3) ^ 0x80;
  if (left < 4 || (a | b | c) > 63 || lead > 0xf4) return 0;
  codePoint = (lead & 7) << 18 | a << 12 | b << 6 | c;
  return codePoint - 0x10000 < 0x100000 ? 4 : 0;
}

/** UTF-8 to UTF-16LE. */
export function utf16(p: usize, end: usize, o: usize): usize {
  while (p < end) {
    const bytes = v128.load(p);
    const ascii = asciiOf(bytes, end - p);
    v128.store(o, i16x8.extend_low_i8x16_u(bytes));
    v128.store(o + 16, i16x8.extend_high_i8x16_u(bytes));
    p += ascii;
    o += ascii << 1;
    while (p < end && load<u8>(p) >= 0x80) {
      const size = character(p, end);
      if (size == 0) return 0;
      p += size;
      if (size == 4) {
        const rest = codePoint - 0x10000;
        store<u32>(o, 0xdc00d800 | rest >> 10 | (rest & 0x3ff) << 16);
        o += 4;
      } else {
        store<u16>(o, <u16>codePoint);
        o += 2;
      }
    }
  }
  return o;
}

/** UTF-8 to a code page whose first 128 characters are ASCII. */
export function codePage(p: usize, end: usize, o: usize, charset: usize): usize {
  while (p < end) {
    const bytes = v128.load(p);
    const ascii = asciiOf(bytes, end - p);
    v128.store(o, bytes);
    p += ascii;
    o += ascii;
    while (p < end && load<u8>(p) >= 0x80) {
      const size = character(p, end);
      if (size == 0 || codePoint > 0xffff) return 0;
      const byte = load<u16>(charset + (<usize>codePoint << 1));
      if (byte == NO_BYTE) return 0;
      store<u8>(o++, <u8>byte);
      p += size;
    }
  }
  return o;
}

/** UTF-8 as it is, where it is that. */
export function utf8(p: usize, end: usize, o: usize): usize {
  while (p < end) {
    const bytes = v128.load(p);
    const ascii = asciiOf(bytes, end - p);
    v128.store(o, bytes);
    p += ascii;
    o += ascii;
    while (p < end && load<u8>(p) >= 0x80) {
      const size = character(p, end);
      if (size == 0) return 0;
      store<u32>(o, load<u32>(p));
      p += size;
      o += size;
    }
  }
  return o;
}
