/**
 * Rows as text, in AssemblyScript: text-values.as for whole rows of the types that most tables are made of. It never reports an
 * error: a row with a value that it cannot write, or must not, is left to the writers for one value, which are the reference.
 *
 * `node tools/build/kernels.js` compiles this into text-kernel.wasm.ts. The kernel allocates nothing; where what lies in its memory
 * is told in load-text-kernel.ts.
 */

import { CALLER, END, FULL, given, NBCROW, notTaken, ROW, stoppedAt, takeRow } from './row-framing';
import {
  BASE_64, base64, BYTES_TEXT, bytesText, copied, CSV, HEXADECIMAL, hexadecimal, JSON, mode, PLAIN, quote, special1, style, UTF16, utf16, value,
} from './text-values';

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

/** Writes values one behind the other. */
@final
class Writer {
  /** @returns position behind the text */
  // @ts-ignore: decorator
  @inline
  take(column: usize, p: usize, size: usize, isNull: bool, out: usize, limit: usize): usize {
    const prefixSize = <usize>load<u32>(column, PREFIX_SIZE);
    if (out + prefixSize + size * GROWTH + VALUE_ROOM > limit) return FULL;
    copied(out, <usize>load<u32>(column, PREFIX), prefixSize);
    let o = out + prefixSize;
    if (isNull) {
      if (mode == JSON) {
        store<u32>(o, 0x6c6c756e);
        o += 4;
      }
      return o;
    }
    const quoted = load<u32>(column, QUOTED);
    if (quoted != 0) store<u8>(o++, quote);
    o = value(column, p, size, o);
    if (o == 0) return CALLER;
    if (quoted != 0) store<u8>(o++, quote);
    return o;
  }
}

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
    p = takeRow<Writer>(p, end, bitmap, columns, descriptions, COLUMN, textEnd, limit);
    // Nothing of a row that is not whole may stay.
    if (p == 0) {
      why = notTaken;
      columnLeft = stoppedAt;
      break;
    }
    const o = given;
    store<u16>(o, <u16>rowEnd);
    textEnd = o + rowEndSize;
    done = p;
    rowCount += 1;
  }
  reason = <i32>why;
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

