/**
 * Rows into column buffers, in AssemblyScript: what column-code.ts and the buffers in columns/ do for one value, for whole rows.
 * It never reports an error: a row with a value that it cannot take, or must not, is taken back and left to that code, which is the
 * reference.
 *
 * `node tools/build/kernels.js` compiles this into parquet-kernel.wasm.ts. Each encoder has an instance of its own, whose memory
 * kernel-memory.ts lays out.
 */

import { CALLER, END, FULL, LONG, NBCROW, notTaken, ROW, stoppedAt, takeRow } from '../../../text/kernel/row-framing';
import {
  BYTES_TEXT, bytesText, CHARSET, DATE, DATETIME, DATETIME2, DATETIMEOFFSET, DAY_SECONDS, dayAt, FROM_1753, FROM_1900, KIND, LAST_DAY, PLAIN,
  PRECISION, SCALE, SMALLDATETIME, style, TENS, ticksAt, timeBytes, UTF16, utf16, value, XML,
} from '../../../text/kernel/text-values';

/** 10^0 to 10^38 in 128 bits, behind the tables of text-values.as. */
const WIDE_TENS: usize = 3072;
for (let i: u32 = 0, low: u64 = 1, high: u64 = 0; i < 39; i++) {
  store<u64>(WIDE_TENS + (i << 4), low);
  store<u64>(WIDE_TENS + (i << 4), high, 8);
  const lower = (low & 0xffffffff) * 10;
  const upper = (low >> 32) * 10 + (lower >> 32);
  low = upper << 32 | lower & 0xffffffff;
  high = high * 10 + (upper >> 32);
}

// Columns of the source: 96 bytes each; what text-values.as reads is at the begin. All words are of four bytes.

const COLUMN: usize = 96;
/** How the value is stored. */
const STORED: usize = 8;
/** Bytes of a decimal. */
const WIDTH: usize = 12;
/** Values of fixed size, one behind the other; NULLs take none. */
const VALUES: usize = 20;
/** Bitmap in which a set bit is a value. */
const VALID: usize = 24;
/** Values, and NULLs, of the batch. */
const COUNT: usize = 28;
const NULLS: usize = 32;
/** Values of the companions: hundreds of nanoseconds, and minutes from UTC; 0 where there is none. */
const TICKS: usize = 36;
const OFFSETS: usize = 40;
/** The dictionary in use; 0 for none. */
const DICTIONARY: usize = 44;
const INDICES: usize = 48;
/** Where the next value goes in the column's newest block, and behind the block. */
const WRITE: usize = 52;
const LIMIT: usize = 56;
/** The first block and the newest; 0 for none. */
const FIRST: usize = 60;
const NEWEST: usize = 64;
/** What the row being read did to the column, and where `WRITE` was before. */
const DONE: usize = 68;
const BEFORE: usize = 72;

const S_BIT: u32 = 0;
const S_INT8: u32 = 1;
const S_INT16: u32 = 2;
const S_INT32: u32 = 3;
const S_INT64: u32 = 4;
const S_SMALLMONEY: u32 = 5;
const S_MONEY: u32 = 6;
const S_DECIMAL32: u32 = 7;
const S_DECIMAL64: u32 = 8;
const S_DECIMAL128: u32 = 9;
const S_DATE: u32 = 10;
const S_TIME_MICROS: u32 = 11;
const S_TIME_NANOS: u32 = 12;
const S_MICROS: u32 = 13;
const S_NANOS: u32 = 14;
const S_UUID: u32 = 15;
/** In blocks, from here on. */
const S_TEXT: u32 = 16;
const S_BYTES: u32 = 17;

const NOTHING: u32 = 0;
const A_NULL: u32 = 1;
const A_VALUE: u32 = 2;
/** By the dictionary; of a value that it had not. */
const KNOWN: u32 = 3;
const ENTERED: u32 = 4;

/** Longer values are the caller's. */
const LARGEST_VALUE: usize = 0x10000;
/** Longer ones are not looked up: they rarely repeat, and comparing them costs as much as writing them. */
const LONGEST_DICTIONARY_VALUE: usize = 256;

// Blocks: eight bytes (the next block, bytes that are used), then values, each behind its four bytes of length.

