import { ObjectStream, objectStream } from './object-stream';
import { ColumnAlterations, ReadRowsOptions } from './read-rows';
import { rowKey } from './row-key';
import { ManifestColumn, ManifestTally } from '../../../contract';
import { counted } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';
import { ClrType, TypeOptions } from '../../api/type-options';
import { LandedObject } from '../../landing/target/landing-target';
import { ColumnType, columnTypeOf, UnsupportedColumn } from '../columns/column-type';
import { mostOf, OffKernelCounts } from '../columns/off-kernel';
import { formatOfColumns, OutputFormat, refuseBlankLines } from '../columns/output-format';
import { movesBytes } from '../columns/row-compiler';
import { manifestColumns } from '../columns/type-table';
import { csvEncoder } from '../formats/csv/csv-encoder';
import { jsonLinesEncoder } from '../formats/json-lines/json-lines-encoder';
import { ParquetEncoder } from '../formats/parquet/parquet-encoder';
import { RowEncoder } from '../formats/row-encoder';
import { RowHasher } from '../hash/row-hasher';
import { HashSums, isSampleKey, SourceRowHasher } from '../hash/source-hash';
import { ColumnMetadata } from '../tds/column-metadata';
import { RowConsumer } from '../tds/token-reader';
import { ValueError, WireError } from '../tds/value-error';
import { WireType } from '../tds/wire-types';

type LandingOptions = Pick<ReadRowsOptions, 'format' | 'subject' | 'targetFileBytes' | 'onColumns' | 'open' | 'typeOptions' | 'keyColumns' | 'columnIds' | 'sourceHash'>;

/** Encodes the rows of one result set and writes them into objects that roll at the target size. */
export class RowLanding implements RowConsumer {
  public needed = 0;
  public full = false;
  /** Whether the next result may follow, if it has the columns of the one before. */
  public mayFollow = false;
  public readonly files: { readonly rows: number; readonly contentHash: bigint; readonly object: LandedObject }[] = [];
  private encoder: RowEncoder | undefined;
  private shape = '';
  private sources: readonly ColumnType[] = [];
  private landed: readonly ManifestColumn[] = [];
  private hasher: RowHasher | undefined;
  private sourceHasher: SourceRowHasher | undefined;
  /** Whether rows are hashed before they are decoded. */
  private hashesBefore = false;
  private stream: ObjectStream | undefined;
  /** Rows in the objects completed so far. */
  private completedRows = 0;

  public constructor(private readonly options: LandingOptions) {}

  /** Rows decoded so far. */
  public get rows(): number {
    return this.encoder?.state.rows ?? 0;
  }

  /** Where reading stopped, for messages: in a row that is not whole, or between rows. */
  public get place(): string {
    if (this.needed === 0) return this.rows === 0 ? 'before the first row' : `after ${counted(this.rows, 'row')}`;
    const { name, sourceType } = this.sources[this.encoder!.state.column];
    return `column "${name}" (${sourceType}), row ${this.rows + 1}`;
  }

  /** Columns of the landed files; none before COLMETADATA came. */
  public get columnsLanded(): readonly ManifestColumn[] {
    return this.landed;
  }

