/**
 * What the verification kernel is told of a column, and keeps of it while it reads: {@link COLUMN} bytes each, one behind
 * the other; kernel-columns.ts writes them. Kinds of values are those of `VALUE_KIND` there.
 */

export const COLUMN: usize = 64;
/** What the value is and how it is spelled or stored. */
export const KIND: usize = 0;
/** Bytes of length before the value as it is hashed: 0, 1, 2, 4 or 8. */
export const PREFIX: usize = 1;
/** Bytes of the value as it is hashed, where all values have as many. */
export const SIZE: usize = 2;
/** Decimals: of the number, or of the second. */
export const SCALE: usize = 3;
/** Parquet: decimals of the second that are stored; bytes of a stored decimal, 0 where it is an INT32, 1 an INT64. */
export const STORED: usize = 4;
/** Parquet: 1 where the values belong to another column. */
export const COMPANION: usize = 5;
/** Parquet: bytes from one value to the next in a plain page; 0 of BYTE_ARRAY, 255 of BOOLEAN. */
export const STRIDE: usize = 6;
/** By UTF-16 unit the byte of the code page, two bytes each; {@link NO_BYTE} where it has none. */
export const CHARSET: usize = 8;
/** Parquet: the descriptions of the companion columns, 0 where there is none. */
export const TICKS: usize = 12;
export const OFFSETS: usize = 16;
/** JSON Lines: what stands before the value: where it is and its length. */
export const NAME: usize = 20;
export const NAME_SIZE: usize = 24;
/** Parquet, of the current page: next value; next level (a byte each), 0 where no value is NULL; next index, 0 of a plain page. */
export const VALUES: usize = 28;
export const LEVELS: usize = 32;
export const INDICES: usize = 36;
/** Parquet: bit of the next BOOLEAN in the byte at VALUES. */
export const BIT: usize = 40;
/** Parquet: values of the dictionary, {@link ENTRY} bytes each, and how many. */
export const ENTRIES: usize = 44;
export const ENTRY_COUNT: usize = 48;
/** Parquet: the current row's value: where it is stored, of a dictionary its entry, of a BOOLEAN its bit and 1; 0 for NULL. */
export const PLACE: usize = 52;
/** Parquet: whether the current value is in the dictionary. */
export const IN_DICTIONARY: usize = 56;

/** Of the dictionary's value: what is hashed (0 where it is the caller's), its size, and where it is stored. */
export const ENTRY: usize = 12;

export const NO_BYTE: u16 = 0xffff;

/** Bytes that may be written behind the end of a value. */
export const SLACK: usize = 64;

/** Puts the length before a value that ends at `end` and begins PREFIX bytes behind `o`. @returns `end`, or 0 where it is too long */
// @ts-ignore: decorator
@inline
export function prefixed(column: usize, o: usize, end: usize): usize {
  const prefix = load<u8>(column, PREFIX);
  const size = end - o - <usize>prefix;
  if (prefix == 1) store<u8>(o, <u8>size);
  else if (prefix == 2) {
    if (size >= 0xffff) return 0;
    store<u16>(o, <u16>size);
  } else if (prefix == 4) store<u32>(o, <u32>size);
  else if (prefix == 8) store<u64>(o, <u64>size);
  return end;
}

/** Copies bytes; up to 15 behind them are written over. */
// @ts-ignore: decorator
@inline
export function copied(to: usize, from: usize, size: usize): void {
  if (size > 256) {
    memory.copy(to, from, size);
    return;
  }
  for (let i: usize = 0; i < size; i += 16) v128.store(to + i, v128.load(from + i));
}
