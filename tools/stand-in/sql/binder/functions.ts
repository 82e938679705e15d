import { SqlError, unsupported } from '../errors';
import { vectorBytes } from '../type-declaration';
import { BIGINT, FLOAT, INT, MAX, SqlType, datetime2, decimal, family, isUnicode, nvarchar, storageType, varbinary, varchar } from '../types';
import { Bound } from './bound';
import { convert, widen } from './conversions';

type Builder = (args: Bound[], line: number) => Bound;

const anyNullable = (args: Bound[]) => args.some((arg) => arg.nullable);
const text = (arg: Bound): string => convert(arg, family(arg.type) === 'string' ? { ...arg.type, length: MAX, name: isUnicode(arg.type) ? 'nvarchar' : 'varchar' } : nvarchar(MAX));
const number = (arg: Bound): string => convert(arg, INT);
const stringLike = (arg: Bound, length?: number): SqlType => ({
  name: isUnicode(arg.type) ? 'nvarchar' : 'varchar',
  length: length ?? arg.type.length ?? (isUnicode(arg.type) ? 4000 : 8000),
  collation: arg.type.collation,
});

const result = (sql: string, type: SqlType, nullable = true): Bound => ({ sql, type, nullable });
const simple = (type: SqlType, sql: (...args: string[]) => string): Builder =>
  (args) => result(sql(...args.map((arg) => arg.sql)), type, anyNullable(args));
const onText = (sql: (subject: string, ...rest: string[]) => string): Builder =>
  (args) => result(sql(text(args[0]), ...args.slice(1).map((arg) => (family(arg.type) === 'string' ? arg.sql : number(arg)))), stringLike(args[0]), anyNullable(args));
const onFloat = (name: string): Builder => (args) => result(`${name}(${args.map((arg) => convert(arg, FLOAT)).join(', ')})`, FLOAT, anyNullable(args));

/** Units of DATEPART, DATEDIFF and DATEADD by their names and abbreviations. */
const DATE_PARTS: Record<string, string> = Object.fromEntries(Object.entries({
  year: 'year yy yyyy',
  quarter: 'quarter qq q',
  month: 'month mm m',
  dayofyear: 'dayofyear dy y',
  day: 'day dd d',
  week: 'week wk ww',
  iso_week: 'iso_week isowk isoww',
  weekday: 'weekday dw w',
  hour: 'hour hh',
  minute: 'minute mi n',
  second: 'second ss s',
  millisecond: 'millisecond ms',
  microsecond: 'microsecond mcs',
  nanosecond: 'nanosecond ns',
  tzoffset: 'tzoffset tz',
}).flatMap(([unit, names]) => names.split(' ').map((name) => [name, unit])));

/** Ticks since 0001-01-01 of any date or time; a string is read as a datetime2. */
const ticksOf = (arg: Bound): string => (family(arg.type) === 'datetime' ? arg.sql : convert(arg, datetime2(7)));

function datePart(unit: Bound, line: number): string {
  const name = DATE_PARTS[(unit.constant ?? '').toLowerCase()];
  if (!name) {
    throw new SqlError(155, `'${unit.constant}' is not a recognized datepart option.`, { severity: 15, line });
  }
  return name;
}

function coalesce(args: Bound[]): Bound {
  const typed = args.filter((arg) => !arg.untypedNull);
  if (typed.length === 0) {
    throw new SqlError(4127, 'At least one of the arguments to COALESCE must be an expression that is not the NULL constant.');
  }
  const type = typed.map((arg) => arg.type).reduce(widen);
  return result(`coalesce(${args.map((arg) => convert(arg, type)).join(', ')})`, type, args.every((arg) => arg.nullable));
}

function dataLength(arg: Bound): string {
  switch (family(arg.type)) {
    case 'string': return ['char', 'varchar', 'text'].includes(arg.type.name) ? `octet_length(${convert(arg, varbinary(MAX))})` : `octet_length(text_to_utf16(${arg.sql}))`;
    case 'xml': return `octet_length(text_to_utf16(${arg.sql}))`;
    // Of a binary form of its own, which is not as long as the text.
    case 'json': return `octet_length(encode(${arg.sql})) + 9`;
    case 'vector': return `CASE WHEN ${arg.sql} IS NOT NULL THEN ${vectorBytes(arg.type.length!)} END`;
    case 'binary':
    case 'udt': return `octet_length(${arg.sql})`;
    case 'variant': return `octet_length(text_to_utf16(variant_text(${arg.sql})))`;
    default: return `CASE WHEN ${arg.sql} IS NOT NULL THEN ${fixedLength(arg.type)} END`;
  }
}

