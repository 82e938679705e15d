import type { ManifestColumn } from '../../../contract';
import { INTEGER_BYTES, parseSourceType } from '../../rows/columns/source-type';
import { characterEncoder } from '../values/character-value';
import type { ValueRules } from '../values/object-reading';
import * as wire from '../values/wire-value';

/** Turns the text of a value, as CSV and JSON Lines have it, into the bytes that are hashed of it. @throws RangeError */
export type TextValueEncoder = (text: string) => Uint8Array;

const MS_PER_DAY = 86_400_000;
const SECONDS_PER_DAY = 86_400n;
const DAYS_TO_1900 = -25_567;
/** Offsets go from -14:00 to +14:00. */
const MOST_MINUTES = 840;

export function textValueEncoder(column: ManifestColumn, rules: ValueRules = {}): TextValueEncoder {
  const { base, precision, scale } = parseSourceType(column.sourceType);
  const no = (text: string) => new RangeError(`column "${column.name}": ${JSON.stringify(text.slice(0, 100))} is not a ${column.sourceType}`);
  const parsed = (text: string, pattern: RegExp): string[] => {
    const match = pattern.exec(text);
    if (!match) throw no(text);
    return match;
  };
  const scaled = (text: string, decimals: number): bigint => {
    const [, digits, fraction = ''] = parsed(text, /^(-?\d+)(?:\.(\d+))?$/);
    if (fraction.length !== decimals) throw no(text);
    return BigInt(digits + fraction);
  };
  const fitting = (text: string, value: bigint, least: bigint, greatest: bigint): bigint => {
    if (value < least || value > greatest) throw no(text);
    return value;
  };
  const signed = (text: string, decimals: number, size: number): bigint => {
    const value = scaled(text, decimals);
    if (!wire.fits(value, size)) throw no(text);
    return value;
  };
  const day = (text: string): number => {
    const at = Date.parse(`${text}T00:00:00Z`);
    // Days that a month does not have are taken for those of the next.
    if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text) throw no(text);
    return at / MS_PER_DAY;
  };
  const ticks = (text: string, decimals: number): bigint => {
    const [, hours, minutes, seconds, fraction = ''] = parsed(text, /^(\d\d):(\d\d):(\d\d)(?:\.(\d+))?$/);
    if (fraction.length !== decimals || Number(minutes) > 59 || Number(seconds) > 59) throw no(text);
    const value = BigInt((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 10n ** BigInt(decimals) + BigInt(fraction || '0');
    return fitting(text, value, 0n, SECONDS_PER_DAY * 10n ** BigInt(decimals));
  };
  const moment = (text: string, decimals: number): [number, bigint] => {
    const [, date, time] = parsed(text, /^(\d{4}-\d\d-\d\d)T([\d:.]+)$/);
    // A whole day is a time alone, of some servers.
    if (time.startsWith('24')) throw no(text);
    return [day(date), ticks(time, decimals)];
  };
  const number = (text: string): number => Number(parsed(text, /^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/)[0]);
  if (column.encoding) return binary(column.encoding, no);
  if (base === 'tinyint') return (text) => wire.integer(fitting(text, scaled(text, 0), 0n, 255n), 1);
  if (base in INTEGER_BYTES) return (text) => wire.integer(signed(text, 0, INTEGER_BYTES[base]), INTEGER_BYTES[base]);
  switch (base) {
    case 'bit': return (text) => {
      if (text !== 'true' && text !== 'false') throw no(text);
      return Uint8Array.of(text === 'true' ? 1 : 0);
    };
    case 'decimal': case 'numeric': {
      const size = rules.wideDecimals ? wire.WIDE_DECIMAL_BYTES : wire.decimalBytes(precision);
      const limit = (1n << BigInt(8 * size)) - 1n;
      return (text) => wire.decimal(fitting(text, scaled(text, scale), -limit, limit), precision, size);
    }
    case 'smallmoney': return (text) => wire.integer(signed(text, 4, 4), 4);
    case 'money': return (text) => wire.money(signed(text, 4, 8));
    case 'real': return (text) => wire.float(number(text), 4);
    case 'float': return (text) => wire.float(number(text), 8);
    case 'date': return (text) => wire.date(day(text));
    case 'time': return (text) => wire.time(ticks(text, scale), scale);
    case 'smalldatetime': return (text) => {
      const [days, seconds] = moment(text, 0);
      if (seconds % 60n !== 0n || days < DAYS_TO_1900 || days > DAYS_TO_1900 + 0xffff) throw no(text);
      return wire.smalldatetime(days, Number(seconds) / 60);
    };
    case 'datetime': return (text) => {
      const [days, millis] = moment(text, 3);
      const bytes = wire.datetime(days, Number(millis), 1_000);
      if (Math.round(bytes.readUInt32LE(4) * 10 / 3) !== Number(millis)) throw no(text);
      return bytes;
    };
    case 'datetime2': return (text) => wire.datetime2(...moment(text, scale), scale);
    case 'datetimeoffset': return (text) => {
      const [, local, sign, hours, minutes] = parsed(text, /^(.+)([+-])(\d\d):(\d\d)$/);
      const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
      if (Number(minutes) > 59 || Math.abs(offset) > MOST_MINUTES) throw no(text);
      const utc = wire.toUtc(...moment(local, scale), offset, scale);
      return wire.datetimeoffset(utc.day, utc.ticks, offset, scale);
    };
    case 'uniqueidentifier': return (text) => wire.uniqueidentifier(parsed(text, /^[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$/i)[0].replace(/-/g, ''));
    case 'sql_variant': return (text) => Buffer.from(text, 'utf8');
    default: return characterEncoder(column);
  }
}

function binary(encoding: 'hex' | 'base64', no: (text: string) => RangeError): TextValueEncoder {
  return (text) => {
    const bytes = Buffer.from(text, encoding);
    // Node passes over what it cannot read.
    if (bytes.toString(encoding).toUpperCase() !== text.toUpperCase()) throw no(text);
    return bytes;
  };
}