const BLOCK: usize = 0x4000;
const BLOCK_HEAD: usize = 8;
/** What conversions write behind the end of a value. */
const SLACK: usize = 64;

// Dictionaries (dictionary.ts): eight words.

const D_SLOTS: usize = 0;
const D_HASHES: usize = 4;
const D_STARTS: usize = 8;
const D_DATA: usize = 12;
const D_COUNT: usize = 16;
const D_EARLIER: usize = 20;
/** Where the newest entry is among the slots. */
const D_SLOT: usize = 24;
const SLOT_MASK: u32 = 0xffff;
const MOST_ENTRIES: u32 = 0x8000;
const MOST_BYTES: u32 = 0x100000;
const TRIAL_ENTRIES: u32 = 1024;

let columns: i32 = 0;
let descriptions: usize = 0;
/** Where a value is converted before it is looked up. */
let scratch: usize = 0;
let arena: usize = 0;
let arenaEnd: usize = 0;
let arenaNext: usize = 0;
/** Bytes of blocks and of indices that the batch has. */
let variable: u32 = 0;
/** Bytes that its values by dictionary would take in blocks: there must be room for them when a dictionary is left. */
let pending: u32 = 0;
let rowCount: i32 = 0;
let reason: i32 = 0;
let columnLeft: i32 = 0;

export function rowsDone(): i32 { return rowCount; }
export function stopReason(): i32 { return reason; }
export function stopColumn(): i32 { return columnLeft; }
export function variableBytes(): u32 { return variable; }
export function addVariable(bytes: u32): void { variable += bytes; }

/** What {@link Taker} gives for a value that it has taken. */
const TAKEN: usize = 4;

/** Puts values into their columns' buffers. */
@final
class Taker {
  // @ts-ignore: decorator
  @inline
  take(column: usize, p: usize, size: usize, isNull: bool, _before: usize, row: usize): usize {
    if (size > LARGEST_VALUE) return LONG;
    if (isNull) {
      const at = <usize>load<u32>(column, VALID) + (row >> 3);
      store<u8>(at, load<u8>(at) & ~(1 << <u8>(row & 7)));
      store<u32>(column, load<u32>(column, NULLS) + 1, NULLS);
      store<u32>(column, A_NULL, DONE);
      return TAKEN;
    }
    return put(column, p, size) ? TAKEN : CALLER;
  }
}

export function configure(count: i32, at: usize, temporary: usize, blocks: usize, blocksEnd: usize): void {
  columns = count;
  descriptions = at;
  scratch = temporary;
  arena = arenaNext = blocks;
  arenaEnd = blocksEnd;
  variable = pending = 0;
  style(PLAIN, 0x80, 0x80, 0);
}

/** Empties all columns for the next batch. */
export function reset(): void {
  arenaNext = arena;
  variable = pending = 0;
  let column = descriptions;
  for (let i = 0; i < columns; i++, column += COLUMN) {
    store<u32>(column, 0, COUNT);
    store<u32>(column, 0, NULLS);
    store<u32>(column, 0, WRITE);
    store<u32>(column, 0, LIMIT);
    store<u32>(column, 0, FIRST);
    store<u32>(column, 0, NEWEST);
  }
}

/**
 * Takes the rows that lie one behind the other from `p` on.
 *
 * @param row within the batch
 * @param limit rows that a batch has
 * @param most of the batch's variable bytes, from which on it is full
 * @param mostPending of those that its values by dictionary would take without
 * @returns position behind the last row that was taken
 */
export function rows(p: usize, end: usize, row: u32, limit: u32, most: u32, mostPending: u32): usize {
  const bitmapBytes: usize = <usize>(columns + 7) >> 3;
  rowCount = 0;
  let done = p;
  let why = END;
  while (p < end) {
    const token = load<u8>(p);
    let bitmap: usize = 0;
    p += 1;
    if (token == NBCROW) {
      bitmap = p;
      p += bitmapBytes;
    } else if (token != ROW) {
      columnLeft = 0;
      why = CALLER;
      break;
    }
    if (row >= limit || variable >= most || pending >= mostPending) {
      why = FULL;
      break;
    }
    p = takeRow<Taker>(p, end, bitmap, columns, descriptions, COLUMN, TAKEN, row);
    if (p == 0) {
      why = notTaken;
      columnLeft = stoppedAt;
      takeBack(row, columnLeft);
      break;
    }
    done = p;
    row += 1;
    rowCount += 1;
  }
  reason = <i32>why;
  return done;
}

