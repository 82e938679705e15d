import { characterEncoder } from './character-value';
import * as wire from './wire-value';
import type { ManifestColumn } from '../../contract';
import { INTEGER_BYTES, parseSourceType } from '../columns/source-type';

/** Turns the text of a value, as CSV and JSON Lines have it, into the bytes that are hashed of it. @throws RangeError */
export type TextValueEncoder = (text: string) => Uint8Array;

const MS_PER_DAY = 86_400_000;

export function textValueEncoder(column: ManifestColumn): TextValueEncoder {
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
  const day = (text: string): number => {
    const at = Date.parse(`${text}T00:00:00Z`);
    if (Number.isNaN(at)) throw no(text);
    return at / MS_PER_DAY;
  };
  const ticks = (text: string, decimals: number): bigint => {
    const [, hours, minutes, seconds, fraction = ''] = parsed(text, /^(\d\d):(\d\d):(\d\d)(?:\.(\d+))?$/);
    if (fraction.length !== decimals) throw no(text);
    return BigInt((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 10n ** BigInt(decimals) + BigInt(fraction || '0');
  };
  const moment = (text: string, decimals: number): [number, bigint] => {
    const [, date, time] = parsed(text, /^(\d{4}-\d\d-\d\d)T([\d:.]+)$/);
    return [day(date), ticks(time, decimals)];
  };
  if (column.encoding) return binary(column.encoding, no);
  if (base in INTEGER_BYTES) return (text) => wire.integer(scaled(text, 0), INTEGER_BYTES[base]);
  switch (base) {
    case 'bit': return (text) => {
      if (text !== 'true' && text !== 'false') throw no(text);
      return Uint8Array.of(text === 'true' ? 1 : 0);
    };
    case 'decimal': case 'numeric': return (text) => wire.decimal(scaled(text, scale), precision);
    case 'smallmoney': return (text) => wire.integer(scaled(text, 4), 4);
    case 'money': return (text) => wire.money(scaled(text, 4));
    case 'real': return (text) => wire.float(Number(text), 4);
    case 'float': return (text) => wire.float(Number(text), 8);
    case 'date': return (text) => wire.date(day(text));
    case 'time': return (text) => wire.time(ticks(text, scale), scale);
    case 'smalldatetime': return (text) => {
      const [days, seconds] = moment(text, 0);
      return wire.smalldatetime(days, Number(seconds) / 60);
    };
    case 'datetime': return (text) => {
      const [days, millis] = moment(text, 3);
      return wire.datetime(days, Number(millis), 1_000);
    };
    case 'datetime2': return (text) => wire.datetime2(...moment(text, scale), scale);
    case 'datetimeoffset': return (text) => {
      const [, local, sign, hours, minutes] = parsed(text, /^(.+)([+-])(\d\d):(\d\d)$/);
      const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
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
