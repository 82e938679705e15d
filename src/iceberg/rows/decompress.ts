import * as zlib from 'node:zlib';
import { decompress as fzstd } from 'fzstd';

/** Bytes of a page; `size` is what its header says of them. */
type Decompress = (page: Uint8Array, size: number) => Uint8Array;

/** What zlib has from Node 22.15 on. */
const native = zlib as unknown as { readonly zstdDecompressSync?: (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Buffer };

const zstd: Decompress = native.zstdDecompressSync
  ? (page, size) => native.zstdDecompressSync!(page, { maxOutputLength: Math.max(1, size) })
  : (page, size) => fzstd(page, new Uint8Array(size));

/** Codecs of Parquet (parquet.thrift, `CompressionCodec`) that hyparquet has not itself; it has UNCOMPRESSED and SNAPPY. */
export const DECOMPRESSORS: { readonly [codec: string]: Decompress } = {
  ZSTD: zstd,
  GZIP: (page, size) => zlib.gunzipSync(page, { maxOutputLength: Math.max(1, size) }),
  BROTLI: (page, size) => zlib.brotliDecompressSync(page, { maxOutputLength: Math.max(1, size) }),
};
