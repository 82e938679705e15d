/** The hybrid of runs and packed bits that levels and dictionary indices are written in (Parquet, Encodings.md, "RLE"). */

/** Bits of an index: more than 24 would be a dictionary of 16 million values. */
const MAX_WIDTH = 24;

/**
 * Reads numbers.
 *
 * @param end of the bytes that they are in
 * @throws RangeError when they end before that
 */
export function readHybrid(bytes: Uint8Array, from: number, end: number, width: number, out: Uint8Array | Uint32Array, count: number): void {
  if (width > MAX_WIDTH) throw new RangeError(`${width} bits a number, more than ${MAX_WIDTH}`);
  let at = from;
  for (let done = 0; done < count;) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end || shift > 28) throw new RangeError(`${done} numbers of ${count}`);
      const byte = bytes[at++];
      header |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const isPacked = (header & 1) === 1;
    const many = isPacked ? (header >>> 1) * 8 : header >>> 1;
    const taken = Math.min(many, count - done);
    const length = isPacked ? Math.ceil(taken * width / 8) : (width + 7) >> 3;
    if (at + length > end) throw new RangeError(`${done} numbers of ${count}`);
    if (isPacked) unpack(bytes, at, width, out, done, taken);
    else out.fill(littleEndian(bytes, at, length), done, done + taken);
    at += isPacked ? (header >>> 1) * width : length;
    done += taken;
  }
}

function unpack(bytes: Uint8Array, from: number, width: number, out: Uint8Array | Uint32Array, to: number, count: number): void {
  const mask = (1 << width) - 1;
  let at = from;
  let word = 0;
  let filled = 0;
  for (let i = to; i < to + count; i++) {
    while (filled < width) {
      word |= bytes[at++] << filled;
      filled += 8;
    }
    out[i] = word & mask;
    word >>>= width;
    filled -= width;
  }
}

function littleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value |= bytes[at + i] << 8 * i;
  return value;
}

/** Definition levels of a data page of version 1: their length, then 0 for NULL and 1 for a value. @param valid a byte each of the rows */
export function levelsOf(valid: Uint8Array | undefined, rows: number): Uint8Array {
  const body = valid ? packed(valid, rows, 1) : [...varint(rows << 1), 1];
  const out = new Uint8Array(4 + body.length);
  new DataView(out.buffer).setUint32(0, body.length, true);
  out.set(body, 4);
  return out;
}

/** Dictionary indices: the bits of one, then all of them. */
export function indicesOf(indices: Uint32Array, count: number, dictionarySize: number): Uint8Array {
  const width = Math.max(1, 32 - Math.clz32(Math.max(0, dictionarySize - 1)));
  if (count === 0) return Uint8Array.of(width);
  const [first] = indices;
  let same = true;
  for (let i = 1; same && i < count; i++) same = indices[i] === first;
  if (!same) return withWidth(width, packed(indices, count, width));
  const run = varint(count << 1);
  for (let bits = 0; bits < width; bits += 8) run.push(first >>> bits & 0xff);
  return withWidth(width, Uint8Array.from(run));
}

function withWidth(width: number, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(1 + body.length);
  out[0] = width;
  out.set(body, 1);
  return out;
}

/** Numbers that are 0 or 1, a bit each. */
export function packedBits(numbers: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array((count + 7) >> 3);
  for (let i = 0; i < count; i++) out[i >> 3] |= numbers[i] << (i & 7);
  return out;
}

/** One run of packed bits, filled up with zeros to a multiple of 8 numbers. */
function packed(numbers: Uint8Array | Uint32Array, count: number, width: number): Uint8Array {
  const groups = (count + 7) >> 3;
  const header = varint(groups << 1 | 1);
  const out = new Uint8Array(header.length + groups * width);
  out.set(header);
  let at = header.length;
  let word = 0;
  let filled = 0;
  for (let i = 0; i < count; i++) {
    word |= numbers[i] << filled;
    filled += width;
    while (filled >= 8) {
      out[at++] = word;
      word >>>= 8;
      filled -= 8;
    }
  }
  if (filled > 0) out[at] = word;
  return out;
}

function varint(value: number): number[] {
  const bytes = [];
  for (; value >= 0x80; value >>>= 7) bytes.push(value & 0x7f | 0x80);
  return [...bytes, value];
}
