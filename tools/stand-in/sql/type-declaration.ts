import { SqlError } from './errors';
import { MAX, SqlType, TypeName, isUnicode, numericShape } from './types';

/** Other names of the types. */
export const SYNONYMS: Record<string, TypeName> = {
  'integer': 'int',
  'dec': 'decimal',
  'double precision': 'float',
  'character': 'char',
  'character varying': 'varchar',
  'national character': 'nchar',
  'national character varying': 'nvarchar',
  'national char varying': 'nvarchar',
  'rowversion': 'timestamp',
};

export const KNOWN = new Set<string>([
  'bit', 'tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'money', 'smallmoney', 'float', 'real',
  'date', 'time', 'smalldatetime', 'datetime', 'datetime2', 'datetimeoffset', 'char', 'varchar', 'text', 'nchar', 'nvarchar', 'ntext',
  'sysname', 'binary', 'varbinary', 'image', 'timestamp', 'uniqueidentifier', 'xml', 'json', 'vector', 'sql_variant', 'hierarchyid', 'geometry',
  'geography',
]);

/**
 * The type meant by a name and its arguments as written.
 *
 * @param args numbers between the parentheses, MAX for `max`
 * @param defaultLength length of a string or binary type written without one: 1 in a declaration, 30 in CAST
 * @throws SqlError 2715 for an unknown name, 1002 for a bad scale, 2717/131 for a bad size
 */
export function declareType(name: string, args: number[] = [], defaultLength = 1, collation?: string): SqlType {
  const lower = name.toLowerCase();
  const resolved = (SYNONYMS[lower] ?? lower) as TypeName;
  if (!KNOWN.has(resolved)) {
    throw new SqlError(2715, `Column, parameter, or variable #1: Cannot find data type ${name}.`, { severity: 16, state: 6 });
  }
  switch (resolved) {
    case 'decimal':
    case 'numeric': {
      const [precision = 18, scale = 0] = args;
      if (precision < 1 || precision > 38) {
        throw new SqlError(2750, `Column or parameter #1: Specified column precision ${precision} is greater than the maximum precision of 38.`);
      }
      if (scale > precision) {
        throw new SqlError(2751, `Column or parameter #1: Specified column scale ${scale} is greater than the specified precision of ${precision}.`);
      }
      return { name: resolved, precision, scale };
    }
    case 'float':
      return args[0] !== undefined && args[0] <= 24 ? { name: 'real' } : { name: 'float' };
    case 'time':
    case 'datetime2':
    case 'datetimeoffset': {
      const [scale = 7] = args;
      if (scale < 0 || scale > 7) {
        throw new SqlError(1002, `Line 1: Specified scale ${scale} is invalid.`, { severity: 15 });
      }
      return { name: resolved, scale };
    }
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
    case 'binary':
    case 'varbinary': {
      const [length = defaultLength] = args;
      const limit = resolved.startsWith('n') ? 4000 : 8000;
      if (length > limit || length === 0) {
        throw new SqlError(131, `The size (${length}) given to the type '${resolved}' exceeds the maximum allowed for any data type (${limit}).`, { severity: 15, state: 3 });
      }
      return withCollation({ name: resolved, length }, collation);
    }
    case 'vector': {
      const [length = 0] = args;
      if (length < 1 || length > 1998) {
        throw new SqlError(42203, `The size (${length}) given to the type 'vector' exceeds the maximum allowed (1998).`);
      }
      return { name: 'vector', length };
    }
    case 'sysname':
      return withCollation({ name: 'sysname', length: 128 }, collation);
    case 'text':
    case 'ntext':
      return withCollation({ name: resolved }, collation);
    default:
      return { name: resolved };
  }
}

/** Reads a declaration such as `decimal(19, 4)` or `nvarchar(max)`, as sp_executesql's parameter list has them. */
export function parseType(text: string, defaultLength = 1): SqlType {
  const match = /^\s*([a-z_0-9 ]+?)\s*(?:\(\s*([^)]*)\))?\s*$/i.exec(text);
  if (!match) {
    throw new SqlError(102, `Incorrect syntax near '${text}'.`, { severity: 15 });
  }
  const args = match[2] === undefined ? [] : match[2].split(',').map((part) => (part.trim().toLowerCase() === 'max' ? MAX : Number(part)));
  return declareType(match[1], args, defaultLength);
}

