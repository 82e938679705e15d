/**
 * Hashes of rows, in AssemblyScript: XXH64 (xxHash's specification, "XXH64 algorithm description") with seeds 0 and 1 at
 * once, summed up modulo 2^128. JavaScript has no 64-bit multiplication that is fast; WebAssembly has.
 *
 * `node tools/build/row-kernel.js` compiles this into row-kernel.wasm.ts. The kernel allocates nothing: of its memory the first
 * 1,024 bytes are its own, columns are described behind them, and the rest is the caller's.
 */

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;
const P4: u64 = 0x85ebca77c2b2ae63;
const P5: u64 = 0x27d4eb2f165667c5;

const NBCROW: u8 = 0xd2;

/** Sum of the row hashes since the last reset. */
let low: u64 = 0;
let high: u64 = 0;

export function sumLow(): u64 { return low; }
export function sumHigh(): u64 { return high; }
export function reset(): void { low = 0; high = 0; }

// Accumulators of the message being hashed, seed 0 and seed 1, and how many bytes it has had.
let a1: u64 = 0; let a2: u64 = 0; let a3: u64 = 0; let a4: u64 = 0;
let b1: u64 = 0; let b2: u64 = 0; let b3: u64 = 0; let b4: u64 = 0;
let total: u64 = 0;
/** Bytes kept for the next stripe, at TAIL. */
let kept: usize = 0;
const TAIL: usize = 64;
const STRIPE: usize = 32;

// @ts-ignore: decorator
@inline
function round(sum: u64, input: u64): u64 { return rotl<u64>(sum + input, 31) * P1; }

// @ts-ignore: decorator
@inline
function merge(hash: u64, sum: u64): u64 { return (hash ^ round(0, sum * P2)) * P1 + P4; }

// @ts-ignore: decorator
@inline
function converge(v1: u64, v2: u64, v3: u64, v4: u64): u64 {
  return merge(merge(merge(merge(rotl<u64>(v1, 1) + rotl<u64>(v2, 7) + rotl<u64>(v3, 12) + rotl<u64>(v4, 18), v1), v2), v3), v4);
}

// @ts-ignore: decorator
@inline
function avalanche(hash: u64): u64 {
  hash = (hash ^ hash >> 33) * P2;
  hash = (hash ^ hash >> 29) * P3;
  return hash ^ hash >> 32;
}

export function begin(): void {
  a1 = P1 + P2; a2 = P2; a3 = 0; a4 = 0 - P1;
  b1 = 1 + P1 + P2; b2 = 1 + P2; b3 = 1; b4 = 1 - P1;
  total = 0;
  kept = 0;
}

/** Takes whole stripes; returns where it stopped. */
function stripes(p: usize, end: usize): usize {
  let c1 = a1, c2 = a2, c3 = a3, c4 = a4;
  let d1 = b1, d2 = b2, d3 = b3, d4 = b4;
  while (p + STRIPE <= end) {
    let x = load<u64>(p) * P2;
    c1 = round(c1, x); d1 = round(d1, x);
    x = load<u64>(p, 8) * P2;
    c2 = round(c2, x); d2 = round(d2, x);
    x = load<u64>(p, 16) * P2;
    c3 = round(c3, x); d3 = round(d3, x);
    x = load<u64>(p, 24) * P2;
    c4 = round(c4, x); d4 = round(d4, x);
    p += STRIPE;
  }
  a1 = c1; a2 = c2; a3 = c3; a4 = c4;
  b1 = d1; b2 = d2; b3 = d3; b4 = d4;
  return p;
}

/** Takes the message's next bytes. */
export function update(p: usize, size: usize): void {
  const end = p + size;
  total += <u64>size;
  if (kept > 0) {
    const taken = min<usize>(STRIPE - kept, size);
    memory.copy(TAIL + kept, p, taken);
    kept += taken;
    p += taken;
    if (kept < STRIPE) return;
    stripes(TAIL, TAIL + STRIPE);
    kept = 0;
  }
  p = stripes(p, end);
  kept = end - p;
  memory.copy(TAIL, p, kept);
}

