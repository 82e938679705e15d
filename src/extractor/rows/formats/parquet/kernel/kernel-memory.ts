import { PARQUET_KERNEL } from './parquet-kernel.wasm';
import { canInstantiate, instantiate, KernelMemory, newMemory } from '../../../../wasm/instantiate';

/** What parquet-kernel.as exports. */
export interface ParquetKernelExports {
  configure(columns: number, at: number, scratch: number, arena: number, arenaEnd: number): void;
  reset(): void;
  rows(start: number, end: number, row: number, rowLimit: number, mostBytes: number, mostPending: number): number;
  rowsDone(): number;
  stopReason(): number;
  stopColumn(): number;
  variableBytes(): number;
  addVariable(bytes: number): void;
  addBytes(column: number, at: number, size: number, wire: number): void;
  firstBlock(column: number): number;
  closeBlock(column: number): void;
  leave(column: number): void;
}

/** An instance with a memory of its own. */
export interface ParquetInstance {
  readonly functions: ParquetKernelExports;
  readonly memory: KernelMemory;
  /** Whether the memory was used before, and is not zeros. */
  readonly used: boolean;
}

const PAGE = 0x10000;
/** Encoders of many small tables use the same few memories, which are let go by the garbage collector late. */
const MOST_KEPT = 4;
/** Sizes are rounded up to this many pages, 4 MiB, so that tables of about the same columns use the same memories. */
const ROUNDED_PAGES = 64;

const kept: ParquetInstance[] = [];
let available: boolean | undefined;

/** Whether the processor has the instructions of the kernel. */
export function hasParquetKernel(): boolean {
  return available ??= canInstantiate(PARQUET_KERNEL);
}

/** @param bytes of memory; untouched pages of it take none */
export function takeInstance(bytes: number): ParquetInstance {
  const pages = Math.ceil(bytes / PAGE / ROUNDED_PAGES) * ROUNDED_PAGES;
  // The smallest that is large enough: rows, keys and deletes of a table's changes come by turns, and each new memory is tens of megabytes.
  let best = -1;
  kept.forEach(({ memory: { buffer } }, at) => {
    if (buffer.byteLength >= pages * PAGE && (best < 0 || buffer.byteLength < kept[best].memory.buffer.byteLength)) best = at;
  });
  if (best >= 0) return { ...kept.splice(best, 1)[0], used: true };
  const memory = newMemory(pages);
  return { functions: instantiate<ParquetKernelExports>(PARQUET_KERNEL, 'parquet kernel', memory), memory, used: false };
}

/** Nothing may look at the instance's memory any more. */
export function giveInstance(instance: ParquetInstance): void {
  if (kept.length >= MOST_KEPT) kept.shift();
  kept.push(instance);
}
