/* eslint-disable no-bitwise */
import { createHash } from 'crypto';
import { BIGINT, BLOB, BOOLEAN, DOUBLE, DuckDBBlobValue, DuckDBConnection, DuckDBScalarFunction, DuckDBType, DuckDBValue, HUGEINT, INTEGER, VARCHAR } from '@duckdb/node-api';
import { dateAddition, dateDifference, dateName, datePart } from './date-arithmetic';
import { formatTicks, parseTicks, zoneMinutes, zoneText } from './date-text';
import { likeToRegExp } from './like-pattern';
import { fromStorageText, toStorageText } from './lone-surrogates';
import { decodeText, encodeText } from '../sql/code-pages';
import { SqlError } from '../sql/errors';
import { OFFSET_BIAS, OFFSET_FACTOR } from '../sql/types';

type Values = Array<string | number | bigint | boolean | Uint8Array>;
type Result = string | number | bigint | Uint8Array | null;

export interface Definition {
  readonly name: string;
  readonly parameters: DuckDBType[];
  readonly returns: DuckDBType;
  /** Is called only when no argument is NULL. */
  readonly compute: (...args: Values) => Result;
}

/* eslint-disable @typescript-eslint/no-explicit-any */
export const define = (name: string, parameters: DuckDBType[], returns: DuckDBType, compute: (...args: any[]) => Result): Definition =>
  ({ name, parameters, returns, compute });

