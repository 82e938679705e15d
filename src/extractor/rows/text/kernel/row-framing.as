/**
 * How the values of a row are framed (MS-TDS 2.2.5.2), in AssemblyScript, for the kernels that take whole rows. It never reports an
 * error: what is wrong is left to the reader of one value.
 */

import { FRAMING, SIZE } from './text-values';

export const ROW: u8 = 0xd1;
export const NBCROW: u8 = 0xd2;

const FIXED: u8 = 0;
const BYTE_LENGTH: u8 = 1;
const SHORT_LENGTH: u8 = 2;
const TEXT_POINTER: u8 = 3;

/** Total lengths of NULL and of "not known in advance" (MS-TDS 2.2.5.2.3). */
const PLP_NULL: u64 = 0xffffffffffffffff;
const PLP_UNKNOWN: u64 = 0xfffffffffffffffe;

// Why a kernel stopped (staged-rows.ts).

/** All bytes are done, or the last row is not wholly there. */
export const END: usize = 0;
/** The next row is not for the kernel, or is no row. */
export const CALLER: usize = 1;
/** There is no room for the next row. */
export const FULL: usize = 2;
/** As CALLER, because of a long value. */
export const LONG: usize = 3;

/** After {@link takeRow}: what the kernel gave for the last value; of a row that was not taken why, and at which column it stopped. */
export let given: usize = 0;
export let notTaken: usize = END;
export let stoppedAt: i32 = 0;

/**
 * Has a kernel take the values of a row, one column after the other.
 *
 * `K` is a class without members that has `take(column, p, size, isNull, before, extra)`: it gives a number that the next value is taken
 * with, or why it does not take this one. It is compiled into each kernel's loop, so it costs no call.
 *
 * @param p behind the row's token and bitmap
 * @param bitmap of the row's NULLs; 0 where it has none
 * @param stride bytes of a column's description
 * @param first the first value is taken with
 * @param extra all values are taken with
 * @returns behind the row; 0 where it was not taken
 */
// @ts-ignore: decorator
@inline
export function takeRow<K>(
  p: usize, end: usize, bitmap: usize, columns: i32, descriptions: usize, stride: usize, first: usize, extra: usize,
): usize {
  let before = first;
  let why = END;
  let column = descriptions;
  let i: i32 = 0;
  for (; i < columns; i++, column += stride) {
    let size: usize = 0;
    let isNull = bitmap != 0 && (load<u8>(bitmap + (<usize>i >> 3)) >> (<u8>i & 7) & 1) != 0;
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
    const next = changetype<K>(0).take(column, p, size, isNull, before, extra);
    if (next <= LONG) {
      why = next;
      break;
    }
    before = next;
    if (!isNull) p += size + behind;
  }
  if (i < columns || p > end) {
    notTaken = why;
    stoppedAt = i;
    return 0;
  }
  given = before;
  return p;
}

/** Bytes of the value that {@link join} put together. */
let joinedSize: usize = 0;

/**
 * Moves the pieces of a (max) value together, over their lengths. What is here is a copy, and the row is not read from it again.
 *
 * @param p first byte of the first piece @param size of it
 * @returns behind the value, or 0 where it is not wholly there: then nothing was moved
 */
function join(p: usize, size: usize, end: usize): usize {
  let at = p + size;
  for (let piece: usize = 1; piece != 0; at += piece) {
    if (at + 4 > end) return 0;
    piece = <usize>load<u32>(at);
    at += 4;
    if (piece > end - at) return 0;
  }
  let to = p + size;
  for (let from = to; from < at;) {
    const piece = <usize>load<u32>(from);
    from += 4;
    memory.copy(to, from, piece);
    to += piece;
    from += piece;
  }
  joinedSize = to - p;
  return at;
}
