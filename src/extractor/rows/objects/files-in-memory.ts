import type { ReadRowsOptions } from './read-rows';
import type { ManifestColumn } from '../../../contract';

/** A Parquet file of rows as they would land, in memory. */
export interface FileInMemory {
  readonly bytes: Buffer;
  readonly columns: readonly ManifestColumn[];
}

/** Takes a file; the source is not read on meanwhile. */
export type TakeFile = (file: FileInMemory) => Promise<void>;

/** Hands files on instead of landing them. */
export function filesInMemory(take: TakeFile): ReadRowsOptions['open'] {
  return (_, columns) => {
    let pieces: Buffer[] = [];
    return {
      write: (bytes) => void pieces.push(Buffer.from(bytes)),
      complete: async () => {
        const bytes = Buffer.concat(pieces);
        pieces = [];
        await take({ bytes, columns });
        return { key: '', sizeBytes: bytes.length, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: '' } };
      },
      abort: async () => { pieces = []; },
    };
  };
}
