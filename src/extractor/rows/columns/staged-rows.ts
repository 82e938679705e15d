import type { OffKernelRows } from './off-kernel';
import type { DecodeRows, RowState } from './row-compiler';
import type { Framing } from '../tds/framing';
import { RowScanner } from '../tds/row-scanner';
import { Token } from '../tds/wire-types';

/** Why a kernel stopped (the constants of its source). */
export const Stopped = {
  /** All is done, or the last row is not wholly there. */
  END: 0,
  /** The next row has a value that is not for the kernel, or is no row. */
  CALLER: 1,
  /** What was made of the rows must be taken first. */
  FULL: 2,
  /** As CALLER, because of a value that is too long for it. */
  LONG: 3,
} as const;

/** What generated code shares with a kernel. */
export interface StagedState extends RowState {
  full: boolean;
}

/** Where rows lie in the kernel's memory. */
export interface Stage {
  readonly memory: Uint8Array;
  readonly at: number;
  readonly size: number;
}

/**
 * Gives rows to a kernel, a stage at a time, and those that it leaves, each by itself, to the code compiled for the columns: such a
 * row costs no other one.
 */
export abstract class StagedRows<S extends StagedState> {
  protected abstract readonly stage: Stage;
  /** Whether the next row was not whole, or the last one did not fit into the stage: such rows are looked at before they are staged. */
  private looksFirst = false;
  private readonly scanner: RowScanner;

  protected constructor(framings: readonly Framing[]) {
    this.scanner = new RowScanner(framings);
  }

  /** Decodes rows as DecodeRows does. @param decodeRows for the rows the kernel leaves @param offKernel where these are counted */
  public decode<T extends S>(state: T, decodeRows: DecodeRows<T>, offKernel: OffKernelRows): void {
    const { memory, at, size } = this.stage;
    state.incomplete = false;
    while (state.position < state.end) {
      const from = state.position;
      if (this.looksFirst) {
        const token = state.bytes[from];
        if (token !== Token.ROW && token !== Token.NBCROW) return;
        const rowEnd = this.scanner.scan(state.view, from, state.end);
        if (rowEnd < 0) {
          state.incomplete = true;
          state.needed = this.scanner.needed;
          state.column = this.scanner.column;
          return;
        }
        if (rowEnd - from > size) {
          if (!this.leave(state, decodeRows, offKernel, undefined)) return;
          continue;
        }
        this.looksFirst = false;
      }
      const length = Math.min(state.end - from, size);
      memory.set(state.bytes.subarray(from, from + length), at);
      if (!this.staged(state, from, from + length, decodeRows, offKernel)) return;
    }
  }

  /** Does rows from the state's position up to `last`; `from` is what lies at the begin of the stage. @returns why it stopped: one of {@link Stopped} */
  protected abstract rows(state: S, from: number, last: number): number;

  /** Whether the kernel is full of what it made of earlier rows, and not by the next one alone. */
  protected abstract isFull(state: S): boolean;

  /** Column at which the kernel left a row. */
  protected abstract get stopColumn(): number;

  /** Does the row at the state's position by `decodeRows`. */
  protected oneRow<T extends S>(state: T, decodeRows: DecodeRows<T>): void {
    state.rowLimit = 1;
    decodeRows(state);
    state.rowLimit = Infinity;
  }

  /** @returns whether there may be more to do */
  private staged<T extends S>(state: T, from: number, last: number, decodeRows: DecodeRows<T>, offKernel: OffKernelRows): boolean {
    while (state.position < last) {
      const begin = state.position;
      const stopped = this.rows(state, from, last);
      if (state.position > begin) state.beforeRow?.(begin, state.position);
      if (state.position === last) return true;
      if (stopped === Stopped.FULL && this.isFull(state)) {
        state.full = true;
        return false;
      }
      // What is cut off at the end of the stage may be whole in the buffer.
      if (stopped !== Stopped.CALLER && stopped !== Stopped.LONG && last < state.end && state.position > from) return true;
      if (!this.leave(state, decodeRows, offKernel, stopped === Stopped.CALLER ? this.stopColumn : undefined)) return false;
    }
    return true;
  }

  /** Has the next row done by the other code. @param column because of which @returns whether there may be more to do */
  private leave<T extends S>(state: T, decodeRows: DecodeRows<T>, offKernel: OffKernelRows, column: number | undefined): boolean {
    const { position, rows } = state;
    this.oneRow(state, decodeRows);
    if (state.rows > rows) offKernel.add(column);
    this.looksFirst = state.incomplete || state.position - position > this.stage.size;
    return !state.full && state.position !== position;
  }
}
