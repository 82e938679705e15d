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
/** As BYTE_LENGTH, but a value of another length than the size is the caller's. */
const EXACT_LENGTH: u32 = 5;
/** Of rows that are put together already, as they are hashed: four and eight bytes of length before the value. */
const LENGTH_4: u32 = 6;
const LENGTH_8: u32 = 7;
/** The caller's; as the kind in bits 4 to 7 it is only looked for NULL. */
const CALLER: u32 = 15;

/** Most columns of a result. */
const MAX_COLUMNS: usize = 4096;

let columns: i32 = 0;
let scratch: usize = 0;

/**
 * @param count of columns, whose kinds are at COLUMNS
 * @param memory where rows may be put together
 * @param tallied where tallies are kept, behind it the columns' kinds of value, behind them the places of values
 */
export function configure(count: i32, memory: usize, tallied: usize): void {
  columns = count;
  scratch = memory;
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

/**
 * Hashes and tallies rows that lie one behind the other, tokens included; a bitmap's size of bytes before the first may be
 * written over.
 *
 * @returns where it stopped: at the end, or at a row that is not wholly there or is the caller's
 */
export function rows(start: usize, end: usize): usize {
  const bitmapBytes: usize = <usize>(columns + 7) >> 3;
  while (start < end) {
    const bitmap: usize = load<u8>(start) == NBCROW ? start + 1 : 0;
    const values = bitmap == 0 ? start + 1 : bitmap + bitmapBytes;
    let p = values;
    let place = places + <usize>(placed * columns << 2);
    // Whether the row's bytes are not what is hashed.
    let rewrite = false;
    for (let i = 0; i < columns; i++, place += 4) {
      if (p > end) return stopped(start);
      if (bitmap != 0 && (load<u8>(bitmap + (<usize>i >> 3)) >> (<u8>i & 7) & 1) != 0) {
        store<u32>(place, 0);
        continue;
      }
      store<u32>(place, <u32>p);
      const column = load<u32>(COLUMNS + (<usize>i << 2));
      switch (column & 15) {
        case FIXED:
          p += <usize>(column >> 8);
          break;
        case BYTE_LENGTH: {
          const size = <usize>load<u8>(p);
          if (size == 0) {
            rewrite = true;
            store<u32>(place, 0);
          }
          p += 1 + size;
          break;
        }
        case EXACT_LENGTH: {
          const size = <u32>load<u8>(p);
          if (size == 0) {
            rewrite = true;
            store<u32>(place, 0);
          } else if (size != column >> 8) {
            return stopped(start);
          }
          p += 1 + <usize>size;
          break;
        }
        case SHORT_LENGTH: {
          const size = <usize>load<u16>(p);
          p += 2;
          if (size == 0xffff) {
            rewrite = true;
            store<u32>(place, 0);
          } else {
            p += size;
          }
          break;
        }
        case TEXT_POINTER: {
          rewrite = true;
          const pointer = <usize>load<u8>(p);
          p += 1;
          if (pointer == 0) {
            store<u32>(place, 0);
          } else {
            p += pointer + 8;
            if (p + 4 > end) return stopped(start);
            store<u32>(place, <u32>p);
            p += 4 + <usize>load<u32>(p);
          }
          break;
        }
        case PLP: {
          rewrite = true;
          if (p + 8 > end) return stopped(start);
          if (isNullPlp(p)) {
            store<u32>(place, 0);
            p += 8;
          } else {
            p = plpEnd(p, end);
            if (p == 0) return stopped(start);
          }
          break;
        }
        case LENGTH_4: {
          if (p + 4 > end) return stopped(start);
          const size = <usize>load<u32>(p);
          p += 4;
          if (size > end - p) return stopped(start);
          p += size;
          break;
        }
        case LENGTH_8: {
          if (p + 8 > end) return stopped(start);
          const size = load<u64>(p);
          p += 8;
          if (size > <u64>(end - p)) return stopped(start);
          p += <usize>size;
          break;
        }
        default: {
          // NULL of each framing: no bytes, a length of 0, of 0xFFFF, of 0 in four bytes, an empty pointer, 0xFF in eight.
          rewrite = true;
          store<u32>(place, 0);
          const framing = column >> 4 & 15;
          if (framing == FIXED) {
            // The type that has no value takes none.
          } else if (framing == SHORT_LENGTH) {
            if (load<u16>(p) != 0xffff) return stopped(start);
            p += 2;
          } else if (framing == PLP) {
            if (p + 8 > end || !isNullPlp(p)) return stopped(start);
            p += 8;
          } else if (framing == CALLER) {
            if (load<u32>(p) != 0) return stopped(start);
            p += 4;
          } else {
            if (load<u8>(p) != 0) return stopped(start);
            p += 1;
          }
        }
      }
    }
    if (p > end) return stopped(start);
    if (rewrite) {
      const size = rewritten(bitmap, values, bitmapBytes);
      hash(scratch, size);
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

/** Puts the row together in the scratch memory. @returns its size */
function rewritten(bitmap: usize, p: usize, bitmapBytes: usize): usize {
  if (bitmap != 0) memory.copy(scratch, bitmap, bitmapBytes);
  else memory.fill(scratch, 0, bitmapBytes);
  let to = scratch + bitmapBytes;
  for (let i = 0; i < columns; i++) {
    const at = scratch + (<usize>i >> 3);
    const bit: u8 = 1 << (<u8>i & 7);
    if (bitmap != 0 && (load<u8>(at) & bit) != 0) continue;
    const column = load<u32>(COLUMNS + (<usize>i << 2));
    const kind = column & 15;
    let from = p;
    let size: usize = 0;
    let isNull = false;
    if (kind == FIXED) {
      size = <usize>(column >> 8);
      p += size;
    } else if (kind == BYTE_LENGTH || kind == EXACT_LENGTH) {
      size = 1 + <usize>load<u8>(p);
      isNull = size == 1;
      p += size;
    } else if (kind == SHORT_LENGTH) {
      const length = <usize>load<u16>(p);
      isNull = length == 0xffff;
      size = 2 + length;
      p += isNull ? 2 : size;
    } else if (kind == TEXT_POINTER) {
      const pointer = <usize>load<u8>(p);
      isNull = pointer == 0;
      p += 1;
      if (!isNull) {
        from = p + pointer + 8;
        size = 4 + <usize>load<u32>(from);
        p = from + size;
      }
    } else if (kind == PLP) {
      if (isNullPlp(p)) {
        isNull = true;
        p += 8;
      } else {
        const total = to;
        p += 8;
        to += 8;
        for (;;) {
          const length = <usize>load<u32>(p);
          p += 4;
          if (length == 0) break;
          memory.copy(to, p, length);
          to += length;
          p += length;
        }
        store<u64>(total, <u64>(to - total - 8));
        continue;
      }
    } else {
      const framing = column >> 4 & 15;
      isNull = true;
      p += framing == FIXED ? 0 : framing == SHORT_LENGTH ? 2 : framing == PLP ? 8 : framing == CALLER ? 4 : 1;
    }
    if (isNull) {
      store<u8>(at, load<u8>(at) | bit);
    } else {
      memory.copy(to, from, size);
      to += size;
    }
  }
  return to - scratch;
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
/** Where each value is, row by row, 0 for NULL. */
let places: usize = 0;
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
  if (kind == V_BYTES) {
    let bytes = load<u64>(tally, BYTES);
    for (; place < end; place += stride) {
      let p = <usize>load<u32>(place);
      if (p == 0) continue;
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
        tallyPieces(p + 8);
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
  store<u64>(tally, load<u64>(tally, NULLS) + <u64>rows - (count - before), NULLS);
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

/** @param p the first piece of a PLP value */
function tallyPieces(p: usize): void {
  let size: u64 = 0;
  for (let at = p; ;) {
    const piece = <usize>load<u32>(at);
    if (piece == 0) break;
    size += <u64>piece;
    at += 4 + piece;
  }
  beginValue(<f64>size);
  for (;;) {
    const piece = <usize>load<u32>(p);
    p += 4;
    if (piece == 0) break;
    valueBytes(p, piece);
    p += piece;
  }
  if (wordBits != 0) endWord();
}
