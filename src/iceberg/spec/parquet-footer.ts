import { IcebergError } from './errors';

/** A column of a file: sums over its row groups. */
export interface FooterColumn {
  readonly name: string;
  readonly fieldId?: number;
  readonly physical: string;
  /** NULLs included. */
  readonly values: number;
  readonly nulls: number | undefined;
  readonly compressedBytes: number;
  /** The least value in each row group that has one, in PLAIN's form; undefined where a row group with values tells none. */
  readonly least: readonly Uint8Array[] | undefined;
  readonly greatest: readonly Uint8Array[] | undefined;
}

/** What a Parquet file's end says of it, as bytes: statistics are not turned into other values. */
export interface RawFooter {
  readonly rows: number;
  readonly columns: readonly FooterColumn[];
  /** Where each row group begins. */
  readonly splitOffsets: readonly number[];
}

/** Bytes behind the footer: its length, and `PAR1`. */
export const FOOTER_TAIL_BYTES = 8;

/** Physical types by their number (parquet.thrift, `Type`). */
export const PHYSICAL = ['BOOLEAN', 'INT32', 'INT64', 'INT96', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'];

/** Codecs by their number (parquet.thrift, `CompressionCodec`). */
export const CODECS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'];

/** A Thrift struct, by field. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Thrift = { readonly [field: `field_${number}`]: any };

/** An ES module, which only bundlers can require. Its reader of footers turns decimals and times into numbers, so only Thrift is taken. */
export function readThrift(bytes: Uint8Array): Thrift {
  return readThriftAt(bytes, 0).value;
}

/** Reads the struct that begins at a place. @returns the place behind it too */
export function readThriftAt(bytes: Uint8Array, at: number): { readonly value: Thrift; readonly end: number } {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: at };
  const value = library().deserializeTCompactProtocol(reader);
  return { value, end: reader.offset };
}

interface ThriftLibrary {
  deserializeTCompactProtocol(reader: { readonly view: DataView; offset: number }): Thrift;
}

let loaded: ThriftLibrary | undefined;

function library(): ThriftLibrary {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return loaded ??= require('hyparquet/src/thrift.js') as ThriftLibrary;
}

/**
 * Bytes of a footer, its own tail included.
 *
 * @param tail the last bytes of the file, 8 at least
 * @throws IcebergError TABLE_UNREADABLE when it is no Parquet file
 */
export function footerBytes(tail: Uint8Array, name: string): number {
  const view = Buffer.from(tail.buffer, tail.byteOffset, tail.length);
  if (view.length < FOOTER_TAIL_BYTES || view.toString('latin1', view.length - 4) !== 'PAR1') {
    throw new IcebergError('TABLE_UNREADABLE', `'${name}' is no Parquet file: it does not end with PAR1`);
  }
  return view.readUInt32LE(view.length - FOOTER_TAIL_BYTES) + FOOTER_TAIL_BYTES;
}

/**
 * Reads a footer (parquet.thrift, `FileMetaData`).
 *
 * @param end the end of the file, all of the footer in it
 * @throws IcebergError TABLE_UNREADABLE when it cannot be read, or has nested columns
 */
export function readFooter(end: Uint8Array, name: string): RawFooter {
  try {
    const bytes = footerBytes(end, name);
    const footer = end.subarray(end.length - bytes, end.length - FOOTER_TAIL_BYTES);
    const { field_2: [root, ...elements], field_3: rows, field_4: rowGroups } = readThrift(footer);
    if (root.field_5 !== elements.length) throw new Error('it has nested columns');
    return {
      rows: Number(rows),
      columns: (elements as Thrift[]).map((element, at) => footerColumn(element, (rowGroups as Thrift[]).map((group) => group.field_1[at]))),
      splitOffsets: (rowGroups as Thrift[]).map((group) => {
        const { field_9: data, field_11: dictionary } = group.field_1[0].field_3 as Thrift;
        return Math.min(Number(data), Number(dictionary ?? data));
      }),
    };
  } catch (error) {
    if (error instanceof IcebergError) throw error;
    throw new IcebergError('TABLE_UNREADABLE', `the footer of '${name}' cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function footerColumn(element: Thrift, chunks: readonly Thrift[]): FooterColumn {
  const sums = { values: 0, nulls: 0 as number | undefined, compressedBytes: 0 };
  const least: Uint8Array[] = [];
  const greatest: Uint8Array[] = [];
  let bounded = true;
  for (const { field_3: chunk } of chunks) {
    const values = Number(chunk.field_5);
    const statistics = (chunk.field_12 ?? {}) as Thrift;
    const nulls = statistics.field_3 === undefined ? undefined : Number(statistics.field_3);
    sums.values += values;
    sums.compressedBytes += Number(chunk.field_7);
    sums.nulls = sums.nulls === undefined || nulls === undefined ? undefined : sums.nulls + nulls;
    const { field_5: max, field_6: min } = statistics;
    if (min && max) {
      // Copies: these are pieces of the file's end, all of which would be held by them.
      least.push(Buffer.from(min as Uint8Array));
      greatest.push(Buffer.from(max as Uint8Array));
    } else if (nulls !== values) {
      bounded = false;
    }
  }
  return {
    name: Buffer.from(element.field_4).toString('utf8'),
    ...(element.field_9 !== undefined && { fieldId: element.field_9 }),
    physical: PHYSICAL[element.field_1],
    ...sums,
    least: bounded ? least : undefined,
    greatest: bounded ? greatest : undefined,
  };
}
