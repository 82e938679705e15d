import * as zlib from 'node:zlib';
import { RowValue } from './values';
import { IcebergError } from '../spec/errors';
import { Field } from '../spec/schema';
import { decimalOf, IcebergType } from '../spec/types';

/** Rows of a row group: what is in memory as values at a time. */
const GROUP_ROWS = 100_000;

/** Bytes of a text's or binary's statistic: 16 characters, which bounds have, are not more. */
const STATISTIC_BYTES = 64;

/** What zlib has from Node 22.15 on; GZIP is Node's own before. */
const native = zlib as unknown as { readonly zstdCompressSync?: (bytes: Uint8Array) => Buffer };
const CODEC = native.zstdCompressSync ? 'ZSTD' : 'GZIP';
const COMPRESSORS = {
  ZSTD: (bytes: Uint8Array) => native.zstdCompressSync!(bytes),
  GZIP: (bytes: Uint8Array) => zlib.gzipSync(bytes, { level: 4 }),
};

/** `SchemaElement` of parquet.thrift, as hyparquet has it. */
interface Element {
  readonly name: string;
  readonly type?: string;
  readonly type_length?: number;
  readonly num_children?: number;
  readonly repetition_type?: 'OPTIONAL' | 'REQUIRED';
  readonly converted_type?: string;
  readonly logical_type?: { readonly type: string; readonly [field: string]: unknown };
  readonly precision?: number;
  readonly scale?: number;
  readonly field_id?: number;
}

/** What is used of hyparquet-writer, an ES module, which only bundlers can require. */
interface HyparquetWriter {
  readonly ByteWriter: new (bytes?: number) => { readonly offset: number; getBytes(): Uint8Array };
  readonly ParquetWriter: new (options: object) => { write(rows: object): void; finish(): void };
}

function library(): HyparquetWriter {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('hyparquet-writer/src/index.js') as HyparquetWriter;
}

/** Writes rows into one Parquet file in memory: columns by field id, each of the type that the table has for it (Iceberg spec, Appendix A). */
export class ParquetRows {
  public rows = 0;
  private readonly bytes: InstanceType<HyparquetWriter['ByteWriter']>;
  private readonly writer: InstanceType<HyparquetWriter['ParquetWriter']>;
  private pending: RowValue[][];

  public constructor(private readonly fields: readonly Field[]) {
    const { ByteWriter, ParquetWriter } = library();
    this.bytes = new ByteWriter(1024 * 1024);
    const schema: Element[] = [{ name: 'schema', num_children: fields.length }, ...fields.map(elementOf)];
    this.writer = new ParquetWriter({
      writer: this.bytes, schema, codec: CODEC, compressors: COMPRESSORS, statisticsTruncateLength: STATISTIC_BYTES, createdBy: 'cdk-legacy-to-s3',
    });
    this.pending = fields.map(() => []);
  }

  /** Bytes of what has been written out, not of rows that wait for their row group to be full. */
  public get sizeBytes(): number {
    return this.bytes.offset;
  }

  /** @param columns by field, then by row */
  public add(columns: ReadonlyArray<readonly RowValue[]>): void {
    const rows = columns[0].length;
    for (let from = 0; from < rows;) {
      const to = Math.min(rows, from + GROUP_ROWS - this.pending[0].length);
      columns.forEach((column, at) => {
        for (let row = from; row < to; row++) this.pending[at].push(column[row]);
      });
      this.rows += to - from;
      from = to;
      if (this.pending[0].length === GROUP_ROWS) this.writeGroup();
    }
  }

  /** The file. Nothing can be added any more. */
  public finish(): Buffer {
    if (this.pending[0].length > 0) this.writeGroup();
    this.writer.finish();
    const bytes = this.bytes.getBytes();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  private writeGroup(): void {
    const columnData = this.fields.map(({ name, type }, at) => ({
      name,
      data: this.pending[at].map(type === 'string' ? bytesOf : (value) => value),
      offsetIndex: false,
      // A dictionary would make one of -0 and 0.
      ...((type === 'float' || type === 'double') && { encoding: 'PLAIN' }),
    }));
    this.writer.write({ columnData, rowGroupSize: GROUP_ROWS });
    this.pending = this.fields.map(() => []);
  }
}

/** One form for all texts, so that statistics compare bytes: some may be no UTF-8. */
function bytesOf(value: RowValue): RowValue {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
}

function elementOf({ id, name, required, type }: Field): Element {
  return { name, repetition_type: required ? 'REQUIRED' : 'OPTIONAL', field_id: id, ...typeOf(type, name) };
}

function typeOf(type: IcebergType, column: string): Partial<Element> {
  const decimal = decimalOf(type);
  if (decimal) {
    const { precision, scale } = decimal;
    const physical = precision <= 9 ? { type: 'INT32' } : precision <= 18 ? { type: 'INT64' } : { type: 'FIXED_LEN_BYTE_ARRAY', type_length: decimalBytes(precision) };
    return { ...physical, converted_type: 'DECIMAL', logical_type: { type: 'DECIMAL', precision, scale }, precision, scale };
  }
  const fixed = /^fixed\[(\d+)\]$/.exec(type);
  if (fixed) return { type: 'FIXED_LEN_BYTE_ARRAY', type_length: Number(fixed[1]) };
  switch (type) {
    case 'boolean': return { type: 'BOOLEAN' };
    case 'int': return { type: 'INT32' };
    case 'long': return { type: 'INT64' };
    case 'float': return { type: 'FLOAT' };
    case 'double': return { type: 'DOUBLE' };
    case 'date': return { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } };
    case 'time': return { type: 'INT64', logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: 'MICROS' } };
    // The older annotation is of instants alone.
    case 'timestamp': return { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' } };
    case 'timestamptz': return { type: 'INT64', converted_type: 'TIMESTAMP_MICROS', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } };
    case 'string': return { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
    case 'uuid': return { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } };
    case 'binary': return { type: 'BYTE_ARRAY' };
  }
  throw new IcebergError('COLUMN_REFUSED', `the column '${column}' is ${type}, which is not written here`);
}

/** The fewest bytes that hold every number of so many digits. */
function decimalBytes(precision: number): number {
  let bytes = 1;
  while (2n ** BigInt(8 * bytes - 1) - 1n < 10n ** BigInt(precision) - 1n) bytes++;
  return bytes;
}
