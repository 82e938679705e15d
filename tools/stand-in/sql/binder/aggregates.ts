import { SqlError, unsupported } from '../errors';
import { BIGINT, FLOAT, INT, MAX, SqlType, decimal, family, storageType } from '../types';
import { Bound } from './bound';
import { convert, sortKey } from './conversions';

export const AGGREGATES = new Set(['COUNT', 'COUNT_BIG', 'SUM', 'AVG', 'MIN', 'MAX', 'STDEV', 'STDEVP', 'VAR', 'VARP', 'STRING_AGG', 'CHECKSUM_AGG', 'APPROX_COUNT_DISTINCT']);
const RANKINGS: Record<string, string> = { ROW_NUMBER: 'row_number', RANK: 'rank', DENSE_RANK: 'dense_rank', NTILE: 'ntile' };
const OFFSETS: Record<string, string> = { LAG: 'lag', LEAD: 'lead', FIRST_VALUE: 'first_value', LAST_VALUE: 'last_value' };

/** Functions that exist only with OVER. */
export const WINDOW_FUNCTIONS = new Set([...Object.keys(RANKINGS), ...Object.keys(OFFSETS), 'PERCENT_RANK', 'CUME_DIST']);

export const isAggregate = (name: string) => AGGREGATES.has(name);
export const isWindowOnly = (name: string) => WINDOW_FUNCTIONS.has(name);

export interface AggregateCall {
  readonly name: string;
  readonly args: Bound[];
  readonly star: boolean;
  readonly distinct: boolean;
  /** DuckDB's OVER clause, with a blank before it; empty for a plain aggregate. */
  readonly over: string;
  /** DuckDB's ORDER BY inside the call, for STRING_AGG. */
  readonly orderBy: string;
  readonly line: number;
}

/** An aggregate with the result type SQL Server gives it. */
export function bindAggregate(call: AggregateCall): Bound {
  const { name, args: [arg], over, line } = call;
  const distinct = call.distinct ? 'DISTINCT ' : '';
  if (name === 'COUNT' || name === 'COUNT_BIG' || name === 'APPROX_COUNT_DISTINCT') {
    const counted = call.star ? '*' : name === 'APPROX_COUNT_DISTINCT' ? `DISTINCT ${sortKey(arg.sql, arg.type)}` : call.distinct ? `DISTINCT ${sortKey(arg.sql, arg.type)}` : arg.sql;
    const type = name === 'COUNT' ? INT : BIGINT;
    return { sql: `CAST(count(${counted})${over} AS ${storageType(type)})`, type, nullable: false, aggregate: true };
  }
  if (arg === undefined) {
    throw new SqlError(174, `The ${name} function requires 1 argument(s).`, { severity: 15, line });
  }
  switch (name) {
    case 'SUM':
    case 'AVG': return sumOrAverage(name, arg, distinct, over, line);
    case 'MIN':
    case 'MAX': return extreme(name, arg, over, line);
    case 'STRING_AGG': {
      const type: SqlType = { name: arg.type.name.startsWith('n') ? 'nvarchar' : 'varchar', length: arg.type.length === MAX ? MAX : arg.type.name.startsWith('n') ? 4000 : 8000 };
      return { sql: `string_agg(${convert(arg, { ...type, length: MAX })}, ${call.args[1].sql}${call.orderBy})`, type, nullable: true, aggregate: true };
    }
    case 'CHECKSUM_AGG':
      return { sql: `CAST(bit_xor(${convert(arg, INT)})${over} AS INTEGER)`, type: INT, nullable: true, aggregate: true };
    default: {
      const duck = { STDEV: 'stddev_samp', STDEVP: 'stddev_pop', VAR: 'var_samp', VARP: 'var_pop' }[name as 'VAR'];
      return { sql: `${duck}(${distinct}${convert(arg, FLOAT)})${over}`, type: FLOAT, nullable: true, aggregate: true };
    }
  }
}

/** Result type of SUM and AVG (Transact-SQL reference, "SUM", "AVG"). */
function sumOrAverage(name: string, arg: Bound, distinct: string, over: string, line: number): Bound {
  const kind = family(arg.type);
  if (!['integer', 'decimal', 'money', 'float'].includes(kind)) {
    throw new SqlError(8117, `Operand data type ${arg.type.name} is invalid for ${name.toLowerCase()} operator.`, { line });
  }
  const sum = `sum(${distinct}${arg.sql})${over}`;
  const count = `count(${distinct}${arg.sql})${over}`;
  const result = (sql: string, type: SqlType): Bound => ({ sql, type, nullable: true, aggregate: true });
  if (kind === 'float') {
    return result(`CAST(${name === 'SUM' ? sum : `avg(${distinct}${arg.sql})${over}`} AS DOUBLE)`, FLOAT);
  }
  if (kind === 'integer') {
    const type = arg.type.name === 'bigint' ? BIGINT : INT;
    return result(`CAST(${name === 'SUM' ? sum : `(${sum} // ${count})`} AS ${storageType(type)})`, type);
  }
  const scale = kind === 'money' ? 4 : arg.type.scale!;
  const type: SqlType = kind === 'money' ? { name: 'money' } : decimal(38, name === 'SUM' ? scale : Math.max(scale, 6));
  if (name === 'SUM') {
    return result(`CAST(${sum} AS ${storageType(type)})`, type);
  }
  return result(
    `CAST(divide_decimals(CAST(${sum} AS VARCHAR), CAST(nullif(${count}, 0) AS VARCHAR), ${scale}, 0, ${kind === 'money' ? 4 : type.scale}) AS ${storageType(type)})`, type);
}

function extreme(name: string, arg: Bound, over: string, line: number): Bound {
  const kind = family(arg.type);
  if (kind === 'bit' || kind === 'xml' || kind === 'json' || kind === 'vector' || kind === 'udt' || ['text', 'ntext', 'image'].includes(arg.type.name)) {
    throw new SqlError(8117, `Operand data type ${arg.type.name} is invalid for ${name.toLowerCase()} operator.`, { line });
  }
  const key = sortKey(arg.sql, arg.type);
  const sql = key === arg.sql || over !== '' ? `${name.toLowerCase()}(${arg.sql})${over}` : `arg_${name.toLowerCase()}(${arg.sql}, ${key})`;
  return { sql, type: arg.type, nullable: true, aggregate: true };
}

/** ROW_NUMBER, LAG and the others that exist only with OVER. */
export function bindWindow(call: AggregateCall): Bound {
  const { name, args, over, line } = call;
  if (over === '') {
    throw new SqlError(10753, `The function '${name}' must have an OVER clause.`, { severity: 15, line });
  }
  if (RANKINGS[name]) {
    return { sql: `CAST(${RANKINGS[name]}(${args.map((arg) => arg.sql).join(', ')})${over} AS BIGINT)`, type: BIGINT, nullable: true };
  }
  if (OFFSETS[name]) {
    return { sql: `${OFFSETS[name]}(${args.map((arg) => arg.sql).join(', ')})${over}`, type: args[0].type, nullable: true };
  }
  if (name === 'PERCENT_RANK' || name === 'CUME_DIST') {
    return { sql: `${name.toLowerCase()}()${over}`, type: FLOAT, nullable: true };
  }
  throw unsupported(`the window function ${name}`, line);
}
