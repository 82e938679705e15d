import { quoteText } from '../../engine/identifiers';
import { collationOf } from '../collations';
import { SqlError } from '../errors';
import { typeText } from '../type-declaration';
import { MAX, SqlType, TICKS_PER_DAY, family, isUnicode, numericShape, precedence, storageType } from '../types';
import { Bound } from './bound';

/** The DuckDB expression of `operand` as `target`, by the rules of CAST and CONVERT. */
export function convert(operand: Bound, target: SqlType, style = 0): string {
  if (operand.untypedNull) {
    return `CAST(NULL AS ${storageType(target)})`;
  }
  const from = family(operand.type);
  const to = family(target);
  const x = operand.sql;
  const plain = `CAST(${x} AS ${storageType(target)})`;
  if (to === 'string' || to === 'xml') {
    return fitText(toText(operand, style, target), target);
  }
  if (from === 'variant' && to !== 'variant') {
    return convert({ ...operand, sql: `variant_text(${x})`, type: { name: 'nvarchar', length: MAX } }, target, style);
  }
  switch (to) {
    case 'bit':
      return from === 'string' ? `text_to_bit(${x})` : from === 'bit' ? x : from === 'binary' ? `(bytes_to_bigint(${x}) <> 0)` : numericOnly(operand, target, `(${x} <> 0)`);
    case 'integer':
      if (from === 'decimal' || from === 'float') {
        return `CAST(trunc(${x}) AS ${storageType(target)})`;
      }
      if (from === 'string') {
        return `CAST(text_to_integer(${x}, ${quoteText(target.name)}) AS ${storageType(target)})`;
      }
      if (from === 'binary') {
        return `CAST(bytes_to_bigint(${x}) AS ${storageType(target)})`;
      }
      if (from === 'datetime') {
        return `CAST(round((${x} - 599266080000000000) / ${TICKS_PER_DAY}.0) AS ${storageType(target)})`;
      }
      return numericOnly(operand, target, from === 'integer' && operand.type.name === target.name ? x : plain);
    case 'decimal':
    case 'money':
    case 'float':
      if (from === 'string') {
        return to === 'money' ? `CAST(replace(replace(trim(${x}), ',', ''), '$', '') AS ${storageType(target)})`
          : `CAST(trim(${x}) AS ${storageType(target)})`;
      }
      if (from === 'datetime' && to === 'float') {
        return `((${x} - 599266080000000000) / ${TICKS_PER_DAY}.0)`;
      }
      return numericOnly(operand, target, plain);
    case 'date':
      return fromTemporal(operand, target, style, {
        date: x,
        datetime: `ticks_to_date(${x})`,
        datetimeoffset: `ticks_to_date(offset_local(${x}))`,
      });
    case 'time':
      return fromTemporal(operand, target, style, {
        time: roundTicks(x, operand.type, target),
        datetime: roundTicks(`(${x} % ${TICKS_PER_DAY})`, operand.type, target),
        datetimeoffset: roundTicks(`(offset_local(${x}) % ${TICKS_PER_DAY})`, operand.type, target),
      });
    case 'datetime':
      if (['integer', 'decimal', 'float', 'money'].includes(from) && (target.name === 'datetime' || target.name === 'smalldatetime')) {
        return roundDatetime(`CAST(round(${x} * ${TICKS_PER_DAY}.0) + 599266080000000000 AS BIGINT)`, target);
      }
      return fromTemporal(operand, target, style, {
        date: `date_to_ticks(${x})`,
        time: `(${roundTicks(x, operand.type, target)} + 599266080000000000)`,
        datetime: operand.type.name === target.name && (operand.type.scale ?? 0) <= (target.scale ?? 0) ? x : roundDatetime(x, target),
        datetimeoffset: roundDatetime(`offset_local(${x})`, target),
      }, target);
    case 'datetimeoffset':
      return fromTemporal(operand, target, style, {
        date: `ticks_to_offset(date_to_ticks(${x}), 0)`,
        time: `ticks_to_offset(${x} + 599266080000000000, 0)`,
        datetime: `ticks_to_offset(${roundTicks(x, operand.type, target)}, 0)`,
        datetimeoffset: (operand.type.scale ?? 0) <= (target.scale ?? 0) ? x : `ticks_to_offset(${roundTicks(`offset_local(${x})`, operand.type, target)}, offset_minutes(${x}))`,
      });
    case 'uuid':
      return from === 'uuid' ? x : from === 'string' ? `text_to_uuid(${x})` : from === 'binary' ? `bytes_to_uuid(${x})` : refuse(operand, target);
    case 'binary':
      return fitBytes(toBytes(operand, target, style), target);
    case 'json':
      return from === 'json' || from === 'string' || from === 'vector' ? x : refuse(operand, target);
    case 'vector':
      return from === 'vector' ? x : from === 'string' || from === 'json' ? `vector_text(${x}, ${target.length ?? 0})` : refuse(operand, target);
    case 'variant':
      return from === 'variant' ? x : `(${quoteText(typeText(operand.type) + '|')} || ${toText(operand, from === 'binary' ? 2 : 126, { name: 'nvarchar', length: MAX })})`;
    default:
      return from === to || from === 'binary' ? x : refuse(operand, target);
  }
}

