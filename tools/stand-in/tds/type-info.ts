import { ByteWriter } from '../../tds/byte-writer';
import { collationOf } from '../sql/collations';
import { decimalBytes } from '../sql/type-declaration';
import { MAX, SqlType } from '../sql/types';

/** Type tokens of TYPE_INFO (MS-TDS 2.2.5.4). */
export enum TypeToken {
  IMAGE = 0x22,
  TEXT = 0x23,
  GUID = 0x24,
  INTN = 0x26,
  DATE = 0x28,
  TIME = 0x29,
  DATETIME2 = 0x2a,
  DATETIMEOFFSET = 0x2b,
  INT1 = 0x30,
  BIT = 0x32,
  INT2 = 0x34,
  INT4 = 0x38,
  DATETIME4 = 0x3a,
  FLOAT4 = 0x3b,
  MONEY = 0x3c,
  DATETIME = 0x3d,
  FLOAT8 = 0x3e,
  VARIANT = 0x62,
  NTEXT = 0x63,
  BITN = 0x68,
  DECIMAL = 0x6a,
  NUMERIC = 0x6c,
  FLOATN = 0x6d,
  MONEYN = 0x6e,
  DATETIMEN = 0x6f,
  MONEY4 = 0x7a,
  INT8 = 0x7f,
  VARBINARY = 0xa5,
  VARCHAR = 0xa7,
  BINARY = 0xad,
  CHAR = 0xaf,
  NVARCHAR = 0xe7,
  NCHAR = 0xef,
  UDT = 0xf0,
  XML = 0xf1,
}

/** Nullable form and fixed form of a type that has both. */
const FIXED: Partial<Record<SqlType['name'], readonly [nullable: TypeToken, bytes: number, fixed: TypeToken]>> = {
  bit: [TypeToken.BITN, 1, TypeToken.BIT],
  tinyint: [TypeToken.INTN, 1, TypeToken.INT1],
  smallint: [TypeToken.INTN, 2, TypeToken.INT2],
  int: [TypeToken.INTN, 4, TypeToken.INT4],
  bigint: [TypeToken.INTN, 8, TypeToken.INT8],
  real: [TypeToken.FLOATN, 4, TypeToken.FLOAT4],
  float: [TypeToken.FLOATN, 8, TypeToken.FLOAT8],
  smallmoney: [TypeToken.MONEYN, 4, TypeToken.MONEY4],
  money: [TypeToken.MONEYN, 8, TypeToken.MONEY],
  smalldatetime: [TypeToken.DATETIMEN, 4, TypeToken.DATETIME4],
  datetime: [TypeToken.DATETIMEN, 8, TypeToken.DATETIME],
};

/** True when values are sent without a length because the column cannot be NULL (MS-TDS 2.2.5.4.1). */
export function isFixedLength(type: SqlType, nullable: boolean): boolean {
  return !nullable && FIXED[type.name] !== undefined;
}

export function hasPartialLength(type: SqlType): boolean {
  return type.length === MAX || type.name === 'xml' || ['hierarchyid', 'geometry', 'geography'].includes(type.name);
}

/** Types sent with a text pointer, whose metadata names their table (MS-TDS 2.2.7.4). */
export function hasTextPointer(type: SqlType): boolean {
  return type.name === 'text' || type.name === 'ntext' || type.name === 'image';
}

/** Writes TYPE_INFO (MS-TDS 2.2.5.6). */
export function writeTypeInfo(out: ByteWriter, type: SqlType, nullable: boolean, database: string): void {
  const fixed = FIXED[type.name];
  if (fixed) {
    out.uint8(nullable ? fixed[0] : fixed[2]);
    if (nullable) {
      out.uint8(fixed[1]);
    }
    return;
  }
  const sized = (token: TypeToken, unit: number) => {
    out.uint8(token).uint16(type.length === MAX ? 0xffff : type.length! * unit);
  };
  const collation = () => out.bytes(collationOf(type.collation).wire);
  switch (type.name) {
    case 'decimal':
    case 'numeric':
      out.uint8(type.name === 'decimal' ? TypeToken.DECIMAL : TypeToken.NUMERIC).uint8(decimalBytes(type.precision!)).uint8(type.precision!).uint8(type.scale!);
      return;
    case 'date':
      out.uint8(TypeToken.DATE);
      return;
    case 'time':
      out.uint8(TypeToken.TIME).uint8(type.scale!);
      return;
    case 'datetime2':
      out.uint8(TypeToken.DATETIME2).uint8(type.scale!);
      return;
    case 'datetimeoffset':
      out.uint8(TypeToken.DATETIMEOFFSET).uint8(type.scale!);
      return;
    case 'uniqueidentifier':
      out.uint8(TypeToken.GUID).uint8(16);
      return;
    case 'char':
    case 'varchar':
      sized(type.name === 'char' ? TypeToken.CHAR : TypeToken.VARCHAR, 1);
      collation();
      return;
    case 'nchar':
    case 'nvarchar':
    case 'sysname':
      sized(type.name === 'nchar' ? TypeToken.NCHAR : TypeToken.NVARCHAR, 2);
      collation();
      return;
    case 'binary':
    case 'varbinary':
      sized(type.name === 'binary' ? TypeToken.BINARY : TypeToken.VARBINARY, 1);
      return;
    case 'timestamp':
      out.uint8(TypeToken.BINARY).uint16(8);
      return;
    case 'text':
    case 'ntext':
      out.uint8(type.name === 'text' ? TypeToken.TEXT : TypeToken.NTEXT).uint32(type.name === 'text' ? 0x7fffffff : 0x7ffffffe);
      collation();
      return;
    case 'image':
      out.uint8(TypeToken.IMAGE).uint32(0x7fffffff);
      return;
    case 'xml':
      out.uint8(TypeToken.XML).uint8(0);
      return;
    case 'sql_variant':
      out.uint8(TypeToken.VARIANT).uint32(8009);
      return;
    default:
      out.uint8(TypeToken.UDT).uint16(0xffff).bVarchar(database).bVarchar('sys').bVarchar(type.name)
        .usVarchar(`Microsoft.SqlServer.Types.Sql${UDT_CLASSES[type.name as 'geometry']}, Microsoft.SqlServer.Types, Version=16.0.0.0, Culture=neutral, PublicKeyToken=89845dcd8080cc91`);
  }
}

const UDT_CLASSES = { hierarchyid: 'HierarchyId', geometry: 'Geometry', geography: 'Geography' };

/** User type of COLMETADATA; only rowversion has one of its own. */
export const userType = (type: SqlType) => (type.name === 'timestamp' ? 80 : 0);

/** Bytes of a time's count at a scale (MS-TDS 2.2.5.5.1.8). */
export const timeBytes = (scale: number) => (scale <= 2 ? 3 : scale <= 4 ? 4 : 5);

