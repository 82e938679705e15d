import type { ManifestColumn } from '../../../contract';
import { INTEGER_BYTES, parseSourceType } from '../../rows/columns/source-type';
import { textValueEncoder } from '../text/text-value';
import { characterEncoder } from '../values/character-value';
import type { ValueRules } from '../values/object-reading';
import { isStoredAsText, isText } from '../values/parquet-field';
import * as wire from '../values/wire-value';

/** A value as Parquet stores it: BOOLEAN, INT32 and floats, INT64, byte arrays. */
export type PhysicalValue = boolean | number | bigint | Uint8Array;

/** What the companion columns of a value hold. */
export interface Companions {
  readonly ticks?: number;
  readonly offsetMinutes?: number;
}

/** Turns a stored value into the bytes that are hashed of it. @throws RangeError */
export type ParquetValueEncoder = (value: PhysicalValue, companions: Companions) => Uint8Array;

const DAYS_TO_1900 = -25_567;
/** 0001-01-01 and 9999-12-31, in days since 1970. */
const FIRST_DAY = -719_162;
const LAST_DAY = 2_932_896;
/** Offsets go from -14:00 to +14:00. */
const MOST_MINUTES = 840;

const whole = (value: PhysicalValue) => BigInt(value as number | bigint);
const utf8 = (value: PhysicalValue) => Buffer.from(value as Uint8Array).toString('utf8');

export function parquetValueEncoder(column: ManifestColumn, rules: ValueRules = {}): ParquetValueEncoder {
  const { base, precision, scale } = parseSourceType(column.sourceType);
  const { outputType } = column;
  if (isStoredAsText(column)) {
    const encode = textValueEncoder(column, rules);
    return (value) => encode(utf8(value));
  }
  const no = (value: PhysicalValue) => new RangeError(`column "${column.name}": the stored value ${spelled(value)} is not a ${column.sourceType}`);
  const fitting = (value: PhysicalValue, number: bigint, least: bigint, greatest: bigint): bigint => {
    if (number < least || number > greatest) throw no(value);
    return number;
  };
  const signed = (value: PhysicalValue, number: bigint, size: number): bigint => {
    if (!wire.fits(number, size)) throw no(value);
    return number;
  };
  const wideDecimal = rules.wideDecimals ? wire.WIDE_DECIMAL_BYTES : undefined;
  if (base === 'tinyint') return (value) => wire.integer(fitting(value, whole(value), 0n, 255n), 1);
  if (base in INTEGER_BYTES) return (value) => wire.integer(signed(value, whole(value), INTEGER_BYTES[base]), INTEGER_BYTES[base]);
  // Digits of a second that the stored unit has more than the scale.
  const digits = (outputType.includes('NANOS') ? 9 : 6) - scale;
  /** What is stored in units of the scale. */
  const exactly = (value: PhysicalValue, of: bigint): bigint => {
    if (digits < 0) return of * 10n ** BigInt(-digits);
    const unit = 10n ** BigInt(digits);
    if (of % unit !== 0n) throw no(value);
    return of / unit;
  };
  const day = (value: PhysicalValue, of: number): number => {
    if (of < FIRST_DAY || of > LAST_DAY) throw no(value);
    return of;
  };
  const perDay = 86_400n * 10n ** BigInt(scale + digits);
  const tenth = (ticks: number): bigint => {
    if (ticks < 0 || ticks > 9) throw new RangeError(`column "${column.name}": ${ticks} is no last digit`);
    return BigInt(ticks);
  };
  switch (base) {
    case 'bit': return (value) => Uint8Array.of(value === true ? 1 : 0);
    case 'decimal': case 'numeric': {
      const limit = (1n << BigInt(8 * (wideDecimal ?? wire.decimalBytes(precision)))) - 1n;
      return (value) => wire.decimal(fitting(value, unscaled(value), -limit, limit), precision, wideDecimal);
    }
    case 'smallmoney': return (value) => wire.integer(signed(value, unscaled(value), 4), 4);
    case 'money': return (value) => wire.money(signed(value, unscaled(value), 8));
    case 'real': return (value) => wire.float(value as number, 4);
    case 'float': return (value) => wire.float(value as number, 8);
    case 'date': return (value) => wire.date(day(value, value as number));
    case 'time': return (value) => wire.time(exactly(value, fitting(value, whole(value), 0n, perDay - 1n)), scale);
    case 'smalldatetime': return (value) => {
      const [days, micros] = dayOf(whole(value), 6);
      const from1900 = days - DAYS_TO_1900;
      if (from1900 < 0 || from1900 > 0xffff || micros % 60_000_000n !== 0n) throw no(value);
      return wire.smalldatetime(days, Number(micros) / 60_000_000);
    };
    case 'datetime': return (value) => {
      const [days, micros] = dayOf(whole(value), 6);
      const bytes = wire.datetime(day(value, days), Number(micros), 1_000_000);
      if (micros !== BigInt(Math.round(bytes.readUInt32LE(4) * 10 / 3)) * 1000n) throw no(value);
      return bytes;
    };
    case 'datetime2': return (value, { ticks = 0 }) => {
      const [days, ofDay] = dayOf(whole(value), scale + digits);
      return wire.datetime2(day(value, days), exactly(value, ofDay) + tenth(ticks), scale);
    };
    case 'datetimeoffset': return (value, { ticks = 0, offsetMinutes = 0 }) => {
      const [days, ofDay] = dayOf(whole(value), scale + digits);
      if (Math.abs(offsetMinutes) > MOST_MINUTES) throw new RangeError(`column "${column.name}": ${offsetMinutes} is no offset in minutes`);
      return wire.datetimeoffset(day(value, days), exactly(value, ofDay) + tenth(ticks), offsetMinutes, scale);
    };
    case 'uniqueidentifier': return (value) => wire.uniqueidentifier(Buffer.from(value as Uint8Array).toString('hex'));
    case 'sql_variant': return (value) => value as Uint8Array;
    default: {
      if (!isText(base)) return (value) => value as Uint8Array;
      const encode = characterEncoder(column);
      return (value) => encode(utf8(value));
    }
  }
}

function spelled(value: PhysicalValue): string {
  return value instanceof Uint8Array ? `0x${Buffer.from(value.subarray(0, 50)).toString('hex')}` : String(value);
}

/** Big-endian two's complement in a byte array, else a number. */
function unscaled(value: PhysicalValue): bigint {
  if (!(value instanceof Uint8Array)) return whole(value);
  return BigInt.asIntN(8 * value.length, BigInt(`0x${Buffer.from(value).toString('hex')}`));
}

function dayOf(value: bigint, decimals: number): [number, bigint] {
  const perDay = 86_400n * 10n ** BigInt(decimals);
  const rest = (value % perDay + perDay) % perDay;
  return [Number((value - rest) / perDay), rest];
}
