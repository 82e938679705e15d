import type { PlannedColumn } from '../api/extraction-plan';
import { quoteName } from '../source/catalog/identifiers';

/** How a key of one type travels as text. Both directions are T-SQL; the server converts. */
export interface KeyType {
  /** The key's text. */
  readonly toText: (expression: string) => string;
  /** The text's value in the column's own type and collation, so that an index on the column can be sought. */
  readonly fromText: (parameter: string) => string;
}

/** Most characters of a key's text: index keys have at most 1,700 bytes ("Maximum capacity specifications for SQL Server"). */
export const KEY_TEXT_LENGTH = 4000;

/** CONVERT's styles: ODBC canonical with all digits, four decimals of money, 16 digits of a float, hexadecimal with 0x. */
const STYLE = { time: 121, money: 2, float: 2, binary: 1 } as const;

/**
 * How to cut by a column; undefined for types whose values have no order of use (CLR types, XML, LOBs, sql_variant).
 *
 * A text need not give the very key back (a float's 17th digit is lost): two chunks that share the text share the bound,
 * whatever it is. Texts of characters go through the column's collation, so its code page and its order are kept.
 */
export function keyType({ type, collation }: PlannedColumn): KeyType | undefined {
  const styled = (style?: number): KeyType => ({
    toText: (expression) => `CONVERT(nvarchar(${KEY_TEXT_LENGTH}), ${expression}${style === undefined ? '' : `, ${style}`})`,
    fromText: (parameter) => `CONVERT(${declared(type)}, ${parameter}${style === undefined ? '' : `, ${style}`})`,
  });
  switch (/^\w+/.exec(type)![0]) {
    case 'tinyint': case 'smallint': case 'int': case 'bigint': case 'bit': case 'decimal': case 'numeric': case 'uniqueidentifier':
      return styled();
    case 'money': case 'smallmoney': return styled(STYLE.money);
    case 'float': case 'real': return styled(STYLE.float);
    case 'date': case 'time': case 'datetime': case 'smalldatetime': case 'datetime2': case 'datetimeoffset': return styled(STYLE.time);
    case 'binary': case 'varbinary': case 'timestamp': return type.endsWith('(max)') ? undefined : styled(STYLE.binary);
    case 'char': case 'varchar': case 'nchar': case 'nvarchar':
      if (type.endsWith('(max)') || collation === undefined || !/^\w+$/.test(collation)) return undefined;
      return { ...styled(), fromText: (parameter) => `CONVERT(${type}, ${parameter} COLLATE ${collation})` };
    default: return undefined;
  }
}

/** rowversion compares as binary(8), and nothing converts to it. */
function declared(type: string): string {
  return type === 'timestamp' ? 'binary(8)' : type;
}

/**
 * Whether the text of every value of a column is whole. Longer types are in an index only with values that are shorter than they
 * may be; a column that no index holds may have any.
 */
export function fitsKeyText({ type }: Pick<PlannedColumn, 'type'>): boolean {
  const [, base, length] = /^(\w+)(?:\((\d+))?/.exec(type)!;
  // Hexadecimal with 0x.
  const characters = base.endsWith('binary') ? 2 + 2 * Number(length) : Number(length);
  return !/^(n?(var)?char|(var)?binary)$/.test(base) || characters <= KEY_TEXT_LENGTH;
}

/**
 * A condition on rows by their key: bounds compare column by column as one tuple. Each level repeats its column's bound
 * alone, which an index seek can use.
 *
 * No bound is NULL, and NULL comes before all values: a row with NULL in a column behind the first is below a bound that agrees with
 * it so far. Below it has to be said (`OR … IS NULL`); not below needs no word, since no comparison with NULL is true.
 *
 * @param keys at least one; rows whose first is NULL meet no condition
 * @param prefix of the parameters: `@lo` gives `@lo0`, `@lo1`, …
 */
export function boundCondition(keys: readonly PlannedColumn[], side: 'lower' | 'upper', prefix: string): string {
  const [strict, loose] = side === 'lower' ? ['>', '>='] : ['<', '<='];
  const build = (at: number): string => {
    const name = quoteName(keys[at].name);
    const value = keyType(keys[at])!.fromText(`${prefix}${at}`);
    const orNull = at > 0 && side === 'upper' && keys[at].nullable ? `${name} IS NULL OR ` : '';
    if (at === keys.length - 1) return `${orNull}${name} ${side === 'lower' ? '>=' : '<'} ${value}`;
    return `${orNull}${name} ${loose} ${value} AND (${name} ${strict} ${value} OR ${build(at + 1)})`;
  };
  return build(0);
}
