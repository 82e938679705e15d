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
/** The caller's; as the kind in bits 4 to 7 it is only looked for NULL. */
const CALLER: u32 = 15;

let columns: i32 = 0;
let scratch: usize = 0;

/** @param count of columns, whose kinds are at COLUMNS; `memory` is where rows may be put together */
export function configure(count: i32, memory: usize): void {
  columns = count;
  scratch = memory;
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
 * Hashes rows that lie one behind the other, tokens included; what is before each, down to a bitmap's size before the
 * first, may be written over.
 *
 * @returns where it stopped: at the end, or at a row that is not wholly there or is the caller's
 */
export function rows(start: usize, end: usize): usize {
  const bitmapBytes: usize = <usize>(columns + 7) >> 3;
  while (start < end) {
    const bitmap: usize = load<u8>(start) == NBCROW ? start + 1 : 0;
    const values = bitmap == 0 ? start + 1 : bitmap + bitmapBytes;
    let p = values;
    // Whether the row's bytes are not what is hashed.
    let rewrite = false;
    for (let i = 0; i < columns; i++) {
      if (p > end) return start;
      if (bitmap != 0 && (load<u8>(bitmap + (<usize>i >> 3)) >> (<u8>i & 7) & 1) != 0) continue;
      const column = load<u32>(COLUMNS + (<usize>i << 2));
      switch (column & 15) {
        case FIXED:
          p += <usize>(column >> 8);
          break;
        case BYTE_LENGTH: {
          const size = <usize>load<u8>(p);
          if (size == 0) rewrite = true;
          p += 1 + size;
          break;
        }
        case EXACT_LENGTH: {
          const size = <u32>load<u8>(p);
          if (size == 0) rewrite = true;
          else if (size != column >> 8) return start;
          p += 1 + <usize>size;
          break;
        }
        case SHORT_LENGTH: {
          const size = <usize>load<u16>(p);
          p += 2;
          if (size == 0xffff) rewrite = true;
          else p += size;
          break;
        }
        case TEXT_POINTER: {
          rewrite = true;
          const pointer = <usize>load<u8>(p);
          p += 1;
          if (pointer != 0) {
            p += pointer + 8;
            if (p + 4 > end) return start;
            p += 4 + <usize>load<u32>(p);
          }
          break;
        }
        case PLP: {
          rewrite = true;
          if (p + 8 > end) return start;
          if (isNullPlp(p)) {
            p += 8;
          } else {
            p = plpEnd(p, end);
            if (p == 0) return start;
          }
          break;
        }
        default: {
          // NULL of each framing: a length of 0, of 0xFFFF, of 0 in four bytes, an empty pointer, 0xFF in eight.
          rewrite = true;
          const framing = column >> 4 & 15;
          if (framing == SHORT_LENGTH) {
            if (load<u16>(p) != 0xffff) return start;
            p += 2;
          } else if (framing == PLP) {
            if (p + 8 > end || !isNullPlp(p)) return start;
            p += 8;
          } else if (framing == CALLER) {
            if (load<u32>(p) != 0) return start;
            p += 4;
          } else {
            if (load<u8>(p) != 0) return start;
            p += 1;
          }
        }
      }
    }
    if (p > end) return start;
    if (rewrite) {
      const size = rewritten(bitmap, values, bitmapBytes);
      hash(scratch, size);
    } else if (bitmap != 0) {
      hash(bitmap, p - bitmap);
    } else {
      // No NULL: the bitmap is zeros, written over the token and what is before it, which has been hashed.
      const first = values - bitmapBytes;
      memory.fill(first, 0, bitmapBytes);
      hash(first, p - first);
    }
    start = p;
  }
  return start;
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
      p += framing == SHORT_LENGTH ? 2 : framing == PLP ? 8 : framing == CALLER ? 4 : 1;
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
