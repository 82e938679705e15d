import { TEXT_KERNEL } from './text-kernel.wasm';
import { canInstantiate, instantiate } from '../../../wasm/instantiate';

/** What text-kernel.as exports. */
export interface TextKernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  configure(columns: number, at: number): void;
  plain(): void;
  csv(delimiter: number, quote: number): void;
  json(): void;
  rows(start: number, end: number, out: number, limit: number): number;
  outEnd(): number;
  rowsDone(): number;
  stopReason(): number;
  stopColumn(): number;
  piece(kind: number, start: number, end: number, out: number, charset: number, inQuotes: number): number;
}

/** How text is written: as it is, as a CSV field, or as a JSON string. */
export type TextStyle =
  | { readonly name: 'plain' }
  | { readonly name: 'csv'; readonly delimiter: number; readonly quote: number }
  | { readonly name: 'json' };

/** The kernel of this thread. */
export class LoadedKernel {
  public readonly memory: Uint8Array;
  /** Who told the kernel last what to do. */
  private owner: unknown;

  public constructor(public readonly functions: TextKernelExports) {
    this.memory = new Uint8Array(functions.memory.buffer);
    if (this.memory.length < MEMORY_BYTES) throw new Error(`the text kernel's memory has less than ${MEMORY_BYTES} bytes`);
  }

  /** Whether `owner` must say again what to do, because another did since. */
  public changesTo(owner: unknown): boolean {
    if (this.owner === owner) return false;
    this.owner = owner;
    return true;
  }

  public use(style: TextStyle): void {
    if (style.name === 'csv') this.functions.csv(style.delimiter, style.quote);
    else this.functions[style.name]();
  }
}

// Where the kernel's memory has what; below are its own tables.
export const COLUMNS = 4096;
export const MAX_COLUMNS = 4096;
/** Of a column's description. */
export const DESCRIPTION_BYTES = 24;
export const CHARSETS = COLUMNS + MAX_COLUMNS * DESCRIPTION_BYTES;
export const MAX_CHARSETS = 16;
export const CHARSET_BYTES = 1024;
export const PREFIXES = CHARSETS + MAX_CHARSETS * CHARSET_BYTES;
export const PREFIX_BYTES = 0x40000;
/** The kernel reads and writes up to this many bytes behind the last. */
const SLACK = 64;
/** Rows. */
export const STAGE = PREFIXES + PREFIX_BYTES;
export const STAGE_BYTES = 0x40000;
/** What was written. */
export const OUT = STAGE + STAGE_BYTES + SLACK;
export const OUT_BYTES = 0x40000;
/** A piece of a value, with the table of its code page. */
export const PIECE = OUT + OUT_BYTES + SLACK;
export const PIECE_BYTES = 0x10000;
export const PIECE_CHARSET = PIECE + PIECE_BYTES + SLACK;
const MEMORY_BYTES = PIECE_CHARSET + CHARSET_BYTES;

let loaded: LoadedKernel | null | undefined;

/** Compiled at first use, one a thread. @returns nothing on a processor without the instructions it needs */
export function loadTextKernel(): LoadedKernel | undefined {
  if (loaded === undefined) {
    loaded = canInstantiate(TEXT_KERNEL) ? new LoadedKernel(instantiate<TextKernelExports>(TEXT_KERNEL, 'text kernel')) : null;
  }
  return loaded ?? undefined;
}