  public columns(metadata: readonly ColumnMetadata[]): void {
    const { subject, format, onColumns, columnIds } = this.options;
    const shape = JSON.stringify(metadata.map(({ name, type, length, precision, scale, collation = [] }) => (
      [name, type, length, precision, scale, ...collation])));
    if (this.encoder && this.mayFollow) {
      this.mayFollow = false;
      if (shape === this.shape) return;
      throw new LegacyToS3Error('INTERNAL', `${subject}: results that are to follow each other have other columns: ${this.shape}, then ${shape}`);
    }
    if (this.encoder) {
      throw new LegacyToS3Error('INVALID_CONFIG', `${subject}: the query returns more than one result set; allowed is exactly one`);
    }
    const types = metadata.map(named).map((column) => columnTypeOf(column, this.optionsOf(column)));
    const unsupported = types.filter((type): type is UnsupportedColumn => !('kind' in type));
    if (unsupported.length > 0) {
      const list = unsupported.map(({ name, ordinal, reason }) => `"${name}" (column ${ordinal}): ${reason}`).join('; ');
      throw new LegacyToS3Error('UNSUPPORTED_TYPE', `${subject}: cannot be landed: ${list}`);
    }
    this.shape = shape;
    this.sources = (types as ColumnType[]).map((type) => ({ ...type, fieldId: columnIds?.[type.ordinal - 1] }));
    this.landed = manifestColumns(this.sources, format);
    this.refuseEqualNames();
    refuseBlankLines(format, this.sources, subject);
    onColumns?.(this.landed);
    this.encoder = makeEncoder(this.sources, formatOfColumns(format, this.sources));
    const hasher = new RowHasher(this.sources);
    this.hasher = hasher;
    const sourceHasher = this.sourceHasher = this.makeSourceHasher();
    if (!movesBytes(this.sources.map(({ framing }) => framing))) return;
    const { state } = this.encoder;
    this.hashesBefore = true;
    state.beforeRow = (start, end) => {
      try {
        hasher.rows(state.bytes, state.view, start, end);
        sourceHasher?.rows(state.bytes, state.view, start, end);
      } catch (error) {
        // Decoding the row comes next; it meets the same value and knows its column.
        if (!isValueError(error)) throw error;
      }
    };
  }

  /** What was tallied of the rows so far, by column of the source. */
  public get tallies(): ManifestTally[] {
    return this.hasher?.tallies() ?? [];
  }

  /** What the source can compute too, where that is asked for. */
  public get sourceHash(): HashSums | undefined {
    return this.sourceHasher?.sums;
  }

  /** What options allowed to be landed otherwise than it is, so far. */
  public get alterations(): ColumnAlterations[] {
    return this.sources.filter(({ altered }) => Object.values(altered).some((count) => count > 0))
      .map(({ name, altered }) => ({ column: name, ...altered }));
  }

  /** Rows that were not wholly read by the kernels, so far. */
  public get rowsOffKernel(): OffKernelCounts {
    return this.encoder && this.hasher ? mostOf([this.encoder.offKernel.counts, this.hasher.offKernel.counts]) : {};
  }

