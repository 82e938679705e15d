import type { RowValue } from '../../../iceberg/rows/values';
import { decimalOf, type IcebergType } from '../../../iceberg/spec/types';

const MICROS_PER_SECOND = 1_000_000n;
const MICROS_PER_DAY = 86_400_000_000n;

/** A value of a landed column for a message. */
export function spelledValue(type: IcebergType, value: RowValue): string {
  if (value === null) return 'NULL';
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (typeof value === 'string') return JSON.stringify(value);
  const decimal = decimalOf(type);
  if (decimal) return withPoint(BigInt(value), decimal.scale);
  switch (type) {
    case 'date': return dayText(BigInt(value));
    case 'time': return timeText(BigInt(value));
    case 'timestamp': case 'timestamptz': {
      const micros = BigInt(value);
      const ofDay = (micros % MICROS_PER_DAY + MICROS_PER_DAY) % MICROS_PER_DAY;
      return `${dayText((micros - ofDay) / MICROS_PER_DAY)}T${timeText(ofDay)}${type === 'timestamptz' ? 'Z' : ''}`;
    }
    default: return String(value);
  }
}

function withPoint(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const cut = digits.length - scale;
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, cut)}${scale === 0 ? '' : `.${digits.slice(cut)}`}`;
}

function dayText(days: bigint): string {
  return new Date(Number(days) * 86_400_000).toISOString().slice(0, 10);
}

function timeText(micros: bigint): string {
  return `${new Date(Number(micros / MICROS_PER_SECOND) * 1000).toISOString().slice(11, 19)}.${String(micros % MICROS_PER_SECOND).padStart(6, '0')}`;
}
