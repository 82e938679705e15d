import { SqlError } from '../errors';
import { MAX, SqlType, decimal, family, isTemporal, isUnicode, numericShape, storageType } from '../types';
import { Bound } from './bound';
import { commonType, convert, sortKey, widen } from './conversions';

const DIVIDE_BY_ZERO = "error('8134|Divide by zero error encountered.')";

/** `+ - * / % & | ^` with T-SQL's result types. */
export function bindArithmetic(op: string, left: Bound, right: Bound, line: number): Bound {
  const nullable = left.nullable || right.nullable;
  if (left.untypedNull && right.untypedNull) {
    return { sql: 'CAST(NULL AS INTEGER)', type: { name: 'int' }, nullable: true };
  }
  const families = [family(commonOr(left, right)), family(commonOr(right, left))];
  if (op === '+' && families.every((each) => each === 'string')) {
    return concatenate(left, right);
  }
  if (op === '+' && families.every((each) => each === 'binary')) {
    const type = { name: 'varbinary', length: sumOfLengths(left.type, right.type, 8000) } as const;
    return { sql: `(${convert(left, type)} || ${convert(right, type)})`, type, nullable };
  }
  if ((op === '+' || op === '-') && (isTemporal(left.type) || isTemporal(right.type))) {
    return addDays(op, left, right, line);
  }
  const type = resultType(op, left, right, line);
  if (op === '&' || op === '|' || op === '^') {
    const sides = [convert(left, type), convert(right, type)].map((side) => (type.name === 'bit' ? `CAST(${side} AS UTINYINT)` : side));
    const sql = op === '^' ? `xor(${sides.join(', ')})` : `(${sides.join(` ${op} `)})`;
    return { sql: `CAST(${sql} AS ${storageType(type)})`, type, nullable };
  }
  return { sql: arithmeticSql(op, left, right, type), type, nullable };
}

function arithmeticSql(op: string, left: Bound, right: Bound, type: SqlType): string {
  const a = convert(left, type);
  const b = convert(right, type);
  switch (family(type)) {
    case 'integer':
      if (op === '/' || op === '%') {
        return `CASE WHEN ${b} = 0 THEN ${DIVIDE_BY_ZERO} ELSE ${a} ${op === '/' ? '//' : '%'} ${b} END`;
      }
      return `(${a} ${op} ${b})`;
    case 'float':
      return op === '/' ? `CASE WHEN ${b} = 0 THEN ${DIVIDE_BY_ZERO} ELSE ${a} / ${b} END` : `(${a} ${op} ${b})`;
    case 'money':
      if (op === '*') {
        return `CAST(${a} * ${b} AS ${storageType(type)})`;
      }
      return op === '/' ? divideDecimals(a, b, 4, 4, type) : `CAST(${a} ${op} ${b} AS ${storageType(type)})`;
    default:
      return decimalSql(op, left, right, type);
  }
}

function decimalSql(op: string, left: Bound, right: Bound, type: SqlType): string {
  const shapes = [shapeOf(left), shapeOf(right)];
  const [a, b] = [left, right].map((side, at) => convert(side, decimal(shapes[at].precision, shapes[at].scale)));
  const storage = storageType(type);
  switch (op) {
    case '*':
      return `CAST(${a} * ${b} AS ${storage})`;
    case '/':
      return divideDecimals(a, b, shapes[0].scale, shapes[1].scale, type);
    case '%':
      return `CASE WHEN ${b} = 0 THEN ${DIVIDE_BY_ZERO} ELSE CAST(${a} % ${b} AS ${storage}) END`;
    default:
      return `CAST(CAST(${a} AS ${storage}) ${op} CAST(${b} AS ${storage}) AS ${storage})`;
  }
}

/** Exact: both are made integers, the dividend with as many zeros as the result has further digits. */
function divideDecimals(a: string, b: string, scaleA: number, scaleB: number, type: SqlType): string {
  const scale = numericShape(type).scale;
  return `CASE WHEN ${b} = 0 THEN ${DIVIDE_BY_ZERO} ELSE divide_decimals(CAST(${a} AS VARCHAR), CAST(${b} AS VARCHAR), ${scaleA}, ${scaleB}, ${scale})::${storageType(type)} END`;
}