/** Ends the message and adds its hash to the sum. */
export function finish(): void {
  add(TAIL, TAIL + kept);
}

/** @param p the bytes behind the last whole stripe */
// @ts-ignore: decorator
@inline
function add(p: usize, end: usize): void {
  let a: u64 = P5;
  let b: u64 = 1 + P5;
  if (total >= <u64>STRIPE) {
    a = converge(a1, a2, a3, a4);
    b = converge(b1, b2, b3, b4);
  }
  a += total;
  b += total;
  while (p + 8 <= end) {
    const x = round(0, load<u64>(p) * P2);
    a = rotl<u64>(a ^ x, 27) * P1 + P4;
    b = rotl<u64>(b ^ x, 27) * P1 + P4;
    p += 8;
  }
  if (p + 4 <= end) {
    const x = <u64>load<u32>(p) * P1;
    a = rotl<u64>(a ^ x, 23) * P2 + P3;
    b = rotl<u64>(b ^ x, 23) * P2 + P3;
    p += 4;
  }
  while (p < end) {
    const x = <u64>load<u8>(p) * P5;
    a = rotl<u64>(a ^ x, 11) * P1;
    b = rotl<u64>(b ^ x, 11) * P1;
    p += 1;
  }
  a = avalanche(a);
  low += a;
  high += avalanche(b) + <u64>(low < a);
}

/** Hashes one message that is wholly there. */
export function hash(p: usize, size: usize): void {
  begin();
  total = <u64>size;
  const end = p + size;
  add(stripes(p, end), end);
}

/** How a column's values are framed: a byte of {@link Kind}, and for some a size in the upper 24 bits. */
const COLUMNS: usize = 1024;

const FIXED: u32 = 0;
const BYTE_LENGTH: u32 = 1;
const SHORT_LENGTH: u32 = 2;
const TEXT_POINTER: u32 = 3;
const PLP: u32 = 4;
/** As BYTE_LENGTH, of decimals: the size is that of the declared precision, whatever the server announced or sent. */
const DECIMAL: u32 = 5;
/** As PLP, without a byte order mark in front. */
const XML: u32 = 6;
/** Of rows that are put together already, as they are hashed: four and eight bytes of length before the value. */
const LENGTH_4: u32 = 7;
const LENGTH_8: u32 = 8;
/** What is hashed of the value is the caller's: the kind of its framing is in bits 4 to 7, and of sql_variant this one again. */
const CALLER: u32 = 15;

/** Most columns of a result. */
const MAX_COLUMNS: usize = 4096;

let columns: i32 = 0;
let scratch: usize = 0;
/** Where the caller puts what is hashed of its values in one row: each its size in four bytes, and its bytes. */
let given: usize = 0;
/** How many it has put there, and of what value it was last asked: column and position. */
let givenCount: i32 = 0;
let asked: i32 = -1;
let askedAt: usize = 0;
/** Column whose value is asked for after {@link rows} stopped at a row; -1 for none. */
export function askedColumn(): i32 { return asked; }
export function askedPosition(): usize { return askedAt; }
/** @param count of the values at the place for them */
export function give(count: i32): void { givenCount = count; }

/**
 * @param count of columns, whose kinds are at COLUMNS
 * @param memory where rows may be put together
 * @param values where the caller puts values
 * @param tallied where tallies are kept, behind it the columns' kinds of value, behind them the places of values
 */
export function configure(count: i32, memory: usize, values: usize, tallied: usize): void {
  columns = count;
  scratch = memory;
  given = values;
  givenCount = 0;
  tallies = tallied;
  valueKinds = tallies + MAX_COLUMNS * TALLY;
  places = valueKinds + MAX_COLUMNS;
  saved = places + <usize>(PLACES << 2);
  placed = 0;
  placedLimit = <i32>(PLACES / <u32>count);
}

// @ts-ignore: decorator
@inline
function isNullPlp(p: usize): bool { return load<u64>(p) == 0xffffffffffffffff; }

/** @returns behind the value, or 0 where it is not wholly there */
function plpEnd(p: usize, end: usize): usize {
  p += 8;
  while (p + 4 <= end) {
    const size = <usize>load<u32>(p);
    p += 4;
    if (size == 0) return p;
    if (size > end - p) return 0;
    p += size;
  }
  return 0;
}

