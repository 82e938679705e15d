import { characterEncoder } from './character-value';
import { textValueEncoder } from './text-value';
import * as wire from './wire-value';
import type { ManifestColumn } from '../../contract';
import { INTEGER_BYTES, parseSourceType } from '../columns/source-type';

/** A value as Parquet stores it: BOOLEAN, INT32 and floats, INT64, byte arrays. */
export type PhysicalValue = boolean | number | bigint | Uint8Array;

/** What the companion columns of a value hold. */
export interface Companions {
  readonly ticks?: number;
  readonly offsetMinutes?: number;
}

/** Turns a stored value into the bytes that are hashed of it. @throws RangeError */
export type ParquetValueEncoder = (value: PhysicalValue, companions: Companions) => Uint8Array;

const STRINGS = new Set(['char', 'varchar', 'text', 'nchar', 'nvarchar', 'ntext', 'xml', 'sql_variant']);

const whole = (value: PhysicalValue) => BigInt(value as number | bigint);
const utf8 = (value: PhysicalValue) => Buffer.from(value as Uint8Array).toString('utf8');

export function parquetValueEncoder(column: ManifestColumn): ParquetValueEncoder {
  const { base, precision, scale } = parseSourceType(column.sourceType);
  const { outputType } = column;
  if (outputType === 'STRING' && !STRINGS.has(base)) {
    const encode = textValueEncoder(column);
    return (value) => encode(utf8(value));
  }
  if (base in INTEGER_BYTES) return (value) => wire.integer(whole(value), INTEGER_BYTES[base]);
  // Digits of a second that the stored unit has more than the scale.
  const digits = (outputType.includes('NANOS') ? 9 : 6) - scale;
  switch (base) {
    case 'bit': return (value) => Uint8Array.of(value === true ? 1 : 0);
    case 'decimal': case 'numeric': return (value) => wire.decimal(unscaled(value), precision);
    case 'smallmoney': return (value) => wire.integer(unscaled(value), 4);
    case 'money': return (value) => wire.money(unscaled(value));
    case 'real': return (value) => wire.float(value as number, 4);
    case 'float': return (value) => wire.float(value as number, 8);
    case 'date': return (value) => wire.date(value as number);
    case 'time': return (value) => wire.time(rescaled(whole(value), digits), scale);
    case 'smalldatetime': return (value) => {
      const [day, micros] = dayOf(whole(value), 6);
      return wire.smalldatetime(day, Number(micros) / 60_000_000);
    };
    case 'datetime': return (value) => {
      const [day, micros] = dayOf(whole(value), 6);
      return wire.datetime(day, Number(micros), 1_000_000);
    };
    case 'datetime2': return (value, { ticks = 0 }) => {
      const [day, ofDay] = dayOf(whole(value), scale + digits);
      return wire.datetime2(day, rescaled(ofDay, digits) + BigInt(ticks), scale);
    };
    case 'datetimeoffset': return (value, { ticks = 0, offsetMinutes = 0 }) => {
      const [day, ofDay] = dayOf(whole(value), scale + digits);
      return wire.datetimeoffset(day, rescaled(ofDay, digits) + BigInt(ticks), offsetMinutes, scale);
    };
    case 'uniqueidentifier': return (value) => wire.uniqueidentifier(Buffer.from(value as Uint8Array).toString('hex'));
    case 'sql_variant': return (value) => value as Uint8Array;
    default: {
      if (!STRINGS.has(base)) return (value) => value as Uint8Array;
      const encode = characterEncoder(column);
      return (value) => encode(utf8(value));
    }
  }
}

/** Big-endian two's complement in a byte array, else a number. */
function unscaled(value: PhysicalValue): bigint {
  if (!(value instanceof Uint8Array)) return whole(value);
  return BigInt.asIntN(8 * value.length, BigInt(`0x${Buffer.from(value).toString('hex')}`));
}

/** @param digits to drop, or, below 0, to add */
function rescaled(value: bigint, digits: number): bigint {
  return digits >= 0 ? value / 10n ** BigInt(digits) : value * 10n ** BigInt(-digits);
}

function dayOf(value: bigint, decimals: number): [number, bigint] {
  const perDay = 86_400n * 10n ** BigInt(decimals);
  const rest = (value % perDay + perDay) % perDay;
  return [Number((value - rest) / perDay), rest];
}
