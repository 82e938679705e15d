import type { Alterations } from '../../columns/column-type';
import { singleByteText, TWO_NOT_ASCII, utf16Text } from '../../text/utf8-text';

/** Quoting of free text in CSV (RFC 4180). */

/** Where the classes of bytes hold the quote itself. */
const QUOTE_AT = 256;

/** For each byte 1 where it forces quotes (quote, delimiter, CR, LF) or is not ASCII; behind them the quote. */
export function csvClasses(delimiter: number, quote: number): { readonly ascii: Uint8Array; readonly quoting: Uint8Array } {
  const quoting = new Uint8Array(QUOTE_AT + 1);
  for (const byte of [quote, delimiter, 0x0d, 0x0a]) quoting[byte] = 1;
  quoting[QUOTE_AT] = quote;
  const ascii = quoting.slice();
  ascii.fill(1, 0x80, QUOTE_AT);
  return { ascii, quoting };
}

/** UTF-16 to a field: plain ASCII in one pass, anything else converted first and quoted where it must be. */
export function csvUtf16(
  v: DataView, p: number, n: number, out: Uint8Array, o: number, ascii: Uint8Array, quoting: Uint8Array, nullText: Uint8Array,
  altered?: Alterations,
): number {
  const start = o;
  const end = p + n - 1;
  let i = p;
  for (; i < end - 2; i += 4) {
    const pair = v.getInt32(i, true);
    if ((pair & TWO_NOT_ASCII) !== 0 || (ascii[pair & 0x7f] | ascii[pair >> 16]) !== 0) break;
    out[o] = pair;
    out[o + 1] = pair >> 16;
    o += 2;
  }
  for (; i < end; i += 2) {
    const low = v.getUint8(i);
    if ((v.getUint8(i + 1) | ascii[low]) !== 0) return quoteField(out, start, utf16Text(v, i, p + n - i, out, o, altered), quoting, nullText);
    out[o++] = low;
  }
  if ((n & 1) !== 0) utf16Text(v, p, n, out, start);
  if (o === start || (nullText.length !== 0 && equals(out, start, o, nullText))) return quoteField(out, start, o, quoting, nullText);
  return o;
}

/** The same for text in a code page of single bytes. */
export function csvSingleByte(
  v: DataView, p: number, n: number, out: Uint8Array, o: number, units: Uint16Array,
  ascii: Uint8Array, quoting: Uint8Array, nullText: Uint8Array,
): number {
  const start = o;
  const end = p + n;
  for (let i = p; i < end; i++) {
    const byte = v.getUint8(i);
    if (ascii[byte] !== 0) return quoteField(out, start, singleByteText(v, i, end - i, out, o, units), quoting, nullText);
    out[o++] = byte;
  }
  if (o === start || (nullText.length !== 0 && equals(out, start, o, nullText))) return quoteField(out, start, o, quoting, nullText);
  return o;
}

/**
 * Makes the text at `out[start..end)` a field: quoted when it is empty, has a special byte or reads as NULL.
 *
 * @returns position behind the field
 */
export function quoteField(out: Uint8Array, start: number, end: number, quoting: Uint8Array, nullText: Uint8Array): number {
  const quote = quoting[QUOTE_AT];
  let special = end === start;
  let quotes = 0;
  for (let i = start; i < end; i++) {
    const byte = out[i];
    if (quoting[byte] !== 0) {
      special = true;
      if (byte === quote) quotes++;
    }
  }
  if (!special && !(nullText.length !== 0 && equals(out, start, end, nullText))) return end;
  const after = end + quotes + 2;
  let to = after - 1;
  out[to] = quote;
  if (quotes === 0) {
    out.copyWithin(start + 1, start, end);
  } else {
    for (let from = end - 1; from >= start; from--) {
      const byte = out[from];
      out[--to] = byte;
      if (byte === quote) out[--to] = quote;
    }
  }
  out[start] = quote;
  return after;
}

function equals(out: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (out[start + i] !== text[i]) return false;
  return true;
}
