import type { ValueFraming } from '../../../contract';
import { noAlterations, type ColumnType } from '../columns/column-type';
import { isNegative, readDecimal } from '../text/number-text';
import type { TextWriter } from '../text/value-text';
import { valueText } from '../text/value-text';
import { variantText } from '../text/variant-text';

/** Whether the bytes that are hashed of the column's values are others than those on the wire, framing apart. */
export function isRewritten({ kind, charset, framing }: ColumnType): boolean {
  return kind === 'xml' || kind === 'variant' || charset?.kind === 'doubleByte' || framing.kind === 'longLength';
}

/** What is hashed of a value: its length as its column's framing has it, and its bytes. */
export function canonicalValue(column: ColumnType, pieces: readonly Uint8Array[]): Uint8Array[] {
  const rewritten = rewrite(column, pieces);
  const size = rewritten.reduce((sum, { length }) => sum + length, 0);
  return [lengthPrefix(column.framing.kind, size), ...rewritten];
}

const PREFIX_BYTES: { readonly [framing in ValueFraming]: number } = {
  fixed: 0, byteLength: 1, shortLength: 2, longLength: 4, textPointer: 4, plp: 8,
};

/** The length of a value as it is hashed. */
export function lengthPrefix(framing: ValueFraming, size: number): Uint8Array {
  const prefix = new Uint8Array(PREFIX_BYTES[framing]);
  for (let i = 0, left = size; left > 0 && i < prefix.length; i++) {
    prefix[i] = left % 0x100;
    left = Math.floor(left / 0x100);
  }
  return prefix;
}

/** Bytes of a decimal's sign and magnitude by its precision (MS-TDS 2.2.5.5.1.6): 5, 9, 13 or 17. */
export function decimalLength(precision: number): number {
  return precision <= 9 ? 5 : precision <= 19 ? 9 : precision <= 28 ? 13 : 17;
}

/**
 * Servers announce and send other lengths, by rules of their own: what is hashed depends on neither.
 *
 * @throws ValueError for one with more digits than the precision, WireError for a length or a sign that no decimal has
 */
function canonicalDecimal(wire: Uint8Array, precision: number): Uint8Array {
  const view = new DataView(wire.buffer, wire.byteOffset, wire.byteLength);
  const [l0, l1, l2, l3] = readDecimal(view, 0, wire.length, precision);
  const bytes = new Uint8Array(17);
  const out = new DataView(bytes.buffer);
  [l0, l1, l2, l3].forEach((limb, i) => out.setUint32(1 + 4 * i, limb, true));
  bytes[0] = isNegative(view, 0) && (l0 | l1 | l2 | l3) !== 0 ? 0 : 1;
  return bytes.subarray(0, decimalLength(precision));
}

function rewrite(column: ColumnType, pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const { kind } = column;
  if (kind === 'decimal') return [canonicalDecimal(pieces[0], column.precision)];
  if (!isRewritten(column)) return pieces;
  const value = Buffer.concat(pieces);
  if (kind === 'xml') return [value[0] === 0xff && value[1] === 0xfe ? value.subarray(2) : value];
  // What decoding counts is not counted again.
  const altered = noAlterations();
  if (kind === 'variant') return [written(variantText as TextWriter, [column, altered], value, 4 * value.length + 64)];
  const { write, extra } = valueText(column, 'hex', altered);
  return [written(write, extra, value, 4 * value.length)];
}

function written(write: TextWriter, extra: readonly unknown[], value: Buffer, room: number): Uint8Array {
  const out = new Uint8Array(room);
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return out.subarray(0, write(view, 0, value.length, out, 0, ...extra as never[]));
}
