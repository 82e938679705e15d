/**
 * Rows as text, in AssemblyScript: text-values.as for whole rows of the types that most tables are made of. It never reports an
 * error: a row with a value that it cannot write, or must not, is left to the writers for one value, which are the reference.
 *
 * `node tools/build/kernels.js` compiles this into text-kernel.wasm.ts. The kernel allocates nothing; where what lies in its memory
 * is told in load-text-kernel.ts.
 */

import {
  BASE_64, base64, BYTE_LENGTH, BYTES_TEXT, bytesText, copied, CSV, FIXED, FRAMING, HEXADECIMAL, hexadecimal, join, joinedSize, JSON,
  mode, PLAIN,
  PLP_NULL, PLP_UNKNOWN, quote, SHORT_LENGTH, SIZE, special1, style, TEXT_POINTER, UTF16, utf16, value,
} from './text-values';

const ROW: u8 = 0xd1;
const NBCROW: u8 = 0xd2;

// Columns: 24 bytes each.

const COLUMN: usize = 24;
/** What comes before the value: where it is and its length. */
const PREFIX: usize = 8;
const PREFIX_SIZE: usize = 12;
/** Whether the value stands between quotes although it is not text. */
const QUOTED: usize = 20;

let columns: i32 = 0;
let descriptions: usize = 0;
/** What ends a row: its bytes and how many. */
let rowEnd: u32 = 0;
let rowEndSize: u32 = 0;

/** Most bytes of a value that is not text, with quotes. */
const VALUE_ROOM: usize = 64;
/** Most bytes that a byte of text on the wire becomes: \u001F. */
const GROWTH: usize = 6;

export function configure(count: i32, at: usize): void {
  columns = count;
  descriptions = at;
}

/** Text as it is; the quote and the delimiter are no ASCII. */
export function plain(): void { style(PLAIN, 0x80, 0x80, 0); }

export function csv(delimiterByte: u8, quoteByte: u8): void {
  style(CSV, delimiterByte, quoteByte, 0x0e);
  rowEnd = 0x0a;
  rowEndSize = 1;
  special1(0x0a);
  special1(0x0d);
}

export function json(): void {
  style(JSON, 0x5c, 0x22, 0x20);
  rowEnd = 0x0a7d;
  rowEndSize = 2;
  for (let byte: u8 = 0; byte < 0x20; byte++) special1(byte);
}

/** After {@link rows}: position behind the text, how many rows there are of it, and why it stopped. */
let textEnd: usize = 0;
let rowCount: i32 = 0;
let reason: i32 = 0;
export function outEnd(): usize { return textEnd; }
export function rowsDone(): i32 { return rowCount; }
export function stopReason(): i32 { return reason; }
/** Column at which it left the row to the caller. */
let columnLeft: i32 = 0;
export function stopColumn(): i32 { return columnLeft; }

/** All bytes are done, or the last row is not wholly there. */
const END: i32 = 0;
/** The next row is not for the kernel, or is no row. */
const CALLER: i32 = 1;
/** There is no room for the next row. */
const FULL: i32 = 2;

/**
 * Writes the rows that lie one behind the other from `p` on to `out`.
 *
 * @returns position behind the last row that was written
 */
export function rows(p: usize, end: usize, out: usize, limit: usize): usize {
  const bitmapBytes: usize = <usize>(columns + 7) >> 3;
  rowCount = 0;
  let done = p;
  textEnd = out;
  let why = END;
  while (p < end) {
    let o = textEnd;
    const token = load<u8>(p);
    p += 1;
    let bitmap: usize = 0;
    if (token == NBCROW) {
      bitmap = p;
      p += bitmapBytes;
    } else if (token != ROW) {
      why = CALLER;
      break;
    }
    let column = descriptions;
    let i: i32 = 0;
    for (; i < columns; i++, column += COLUMN) {
      const prefixSize = <usize>load<u32>(column, PREFIX_SIZE);
      let size: usize = 0;
      let isNull = bitmap != 0 && (load<u8>(bitmap + (<usize>i >> 3)) >> (<u8>i & 7) & 1) != 0;
      // Bytes behind the value that are its framing.
      let behind: usize = 0;
      if (!isNull) {
        if (p >= end) break;
        const framing = load<u8>(column, FRAMING);
        if (framing == BYTE_LENGTH) {
          size = <usize>load<u8>(p);
          p += 1;
          isNull = size == 0;
        } else if (framing == FIXED) {
          size = <usize>load<u32>(column, SIZE);
        } else if (framing == SHORT_LENGTH) {
          size = <usize>load<u16>(p);
          p += 2;
          isNull = size == 0xffff;
          if (isNull) size = 0;
        } else if (framing == TEXT_POINTER) {
          size = <usize>load<u8>(p);
          p += 1;
          isNull = size == 0;
          if (!isNull) {
            p += size + 8;
            size = <usize>load<u32>(p);
            p += 4;
          }
        } else {
          const total = load<u64>(p);
          p += 8;
          isNull = total == PLP_NULL;
          if (!isNull) {
            size = <usize>load<u32>(p);
            p += 4;
            if (size != 0) {
              behind = 4;
              if (p <= end && size < end - p && size + 4 <= end - p && load<u32>(p + size) != 0) {
                const joined = join(p, size, end);
                if (joined == 0) break;
                behind = joined - p - joinedSize;
                size = joinedSize;
              }
            }
            // Not of the size it was announced with.
            if (p <= end && size <= end - p && total != <u64>size && total != PLP_UNKNOWN && size + behind <= end - p) {
              why = CALLER;
              break;
            }
          }
        }
      }
      if (size > <usize>load<u32>(column, SIZE)) {
        why = CALLER;
        break;
      }
      // A size that overflows is greater too.
      if (p > end || size > end - p || size + behind > end - p) break;
      if (o + prefixSize + size * GROWTH + VALUE_ROOM > limit) {
        why = FULL;
        break;
      }
      const prefix = <usize>load<u32>(column, PREFIX);
      copied(o, prefix, prefixSize);
      o += prefixSize;
      if (isNull) {
        if (mode == JSON) {
          store<u32>(o, 0x6c6c756e);
          o += 4;
        }
        continue;
      }
      const quoted = load<u32>(column, QUOTED);
      if (quoted != 0) store<u8>(o++, quote);
      o = value(column, p, size, o);
      if (o == 0) {
        why = CALLER;
        break;
      }
      if (quoted != 0) store<u8>(o++, quote);
      p += size + behind;
    }
    // Nothing of a row that is not whole may stay.
    if (i < columns || p > end) {
      columnLeft = i;
      break;
    }
    store<u16>(o, <u16>rowEnd);
    textEnd = o + rowEndSize;
    done = p;
    rowCount += 1;
  }
  reason = why;
  return done;
}

/**
 * Writes a piece of one value of which the caller makes the rest: of text without the quotes around it, of base64 three bytes
 * or a multiple.
 *
 * @returns 0 where it is the caller's, {@link TO_QUOTE}, or position behind it
 */
export function piece(kind: u8, p: usize, end: usize, out: usize, charset: usize, inQuotes: bool): usize {
  switch (kind) {
    case UTF16: return utf16(out, p, end, inQuotes);
    case BYTES_TEXT: return bytesText(out, p, end, charset, inQuotes);
    case HEXADECIMAL: return hexadecimal(out, p, end - p);
    case BASE_64: return base64(out, p, end - p);
    default: return 0;
  }
}

