/** Writers of ASCII digits. Each takes the output and a position and returns the position behind what it wrote. */

const TENS = new Uint8Array(100);
const ONES = new Uint8Array(100);
for (let i = 0; i < 100; i++) {
  TENS[i] = 0x30 + Math.floor(i / 10);
  ONES[i] = 0x30 + (i % 10);
}

export const MINUS = 0x2d;
const POINT = 0x2e;

export function put2(out: Uint8Array, o: number, value: number): number {
  out[o] = TENS[value];
  out[o + 1] = ONES[value];
  return o + 2;
}

export function put4(out: Uint8Array, o: number, value: number): number {
  const high = (value / 100) | 0;
  const low = value - high * 100;
  out[o] = TENS[high];
  out[o + 1] = ONES[high];
  out[o + 2] = TENS[low];
  out[o + 3] = ONES[low];
  return o + 4;
}

/** @param value 0 to 2^31-1 @param width 0 to 9, with leading zeros */
export function putPadded(out: Uint8Array, o: number, value: number, width: number): number {
  let at = o + width;
  let left = value | 0;
  while (at - o >= 2) {
    const rest = (left / 100) | 0;
    const pair = (left - Math.imul(rest, 100)) | 0;
    at -= 2;
    out[at] = TENS[pair];
    out[at + 1] = ONES[pair];
    left = rest;
  }
  if (at > o) out[o] = 0x30 + left % 10;
  return o + width;
}

/** @param value 0 to 999,999,999 */
export function putUint30(out: Uint8Array, o: number, value: number): number {
  if (value < 10) {
    out[o] = 0x30 + value;
    return o + 1;
  }
  const width = value < 100 ? 2 : value < 1000 ? 3 : value < 10000 ? 4
    : value < 100000 ? 5 : value < 1000000 ? 6 : value < 10000000 ? 7 : value < 100000000 ? 8 : 9;
  return putPadded(out, o, value, width);
}

/** @param value a whole number from 0 to 2^53 */
export function putUint53(out: Uint8Array, o: number, value: number): number {
  if (value < 1e9) return putUint30(out, o, value);
  const high = Math.floor(value / 1e9);
  return putPadded(out, putUint30(out, o, high), value - high * 1e9, 9);
}

/** @param value -2^31 to 2^31-1 */
export function putInt32(out: Uint8Array, o: number, value: number): number {
  if (value < 0) {
    out[o++] = MINUS;
    return putUint53(out, o, -value);
  }
  return putUint53(out, o, value);
}

const scratch = new Uint8Array(48);

/**
 * A magnitude of up to 128 bits, given as four 32-bit limbs, with `scale` decimals.
 *
 * @returns position behind the text
 */
export function putLimbs(
  out: Uint8Array, o: number, scale: number, l0: number, l1: number, l2: number, l3: number,
): number {
  const digits = limbsToScratch(l0, l1, l2, l3, scale + 1);
  const first = scratch.length - digits;
  const point = scratch.length - scale;
  for (let i = first; i < point; i++) out[o++] = scratch[i];
  if (scale > 0) {
    out[o++] = POINT;
    for (let i = point; i < scratch.length; i++) out[o++] = scratch[i];
  }
  return o;
}

/** How many decimal digits a magnitude of up to 128 bits has; 0 for zero. */
export function countDigits(l0: number, l1: number, l2: number, l3: number): number {
  return limbsToScratch(l0, l1, l2, l3, 0);
}

/** Digits, right-aligned in scratch and at least `atLeast` of them; returns how many. */
function limbsToScratch(l0: number, l1: number, l2: number, l3: number, atLeast: number): number {
  let at = scratch.length;
  // Six digits a turn: the running remainder stays below 2^20, so each dividend is exact in a double.
  while (l3 !== 0 || l2 !== 0 || l1 !== 0 || l0 !== 0) {
    let rest = 0;
    let dividend = l3;
    l3 = Math.floor(dividend / 1e6);
    rest = dividend - l3 * 1e6;
    dividend = rest * 0x100000000 + l2;
    l2 = Math.floor(dividend / 1e6);
    rest = dividend - l2 * 1e6;
    dividend = rest * 0x100000000 + l1;
    l1 = Math.floor(dividend / 1e6);
    rest = dividend - l1 * 1e6;
    dividend = rest * 0x100000000 + l0;
    l0 = Math.floor(dividend / 1e6);
    rest = dividend - l0 * 1e6;
    at -= 6;
    putPadded(scratch, at, rest, 6);
  }
  while (at < scratch.length && scratch[at] === 0x30) at++;
  while (scratch.length - at < atLeast) scratch[--at] = 0x30;
  return scratch.length - at;
}
