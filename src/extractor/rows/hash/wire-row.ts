import type { ColumnType } from '../columns/column-type';
import type { Framing } from '../tds/framing';
import { uint16, uint32 } from '../tds/little-endian';
import type { RowScanner } from '../tds/row-scanner';
import { Token } from '../tds/wire-types';

/** A row's values as they are on the wire. */
export interface WireRow {
  /** Behind the row. */
  readonly end: number;
  /** By column: the bytes, in pieces where the value is PLP; undefined for NULL. */
  readonly values: ReadonlyArray<readonly Uint8Array[] | undefined>;
}

/** Takes the row at `start` apart. */
export function openRow(columns: readonly ColumnType[], scanner: RowScanner, b: Uint8Array, v: DataView, start: number, end: number): WireRow {
  const rowEnd = scanner.scan(v, start, end);
  const bitmap = b[start] === Token.NBCROW ? start + 1 : 0;
  let p = start + 1 + (bitmap === 0 ? 0 : (columns.length + 7) >> 3);
  const values = columns.map(({ framing }, i) => {
    if (bitmap !== 0 && (b[bitmap + (i >> 3)] & 1 << (i & 7)) !== 0) return undefined;
    const value = openValue(framing, b, v, p);
    p = value.end;
    return value.pieces;
  });
  return { end: rowEnd, values };
}

/** The bytes of a value, in pieces where it is PLP; none for NULL. */
export function openValue(
  framing: Framing, b: Uint8Array, v: DataView, p: number,
): { readonly end: number; readonly pieces?: readonly Uint8Array[] } {
  const value = (start: number, size: number) => ({ end: start + size, pieces: [b.subarray(start, start + size)] });
  switch (framing.kind) {
    case 'fixed': return framing.size === 0 ? { end: p } : value(p, framing.size);
    case 'byteLength': return b[p] === 0 ? { end: p + 1 } : value(p + 1, b[p]);
    case 'shortLength': return uint16(v, p) === 0xffff ? { end: p + 2 } : value(p + 2, uint16(v, p));
    case 'longLength': return uint32(v, p) === 0 ? { end: p + 4 } : value(p + 4, uint32(v, p));
    case 'textPointer': {
      if (b[p] === 0) return { end: p + 1 };
      const at = p + 1 + b[p] + 8;
      return value(at + 4, uint32(v, at));
    }
    case 'plp': {
      if (uint32(v, p) === 0xffffffff && uint32(v, p + 4) === 0xffffffff) return { end: p + 8 };
      const pieces: Uint8Array[] = [];
      for (p += 8; ;) {
        const size = uint32(v, p);
        p += 4;
        if (size === 0) return { end: p, pieces };
        pieces.push(b.subarray(p, p + size));
        p += size;
      }
    }
  }
}
