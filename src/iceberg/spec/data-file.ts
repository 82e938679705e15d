import { icebergBound, MAX_COLUMNS_WITH_METRICS } from './bounds';
import { IcebergError } from './errors';
import { FooterColumn, RawFooter } from './parquet-footer';
import { Field } from './schema';
import { decimalOf, IcebergType } from './types';
import { DELETED_AT_FIELD_ID } from '../../contract';

/** What a file holds: rows, or deletes of them (Iceberg spec, "Data File Fields", content). */
export const FileContent = { data: 0, positionDeletes: 1, equalityDeletes: 2 } as const;

/** A file as manifests name it (Iceberg spec, "Data File Fields"); maps are by field id. */
export interface DataFile {
  readonly content: 0 | 1 | 2;
  readonly filePath: string;
  readonly recordCount: number;
  readonly fileSizeBytes: number;
  readonly columnSizes: ReadonlyMap<number, number>;
  readonly valueCounts: ReadonlyMap<number, number>;
  readonly nullValueCounts: ReadonlyMap<number, number>;
  readonly lowerBounds: ReadonlyMap<number, Buffer>;
  readonly upperBounds: ReadonlyMap<number, Buffer>;
  readonly splitOffsets?: readonly number[];
  /** Of an equality delete file: the columns by which rows are equal. */
  readonly equalityIds?: readonly number[];
}

/** A landed file and what its footer tells. */
export interface LandedFile {
  readonly uri: string;
  readonly sizeBytes: number;
  readonly footer: RawFooter;
}

/**
 * The entry of a landed file. Bounds come from its own footer; where a row group has none, there is none.
 *
 * @param fields in the order of the file's columns
 * @param fileNames names of the columns in the file
 * @throws IcebergError FILE_UNPROVEN when the file's columns are others
 */
export function dataFile({ uri, sizeBytes, footer }: LandedFile, fields: readonly Field[], fileNames: readonly string[]): DataFile {
  const columns = footer.columns.map(({ name }) => name);
  if (columns.join('\0') !== fileNames.join('\0')) {
    throw new IcebergError('FILE_UNPROVEN', `'${uri}' has the columns ${columns.join(', ')}; the manifest names ${fileNames.join(', ')}`);
  }
  const maps = {
    columnSizes: new Map<number, number>(),
    valueCounts: new Map<number, number>(),
    nullValueCounts: new Map<number, number>(),
    lowerBounds: new Map<number, Buffer>(),
    upperBounds: new Map<number, Buffer>(),
  };
  fields.forEach(({ id, type, name }, at) => {
    const column = footer.columns[at];
    if (column.fieldId !== undefined && column.fieldId !== id) {
      throw new IcebergError('FILE_UNPROVEN', `'${uri}' has the field id ${column.fieldId} for the column '${name}', which has ${id}`);
    }
    // Of whether rows are deleted, files of any number of columns tell.
    if (at >= MAX_COLUMNS_WITH_METRICS && id !== DELETED_AT_FIELD_ID) return;
    maps.columnSizes.set(id, column.compressedBytes);
    maps.valueCounts.set(id, column.values);
    if (column.nulls !== undefined) maps.nullValueCounts.set(id, column.nulls);
    addBounds(maps, id, type, column);
  });
  return { content: FileContent.data, filePath: uri, recordCount: footer.rows, fileSizeBytes: sizeBytes, ...maps, splitOffsets: footer.splitOffsets };
}

function addBounds(
  { lowerBounds, upperBounds }: { readonly lowerBounds: Map<number, Buffer>; readonly upperBounds: Map<number, Buffer> },
  id: number, type: IcebergType, { physical, least, greatest }: FooterColumn,
): void {
  if (!least?.length || !greatest?.length) return;
  // A row group whose bound is NaN may have any value.
  if ([...least, ...greatest].some((bytes) => isNaNOf(physical, bytes))) return;
  const compare = order(type, physical);
  const lower = icebergBound(type, physical, least.reduce((a, b) => (compare(b, a) < 0 ? b : a)), 'lower');
  const upper = icebergBound(type, physical, greatest.reduce((a, b) => (compare(b, a) > 0 ? b : a)), 'upper');
  if (lower) lowerBounds.set(id, lower);
  if (upper) upperBounds.set(id, upper);
}

function isNaNOf(physical: string, bytes: Uint8Array): boolean {
  return (physical === 'FLOAT' && Number.isNaN(bufferOf(bytes).readFloatLE())) || (physical === 'DOUBLE' && Number.isNaN(bufferOf(bytes).readDoubleLE()));
}

/** How two statistics compare. */
function order(type: IcebergType, physical: string): (a: Uint8Array, b: Uint8Array) => number {
  const by = (read: (bytes: Buffer) => number | bigint) => (a: Uint8Array, b: Uint8Array) => {
    const [x, y] = [read(bufferOf(a)), read(bufferOf(b))];
    return x < y ? -1 : x > y ? 1 : 0;
  };
  switch (physical) {
    case 'INT32': return by((bytes) => bytes.readInt32LE());
    case 'INT64': return by((bytes) => bytes.readBigInt64LE());
    case 'FLOAT': return by((bytes) => bytes.readFloatLE());
    case 'DOUBLE': return by((bytes) => bytes.readDoubleLE());
    case 'FIXED_LEN_BYTE_ARRAY': {
      // Of one length, so only the sign stands in the way of the order of bytes.
      if (decimalOf(type)) return (a, b) => (a[0] & 0x80) === (b[0] & 0x80) ? Buffer.compare(a, b) : (b[0] & 0x80) - (a[0] & 0x80);
    }
  }
  return Buffer.compare;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
