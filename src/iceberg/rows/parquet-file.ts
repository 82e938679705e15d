import { DECOMPRESSORS } from './decompress';
import { RangeFiles } from '../files/table-files';
import { IcebergError } from '../spec/errors';
import { CODECS, FOOTER_TAIL_BYTES, footerBytes, PHYSICAL, readThrift, Thrift } from '../spec/parquet-footer';

/** A value as a Parquet file holds it: what its logical type makes of it is not asked. */
export type PhysicalValue = boolean | number | bigint | Uint8Array | null | undefined;

/** Values of a column in one row group, in the order of its rows. */
export type PhysicalValues = ArrayLike<PhysicalValue>;

/** A column of a file that was opened. */
export interface ParquetColumn {
  /** Its place in the file. */
  readonly at: number;
  readonly name: string;
  readonly fieldId?: number;
  readonly physical: string;
  /** Of a FIXED_LEN_BYTE_ARRAY. */
  readonly length?: number;
  readonly optional: boolean;
  /** Unit of a time or timestamp: MICROS unless the file says otherwise. */
  readonly unit: 'MILLIS' | 'MICROS' | 'NANOS';
}

/** An opened file. Nothing but its end is in memory, of small ones all. */
export interface ParquetFile {
  readonly uri: string;
  readonly columns: readonly ParquetColumn[];
  /** Rows of each row group. */
  readonly groups: readonly number[];
  readonly rows: number;
  /** Bytes that a column takes in the file, as they are stored. */
  bytesOf(column: ParquetColumn): number;
  /** @throws IcebergError TABLE_UNREADABLE */
  readColumn(group: number, column: ParquetColumn): Promise<PhysicalValues>;
  /** @throws IcebergError TABLE_UNREADABLE */
  readChunk(group: number, column: ParquetColumn): Promise<StoredChunk>;
  /** Values of a chunk that was read. @throws IcebergError TABLE_UNREADABLE */
  valuesOf(chunk: StoredChunk, group: number, column: ParquetColumn): PhysicalValues;
}

/** Read at once from the end: the footer, and all of a small file. */
const FIRST_READ_BYTES = 1024 * 1024;

/** What a footer says of a column chunk. */
interface Chunk {
  readonly start: number;
  readonly bytes: number;
  readonly codec: string;
  readonly values: number;
}

/** A column chunk as it is stored, in memory. */
export interface StoredChunk {
  readonly bytes: Uint8Array;
  readonly codec: string;
}

/**
 * Opens a Parquet file with columns that are not nested.
 *
 * @throws IcebergError TABLE_UNREADABLE when it is missing, has other bytes than its manifest says, or cannot be read
 */
export async function openParquet(files: RangeFiles, uri: string, sizeBytes: number): Promise<ParquetFile> {
  const end = await endOf(files, uri, sizeBytes, FIRST_READ_BYTES);
  const needed = footerBytes(end, uri);
  if (needed > sizeBytes) throw unreadable(uri, `its footer has ${needed} bytes, more than the file`);
  const bytes = needed <= end.length ? end : await endOf(files, uri, sizeBytes, needed);
  const footer = telling(uri, () => readThrift(bytes.subarray(bytes.length - needed, bytes.length - FOOTER_TAIL_BYTES)));
  const { field_2: [root, ...elements], field_4: rowGroups } = footer as { readonly field_2: readonly Thrift[]; readonly field_4: readonly Thrift[] };
  if (root.field_5 !== elements.length) throw unreadable(uri, 'it has nested columns');
  const columns = elements.map(columnOf);
  const chunks = rowGroups.map((group) => (group.field_1 as readonly Thrift[]).map(chunkOf));
  // Held only where it is the whole file: the end of a large one has no column chunks that are worth keeping.
  const whole = end.length === sizeBytes ? end : undefined;
  const readChunk = async (group: number, { at, name }: ParquetColumn): Promise<StoredChunk> => {
    const { start, bytes: length, codec } = chunks[group][at];
    const stored = whole ? whole.subarray(start, start + length) : await files.readRange(uri, start, length);
    if (stored?.length !== length) throw unreadable(uri, `the column '${name}' has ${stored?.length ?? 0} bytes of ${length}`);
    return { bytes: stored, codec };
  };
  const valuesOf = ({ bytes: stored }: StoredChunk, group: number, column: ParquetColumn) => (
    telling(uri, () => decoded(stored, column, chunks[group][column.at], Number(rowGroups[group].field_3))));
  return {
    uri,
    columns,
    groups: rowGroups.map((group) => Number(group.field_3)),
    rows: Number(footer.field_3),
    bytesOf: ({ at }) => chunks.reduce((sum, group) => sum + group[at].bytes, 0),
    readColumn: async (group, column) => valuesOf(await readChunk(group, column), group, column),
    readChunk,
    valuesOf,
  };
}

