import { LARGE_UTF16, LARGE_UTF8, LARGE_VALUE, largeSingleByte, NOT_WRITTEN, writeLarge } from './kernel/large-value';
import type { Alterations } from '../columns/column-type';
import { FIRST_TRAIL, NO_CHARACTER } from '../tds/code-page';
import { ValueError, WireError } from '../tds/value-error';

/**
 * UTF-8 of character data; arguments as in number-text. The output needs room for 3 bytes a byte of code page or UTF-8 (of which
 * U+FFFD is the longest replacement), 1.5 a byte of UTF-16.
 */

/** Bits that are set in two code units where one is not ASCII. */
export const TWO_NOT_ASCII = 0xff80ff80 | 0;

/** What lands for what is no character. */
const REPLACEMENT = 0xfffd;
const REPLACED_BY = '; the option invalidText: replace lands U+FFFD for it';

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
          o = putUnit(out, o, REPLACEMENT);
          continue;
        }
        throw new ValueError(`a lone UTF-16 surrogate (0x${unit.toString(16).toUpperCase()}), which UTF-8 cannot hold${REPLACED_BY}`);
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
    else o = putUnit(out, o, units[byte]);
  }
  return o;
}

/**
 * @param units 65,536 code units @param leads 1 where a byte starts a pair
 * @param altered counts bytes, or pairs, without a character, each of which becomes U+FFFD; without it they are refused
 */
export function doubleByteText(
  v: DataView, p: number, n: number, out: Uint8Array, o: number, units: Uint16Array, leads: Uint8Array, altered?: Alterations,
): number {
  const end = p + n;
  while (p < end) {
    const byte = v.getUint8(p++);
    if (byte < 0x80) {
      out[o++] = byte;
    } else {
      // What cannot be a trail byte is a character of its own.
      const isPair = leads[byte] === 1 && p < end && v.getUint8(p) >= FIRST_TRAIL;
      const code = isPair ? byte << 8 | v.getUint8(p++) : byte;
      if (units[code] === NO_CHARACTER) {
        if (!altered) throw new ValueError(`the byte sequence 0x${code.toString(16).toUpperCase()}, which its code page does not have${REPLACED_BY}`);
        altered.replacedSequences += 1;
      }
      o = putUnit(out, o, units[code]);
    }
  }
  return o;
}

/** A code unit; code pages have none beyond the Basic Multilingual Plane. */
function putUnit(out: Uint8Array, o: number, unit: number): number {
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

/**
 * Copies UTF-8 after checking it: shortest forms only, no surrogates, nothing past U+10FFFF.
 *
 * @param altered counts what is not UTF-8, each maximal subpart of which becomes U+FFFD (The Unicode Standard 3.9, as SQL Server
 * does it itself where it converts the column); without it such bytes are refused
 */
export function utf8Text(v: DataView, p: number, n: number, out: Uint8Array, o: number, altered?: Alterations): number {
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
    const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    const good = lead < 0xc2 || lead > 0xf4 ? 0 : goodBytes(v, p, Math.min(size, end - p), lead);
    if (good === size) {
      for (let i = 0; i < size; i++) out[o++] = v.getUint8(p++);
      continue;
    }
    if (!altered) throw new ValueError(`bytes that are not UTF-8 (0x${hexOf(v, p, Math.min(good + 1, end - p))})${REPLACED_BY}`);
    altered.replacedSequences += 1;
    o = putUnit(out, o, REPLACEMENT);
    p += Math.max(good, 1);
  }
  return o;
}

/** How many of up to `most` bytes can begin a character of UTF-8 with that lead byte. */
function goodBytes(v: DataView, p: number, most: number, lead: number): number {
  if (most < 2) return most;
  const second = v.getUint8(p + 1);
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const greatest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > greatest) return 1;
  let good = 2;
  while (good < most && (v.getUint8(p + good) & 0xc0) === 0x80) good++;
  return good;
}

function hexOf(v: DataView, p: number, n: number): string {
  return Buffer.from(v.buffer, v.byteOffset + p, n).toString('hex').toUpperCase();
}
