import { RowState } from '../columns/row-compiler';

/** Turns rows into the bytes of one format; one a result set. */
export interface RowEncoder {
  readonly state: RowState;
  /** Decodes rows from the state's position on; stops as `DecodeRows` says or when its buffers are full. */
  decode(): void;
  /** Whether `decode` stopped because its buffers are full. */
  readonly full: boolean;
  /** Bytes at the begin of every object. */
  begin(): Uint8Array | undefined;
  /**
   * Gives what was encoded so far to `write`, piece by piece; each piece is copied or written before the call returns
   * or its promise resolves.
   *
   * @param last also what is held back for a later call, and what ends an object
   * @returns rows that are wholly in the bytes given so far, since `begin`
   */
  flush(write: (bytes: Uint8Array) => void | Promise<void>, last: boolean): void | Promise<void>;
  /** Bytes held back in memory for a later flush, about. */
  readonly pendingBytes: number;
}
