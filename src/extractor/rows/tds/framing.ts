import { ColumnMetadata } from './column-metadata';
import { MAX_LENGTH, WireType as T } from './wire-types';

/** How a value's length and NULL are told in a row (MS-TDS 2.2.5.2). */
export type Framing =
  /** No length: always `size` bytes. */
  | { readonly kind: 'fixed'; readonly size: number }
  /** One length byte, 0 is NULL. */
  | { readonly kind: 'byteLength'; readonly max: number }
  /** Two length bytes, 0xFFFF is NULL. */
  | { readonly kind: 'shortLength'; readonly max: number }
  /** Four length bytes, 0 is NULL (sql_variant). */
  | { readonly kind: 'longLength'; readonly max: number }
  /** Text pointer, time stamp, four length bytes; an empty pointer is NULL. */
  | { readonly kind: 'textPointer' }
  /** Partially length-prefixed: total length, then chunks up to an empty one. */
  | { readonly kind: 'plp' };

/** Longest sql_variant value: 8,000 bytes, its base type and properties. */
const VARIANT_MAX = 8016;

/** @returns nothing for types that TDS 7.4 servers do not send */
export function framingOf(column: ColumnMetadata): Framing | undefined {
  const { type, length, scale } = column;
  switch (type) {
    case T.NULL: return { kind: 'fixed', size: 0 };
    case T.INT1: case T.BIT: return { kind: 'fixed', size: 1 };
    case T.INT2: return { kind: 'fixed', size: 2 };
    case T.INT4: case T.FLT4: case T.MONEY4: case T.DATETIM4: return { kind: 'fixed', size: 4 };
    case T.INT8: case T.FLT8: case T.MONEY: case T.DATETIME: return { kind: 'fixed', size: 8 };
    case T.GUID: case T.INTN: case T.BITN: case T.FLTN: case T.MONEYN: case T.DATETIMN:
    case T.DECIMALN: case T.NUMERICN: case T.DECIMAL: case T.NUMERIC:
      return { kind: 'byteLength', max: length };
    case T.DATEN: return { kind: 'byteLength', max: 3 };
    case T.TIMEN: return { kind: 'byteLength', max: timeBytes(scale) };
    case T.DATETIME2N: return { kind: 'byteLength', max: timeBytes(scale) + 3 };
    case T.DATETIMEOFFSETN: return { kind: 'byteLength', max: timeBytes(scale) + 5 };
    case T.BIGVARBINARY: case T.BIGVARCHAR: case T.NVARCHAR: case T.BIGBINARY: case T.BIGCHAR: case T.NCHAR:
      return length === MAX_LENGTH ? { kind: 'plp' } : { kind: 'shortLength', max: length };
    case T.XML: case T.UDT: return { kind: 'plp' };
    case T.TEXT: case T.NTEXT: case T.IMAGE: return { kind: 'textPointer' };
    case T.VARIANT: return { kind: 'longLength', max: Math.min(length, VARIANT_MAX) || VARIANT_MAX };
    default: return undefined;
  }
}

/** Bytes of a time of day at a scale (MS-TDS 2.2.5.5.1.8). */
export function timeBytes(scale: number): number {
  return scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
}

/** Most bytes a value can take in a row with its length, or Infinity. */
export function wireBound(framing: Framing): number {
  switch (framing.kind) {
    case 'fixed': return framing.size;
    case 'byteLength': return 1 + framing.max;
    case 'shortLength': return 2 + framing.max;
    case 'longLength': return 4 + framing.max;
    default: return Infinity;
  }
}
