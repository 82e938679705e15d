import * as zlib from 'node:zlib';
import { ZstdWasm } from './zstd-wasm';

/** What Parquet writers use by default: most of the ratio for the least time. */
const LEVEL = 1;

type NativeZstd = (bytes: Uint8Array, options: { readonly params: { readonly [key: number]: number } }) => Buffer;

let wasm: ZstdWasm | undefined;

/** Node's own zstd where it has one (22.15 and later), else WebAssembly; each call makes one frame. */
export function zstdCompressor(): (bytes: Uint8Array) => Uint8Array {
  const { zstdCompressSync, constants } = zlib as unknown as {
    readonly zstdCompressSync?: NativeZstd;
    readonly constants: { readonly ZSTD_c_compressionLevel: number };
  };
  if (zstdCompressSync) {
    const options = { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } };
    return (bytes) => zstdCompressSync(bytes, options);
  }
  const zstd = wasm ??= new ZstdWasm();
  return (bytes) => zstd.compress(bytes, LEVEL);
}
