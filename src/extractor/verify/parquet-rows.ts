import { open } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import type { AsyncBuffer, Compressors } from 'hyparquet' with { 'resolution-mode': 'import' };
import type { PhysicalValue } from './parquet-value';

/** Stored values of a row, by column of the file; null or undefined for NULL. */
export type ParquetRow = ReadonlyArray<PhysicalValue | null | undefined>;

type HyparquetModule = typeof import('hyparquet', { with: { 'resolution-mode': 'import' } });

/** Rows that are held as values at a time. */
const BLOCK_ROWS = 10_000;

const COMPRESSORS: Compressors = {
  GZIP: (bytes) => gunzipSync(bytes),
  ZSTD: (bytes, size) => decompress(bytes, new Uint8Array(size)),
};

/**
 * Reads a Parquet file by a reader that has nothing in common with the writer.
 *
 * @throws RangeError when the columns are others than these
 */
export async function* parquetRows(path: string, columns: readonly string[]): AsyncGenerator<ParquetRow[]> {
  // An ES module, which only bundlers can require; loaded when it is needed.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { parquetMetadataAsync, parquetRead } = require('hyparquet') as HyparquetModule;
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const file: AsyncBuffer = {
      byteLength: size,
      slice: async (start, end = size) => {
        const from = start < 0 ? size + start : start;
        const bytes = Buffer.alloc(Math.max(0, end - from));
        await handle.read(bytes, 0, bytes.length, from);
        return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
      },
    };
    const metadata = await parquetMetadataAsync(file);
    const [, ...fields] = metadata.schema;
    const found = fields.map(({ name }) => name);
    if (found.join('\0') !== columns.join('\0')) throw new RangeError(`the columns are ${found.join(', ')}; the manifest names ${columns.join(', ')}`);
    // Without their meaning values come as they are stored, so that no decimal becomes a binary float.
    for (const field of fields) {
      delete field.converted_type;
      delete field.logical_type;
    }
    const rows = Number(metadata.num_rows);
    for (let rowStart = 0; rowStart < rows; rowStart += BLOCK_ROWS) {
      const rowEnd = Math.min(rows, rowStart + BLOCK_ROWS);
      yield await new Promise<ParquetRow[]>((resolve, reject) => {
        parquetRead({ file, metadata, rowStart, rowEnd, rowFormat: 'array', utf8: false, compressors: COMPRESSORS, onComplete: (got) => resolve(got as ParquetRow[]) })
          .catch(reject);
      });
    }
  } finally {
    await handle.close();
  }
}