/** What T-SQL has and DuckDB's SQL has not, called from the SQL the binder writes. */
const DEFINITIONS: Definition[] = [
  define('text_to_utf16', [VARCHAR], BLOB, (text: string) => Buffer.from(fromStorageText(text), 'utf16le')),
  define('utf16_to_text', [BLOB], VARCHAR, (bytes: Buffer) => toStorageText(bytes.toString('utf16le'))),
  define('text_to_code_page', [VARCHAR, INTEGER], BLOB, (text: string, codePage: number) => encodeText(fromStorageText(text), codePage)),
  define('code_page_to_text', [BLOB, INTEGER], VARCHAR, (bytes: Buffer, codePage: number) => decodeText(bytes, codePage)),
  define('code_unit_to_text', [INTEGER], VARCHAR, (unit: number) => toStorageText(String.fromCodePoint(unit))),
  define('utf16_length', [VARCHAR], BIGINT, (text: string) => BigInt(fromStorageText(text).length)),
  define('text_to_ticks', [VARCHAR, INTEGER, VARCHAR], BIGINT, (text: string, style: number, wanted: string) => {
    const { ticks, offset } = parseTicks(text, style, wanted);
    if (offset !== undefined && (wanted === 'datetime' || wanted === 'smalldatetime')) {
      throw new SqlError(241, 'Conversion failed when converting date and/or time from character string.');
    }
    return ticks;
  }),
  define('text_to_offset', [VARCHAR, INTEGER, INTEGER], HUGEINT, (text: string, style: number, scale: number) => {
    const { ticks, offset = 0 } = parseTicks(text, style, 'datetimeoffset');
    const unit = BigInt(10 ** (7 - scale));
    const rounded = ((ticks + unit / 2n) / unit) * unit;
    return (rounded - BigInt(offset) * 600_000_000n) * OFFSET_FACTOR + BigInt(offset) + OFFSET_BIAS;
  }),
  define('ticks_to_text', [BIGINT, VARCHAR, INTEGER, INTEGER], VARCHAR, (ticks: bigint, name: string, scale: number, style: number) =>
    formatTicks(ticks, { name, scale }, style)),
  define('offset_to_text', [HUGEINT, INTEGER, INTEGER], VARCHAR, (value: bigint, scale: number, style: number) => {
    const offset = value % OFFSET_FACTOR - OFFSET_BIAS;
    const utc = value / OFFSET_FACTOR;
    if (style === 127) {
      return formatTicks(utc, { name: 'datetimeoffset', scale }, 126) + 'Z';
    }
    const zone = zoneText(Number(offset));
    return `${formatTicks(utc + offset * 600_000_000n, { name: 'datetimeoffset', scale }, style)}${style === 126 ? '' : ' '}${zone}`;
  }),
  define('date_part_of', [VARCHAR, BIGINT], INTEGER, datePart),
  define('date_name_of', [VARCHAR, BIGINT], VARCHAR, dateName),
  define('date_difference', [VARCHAR, BIGINT, BIGINT], BIGINT, dateDifference),
  define('date_addition', [VARCHAR, BIGINT, BIGINT], BIGINT, dateAddition),
  define('zone_minutes', [VARCHAR], INTEGER, zoneMinutes),
  define('vector_text', [VARCHAR, INTEGER], VARCHAR, vectorText),
  define('float_to_text', [DOUBLE, INTEGER, BOOLEAN], VARCHAR, floatToText),
  define('like_to_regexp', [VARCHAR, VARCHAR], VARCHAR, likeToRegExp),
  define('bytes_to_bigint', [BLOB], BIGINT, (bytes: Buffer) => BigInt.asIntN(64, BigInt('0x0' + bytes.subarray(-8).toString('hex')))),
  define('bigint_to_bytes', [BIGINT, INTEGER], BLOB, (value: bigint, length: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return length <= 8 ? bytes.subarray(8 - length) : Buffer.concat([Buffer.alloc(length - 8), bytes]);
  }),
  define('bytes_part', [BLOB, INTEGER, INTEGER], BLOB, (bytes: Buffer, start: number, length: number) =>
    bytes.subarray(Math.max(0, start - 1), Math.max(0, start - 1 + length))),
  define('fit_bytes', [BLOB, INTEGER, BOOLEAN], BLOB, (bytes: Buffer, length: number, pad: boolean) =>
    (pad && bytes.length < length ? Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]) : bytes.subarray(0, length))),
  define('uuid_text_to_bytes', [VARCHAR], BLOB, (text: string) => uuidBytes(text)),
  define('bytes_to_uuid_text', [BLOB], VARCHAR, (bytes: Buffer) => {
    const hex = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((at) => (bytes[at] ?? 0).toString(16).padStart(2, '0')).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }),
  define('divide_decimals', [VARCHAR, VARCHAR, INTEGER, INTEGER, INTEGER], VARCHAR, divideDecimals),
  define('float_to_bytes', [DOUBLE, INTEGER], BLOB, (value: number, size: number) => {
    const bytes = Buffer.alloc(size);
    return size === 4 ? (bytes.writeFloatBE(value), bytes) : (bytes.writeDoubleBE(value), bytes);
  }),
  define('hash_bytes', [VARCHAR, BLOB], BLOB, (algorithm: string, bytes: Buffer) => {
    const name = { MD5: 'md5', SHA: 'sha1', SHA1: 'sha1', SHA2_256: 'sha256', SHA2_512: 'sha512' }[algorithm.toUpperCase()];
    return name ? createHash(name).update(bytes).digest() : null;
  }),
  define('checksum_of', [VARCHAR], INTEGER, (text: string) => createHash('md5').update(text).digest().readInt32LE(0)),
  define('object_path', [VARCHAR], VARCHAR, objectPath),
  define('variant_property', [VARCHAR, VARCHAR], VARCHAR, variantProperty),
];

/** Makes the functions known to every connection of the instance. */
export function registerScalarFunctions(connection: DuckDBConnection, definitions: readonly Definition[] = DEFINITIONS): void {
  for (const { name, parameters, returns, compute } of definitions) {
    connection.registerScalarFunction(DuckDBScalarFunction.create({
      name,
      parameterTypes: parameters,
      returnType: returns,
      mainFunction: (_info, input, output) => {
        const columns = parameters.map((_, at) => input.getColumnVector(at));
        for (let row = 0; row < input.rowCount; row++) {
          const args = columns.map((column) => column.getItem(row) as DuckDBValue);
          const plain = args.map((arg) => (arg instanceof DuckDBBlobValue ? Buffer.from(arg.bytes) : arg));
          const value = args.includes(null) ? null : guarded(compute, plain as Values);
          output.setItem(row, value instanceof Uint8Array ? new DuckDBBlobValue(value) : value);
        }
        output.flush();
      },
    }));
  }
}

