import * as zlib from 'node:zlib';
import { decompress as fzstd } from 'fzstd';
import { instantiateZstd, type ZstdExports } from './zstd-wasm';

/** Decompresses one frame. @param size of what is in it @returns a view that is good until the next call */
export type ZstdDecompressor = (frame: Uint8Array, size: number) => Uint8Array;

/** What zlib has from Node 22.15 on. */
const native = zlib as unknown as { readonly zstdDecompressSync?: (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Buffer };

let wasm: ZstdWasmDecompressor | undefined;

/** Node's own zstd where it has one, else WebAssembly. */
export function zstdDecompressor(): ZstdDecompressor {
  const { zstdDecompressSync } = native;
  if (zstdDecompressSync) return (frame, size) => zstdDecompressSync(frame, { maxOutputLength: Math.max(1, size) });
  const zstd = wasm ??= new ZstdWasmDecompressor();
  return (frame, size) => zstd.decompress(frame, size);
}

/** Decompresses with one heap, used over and over. */
class ZstdWasmDecompressor {
  private readonly zstd: ZstdExports = instantiateZstd();
  private from = 0;
  private fromSize = 0;
  private to = 0;
  private toSize = 0;

  public decompress(frame: Uint8Array, size: number): Uint8Array {
    if (frame.length > this.fromSize) [this.from, this.fromSize] = this.room(this.from, frame.length);
    if (size > this.toSize) [this.to, this.toSize] = this.room(this.to, size);
    const { c: memory, j: decompress } = this.zstd;
    new Uint8Array(memory.buffer).set(frame, this.from);
    // Below 0 is an error, of which the module does not say which one.
    if (decompress(this.to, size, this.from, frame.length) !== size) throw new RangeError(zstdError(frame, size));
    return new Uint8Array(memory.buffer, this.to, size);
  }

  private room(old: number, size: number): [number, number] {
    if (old !== 0) this.zstd.g(old);
    const pointer = this.zstd.f(size);
    if (pointer === 0) throw new Error(`zstd has no memory for ${size} bytes`);
    return [pointer, size];
  }
}

/** What another decoder finds wrong. */
function zstdError(frame: Uint8Array, size: number): string {
  try {
    fzstd(frame, new Uint8Array(size));
  } catch (error) {
    return (error as Error).message;
  }
  return 'not a zstd frame of that size';
}