/** Bytes of a dictionary's value with its length. */
// @ts-ignore: decorator
@inline
function bytesOf(dictionary: usize, index: u32): u32 {
  const at = <usize>load<u32>(dictionary, D_STARTS) + <usize>(index << 2);
  return load<u32>(at, 4) - load<u32>(at);
}

/** Undoes what a row did to its first columns. */
function takeBack(row: u32, count: i32): void {
  let column = descriptions;
  for (let i = 0; i < count; i++, column += COLUMN) {
    const what = load<u32>(column, DONE);
    if (what == A_NULL) {
      const at = <usize>load<u32>(column, VALID) + <usize>(row >> 3);
      store<u8>(at, load<u8>(at) | 1 << <u8>(row & 7));
      store<u32>(column, load<u32>(column, NULLS) - 1, NULLS);
      continue;
    }
    const last = load<u32>(column, COUNT) - 1;
    store<u32>(column, last, COUNT);
    const stored = load<u32>(column, STORED);
    if (what >= KNOWN) {
      const dictionary = <usize>load<u32>(column, DICTIONARY);
      variable -= 4;
      pending -= bytesOf(dictionary, load<u32>(<usize>load<u32>(column, INDICES) + <usize>(last << 2)));
      if (what == ENTERED) {
        store<u32>(dictionary, load<u32>(dictionary, D_COUNT) - 1, D_COUNT);
        store<u16>(<usize>load<u32>(dictionary, D_SLOT), 0);
      }
    } else if (stored >= S_TEXT) {
      const before = load<u32>(column, BEFORE);
      variable -= load<u32>(column, WRITE) - before;
      store<u32>(column, before, WRITE);
    } else if (stored == S_BIT) {
      const at = <usize>load<u32>(column, VALUES) + <usize>(last >> 3);
      store<u8>(at, load<u8>(at) & ~(1 << <u8>(last & 7)));
    }
  }
}

/** Adds a value. @returns whether it did; if not, it is the caller's */
// @ts-ignore: decorator
@inline
function put(column: usize, p: usize, size: usize): bool {
  const count = load<u32>(column, COUNT);
  const values = <usize>load<u32>(column, VALUES);
  switch (load<u32>(column, STORED)) {
    case S_BIT: {
      const bit = load<u8>(p);
      if (size != 1 || bit > 1) return false;
      const at = values + <usize>(count >> 3);
      store<u8>(at, load<u8>(at) | bit << <u8>(count & 7));
      break;
    }
    case S_INT8:
      if (size != 1) return false;
      store<i32>(values + <usize>(count << 2), <i32>load<u8>(p));
      break;
    case S_INT16:
      if (size != 2) return false;
      store<i32>(values + <usize>(count << 2), <i32>load<i16>(p));
      break;
    case S_INT32:
      if (size != 4) return false;
      store<i32>(values + <usize>(count << 2), load<i32>(p));
      break;
    case S_INT64:
      if (size != 8) return false;
      store<i64>(values + <usize>(count << 3), load<i64>(p));
      break;
    case S_SMALLMONEY:
      if (size != 4) return false;
      store<i64>(values + <usize>(count << 3), <i64>load<i32>(p));
      break;
    case S_MONEY: {
      if (size != 8) return false;
      // The high half comes first (MS-TDS 2.2.5.5.1.2).
      const money = <i64>load<i32>(p) << 32 | <i64>load<u32>(p, 4);
      bigEndian(values, count, load<u32>(column, WIDTH), <u64>money, <u64>(money >> 63));
      break;
    }
    case S_DECIMAL32: case S_DECIMAL64: case S_DECIMAL128:
      if (!decimal(column, values, count, p, size)) return false;
      break;
    case S_DATE: {
      const day = dayAt(p);
      if (size != 3 || day > LAST_DAY) return false;
      store<i32>(values + <usize>(count << 2), <i32>day - TO_1970);
      break;
    }
    case S_TIME_MICROS: case S_TIME_NANOS: {
      const scale = <u32>load<u8>(column, SCALE);
      if (size != timeBytes(scale)) return false;
      const ticks = ticksAt(p, size);
      if (ticks >= DAY_SECONDS * load<u64>(TENS + (scale << 3))) return false;
      const unit: u32 = load<u32>(column, STORED) == S_TIME_NANOS ? 9 : 6;
      store<u64>(values + <usize>(count << 3), ticks * load<u64>(TENS + (unit - scale << 3)));
      break;
    }
    case S_MICROS: case S_NANOS:
      if (!timestamp(column, values, count, p, size)) return false;
      break;
    case S_UUID: {
      if (size != 16) return false;
      const at = values + <usize>(count << 4);
      // The first three groups are little-endian on the wire (MS-TDS 2.2.5.5.1.4).
      const first = load<u64>(p);
      store<u32>(at, bswap<u32>(<u32>first));
      store<u16>(at, bswap<u16>(<u16>(first >> 32)), 4);
      store<u16>(at, bswap<u16>(<u16>(first >> 48)), 6);
      store<u64>(at, load<u64>(p, 8), 8);
      break;
    }
    default:
      return bytes(column, p, size);
  }
  store<u32>(column, A_VALUE, DONE);
  store<u32>(column, count + 1, COUNT);
  return true;
}