function fixedLength(type: SqlType): number {
  const timeBytes = (type.scale ?? 0) <= 2 ? 3 : (type.scale ?? 0) <= 4 ? 4 : 5;
  switch (type.name) {
    case 'bit':
    case 'tinyint': return 1;
    case 'smallint': return 2;
    case 'int':
    case 'real':
    case 'smallmoney':
    case 'smalldatetime': return 4;
    case 'date': return 3;
    case 'time': return timeBytes;
    case 'datetime2': return timeBytes + 3;
    case 'datetimeoffset': return timeBytes + 5;
    case 'uniqueidentifier': return 16;
    case 'decimal':
    case 'numeric': return type.precision! <= 9 ? 5 : type.precision! <= 19 ? 9 : type.precision! <= 28 ? 13 : 17;
    default: return 8;
  }
}

function concat(args: Bound[]): Bound {
  const unicode = args.some((arg) => isUnicode(arg.type));
  const lengths = args.map((arg) => (family(arg.type) === 'string' ? arg.type.length ?? MAX : 40));
  const length = lengths.includes(MAX) ? MAX : Math.min(unicode ? 4000 : 8000, lengths.reduce((sum, each) => sum + each, 0) || 1);
  const type = unicode ? nvarchar(length) : varchar(length);
  return result(args.map((arg) => `coalesce(${convert(arg, { ...type, length: MAX })}, '')`).join(' || '), type, false);
}