/** Result type of decimal arithmetic (Transact-SQL reference, "Precision, scale, and length"). */
function resultType(op: string, left: Bound, right: Bound, line: number): SqlType {
  const type = commonType(left, right);
  const kind = family(type);
  if (kind === 'string' || kind === 'date' || kind === 'uuid' || kind === 'binary' || isTemporal(type)) {
    const other = family(left.type) === 'string' ? right : left;
    if (kind === 'binary' && family(other.type) === 'integer') {
      return other.type;
    }
    throw new SqlError(8117, `Operand data type ${type.name} is invalid for ${OPERATOR_NAMES[op]} operator.`, { line });
  }
  if (kind === 'bit' && !'&|^'.includes(op)) {
    throw new SqlError(402, `The data types bit and bit are incompatible in the ${OPERATOR_NAMES[op]} operator.`, { line });
  }
  if (kind !== 'decimal') {
    return type;
  }
  const a = shapeOf(left);
  const b = shapeOf(right);
  let precision: number;
  let scale: number;
  switch (op) {
    case '*':
      precision = a.precision + b.precision + 1;
      scale = a.scale + b.scale;
      break;
    case '/':
      scale = Math.max(6, a.scale + b.precision + 1);
      precision = a.precision - a.scale + b.scale + scale;
      break;
    case '%':
      scale = Math.max(a.scale, b.scale);
      precision = Math.min(a.precision - a.scale, b.precision - b.scale) + scale;
      break;
    default:
      scale = Math.max(a.scale, b.scale);
      precision = Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1;
      if (precision > 38) {
        return decimal(38, Math.max(0, scale - Math.max(0, precision - 1 - 38)));
      }
  }
  if (precision > 38) {
    const whole = precision - scale;
    scale = whole > 32 ? Math.min(scale, 6) : Math.min(scale, 38 - whole);
    precision = 38;
  }
  return { name: type.name, precision, scale };
}

const OPERATOR_NAMES: Record<string, string> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '%': 'modulo',
  '&': "'&'",
  '|': "'|'",
  '^': "'^'",
};

function shapeOf(side: Bound): { precision: number; scale: number } {
  if (side.integerDigits !== undefined) {
    return { precision: side.integerDigits, scale: 0 };
  }
  return family(side.type) === 'string' || family(side.type) === 'float' ? { precision: 38, scale: 6 } : numericShape(side.type);
}

function commonOr(side: Bound, other: Bound): SqlType {
  return side.untypedNull ? other.type : side.type;
}

function sumOfLengths(left: SqlType, right: SqlType, limit: number): number {
  const lengths = [left.length ?? MAX, right.length ?? MAX];
  return lengths.includes(MAX) ? MAX : Math.min(limit, lengths[0] + lengths[1]);
}

function concatenate(left: Bound, right: Bound): Bound {
  const unicode = isUnicode(commonOr(left, right)) || isUnicode(commonOr(right, left));
  const type: SqlType = {
    name: unicode ? 'nvarchar' : 'varchar',
    length: sumOfLengths(commonOr(left, right), commonOr(right, left), unicode ? 4000 : 8000),
    collation: left.type.collation ?? right.type.collation,
  };
  return { sql: `(${left.sql} || ${right.sql})`, type, nullable: left.nullable || right.nullable };
}

/** datetime + number is a number of days; datetime2 and date refuse it, as SQL Server does. */
function addDays(op: string, left: Bound, right: Bound, line: number): Bound {
  const [date, days] = isTemporal(left.type) ? [left, right] : [right, left];
  const nullable = left.nullable || right.nullable;
  if (!['datetime', 'smalldatetime'].includes(date.type.name) || (!['integer', 'decimal', 'float', 'money', 'bit', 'string', 'datetime'].includes(family(days.type)))) {
    throw new SqlError(206, `Operand type clash: ${left.type.name} is incompatible with ${right.type.name}`, { state: 2, line });
  }
  const type: SqlType = { name: 'datetime' };
  const shift = isTemporal(days.type) ? `(${convert(days, type)} - 599266080000000000)` : `CAST(${convert(days, { name: 'float' })} * 864000000000 AS BIGINT)`;
  return { sql: `(${convert(date, type)} ${op} ${shift})`, type, nullable };
}

/** A comparison of two values brought to their common type; strings by the collation, without trailing blanks. */
export function bindComparison(op: string, left: Bound, right: Bound): string {
  const [a, b] = comparable([left, right]);
  return `(${a} ${op} ${b})`;
}

/** The sort keys of values brought to one type. */
export function comparable(sides: Bound[]): string[] {
  const typed = sides.filter((side) => !side.untypedNull);
  let type = typed.map((side) => side.type).reduce((widest, each) => widen(widest, each), typed[0]?.type ?? { name: 'int' });
  // A column's collation beats that of a literal or variable; an explicit COLLATE beats both.
  const collation = typed.find((side) => side.type.collation !== undefined)?.type.collation;
  if (family(type) === 'string') {
    type = { ...type, name: type.name === 'char' ? 'varchar' : type.name === 'nchar' ? 'nvarchar' : type.name, length: MAX, collation };
  } else if (family(type) === 'decimal') {
    type = { ...type, name: 'decimal' };
  }
  return sides.map((side) => sortKey(sameStorage(side, type) ? side.sql : convert(side, type), type));
}

/** DuckDB compares decimals of different shapes, and integers of different sizes, exactly by itself. */
function sameStorage(side: Bound, type: SqlType): boolean {
  const kind = family(side.type);
  return !side.untypedNull && kind === family(type) && (['integer', 'decimal', 'string', 'datetime', 'time', 'money', 'binary'].includes(kind));
}

