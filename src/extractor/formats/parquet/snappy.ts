/**
 * Snappy's raw format, as Parquet pages have it: the length as a varint, then literals and copies.
 * Blocks of 64 KiB are compressed one by one with a hash table of four-byte sequences.
 */

const BLOCK = 0x10000;
const TABLE_BITS = 14;
const table = new Uint16Array(1 << TABLE_BITS);
/** A block's last bytes are literals: matches are looked for only where eight more bytes can be read. */
const MARGIN = 15;
let output = new Uint8Array(0);

/** @returns a view that is good until the next call */
export function snappyCompress(bytes: Uint8Array): Uint8Array {
  const bound = 32 + bytes.length + Math.floor(bytes.length / 6);
  if (output.length < bound) output = new Uint8Array(bound);
  let o = 0;
  let length = bytes.length;
  while (length >= 0x80) {
    output[o++] = length & 0x7f | 0x80;
    length = Math.floor(length / 0x80);
  }
  output[o++] = length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0; start < bytes.length; start += BLOCK) {
    o = compressBlock(bytes, view, start, Math.min(start + BLOCK, bytes.length), output, o);
  }
  return output.subarray(0, o);
}

function compressBlock(b: Uint8Array, v: DataView, start: number, end: number, out: Uint8Array, o: number): number {
  let literal = start;
  if (end - start >= MARGIN) {
    table.fill(0);
    const last = end - MARGIN;
    let p = start + 1;
    let misses = 32;
    while (p <= last) {
      const word = v.getInt32(p, true);
      const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - TABLE_BITS);
      const candidate = start + table[slot];
      table[slot] = p - start;
      if (v.getInt32(candidate, true) !== word || candidate >= p) {
        // Step faster through data that does not repeat.
        p += misses++ >> 5;
        continue;
      }
      misses = 32;
      if (literal < p) o = putLiteral(b, literal, p, out, o);
      let from = candidate + 4;
      const match = p;
      p += 4;
      while (p + 4 <= end && v.getInt32(p, true) === v.getInt32(from, true)) {
        p += 4;
        from += 4;
      }
      while (p < end && b[p] === b[from]) {
        p++;
        from++;
      }
      o = putCopy(out, o, match - candidate, p - match);
      literal = p;
      if (p <= last) table[Math.imul(v.getInt32(p - 1, true), 0x1e35a7bd) >>> (32 - TABLE_BITS)] = p - 1 - start;
    }
  }
  return literal < end ? putLiteral(b, literal, end, out, o) : o;
}

function putLiteral(b: Uint8Array, from: number, to: number, out: Uint8Array, o: number): number {
  const length = to - from - 1;
  if (length < 60) {
    out[o++] = length << 2;
  } else if (length < 0x100) {
    out[o++] = 60 << 2;
    out[o++] = length;
  } else {
    out[o++] = 61 << 2;
    out[o++] = length & 0xff;
    out[o++] = length >> 8;
  }
  if (to - from > 64) {
    out.set(b.subarray(from, to), o);
    return o + to - from;
  }
  while (from < to) out[o++] = b[from++];
  return o;
}

function putCopy(out: Uint8Array, o: number, offset: number, length: number): number {
  while (length >= 68) {
    o = putLongCopy(out, o, offset, 64);
    length -= 64;
  }
  if (length > 64) {
    o = putLongCopy(out, o, offset, 60);
    length -= 60;
  }
  if (length >= 12 || offset >= 2048) return putLongCopy(out, o, offset, length);
  out[o] = 1 | (length - 4) << 2 | offset >> 8 << 5;
  out[o + 1] = offset & 0xff;
  return o + 2;
}

function putLongCopy(out: Uint8Array, o: number, offset: number, length: number): number {
  out[o] = 2 | (length - 1) << 2;
  out[o + 1] = offset & 0xff;
  out[o + 2] = offset >> 8;
  return o + 3;
}
