import { BATCH_ROWS } from '../../columns/column-buffer';

/** RLE and bit-packing hybrid of Parquet (Encodings.md), for levels and dictionary indices. */

/**
 * Definition levels of an optional column in a version 1 data page: their length, then 0 for NULL and 1 for a value.
 *
 * @param valid bitmap in which a set bit is a value
 * @returns position behind them
 */
export function putLevels(out: Uint8Array, o: number, valid: Uint8Array, rows: number, nullCount: number): number {
  const start = o + 4;
  let end: number;
  if (nullCount === 0 || nullCount === rows) {
    end = putVarint(out, start, rows << 1);
    out[end++] = nullCount === 0 ? 1 : 0;
  } else {
    const bytes = (rows + 7) >> 3;
    end = putVarint(out, start, bytes << 1 | 1);
    out.set(valid.subarray(0, bytes), end);
    end += bytes;
    // Bits behind the last row pad the run.
    if ((rows & 7) !== 0) out[end - 1] &= (1 << (rows & 7)) - 1;
  }
  const length = end - start;
  out[o] = length;
  out[o + 1] = length >> 8;
  out[o + 2] = length >> 16;
  out[o + 3] = length >> 24;
  return end;
}

/** Most bytes {@link putLevels} writes. */
export const LEVEL_BYTES = 4 + 5 + BATCH_ROWS / 8;

/** Dictionary indices: the bit width, then one run. @returns position behind them */
export function putIndices(out: Uint8Array, o: number, indices: Int32Array, count: number, dictionarySize: number): number {
  const width = Math.max(1, 32 - Math.clz32(Math.max(0, dictionarySize - 1)));
  out[o++] = width;
  if (count === 0) return o;
  if (allEqual(indices, count)) {
    o = putVarint(out, o, count << 1);
    for (let bits = 0; bits < width; bits += 8) out[o++] = indices[0] >> bits;
    return o;
  }
  const groups = (count + 7) >> 3;
  o = putVarint(out, o, groups << 1 | 1);
  const end = o + groups * width;
  let word = 0;
  let filled = 0;
  for (let i = 0; i < count; i++) {
    word |= indices[i] << filled;
    filled += width;
    while (filled >= 8) {
      out[o++] = word;
      word >>>= 8;
      filled -= 8;
    }
  }
  if (filled > 0) out[o++] = word;
  while (o < end) out[o++] = 0;
  return o;
}

/** Most bytes {@link putIndices} writes: indices have 16 bits at most. */
export const INDEX_BYTES = 1 + 5 + 2 * BATCH_ROWS + 16;

function allEqual(indices: Int32Array, count: number): boolean {
  const first = indices[0];
  for (let i = 1; i < count; i++) if (indices[i] !== first) return false;
  return true;
}

function putVarint(out: Uint8Array, o: number, value: number): number {
  while (value >= 0x80) {
    out[o++] = value & 0x7f | 0x80;
    value >>>= 7;
  }
  out[o++] = value;
  return o;
}
