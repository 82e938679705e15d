/**
 * Values as Parquet stores them to the bytes that are hashed of them: what parquet-value.ts does. Each function returns the
 * position behind the bytes, or 0 where the value is not one the source can have: then it is parquet-value.ts's.
 */
import { CHARSET, copied, OFFSETS, PLACE, PREFIX, prefixed, SCALE, SIZE, STORED, TICKS } from './kernel-column';
import {
  BIT, BYTES, CODE_PAGE, DATE, DATETIME, DATETIME2, DATETIMEOFFSET, DECIMAL, FLOAT, INTEGER, magnitude, money, MONEY, putDatetime, putDay,
  putSmalldatetime, putTicks, REAL, roomFor, signAndMagnitude, signed, SMALLDATETIME, SMALLMONEY, textValue, TIME, UNIQUEIDENTIFIER, unsignedByte, UTF16,
  UTF8, utf16, codePage, utf8,
} from './text-value';

/** Added to the kind of a value that is stored as what it is; without it, it is stored as text. */
export const STORED_VALUE: u8 = 32;
/** Kinds of byte arrays, from here on those of numbers and times. */
export const STORED_BYTES: u8 = STORED_VALUE + BYTES;

const DAYS_TO_1970: i32 = 719162;
const LAST_DAY: u32 = 3652058;
const MICROS_PER_DAY: i64 = 86400000000;

/** A value of a byte array, its length before it. @returns 0 where it is the caller's */
export function storedBytes(column: usize, kind: u8, p: usize, size: usize, o: usize): usize {
  const end = p + size;
  const value = o + <usize>load<u8>(column, PREFIX);
  let behind: usize = 0;
  switch (kind) {
    case UTF16: behind = utf16(p, end, value); break;
    case CODE_PAGE: behind = codePage(p, end, value, <usize>load<u32>(column, CHARSET)); break;
    case UTF8: behind = utf8(p, end, value); break;
    case STORED_BYTES:
      copied(value, p, size);
      behind = value + size;
      break;
    default: behind = textValue(kind, column, p, end, value);
  }
  return behind == 0 ? 0 : prefixed(column, o, behind);
}

/** Most bytes of it, with its length. */
// @ts-ignore: decorator
@inline
export function storedRoom(size: usize): usize { return <usize>8 + roomFor(size); }

/** A value that is no byte array, with its length before it. @returns 0 where it is the caller's */
// @ts-ignore: decorator
@inline
export function storedValue(column: usize, kind: u8, p: usize, o: usize): usize {
  const size = <u32>load<u8>(column, SIZE);
  if (load<u8>(column, PREFIX) != 0) store<u8>(o++, <u8>size);
  switch (kind - STORED_VALUE) {
    case BIT:
      // The place of a BOOLEAN is its value.
      store<u8>(o, <u8>(p - 1));
      return o + 1;
    case INTEGER: {
      if (size == 8) {
        store<u64>(o, load<u64>(p));
        return o + 8;
      }
      const value = load<i32>(p);
      if (size == 1 ? <u32>value > 255 : size == 2 && value != <i32><i16>value) return 0;
      store<i32>(o, value);
      return o + size;
    }
    case DECIMAL:
      storedDecimal(p, load<u8>(column, STORED));
      return signAndMagnitude(o, size);
    case SMALLMONEY:
      storedDecimal(p, load<u8>(column, STORED));
      return signed(o, 4);
    case MONEY:
      storedDecimal(p, load<u8>(column, STORED));
      return money(o);
    case REAL:
      store<u32>(o, load<u32>(p));
      return o + 4;
    case FLOAT:
      store<u64>(o, load<u64>(p));
      return o + 8;
    case DATE: {
      const day = load<i32>(p) + DAYS_TO_1970;
      return <u32>day <= LAST_DAY ? putDay(o, day) : 0;
    }
    case TIME: {
      const value = load<i64>(p);
      const unit = unitOf(column);
      const ticks = value / unit;
      // The day has as many units of what is stored, 10^6 or 10^9 to the second.
      if (value < 0 || ticks * unit != value || value >= (load<u8>(column, STORED) == 9 ? MICROS_PER_DAY * 1000 : MICROS_PER_DAY)) return 0;
      return putTicks(o, <u64>ticks, size);
    }
    case SMALLDATETIME:
      if (!instant(p, MICROS_PER_DAY) || rest % 1000000 != 0) return 0;
      return putSmalldatetime(o, day, <u64>(rest / 1000000));
    case DATETIME:
      if (!instant(p, MICROS_PER_DAY) || rest % 1000 != 0) return 0;
      return putDatetime(o, day, <u64>(rest / 1000));
    case DATETIME2:
      if (!ticksOf(column, p)) return 0;
      return putDay(putTicks(o, <u64>rest, size - 3), day);
    case DATETIMEOFFSET: {
      if (!ticksOf(column, p)) return 0;
      const companion = <usize>load<u32>(column, OFFSETS);
      const place: usize = companion == 0 ? 0 : <usize>load<u32>(companion, PLACE);
      const offset = place == 0 ? 0 : load<i32>(place);
      if (offset < -840 || offset > 840) return 0;
      o = putDay(putTicks(o, <u64>rest, size - 5), day);
      store<u16>(o, <u16>offset);
      return o + 2;
    }
    case UNIQUEIDENTIFIER:
      // The first three groups are numbers, most significant byte first as stored, least first as hashed.
      store<u32>(o, bswap<u32>(load<u32>(p)));
      store<u16>(o, bswap<u16>(load<u16>(p, 4)), 4);
      store<u16>(o, bswap<u16>(load<u16>(p, 6)), 6);
      store<u64>(o, load<u64>(p, 8), 8);
      return o + 16;
    default: return 0;
  }
}

