import { valueText } from './value-text';
import { type Alterations, type ColumnType, columnTypeOf } from '../columns/column-type';
import { ByteCursor } from '../tds/byte-cursor';
import { ColumnMetadata } from '../tds/column-metadata';
import { ValueError, WireError } from '../tds/value-error';
import { WireType as T } from '../tds/wire-types';

/**
 * sql_variant (MS-TDS 2.2.5.5.4): base type, length of its properties, properties, value.
 * The writers have the arguments of number-text.
 */

/**
 * Text of the value, as the base type itself is written; binary as hex.
 *
 * @param variant the column of sql_variant: its options say what is replaced @param altered where that is counted
 */
export function variantText(
  v: DataView, p: number, n: number, out: Uint8Array, o: number, { options, altered: own }: ColumnType, altered: Alterations = own,
): number {
  const column = baseType(v, p, n);
  const at = p + 2 + v.getUint8(p + 1);
  const { write, extra } = valueText(CHARACTER_TYPES.has(v.getUint8(p)) ? { ...column, options } : column, 'hex', altered);
  return write(v, at, p + n - at, out, o, ...extra as never[]);
}

/** The base type as SQL Server spells it. */
export function variantBaseTypeText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  const name = baseType(v, p, n).sourceType;
  for (let i = 0; i < name.length; i++) out[o++] = name.charCodeAt(i);
  return o;
}

/** Whether the text can hold any character (else digits, letters and punctuation of dates and numbers only). */
export function isFreeText(v: DataView, p: number): boolean {
  return CHARACTER_TYPES.has(v.getUint8(p));
}

const CHARACTER_TYPES = new Set<number>([T.BIGVARCHAR, T.BIGCHAR, T.NVARCHAR, T.NCHAR]);
/** The base types there are, by the bytes of properties each has. */
const PROPERTY_BYTES = new Map<number, number>([
  ...[T.GUID, T.BIT, T.INT1, T.INT2, T.INT4, T.INT8, T.FLT4, T.FLT8, T.MONEY, T.MONEY4].map((type) => [type, 0] as const),
  ...[T.DATEN, T.DATETIME, T.DATETIM4].map((type) => [type, 0] as const),
  ...[T.TIMEN, T.DATETIME2N, T.DATETIMEOFFSETN].map((type) => [type, 1] as const),
  ...[T.BIGVARBINARY, T.BIGBINARY, T.NUMERICN, T.DECIMALN].map((type) => [type, 2] as const),
  ...[T.BIGVARCHAR, T.BIGCHAR, T.NVARCHAR, T.NCHAR].map((type) => [type, 7] as const),
]);
/** Base types by their properties and value; one entry a distinct combination, so few. */
const known = new Map<string, ColumnType>();

function baseType(v: DataView, p: number, n: number): ColumnType {
  const properties = v.getUint8(p + 1);
  if (n < 2 || properties > n - 2) throw new WireError('a sql_variant shorter than its properties');
  const type = v.getUint8(p);
  const expected = PROPERTY_BYTES.get(type);
  if (expected === undefined) throw new WireError(`a sql_variant of type 0x${type.toString(16)}, which cannot be in one`);
  if (properties !== expected) {
    throw new WireError(`a sql_variant of type 0x${type.toString(16)} with ${properties} bytes of properties instead of ${expected}`);
  }
  let key = String(type);
  for (let i = 0; i < properties; i++) key += `,${v.getUint8(p + 2 + i)}`;
  // Decimals may be sent in fewer bytes than their precision has.
  const found = known.get(key);
  if (found) return found;
  const column = columnTypeOf(metadata(v.getUint8(p), new Uint8Array(v.buffer, v.byteOffset + p + 2, properties)));
  if (!('kind' in column)) throw new ValueError(`a sql_variant of ${column.reason}`);
  if (known.size > 1000) known.clear();
  known.set(key, column);
  return column;
}

function metadata(type: number, properties: Uint8Array): ColumnMetadata {
  const cursor = new ByteCursor(properties, 0, properties.length);
  const base = { name: '', ordinal: 0, userType: 0, nullable: false, type, length: 0, precision: 0, scale: 0 };
  switch (type) {
    case T.GUID: return { ...base, length: 16 };
    case T.DECIMALN: case T.NUMERICN: return { ...base, length: 17, precision: cursor.u8(), scale: cursor.u8() };
    case T.TIMEN: case T.DATETIME2N: case T.DATETIMEOFFSETN: return { ...base, scale: cursor.u8() };
    case T.BIGVARBINARY: case T.BIGBINARY: return { ...base, length: cursor.u16() };
    case T.BIGVARCHAR: case T.BIGCHAR: case T.NVARCHAR: case T.NCHAR:
      return { ...base, collation: cursor.take(5).slice(), length: cursor.u16() };
    default: return base;
  }
}
