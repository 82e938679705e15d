import { LARGE_UTF16, LARGE_UTF8, LARGE_VALUE, largeSingleByte, NOT_WRITTEN, writeLarge } from './kernel/large-value';
import type { Alterations } from '../columns/column-type';
import { NO_CHARACTER } from '../tds/code-page';
import { ValueError, WireError } from '../tds/value-error';

/** UTF-8 of character data; arguments as in number-text. The output needs room for 3 bytes a byte of code page, 1.5 a byte of UTF-16. */

/** Bits that are set in two code units where one is not ASCII. */
export const TWO_NOT_ASCII = 0xff80ff80 | 0;

/** @param altered counts lone surrogates, each of which becomes U+FFFD; without it one is refused */
export function utf16Text(v: DataView, p: number, n: number, out: Uint8Array, o: number, altered?: Alterations): number {
  if ((n & 1) !== 0) throw new WireError('UTF-16 text of an odd number of bytes');
  if (n >= LARGE_VALUE) {
    const after = writeLarge(LARGE_UTF16, v, p, n, out, o);
    if (after !== NOT_WRITTEN) return after;
  }
  const end = p + n;
  while (p < end) {
    // Two ASCII characters at a time, where there are two.
    while (p + 4 <= end) {
      const pair = v.getInt32(p, true);
      if ((pair & TWO_NOT_ASCII) !== 0) break;
      out[o] = pair;
      out[o + 1] = pair >> 16;
      o += 2;
      p += 4;
    }
    if (p >= end) break;
    const unit = v.getUint16(p, true);
    p += 2;
    if (unit < 0x80) {
      out[o++] = unit;
    } else if (unit < 0x800) {
      out[o] = 0xc0 | unit >> 6;
      out[o + 1] = 0x80 | unit & 0x3f;
      o += 2;
    } else if (unit < 0xd800 || unit > 0xdfff) {
      out[o] = 0xe0 | unit >> 12;
      out[o + 1] = 0x80 | unit >> 6 & 0x3f;
      out[o + 2] = 0x80 | unit & 0x3f;
      o += 3;
    } else {
      const trail = p < end ? v.getUint16(p, true) : 0;
      if (unit > 0xdbff || trail < 0xdc00 || trail > 0xdfff) {
        if (altered) {
          altered.replacedSurrogates += 1;
          out[o] = 0xef;
          out[o + 1] = 0xbf;
          out[o + 2] = 0xbd;
          o += 3;
          continue;
        }
        throw new ValueError(`a lone UTF-16 surrogate (0x${unit.toString(16).toUpperCase()}), which UTF-8 cannot hold`);
      }
      p += 2;
      const point = 0x10000 + ((unit - 0xd800) << 10) + (trail - 0xdc00);
      out[o] = 0xf0 | point >> 18;
      out[o + 1] = 0x80 | point >> 12 & 0x3f;
      out[o + 2] = 0x80 | point >> 6 & 0x3f;
      out[o + 3] = 0x80 | point & 0x3f;
      o += 4;
    }
  }
  return o;
}

/** The xml type: UTF-16 with an optional byte order mark, which is not part of the value. */
export function xmlText(v: DataView, p: number, n: number, out: Uint8Array, o: number, altered?: Alterations): number {
  const mark = n >= 2 && v.getUint8(p) === 0xff && v.getUint8(p + 1) === 0xfe ? 2 : 0;
  return utf16Text(v, p + mark, n - mark, out, o, altered);
}

/** @param units 256 code units of the code page */
export function singleByteText(v: DataView, p: number, n: number, out: Uint8Array, o: number, units: Uint16Array): number {
  if (n >= LARGE_VALUE) {
    const after = writeLarge(largeSingleByte(units), v, p, n, out, o);
    if (after !== NOT_WRITTEN) return after;
  }
  const end = p + n;
  for (; p < end; p++) {
    const byte = v.getUint8(p);
    if (byte < 0x80) out[o++] = byte;
    else o = putUnit(out, o, units[byte], byte);
  }
  return o;
}

/** @param units 65,536 code units @param leads 1 where a byte starts a pair */
export function doubleByteText(
  v: DataView, p: number, n: number, out: Uint8Array, o: number, units: Uint16Array, leads: Uint8Array,
): number {
  const end = p + n;
  while (p < end) {
    const byte = v.getUint8(p++);
    if (byte < 0x80) {
      out[o++] = byte;
    } else if (leads[byte] === 1 && p < end) {
      const pair = byte << 8 | v.getUint8(p++);
      o = putUnit(out, o, units[pair], pair);
    } else {
      o = putUnit(out, o, units[byte], byte);
    }
  }
  return o;
}

/** A code unit outside ASCII; code pages have none beyond the Basic Multilingual Plane. */
function putUnit(out: Uint8Array, o: number, unit: number, bytes: number): number {
  if (unit === NO_CHARACTER) throw new ValueError(`the byte sequence 0x${bytes.toString(16).toUpperCase()}, which its code page does not have`);
  if (unit < 0x80) {
    out[o] = unit;
    return o + 1;
  }
  if (unit < 0x800) {
    out[o] = 0xc0 | unit >> 6;
    out[o + 1] = 0x80 | unit & 0x3f;
    return o + 2;
  }
  out[o] = 0xe0 | unit >> 12;
  out[o + 1] = 0x80 | unit >> 6 & 0x3f;
  out[o + 2] = 0x80 | unit & 0x3f;
  return o + 3;
}

/** Copies UTF-8 after checking it: shortest forms only, no surrogates, nothing past U+10FFFF. */
export function utf8Text(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  if (n >= LARGE_VALUE) {
    const after = writeLarge(LARGE_UTF8, v, p, n, out, o);
    if (after !== NOT_WRITTEN) return after;
  }
  const end = p + n;
  while (p < end) {
    const lead = v.getUint8(p);
    if (lead < 0x80) {
      out[o++] = lead;
      p++;
      continue;
    }
    const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    const second = p + 1 < end ? v.getUint8(p + 1) : 0;
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    let valid = lead >= 0xc2 && lead <= 0xf4 && p + more < end && second >= low && second <= high;
    for (let i = 2; valid && i <= more; i++) valid = (v.getUint8(p + i) & 0xc0) === 0x80;
    if (!valid) throw new ValueError(`bytes that are not UTF-8 (0x${lead.toString(16).toUpperCase()})`);
    for (let i = 0; i <= more; i++) out[o++] = v.getUint8(p++);
  }
  return o;
}