/** TRY_CAST and TRY_CONVERT: NULL where the conversion fails. */
export function tryConvert(operand: Bound, target: SqlType, style = 0): string {
  const text = `trim(${operand.sql})`;
  if (family(operand.type) === 'string') {
    // DuckDB's TRY takes no function that may raise an error of its own, as these conversions do.
    switch (family(target)) {
      case 'integer':
        return `CASE WHEN ${text} = '' THEN 0 WHEN regexp_full_match(${text}, '[+-]?[0-9]+') THEN TRY_CAST(${text} AS ${storageType(target)}) END`;
      case 'bit': return `CASE lower(${text}) WHEN 'true' THEN true WHEN 'false' THEN false ELSE TRY_CAST(${text} AS DOUBLE) <> 0 END`;
      case 'uuid': return `TRY_CAST(trim(left(${text}, 38), '{}') AS UUID)`;
      default:
    }
  }
  return `TRY(${convert(operand, target, style)})`;
}

/** The type both sides of an operator are brought to. */
export function commonType(left: Bound, right: Bound): SqlType {
  if (left.untypedNull) {
    return right.untypedNull ? { name: 'int' } : right.type;
  }
  if (right.untypedNull) {
    return left.type;
  }
  return widen(left.type, right.type);
}

/** The type that holds values of both: the one of higher precedence, made long or precise enough. */
export function widen(left: SqlType, right: SqlType): SqlType {
  const [low, high] = precedence(left) > precedence(right) ? [right, left] : [left, right];
  const families = [family(low), family(high)];
  if (families[1] === 'string' && (families[0] === 'string' || families[0] === 'binary')) {
    const lengths = [low.length ?? MAX, high.length ?? MAX];
    const unicode = isUnicode(low) || isUnicode(high);
    const fixed = ['char', 'nchar'].includes(low.name) && ['char', 'nchar'].includes(high.name);
    const name = fixed ? (unicode ? 'nchar' : 'char') : unicode ? 'nvarchar' : 'varchar';
    return { name, length: lengths.includes(MAX) ? MAX : Math.max(...lengths), collation: left.collation ?? right.collation };
  }
  if (families[0] === 'binary' && families[1] === 'binary') {
    const lengths = [low.length ?? 8, high.length ?? 8];
    return { name: 'varbinary', length: lengths.includes(MAX) ? MAX : Math.max(...lengths) };
  }
  if (families[1] === 'decimal' && ['decimal', 'integer', 'money', 'bit'].includes(families[0])) {
    const shapes = [low, high].map((type) => numericShape(type));
    const scale = Math.max(...shapes.map((shape) => shape.scale));
    const whole = Math.max(...shapes.map((shape) => shape.precision - shape.scale));
    return { name: high.name, precision: Math.min(38, whole + scale), scale: Math.min(scale, 38 - Math.min(whole, 38)) };
  }
  if (low.name === high.name && high.scale !== undefined) {
    return { name: high.name, scale: Math.max(low.scale ?? 0, high.scale) };
  }
  return high;
}

/** The expression values of a type are compared and sorted by. */
export function sortKey(sql: string, type: SqlType): string {
  switch (family(type)) {
    case 'string': {
      const { caseSensitive, accentSensitive, widthSensitive } = collationOf(type.collation);
      const narrow = widthSensitive ? sql : `fold_width(${sql})`;
      const plain = accentSensitive ? narrow : `strip_accents(${narrow})`;
      return caseSensitive ? `rtrim(${plain}, ' ')` : `fold_case(${plain})`;
    }
    // Zeros at the end are ignored, as blanks are of text.
    case 'binary': return type.name === 'varbinary' && type.length !== MAX ? `trim_zeros(${sql})` : sql;
    case 'uuid': return `uuid_order(${sql})`;
    case 'datetimeoffset': return `(${sql} // 2048)`;
    case 'variant': return `variant_text(${sql})`;
    default: return sql;
  }
}

