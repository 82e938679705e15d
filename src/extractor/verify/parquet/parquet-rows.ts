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
