import { eiselLemireTable } from './eisel-lemire-table';
import { VERIFY_KERNEL } from './verify-kernel.wasm';
import type { ManifestColumn } from '../../../contract';
import { CANONICAL_ROWS_BYTES } from '../../rows/hash/canonical-hasher';
import { canInstantiate, instantiate } from '../../wasm/instantiate';
import { codePageBytes } from '../values/character-value';

/** What verify-kernel.as exports. */
export interface VerifyKernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  openPage(column: number, start: number, end: number, rows: number, isIndices: number, room: number): number;
  pageValues(): number;
  openDictionary(column: number, start: number, end: number, count: number, room: number, limit: number): number;
  dictionaryEnd(): number;
  unsnappy(start: number, end: number, out: number, size: number): number;
  parquetRows(first: number, columns: number, sources: number, count: number, out: number, limit: number): number;
  parquetOutEnd(): number;
  parquetStopReason(): number;
  passRow(): void;
  csv(delimiter: number, quote: number, nullText: number, nullSize: number): void;
  textRows(start: number, end: number, isJson: number, first: number, columns: number, out: number, limit: number, scratch: number): number;
  textOutEnd(): number;
  textRowsDone(): number;
  textStopReason(): number;
}

/** Why the kernel stopped. */
export const STOPPED = { END: 0, CALLER: 1, FULL: 2 } as const;

// Where the kernel's memory has what; below are its own tables.
const POWERS = 0x1000;
export const COLUMNS = 0x4000;
export const MAX_COLUMNS = 2048;
/** Of a column's description. */
export const DESCRIPTION_BYTES = 64;
export const NAMES = COLUMNS + MAX_COLUMNS * DESCRIPTION_BYTES;
export const NAMES_BYTES = 0x40000;
const CHARSETS = NAMES + NAMES_BYTES;
const MAX_CHARSETS = 8;
const CHARSET_BYTES = 0x20000;
/** Rows that were made. */
export const OUT = CHARSETS + MAX_CHARSETS * CHARSET_BYTES;
export const OUT_BYTES = CANONICAL_ROWS_BYTES;
/** The kernel reads and writes up to this many bytes behind the last. */
export const SLACK = 128;
/** Pages and dictionaries, or text. */
export const ARENA = OUT + OUT_BYTES + SLACK;
const MEMORY_BYTES = 0x10000000;
export const ARENA_END = MEMORY_BYTES - SLACK;

const NO_BYTE = 0xffff;

/** A kernel with a memory of its own, of which it takes what it uses. */
export class VerifyKernel {
  public readonly memory: Uint8Array;
  public readonly view: DataView;
  public readonly functions: VerifyKernelExports;
  private readonly charsets = new Map<string, number>();

  public constructor() {
    this.functions = instantiate<VerifyKernelExports>(VERIFY_KERNEL, 'verification kernel');
    const { buffer } = this.functions.memory;
    if (buffer.byteLength < MEMORY_BYTES) throw new Error(`the verification kernel's memory has less than ${MEMORY_BYTES} bytes`);
    this.memory = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.memory.set(eiselLemireTable(), POWERS);
  }

  /** Where the bytes of a single-byte code page's characters are; undefined where there is no room for them. */
  public charset({ codePage }: ManifestColumn): number | undefined {
    const known = this.charsets.get(codePage!);
    if (known !== undefined) return known;
    if (this.charsets.size >= MAX_CHARSETS) return undefined;
    const at = CHARSETS + this.charsets.size * CHARSET_BYTES;
    const bytes = new Uint16Array(CHARSET_BYTES / 2).fill(NO_BYTE);
    for (const [unit, byte] of codePageBytes(codePage!)) bytes[unit] = byte;
    // The kernel takes ASCII as it is.
    if (bytes.subarray(0, 0x80).some((byte, unit) => byte !== unit)) return undefined;
    this.memory.set(new Uint8Array(bytes.buffer), at);
    this.charsets.set(codePage!, at);
    return at;
  }
}

/** Kernels that nothing uses at the moment. */
const free: VerifyKernel[] = [];
let available: boolean | undefined;

/** Lends a kernel to some work. @param work gets none on a processor without the instructions it needs */
export async function withVerifyKernel<T>(work: (kernel: VerifyKernel | undefined) => Promise<T>): Promise<T> {
  available ??= canInstantiate(VERIFY_KERNEL);
  if (!available) return work(undefined);
  const kernel = free.pop() ?? new VerifyKernel();
  try {
    return await work(kernel);
  } finally {
    free.push(kernel);
  }
}