/** @param stored bytes of it, most significant first; 0 for an INT32, 1 for an INT64 */
// @ts-ignore: decorator
@inline
function storedDecimal(p: usize, stored: u8): void {
  if (stored <= 1) {
    const value = stored == 0 ? <i64>load<i32>(p) : load<i64>(p);
    magnitude(<u64>(value < 0 ? 0 - value : value), 0, value < 0);
    return;
  }
  // Two words that end with the number; of what stands before it only the sign stays.
  const end = p + <usize>stored;
  let low = bswap<u64>(load<u64>(end - 8));
  let high = <i64>bswap<u64>(load<u64>(end - 16));
  if (stored < 16) {
    const above = <i64>(128 - (<u32>stored << 3));
    high = above >= 64 ? <i64>low >> 63 : high << above >> above;
  }
  const negative = high < 0;
  if (negative) {
    low = 0 - low;
    high = ~high + <i64>(low == 0);
  }
  magnitude(low, <u64>high, negative);
}

/** Units of what is stored in one of the scale. */
// @ts-ignore: decorator
@inline
function unitOf(column: usize): i64 {
  switch (<i32>load<u8>(column, STORED) - <i32>load<u8>(column, SCALE)) {
    case 0: return 1;
    case 1: return 10;
    case 2: return 100;
    case 3: return 1000;
    case 4: return 10000;
    case 5: return 100000;
    default: return 1000000;
  }
}

/** Of the last moment: days since 0001-01-01, and what is left of the day. */
let day: i32 = 0;
let rest: i64 = 0;

// @ts-ignore: decorator
@inline
function instant(p: usize, perDay: i64): bool {
  const value = load<i64>(p);
  let days = value / perDay;
  rest = value - days * perDay;
  if (rest < 0) {
    rest += perDay;
    days -= 1;
  }
  days += DAYS_TO_1970;
  day = <i32>days;
  return <u64>days <= <u64>LAST_DAY;
}

/** Reads a moment, `rest` in units of the scale. */
// @ts-ignore: decorator
@inline
function ticksOf(column: usize, p: usize): bool {
  const nanos = load<u8>(column, STORED) == 9;
  if (!instant(p, nanos ? MICROS_PER_DAY * 1000 : MICROS_PER_DAY)) return false;
  if (!nanos && load<u8>(column, SCALE) == 7) {
    const companion = <usize>load<u32>(column, TICKS);
    const place: usize = companion == 0 ? 0 : <usize>load<u32>(companion, PLACE);
    const ticks = place == 0 ? 0 : load<i32>(place);
    rest = rest * 10 + <i64>ticks;
    return <u32>ticks <= 9;
  }
  const unit = unitOf(column);
  const ticks = rest / unit;
  if (ticks * unit != rest) return false;
  rest = ticks;
  return true;
}
