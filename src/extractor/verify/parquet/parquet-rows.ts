import type { FileHandle } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import type { Compressors } from 'hyparquet' with { 'resolution-mode': 'import' };
import { asyncBuffer, hyparquet, type ParquetFooter } from './parquet-footer';
import type { PhysicalValue } from './parquet-value';

/** Stored values of a row, by column of the file; null or undefined for NULL. */
export type ParquetRow = ReadonlyArray<PhysicalValue | null | undefined>;

/** Rows that are held as values at a time. */
const BLOCK_ROWS = 10_000;

const COMPRESSORS: Compressors = {
  GZIP: (bytes) => gunzipSync(bytes),
  ZSTD: (bytes, size) => decompress(bytes, new Uint8Array(size)),
};

/** Stored values of some columns of a file, by name, and what they are stored as. */
export interface ParquetBlock {
  readonly types: { readonly [column: string]: string };
  readonly rows: ReadonlyArray<{ readonly [column: string]: PhysicalValue | null | undefined }>;
}

/** Reads some columns of a Parquet file. @throws RangeError when it has not all of them, or is damaged */
export async function* parquetColumns(handle: FileHandle, columns: readonly string[]): AsyncGenerator<ParquetBlock> {
  const { size } = await handle.stat();
  const file = asyncBuffer(handle, size);
  const metadata = await hyparquet().parquetMetadataAsync(file);
  const elements = metadata.schema.slice(1);
  for (const field of elements) {
    delete field.converted_type;
    delete field.logical_type;
  }
  const types = Object.fromEntries(columns.map((name) => {
    const type = elements.find((field) => field.name === name)?.type;
    if (type === undefined) throw new RangeError(`it has no column '${name}'`);
    return [name, type];
  }));
  const rows = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < rows; rowStart += BLOCK_ROWS) {
    const rowEnd = Math.min(rows, rowStart + BLOCK_ROWS);
    const got = await new Promise<ParquetBlock['rows']>((resolve, reject) => {
      hyparquet().parquetRead({
        file, metadata, rowStart, rowEnd, columns: [...columns], rowFormat: 'object', utf8: false, compressors: COMPRESSORS, onComplete: (block) => resolve(block as ParquetBlock['rows']),
      }).catch(reject);
    });
    yield { types, rows: got };
  }
}

/** Reads a Parquet file value by value, by a reader that has nothing in common with the writer: the reference of the kernel. */
export async function* parquetRows(handle: FileHandle, { metadata, rows }: ParquetFooter): AsyncGenerator<ParquetRow[]> {
  const { size } = await handle.stat();
  const file = asyncBuffer(handle, size);
  // Without their meaning values come as they are stored, so that no decimal becomes a binary float.
  for (const field of metadata.schema.slice(1)) {
    delete field.converted_type;
    delete field.logical_type;
  }
  for (let rowStart = 0; rowStart < rows; rowStart += BLOCK_ROWS) {
    const rowEnd = Math.min(rows, rowStart + BLOCK_ROWS);
    yield await new Promise<ParquetRow[]>((resolve, reject) => {
      hyparquet().parquetRead({ file, metadata, rowStart, rowEnd, rowFormat: 'array', utf8: false, compressors: COMPRESSORS, onComplete: (got) => resolve(got as ParquetRow[]) })
        .catch(reject);
    });
  }
}
