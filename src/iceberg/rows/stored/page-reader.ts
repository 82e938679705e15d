import { readHybrid } from './hybrid';
import { copyOf, Dictionary, NO_VALUES, Page, PlainValues } from './page';
import { readThriftAt, Thrift } from '../../spec/parquet-footer';
import { Decompress } from '../decompress';

/** How a column is stored. */
export interface StoredColumn {
  readonly physical: string;
  /** Of a FIXED_LEN_BYTE_ARRAY. */
  readonly length?: number;
  readonly optional: boolean;
}

/** parquet.thrift, `PageType` and `Encoding`. */
const PageType = { data: 0, index: 1, dictionary: 2, dataV2: 3 } as const;
const Encoding = { plain: 0, plainDictionary: 2, rle: 3, rleDictionary: 8 } as const;

/** A page of a column chunk, as its header has it. */
interface StoredPage {
  readonly type: number;
  readonly header: Thrift;
  /** Where its bytes are. */
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/**
 * Finds the pages of a column chunk.
 *
 * @returns undefined where one has an encoding that is not read here
 */
export function storedPages(chunk: Uint8Array): StoredPage[] | undefined {
  const pages: StoredPage[] = [];
  for (let at = 0; at < chunk.length;) {
    const { value, end } = readThriftAt(chunk, at);
    const { field_1: type, field_2: size, field_3: bytes, field_5: data, field_7: dictionary, field_8: dataV2 } = value;
    const header = (data ?? dictionary ?? dataV2) as Thrift | undefined;
    if (end + bytes > chunk.length || bytes < 0 || size < 0) throw new RangeError(`a page of ${bytes} bytes, and there are ${chunk.length - end}`);
    at = end + bytes;
    if (type === PageType.index) continue;
    if (!header || !isRead(type, header)) return undefined;
    pages.push({ type, header, from: end, to: at, size });
  }
  return pages;
}

function isRead(type: number, { field_2: encoding, field_3: levels, field_4: encodingV2 }: Thrift): boolean {
  switch (type) {
    case PageType.dictionary: return encoding === Encoding.plain || encoding === Encoding.plainDictionary;
    case PageType.data: return isValueEncoding(encoding) && levels === Encoding.rle;
    case PageType.dataV2: return isValueEncoding(encodingV2);
    default: return false;
  }
}

function isValueEncoding(encoding: number): boolean {
  return encoding === Encoding.plain || encoding === Encoding.plainDictionary || encoding === Encoding.rleDictionary;
}

/**
 * Reads pages one after the other; each is good until the next one is asked for.
 *
 * @throws RangeError where they are not what their headers say
 */
export function* readPages(chunk: Uint8Array, pages: readonly StoredPage[], column: StoredColumn, decompress: Decompress): Generator<Page> {
  let dictionary: Dictionary | undefined;
  for (const { type, header, from, to, size } of pages) {
    const stored = chunk.subarray(from, to);
    if (type === PageType.dictionary) {
      // Kept while the pages behind it are decompressed.
      const values = copyOf(sized(decompress(stored, size), size));
      dictionary = plainValues(values, 0, header.field_1, column);
      continue;
    }
    yield type === PageType.data ? dataPage(sized(decompress(stored, size), size), header, column, dictionary)
      : dataPageV2(stored, size, header, column, dictionary, decompress);
  }
}

function sized(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== size) throw new RangeError(`a page has ${bytes.length} bytes, its header says ${size}`);
  return bytes;
}

function dataPage(bytes: Uint8Array, { field_1: rows, field_2: encoding }: Thrift, column: StoredColumn, dictionary: Dictionary | undefined): Page {
  let at = 0;
  let valid: Uint8Array | undefined;
  if (column.optional) {
    if (bytes.length < 4) throw new RangeError('a page ends in its levels');
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    at = 4 + length;
    if (at > bytes.length) throw new RangeError('a page ends in its levels');
    valid = validOf(bytes, 4, at, rows);
  }
  return pageOf(bytes, at, rows, valid, encoding, column, dictionary);
}

