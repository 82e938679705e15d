import type { Alterations } from '../../columns/column-type';
import { TWO_NOT_ASCII, utf16Text } from '../../text/utf8-text';

/** Strings in JSON (RFC 8259). */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX = Buffer.from('0123456789abcdef');
const SHORT = new Uint8Array(256);
for (const [byte, letter] of [[0x08, 'b'], [0x09, 't'], [0x0a, 'n'], [0x0c, 'f'], [0x0d, 'r'], [QUOTE, '"'], [BACKSLASH, '\\']] as const) {
  SHORT[byte] = letter.charCodeAt(0);
}
/** How many bytes an escape adds. */
const GROWTH = new Uint8Array(256);
for (let byte = 0; byte < 0x20; byte++) GROWTH[byte] = SHORT[byte] === 0 ? 5 : 1;
GROWTH[QUOTE] = GROWTH[BACKSLASH] = 1;
const NOT_PLAIN = GROWTH.slice();
NOT_PLAIN.fill(1, 0x80);

/** UTF-16 to a quoted JSON string. @param altered as of utf16Text */
export function jsonUtf16(v: DataView, p: number, n: number, out: Uint8Array, o: number, altered?: Alterations): number {
  const start = o;
  out[o++] = QUOTE;
  const end = p + n - 1;
  let i = p;
  for (; i < end - 2; i += 4) {
    const pair = v.getInt32(i, true);
    if ((pair & TWO_NOT_ASCII) !== 0 || (NOT_PLAIN[pair & 0x7f] | NOT_PLAIN[pair >> 16]) !== 0) break;
    out[o] = pair;
    out[o + 1] = pair >> 16;
    o += 2;
  }
  for (; i < end; i += 2) {
    const low = v.getUint8(i);
    if ((v.getUint8(i + 1) | NOT_PLAIN[low]) !== 0) break;
    out[o++] = low;
  }
  if (i < p + n) return escapeString(out, start, utf16Text(v, i, p + n - i, out, o, altered));
  out[o] = QUOTE;
  return o + 1;
}

/**
 * Makes the text at `out[start + 1..end)` a JSON string that begins at `start`.
 *
 * @returns position behind the closing quote
 */
export function escapeString(out: Uint8Array, start: number, end: number): number {
  out[start] = QUOTE;
  let growth = 0;
  for (let i = start + 1; i < end; i++) growth += GROWTH[out[i]];
  let to = end + growth;
  out[to] = QUOTE;
  const after = to + 1;
  for (let from = end - 1; to > from + 1; from--) {
    const byte = out[from];
    if (GROWTH[byte] === 0) {
      out[--to] = byte;
    } else if (SHORT[byte] !== 0) {
      out[--to] = SHORT[byte];
      out[--to] = BACKSLASH;
    } else {
      out[--to] = HEX[byte & 15];
      out[--to] = HEX[byte >> 4];
      out[--to] = 0x30;
      out[--to] = 0x30;
      out[--to] = 0x75;
      out[--to] = BACKSLASH;
    }
  }
  return after;
}
