import { OffKernelRows } from '../columns/off-kernel';
import { RowState } from '../columns/row-compiler';

/** Turns rows into the bytes of one format; one a result set. */
export interface RowEncoder {
  readonly state: RowState;
  /** Whether {@link flush} must be called before the next {@link decode}. */
  readonly full: boolean;
  /** Bytes encoded and not given out yet, about. */
  readonly pendingBytes: number;
  /** Rows that its kernel did not do. */
  readonly offKernel: OffKernelRows;
  /** Decodes rows from the state's position on; stops as `DecodeRows` says or when its buffers are full. */
  decode(): void;
  /** Starts an object: the bytes at its begin. */
  begin(): Uint8Array | undefined;
  /**
   * Gives what was encoded so far to `write`, piece by piece; each piece is copied or written before the call returns
   * or its promise resolves.
   *
   * @param last also what is held back for later, and what ends the object: all rows decoded so far are then in it
   */
  flush(write: (bytes: Uint8Array) => void | Promise<void>, last: boolean): void | Promise<void>;
  /** Gives memory back that is used again; nothing may be asked of it any more but its counts. */
  close?(): void;
}
