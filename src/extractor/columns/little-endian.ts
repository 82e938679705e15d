/** Reads of unaligned little-endian numbers; small enough to be inlined into the generated row code. */

export function uint16(b: Uint8Array, p: number): number {
  return b[p] | (b[p + 1] << 8);
}

export function int16(b: Uint8Array, p: number): number {
  return (b[p] | (b[p + 1] << 8)) << 16 >> 16;
}

export function int32(b: Uint8Array, p: number): number {
  return b[p] | (b[p + 1] << 8) | (b[p + 2] << 16) | (b[p + 3] << 24);
}

export function uint32(b: Uint8Array, p: number): number {
  return (b[p] | (b[p + 1] << 8) | (b[p + 2] << 16) | (b[p + 3] << 24)) >>> 0;
}

export function uint24(b: Uint8Array, p: number): number {
  return b[p] | (b[p + 1] << 8) | (b[p + 2] << 16);
}

/** @param n 3, 4 or 5 bytes */
export function uint24to40(b: Uint8Array, p: number, n: number): number {
  if (n === 5) return uint32(b, p) + b[p + 4] * 0x100000000;
  return n === 4 ? uint32(b, p) : uint24(b, p);
}
