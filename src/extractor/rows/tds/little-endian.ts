/**
 * Reads of unaligned little-endian numbers. A DataView reads them with one load where a byte array takes one a byte,
 * so rows are decoded through a view of the buffer.
 */

export function uint16(v: DataView, p: number): number {
  return v.getUint16(p, true);
}

export function int16(v: DataView, p: number): number {
  return v.getInt16(p, true);
}

export function int32(v: DataView, p: number): number {
  return v.getInt32(p, true);
}

export function uint32(v: DataView, p: number): number {
  return v.getUint32(p, true);
}

export function uint24(v: DataView, p: number): number {
  return v.getUint16(p, true) | v.getUint8(p + 2) << 16;
}

/** @param n 3, 4 or 5 bytes */
export function uint24to40(v: DataView, p: number, n: number): number {
  if (n === 5) return v.getUint32(p, true) + v.getUint8(p + 4) * 0x100000000;
  return n === 4 ? v.getUint32(p, true) : uint24(v, p);
}