async function endOf(files: RangeFiles, uri: string, sizeBytes: number, bytes: number): Promise<Buffer> {
  const read = await files.readEnd(uri, bytes);
  if (!read) throw unreadable(uri, 'it is missing');
  if (read.sizeBytes !== sizeBytes) throw unreadable(uri, `it has ${read.sizeBytes} bytes, its manifest says ${sizeBytes}`);
  return read.end;
}

/** What is wrong with a file. */
export function unreadable(uri: string, why: string, cause?: unknown): IcebergError {
  return new IcebergError('TABLE_UNREADABLE', `'${uri}' cannot be read: ${why}`, { cause });
}

/** Tells of which file an error is. */
export function telling<T>(uri: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unreadable(uri, (error as Error).message, error);
  }
}

/** `SchemaElement` of parquet.thrift. */
function columnOf(element: Thrift, at: number): ParquetColumn {
  const { field_1: type, field_2: length, field_3: repetition, field_4: name, field_6: converted, field_9: fieldId, field_10: logical } = element;
  const unit = (logical?.field_7 ?? logical?.field_8)?.field_2;
  return {
    at,
    name: Buffer.from(name).toString('utf8'),
    ...(fieldId !== undefined && { fieldId }),
    physical: PHYSICAL[type],
    ...(length !== undefined && { length }),
    optional: repetition === 1,
    // TIME_MILLIS and TIMESTAMP_MILLIS, where there is no logical type.
    unit: unit?.field_1 || (!unit && (converted === 7 || converted === 9)) ? 'MILLIS' : unit?.field_3 ? 'NANOS' : 'MICROS',
  };
}

/** `ColumnMetaData` of parquet.thrift. */
function chunkOf({ field_3: chunk }: Thrift): Chunk {
  const { field_4: codec, field_5: values, field_7: bytes, field_9: data, field_11: dictionary } = chunk as Thrift;
  return { start: Math.min(Number(data), Number(dictionary || data)), bytes: Number(bytes), codec: CODECS[codec], values: Number(values) };
}

/** What is used of hyparquet, an ES module, which only bundlers can require. */
interface Hyparquet {
  readColumn(reader: object, select: object, decoder: object): { readonly data: PhysicalValues[]; readonly skipped: number };
}

let hyparquet: Hyparquet | undefined;

function library(): Hyparquet {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return hyparquet ??= require('hyparquet/src/column.js') as Hyparquet;
}

/**
 * The column without its logical type: hyparquet's own conversions make numbers of decimals and dates of timestamps, which lose
 * digits. Pages follow each other as they were written.
 */
function decoded(stored: Uint8Array, { name, physical, length, optional }: ParquetColumn, { codec, values }: Chunk, rows: number): PhysicalValues {
  if (values !== rows) throw new Error(`the column '${name}' has ${values} values for ${rows} rows`);
  const { readColumn } = library();
  const element = { name, type: physical, type_length: length, repetition_type: optional ? 'OPTIONAL' : 'REQUIRED' };
  const view = new DataView(stored.buffer, stored.byteOffset, stored.length);
  const { data } = readColumn({ view, offset: 0 }, { groupStart: 0, selectStart: 0, selectEnd: rows }, {
    pathInSchema: [name],
    type: physical,
    element,
    schemaPath: [{ element: { name: 'schema' }, children: [], path: [], count: 2 }, { element, children: [], path: [name], count: 1 }],
    codec,
    compressors: DECOMPRESSORS,
    parsers: {},
    utf8: false,
  });
  const pages = data.filter((page) => page.length > 0);
  const all = pages.length === 1 ? pages[0] : pages.flatMap((page) => Array.from(page));
  if (all.length !== rows) throw new Error(`the column '${name}' has ${all.length} values for ${rows} rows`);
  return all;
}