/** Few bytes, in words: up to 15 behind them are written over, and read. */
// @ts-ignore: decorator
@inline
function copied(to: usize, from: usize, size: usize): void {
  if (size > 256) {
    memory.copy(to, from, size);
    return;
  }
  for (let i: usize = 0; i < size; i += 16) {
    store<u64>(to + i, load<u64>(from + i));
    store<u64>(to + i, load<u64>(from + i, 8), 8);
  }
}

// A row whose bytes are not what is hashed is put together in the scratch memory: what is the same is copied up to each difference.
let to: usize = 0;
let run: usize = 0;

/** Begins a row that differs, or goes on with it: all before `at` is copied. */
function differs(at: usize, bitmap: usize, values: usize, bitmapBytes: usize): void {
  if (to == 0) {
    if (bitmap != 0) copied(scratch, bitmap, bitmapBytes);
    else memory.fill(scratch, 0, bitmapBytes);
    to = scratch + bitmapBytes;
    run = values;
  }
  copied(to, run, at - run);
  to += at - run;
}

// @ts-ignore: decorator
@inline
function setNull(i: i32): void {
  const at = scratch + (<usize>i >> 3);
  store<u8>(at, load<u8>(at) | 1 << (<u8>i & 7));
}

/**
 * Whether a decimal is hashed otherwise than it came: it has the length of its precision, and zero no sign.
 *
 * @returns 0: as it is, 1: otherwise, 2: it is none (MS-TDS 2.2.5.5.1.6), which the caller tells
 */
function decimalDiffers(p: usize, size: usize, declared: usize): i32 {
  const sign = load<u8>(p);
  if (sign > 1 || (size & 3) != 1 || size > 17 || size < 5) return 2;
  for (let i = declared; i < size; i += 4) if (load<u32>(p + i) != 0) return 2;
  if (sign == 0) {
    let any: u32 = 0;
    for (let i: usize = 1; i < size; i += 4) any |= load<u32>(p + i);
    if (any == 0) return 1;
  }
  return size == declared ? 0 : 1;
}

/** Puts a decimal that differs. @param p its length */
function putDecimal(p: usize, declared: usize): void {
  const size = min<usize>(<usize>load<u8>(p), declared);
  store<u8>(to, <u8>declared);
  store<u64>(to, 0, 1);
  store<u64>(to, 0, 9);
  store<u8>(to, 0, 17);
  let any: u32 = 0;
  for (let i: usize = 1; i < size; i += 4) {
    const word = load<u32>(p + 1 + i);
    any |= word;
    store<u32>(to + 1 + i, word);
  }
  store<u8>(to, any == 0 ? 1 : load<u8>(p, 1), 1);
  to += 1 + declared;
}

/** Bytes of the byte order mark in front of a (max) value of two bytes or more. */
// @ts-ignore: decorator
@inline
function markOf(p: usize): usize { return load<u32>(p, 8) >= 2 && load<u16>(p, 12) == 0xfeff ? 2 : 0; }

/** Bytes of NULL where it is told in the row: a length of 0, of 0xFFFF, an empty pointer, 0xFF in eight, 0 in four (sql_variant). */
function nullSize(framing: u32): usize {
  return framing == SHORT_LENGTH ? 2 : framing == PLP ? 8 : framing == CALLER ? 4 : 1;
}

function isNull(framing: u32, p: usize): bool {
  if (framing == SHORT_LENGTH) return load<u16>(p) == 0xffff;
  if (framing == PLP) return isNullPlp(p);
  return framing == CALLER ? load<u32>(p) == 0 : load<u8>(p) == 0;
}

