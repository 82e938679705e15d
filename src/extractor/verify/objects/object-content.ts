import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ManifestColumn, ManifestFormat, ManifestTally } from '../../../contract';
import { counted } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';
import { CanonicalHasher } from '../../rows/hash/canonical-hasher';
import { uncompressed } from '../compression/uncompressed';
import { withVerifyKernel } from '../kernel/load-verify-kernel';
import { readFooter } from '../parquet/parquet-footer';
import { BeyondKernel, hashParquetRows } from '../parquet/parquet-kernel-rows';
import { parquetRows, type ParquetRow } from '../parquet/parquet-rows';
import { parquetValueEncoder } from '../parquet/parquet-value';
import { CsvParser, csvRows, type TextRow } from '../text/csv-rows';
import { finishLines, jsonLinesRows } from '../text/json-lines-rows';
import { TextRows } from '../text/text-kernel-rows';
import { textValueEncoder } from '../text/text-value';
import type { ObjectReading, ValueRules } from '../values/object-reading';
import { companionOf } from '../values/parquet-field';

/** What a landed object holds. */
export interface ObjectContent {
  readonly rows: number;
  readonly contentHash: bigint;
  /** By column of the source. */
  readonly tallies: readonly ManifestTally[];
}

/**
 * Reads an object's rows back and makes the bytes that were hashed when they came from the source.
 *
 * @param body the object's bytes; what it throws is thrown on
 * @throws RangeError when the bytes are not what the manifest says of them
 */
export async function objectContent(
  body: AsyncIterable<Uint8Array>, columns: readonly ManifestColumn[], format: ManifestFormat, reading: ObjectReading = {},
): Promise<ObjectContent> {
  try {
    if (format.name !== 'parquet') return await textContent(body, columns, format, reading);
    return await (reading.path === undefined ? withFile(body, read) : read(reading.path));
  } catch (error) {
    if (error instanceof LegacyToS3Error || error instanceof RangeError || reading.signal?.aborted) throw error;
    throw new RangeError(`it cannot be read: ${(error as Error).message}`, { cause: error });
  }

  async function read(path: string): Promise<ObjectContent> {
    return parquetContent(path, columns, reading);
  }
}

function hasherOf(columns: readonly ManifestColumn[]): CanonicalHasher {
  return new CanonicalHasher(columns.filter(({ framing }) => framing !== undefined));
}

function contentOf(hasher: CanonicalHasher, rows: number): ObjectContent {
  return { rows, contentHash: hasher.take(), tallies: hasher.tallies() };
}

async function textContent(
  body: AsyncIterable<Uint8Array>, columns: readonly ManifestColumn[], format: ManifestFormat, reading: ObjectReading,
): Promise<ObjectContent> {
  const hasher = hasherOf(columns);
  const encode = textRowEncoder(columns, reading);
  return withVerifyKernel(async (kernel) => {
    const bytes = uncompressed(told(body, reading), format.compression);
    const kernelRows = kernel && !reading.byValue ? TextRows.of(kernel, columns, format, hasher, encode, reading) : undefined;
    if (kernelRows) return contentOf(hasher, await rowsByKernel(kernelRows, bytes, format, reading));
    let rows = 0;
    const texts = textOf(bytes);
    for await (const block of format.name === 'csv' ? csvRows(texts, format, columns.length === 1) : jsonLinesRows(texts, columns)) {
      for (const row of block) hasher.add(encode(row));
      rows += block.length;
      reading.onProgress?.({ rows: block.length, bytes: 0 });
    }
    return contentOf(hasher, rows);
  });
}

async function rowsByKernel(kernelRows: TextRows, bytes: AsyncIterable<Uint8Array>, format: ManifestFormat, reading: ObjectReading): Promise<number> {
  for await (const piece of bytes) {
    const { rows } = kernelRows;
    kernelRows.push(piece);
    reading.onProgress?.({ rows: kernelRows.rows - rows, bytes: 0 });
  }
  const rest = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(kernelRows.finish());
  if (format.name === 'csv') new CsvParser(format).finish(rest);
  else finishLines(rest);
  return kernelRows.rows;
}

/** Tells of the bytes on their way, and ends them where it is to stop. */
async function* told(body: AsyncIterable<Uint8Array>, { onProgress, signal }: ObjectReading): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    signal?.throwIfAborted();
    onProgress?.({ rows: 0, bytes: piece.length });
    yield piece;
  }
}

async function parquetContent(path: string, columns: readonly ManifestColumn[], reading: ObjectReading): Promise<ObjectContent> {
  const handle = await open(path);
  try {
    const footer = await readFooter(handle, columns);
    const encode = parquetRowEncoder(columns, reading);
    if (!reading.byValue) {
      try {
        return await withVerifyKernel(async (kernel) => {
          if (!kernel) throw new BeyondKernel('the processor has not its instructions');
          const hasher = hasherOf(columns);
          await hashParquetRows(kernel, handle, footer, columns, hasher, encode, reading);
          return contentOf(hasher, footer.rows);
        });
      } catch (error) {
        if (!(error instanceof BeyondKernel)) throw error;
      }
    }
    const hasher = hasherOf(columns);
    for await (const block of parquetRows(handle, footer)) {
      for (const row of block) hasher.add(encode(row));
      reading.signal?.throwIfAborted();
    }
    return contentOf(hasher, footer.rows);
  } finally {
    await handle.close();
  }
}

/** Parquet is read from its end. */
async function withFile<T>(body: AsyncIterable<Uint8Array>, read: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'verify-'));
  try {
    const path = join(folder, 'object.parquet');
    await writeFile(path, body);
    return await read(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The bytes of a row's values as they are hashed, undefined for NULL; see {@link RowHasher}. */
type RowEncoder<Row> = (row: Row) => ReadonlyArray<Uint8Array | undefined>;

function textRowEncoder(columns: readonly ManifestColumn[], rules: ValueRules): RowEncoder<TextRow> {
  const encoders = columns.map((column) => textValueEncoder(column, rules));
  return (row) => {
    if (row.length !== columns.length) throw new RangeError(`a row of ${counted(row.length, 'field')} in a file of ${counted(columns.length, 'column')}`);
    return row.map((text, i) => (text === null ? undefined : encoders[i](text)));
  };
}

function parquetRowEncoder(columns: readonly ManifestColumn[], rules: ValueRules): RowEncoder<ParquetRow> {
  const sources = columns.filter(({ framing }) => framing !== undefined);
  const encoders = sources.map((source) => parquetValueEncoder(source, rules));
  const places = sources.map((source) => columns.indexOf(source));
  const ticks = sources.map((source) => companionOf(columns, source, '100ns'));
  const offsets = sources.map((source) => companionOf(columns, source, 'offset_minutes'));
  const number = (row: ParquetRow, at: number) => (at < 0 ? undefined : Number(row[at]));
  return (row) => sources.map((_, i) => {
    const value = row[places[i]];
    if (value === null || value === undefined) return undefined;
    return encoders[i](value, { ticks: number(row, ticks[i]), offsetMinutes: number(row, offsets[i]) });
  });
}

async function* textOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for await (const piece of bytes) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}