/** Text of any value, before it is cut to a length. */
function toText(operand: Bound, style: number, target: SqlType): string {
  const x = operand.sql;
  const { type } = operand;
  switch (family(type)) {
    case 'string':
    case 'xml':
    case 'json':
    case 'vector': return x;
    case 'bit': return `CAST(CAST(${x} AS UTINYINT) AS VARCHAR)`;
    case 'money': return style === 0 || style === 1 ? `CAST(CAST(${x} AS DECIMAL(19,2)) AS VARCHAR)` : `CAST(${x} AS VARCHAR)`;
    case 'float': return `float_to_text(CAST(${x} AS DOUBLE), ${style}, ${type.name === 'real'})`;
    case 'date': return `ticks_to_text(date_to_ticks(${x}), 'date', 0, ${style})`;
    case 'time': return `ticks_to_text(${x}, 'time', ${type.scale}, ${style})`;
    case 'datetime': return `ticks_to_text(${x}, ${quoteText(type.name)}, ${type.scale ?? 0}, ${style})`;
    case 'datetimeoffset': return `offset_to_text(${x}, ${type.scale}, ${style})`;
    case 'uuid': return `upper(CAST(${x} AS VARCHAR))`;
    case 'binary':
    case 'udt':
      return style === 1 ? `('0x' || hex(${x}))` : style === 2 ? `hex(${x})`
        : isUnicode(target) ? `utf16_to_text(${x})` : `code_page_to_text(${x}, ${collationOf(target.collation).codePage})`;
    case 'variant': return `variant_text(${x})`;
    // DuckDB writes no 0 before the point where no digit is before it.
    case 'decimal': return type.precision === type.scale ? `regexp_replace(CAST(${x} AS VARCHAR), '^(-?)[.]', '\\10.')` : `CAST(${x} AS VARCHAR)`;
    default: return `CAST(${x} AS VARCHAR)`;
  }
}

function toBytes(operand: Bound, target: SqlType, style: number): string {
  const x = operand.sql;
  switch (family(operand.type)) {
    case 'json':
    case 'vector': return refuse(operand, target);
    case 'binary':
    case 'udt': return x;
    case 'string':
    case 'xml':
      if (style === 1 || style === 2) {
        return `unhex(${style === 1 ? `substr(${x}, 3)` : x})`;
      }
      return isUnicode(operand.type) ? `text_to_utf16(${x})` : `text_to_code_page(${x}, ${collationOf(operand.type.collation).codePage})`;
    case 'uuid': return `uuid_to_bytes(${x})`;
    case 'integer':
    case 'bit': {
      const bytes = { bit: 1, tinyint: 1, smallint: 2, int: 4, bigint: 8 }[operand.type.name as 'int'];
      return `bigint_to_bytes(CAST(${x} AS BIGINT), ${target.length === MAX || target.name === 'varbinary' ? bytes : target.length ?? 8})`;
    }
    case 'float': return `float_to_bytes(CAST(${x} AS DOUBLE), ${operand.type.name === 'real' ? 4 : 8})`;
    default: return refuse(operand, target);
  }
}

function fitText(sql: string, type: SqlType): string {
  const { length } = type;
  if (length === undefined || length === MAX) {
    return sql;
  }
  return type.name === 'char' || type.name === 'nchar' ? `rpad(${sql}, ${length}, ' ')` : `fit_text(${sql}, ${length})`;
}

function fitBytes(sql: string, type: SqlType): string {
  const { length } = type;
  if (length === undefined || length === MAX) {
    return sql;
  }
  return `fit_bytes(${sql}, ${length}, ${type.name === 'binary'})`;
}

type Conversions = Partial<Record<'date' | 'time' | 'datetime' | 'datetimeoffset', string>>;

function fromTemporal(operand: Bound, target: SqlType, style: number, conversions: Conversions, rounded?: SqlType): string {
  const from = family(operand.type);
  if (from === 'string') {
    const x = operand.sql;
    const wanted = quoteText(target.name);
    switch (family(target)) {
      case 'date': return `ticks_to_date(text_to_ticks(${x}, ${style}, ${wanted}))`;
      case 'time': return roundTicks(`(text_to_ticks(${x}, ${style}, ${wanted}) % ${TICKS_PER_DAY})`, { name: 'time', scale: 7 }, target);
      case 'datetimeoffset': return `text_to_offset(${x}, ${style}, ${target.scale})`;
      default: return roundDatetime(`text_to_ticks(${x}, ${style}, ${wanted})`, rounded ?? target);
    }
  }
  return conversions[from as 'date'] ?? refuse(operand, target);
}

/** Ticks rounded half up to the target's fractional digits. */
function roundTicks(sql: string, from: SqlType, to: SqlType): string {
  const fromScale = from.name === 'datetime' ? 7 : from.scale ?? 0;
  const toScale = to.name === 'time' || to.name === 'datetime2' || to.name === 'datetimeoffset' ? to.scale ?? 7 : 7;
  if (fromScale <= toScale) {
    return sql;
  }
  const unit = 10 ** (7 - toScale);
  return `(((${sql} + ${unit / 2}) // ${unit}) * ${unit})`;
}

function roundDatetime(sql: string, target: SqlType): string {
  switch (target.name) {
    case 'datetime': return `round_datetime(${sql})`;
    case 'smalldatetime': return `(((${sql} + 300000000) // 600000000) * 600000000)`;
    default: return roundTicks(sql, { name: 'datetime2', scale: 7 }, target);
  }
}

function numericOnly(operand: Bound, target: SqlType, sql: string): string {
  return ['bit', 'integer', 'decimal', 'money', 'float'].includes(family(operand.type)) ? sql : refuse(operand, target);
}

function refuse(operand: Bound, target: SqlType): never {
  throw new SqlError(529, `Explicit conversion from data type ${operand.type.name} to ${target.name} is not allowed.`);
}

