import { gzipSync } from 'node:zlib';
import { zstdCompressor } from '../../../../codec/zstd-compressor';
import { snappyCompress } from '../compression/snappy';

/** Compresses one page, given in pieces; the result may be a view that is good until the next call. */
export type PageCompressor = (pieces: readonly Uint8Array[]) => Uint8Array;

const GZIP_LEVEL = 4;

export function pageCompressor(codec: 'none' | 'snappy' | 'gzip' | 'zstd'): PageCompressor {
  switch (codec) {
    case 'none': return joined;
    case 'snappy': return (pieces) => snappyCompress(joined(pieces));
    case 'gzip': return (pieces) => gzipSync(joined(pieces), { level: GZIP_LEVEL });
    case 'zstd': {
      const compress = zstdCompressor();
      return (pieces) => compress.pieces?.(pieces) ?? compress.bytes(joined(pieces));
    }
  }
}

/** Room to put a page together in. */
let scratch = new Uint8Array(0x40000);

/** @returns a view that is good until the next call, unless there is one piece */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  if (size > scratch.length) scratch = new Uint8Array(Math.max(size, 2 * scratch.length));
  let at = 0;
  for (const piece of pieces) {
    scratch.set(piece, at);
    at += piece.length;
  }
  return scratch.subarray(0, size);
}
