import { KernelColumn, KernelColumns, kernelColumns } from './kernel-columns';
import { CHARSETS, COLUMNS, LoadedKernel, loadTextKernel, OUT, OUT_BYTES, PREFIXES, STAGE, STAGE_BYTES, TextStyle } from './load-text-kernel';
import type { OffKernelReason, OffKernelRows } from '../../../columns/off-kernel';
import type { DecodeRows, RowState } from '../../../columns/row-compiler';

/** Rows as text: what the kernel reads and writes. */
export interface KernelState extends RowState {
  readonly out: Uint8Array;
  /** Position in `out`. */
  o: number;
  full: boolean;
}

/** Why the kernel stopped (text-kernel.as). */
const CALLER = 1;
const FULL = 2;

/**
 * Writes rows as text in WebAssembly, which has 64-bit integers and 16 bytes at a time. A row with a value that it does not
 * write, be it wrong or only rare, is left to the code compiled for the columns.
 */
export class TextKernel {
  /** @returns why there is none for these columns, on this processor */
  public static of(columns: readonly KernelColumn[], style: TextStyle): TextKernel | OffKernelReason {
    const kernel = loadTextKernel();
    if (!kernel) return 'processor';
    const described = kernelColumns(columns);
    return typeof described === 'string' ? described : new TextKernel(kernel, described, style);
  }

  private constructor(private readonly kernel: LoadedKernel, private readonly columns: KernelColumns, private readonly style: TextStyle) {}

  /** Decodes rows as DecodeRows does. @param decodeRows for the rows the kernel leaves @param offKernel where these are counted */
  public decode<S extends KernelState>(state: S, decodeRows: DecodeRows<S>, offKernel: OffKernelRows): void {
    state.incomplete = false;
    while (state.position < state.end) {
      const size = Math.min(state.end - state.position, STAGE_BYTES);
      this.kernel.memory.set(state.bytes.subarray(state.position, state.position + size), STAGE);
      if (!this.staged(state, state.position, size, decodeRows, offKernel)) return;
    }
  }

  /** @param from what lies at STAGE @returns whether there may be more to do */
  private staged<S extends KernelState>(
    state: S, from: number, size: number, decodeRows: DecodeRows<S>, offKernel: OffKernelRows,
  ): boolean {
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
      const { position, rows } = state;
      state.rowLimit = 1;
      decodeRows(state);
      state.rowLimit = Infinity;
      if (state.rows > rows) offKernel.add(stopped === CALLER ? this.kernel.functions.stopColumn() : undefined);
      if (state.full || state.position === position) return false;
    }
    return true;
  }

  private rows(state: KernelState, from: number, last: number): number {
    this.use();
    const { functions, memory } = this.kernel;
    const room = Math.min(state.out.length - state.o, OUT_BYTES);
    const stop = functions.rows(STAGE + state.position - from, STAGE + last - from, OUT, OUT + room);
    const end = functions.outEnd();
    state.out.set(memory.subarray(OUT, end), state.o);
    state.o += end - OUT;
    state.rows += functions.rowsDone();
    const position = from + stop - STAGE;
    if (position > state.position) state.beforeRow?.(state.position, position);
    state.position = position;
    return functions.stopReason();
  }

  private use(): void {
    const { kernel } = this;
    if (!kernel.changesTo(this)) return;
    const { count, descriptions, charsets, prefixes } = this.columns;
    kernel.memory.set(descriptions, COLUMNS);
    kernel.memory.set(charsets, CHARSETS);
    kernel.memory.set(prefixes, PREFIXES);
    kernel.functions.configure(count, COLUMNS);
    kernel.use(this.style);
  }
}
