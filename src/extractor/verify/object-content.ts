import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { csvRows, type TextRow } from './csv-rows';
import { jsonLinesRows } from './json-lines-rows';
import { parquetRows, type ParquetRow } from './parquet-rows';
import { parquetValueEncoder } from './parquet-value';
import { textValueEncoder } from './text-value';
import type { ManifestColumn, ManifestFormat, ManifestTally } from '../../contract';
import { counted } from '../counted';
import { LegacyToS3Error } from '../errors';
import { CanonicalHasher } from '../hash/canonical-hasher';

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
  body: AsyncIterable<Uint8Array>, columns: readonly ManifestColumn[], format: ManifestFormat,
): Promise<ObjectContent> {
  const hasher = new CanonicalHasher(columns.filter(({ framing }) => framing !== undefined));
  let rows = 0;
  const take = <Row>(block: readonly Row[], encode: RowEncoder<Row>) => {
    for (const row of block) hasher.add(encode(row));
    rows += block.length;
  };
  try {
    if (format.name === 'parquet') {
      const encode = parquetRowEncoder(columns);
      await withFile(body, async (path) => {
        for await (const block of parquetRows(path, columns.map(({ name }) => name))) take(block, encode);
      });
    } else {
      const encode = textRowEncoder(columns);
      const texts = textOf(body, format.compression);
      for await (const block of format.name === 'csv' ? csvRows(texts, format) : jsonLinesRows(texts, columns)) take(block, encode);
    }
  } catch (error) {
    if (error instanceof LegacyToS3Error || error instanceof RangeError) throw error;
    throw new RangeError(`it cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return { rows, contentHash: hasher.take(), tallies: hasher.tallies() };
}

/** Parquet is read from its end. */
async function withFile(body: AsyncIterable<Uint8Array>, read: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'verify-'));
  try {
    const path = join(folder, 'object.parquet');
    await writeFile(path, body);
    await read(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The bytes of a row's values as they are hashed, undefined for NULL; see {@link RowHasher}. */
type RowEncoder<Row> = (row: Row) => ReadonlyArray<Uint8Array | undefined>;

function textRowEncoder(columns: readonly ManifestColumn[]): RowEncoder<TextRow> {
  const encoders = columns.map(textValueEncoder);
  return (row) => {
    if (row.length !== columns.length) throw new RangeError(`a row of ${counted(row.length, 'field')} in a file of ${counted(columns.length, 'column')}`);
    return row.map((text, i) => (text === null ? undefined : encoders[i](text)));
  };
}

function parquetRowEncoder(columns: readonly ManifestColumn[]): RowEncoder<ParquetRow> {
  const sources = columns.filter(({ framing }) => framing !== undefined);
  const encoders = sources.map(parquetValueEncoder);
  const places = sources.map((source) => columns.indexOf(source));
  const companion = (source: ManifestColumn, suffix: string) => columns.findIndex(({ name, framing }) => framing === undefined && name === `${source.name}__${suffix}`);
  const ticks = sources.map((source) => companion(source, '100ns'));
  const offsets = sources.map((source) => companion(source, 'offset_minutes'));
  const number = (row: ParquetRow, at: number) => (at < 0 ? undefined : Number(row[at]));
  return (row) => sources.map((_, i) => {
    const value = row[places[i]];
    if (value === null || value === undefined) return undefined;
    return encoders[i](value, { ticks: number(row, ticks[i]), offsetMinutes: number(row, offsets[i]) });
  });
}

async function* textOf(body: AsyncIterable<Uint8Array>, compression: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const bytes = compression === 'gzip' ? gunzip(body) : compression === 'zstd' ? unzstd(body) : body;
  for await (const piece of bytes) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}

function gunzip(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const out = createGunzip();
  // An error of either ends the other.
  pipeline(Readable.from(body), out, () => undefined);
  return out;
}

async function* unzstd(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  const stream = new Decompress((piece) => pieces.push(piece.slice()));
  for await (const piece of body) {
    stream.push(piece);
    yield* pieces;
    pieces = [];
  }
}
