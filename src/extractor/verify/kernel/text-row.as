/**
 * Rows of CSV (RFC 4180 with LF) and JSON Lines as the extractor writes them, to the rows that are hashed. A row that is
 * spelled otherwise, or has a value that is, is left to csv-rows.ts and json-lines-rows.ts.
 *
 * It shares nothing with the encoders.
 */
import { COLUMN, KIND, NAME, NAME_SIZE, PREFIX, prefixed } from './kernel-column';
import { roomFor, textValue } from './text-value';

const LF: u8 = 0x0a;
const BACKSLASH: u8 = 0x5c;
const QUOTATION: u8 = 0x22;

/** Behind the field that was read last; 0 where it does not end before the text does, 1 where it is the caller's. */
let fieldEnd: usize = 0;
let valueStart: usize = 0;
let valueEnd: usize = 0;
let isNull: bool = false;

const CUT: usize = 0;
const OTHER: usize = 1;

// CSV

let delimiter: u8 = 0x2c;
let quote: u8 = 0x22;
let nullText: usize = 0;
let nullSize: usize = 0;

/** @param at where the text of NULL is */
export function csv(delimiterByte: u8, quoteByte: u8, at: usize, size: usize): void {
  delimiter = delimiterByte;
  quote = quoteByte;
  nullText = at;
  nullSize = size;
}

/** Reads the field at `p`. @param scratch where a text with doubled quotes is put together */
// @ts-ignore: decorator
@inline
function csvField(p: usize, end: usize, scratch: usize): void {
  if (load<u8>(p) != quote) {
    const ends = i8x16.splat(<i8>delimiter);
    const lines = i8x16.splat(<i8>LF);
    for (let at = p; ; at += 16) {
      if (at >= end) {
        fieldEnd = CUT;
        return;
      }
      const bytes = v128.load(at);
      const found = i8x16.bitmask(v128.or(i8x16.eq(bytes, ends), i8x16.eq(bytes, lines)));
      if (found == 0) continue;
      at += <usize>ctz<i32>(found);
      if (at >= end) {
        fieldEnd = CUT;
        return;
      }
      valueStart = p;
      valueEnd = at;
      fieldEnd = at;
      isNull = at - p == nullSize && (nullSize == 0 || memory.compare(p, nullText, nullSize) == 0);
      return;
    }
  }
  isNull = false;
  const quotes = i8x16.splat(<i8>quote);
  let from = p + 1;
  let at = from;
  let o = scratch;
  for (;;) {
    for (;;) {
      if (at >= end) {
        fieldEnd = CUT;
        return;
      }
      const found = i8x16.bitmask(i8x16.eq(v128.load(at), quotes));
      if (found != 0) {
        at += <usize>ctz<i32>(found);
        break;
      }
      at += 16;
    }
    // The quote that ends the text may be the first of two.
    if (at + 1 >= end) {
      fieldEnd = CUT;
      return;
    }
    if (load<u8>(at, 1) != quote) break;
    memory.copy(o, from, at + 1 - from);
    o += at + 1 - from;
    at += 2;
    from = at;
  }
  const next = load<u8>(at, 1);
  if (o == scratch) {
    valueStart = from;
    valueEnd = at;
  } else {
    memory.copy(o, from, at - from);
    valueStart = scratch;
    valueEnd = o + at - from;
  }
  fieldEnd = next == delimiter || next == LF ? at + 1 : OTHER;
}

// JSON Lines

/** Whether the bytes are the same; up to seven behind them are read. */
// @ts-ignore: decorator
@inline
function same(p: usize, other: usize, size: usize): bool {
  let i: usize = 0;
  for (; i + 8 <= size; i += 8) if (load<u64>(p + i) != load<u64>(other + i)) return false;
  return i == size || (load<u64>(p + i) ^ load<u64>(other + i)) << <u64>(64 - (size - i << 3)) == 0;
}

