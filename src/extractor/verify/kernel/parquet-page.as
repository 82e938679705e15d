/**
 * Pages of Parquet (Encodings.md of the format): levels and indices in the hybrid of run lengths and bit packing, plain values,
 * dictionaries; and snappy's raw format. Everything is checked before a value is read, so that rows need no checks.
 *
 * It shares nothing with the encoder.
 */
import {
  BIT, COMPANION, ENTRIES, ENTRY, ENTRY_COUNT, IN_DICTIONARY, INDICES, KIND, LEVELS, PLACE, STRIDE, VALUES,
} from './kernel-column';
import { storedBytes, storedRoom } from './stored-value';

const BYTE_ARRAY: u8 = 0;
const BOOLEAN: u8 = 255;

/** What is wrong with a page; 0 is nothing. `pageProblem` in parquet-pages.ts has them in words. */
const LEVELS_END: i32 = 1;
const LEVELS_RUN: i32 = 2;
const VALUES_SIZE: i32 = 3;
const INDICES_RUN: i32 = 4;
const INDEX_OUTSIDE: i32 = 5;
const DICTIONARY_END: i32 = 6;

/** Behind the last varint; 0 where it does not end, or is greater than 32 bits. */
let behind: usize = 0;

function varint(p: usize, end: usize): u32 {
  let value: u64 = 0;
  for (let shift: u64 = 0; p < end && shift < 35; shift += 7) {
    const byte = <u64>load<u8>(p++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      behind = value >> 32 == 0 ? p : 0;
      return <u32>value;
    }
  }
  behind = 0;
  return 0;
}

/** Values that are not NULL in the page that was opened last. */
let valueCount: u32 = 0;
export function pageValues(): u32 { return valueCount; }

/**
 * Opens a version 1 data page of an optional column.
 *
 * @param rows of the page
 * @param isIndices whether its values are indices into the dictionary
 * @param room for the levels, a byte a row, and behind them, on a boundary of 4, for the indices, four bytes a row
 * @returns 0, or what is wrong
 */
export function openPage(column: usize, p: usize, end: usize, rows: u32, isIndices: bool, room: usize): i32 {
  if (end - p < 4) return LEVELS_END;
  const size = <usize>load<u32>(p);
  p += 4;
  if (size > end - p) return LEVELS_END;
  const problem = openLevels(column, p, p + size, rows, room);
  if (problem != 0) return problem;
  p += size;
  store<u32>(column, 0, INDICES);
  store<u32>(column, 0, BIT);
  if (isIndices) return openIndices(column, p, end, (room + <usize>rows + 3) & ~3);
  store<u32>(column, <u32>p, VALUES);
  const stride = load<u8>(column, STRIDE);
  if (stride == BOOLEAN) return end - p == <usize>(valueCount + 7 >> 3) ? 0 : VALUES_SIZE;
  if (stride != BYTE_ARRAY) return <u64>(end - p) == <u64>valueCount * <u64>stride ? 0 : VALUES_SIZE;
  for (let i: u32 = 0; i < valueCount; i++) {
    if (end - p < 4) return VALUES_SIZE;
    const length = <usize>load<u32>(p);
    p += 4;
    if (length > end - p) return VALUES_SIZE;
    p += length;
  }
  return p == end ? 0 : VALUES_SIZE;
}

/** Definition levels: 1 for a value, 0 for NULL. */
function openLevels(column: usize, p: usize, end: usize, rows: u32, room: usize): i32 {
  let row: u32 = 0;
  let present: u32 = 0;
  while (row < rows) {
    const header = varint(p, end);
    p = behind;
    if (p == 0) return LEVELS_RUN;
    const left = rows - row;
    if ((header & 1) == 0) {
      const count = header >> 1;
      if (count == 0 || count > left || p >= end) return LEVELS_RUN;
      const level = load<u8>(p++);
      if (level > 1) return LEVELS_RUN;
      memory.fill(room + row, level, count);
      present += level == 1 ? count : 0;
      row += count;
    } else {
      const bytes = <usize>(header >> 1);
      if (bytes == 0 || bytes > end - p) return LEVELS_RUN;
      // Only the last run may be filled up.
      if (bytes > <usize>(left + 7 >> 3)) return LEVELS_RUN;
      const count = min<u32>(left, <u32>bytes << 3);
      for (let i: u32 = 0; i < count; i++) {
        const level = load<u8>(p + (i >> 3)) >> <u8>(i & 7) & 1;
        store<u8>(room + row + i, level);
        present += level;
      }
      p += bytes;
      row += count;
    }
  }
  if (p != end) return LEVELS_RUN;
  valueCount = present;
  store<u32>(column, present == rows ? 0 : <u32>room, LEVELS);
  return 0;
}

/** The width in bits, then runs. */
function openIndices(column: usize, p: usize, end: usize, room: usize): i32 {
  const entries = load<u32>(column, ENTRY_COUNT);
  store<u32>(column, <u32>room, INDICES);
  if (p >= end) return valueCount == 0 ? 0 : INDICES_RUN;
  const width = <u32>load<u8>(p++);
  if (width > 32) return INDICES_RUN;
  const mask: u64 = (<u64>1 << <u64>width) - 1;
  let index: u32 = 0;
  let to = room;
  while (index < valueCount) {
    const header = varint(p, end);
    p = behind;
    if (p == 0) return INDICES_RUN;
    const left = valueCount - index;
    if ((header & 1) == 0) {
      const count = header >> 1;
      const bytes = <usize>(width + 7 >> 3);
      if (count == 0 || count > left || bytes > end - p) return INDICES_RUN;
      const value = <u32>(load<u64>(p) & ((<u64>1 << <u64>(bytes << 3)) - 1));
      if (value >= entries) return INDEX_OUTSIDE;
      p += bytes;
      for (let i: u32 = 0; i < count; i++, to += 4) store<u32>(to, value);
      index += count;
    } else {
      const bytes = <u64>(header >> 1) * <u64>width;
      if (bytes == 0 || bytes > <u64>(end - p) || header >> 1 > left + 7 >> 3) return INDICES_RUN;
      const count = min<u32>(left, header >> 1 << 3);
      for (let i: u32 = 0; i < count; i++, to += 4) {
        const bit = <u64>i * <u64>width;
        const value = <u32>(load<u64>(p + <usize>(bit >> 3)) >> (bit & 7) & mask);
        if (value >= entries) return INDEX_OUTSIDE;
        store<u32>(to, value);
      }
      p += <usize>bytes;
      index += count;
    }
  }
  return p == end ? 0 : INDICES_RUN;
}