/** DuckDB passes on only an error's text, so the number goes in front of it. */
function guarded(compute: Definition['compute'], args: Values): Result {
  try {
    return compute(...args);
  } catch (error) {
    throw error instanceof SqlError ? new Error(`${error.number}|${error.message}`) : error;
  }
}

/** Style 0 prints six digits, 3 as many as it takes to read the same value back. */
function floatToText(value: number, style: number, single: boolean): string {
  if (style === 3 || style === 126) {
    return String(single ? shortestSingle(value) : value);
  }
  if (value === 0) {
    return '0';
  }
  const digits = style === 2 ? 16 : style === 1 ? 8 : 6;
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  if (style === 0 && exponent >= -5 && exponent < 6) {
    return String(Number(value.toPrecision(digits)));
  }
  const [mantissa, power] = value.toExponential(style === 0 ? digits - 1 : digits - 1).split('e');
  const trimmed = style === 0 && mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return `${trimmed}e${power[0]}${power.slice(1).padStart(3, '0')}`;
}

/** A vector as the server spells it: each float by 8 significant digits, with an exponent ("vector data type"). */
function vectorText(text: string, dimensions: number): string {
  const numbers: unknown = JSON.parse(text);
  if (!Array.isArray(numbers) || !numbers.every((each) => typeof each === 'number')) {
    throw new SqlError(13670, 'A JSON array of numbers is expected.');
  }
  if (numbers.length !== dimensions) {
    throw new SqlError(42204, `The vector dimensions ${dimensions} and ${numbers.length} do not match.`);
  }
  return `[${numbers.map((each) => {
    const [mantissa, power] = Math.fround(each).toExponential(7).split('e');
    return `${mantissa}e${power[0]}${power.slice(1).padStart(3, '0')}`;
  }).join(',')}]`;
}

function shortestSingle(value: number): number {
  for (let digits = 6; digits < 10; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) {
      return candidate;
    }
  }
  return value;
}

function divideDecimals(dividend: string, divisor: string, scaleA: number, scaleB: number, scale: number): string {
  const unscaled = (text: string, digits: number): bigint => {
    const [whole, fraction = ''] = text.split('.');
    return BigInt(whole + fraction.padEnd(digits, '0'));
  };
  const a = unscaled(dividend, scaleA);
  const b = unscaled(divisor, scaleB);
  const shift = scale + scaleB - scaleA;
  const quotient = shift >= 0 ? (a * 10n ** BigInt(shift)) / b : a / (b * 10n ** BigInt(-shift));
  const size = (quotient < 0n ? -quotient : quotient).toString().padStart(scale + 1, '0');
  const text = scale > 0 ? `${size.slice(0, -scale)}.${size.slice(-scale)}` : size;
  return quotient < 0n ? `-${text}` : text;
}

/** Wire order of a uniqueidentifier: the first three groups have their bytes reversed. */
export function uuidBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replace(/[{}-]/g, ''), 'hex');
  return Buffer.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((at) => bytes[at]));
}

/** `schema.name` of an object name as OBJECT_ID takes it, its quotes taken off. */
function objectPath(name: string): string {
  const parts = [...name.matchAll(/\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|([^.[\]"]+)/g)]
    .map((match) => match[1]?.replace(/\]\]/g, ']') ?? match[2]?.replace(/""/g, '"') ?? match[3]);
  return parts.length === 1 ? `dbo.${parts[0]}` : parts.slice(-2).join('.');
}

function variantProperty(value: string, property: string): string | null {
  const declaration = value.slice(0, value.indexOf('|'));
  const [, name, args = ''] = /^(\w+)(?:\((.*)\))?$/.exec(declaration)!;
  const [first, second] = args.split(',');
  switch (property.toLowerCase()) {
    case 'basetype': return `nvarchar(128)|${name}`;
    case 'precision': return first && second ? `int|${first}` : null;
    case 'scale': return second ? `int|${second}` : null;
    case 'maxlength': return first && !second ? `int|${Number(first) * (name.startsWith('n') ? 2 : 1)}` : null;
    default: return null;
  }
}
