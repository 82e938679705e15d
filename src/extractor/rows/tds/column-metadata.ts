import { ByteCursor } from './byte-cursor';
import { MAX_LENGTH, WireType as T } from './wire-types';
import { LegacyToS3Error } from '../../api/errors';

/** One column of a result as COLMETADATA describes it (MS-TDS 2.2.7.4). */
export interface ColumnMetadata {
  readonly name: string;
  /** Position in the result, from 1. */
  readonly ordinal: number;
  readonly userType: number;
  readonly nullable: boolean;
  /** Whether the server added it of its own: no part of the result. */
  readonly hidden?: boolean;
  /** One of {@link WireType}. */
  readonly type: number;
  /** Declared length in bytes; {@link MAX_LENGTH} for (max) types, 0 where the type has none. */
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
  /** The five bytes of a character column's collation (MS-TDS 2.2.5.1.2). */
  readonly collation?: Uint8Array;
  /** A CLR type's name. */
  readonly udt?: { readonly database: string; readonly schema: string; readonly type: string };
}

const FLAG_NULLABLE = 0x0001;
const FLAG_ENCRYPTED = 0x0800;
const FLAG_HIDDEN = 0x2000;
const NO_METADATA = 0xffff;

/**
 * Reads the body of a COLMETADATA token.
 *
 * @param cursor just behind the token type
 * @returns no columns when the token carries none (0xFFFF)
 * @throws INCOMPLETE when the token is not wholly there; LegacyToS3Error UNSUPPORTED_TYPE or PROTOCOL_ERROR
 */
export function readColumnMetadata(cursor: ByteCursor): ColumnMetadata[] {
  const count = cursor.u16();
  if (count === NO_METADATA) return [];
  const columns: ColumnMetadata[] = [];
  for (let i = 0; i < count; i++) columns.push(readColumn(cursor, i + 1));
  return columns;
}

function readColumn(cursor: ByteCursor, ordinal: number): ColumnMetadata {
  const userType = cursor.u32();
  const flags = cursor.u16();
  const type = cursor.u8();
  const info = readTypeInfo(cursor, type, ordinal);
  if (type === T.TEXT || type === T.NTEXT || type === T.IMAGE) {
    for (let parts = cursor.u8(); parts > 0; parts--) cursor.longString();
  }
  const name = cursor.shortString();
  if ((flags & FLAG_ENCRYPTED) !== 0) {
    throw new LegacyToS3Error('UNSUPPORTED_TYPE', `column ${ordinal} "${name}" is encrypted by Always Encrypted, which is not supported`);
  }
  return { name, ordinal, userType, nullable: (flags & FLAG_NULLABLE) !== 0, ...((flags & FLAG_HIDDEN) !== 0 && { hidden: true }), type, ...info };
}

type TypeInfo = Pick<ColumnMetadata, 'length' | 'precision' | 'scale' | 'collation' | 'udt'>;

/** TYPE_INFO (MS-TDS 2.2.5.6). */
export function readTypeInfo(cursor: ByteCursor, type: number, ordinal: number): TypeInfo {
  const info = (length: number, more?: Partial<TypeInfo>): TypeInfo => ({ length, precision: 0, scale: 0, ...more });
  switch (type) {
    case T.NULL: return info(0);
    case T.INT1: case T.BIT: return info(1);
    case T.INT2: return info(2);
    case T.INT4: case T.FLT4: case T.MONEY4: case T.DATETIM4: return info(4);
    case T.INT8: case T.FLT8: case T.MONEY: case T.DATETIME: return info(8);
    case T.DATEN: return info(3);
    case T.GUID: case T.INTN: case T.BITN: case T.FLTN: case T.MONEYN: case T.DATETIMN:
    case T.BINARY: case T.VARBINARY:
      return info(cursor.u8());
    case T.DECIMAL: case T.NUMERIC: case T.DECIMALN: case T.NUMERICN:
      return { length: cursor.u8(), precision: cursor.u8(), scale: cursor.u8() };
    case T.TIMEN: case T.DATETIME2N: case T.DATETIMEOFFSETN:
      return info(0, { scale: cursor.u8() });
    case T.CHAR: case T.VARCHAR:
      return info(cursor.u8(), { collation: cursor.take(5).slice() });
    case T.BIGVARBINARY: case T.BIGBINARY:
      return info(cursor.u16());
    case T.BIGVARCHAR: case T.BIGCHAR: case T.NVARCHAR: case T.NCHAR:
      return info(cursor.u16(), { collation: cursor.take(5).slice() });
    case T.TEXT: case T.NTEXT:
      return info(cursor.u32(), { collation: cursor.take(5).slice() });
    case T.IMAGE: case T.VARIANT:
      return info(cursor.u32());
    case T.XML:
      if (cursor.u8() === 1) {
        cursor.shortString();
        cursor.shortString();
        cursor.longString();
      }
      return info(MAX_LENGTH);
    case T.UDT: {
      cursor.u16();
      const udt = { database: cursor.shortString(), schema: cursor.shortString(), type: cursor.shortString() };
      cursor.longString();
      return info(MAX_LENGTH, { udt });
    }
    default:
      throw new LegacyToS3Error('UNSUPPORTED_TYPE', `column ${ordinal} of the result has the unknown data type 0x${type.toString(16)}`);
  }
}