/** Reads the value at `p`, up to what stands behind it. */
// @ts-ignore: decorator
@inline
function jsonValue(p: usize, end: usize, scratch: usize): void {
  const first = load<u8>(p);
  isNull = false;
  if (first == QUOTATION) {
    jsonString(p + 1, end, scratch);
    return;
  }
  let at = p;
  while (at < end) {
    const byte = load<u8>(at);
    if (byte == 0x2c || byte == 0x7d) break;
    // Letters, digits, sign and point: true, false, null and numbers.
    if (byte <= 0x20 || byte == QUOTATION || byte == BACKSLASH) {
      fieldEnd = OTHER;
      return;
    }
    at += 1;
  }
  if (at == end) {
    fieldEnd = CUT;
    return;
  }
  valueStart = p;
  valueEnd = at;
  fieldEnd = at;
  isNull = at - p == 4 && load<u32>(p) == 0x6c6c756e;
  // RFC 8259, section 6: a number has no zeros before it. What is no number at all no column takes.
  const digits = p + <usize>(first == 0x2d);
  if (load<u8>(digits) == 0x30 && at - digits > 1 && load<u8>(digits, 1) - 0x30 <= 9) fieldEnd = OTHER;
}

/** @param p behind the quotation mark */
function jsonString(p: usize, end: usize, scratch: usize): void {
  const quotes = i8x16.splat(<i8>QUOTATION);
  const slashes = i8x16.splat(<i8>BACKSLASH);
  const controls = i8x16.splat(0x20);
  let from = p;
  let at = p;
  let o = scratch;
  for (;;) {
    if (at >= end) {
      fieldEnd = CUT;
      return;
    }
    const bytes = v128.load(at);
    const found = i8x16.bitmask(v128.or(v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, slashes)), i8x16.lt_u(bytes, controls)));
    if (found == 0) {
      at += 16;
      continue;
    }
    at += <usize>ctz<i32>(found);
    if (at >= end) {
      fieldEnd = CUT;
      return;
    }
    const byte = load<u8>(at);
    if (byte == QUOTATION) break;
    if (byte != BACKSLASH) {
      fieldEnd = OTHER;
      return;
    }
    const left = end - at;
    // \uD834\uDD1E is one character: all of it must be there.
    if (left < 2 || load<u8>(at, 1) == 0x75 && left < <usize>((load<u8>(at, 2) | 0x20) == 0x64 ? 12 : 6)) {
      fieldEnd = CUT;
      return;
    }
    memory.copy(o, from, at - from);
    o += at - from;
    const size = escaped(at + 1, o);
    if (size == 0) {
      fieldEnd = OTHER;
      return;
    }
    o += escapedSize;
    at += 1 + size;
    from = at;
  }
  if (o == scratch) {
    valueStart = from;
    valueEnd = at;
  } else {
    memory.copy(o, from, at - from);
    valueStart = scratch;
    valueEnd = o + at - from;
  }
  fieldEnd = at + 1;
}

/** UTF-8 bytes of the last escape. */
let escapedSize: usize = 0;

/** RFC 8259, section 7. @param p behind the backslash @returns bytes of the escape behind it, 0 where it is none */
function escaped(p: usize, o: usize): usize {
  escapedSize = 1;
  switch (load<u8>(p)) {
    case 0x22: store<u8>(o, 0x22); return 1;
    case 0x5c: store<u8>(o, 0x5c); return 1;
    case 0x2f: store<u8>(o, 0x2f); return 1;
    case 0x62: store<u8>(o, 8); return 1;
    case 0x66: store<u8>(o, 12); return 1;
    case 0x6e: store<u8>(o, 10); return 1;
    case 0x72: store<u8>(o, 13); return 1;
    case 0x74: store<u8>(o, 9); return 1;
    case 0x75: break;
    default: return 0;
  }
  const unit = hexadecimals(p + 1);
  if (unit > 0xffff) return 0;
  if (unit < 0x80) {
    store<u8>(o, <u8>unit);
    return 5;
  }
  if (unit < 0x800) {
    store<u16>(o, <u16>(0x80c0 | unit >> 6 | (unit & 63) << 8));
    escapedSize = 2;
    return 5;
  }
  if (unit - 0xd800 >= 0x800) {
    store<u32>(o, 0x8080e0 | unit >> 12 | (unit >> 6 & 63) << 8 | (unit & 63) << 16);
    escapedSize = 3;
    return 5;
  }
  if (unit >= 0xdc00 || load<u16>(p, 5) != 0x755c) return 0;
  const low = hexadecimals(p + 7) - 0xdc00;
  if (low >= 0x400) return 0;
  const point = 0x10000 + ((unit - 0xd800) << 10) + low;
  store<u32>(o, 0x808080f0 | point >> 18 | (point >> 12 & 63) << 8 | (point >> 6 & 63) << 16 | (point & 63) << 24);
  escapedSize = 4;
  return 11;
}