/** Days from 0001-01-01 to 1970-01-01. */
const TO_1970: i32 = 719162;

/** The lowest `width` bytes of a number in two's complement, most significant first; up to 16 behind them are written over. */
// @ts-ignore: decorator
@inline
function bigEndian(values: usize, count: u32, width: u32, low: u64, high: u64): void {
  const at = values + <usize>(count * width);
  const shift = <u64>(128 - (width << 3));
  if (shift == 0) {
    store<u64>(at, bswap<u64>(high));
    store<u64>(at, bswap<u64>(low), 8);
  } else {
    store<u64>(at, bswap<u64>(high << shift | low >> (64 - shift)));
    store<u64>(at, bswap<u64>(low << shift), 8);
  }
}

/** Sign byte (1 is positive), then the magnitude in 4, 8, 12 or 16 bytes (MS-TDS 2.2.5.5.1.6), whatever the precision. */
// @ts-ignore: decorator
@inline
function decimal(column: usize, values: usize, count: u32, p: usize, size: usize): bool {
  const sign = load<u8>(p);
  if (sign > 1) return false;
  let low: u64 = 0;
  let high: u64 = 0;
  if (size == 9) {
    low = load<u64>(p, 1);
  } else if (size == 5) {
    low = <u64>load<u32>(p, 1);
  } else if (size == 13 || size == 17) {
    low = load<u64>(p, 1);
    high = size == 13 ? <u64>load<u32>(p, 9) : load<u64>(p, 9);
  } else {
    return false;
  }
  const tens = WIDE_TENS + (<usize>load<u8>(column, PRECISION) << 4);
  const most = load<u64>(tens, 8);
  if (high > most || high == most && low >= load<u64>(tens)) return false;
  if (sign == 0) {
    low = 0 - low;
    high = ~high + <u64>(low == 0);
  }
  const stored = load<u32>(column, STORED);
  if (stored == S_DECIMAL64) store<u64>(values + <usize>(count << 3), low);
  else if (stored == S_DECIMAL32) store<u32>(values + <usize>(count << 2), <u32>low);
  else bigEndian(values, count, load<u32>(column, WIDTH), low, high);
  return true;
}

const DAY_MICROS: i64 = 86400000000;

