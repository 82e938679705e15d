import { ColumnType } from '../columns/column-type';
import { RowState } from '../columns/row-compiler';
import { RowScanner } from '../tds/row-scanner';
import { Token } from '../tds/wire-types';
import { valueText } from '../text/value-text';

/** Longer keys would only hide the message. */
const LONGEST_KEY_VALUE = 200;

/**
 * The key of the row that decoding failed at, for its message: `Id = 7, Line = 2`. Empty where there is none, or where
 * it cannot be had safely: behind a (max) value, whose pieces may have been moved together already, nothing is read.
 */
export function rowKey(columns: readonly ColumnType[], keyColumns: readonly string[], state: RowState): string {
  const found = new Map<string, string>();
  try {
    const { view, position } = state;
    const bitmap = view.getUint8(position) === Token.NBCROW ? position + 1 : 0;
    let p = bitmap === 0 ? position + 1 : bitmap + ((columns.length + 7) >> 3);
    for (let i = 0; i < columns.length && found.size < keyColumns.length && columns[i].framing.kind !== 'plp'; i++) {
      const isNull = bitmap !== 0 && (view.getUint8(bitmap + (i >> 3)) & 1 << (i & 7)) !== 0;
      if (isNull) continue;
      const end = new RowScanner([columns[i].framing]).scanValues(view, p, 0, p, state.end);
      if (end < 0) return '';
      if (keyColumns.includes(columns[i].name)) found.set(columns[i].name, textOf(columns[i], view, p, end));
      p = end;
    }
  } catch {
    return '';
  }
  return keyColumns.every((name) => found.has(name)) ? keyColumns.map((name) => `${name} = ${found.get(name)}`).join(', ') : '';
}

function textOf(column: ColumnType, view: DataView, start: number, end: number): string {
  const { framing } = column;
  const p = start + { fixed: 0, byteLength: 1, shortLength: 2, longLength: 4, textPointer: 0, plp: 0 }[framing.kind];
  const { write, extra } = valueText(column, 'hex');
  const out = new Uint8Array(3 * (end - p) + 64);
  const text = Buffer.from(out.subarray(0, write(view, p, end - p, out, 0, ...extra as never[]))).toString('utf8');
  return text.length > LONGEST_KEY_VALUE ? `${text.slice(0, LONGEST_KEY_VALUE)}…` : text;
}