/** @returns behind a value, or NULL, of the framing; 0 where it is not wholly there */
function behind(framing: u32, p: usize, end: usize): usize {
  if (framing == PLP) return p + 8 > end ? 0 : isNullPlp(p) ? p + 8 : plpEnd(p, end);
  let after = p + nullSize(framing);
  if (after > end) return 0;
  if (framing == SHORT_LENGTH) {
    const size = <usize>load<u16>(p);
    if (size != 0xffff) after += size;
  } else if (framing == CALLER) {
    after += <usize>load<u32>(p);
  } else if (load<u8>(p) != 0) {
    after += <usize>load<u8>(p);
    if (framing == TEXT_POINTER) {
      if (after + 12 > end) return 0;
      after += 12 + <usize>load<u32>(after, 8);
    }
  }
  return after > end ? 0 : after;
}

/** Puts a (max) value as its length and its bytes. @param skip of its first piece @returns behind it */
function putPlp(p: usize, skip: usize): usize {
  const total = to;
  p += 8;
  to += 8;
  for (;;) {
    const length = <usize>load<u32>(p);
    p += 4;
    if (length == 0) break;
    copied(to, p + skip, length - skip);
    to += length - skip;
    p += length;
    skip = 0;
  }
  store<u64>(total, <u64>(to - total - 8));
  return p;
}

/**
 * Hashes and tallies rows that lie one behind the other, tokens included; a bitmap's size of bytes before the first may be
 * written over.
 *
 * @returns where it stopped: at the end, or at a row that is not wholly there or is the caller's
 */
export function rows(start: usize, end: usize): usize {
  const bitmapBytes: usize = <usize>(columns + 7) >> 3;
  asked = -1;
  while (start < end) {
    const bitmap: usize = load<u8>(start) == NBCROW ? start + 1 : 0;
    const values = bitmap == 0 ? start + 1 : bitmap + bitmapBytes;
    let p = values;
    let place = places + <usize>(placed * columns << 2);
    to = 0;
    let gift = given;
    let gifts = givenCount;
    for (let i = 0; i < columns; i++, place += 4) {
      if (p > end) return stopped(start);
      if (bitmap != 0 && (load<u8>(bitmap + (<usize>i >> 3)) >> (<u8>i & 7) & 1) != 0) {
        store<u32>(place, 0);
        continue;
      }
      store<u32>(place, <u32>p);
      const column = load<u32>(COLUMNS + (<usize>i << 2));
      // What a NULL takes where it is told in the row.
      let nothing: usize = 0;
      switch (column & 15) {
        case FIXED:
          p += <usize>(column >> 8);
          continue;
        case BYTE_LENGTH: {
          const size = <usize>load<u8>(p);
          if (size != 0) {
            p += 1 + size;
            continue;
          }
          nothing = 1;
          break;
        }
        case DECIMAL: {
          const size = <usize>load<u8>(p);
          if (size != 0) {
            if (p + 1 + size > end) return stopped(start);
            const declared = <usize>(column >> 8);
            const how = decimalDiffers(p + 1, size, declared);
            if (how == 2) return stopped(start);
            if (how == 1) {
              differs(p, bitmap, values, bitmapBytes);
              putDecimal(p, declared);
              run = p + 1 + size;
            }
            p += 1 + size;
            continue;
          }
          nothing = 1;
          break;
        }
        case SHORT_LENGTH: {
          const size = <usize>load<u16>(p);
          if (size != 0xffff) {
            p += 2 + size;
            continue;
          }
          nothing = 2;
          break;
        }
        case TEXT_POINTER: {
          const pointer = <usize>load<u8>(p);
          if (pointer != 0) {
            const from = p + 1 + pointer + 8;
            if (from + 4 > end) return stopped(start);
            differs(p, bitmap, values, bitmapBytes);
            store<u32>(place, <u32>from);
            run = from;
            p = from + 4 + <usize>load<u32>(from);
            continue;
          }
          nothing = 1;
          break;
        }
        case PLP: case XML: {
          if (p + 8 > end) return stopped(start);
          if (!isNullPlp(p)) {
            if (plpEnd(p, end) == 0) return stopped(start);
            // Its byte order mark may come in two pieces.
            if ((column & 15) == XML && load<u32>(p, 8) == 1) return stopped(start);
            differs(p, bitmap, values, bitmapBytes);
            p = run = putPlp(p, (column & 15) == XML ? markOf(p) : 0);
            continue;
          }
          nothing = 8;
          break;
        }
        case LENGTH_4: {
          if (p + 4 > end) return stopped(start);
          const size = <usize>load<u32>(p);
          p += 4;
          if (size > end - p) return stopped(start);
          p += size;
          continue;
        }
        case LENGTH_8: {
          if (p + 8 > end) return stopped(start);
          const size = load<u64>(p);
          p += 8;
          if (size > <u64>(end - p)) return stopped(start);
          p += <usize>size;
          continue;
        }
        default: {
          if (p > end) return stopped(start);
          const framing = column >> 4 & 15;
          if (framing != FIXED) {
            const after = behind(framing, p, end);
            if (after == 0) return stopped(start);
            if (!isNull(framing, p)) {
              if (gifts == 0) {
                asked = i;
                askedAt = p;
                return stopped(start);
              }
              differs(p, bitmap, values, bitmapBytes);
              const size = <usize>load<u32>(gift);
              copied(to, gift + 4, size);
              to += size;
              gift += 4 + size;
              gifts -= 1;
              store<u32>(place, GIVEN);
              p = run = after;
              continue;
            }
            nothing = nullSize(framing);
          }
        }
      }
      if (p > end) return stopped(start);
      differs(p, bitmap, values, bitmapBytes);
      setNull(i);
      store<u32>(place, 0);
      p += nothing;
      run = p;
    }
    if (p > end) return stopped(start);
    givenCount = 0;
    if (to != 0) {
      copied(to, run, p - run);
      hash(scratch, to + (p - run) - scratch);
    } else if (bitmap != 0) {
      hash(bitmap, p - bitmap);
    } else {
      // No NULL: the bitmap is zeros, written over the token and what is before it, which is put back: it is yet to be tallied.
      const first = values - bitmapBytes;
      if (bitmapBytes <= 8) {
        const before = load<u64>(values - 8);
        store<u64>(values - 8, before & <u64>((<u64>1 << (64 - (<u64>bitmapBytes << 3))) - 1));
        hash(first, p - first);
        store<u64>(values - 8, before);
      } else {
        memory.copy(saved, first, bitmapBytes);
        memory.fill(first, 0, bitmapBytes);
        hash(first, p - first);
        memory.copy(first, saved, bitmapBytes);
      }
    }
    placed += 1;
    if (placed >= placedLimit) flush();
    start = p;
  }
  return stopped(start);
}

