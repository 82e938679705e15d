import { columnType, ColumnType } from './column-type';
import { converterOf } from './convert';
import { NO_VALUES, nullPage, Page, PAGE_ROWS, PlainValues } from './page';
import { readPages, storedPages, widthOf } from './page-reader';
import { RangeFiles } from '../../files/table-files';
import { DataFile } from '../../spec/data-file';
import { IcebergError } from '../../spec/errors';
import { Field } from '../../spec/schema';
import { decimalOf } from '../../spec/types';
import { quickDecompressor } from '../decompress';
import { ParquetFile, StoredChunk, telling, unreadable } from '../parquet-file';
import { FileColumn, openFile } from '../table-columns';
import { RowValue, ToValue } from '../values';

/** Column chunks that are read ahead. */
const AHEAD = 4;

/** Pages of one column in one row group. */
export interface GroupPages {
  /** Place of the column among those asked for. */
  readonly at: number;
  readonly pages: Iterable<Page>;
}

/** A file of the table whose columns are read page by page, each in the physical form that the table's type has. */
export interface PagedFile {
  /** Rows of each row group. */
  readonly groups: readonly number[];
  /** Columns one after the other; a page is good until the next one is asked for. @throws IcebergError TABLE_UNREADABLE */
  group(at: number): AsyncGenerator<GroupPages>;
}

/** @throws IcebergError TABLE_UNREADABLE */
export async function openPages(
  files: RangeFiles, file: DataFile, fields: readonly Field[], mapped: ReadonlyMap<string, number>,
): Promise<PagedFile> {
  const { parquet, columns } = await openFile(files, file, fields, mapped);
  return {
    groups: parquet.groups,
    group: async function* (group) {
      const rows = parquet.groups[group];
      const ahead: Promise<StoredChunk | undefined>[] = [];
      try {
        for (let at = 0; at < columns.length; at++) {
          for (let next = at + ahead.length; ahead.length < AHEAD && next < columns.length; next++) {
            ahead.push(chunkOf(parquet, group, columns[next]));
          }
          const chunk = await ahead.shift();
          yield { at, pages: telled(parquet.uri, chunk ? pagesOf(parquet, group, columns[at], chunk) : [nullPage(rows)], rows, columns[at]) };
        }
      } finally {
        // Nobody waits for them any more, where the reader has ended before.
        await Promise.allSettled(ahead);
      }
    },
  };
}

async function chunkOf(parquet: ParquetFile, group: number, { column }: FileColumn): Promise<StoredChunk | undefined> {
  return column && parquet.readChunk(group, column);
}

/** Pages whose rows are all that the row group has. */
function* telled(uri: string, pages: Iterable<Page>, rows: number, { field }: FileColumn): Generator<Page> {
  let seen = 0;
  const iterator = pages[Symbol.iterator]();
  for (;;) {
    const { value: page, done } = telling(uri, () => iterator.next());
    if (done) break;
    seen += page.rows;
    yield page;
  }
  if (seen !== rows) throw unreadable(uri, `the column '${field.name}' has ${seen} values for ${rows} rows`);
}

function pagesOf(parquet: ParquetFile, group: number, { field, column, to }: FileColumn, chunk: StoredChunk): Iterable<Page> {
  const type = columnType(field);
  const decompress = quickDecompressor(chunk.codec);
  const convert = column!.unit === 'MICROS' ? converterOf(column!, type, field.type === 'long' || decimalOf(field.type) !== undefined) : undefined;
  const stored = decompress && convert ? storedPages(chunk.bytes) : undefined;
  if (stored) return converted(readPages(chunk.bytes, stored, column!, decompress!), convert!);
  // An encoding of other writers, or another unit: by way of values.
  return pagesOfValues(parquet.valuesOf(chunk, group, column!), to!, type);
}

function* converted(pages: Iterable<Page>, convert: (page: Page) => Page): Generator<Page> {
  for (const page of pages) yield convert(page);
}

function* pagesOfValues(values: ArrayLike<unknown>, to: ToValue, type: ColumnType): Generator<Page> {
  for (let from = 0; from < values.length; from += PAGE_ROWS) {
    const rows = Array.from({ length: Math.min(PAGE_ROWS, values.length - from) }, (_, at) => to(values[from + at] as Parameters<ToValue>[0]));
    yield pageOf(rows, type);
  }
}

/** Values in the physical form of a type. @throws IcebergError TABLE_UNREADABLE for one that it does not hold */
export function pageOf(values: readonly RowValue[], type: ColumnType): Page {
  const valid = new Uint8Array(values.length);
  const present: NonNullable<RowValue>[] = [];
  values.forEach((value, row) => {
    if (value === null) return;
    valid[row] = 1;
    present.push(value);
  });
  const stored = present.length === 0 ? NO_VALUES : plainOf(present, type);
  return { rows: values.length, ...(present.length < values.length && { valid }), values: stored };
}

function plainOf(values: readonly NonNullable<RowValue>[], type: ColumnType): PlainValues {
  const { length: count } = values;
  const width = widthOf(type);
  if (width === 0) {
    const each = values.map(bytesOf);
    const starts = new Uint32Array(count + 1);
    each.forEach(({ length }, i) => { starts[i + 1] = starts[i] + 4 + length; });
    const bytes = Buffer.allocUnsafeSlow(starts[count]);
    each.forEach((value, i) => {
      bytes.writeUInt32LE(value.length, starts[i]);
      bytes.set(value, starts[i] + 4);
    });
    return { bytes, count, width, starts };
  }
  const bytes = Buffer.alloc(count * width);
  values.forEach((value, i) => putValue(bytes, i * width, value, type, width));
  return { bytes, count, width };
}

function bytesOf(value: NonNullable<RowValue>): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value as Uint8Array;
}

function putValue(bytes: Buffer, at: number, value: NonNullable<RowValue>, { physical, order }: ColumnType, width: number): void {
  switch (physical) {
    case 'BOOLEAN': bytes[at] = value ? 1 : 0; break;
    case 'INT32': bytes.writeInt32LE(Number(value), at); break;
    case 'INT64': bytes.writeBigInt64LE(BigInt(value as number | bigint), at); break;
    case 'FLOAT': bytes.writeFloatLE(value as number, at); break;
    case 'DOUBLE': bytes.writeDoubleLE(value as number, at); break;
    default:
      if (order === 'signed') return putDecimal(bytes, at, BigInt(value as bigint), width);
      if ((value as Uint8Array).length !== width) throw new IcebergError('TABLE_UNREADABLE', `a value of ${(value as Uint8Array).length} bytes in a column of ${width}`);
      bytes.set(value as Uint8Array, at);
  }
}

/** Big-endian two's complement. */
function putDecimal(bytes: Buffer, at: number, value: bigint, width: number): void {
  if (BigInt.asIntN(8 * width, value) !== value) throw new IcebergError('TABLE_UNREADABLE', `the decimal ${value} in a column of ${width} bytes`);
  for (let i = width - 1, rest = BigInt.asUintN(8 * width, value); i >= 0; i--, rest >>= 8n) bytes[at + i] = Number(rest & 0xffn);
}
