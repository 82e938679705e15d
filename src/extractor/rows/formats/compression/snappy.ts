import { SNAPPY_KERNEL } from './snappy-kernel.wasm';
import { instantiate } from '../../../wasm/instantiate';

/** What snappy-kernel.as exports. */
interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  compress(start: number, end: number, out: number): number;
}

/** Copies reach back within a block only. */
const BLOCK_BYTES = 0x10000;
// The kernel's memory; below is its hash table.
const BLOCK = 0xa000;
const SLACK = 64;
const OUT = BLOCK + BLOCK_BYTES + SLACK;

let kernel: KernelExports | undefined;
let output = new Uint8Array(0);

/**
 * Snappy's raw format, as Parquet pages have it: the length as a varint, then blocks of literals and copies.
 *
 * @returns a view that is good until the next call
 */
export function snappyCompress(bytes: Uint8Array): Uint8Array {
  kernel ??= instantiate<KernelExports>(SNAPPY_KERNEL, 'snappy kernel');
  const memory = new Uint8Array(kernel.memory.buffer);
  const bound = 32 + bytes.length + Math.floor(bytes.length / 6);
  if (output.length < bound) output = new Uint8Array(bound);
  let o = 0;
  let length = bytes.length;
  while (length >= 0x80) {
    output[o++] = length & 0x7f | 0x80;
    length = Math.floor(length / 0x80);
  }
  output[o++] = length;
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const block = bytes.subarray(start, start + BLOCK_BYTES);
    memory.set(block, BLOCK);
    const end = kernel.compress(BLOCK, BLOCK + block.length, OUT);
    output.set(memory.subarray(OUT, end), o);
    o += end - OUT;
  }
  return output.subarray(0, o);
}