/** Ends a call: what was placed is tallied. */
function stopped(at: usize): usize {
  flush();
  return at;
}

// Tallies: of each column its NULLs and values; of text and binary their bytes; of numbers and times sum, least and greatest;
// of what is no exact number a digest: of times and floats the sum of their bits, of text and binary that of a digest of each.

/** Bytes of a column's tally: twelve words of 64 bits, of which the last is free. */
const TALLY: usize = 96;
const NULLS: usize = 0;
const COUNT: usize = 8;
const BYTES: usize = 16;
const DIGEST: usize = 24;
const SUM_LOW: usize = 32;
const SUM_HIGH: usize = 40;
const SUM_TOP: usize = 48;
const MIN_LOW: usize = 56;
const MIN_HIGH: usize = 64;
const MAX_LOW: usize = 72;
const MAX_HIGH: usize = 80;

/** What values are: a byte a column. */
const V_BYTES: u8 = 0;
const V_UINT8: u8 = 1;
const V_INT16: u8 = 2;
const V_INT32: u8 = 3;
const V_INT64: u8 = 4;
const V_MONEY: u8 = 5;
/** Times, which have no sum, from here to V_DECIMAL: unsigned of 3, 4 and 5 bytes. */
const V_UINT24: u8 = 6;
const V_UINT32: u8 = 7;
const V_UINT40: u8 = 8;
const V_SMALLDATETIME: u8 = 9;
const V_DATETIME: u8 = 10;
/** A time of 3, 4 or 5 bytes before a date of 3; what is behind, an offset, has no part in the order. */
const V_DATETIME_24: u8 = 11;
const V_DATETIME_32: u8 = 12;
const V_DATETIME_40: u8 = 13;
const V_DECIMAL: u8 = 14;
const V_FLOAT: u8 = 15;
const V_REAL: u8 = 16;

