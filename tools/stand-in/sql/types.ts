/** Names of SQL Server's system data types; a synonym (numeric excepted) is resolved to one of these. */
export type TypeName =
  | 'bit' | 'tinyint' | 'smallint' | 'int' | 'bigint'
  | 'decimal' | 'numeric' | 'money' | 'smallmoney' | 'float' | 'real'
  | 'date' | 'time' | 'smalldatetime' | 'datetime' | 'datetime2' | 'datetimeoffset'
  | 'char' | 'varchar' | 'text' | 'nchar' | 'nvarchar' | 'ntext' | 'sysname'
  | 'binary' | 'varbinary' | 'image' | 'timestamp'
  | 'uniqueidentifier' | 'xml' | 'json' | 'vector' | 'sql_variant' | 'hierarchyid' | 'geometry' | 'geography';

/** A T-SQL type as declared. */
export interface SqlType {
  readonly name: TypeName;
  /** Characters of a character type, bytes of a binary one, dimensions of a vector; MAX for (max). */
  readonly length?: number;
  readonly precision?: number;
  /** Digits after the point, or of fractional seconds. */
  readonly scale?: number;
  /** Character types only; the database's collation when not given. */
  readonly collation?: string;
}

/** Length of a (max) type. */
export const MAX = -1;

/** How values of a type are kept in DuckDB; one family converts, compares and is sent alike. */
export type Family =
  | 'bit' | 'integer' | 'decimal' | 'money' | 'float'
  | 'date' | 'time' | 'datetime' | 'datetimeoffset'
  | 'string' | 'binary' | 'uuid' | 'variant' | 'xml' | 'json' | 'vector' | 'udt';

const FAMILIES: Record<TypeName, Family> = {
  bit: 'bit',
  tinyint: 'integer',
  smallint: 'integer',
  int: 'integer',
  bigint: 'integer',
  decimal: 'decimal',
  numeric: 'decimal',
  money: 'money',
  smallmoney: 'money',
  float: 'float',
  real: 'float',
  date: 'date',
  time: 'time',
  smalldatetime: 'datetime',
  datetime: 'datetime',
  datetime2: 'datetime',
  datetimeoffset: 'datetimeoffset',
  char: 'string',
  varchar: 'string',
  text: 'string',
  nchar: 'string',
  nvarchar: 'string',
  ntext: 'string',
  sysname: 'string',
  binary: 'binary',
  varbinary: 'binary',
  image: 'binary',
  timestamp: 'binary',
  uniqueidentifier: 'uuid',
  xml: 'xml',
  json: 'json',
  vector: 'vector',
  sql_variant: 'variant',
  hierarchyid: 'udt',
  geometry: 'udt',
  geography: 'udt',
};

/** Data type precedence, lowest first (Transact-SQL reference, "Data type precedence"). */
const PRECEDENCE: TypeName[] = [
  'binary', 'varbinary', 'char', 'varchar', 'nchar', 'sysname', 'nvarchar', 'uniqueidentifier', 'timestamp', 'image', 'text', 'ntext',
  'bit', 'tinyint', 'smallint', 'int', 'bigint', 'smallmoney', 'money', 'numeric', 'decimal', 'real', 'float',
  'time', 'date', 'smalldatetime', 'datetime', 'datetime2', 'datetimeoffset', 'xml', 'json', 'vector', 'hierarchyid', 'geometry', 'geography', 'sql_variant',
];

export function family(type: SqlType): Family {
  return FAMILIES[type.name];
}

export function precedence(type: SqlType): number {
  return PRECEDENCE.indexOf(type.name);
}

/** nchar, nvarchar, ntext and what is built on them. */
export function isUnicode(type: SqlType): boolean {
  return ['nchar', 'nvarchar', 'ntext', 'sysname', 'xml'].includes(type.name);
}

export function isNumeric(type: SqlType): boolean {
  return ['bit', 'integer', 'decimal', 'money', 'float'].includes(family(type));
}

export function isTemporal(type: SqlType): boolean {
  return ['date', 'time', 'datetime', 'datetimeoffset'].includes(family(type));
}

/** Ticks of 100 ns from 0001-01-01 to 1970-01-01. */
export const EPOCH_TICKS = 621355968000000000n;
export const TICKS_PER_SECOND = 10_000_000;
export const TICKS_PER_DAY = 864_000_000_000;

/** datetimeoffset is kept as UTC ticks * 2048 + (offset minutes + 1024), so that both fit in one HUGEINT. */
export const OFFSET_FACTOR = 2048n;
export const OFFSET_BIAS = 1024n;

/**
 * The DuckDB type that holds a T-SQL type exactly.
 *
 * Times are counts of 100 ns because DuckDB's own have microseconds, or nanoseconds for a few centuries only:
 * `time` since midnight, the datetime types since 0001-01-01.
 */
export function storageType(type: SqlType): string {
  switch (family(type)) {
    case 'bit': return 'BOOLEAN';
    case 'integer': return { tinyint: 'UTINYINT', smallint: 'SMALLINT', int: 'INTEGER', bigint: 'BIGINT' }[type.name as 'int'];
    case 'decimal': return `DECIMAL(${type.precision},${type.scale})`;
    case 'money': return type.name === 'money' ? 'DECIMAL(19,4)' : 'DECIMAL(10,4)';
    case 'float': return type.name === 'float' ? 'DOUBLE' : 'FLOAT';
    case 'date': return 'DATE';
    case 'time':
    case 'datetime': return 'BIGINT';
    case 'datetimeoffset': return 'HUGEINT';
    case 'binary':
    case 'udt': return 'BLOB';
    case 'uuid': return 'UUID';
    default: return 'VARCHAR';
  }
}

/** Precision and scale of a numeric type as the arithmetic rules see it. */
export function numericShape(type: SqlType): { precision: number; scale: number } {
  switch (type.name) {
    case 'bit': return { precision: 1, scale: 0 };
    case 'tinyint': return { precision: 3, scale: 0 };
    case 'smallint': return { precision: 5, scale: 0 };
    case 'int': return { precision: 10, scale: 0 };
    case 'bigint': return { precision: 19, scale: 0 };
    case 'money': return { precision: 19, scale: 4 };
    case 'smallmoney': return { precision: 10, scale: 4 };
    default: return { precision: type.precision ?? 18, scale: type.scale ?? 0 };
  }
}

/** What json and vector reach clients as that negotiated neither ("json data type", "vector data type"): text in UTF-8. */
export const SENT_TEXT: SqlType = { name: 'varchar', length: MAX, collation: 'Latin1_General_100_BIN2_UTF8' };
export const INT: SqlType = { name: 'int' };
export const BIGINT: SqlType = { name: 'bigint' };
export const BIT: SqlType = { name: 'bit' };
export const FLOAT: SqlType = { name: 'float' };
export const SYSNAME: SqlType = { name: 'nvarchar', length: 128 };
export const VARIANT: SqlType = { name: 'sql_variant' };
export const nvarchar = (length: number): SqlType => ({ name: 'nvarchar', length });
export const varchar = (length: number): SqlType => ({ name: 'varchar', length });
export const varbinary = (length: number): SqlType => ({ name: 'varbinary', length });
export const decimal = (precision: number, scale: number): SqlType => ({ name: 'decimal', precision, scale });
export const datetime2 = (scale: number): SqlType => ({ name: 'datetime2', scale });
