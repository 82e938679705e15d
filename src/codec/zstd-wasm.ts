import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withInitialMemory } from './wasm-memory';

/**
 * Zstandard compiled to WebAssembly, for Node before 22.15, whose zlib has none.
 *
 * The module is the one of @foxglove/wasm-zstd; its own loader keeps everything it ever compressed alive, so it is
 * instantiated here. Names of its imports and exports are minified: the mapping is that of version 1.0.1.
 */
export interface ZstdExports {
  /** memory */ readonly c: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** constructors */ readonly d: () => void;
  /** malloc */ readonly f: (size: number) => number;
  /** free */ readonly g: (pointer: number) => void;
  /** compressBound */ readonly h: (size: number) => number;
  /** compress */ readonly i: (to: number, capacity: number, from: number, size: number, level: number) => number;
  /** decompress; below 0 where it cannot */ readonly j: (to: number, capacity: number, from: number, size: number) => number;
}

/** The part used here; Node's types leave it to the DOM's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

const PAGE = 0x10000;
const LARGEST_HEAP = 0x80000000;
/** 64 MiB: what the pages of a batch need. */
const INITIAL_PAGES = 0x400;

/** The module with a heap of its own. */
export function instantiateZstd(): ZstdExports {
  const growHeap = (size: number) => {
    if (size > LARGEST_HEAP) return 0;
    const { c: memory } = zstd;
    try {
      memory.grow(Math.ceil((size - memory.buffer.byteLength) / PAGE));
      return 1;
    } catch {
      return 0;
    }
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(withInitialMemory(readFileSync(wasmFile()), INITIAL_PAGES)), {
    a: {
      /** emscripten_resize_heap */
      a: (size: number) => growHeap(size >>> 0),
      /** emscripten_memcpy_big */
      b: (to: number, from: number, count: number) => new Uint8Array(zstd.c.buffer).copyWithin(to, from, from + count),
    },
  });
  const zstd = instance.exports as ZstdExports;
  zstd.d();
  return zstd;
}

/** Compresses with one heap, used over and over. Synchronous. */
export class ZstdWasm {
  private readonly zstd = instantiateZstd();
  private from = 0;
  private fromSize = 0;
  private to = 0;
  private toSize = 0;

  /** @returns a frame of all the pieces; it is a view of the heap, good until the next call */
  public compress(pieces: readonly Uint8Array[], level: number): Uint8Array {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (length > this.fromSize) {
      this.from = this.allocate(this.from, length);
      this.fromSize = length;
    }
    const bound = this.zstd.h(length);
    if (bound > this.toSize) {
      this.to = this.allocate(this.to, bound);
      this.toSize = bound;
    }
    const heap = this.heap();
    let at = this.from;
    for (const piece of pieces) {
      heap.set(piece, at);
      at += piece.length;
    }
    const size = this.zstd.i(this.to, this.toSize, this.from, length, level);
    if (size < 0) throw new Error('zstd could not compress');
    return this.heap().subarray(this.to, this.to + size);
  }

  private allocate(old: number, size: number): number {
    if (old !== 0) this.zstd.g(old);
    const pointer = this.zstd.f(size);
    if (pointer === 0) throw new Error(`zstd has no memory for ${size} bytes`);
    return pointer;
  }

  private heap(): Uint8Array {
    return new Uint8Array(this.zstd.c.buffer);
  }
}

/** Whether the module is there: bundles that hardly ever need it leave it out. */
export function hasZstdWasm(): boolean {
  try {
    return existsSync(wasmFile());
  } catch {
    return false;
  }
}

/** Beside the bundle, or in the package when not bundled. */
function wasmFile(): string {
  const beside = join(__dirname, 'wasm-zstd.wasm');
  return existsSync(beside) ? beside : require.resolve('@foxglove/wasm-zstd/dist/wasm-zstd.wasm');
}