/** Scalar functions by name; each checks its own arguments only as far as DuckDB would not. */
export const FUNCTIONS: Record<string, Builder> = {
  ISNULL: ([first, second]) => {
    const type = first.untypedNull ? second.type : first.type;
    return result(`coalesce(${convert(first, type)}, ${convert(second, type)})`, type, first.nullable && second.nullable);
  },
  COALESCE: coalesce,
  NULLIF: ([first, second]) => result(`CASE WHEN ${first.sql} = ${convert(second, first.type)} THEN NULL ELSE ${first.sql} END`, first.type),
  LEN: (args) => result(`CAST(utf16_length(rtrim(${text(args[0])}, ' ')) AS ${args[0].type.length === MAX ? 'BIGINT' : 'INTEGER'})`, args[0].type.length === MAX ? BIGINT : INT, anyNullable(args)),
  DATALENGTH: (args) => {
    const type = args[0].type.length === MAX ? BIGINT : INT;
    return result(`CAST(${dataLength(args[0])} AS ${storageType(type)})`, type, anyNullable(args));
  },
  UPPER: onText((subject) => `upper(${subject})`),
  LOWER: onText((subject) => `lower(${subject})`),
  LTRIM: onText((subject) => `ltrim(${subject}, ' ')`),
  RTRIM: onText((subject) => `rtrim(${subject}, ' ')`),
  TRIM: onText((subject) => `trim(${subject}, ' ')`),
  REVERSE: onText((subject) => `reverse(${subject})`),
  LEFT: onText((subject, count) => `left(${subject}, ${count})`),
  RIGHT: onText((subject, count) => `right(${subject}, ${count})`),
  REPLACE: (args) => result(`replace(${args.map(text).join(', ')})`, stringLike(args[0], args[0].type.length === MAX ? MAX : isUnicode(args[0].type) ? 4000 : 8000), anyNullable(args)),
  REPLICATE: (args) => result(`repeat(${text(args[0])}, ${number(args[1])})`, stringLike(args[0], args[0].type.length === MAX ? MAX : isUnicode(args[0].type) ? 4000 : 8000), anyNullable(args)),
  SPACE: (args) => result(`repeat(' ', ${number(args[0])})`, varchar(8000), anyNullable(args)),
  SUBSTRING: (args) => (family(args[0].type) === 'binary'
    ? result(`bytes_part(${args[0].sql}, ${number(args[1])}, ${number(args[2])})`, varbinary(args[0].type.length ?? MAX), anyNullable(args))
    : result(`substr(${text(args[0])}, ${number(args[1])}, ${number(args[2])})`, stringLike(args[0]), anyNullable(args))),
  CHARINDEX: (args) => result(`CAST(strpos(lower(${text(args[1])}), lower(${text(args[0])})) AS INTEGER)`, INT, anyNullable(args)),
  STUFF: (args) => result(`(left(${text(args[0])}, ${number(args[1])} - 1) || ${text(args[3])} || substr(${text(args[0])}, ${number(args[1])} + ${number(args[2])}))`, stringLike(args[0]), anyNullable(args)),
  CONCAT: concat,
  CONCAT_WS: ([separator, ...args]) => {
    const unicode = args.some((arg) => isUnicode(arg.type));
    const type = unicode ? nvarchar(4000) : varchar(8000);
    return result(`concat_ws(${[separator, ...args].map((arg) => convert(arg, { ...type, length: MAX })).join(', ')})`, type, false);
  },
  QUOTENAME: (args) => result(`('[' || replace(${text(args[0])}, ']', ']]') || ']')`, nvarchar(258), true),
  CHAR: (args) => result(`code_page_to_text(bigint_to_bytes(CAST(${number(args[0])} AS BIGINT), 1), 1252)`, varchar(1)),
  NCHAR: (args) => result(`code_unit_to_text(${number(args[0])})`, nvarchar(1)),
  ASCII: (args) => result(`CAST(bytes_to_bigint(text_to_code_page(left(${text(args[0])}, 1), 1252)) AS INTEGER)`, INT),
  UNICODE: (args) => result(`CAST(unicode(${text(args[0])}) AS INTEGER)`, INT),
  STR: (args) => result(`lpad(CAST(CAST(round(${convert(args[0], FLOAT)}, ${args[2] ? number(args[2]) : 0}) AS ${args[2]?.constant && args[2].constant !== '0' ? `DECIMAL(38,${args[2].constant})` : 'BIGINT'}) AS VARCHAR), ${args[1] ? number(args[1]) : 10}, ' ')`, varchar(args[1]?.constant ? Number(args[1].constant) : 10)),
  FORMATMESSAGE: (args) => result(`printf(${args.map((arg) => arg.sql).join(', ')})`, nvarchar(2048)),
  GETDATE: () => result('round_datetime(now_ticks())', { name: 'datetime' }, false),
  GETUTCDATE: () => result('round_datetime(now_ticks())', { name: 'datetime' }, false),
  CURRENT_TIMESTAMP: () => result('round_datetime(now_ticks())', { name: 'datetime' }, false),
  SYSDATETIME: () => result('now_ticks()', datetime2(7), false),
  SYSUTCDATETIME: () => result('now_ticks()', datetime2(7), false),
  SYSDATETIMEOFFSET: () => result('ticks_to_offset(now_ticks(), 0)', { name: 'datetimeoffset', scale: 7 }, false),
  YEAR: (args) => result(`date_part_of('year', ${ticksOf(args[0])})`, INT, anyNullable(args)),
  MONTH: (args) => result(`date_part_of('month', ${ticksOf(args[0])})`, INT, anyNullable(args)),
  DAY: (args) => result(`date_part_of('day', ${ticksOf(args[0])})`, INT, anyNullable(args)),
  DATEPART: (args, line) => result(datePart(args[0], line) === 'tzoffset' ? `CAST(offset_minutes(${args[1].sql}) AS INTEGER)` : `date_part_of('${datePart(args[0], line)}', ${ticksOf(args[1])})`, INT, anyNullable(args.slice(1))),
  DATENAME: (args, line) => result(`date_name_of('${datePart(args[0], line)}', ${ticksOf(args[1])})`, nvarchar(30), anyNullable(args.slice(1))),
  DATEDIFF: (args, line) => result(`CAST(date_difference('${datePart(args[0], line)}', ${ticksOf(args[1])}, ${ticksOf(args[2])}) AS INTEGER)`, INT, anyNullable(args.slice(1))),
  DATEDIFF_BIG: (args, line) => result(`date_difference('${datePart(args[0], line)}', ${ticksOf(args[1])}, ${ticksOf(args[2])})`, BIGINT, anyNullable(args.slice(1))),
  DATEADD: (args, line) => {
    const type: SqlType = family(args[2].type) === 'string' ? { name: 'datetime' } : args[2].type;
    const sum: Bound = { sql: `date_addition('${datePart(args[0], line)}', ${convert(args[1], BIGINT)}, ${ticksOf(args[2])})`, type: datetime2(7), nullable: anyNullable(args.slice(1)) };
    return { ...sum, sql: convert(sum, type), type };
  },
  DATEFROMPARTS: (args) => result(`make_date(${args.map(number).join(', ')})`, { name: 'date' }, anyNullable(args)),
  EOMONTH: (args) => result(`last_day(${convert(args[0], { name: 'date' })})`, { name: 'date' }, anyNullable(args)),
  SWITCHOFFSET: (args) => result(`ticks_to_offset(CAST(${args[0].sql} // 2048 AS BIGINT) + zone_minutes(${text(args[1])}) * 600000000, zone_minutes(${text(args[1])}))`, args[0].type),
  TODATETIMEOFFSET: (args) => result(`ticks_to_offset(${ticksOf(args[0])}, zone_minutes(${text(args[1])}))`, { name: 'datetimeoffset', scale: args[0].type.scale ?? 7 }),
  ISDATE: (args) => result(`CASE WHEN TRY(text_to_ticks(${text(args[0])}, 0, 'datetime')) IS NULL THEN 0 ELSE 1 END`, INT, false),
  ISNUMERIC: (args) => result(`CASE WHEN TRY_CAST(${text(args[0])} AS DOUBLE) IS NULL THEN 0 ELSE 1 END`, INT, false),
  ABS: (args) => result(`abs(${args[0].sql})`, args[0].type, anyNullable(args)),
  SIGN: (args) => result(`CAST(sign(${args[0].sql}) AS ${storageType(args[0].type)})`, args[0].type, anyNullable(args)),
  FLOOR: (args) => rounded('floor', args),
  CEILING: (args) => rounded('ceil', args),
  ROUND: (args) => result(`CAST(${args[2] && args[2].constant !== '0' ? 'trunc' : 'round'}(${args[0].sql}, ${number(args[1])}) AS ${storageType(args[0].type)})`, args[0].type, anyNullable(args)),
  POWER: (args) => result(`CAST(pow(${convert(args[0], FLOAT)}, ${convert(args[1], FLOAT)}) AS ${storageType(args[0].type)})`, args[0].type, anyNullable(args)),
  SQUARE: (args) => result(`pow(${convert(args[0], FLOAT)}, 2)`, FLOAT, anyNullable(args)),
  SQRT: onFloat('sqrt'),
  EXP: onFloat('exp'),
  LOG: onFloat('ln'),
  LOG10: onFloat('log10'),
  SIN: onFloat('sin'),
  COS: onFloat('cos'),
  PI: () => result('pi()', FLOAT, false),
  NEWID: () => result('uuid()', { name: 'uniqueidentifier' }, false),
  HASHBYTES: (args) => result(`hash_bytes(${args[0].sql}, ${convert(args[1], varbinary(MAX))})`, varbinary(8000)),
  CHECKSUM: (args) => result(`checksum_of(${args.map((arg) => `coalesce(${convert(arg, nvarchar(MAX), 126)}, chr(1))`).join(' || chr(0) || ')})`, INT, false),
  BINARY_CHECKSUM: (args) => result(`checksum_of(${args.map((arg) => `coalesce(${convert(arg, nvarchar(MAX), 126)}, chr(1))`).join(' || chr(0) || ')})`, INT, false),
  COMPRESS: () => { throw unsupported('COMPRESS'); },
  CHOOSE: (args) => {
    const type = args.slice(1).map((arg) => arg.type).reduce(widen);
    return result(`CASE ${number(args[0])} ${args.slice(1).map((arg, at) => `WHEN ${at + 1} THEN ${convert(arg, type)}`).join(' ')} END`, type);
  },
  SQL_VARIANT_PROPERTY: (args) => result(`variant_property(${args[0].sql}, ${args[1].sql})`, { name: 'sql_variant' }),
  HAS_DBACCESS: simple(INT, () => '1'),
  GREATEST: (args) => extreme('greatest', args),
  LEAST: (args) => extreme('least', args),
};

function extreme(name: string, args: Bound[]): Bound {
  const type = args.map((arg) => arg.type).reduce(widen);
  return result(`${name}(${args.map((arg) => convert(arg, type)).join(', ')})`, type, args.every((arg) => arg.nullable));
}

function rounded(name: string, args: Bound[]): Bound {
  const [arg] = args;
  const type = family(arg.type) === 'decimal' ? decimal(arg.type.precision!, 0) : family(arg.type) === 'string' ? FLOAT : arg.type;
  return result(`CAST(${name}(${arg.sql}) AS ${storageType(type)})`, type, anyNullable(args));
}

/** The function's value, or undefined when there is none of that name here. */
export function bindFunction(name: string, args: Bound[], line: number): Bound | undefined {
  const builder = FUNCTIONS[name];
  return builder?.(args, line);
}

/** Functions whose first argument is a keyword, not an expression. */
export const takesDatePart = (name: string) => ['DATEPART', 'DATENAME', 'DATEDIFF', 'DATEDIFF_BIG', 'DATEADD'].includes(name);

