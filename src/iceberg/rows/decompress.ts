import * as zlib from 'node:zlib';
import { decompress as fzstd } from 'fzstd';
import { zstdCompressor } from '../../codec/zstd-compressor';
import { zstdDecompressor } from '../../codec/zstd-decompressor';
import { hasZstdWasm } from '../../codec/zstd-wasm';

/** Bytes of a page; `size` is what its header says of them. The result may be a view that is good until the next call. */
export type Decompress = (page: Uint8Array, size: number) => Uint8Array;

/** Compresses a page that is in pieces; the result may be a view that is good until the next call. */
export type Compress = (pieces: readonly Uint8Array[]) => Uint8Array;

/** Whether there is a zstd that is not slow: of Node from 22.15 on, else WebAssembly, where it was bundled. */
const hasZstd = 'zstdCompressSync' in zlib || hasZstdWasm();

let zstd: Decompress | undefined;

/** Codecs of Parquet (parquet.thrift, `CompressionCodec`) that hyparquet has not itself; it has UNCOMPRESSED and SNAPPY. */
const QUICK: { readonly [codec: string]: Decompress } = {
  ZSTD: (page, size) => (zstd ??= hasZstd ? zstdDecompressor() : (bytes, length) => fzstd(bytes, new Uint8Array(length)))(page, size),
  GZIP: (page, size) => zlib.gunzipSync(page, { maxOutputLength: Math.max(1, size) }),
  BROTLI: (page, size) => zlib.brotliDecompressSync(page, { maxOutputLength: Math.max(1, size) }),
};

/** The same for readers that keep what they were given. */
export const DECOMPRESSORS: { readonly [codec: string]: Decompress } = {
  ...QUICK,
  ZSTD: (page, size) => new Uint8Array(QUICK.ZSTD(page, size)),
};

/** Decompresses a page whose bytes are done with before the next one's are asked for; undefined for a codec that is left to hyparquet. */
export function quickDecompressor(codec: string): Decompress | undefined {
  return codec === 'UNCOMPRESSED' ? (page) => page : QUICK[codec];
}

/** What files are written with here: zstd, and gzip where there is none. */
export function pageCompressor(): { readonly codec: 'ZSTD' | 'GZIP'; readonly compress: Compress } {
  if (!hasZstd) return { codec: 'GZIP', compress: (pieces) => zlib.gzipSync(Buffer.concat(pieces), { level: 4 }) };
  const { bytes, pieces: inPieces } = zstdCompressor();
  return { codec: 'ZSTD', compress: inPieces ?? ((pieces) => bytes(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces))) };
}
