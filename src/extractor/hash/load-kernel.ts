import { ROW_KERNEL } from './row-kernel.wasm';

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  configure(count: number, scratch: number): void;
  rows(start: number, end: number): number;
  begin(): void;
  update(at: number, size: number): void;
  finish(): void;
  reset(): void;
  sumLow(): bigint;
  sumHigh(): bigint;
}

/** What is used of the runtime's WebAssembly, whose types come with those of browsers only. */
interface Runtime {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** Most columns of a result set (Maximum capacity specifications for SQL Server: columns per SELECT statement). */
const MAX_COLUMNS = 4096;
const COLUMNS = 1024;
/** Bytes before the first row that its bitmap may need. */
const SLACK = MAX_COLUMNS / 8;
/** Rows that are hashed in one call, at most. */
export const STAGE_BYTES = 0x40000;
export const STAGE = COLUMNS + 4 * MAX_COLUMNS + SLACK;
/** A row is not longer when put together: a length of 8 bytes stands for the length and the end of pieces. */
const SCRATCH = STAGE + STAGE_BYTES;

/** The hash kernel: WebAssembly, whose memory is shared by all that hash, one after the other. */
export class RowKernel {
  public readonly memory: Uint8Array;
  private readonly kernel: KernelExports;
  private described: Uint32Array | undefined;

  public constructor() {
    const { Instance, Module } = (globalThis as unknown as { readonly WebAssembly: Runtime }).WebAssembly;
    this.kernel = new Instance(new Module(Buffer.from(ROW_KERNEL, 'base64')), { env: { abort } }).exports as KernelExports;
    // A row in the form of an NBCROW may have a bitmap that the row on the wire had not.
    const missing = SCRATCH + STAGE_BYTES + SLACK - this.kernel.memory.buffer.byteLength;
    if (missing > 0) this.kernel.memory.grow(Math.ceil(missing / 0x10000));
    this.memory = new Uint8Array(this.kernel.memory.buffer);
  }

  /** Says of what columns the next rows are. */
  public use(description: Uint32Array): void {
    if (this.described === description) return;
    this.described = description;
    this.memory.set(new Uint8Array(description.buffer), COLUMNS);
    this.kernel.configure(description.length, SCRATCH);
  }

  /** Adds the rows at STAGE. @returns how many bytes of them were whole rows that it can do */
  public rows(size: number): number {
    return this.kernel.rows(STAGE, STAGE + size) - STAGE;
  }

  /** Adds one message, given in pieces of any size. */
  public message(pieces: readonly Uint8Array[]): void {
    this.kernel.begin();
    for (const bytes of pieces) {
      for (let at = 0; at < bytes.length; at += STAGE_BYTES) {
        const piece = bytes.subarray(at, at + STAGE_BYTES);
        this.memory.set(piece, STAGE);
        this.kernel.update(STAGE, piece.length);
      }
    }
    this.kernel.finish();
  }

  /** The sum of what was added since the last call. */
  public takeSum(): bigint {
    const sum = BigInt.asUintN(64, this.kernel.sumHigh()) << 64n | BigInt.asUintN(64, this.kernel.sumLow());
    this.kernel.reset();
    return sum;
  }
}

let kernel: RowKernel | undefined;

/** Compiled at first use. */
export function loadKernel(): RowKernel {
  kernel ??= new RowKernel();
  return kernel;
}

function abort(): never {
  throw new Error('the row kernel failed');
}
