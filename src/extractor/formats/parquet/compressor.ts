import { gzipSync } from 'node:zlib';
import { snappyCompress } from './snappy';
import { zstdCompressor } from '../zstd';

/** Compresses one page; the result may be a view that is good until the next call. */
export type PageCompressor = (bytes: Uint8Array) => Uint8Array;

const GZIP_LEVEL = 4;

export function pageCompressor(codec: 'none' | 'snappy' | 'gzip' | 'zstd'): PageCompressor {
  switch (codec) {
    case 'none': return (bytes) => bytes;
    case 'snappy': return snappyCompress;
    case 'gzip': return (bytes) => gzipSync(bytes, { level: GZIP_LEVEL });
    case 'zstd': return zstdCompressor();
  }
}
