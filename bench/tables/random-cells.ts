/** Numbers from 0 to 1. */
export type Random = () => number;

/** Little-endian and not negative. */
export function int(size: number, value: number): Buffer {
  const out = Buffer.alloc(size);
  for (let i = 0, rest = Math.floor(value); i < size; i++) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return out;
}

export function float(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeDoubleLE(value);
  return out;
}

/** Always the same numbers for a seed (xorshift). */
export function generator(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x100000000;
  };
}