/** The declaration as T-SQL writes it. */
export function typeText(type: SqlType): string {
  const size = type.length === MAX ? 'max' : type.length;
  switch (type.name) {
    case 'decimal':
    case 'numeric': return `${type.name}(${type.precision},${type.scale})`;
    case 'time':
    case 'datetime2':
    case 'datetimeoffset': return `${type.name}(${type.scale})`;
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
    case 'binary':
    case 'varbinary':
    case 'vector': return `${type.name}(${size})`;
    default: return type.name;
  }
}

/** system_type_id and user_type_id of sys.types. */
export const TYPE_IDS: Record<TypeName, readonly [number, number]> = {
  image: [34, 34],
  text: [35, 35],
  uniqueidentifier: [36, 36],
  date: [40, 40],
  time: [41, 41],
  datetime2: [42, 42],
  datetimeoffset: [43, 43],
  tinyint: [48, 48],
  smallint: [52, 52],
  int: [56, 56],
  smalldatetime: [58, 58],
  real: [59, 59],
  money: [60, 60],
  datetime: [61, 61],
  float: [62, 62],
  sql_variant: [98, 98],
  ntext: [99, 99],
  bit: [104, 104],
  decimal: [106, 106],
  numeric: [108, 108],
  smallmoney: [122, 122],
  bigint: [127, 127],
  hierarchyid: [240, 128],
  geometry: [240, 129],
  geography: [240, 130],
  varbinary: [165, 165],
  varchar: [167, 167],
  binary: [173, 173],
  char: [175, 175],
  timestamp: [189, 189],
  sysname: [231, 256],
  nvarchar: [231, 231],
  nchar: [239, 239],
  xml: [241, 241],
  json: [244, 244],
  vector: [165, 255],
};

/** max_length of sys.columns: bytes, -1 for (max) and xml. */
export function maxLength(type: SqlType): number {
  const fixed: Partial<Record<TypeName, number>> = {
    bit: 1,
    tinyint: 1,
    smallint: 2,
    int: 4,
    bigint: 8,
    money: 8,
    smallmoney: 4,
    float: 8,
    real: 4,
    date: 3,
    smalldatetime: 4,
    datetime: 8,
    text: 16,
    ntext: 16,
    image: 16,
    timestamp: 8,
    uniqueidentifier: 16,
    xml: -1,
    json: -1,
    sql_variant: 8016,
    hierarchyid: 892,
    geometry: -1,
    geography: -1,
    sysname: 256,
  };
  const scale = type.scale ?? 0;
  const timeBytes = scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
  switch (type.name) {
    case 'decimal':
    case 'numeric': return decimalBytes(type.precision!);
    case 'time': return timeBytes;
    case 'datetime2': return timeBytes + 3;
    case 'datetimeoffset': return timeBytes + 5;
    case 'vector': return vectorBytes(type.length!);
    default: break;
  }
  if (fixed[type.name] !== undefined) {
    return fixed[type.name]!;
  }
  return type.length === MAX ? -1 : type.length! * (isUnicode(type) ? 2 : 1);
}

/** Bytes of a vector as it is kept: a header, and a float each. */
export function vectorBytes(dimensions: number): number {
  return 8 + 4 * dimensions;
}

/** Bytes of a decimal on the wire and on disk, the sign's included (MS-TDS 2.2.5.5.1.6). */
export function decimalBytes(precision: number): number {
  return precision <= 9 ? 5 : precision <= 19 ? 9 : precision <= 28 ? 13 : 17;
}

/** precision and scale of sys.columns. */
export function catalogShape(type: SqlType): { precision: number; scale: number } {
  const scale = type.scale ?? 0;
  const point = scale > 0 ? scale + 1 : 0;
  switch (type.name) {
    case 'date': return { precision: 10, scale: 0 };
    case 'time': return { precision: 8 + point, scale };
    case 'datetime2': return { precision: 19 + point, scale };
    case 'datetimeoffset': return { precision: 26 + point, scale };
    case 'datetime': return { precision: 23, scale: 3 };
    case 'smalldatetime': return { precision: 16, scale: 0 };
    case 'float': return { precision: 53, scale: 0 };
    case 'real': return { precision: 24, scale: 0 };
    case 'bit':
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'numeric':
    case 'money':
    case 'smallmoney': return numericShape(type);
    default: return { precision: 0, scale: 0 };
  }
}

function withCollation(type: SqlType, collation: string | undefined): SqlType {
  return collation === undefined ? type : { ...type, collation };
}
