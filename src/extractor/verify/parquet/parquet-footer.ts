import type { FileHandle } from 'node:fs/promises';
import type { AsyncBuffer, FileMetaData } from 'hyparquet' with { 'resolution-mode': 'import' };
import type { ManifestColumn } from '../../../contract';
import { physicalOf, type ParquetField } from '../values/parquet-field';

type HyparquetModule = typeof import('hyparquet', { with: { 'resolution-mode': 'import' } });

/** A column of a row group: where its pages are and what they hold. */
export interface ColumnChunkPlace {
  readonly codec: string;
  readonly start: number;
  /** Behind its last page. */
  readonly end: number;
  readonly values: number;
}

/** What the end of a Parquet file says of it. */
export interface ParquetFooter {
  readonly rows: number;
  readonly fields: readonly ParquetField[];
  readonly rowGroups: ReadonlyArray<{ readonly rows: number; readonly columns: readonly ColumnChunkPlace[] }>;
  /** As hyparquet reads by it. */
  readonly metadata: FileMetaData;
}

/** An ES module, which only bundlers can require; loaded when it is needed. */
export function hyparquet(): HyparquetModule {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('hyparquet') as HyparquetModule;
}

/** The file as hyparquet reads it. */
export function asyncBuffer(handle: FileHandle, size: number): AsyncBuffer {
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      const from = start < 0 ? size + start : start;
      const bytes = Buffer.alloc(Math.max(0, end - from));
      await handle.read(bytes, 0, bytes.length, from);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    },
  };
}

/**
 * Reads the end of a Parquet file.
 *
 * @throws RangeError when it cannot be read, or the columns are others than these
 */
export async function readFooter(handle: FileHandle, columns: readonly ManifestColumn[]): Promise<ParquetFooter> {
  const { size } = await handle.stat();
  let metadata: FileMetaData;
  try {
    metadata = await hyparquet().parquetMetadataAsync(asyncBuffer(handle, size));
  } catch (error) {
    throw new RangeError(`its footer cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const damaged = (what: string) => new RangeError(`its footer is damaged: ${what}`);
  const [root, ...elements] = metadata.schema ?? [];
  if (!root || !Array.isArray(metadata.row_groups)) throw damaged('it has no schema, or no row groups');
  const names = elements.map(({ name }) => name);
  const expected = columns.map(({ name }) => name);
  if (names.join('\0') !== expected.join('\0')) throw new RangeError(`the columns are ${names.join(', ')}; the manifest names ${expected.join(', ')}`);
  const fields = elements.map((element, i): ParquetField => {
    const { name, type, type_length: length = 0, repetition_type: repetition } = element;
    const { outputType } = columns[i];
    if (type !== physicalOf(outputType) || repetition !== 'OPTIONAL') {
      throw damaged(`column "${name}" is ${repetition ?? 'of no repetition'} ${type ?? 'of no type'}; ${outputType} is stored as OPTIONAL ${physicalOf(outputType)}`);
    }
    if (type === 'FIXED_LEN_BYTE_ARRAY' && (outputType === 'UUID' ? length !== 16 : length < 8 || length > 16)) {
      throw damaged(`column "${name}" has values of ${length} bytes`);
    }
    return { name, physical: type, length };
  });
  const rowGroups = metadata.row_groups.map(({ columns: chunks, num_rows: rows }, group) => {
    if (chunks?.length !== columns.length) throw damaged(`row group ${group + 1} has ${chunks?.length ?? 'no'} columns of ${columns.length}`);
    return {
      rows: Number(rows),
      columns: chunks.map(({ meta_data: chunk }, i): ColumnChunkPlace => {
        const at = `column "${names[i]}", row group ${group + 1}`;
        if (!chunk) throw damaged(`${at} is not described`);
        const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
        const end = start + Number(chunk.total_compressed_size);
        if (!(start >= 4 && end >= start && end <= size)) throw damaged(`${at} lies from byte ${start} to ${end} of ${size}`);
        if (chunk.num_values !== rows) throw damaged(`${at} has ${chunk.num_values} values of ${rows} rows`);
        return { codec: chunk.codec, start, end, values: Number(rows) };
      }),
    };
  });
  const rows = Number(metadata.num_rows);
  const sum = rowGroups.reduce((total, group) => total + group.rows, 0);
  if (sum !== rows) throw damaged(`its row groups have ${sum} rows of ${rows}`);
  return { rows, fields, rowGroups, metadata };
}