/** Behind the last dictionary's values, made into what is hashed. */
let dictionaryBehind: usize = 0;
export function dictionaryEnd(): usize { return dictionaryBehind; }

/**
 * Makes the values of a dictionary into what is hashed of them, once.
 *
 * @param count of values
 * @param room for the entries, {@link ENTRY} bytes each, and the values behind them
 * @param limit behind the room
 * @returns 0, what is wrong, or -1 where there is no room
 */
export function openDictionary(column: usize, p: usize, end: usize, count: u32, room: usize, limit: usize): i32 {
  if (<u64>count * <u64>ENTRY > <u64>(limit - room)) return -1;
  const kind = load<u8>(column, KIND);
  store<u32>(column, <u32>room, ENTRIES);
  store<u32>(column, count, ENTRY_COUNT);
  let entry = room;
  let o = room + <usize>count * ENTRY;
  for (let i: u32 = 0; i < count; i++, entry += ENTRY) {
    if (end - p < 4) return DICTIONARY_END;
    const size = <usize>load<u32>(p);
    if (size > end - p - 4) return DICTIONARY_END;
    store<u32>(entry, <u32>p, 8);
    p += 4;
    // What belongs to no column of the source is not hashed.
    if (load<u8>(column, COMPANION) == 0) {
      if (storedRoom(size) > limit - o) return -1;
      const behind = storedBytes(column, kind, p, size, o);
      store<u32>(entry, behind == 0 ? 0 : <u32>o);
      store<u32>(entry, <u32>(behind - o), 4);
      if (behind != 0) o = behind;
    }
    p += size;
  }
  dictionaryBehind = o;
  return p == end ? 0 : DICTIONARY_END;
}

/** Finds the value of the next row in the column's page. */
// @ts-ignore: decorator
@inline
export function nextPlace(column: usize): void {
  const levels = load<u32>(column, LEVELS);
  if (levels != 0) {
    store<u32>(column, levels + 1, LEVELS);
    if (load<u8>(levels) == 0) {
      store<u32>(column, 0, PLACE);
      return;
    }
  }
  const indices = load<u32>(column, INDICES);
  if (indices != 0) {
    store<u32>(column, indices + 4, INDICES);
    store<u32>(column, load<u32>(column, ENTRIES) + load<u32>(indices) * <u32>ENTRY, PLACE);
    store<u8>(column, 1, IN_DICTIONARY);
    return;
  }
  const stride = load<u8>(column, STRIDE);
  const values = load<u32>(column, VALUES);
  if (stride == BOOLEAN) {
    const bit = load<u32>(column, BIT);
    store<u32>(column, 1 + (<u32>load<u8>(values + (bit >> 3)) >> (bit & 7) & 1), PLACE);
    store<u32>(column, bit + 1, BIT);
    return;
  }
  store<u32>(column, values, PLACE);
  store<u8>(column, 0, IN_DICTIONARY);
  store<u32>(column, values + (stride == BYTE_ARRAY ? 4 + load<u32>(values) : <u32>stride), VALUES);
}

/**
 * Snappy's raw format (format_description.txt of snappy): the length as a varint, then literals and copies.
 *
 * @param size that the header of the page states
 * @returns whether it is that
 */
export function unsnappy(p: usize, end: usize, out: usize, size: usize): bool {
  if (<usize>varint(p, end) != size) return false;
  p = behind;
  if (p == 0) return false;
  let o = out;
  const limit = out + size;
  while (p < end) {
    const tag = <usize>load<u8>(p++);
    let length = tag >> 2;
    if ((tag & 3) == 0) {
      if (length >= 60) {
        const bytes = length - 59;
        if (bytes > end - p) return false;
        length = <usize>(load<u64>(p) & ((<u64>1 << <u64>(bytes << 3)) - 1));
        p += bytes;
      }
      length += 1;
      if (length == 0 || length > end - p || length > limit - o) return false;
      memory.copy(o, p, length);
      p += length;
      o += length;
      continue;
    }
    let offset: usize = 0;
    const bytes: usize = (tag & 3) == 1 ? 1 : (tag & 3) == 2 ? 2 : 4;
    if (bytes > end - p) return false;
    if (bytes == 1) {
      offset = (tag >> 5) << 8 | <usize>load<u8>(p);
      length = 4 + (length & 7);
    } else {
      offset = bytes == 2 ? <usize>load<u16>(p) : <usize>load<u32>(p);
      length += 1;
    }
    p += bytes;
    if (offset == 0 || offset > o - out || length > limit - o) return false;
    if (offset >= 8) {
      // Behind the copy up to seven bytes are written over.
      for (let i: usize = 0; i < length; i += 8) store<u64>(o + i, load<u64>(o + i - offset));
    } else {
      for (let i: usize = 0; i < length; i++) store<u8>(o + i, load<u8>(o + i - offset));
    }
    o += length;
  }
  return o == limit;
}
