/**
 * Snappy's raw format, in AssemblyScript: literals and copies of blocks of up to 64 KiB, found by a hash table of four-byte
 * sequences. `node tools/build/kernels.js` compiles this into snappy-kernel.wasm.ts; where what lies in its memory is told in snappy.ts.
 */

const TABLE_BITS: u32 = 14;
/** 2^14 places of 16 bits, from the begin of the block. */
const TABLE: usize = 1024;
/** A block's last bytes are literals: matches are looked for only where eight more bytes can be read. */
const MARGIN: usize = 15;

// @ts-ignore: decorator
@inline
function slotOf(word: u32): usize { return TABLE + (<usize>(word * 0x1e35a7bd >>> (32 - TABLE_BITS)) << 1); }

/** Compresses the block at `start`. Up to eight bytes behind what is read and written may be touched. @returns position behind it */
export function compress(start: usize, end: usize, o: usize): usize {
  let literal = start;
  if (end - start >= MARGIN) {
    memory.fill(TABLE, 0, 2 << TABLE_BITS);
    const last = end - MARGIN;
    let p = start + 1;
    let misses: usize = 32;
    while (p <= last) {
      const word = load<u32>(p);
      const slot = slotOf(word);
      const candidate = start + <usize>load<u16>(slot);
      store<u16>(slot, <u16>(p - start));
      if (load<u32>(candidate) != word || candidate >= p) {
        // Step faster through data that does not repeat.
        p += misses++ >> 5;
        continue;
      }
      misses = 32;
      if (literal < p) o = putLiteral(literal, p, o);
      let from = candidate + 4;
      const match = p;
      p += 4;
      p += sameBytes(p, from, end);
      o = putCopy(o, <u32>(match - candidate), <u32>(p - match));
      literal = p;
      if (p <= last) store<u16>(slotOf(load<u32>(p - 1)), <u16>(p - 1 - start));
    }
  }
  return literal < end ? putLiteral(literal, end, o) : o;
}

/** How many bytes are the same at both places, up to `end`. */
// @ts-ignore: decorator
@inline
function sameBytes(p: usize, from: usize, end: usize): usize {
  const start = p;
  while (p + 8 <= end) {
    const difference = load<u64>(p) ^ load<u64>(from);
    if (difference != 0) return p - start + <usize>(ctz(difference) >> 3);
    p += 8;
    from += 8;
  }
  while (p < end && load<u8>(p) == load<u8>(from)) {
    p++;
    from++;
  }
  return p - start;
}

function putLiteral(from: usize, to: usize, o: usize): usize {
  const length = <u32>(to - from - 1);
  if (length < 60) {
    store<u8>(o, <u8>(length << 2));
    o += 1;
  } else if (length < 0x100) {
    store<u8>(o, 60 << 2);
    store<u8>(o, <u8>length, 1);
    o += 2;
  } else {
    store<u8>(o, 61 << 2);
    store<u16>(o, <u16>length, 1);
    o += 3;
  }
  const end = o + (to - from);
  if (length >= 256) {
    memory.copy(o, from, to - from);
    return end;
  }
  for (; o < end; o += 8, from += 8) store<u64>(o, load<u64>(from));
  return end;
}

function putCopy(o: usize, offset: u32, length: u32): usize {
  while (length >= 68) {
    o = putLongCopy(o, offset, 64);
    length -= 64;
  }
  if (length > 64) {
    o = putLongCopy(o, offset, 60);
    length -= 60;
  }
  if (length >= 12 || offset >= 2048) return putLongCopy(o, offset, length);
  store<u8>(o, <u8>(1 | length - 4 << 2 | offset >> 8 << 5));
  store<u8>(o, <u8>offset, 1);
  return o + 2;
}

// @ts-ignore: decorator
@inline
function putLongCopy(o: usize, offset: u32, length: u32): usize {
  store<u8>(o, <u8>(2 | length - 1 << 2));
  store<u16>(o, <u16>offset, 1);
  return o + 3;
}
