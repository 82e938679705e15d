import type { ColumnMetadata } from './column-metadata';

/** Where the rows of a result go. */
export interface RowConsumer {
  /** Whether `flush` must be called before the next `decode`. */
  readonly full: boolean;
  /** When `decode` stopped in front of an incomplete row: the bytes that row needs at least. Else 0. */
  readonly needed: number;
  /** COLMETADATA came; throws to refuse the result. */
  columns(columns: readonly ColumnMetadata[]): void | Promise<void>;
  /**
   * Decodes rows of `bytes[position..end)`.
   *
   * @returns where it stopped: in front of another token, of an incomplete row, or where it must `flush` first
   */
  decode(bytes: Uint8Array, position: number, end: number): number;
  /** Hands on what was decoded. */
  flush(): void | Promise<void>;
}
