import { ColumnLayout, KernelColumn, KernelColumns, kernelColumns } from './kernel-columns';
import { loadTextKernel, TextKernelExports } from './load-text-kernel';
import type { DecodeRows, RowState } from '../../../columns/row-compiler';

/** Rows as text: what the kernel reads and writes. */
export interface KernelState extends RowState {
  readonly out: Uint8Array;
  /** Position in `out`. */
  o: number;
  full: boolean;
}

/** How text is written; JSON where there is no delimiter. */
export interface KernelText {
  readonly delimiter?: number;
  readonly quote?: number;
}

// The kernel's memory; below are its own tables.
const COLUMNS = 4096;
const LAYOUT: ColumnLayout = {
  maxColumns: 1024,
  charsets: COLUMNS + 0x6000,
  charsetBytes: 0x4000,
  prefixes: COLUMNS + 0xa000,
  prefixBytes: 0x20000,
};
const STAGE = LAYOUT.prefixes + LAYOUT.prefixBytes;
/** Rows that are written in one call, at most. */
const STAGE_BYTES = 0x40000;
/** What is read at once may begin at the last byte. */
const SLACK = 64;
const OUT = STAGE + STAGE_BYTES + SLACK;
const OUT_BYTES = 0x40000;
const END = OUT + OUT_BYTES + SLACK;

/** Why the kernel stopped (text-kernel.as). */
const CALLER = 1;
const FULL = 2;

/** Columns the kernel was last told of. */
let used: TextKernel | undefined;

/**
 * Writes rows as text in WebAssembly, which has 64-bit integers and 16 bytes at a time. A row with a value that it does not
 * write, be it wrong or only rare, is left to the code compiled for the columns.
 */
export class TextKernel {
  /** @returns nothing where the columns have types that are not the kernel's, or the processor lacks what it needs */
  public static of(columns: readonly KernelColumn[], text: KernelText): TextKernel | undefined {
    const kernel = loadTextKernel();
    const described = kernel && kernelColumns(columns, LAYOUT);
    return described && new TextKernel(kernel, columns.length, described, text);
  }

  private readonly memory: Uint8Array;

  private constructor(
    private readonly kernel: TextKernelExports, private readonly count: number,
    private readonly columns: KernelColumns, private readonly text: KernelText,
  ) {
    this.memory = new Uint8Array(kernel.memory.buffer);
    if (this.memory.length < END) throw new Error(`the text kernel's memory has less than ${END} bytes`);
  }

  /** Decodes rows as DecodeRows does. @param decodeRows for the rows the kernel leaves */
  public decode<S extends KernelState>(state: S, decodeRows: DecodeRows<S>): void {
    this.use();
    state.incomplete = false;
    while (state.position < state.end) {
      const size = Math.min(state.end - state.position, STAGE_BYTES);
      this.memory.set(state.bytes.subarray(state.position, state.position + size), STAGE);
      if (!this.staged(state, state.position, size, decodeRows)) return;
    }
  }

  /** @param from what lies at STAGE @returns whether there may be more to do */
  private staged<S extends KernelState>(state: S, from: number, size: number, decodeRows: DecodeRows<S>): boolean {
    const last = from + size;
    while (state.position < last) {
      const stopped = this.rows(state, from, last);
      if (state.position === last) return true;
      if (stopped === FULL && state.o > 0) {
        state.full = true;
        return false;
      }
      // What is cut off at the end of the stage may be whole in the buffer.
      if (stopped !== CALLER && last < state.end && state.position > from) return true;
      const { position } = state;
      state.rowLimit = 1;
      decodeRows(state);
      state.rowLimit = Infinity;
      if (state.full || state.position === position) return false;
    }
    return true;
  }

  private rows(state: KernelState, from: number, last: number): number {
    const { kernel } = this;
    const room = Math.min(state.out.length - state.o, OUT_BYTES);
    const stop = kernel.rows(STAGE + state.position - from, STAGE + last - from, OUT, OUT + room);
    const end = kernel.outEnd();
    state.out.set(this.memory.subarray(OUT, end), state.o);
    state.o += end - OUT;
    state.rows += kernel.rowsDone();
    const position = from + stop - STAGE;
    if (position > state.position) state.beforeRow?.(state.position, position);
    state.position = position;
    return kernel.stopReason();
  }

  private use(): void {
    if (used === this) return;
    used = this;
    const { descriptions, charsets, prefixes } = this.columns;
    this.memory.set(descriptions, COLUMNS);
    this.memory.set(charsets, LAYOUT.charsets);
    this.memory.set(prefixes, LAYOUT.prefixes);
    const { delimiter, quote } = this.text;
    if (delimiter === undefined) this.kernel.configureJson(this.count, COLUMNS);
    else this.kernel.configureCsv(this.count, COLUMNS, delimiter, quote!);
  }
}
