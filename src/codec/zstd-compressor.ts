import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { ZstdWasm } from './zstd-wasm';

/** What Parquet writers use by default: most of the ratio for the least time. */
const LEVEL = 1;

interface ZstdOptions {
  readonly params: { readonly [key: number]: number };
}

/** What zlib has from Node 22.15 on. */
const native = zlib as unknown as {
  readonly zstdCompressSync?: (bytes: Uint8Array, options: ZstdOptions) => Buffer;
  readonly zstdCompress?: (bytes: Uint8Array, options: ZstdOptions, done: (error: Error | null, compressed: Buffer) => void) => void;
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
};
const OPTIONS: ZstdOptions = { params: { [native.constants.ZSTD_c_compressionLevel]: LEVEL } };

let wasm: ZstdWasm | undefined;

/** Makes one frame a call; the result may be a view that is good until the next call. */
export interface ZstdCompressor {
  readonly bytes: (bytes: Uint8Array) => Uint8Array;
  /** Of bytes in pieces, where that saves putting them together. */
  readonly pieces?: (pieces: readonly Uint8Array[]) => Uint8Array;
}

/** Node's own zstd where it has one, else WebAssembly. */
export function zstdCompressor(): ZstdCompressor {
  const { zstdCompressSync } = native;
  if (zstdCompressSync) return { bytes: (bytes) => zstdCompressSync(bytes, OPTIONS) };
  const zstd = wasm ??= new ZstdWasm();
  return { bytes: (bytes) => zstd.compress([bytes], LEVEL), pieces: (pieces) => zstd.compress(pieces, LEVEL) };
}

/** The same on the thread pool where Node has its own; the frames are the caller's. */
export function asyncZstd(): (bytes: Uint8Array) => Promise<Uint8Array> {
  const { zstdCompress } = native;
  if (zstdCompress) {
    const compress = promisify<Uint8Array, ZstdOptions, Buffer>(zstdCompress);
    return (bytes) => compress(bytes, OPTIONS);
  }
  const compress = zstdCompressor();
  return async (bytes) => compress.bytes(bytes).slice();
}