/** Microseconds, or nanoseconds, since 1970, floored, with their companions. */
// @ts-ignore: decorator
@inline
function timestamp(column: usize, values: usize, count: u32, p: usize, size: usize): bool {
  const kind = load<u8>(column, KIND);
  let days: i64;
  let micros: i64;
  if (kind == DATETIME2 || kind == DATETIMEOFFSET) {
    const scale = <u32>load<u8>(column, SCALE);
    const timeSize = timeBytes(scale);
    if (size != timeSize + (kind == DATETIME2 ? 3 : 5)) return false;
    const day = dayAt(p + timeSize);
    const ticks = ticksAt(p, timeSize);
    if (day > LAST_DAY || ticks >= DAY_SECONDS * load<u64>(TENS + (scale << 3))) return false;
    days = <i64>day - <i64>TO_1970;
    if (load<u32>(column, STORED) == S_NANOS) {
      // Near the ends of what 64 bits of nanoseconds hold the caller looks closer.
      if (days < -106750 || days > 106750 || kind == DATETIMEOFFSET && !offset(column, count, p + timeSize, day)) return false;
      store<i64>(values + <usize>(count << 3), days * DAY_MICROS * 1000 + <i64>(ticks * load<u64>(TENS + (9 - scale << 3))));
      return true;
    }
    if (scale == 7) {
      micros = <i64>(ticks / 10);
      const rest = <u32>(ticks - <u64>micros * 10);
      const companion = <usize>load<u32>(column, TICKS);
      if (companion != 0) store<u32>(companion + <usize>(count << 2), rest);
      else if (rest != 0) return false;
    } else {
      micros = <i64>(ticks * load<u64>(TENS + (6 - scale << 3)));
    }
    if (kind == DATETIMEOFFSET && !offset(column, count, p + timeSize, day)) return false;
  } else if (kind == DATETIME) {
    if (size != 8) return false;
    const day = load<i32>(p) + FROM_1900;
    const ticks = load<u32>(p, 4);
    if (day < FROM_1753 || day > <i32>LAST_DAY || ticks >= 86400 * 300) return false;
    days = <i64>(day - TO_1970);
    // 1/300 s, rounded to milliseconds as SQL Server shows them.
    micros = <i64>((ticks * 10 + 1) / 3) * 1000;
  } else {
    const minutes = <u32>load<u16>(p, 2);
    if (size != 4 || minutes >= 1440) return false;
    days = <i64>load<u16>(p) + <i64>(FROM_1900 - TO_1970);
    micros = <i64>minutes * 60000000;
  }
  store<i64>(values + <usize>(count << 3), days * DAY_MICROS + micros);
  return true;
}

/** @param p the date, behind which the offset is */
// @ts-ignore: decorator
@inline
function offset(column: usize, count: u32, p: usize, day: u32): bool {
  const minutes = <i32>load<i16>(p, 3);
  // On the first and the last day the local time may be outside the years 1 to 9999.
  if (day == 0 || day >= LAST_DAY || minutes < -840 || minutes > 840) return false;
  store<i32>(<usize>load<u32>(column, OFFSETS) + <usize>(count << 2), minutes);
  return true;
}

/** Most bytes that a value becomes: three for two of UTF-16, or for one of a code page; a date is text of up to 34 characters. */
// @ts-ignore: decorator
@inline
function room(size: usize): usize { return size * 3 + SLACK; }

/** @returns behind the value, or 0 */
function converted(column: usize, p: usize, size: usize, to: usize): usize {
  if (load<u32>(column, STORED) == S_BYTES) {
    memory.copy(to, p, size);
    return to + size;
  }
  switch (load<u8>(column, KIND)) {
    case UTF16: return (size & 1) == 0 ? utf16(to, p, p + size, false) : 0;
    case BYTES_TEXT: return bytesText(to, p, p + size, <usize>load<u32>(column, CHARSET), false);
    case XML: {
      // A byte order mark is not part of the value.
      const mark: usize = size >= 2 && load<u16>(p) == 0xfeff ? 2 : 0;
      return (size & 1) == 0 ? utf16(to, p + mark, p + size, false) : 0;
    }
    default: return value(column, p, size, to);
  }
}

/** Adds a value of varying length. */
function bytes(column: usize, p: usize, size: usize): bool {
  let dictionary = <usize>load<u32>(column, DICTIONARY);
  if (dictionary != 0) {
    if (size <= LONGEST_DICTIONARY_VALUE) {
      const end = converted(column, p, size, scratch);
      if (end == 0) return false;
      const what = lookUp(column, dictionary, scratch, end - scratch);
      if (what != NOTHING) {
        const count = load<u32>(column, COUNT);
        store<u32>(column, what, DONE);
        store<u32>(column, count + 1, COUNT);
        variable += 4;
        pending += <u32>(end - scratch + 4);
        return true;
      }
    }
    leaveDictionary(column);
  }
  const at = place(column, room(size));
  const end = converted(column, p, size, at);
  if (end == 0) return false;
  ended(column, at, end);
  store<u32>(column, A_VALUE, DONE);
  return true;
}