let tallies: usize = 0;
let valueKinds: usize = 0;
/** Where each value is, row by row, 0 for NULL, GIVEN for one that the caller tallies. */
let places: usize = 0;
const GIVEN: u32 = 1;
/** Where a bitmap's size of bytes is kept. */
let saved: usize = 0;
/** Rows whose values are placed, and how many can be. */
let placed: i32 = 0;
let placedLimit: i32 = 0;
const PLACES: u32 = 8192;

function flush(): void {
  const rows = placed;
  placed = 0;
  if (rows == 0) return;
  for (let i = 0; i < columns; i++) tallyColumn(i, rows, places + (<usize>i << 2));
}

/** Tallies the value at `at`, its length before it as in a row; 0 for NULL. */
export function tallyOne(i: i32, at: usize): void {
  store<u32>(places, <u32>at);
  tallyColumn(i, 1, places);
}

/** What the multiplier of a value's words grows by; even, so that all multipliers are odd. */
const STEP: u64 = 0xc2b2ae3d27d4eb4e;

/** Ends the digest of a value: words that changed places with those of other values show. */
// @ts-ignore: decorator
@inline
function mixed(digest: u64, size: u64): u64 {
  digest = (digest ^ size) * P3;
  return digest ^ digest >> 32;
}

/** Sum of the value's words (8 bytes, the last filled up with zeros), each by an odd number that depends on its place. */
// @ts-ignore: decorator
@inline
function digestOf(p: usize, size: usize): u64 {
  const end = p + size;
  let digest: u64 = 0;
  let factor = P1;
  while (p + 8 <= end) {
    digest += load<u64>(p) * factor;
    factor += STEP;
    p += 8;
  }
  if (p < end) digest += (load<u64>(p) & (<u64>-1 >> <u64>(64 - (end - p << 3)))) * factor;
  return mixed(digest, <u64>size);
}

/** The value as a number that has its order. */
// @ts-ignore: decorator
@inline
function keyOf(kind: u8, p: usize): i64 {
  switch (kind) {
    case V_UINT8: return <i64>load<u8>(p);
    case V_INT16: return <i64>load<i16>(p);
    case V_INT32: return <i64>load<i32>(p);
    case V_INT64: return load<i64>(p);
    case V_MONEY: return <i64>load<i32>(p) << 32 | <i64>load<u32>(p, 4);
    case V_UINT24: return <i64>(load<u32>(p) & 0xffffff);
    case V_UINT32: return <i64>load<u32>(p);
    case V_UINT40: return load<i64>(p) & 0xffffffffff;
    case V_SMALLDATETIME: return <i64>load<u16>(p) << 16 | <i64>load<u16>(p, 2);
    case V_DATETIME: return <i64>load<i32>(p) << 32 | <i64>load<u32>(p, 4);
    case V_DATETIME_24: return <i64>(load<u32>(p, 3) & 0xffffff) << 40 | <i64>(load<u32>(p) & 0xffffff);
    case V_DATETIME_32: return <i64>(load<u32>(p, 4) & 0xffffff) << 40 | <i64>load<u32>(p);
    default: return <i64>(load<u32>(p, 5) & 0xffffff) << 40 | load<i64>(p) & 0xffffffffff;
  }
}

