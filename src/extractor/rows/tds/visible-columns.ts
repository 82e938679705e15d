/* eslint-disable no-bitwise */
import type { ColumnMetadata } from './column-metadata';
import { framingOf } from './framing';
import type { RowConsumer } from './row-consumer';
import { RowScanner } from './row-scanner';
import { Token } from './wire-types';
import { LegacyToS3Error } from '../../api/errors';

/** The columns that are part of the result, numbered as such. @throws LegacyToS3Error of code PROTOCOL_ERROR when there are none */
export function visibleOf(columns: readonly ColumnMetadata[]): ColumnMetadata[] {
  const visible = columns.filter(({ hidden }) => !hidden).map((column, at) => ({ ...column, ordinal: at + 1 }));
  if (visible.length === 0) throw new LegacyToS3Error('PROTOCOL_ERROR', 'all columns of the result are marked as hidden (fHidden)');
  return visible;
}

/**
 * Takes out of each row the columns that the server added of its own and marked as hidden (MS-TDS 2.2.7.4, fHidden), as it does
 * for FOR BROWSE: keys by which a client could find the row again. They are no part of the result.
 */
export class VisibleColumns implements RowConsumer {
  public needed = 0;
  private readonly whole: RowScanner;
  private readonly scanners: readonly RowScanner[];

  public constructor(private readonly consumer: RowConsumer, private readonly all: readonly ColumnMetadata[]) {
    const framings = all.map((column) => {
      const framing = framingOf(column);
      if (framing) return framing;
      throw new LegacyToS3Error('UNSUPPORTED_TYPE', `column ${column.ordinal} "${column.name}" has the unknown data type 0x${column.type.toString(16)}`);
    });
    this.whole = new RowScanner(framings);
    this.scanners = framings.map((framing) => new RowScanner([framing]));
  }

  public get full(): boolean {
    return this.consumer.full;
  }

  public columns(columns: readonly ColumnMetadata[]): void | Promise<void> {
    return this.consumer.columns(columns);
  }

  public decode(bytes: Uint8Array, position: number, end: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.needed = 0;
    while (position < end && (bytes[position] === Token.ROW || bytes[position] === Token.NBCROW)) {
      const rowEnd = this.whole.scan(view, position, end);
      if (rowEnd < 0) {
        this.needed = this.whole.needed;
        return position;
      }
      const row = this.visible(bytes, view, position, rowEnd);
      // A row that must wait for a flush comes again.
      if (this.consumer.decode(row, 0, row.length) < row.length) return position;
      position = rowEnd;
      if (this.consumer.full) return position;
    }
    return position;
  }

  public flush(): void | Promise<void> {
    return this.consumer.flush();
  }

  /** The row without its hidden columns. */
  private visible(bytes: Uint8Array, view: DataView, start: number, end: number): Uint8Array {
    const { all, scanners } = this;
    const hasBitmap = bytes[start] === Token.NBCROW;
    const shown = all.filter(({ hidden }) => !hidden).length;
    const bitmap = new Uint8Array(hasBitmap ? (shown + 7) >> 3 : 0);
    const pieces: Uint8Array[] = [bytes.subarray(start, start + 1), bitmap];
    let p = start + 1 + (hasBitmap ? (all.length + 7) >> 3 : 0);
    let at = 0;
    for (const [i, { hidden }] of all.entries()) {
      const isNull = hasBitmap && (bytes[start + 1 + (i >> 3)] & (1 << (i & 7))) !== 0;
      const next = isNull ? p : scanners[i].scanValues(view, p, 0, p, end);
      if (!hidden) {
        if (isNull) bitmap[at >> 3] |= 1 << (at & 7);
        else pieces.push(bytes.subarray(p, next));
        at++;
      }
      p = next;
    }
    return new Uint8Array(Buffer.concat(pieces));
  }
}