/** Adds a value that the caller converted, and put at `p`. @param wire bytes that it had on the wire */
export function addBytes(i: i32, p: usize, size: usize, wire: usize): void {
  const column = descriptions + <usize>i * COLUMN;
  const dictionary = <usize>load<u32>(column, DICTIONARY);
  if (dictionary != 0) {
    if (wire <= LONGEST_DICTIONARY_VALUE && lookUp(column, dictionary, p, size) != NOTHING) {
      store<u32>(column, load<u32>(column, COUNT) + 1, COUNT);
      variable += 4;
      pending += <u32>(size + 4);
      return;
    }
    leaveDictionary(column);
  }
  const at = place(column, size + SLACK);
  memory.copy(at, p, size);
  ended(column, at, at + size);
}

/** Room for a value behind its length. @returns where its bytes go */
// @ts-ignore: decorator
@inline
function place(column: usize, need: usize): usize {
  const write = <usize>load<u32>(column, WRITE);
  store<u32>(column, <u32>write, BEFORE);
  if (write + 4 + need <= <usize>load<u32>(column, LIMIT)) return write + 4;
  return newBlock(column, need);
}

function newBlock(column: usize, need: usize): usize {
  const size = max<usize>(BLOCK, BLOCK_HEAD + 4 + need + 7 & ~7);
  // It has room for all that a batch can have before it is full, and a row more.
  if (arenaNext + size > arenaEnd) unreachable();
  const block = arenaNext;
  arenaNext += size;
  seal(column);
  variable += load<u32>(column, LIMIT) - load<u32>(column, WRITE);
  const newest = <usize>load<u32>(column, NEWEST);
  if (newest != 0) store<u32>(newest, <u32>block);
  else store<u32>(column, <u32>block, FIRST);
  store<u32>(block, 0);
  const write = block + BLOCK_HEAD;
  store<u32>(column, <u32>block, NEWEST);
  store<u32>(column, <u32>write, WRITE);
  store<u32>(column, <u32>write, BEFORE);
  store<u32>(column, <u32>(block + size), LIMIT);
  return write + 4;
}

/** Notes how much of the newest block is used. */
function seal(column: usize): void {
  const newest = <usize>load<u32>(column, NEWEST);
  if (newest != 0) store<u32>(newest, load<u32>(column, WRITE) - <u32>(newest + BLOCK_HEAD), 4);
}

/** The first block of the column, all of them sealed. */
export function firstBlock(i: i32): usize {
  const column = descriptions + <usize>i * COLUMN;
  seal(column);
  return <usize>load<u32>(column, FIRST);
}

/** The next value goes into a block of its own: one that is kept elsewhere comes before it. */
export function closeBlock(i: i32): void {
  const column = descriptions + <usize>i * COLUMN;
  store<u32>(column, load<u32>(column, WRITE), LIMIT);
}

// @ts-ignore: decorator
@inline
function ended(column: usize, at: usize, end: usize): void {
  store<u32>(at - 4, <u32>(end - at));
  variable += <u32>(end - at + 4);
  store<u32>(column, <u32>end, WRITE);
  // What a large value did not need of its block goes back: room is made for six times the text that ASCII in UTF-16 becomes.
  if (end - at > BLOCK / 16 && <usize>load<u32>(column, LIMIT) == arenaNext) {
    arenaNext = end + 7 & ~7;
    store<u32>(column, <u32>end, LIMIT);
  }
  store<u32>(column, load<u32>(column, COUNT) + 1, COUNT);
}