function tallyColumn(i: i32, rows: i32, place: usize): void {
  const kind = load<u8>(valueKinds + i);
  const tally = tallies + <usize>i * TALLY;
  const description = load<u32>(COLUMNS + (<usize>i << 2));
  const framing = description & 15;
  const stride = <usize>columns << 2;
  const end = place + <usize>rows * stride;
  let digest = load<u64>(tally, DIGEST);
  const before = load<u64>(tally, COUNT);
  let count = before;
  let others: u64 = 0;
  if (kind == V_BYTES) {
    let bytes = load<u64>(tally, BYTES);
    for (; place < end; place += stride) {
      let p = <usize>load<u32>(place);
      if (p <= <usize>GIVEN) {
        others += <u64>p;
        continue;
      }
      count += 1;
      let size: usize = 0;
      if (framing == SHORT_LENGTH) {
        size = <usize>load<u16>(p);
        p += 2;
      } else if (framing == BYTE_LENGTH) {
        size = <usize>load<u8>(p);
        p += 1;
      } else if (framing == TEXT_POINTER || framing == LENGTH_4) {
        size = <usize>load<u32>(p);
        p += 4;
      } else if (framing == LENGTH_8) {
        size = <usize>load<u64>(p);
        p += 8;
      } else if (framing == FIXED) {
        size = <usize>(description >> 8);
      } else {
        tallyPieces(p + 8, framing == XML ? markOf(p) : 0);
        bytes += valueSize;
        digest += mixed(valueDigest, valueSize);
        continue;
      }
      bytes += <u64>size;
      digest += digestOf(p, size);
    }
    store<u64>(tally, bytes, BYTES);
  } else if (kind == V_DECIMAL) {
    count += decimals(tally, description, place, end, stride);
  } else if (kind >= V_FLOAT) {
    const skip: usize = framing == FIXED ? 0 : 1;
    let least = load<f64>(tally, MIN_LOW);
    let greatest = load<f64>(tally, MAX_LOW);
    for (; place < end; place += stride) {
      const p = <usize>load<u32>(place);
      if (p == 0) continue;
      const value = kind == V_FLOAT ? load<f64>(p + skip) : <f64>load<f32>(p + skip);
      if (count == 0 || value < least) least = value;
      if (count == 0 || value > greatest) greatest = value;
      count += 1;
      digest += kind == V_FLOAT ? load<u64>(p + skip) : <u64>load<u32>(p + skip);
    }
    store<f64>(tally, least, MIN_LOW);
    store<f64>(tally, greatest, MAX_LOW);
  } else {
    const skip: usize = framing == FIXED ? 0 : 1;
    let least = before == 0 ? i64.MAX_VALUE : load<i64>(tally, MIN_LOW);
    let greatest = before == 0 ? i64.MIN_VALUE : load<i64>(tally, MAX_LOW);
    let low = load<u64>(tally, SUM_LOW);
    let high = load<u64>(tally, SUM_HIGH);
    for (; place < end; place += stride) {
      let p = <usize>load<u32>(place);
      if (p == 0) continue;
      p += skip;
      count += 1;
      const key = keyOf(kind, p);
      least = min<i64>(least, key);
      greatest = max<i64>(greatest, key);
      low += <u64>key;
      high += <u64>(key >> 63) + <u64>(low < <u64>key);
      if (kind < V_DATETIME_24) continue;
      // Of a datetimeoffset the offset is behind what has the order.
      const timeBytes: usize = 3 + <usize>(kind - V_DATETIME_24);
      if (<usize>load<u8>(p - 1) > timeBytes + 3) digest += <u64>load<u16>(p + timeBytes + 3) * P1;
    }
    if (kind >= V_UINT24) digest += low - load<u64>(tally, SUM_LOW);
    store<i64>(tally, least, MIN_LOW);
    store<i64>(tally, greatest, MAX_LOW);
    store<u64>(tally, low, SUM_LOW);
    store<u64>(tally, high, SUM_HIGH);
  }
  store<u64>(tally, digest, DIGEST);
  store<u64>(tally, count, COUNT);
  store<u64>(tally, load<u64>(tally, NULLS) + <u64>rows - others - (count - before), NULLS);
}

