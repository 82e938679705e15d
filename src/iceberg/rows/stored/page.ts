/** Values one after another in Parquet's PLAIN form; booleans, which it packs, take a byte each. NULLs are left out. */
export interface PlainValues {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Bytes of a value; 0 where each has its length before it (BYTE_ARRAY). */
  readonly width: number;
  /** Where each begins in the bytes, its length included, and the last ends: of width 0. */
  readonly starts?: Uint32Array;
}

/** Values of a dictionary; what is worked out of them once is kept with them. */
export interface Dictionary extends PlainValues {
  /** Two numbers for each value ({@link RowSums}). */
  hashes?: Int32Array;
}

/** Some rows of a column in the physical form that a file has. */
export interface Page {
  readonly rows: number;
  /** A byte each of the rows, 0 where it is NULL; undefined where none is. */
  readonly valid?: Uint8Array;
  readonly values: PlainValues | DictionaryValues;
}

/** Values by their places in a dictionary. */
export interface DictionaryValues {
  readonly dictionary: Dictionary;
  readonly indices: Uint32Array;
  readonly count: number;
}

/** Rows and bytes of a page that is written. */
export const PAGE_ROWS = 16_384;
export const PAGE_BYTES = 1024 * 1024;

export const NO_VALUES: PlainValues = { bytes: new Uint8Array(0), count: 0, width: 1 };

/** A Buffer's own `slice` is a view. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** The bytes as numbers of 32 bits (of this machine's order, which is Parquet's), copied only where they do not lie as these must. */
export function int32s(bytes: Uint8Array, count: number): Int32Array {
  const { buffer, byteOffset } = bytes;
  return byteOffset % 4 === 0 ? new Int32Array(buffer, byteOffset, count) : new Int32Array(copyOf(bytes).buffer, 0, count);
}

/** Rows that are all NULL. */
export function nullPage(rows: number): Page {
  return { rows, valid: new Uint8Array(rows), values: NO_VALUES };
}

/** Rows of a page that make one that is not too large; values are taken to be of one size. */
export function rowsAtOnce({ rows, values }: Page): number {
  const bytes = 'dictionary' in values ? 0 : values.bytes.length;
  return Math.max(1, Math.min(PAGE_ROWS, Math.floor(rows * PAGE_BYTES / Math.max(1, bytes))));
}

/** Where the bytes of value `at` are, without its length. */
export function valueBounds({ width, starts }: PlainValues, at: number): readonly [from: number, to: number] {
  return starts ? [starts[at] + 4, starts[at + 1]] : [at * width, (at + 1) * width];
}

/**
 * The rows of a page that are kept.
 *
 * @param kept positions, ascending
 * @param first position of the page's first row
 */
export function keptRows(page: Page, kept: Uint32Array, first: number): Page {
  if (kept.length === page.rows) return page;
  const { valid, values } = page;
  let ordinals = kept;
  let keptValid: Uint8Array | undefined;
  if (valid) {
    const found = new Uint32Array(Math.min(kept.length, values.count));
    keptValid = new Uint8Array(kept.length);
    let count = 0;
    let row = 0;
    let ordinal = 0;
    for (let i = 0; i < kept.length; i++) {
      for (const to = kept[i] - first; row < to; row++) ordinal += valid[row];
      if (valid[row] === 0) continue;
      keptValid[i] = 1;
      found[count++] = ordinal;
    }
    ordinals = found.subarray(0, count);
    if (count === kept.length) keptValid = undefined;
  } else if (first > 0) {
    ordinals = kept.map((position) => position - first);
  }
  return { rows: kept.length, ...(keptValid && { valid: keptValid }), values: keptValues(values, ordinals) };
}

function keptValues(values: Page['values'], ordinals: Uint32Array): Page['values'] {
  const { length: count } = ordinals;
  if ('dictionary' in values) {
    const { dictionary, indices } = values;
    const kept = new Uint32Array(count);
    for (let i = 0; i < count; i++) kept[i] = indices[ordinals[i]];
    return { dictionary, indices: kept, count };
  }
  const { bytes, width, starts } = values;
  const kept = new Uint8Array(starts ? bytes.length : count * width);
  const keptStarts = starts && new Uint32Array(count + 1);
  let at = 0;
  // Runs of values that follow each other are copied at once.
  for (let i = 0; i < count;) {
    const from = ordinals[i];
    let to = from + 1;
    let next = i + 1;
    while (next < count && ordinals[next] === to) {
      next += 1;
      to += 1;
    }
    const start = starts ? starts[from] : from * width;
    const end = starts ? starts[to] : to * width;
    kept.set(bytes.subarray(start, end), at);
    if (starts) for (let each = from; each < to; each++) keptStarts![i + each - from] = at + starts[each] - start;
    at += end - start;
    i = next;
  }
  if (keptStarts) keptStarts[count] = at;
  return { bytes: kept.subarray(0, at), count, width, ...(keptStarts && { starts: keptStarts }) };
}
