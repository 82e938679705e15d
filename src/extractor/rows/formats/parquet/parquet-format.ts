import { ThriftWriter } from './thrift-compact';
import { ParquetColumn, ParquetType } from '../../columns/type-table';

/** Numbers and structs of the Parquet format (parquet.thrift of Apache Parquet 2). */

export const MAGIC = Buffer.from('PAR1');
export const Encoding = { PLAIN: 0, RLE: 3, RLE_DICTIONARY: 8 } as const;
export const Codec = { none: 0, snappy: 1, gzip: 2, zstd: 6 } as const;
const PHYSICAL = { BOOLEAN: 0, INT32: 1, INT64: 2, FLOAT: 4, DOUBLE: 5, BYTE_ARRAY: 6, FIXED_LEN_BYTE_ARRAY: 7 } as const;
const ConvertedType = { UTF8: 0, DECIMAL: 5, DATE: 6, TIME_MICROS: 8, TIMESTAMP_MICROS: 10 } as const;
const OPTIONAL = 1;
const FORMAT_VERSION = 2;
const TIME_UNIT = { MICROS: 2, NANOS: 3 } as const;
const PAGE_TYPE = { data: 0, dictionary: 2 } as const;

/** Smallest and greatest value of a column chunk in plain encoding. */
export interface Statistics {
  readonly nullCount: number;
  readonly min?: Uint8Array;
  readonly max?: Uint8Array;
}

/** What the footer says of a column chunk. */
export interface ColumnChunkInfo {
  readonly column: ParquetColumn;
  readonly codec: number;
  readonly encodings: readonly number[];
  readonly values: number;
  readonly uncompressedBytes: number;
  readonly compressedBytes: number;
  readonly dataPageOffset: number;
  readonly dictionaryPageOffset?: number;
  readonly statistics: Statistics;
}

export interface RowGroupInfo {
  readonly rows: number;
  readonly columns: readonly ColumnChunkInfo[];
}

export function dataPageHeader(values: number, encoding: number, uncompressedBytes: number, compressedBytes: number): Uint8Array {
  return new ThriftWriter()
    .i32(1, PAGE_TYPE.data).i32(2, uncompressedBytes).i32(3, compressedBytes)
    .struct(5, (page) => page.i32(1, values).i32(2, encoding).i32(3, Encoding.RLE).i32(4, Encoding.RLE))
    .stop();
}

export function dictionaryPageHeader(values: number, uncompressedBytes: number, compressedBytes: number): Uint8Array {
  return new ThriftWriter()
    .i32(1, PAGE_TYPE.dictionary).i32(2, uncompressedBytes).i32(3, compressedBytes)
    .struct(7, (page) => page.i32(1, values).i32(2, Encoding.PLAIN).bool(3, false))
    .stop();
}

/** FileMetaData, its length and the magic. */
export function footer(
  columns: readonly ParquetColumn[], rowGroups: readonly RowGroupInfo[], keyValues: ReadonlyMap<string, string>, createdBy: string,
): Uint8Array {
  const metadata = new ThriftWriter()
    .i32(1, FORMAT_VERSION)
    .structs<ParquetColumn | undefined>(2, [undefined, ...columns], (element, column) => {
      if (column) schemaElement(element, column);
      else element.binary(4, 'schema').i32(5, columns.length);
    })
    .i64(3, rowGroups.reduce((sum, { rows }) => sum + rows, 0))
    .structs(4, rowGroups, rowGroup)
    .structs(5, [...keyValues], (pair, [key, value]) => pair.binary(1, key).binary(2, value))
    .binary(6, createdBy)
    // Without an order per column, readers do not trust min_value and max_value.
    .structs(7, columns, (order) => order.struct(1, () => undefined))
    .stop();
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(metadata.length, 0);
  MAGIC.copy(tail, 4);
  return Buffer.concat([metadata, tail]);
}

/** SchemaElement: the old annotation stands before the field id, the new one behind it. */
function schemaElement(element: ThriftWriter, { name, type, fieldId }: ParquetColumn): void {
  element.i32(1, PHYSICAL[type.physical]);
  if (type.physical === 'FIXED_LEN_BYTE_ARRAY') element.i32(2, type.length);
  element.i32(3, OPTIONAL).binary(4, name);
  const logical = 'logical' in type && type.logical !== undefined ? type : undefined;
  const converted = logical && convertedType(logical);
  if (converted !== undefined) element.i32(6, converted);
  if (logical?.logical === 'DECIMAL') element.i32(7, logical.scale).i32(8, logical.precision);
  if (fieldId !== undefined) element.i32(9, fieldId);
  if (logical) element.struct(10, (union) => logicalType(union, logical));
}

type Annotated = Extract<ParquetType, { readonly logical: string }>;

function convertedType(type: Annotated): number | undefined {
  switch (type.logical) {
    case 'STRING': return ConvertedType.UTF8;
    case 'DATE': return ConvertedType.DATE;
    case 'DECIMAL': return ConvertedType.DECIMAL;
    case 'UUID': return undefined;
    // The format asks for the old annotation with local time too, so that old readers see a time; nanoseconds have none.
    case 'TIME': return type.unit === 'MICROS' ? ConvertedType.TIME_MICROS : undefined;
    case 'TIMESTAMP': return type.unit === 'MICROS' ? ConvertedType.TIMESTAMP_MICROS : undefined;
  }
}

function logicalType(union: ThriftWriter, type: Annotated): void {
  switch (type.logical) {
    case 'STRING': union.struct(1, () => undefined); break;
    case 'DATE': union.struct(6, () => undefined); break;
    case 'DECIMAL': union.struct(5, (decimal) => decimal.i32(1, type.scale).i32(2, type.precision)); break;
    case 'UUID': union.struct(14, () => undefined); break;
    case 'TIME': case 'TIMESTAMP':
      union.struct(type.logical === 'TIME' ? 7 : 8, (time) => (
        time.bool(1, type.logical === 'TIMESTAMP' && type.utc).struct(2, (unit) => unit.struct(TIME_UNIT[type.unit], () => undefined))));
  }
}

function rowGroup(group: ThriftWriter, { rows, columns }: RowGroupInfo): void {
  group
    .structs(1, columns, (chunk, info) => chunk
      .i64(2, info.dictionaryPageOffset ?? info.dataPageOffset)
      .struct(3, (metadata) => columnMetadata(metadata, info)))
    .i64(2, columns.reduce((sum, { uncompressedBytes }) => sum + uncompressedBytes, 0))
    .i64(3, rows);
}

function columnMetadata(metadata: ThriftWriter, info: ColumnChunkInfo): void {
  metadata
    .i32(1, PHYSICAL[info.column.type.physical])
    .i32s(2, info.encodings)
    .strings(3, [info.column.name])
    .i32(4, info.codec)
    .i64(5, info.values)
    .i64(6, info.uncompressedBytes)
    .i64(7, info.compressedBytes)
    .i64(9, info.dataPageOffset);
  if (info.dictionaryPageOffset !== undefined) metadata.i64(11, info.dictionaryPageOffset);
  const { nullCount, min, max } = info.statistics;
  metadata.struct(12, (statistics) => {
    statistics.i64(3, nullCount);
    if (max) statistics.binary(5, max);
    if (min) statistics.binary(6, min);
  });
}

/** Bytes of a value in plain encoding; 0 where it varies or is less than one. */
export function plainWidth(type: ParquetType): number {
  switch (type.physical) {
    case 'INT32': case 'FLOAT': return 4;
    case 'INT64': case 'DOUBLE': return 8;
    case 'FIXED_LEN_BYTE_ARRAY': return type.length;
    default: return 0;
  }
}