/** Sign, 1 for plus, and magnitude (MS-TDS 2.2.5.5.1.6). Sums have 192 bits: 38 digits take 127. @returns how many values */
function decimals(tally: usize, description: u32, place: usize, end: usize, stride: usize): u64 {
  const fixed = (description & 15) == FIXED;
  const before = load<u64>(tally, COUNT);
  let count = before;
  let sumLow = load<u64>(tally, SUM_LOW), sumHigh = load<u64>(tally, SUM_HIGH), sumTop = load<u64>(tally, SUM_TOP);
  let minLow = load<u64>(tally, MIN_LOW), maxLow = load<u64>(tally, MAX_LOW);
  let minHigh = load<i64>(tally, MIN_HIGH), maxHigh = load<i64>(tally, MAX_HIGH);
  for (; place < end; place += stride) {
    let p = <usize>load<u32>(place);
    if (p == 0) continue;
    const size = fixed ? <usize>(description >> 8) : <usize>load<u8>(p++);
    const magnitude = p + 1;
    let low = size == 5 ? <u64>load<u32>(magnitude) : load<u64>(magnitude);
    let high = size <= 9 ? <u64>0 : size == 13 ? <u64>load<u32>(magnitude, 8) : load<u64>(magnitude, 8);
    if (load<u8>(p) == 0) {
      low = 0 - low;
      high = ~high + <u64>(low == 0);
    }
    if (count == before && before == 0) {
      minLow = maxLow = low;
      minHigh = maxHigh = <i64>high;
    } else {
      if (<i64>high < minHigh || <i64>high == minHigh && low < minLow) {
        minLow = low;
        minHigh = <i64>high;
      }
      if (<i64>high > maxHigh || <i64>high == maxHigh && low > maxLow) {
        maxLow = low;
        maxHigh = <i64>high;
      }
    }
    count += 1;
    sumLow += low;
    const carry = <u64>(sumLow < low);
    const sum = sumHigh + high;
    sumTop += <u64>(<i64>high >> 63) + <u64>(sum < high);
    sumHigh = sum + carry;
    sumTop += <u64>(sumHigh < carry);
  }
  store<u64>(tally, sumLow, SUM_LOW);
  store<u64>(tally, sumHigh, SUM_HIGH);
  store<u64>(tally, sumTop, SUM_TOP);
  store<u64>(tally, minLow, MIN_LOW);
  store<i64>(tally, minHigh, MIN_HIGH);
  store<u64>(tally, maxLow, MAX_LOW);
  store<i64>(tally, maxHigh, MAX_HIGH);
  return count - before;
}

// A value that comes in pieces: its size, its digest so far, and bytes that are not a whole word yet.
let valueSize: u64 = 0;
let valueDigest: u64 = 0;
let factor: u64 = 0;
let word: u64 = 0;
let wordBits: u64 = 0;

/** Begins a value that the caller gives in pieces. */
export function beginValue(size: f64): void {
  valueSize = <u64>size;
  valueDigest = 0;
  factor = P1;
  word = 0;
  wordBits = 0;
}

export function valueBytes(p: usize, size: usize): void {
  const end = p + size;
  while (p < end && wordBits != 0) {
    word |= <u64>load<u8>(p++) << wordBits;
    wordBits += 8;
    if (wordBits == 64) endWord();
  }
  let digest = valueDigest;
  let by = factor;
  while (p + 8 <= end) {
    digest += load<u64>(p) * by;
    by += STEP;
    p += 8;
  }
  valueDigest = digest;
  factor = by;
  while (p < end) {
    word |= <u64>load<u8>(p++) << wordBits;
    wordBits += 8;
  }
}

/** Adds the value to the tally of its column. */
export function endValue(i: i32): void {
  if (wordBits != 0) endWord();
  const tally = tallies + <usize>i * TALLY;
  store<u64>(tally, load<u64>(tally, COUNT) + 1, COUNT);
  store<u64>(tally, load<u64>(tally, BYTES) + valueSize, BYTES);
  store<u64>(tally, load<u64>(tally, DIGEST) + mixed(valueDigest, valueSize), DIGEST);
}

function endWord(): void {
  valueDigest += word * factor;
  factor += STEP;
  word = 0;
  wordBits = 0;
}

/** @param p the first piece of a PLP value @param skip bytes of it that are not the value's */
function tallyPieces(p: usize, skip: usize): void {
  let size: u64 = 0;
  for (let at = p; ;) {
    const piece = <usize>load<u32>(at);
    if (piece == 0) break;
    size += <u64>piece;
    at += 4 + piece;
  }
  beginValue(<f64>(size - <u64>skip));
  for (;;) {
    const piece = <usize>load<u32>(p);
    p += 4;
    if (piece == 0) break;
    valueBytes(p + skip, piece - skip);
    p += piece;
    skip = 0;
  }
  if (wordBits != 0) endWord();
}