  public decode(bytes: Uint8Array, position: number, end: number): number {
    const { encoder } = this;
    if (!encoder) throw new LegacyToS3Error('PROTOCOL_ERROR', `${this.options.subject}: a row came before its columns`);
    const { state } = encoder;
    if (state.bytes !== bytes) {
      state.bytes = bytes;
      state.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    state.position = position;
    state.end = end;
    try {
      encoder.decode();
    } catch (error) {
      throw this.located(error, encoder);
    }
    if (!this.hashesBefore) {
      this.hasher!.rows(bytes, state.view, position, state.position);
      this.sourceHasher?.rows(bytes, state.view, position, state.position);
    }
    this.full = encoder.full;
    this.needed = state.incomplete ? state.needed : 0;
    return state.position;
  }

  public async flush(): Promise<void> {
    const encoder = this.encoder!;
    const stream = this.stream ?? await this.openNext(encoder);
    await encoder.flush((bytes) => stream.write(bytes), false);
    if (stream.landedBytes + encoder.pendingBytes >= this.options.targetFileBytes) await this.completeFile(encoder, stream);
  }

  /** The result is over: completes the last object, and makes one where there were no rows. */
  public async finish(): Promise<void> {
    const { encoder } = this;
    if (!encoder) {
      throw new LegacyToS3Error('INVALID_CONFIG', `${this.options.subject}: the query returned no result set; allowed is exactly one`);
    }
    if (this.stream || this.rows > this.completedRows || this.files.length === 0) {
      await this.completeFile(encoder, this.stream ?? await this.openNext(encoder));
    }
    encoder.close?.();
  }

  /** Gives the open object up. Never throws. */
  public async abort(): Promise<void> {
    const { stream } = this;
    this.stream = undefined;
    await stream?.abort();
  }

  private async openNext(encoder: RowEncoder): Promise<ObjectStream> {
    const { format, open } = this.options;
    const writer = open(this.files.length, this.landed);
    // Parquet compresses its pages itself.
    const stream = objectStream(writer, format.name === 'parquet' ? 'none' : textCompression(format));
    this.stream = stream;
    const first = encoder.begin();
    if (first) await stream.write(first);
    return stream;
  }

  private async completeFile(encoder: RowEncoder, stream: ObjectStream): Promise<void> {
    await encoder.flush((bytes) => stream.write(bytes), true);
    const object = await stream.complete();
    this.stream = undefined;
    this.files.push({ rows: encoder.state.rows - this.completedRows, contentHash: this.hasher!.take(), object });
    this.completedRows = encoder.state.rows;
  }

  /** Adds subject, column and row to what a value's decoder found wrong. */
  private located(error: unknown, { state }: RowEncoder): unknown {
    if (!isValueError(error)) return error;
    const code = error instanceof ValueError ? 'INVALID_VALUE' : 'PROTOCOL_ERROR';
    const { name, sourceType } = this.sources[state.column];
    const key = rowKey(this.sources, this.options.keyColumns ?? [], state);
    const place = `${this.options.subject}, column "${name}" (${sourceType}), row ${state.rows + 1}${key && ` (${key})`}`;
    return new LegacyToS3Error(code, `${place}: ${(error as Error).message}`, { cause: error });
  }

  private makeSourceHasher(): SourceRowHasher | undefined {
    const { sourceHash } = this.options;
    if (!sourceHash) return undefined;
    const { sampleBy, leaveOut = [] } = sourceHash;
    if (sampleBy === undefined) return new SourceRowHasher(this.sources, undefined, leaveOut);
    const key = this.sources.findIndex(({ name, sourceType }) => name === sampleBy && !leaveOut.includes(name) && isSampleKey(sourceType));
    return key < 0 ? undefined : new SourceRowHasher(this.sources, key, leaveOut);
  }

  private optionsOf({ name, type }: ColumnMetadata): TypeOptions {
    const { format, typeOptions, subject } = this.options;
    const options = typeOptions?.(name) ?? format.types?.all ?? {};
    if (type === WireType.UDT && options.clr === ClrType.TEXT) {
      throw new LegacyToS3Error('INVALID_CONFIG',
        `${subject}: column "${name}" is to land as text, but the query returns the CLR type itself: select ToString() of it`);
    }
    return options;
  }

  /** Companions, and names that differ only by case, would be one column to most readers. */
  private refuseEqualNames(): void {
    const seen = new Map<string, string>();
    for (const { name } of this.landed) {
      const key = name.toLowerCase();
      const other = seen.get(key);
      if (other !== undefined) {
        throw new LegacyToS3Error('INVALID_CONFIG', `${this.options.subject}: two landed columns are named "${other}" and "${name}"; names must differ by more than case`);
      }
      seen.set(key, name);
    }
  }
}

/** A RangeError is a read behind the buffer's end: a length led there. */
function isValueError(error: unknown): boolean {
  return error instanceof ValueError || error instanceof WireError || error instanceof RangeError;
}

/** A column without a name, such as an expression, is named by its position. */
function named(column: ColumnMetadata): ColumnMetadata {
  return column.name === '' ? { ...column, name: `column_${column.ordinal}` } : column;
}

function makeEncoder(columns: readonly ColumnType[], format: OutputFormat): RowEncoder {
  switch (format.name) {
    case 'csv': return csvEncoder(columns, format);
    case 'jsonl': return jsonLinesEncoder(columns, format);
    case 'parquet': return new ParquetEncoder(columns, format);
  }
}

function textCompression({ name, compression }: OutputFormat): 'none' | 'gzip' | 'zstd' {
  if (compression === 'snappy') {
    throw new LegacyToS3Error('INVALID_CONFIG', `compression snappy is not for ${name}; allowed are none, gzip, zstd`);
  }
  return compression;
}