function dataPageV2(
  stored: Uint8Array, size: number, header: Thrift, column: StoredColumn, dictionary: Dictionary | undefined, decompress: Decompress,
): Page {
  const { field_1: rows, field_2: nulls, field_4: encoding, field_5: levels, field_6: repetition, field_7: isCompressed } = header;
  if (repetition !== 0 || levels < 0 || levels > stored.length) throw new RangeError('a page has levels that no flat column has');
  const valid = column.optional && levels > 0 ? validOf(stored, 0, levels, rows) : undefined;
  const body = stored.subarray(levels);
  // Nothing is in the body where all are NULL, whatever the codec makes of it.
  const bytes = rows === nulls ? body.subarray(0, 0) : isCompressed === false ? body : sized(decompress(body, size - levels), size - levels);
  return pageOf(bytes, 0, rows, valid, encoding, column, dictionary);
}

/** @returns undefined where no row is NULL */
function validOf(bytes: Uint8Array, from: number, to: number, rows: number): Uint8Array | undefined {
  const valid = new Uint8Array(rows);
  readHybrid(bytes, from, to, 1, valid, rows);
  return valid.includes(0) ? valid : undefined;
}

function pageOf(
  bytes: Uint8Array, from: number, rows: number, valid: Uint8Array | undefined, encoding: number, column: StoredColumn,
  dictionary: Dictionary | undefined,
): Page {
  let count = rows;
  if (valid) for (let row = 0; row < rows; row++) count -= 1 - valid[row];
  const page = { rows, ...(valid && { valid }) };
  if (count === 0) return { ...page, values: NO_VALUES };
  if (encoding === Encoding.plain) return { ...page, values: plainValues(bytes, from, count, column) };
  if (!dictionary) throw new RangeError('a page of indices stands before its dictionary');
  const indices = new Uint32Array(count);
  if (from >= bytes.length) throw new RangeError('a page ends before its indices');
  if (bytes[from] > 0) readHybrid(bytes, from + 1, bytes.length, bytes[from], indices, count);
  for (let i = 0; i < count; i++) if (indices[i] >= dictionary.count) throw new RangeError(`index ${indices[i]} of a dictionary of ${dictionary.count} values`);
  return { ...page, values: { dictionary, indices, count } };
}

/** Bytes of a value; 0 of those with a length each. */
export function widthOf({ physical, length }: Pick<StoredColumn, 'physical' | 'length'>): number {
  switch (physical) {
    case 'BOOLEAN': return 1;
    case 'INT32': case 'FLOAT': return 4;
    case 'INT64': case 'DOUBLE': return 8;
    case 'FIXED_LEN_BYTE_ARRAY': return length!;
    default: return 0;
  }
}

function plainValues(bytes: Uint8Array, from: number, count: number, column: StoredColumn): PlainValues {
  const width = widthOf(column);
  if (column.physical === 'BOOLEAN') return booleans(bytes, from, count);
  if (width > 0) {
    if (from + count * width > bytes.length) throw new RangeError(`${count} values of ${width} bytes in ${bytes.length - from} bytes`);
    return { bytes: bytes.subarray(from, from + count * width), count, width };
  }
  const starts = new Uint32Array(count + 1);
  let at = from;
  for (let i = 0; i < count; i++) {
    starts[i] = at - from;
    if (at + 4 > bytes.length) throw new RangeError(`${i} values of ${count}`);
    at += 4 + ((bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24) >>> 0);
  }
  if (at > bytes.length) throw new RangeError('the last value is longer than its page');
  starts[count] = at - from;
  return { bytes: bytes.subarray(from, at), count, width, starts };
}

function booleans(bytes: Uint8Array, from: number, count: number): PlainValues {
  if (from + Math.ceil(count / 8) > bytes.length) throw new RangeError(`${count} booleans in ${bytes.length - from} bytes`);
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) out[i] = bytes[from + (i >> 3)] >> (i & 7) & 1;
  return { bytes: out, count, width: 1 };
}
