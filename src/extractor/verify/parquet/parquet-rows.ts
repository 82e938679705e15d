import type { FileHandle } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import type { AsyncBuffer, Compressors } from 'hyparquet' with { 'resolution-mode': 'import' };
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

/** Stored values of some columns of a file. */
export interface ParquetBlock {
  readonly rows: number;
  /** What each column is stored as, in the order asked for. */
  readonly types: readonly string[];
  /** Of each column; null or undefined for NULL. */
  readonly values: ReadonlyArray<ArrayLike<PhysicalValue | null | undefined>>;
}

/** Rows of a block. */
const COLUMN_ROWS = 50_000;

/**
 * Reads some columns of a Parquet file; of the file nothing else is asked for but its end.
 *
 * @param endBytes of the end, that are asked for first
 * @throws RangeError when it has not all of them, or is damaged
 */
export async function* parquetColumns(file: AsyncBuffer, columns: readonly string[], endBytes?: number): AsyncGenerator<ParquetBlock> {
  const metadata = await hyparquet().parquetMetadataAsync(file, endBytes === undefined ? {} : { initialFetchSize: endBytes });
  const elements = metadata.schema.slice(1);
  for (const field of elements) {
    delete field.converted_type;
    delete field.logical_type;
  }
  const types = columns.map((name) => {
    const type = elements.find((field) => field.name === name)?.type;
    if (type === undefined) throw new RangeError(`it has no column '${name}'`);
    return type;
  });
  let first = 0;
  for (const { num_rows: count } of metadata.row_groups) {
    const end = first + Number(count);
    const held = onceRead(file);
    for (let rowStart = first; rowStart < end; rowStart += COLUMN_ROWS) {
      const rowEnd = Math.min(end, rowStart + COLUMN_ROWS);
      const values = columns.map(() => new Array<PhysicalValue | null | undefined>(rowEnd - rowStart));
      let got = 0;
      await hyparquet().parquetRead({
        file: held,
        metadata,
        rowStart,
        rowEnd,
        columns: [...columns],
        utf8: false,
        compressors: COMPRESSORS,
        onChunk: ({ columnName, columnData, rowStart: from }) => {
          const own = values[columns.indexOf(columnName)];
          for (let at = Math.max(from, rowStart); at < Math.min(from + columnData.length, rowEnd); at++, got++) {
            own[at - rowStart] = columnData[at - from] as PhysicalValue | null | undefined;
          }
        },
      });
      if (got !== columns.length * (rowEnd - rowStart)) throw new RangeError(`its rows ${rowStart + 1} to ${rowEnd} have ${got} values of ${columns.length} columns`);
      yield { rows: rowEnd - rowStart, types, values };
    }
    first = end;
  }
}

/** Keeps what was read, since a row group is read in blocks of rows, and each asks for its columns. */
function onceRead({ byteLength, slice }: AsyncBuffer): AsyncBuffer {
  const slices = new Map<string, ReturnType<AsyncBuffer['slice']>>();
  return {
    byteLength,
    slice: (start, end) => {
      const key = `${start}-${end}`;
      const bytes = slices.get(key) ?? slice(start, end);
      slices.set(key, bytes);
      return bytes;
    },
  };
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