/** Multiplicative hash of eight bytes at a time. */
// @ts-ignore: decorator
@inline
function hashOf(p: usize, size: usize): u32 {
  let hash: u64 = <u64>size * 0x9e3779b185ebca87;
  const end = p + size;
  while (p + 8 <= end) {
    hash = (hash ^ load<u64>(p)) * 0x9e3779b185ebca87;
    hash ^= hash >> 32;
    p += 8;
  }
  if (p < end) {
    hash = (hash ^ load<u64>(p) & (<u64>-1 >> <u64>(64 - (end - p << 3)))) * 0x9e3779b185ebca87;
    hash ^= hash >> 32;
  }
  return <u32>(hash ^ hash >> 29);
}

// @ts-ignore: decorator
@inline
function same(a: usize, b: usize, size: usize): bool {
  const end = a + size;
  while (a + 8 <= end) {
    if (load<u64>(a) != load<u64>(b)) return false;
    a += 8;
    b += 8;
  }
  return a == end || (load<u64>(a) ^ load<u64>(b)) << <u64>(64 - (end - a << 3)) == 0;
}

/** Finds a value, or enters it where that pays, and adds its index. @returns KNOWN, ENTERED, or NOTHING where it does not */
function lookUp(column: usize, dictionary: usize, p: usize, size: usize): u32 {
  const hash = hashOf(p, size);
  const slots = <usize>load<u32>(dictionary, D_SLOTS);
  const hashes = <usize>load<u32>(dictionary, D_HASHES);
  const starts = <usize>load<u32>(dictionary, D_STARTS);
  const data = <usize>load<u32>(dictionary, D_DATA);
  const indices = <usize>load<u32>(column, INDICES) + <usize>(load<u32>(column, COUNT) << 2);
  let slot = hash & SLOT_MASK;
  for (;;) {
    const entry = <u32>load<u16>(slots + <usize>(slot << 1));
    if (entry == 0) break;
    const index = entry - 1;
    if (load<u32>(hashes + <usize>(index << 2)) == hash) {
      const start = load<u32>(starts + <usize>(index << 2)) + 4;
      if (<usize>(load<u32>(starts + <usize>(entry << 2)) - start) == size && same(data + <usize>start, p, size)) {
        store<u32>(indices, index);
        return KNOWN;
      }
    }
    slot = slot + 1 & SLOT_MASK;
  }
  const count = load<u32>(dictionary, D_COUNT);
  const start = load<u32>(starts + <usize>(count << 2));
  if (count >= MOST_ENTRIES || start >= MOST_BYTES) return NOTHING;
  if (count >= TRIAL_ENTRIES && count << 1 >= load<u32>(dictionary, D_EARLIER) + load<u32>(column, COUNT)) return NOTHING;
  const at = data + <usize>start;
  store<u32>(at, <u32>size);
  memory.copy(at + 4, p, size);
  store<u32>(starts + <usize>(count + 1 << 2), start + 4 + <u32>size);
  store<u32>(hashes + <usize>(count << 2), hash);
  const place = slots + <usize>(slot << 1);
  store<u16>(place, <u16>(count + 1));
  store<u32>(dictionary, <u32>place, D_SLOT);
  store<u32>(dictionary, count + 1, D_COUNT);
  store<u32>(indices, count);
  return ENTERED;
}

/** Writes out the batch's values so far and goes on without the dictionary. */
function leaveDictionary(column: usize): void {
  const dictionary = <usize>load<u32>(column, DICTIONARY);
  const starts = <usize>load<u32>(dictionary, D_STARTS);
  const data = <usize>load<u32>(dictionary, D_DATA);
  const indices = <usize>load<u32>(column, INDICES);
  const count = load<u32>(column, COUNT);
  store<u32>(column, 0, DICTIONARY);
  variable -= 4 * count;
  for (let i: u32 = 0; i < count; i++) {
    const index = load<u32>(indices + <usize>(i << 2));
    const start = load<u32>(starts + <usize>(index << 2));
    const size = <usize>(load<u32>(starts + <usize>(index + 1 << 2)) - start);
    const at = place(column, size + SLACK);
    memory.copy(at - 4, data + <usize>start, size);
    variable += <u32>size;
    pending -= <u32>size;
    store<u32>(column, <u32>(at - 4 + size), WRITE);
  }
}

export function leave(i: i32): void { leaveDictionary(descriptions + <usize>i * COLUMN); }
