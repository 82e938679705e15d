import { quoteText } from '../../engine/identifiers';
import { SqlError } from '../errors';
import { INT, MAX, SqlType, decimal, nvarchar, storageType, varbinary, varchar } from '../types';
import { Bound } from './bound';

/** Constants, with the types their spelling gives them (Transact-SQL reference, "Constants"). */

export function numberLiteral(text: string): Bound {
  if (/\$/.test(text)) {
    const value = text.replace('$', '');
    return { sql: `CAST(${value} AS DECIMAL(19,4))`, type: { name: 'money' }, nullable: false, constant: value };
  }
  if (/[eE]/.test(text)) {
    return { sql: `CAST('${text}' AS DOUBLE)`, type: { name: 'float' }, nullable: false, constant: text };
  }
  const digits = text.replace(/^-/, '');
  const [whole, fraction = ''] = digits.split('.');
  const significant = whole.replace(/^0+(?=\d)/, '');
  if (!digits.includes('.') && BigInt(text) >= -2147483648n && BigInt(text) <= 2147483647n) {
    return { sql: text.startsWith('-') ? `(${text})` : `CAST(${text} AS INTEGER)`, type: INT, nullable: false, constant: text, integerDigits: significant.length };
  }
  const precision = Math.max(1, (significant === '0' ? 0 : significant.length) + fraction.length);
  if (precision > 38) {
    throw new SqlError(1007, `The number '${text}' is out of the range for numeric representation (maximum precision 38).`, { severity: 15 });
  }
  const type: SqlType = { ...decimal(precision, fraction.length), name: 'numeric' };
  return { sql: `CAST('${text}' AS ${storageType(type)})`, type, nullable: false, constant: text };
}

export function stringLiteral(value: string, unicode: boolean): Bound {
  const limit = unicode ? 4000 : 8000;
  const length = value.length > limit ? MAX : Math.max(1, value.length);
  return { sql: quoteText(value), type: unicode ? nvarchar(length) : varchar(length), nullable: false, constant: value };
}

export function binaryLiteral(hex: string): Bound {
  return {
    sql: `unhex(${quoteText(hex.length % 2 ? '0' + hex : hex)})`, type: varbinary(Math.max(1, Math.ceil(hex.length / 2))), nullable: false,
  };
}
