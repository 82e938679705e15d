import { ByteRoom } from './byte-room';
import { columnType, schemaElement } from './column-type';
import { ColumnWriter, WrittenChunk } from './column-writer';
import { Page } from './page';
import { thriftBytes } from './thrift-bytes';
import { icebergBound } from '../../spec/bounds';
import { CODECS, FOOTER_TAIL_BYTES, PHYSICAL, Thrift } from '../../spec/parquet-footer';
import { Field } from '../../spec/schema';
import { pageCompressor } from '../decompress';

/** Bytes of a row group before they are compressed, as extraction makes them. */
export const GROUP_BYTES = 64 * 1024 * 1024;

/** Bytes of a statistic; of a longer one stands what bounds of a manifest have, 16 characters. */
const STATISTIC_BYTES = 64;

const MAGIC = Buffer.from('PAR1');
const CREATED_BY = 'cdk-legacy-to-s3';

/**
 * A Parquet file in memory, made of pages: columns by field id, each of the type that the table has for it (Iceberg spec, Appendix A).
 * Rows come column by column; what is held of a row group are its compressed pages, and of each column one page as it is.
 */
export class StoredRows {
  public rows = 0;
  private readonly bytes: ByteRoom;
  private readonly codec: string;
  private readonly newColumns: () => ColumnWriter[];
  private columns: ColumnWriter[];
  private readonly groups: Thrift[] = [];
  /** Of the row group that is being filled. */
  private pending = 0;

  /** @param expectedBytes of the file; memory is taken as they come */
  public constructor(private readonly fields: readonly Field[], expectedBytes = 0) {
    const { codec, compress } = pageCompressor();
    this.codec = codec;
    this.bytes = new ByteRoom(expectedBytes + 1024);
    this.bytes.append(MAGIC);
    const types = fields.map(columnType);
    this.newColumns = () => fields.map(({ required }, at) => new ColumnWriter(types[at], !required, compress));
    this.columns = this.newColumns();
  }

  /** Bytes of the row groups that have ended. */
  public get sizeBytes(): number {
    return this.bytes.length;
  }

  /** Adds rows of one column; every column gets the same before {@link endRows}. */
  public add(field: number, page: Page): void {
    if (page.rows > 0) this.columns[field].add(page);
  }

  /** So many rows have come in all columns. */
  public endRows(rows: number): void {
    this.pending += rows;
    this.rows += rows;
    if (this.columns.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) >= GROUP_BYTES) this.endGroup();
  }

  /** The file. Nothing can be added any more. */
  public finish(): Buffer {
    if (this.pending > 0) this.endGroup();
    const footer = thriftBytes({
      field_1: 2,
      field_2: [{ field_4: 'schema', field_5: this.fields.length }, ...this.fields.map(schemaElement)],
      field_3: BigInt(this.rows),
      field_4: this.groups,
      field_6: CREATED_BY,
      // Without an order of each column readers do not trust its statistics.
      field_7: this.fields.map(() => ({ field_1: {} })),
    });
    const tail = Buffer.alloc(FOOTER_TAIL_BYTES);
    tail.writeUInt32LE(footer.length, 0);
    MAGIC.copy(tail, 4);
    this.bytes.append(footer);
    this.bytes.append(tail);
    const { buffer, byteOffset, length } = this.bytes.view();
    return Buffer.from(buffer, byteOffset, length);
  }

  private endGroup(): void {
    const chunks = this.columns.map((column, at) => {
      const chunk = column.finish();
      if (chunk.values !== this.pending) throw new RangeError(`the column '${this.fields[at].name}' has ${chunk.values} values for ${this.pending} rows`);
      const offset = this.bytes.length;
      for (const piece of chunk.pieces) this.bytes.append(piece);
      return { offset, chunk, metadata: this.metadataOf(this.fields[at], chunk, offset) };
    });
    this.groups.push({
      field_1: chunks.map(({ offset, metadata }) => ({ field_2: BigInt(offset), field_3: metadata })),
      field_2: BigInt(chunks.reduce((sum, { chunk }) => sum + chunk.plainBytes, 0)),
      field_3: BigInt(this.pending),
    });
    this.columns = this.newColumns();
    this.pending = 0;
  }

  /** parquet.thrift, `ColumnMetaData`. */
  private metadataOf(field: Field, chunk: WrittenChunk, offset: number): Thrift {
    const { dictionaryBytes, storedBytes, plainBytes, values, nulls, encodings, bounds } = chunk;
    const { physical } = columnType(field);
    return {
      field_1: PHYSICAL.indexOf(physical),
      field_2: [...encodings],
      field_3: [field.name],
      field_4: CODECS.indexOf(this.codec),
      field_5: BigInt(values),
      field_6: BigInt(plainBytes),
      field_7: BigInt(storedBytes),
      field_9: BigInt(offset + dictionaryBytes),
      ...(dictionaryBytes > 0 && { field_11: BigInt(offset) }),
      field_12: { field_3: BigInt(nulls), ...(bounds && statisticsOf(field, physical, bounds)) },
    };
  }
}

/** parquet.thrift, `Statistics`: the greatest and the least value, and whether they are exact. */
function statisticsOf({ type }: Field, physical: string, { least, greatest }: NonNullable<WrittenChunk['bounds']>): Partial<Thrift> {
  if (Math.max(least.length, greatest.length) <= STATISTIC_BYTES) return { field_5: greatest, field_6: least };
  const [lower, upper] = [icebergBound(type, physical, least, 'lower'), icebergBound(type, physical, greatest, 'upper')];
  // Some readers take either alone for none.
  return lower && upper ? { field_5: upper, field_6: lower, field_7: false, field_8: false } : {};
}