/** Four digits. @returns above 0xFFFF where they are none */
function hexadecimals(p: usize): u32 {
  let value: u32 = 0;
  for (let i: usize = 0; i < 4; i++) {
    const byte = <u32>load<u8>(p + i);
    const letter = (byte | 0x20) - 0x61;
    const digit = byte - 0x30 <= 9 ? byte - 0x30 : letter < 6 ? letter + 10 : 0x10000;
    value = value << 4 | digit;
    if (digit == 0x10000) return 0x10000;
  }
  return value;
}

// Rows

/** All is done, or the last row does not end. */
const END: i32 = 0;
/** The next row is for the caller. */
const CALLER: i32 = 1;
/** There is no room for the next row. */
const FULL: i32 = 2;

let outBehind: usize = 0;
let rowCount: i32 = 0;
let reason: i32 = 0;
export function textOutEnd(): usize { return outBehind; }
export function textRowsDone(): i32 { return rowCount; }
export function textStopReason(): i32 { return reason; }

/** NBCROW (MS-TDS 2.2.7.13). */
const NBCROW: u8 = 0xd2;

/**
 * Makes the rows from `p` on into those that are hashed, one behind the other at `out`.
 *
 * @param columns how many, described at `first`
 * @param scratch as many bytes as the text has
 * @returns position behind the last row that was made
 */
export function textRows(p: usize, end: usize, isJson: bool, first: usize, columns: i32, out: usize, limit: usize, scratch: usize): usize {
  const bitmapBytes: usize = <usize>(columns + 7) >> 3;
  let done = p;
  let why = END;
  let made: i32 = 0;
  outBehind = out;
  while (p < end) {
    let o = outBehind;
    if (limit - o < 1 + bitmapBytes + 64) {
      why = FULL;
      break;
    }
    const bitmap = o + 1;
    store<u8>(o, NBCROW);
    memory.fill(bitmap, 0, bitmapBytes);
    o = bitmap + bitmapBytes;
    let column = first;
    let i: i32 = 0;
    for (; i < columns; i++, column += COLUMN) {
      if (isJson) {
        const name = <usize>load<u32>(column, NAME);
        const nameSize = <usize>load<u32>(column, NAME_SIZE);
        if (end - p <= nameSize) break;
        if (!same(p, name, nameSize)) {
          why = CALLER;
          break;
        }
        jsonValue(p + nameSize, end, scratch);
      } else {
        if (p >= end) break;
        csvField(p, end, scratch);
      }
      if (fieldEnd == CUT) break;
      if (fieldEnd == OTHER) {
        why = CALLER;
        break;
      }
      p = fieldEnd;
      if (isNull) {
        const at = bitmap + (<usize>i >> 3);
        store<u8>(at, load<u8>(at) | <u8>((<u32>1) << (<u32>i & 7)));
      } else {
        const room: usize = 72 + roomFor(valueEnd - valueStart);
        if (room > limit - o) {
          why = FULL;
          break;
        }
        const behind = textValue(load<u8>(column, KIND), column, valueStart, valueEnd, o + <usize>load<u8>(column, PREFIX));
        o = behind == 0 ? 0 : prefixed(column, o, behind);
        if (o == 0) {
          why = CALLER;
          break;
        }
      }
      if (!isJson) {
        // A row of fewer or more fields.
        if (load<u8>(p) != (i == columns - 1 ? LF : delimiter)) {
          why = CALLER;
          break;
        }
        p += 1;
      }
    }
    if (i < columns) break;
    if (isJson) {
      if (end - p < 2) break;
      if (load<u16>(p) != 0x0a7d) {
        why = CALLER;
        break;
      }
      p += 2;
    }
    outBehind = o;
    done = p;
    made += 1;
  }
  rowCount = made;
  reason = why;
  return done;
}
