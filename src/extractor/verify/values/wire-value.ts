import { timeBytes } from '../../rows/tds/framing';

/** Values as SQL Server has them on the wire (MS-TDS 2.2.5.5), made from what they are. */

const DAYS_TO_1900 = 25567;
const DAYS_TO_0001 = 719162;
const MINUTES_PER_DAY = 1440n;

/** Bytes of a decimal's magnitude, by its digits (MS-TDS 2.2.5.5.1.6). */
export function decimalBytes(precision: number): number {
  return precision <= 9 ? 4 : precision <= 19 ? 8 : precision <= 28 ? 12 : 16;
}

/** Bytes of a decimal's magnitude where the server announced the most, whatever the digits. */
export const WIDE_DECIMAL_BYTES = 16;

/** Whether a whole number has a place in `size` bytes of two's complement. */
export function fits(value: bigint, size: number): boolean {
  return BigInt.asIntN(8 * size, value) === value;
}

/** Two's complement, least byte first. */
export function integer(value: bigint, size: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt.asIntN(64, value));
  return bytes.subarray(0, size);
}

/** Sign and magnitude, at the length of the precision. @param size of the magnitude, where it has another */
export function decimal(unscaled: bigint, precision: number, size = decimalBytes(precision)): Buffer {
  const magnitude = unscaled < 0n ? -unscaled : unscaled;
  const bytes = Buffer.alloc(17);
  bytes[0] = unscaled < 0n ? 0 : 1;
  bytes.writeBigUInt64LE(BigInt.asUintN(64, magnitude), 1);
  bytes.writeBigUInt64LE(magnitude >> 64n, 9);
  return bytes.subarray(0, 1 + size);
}

/** Of money the upper half comes first. */
export function money(unscaled: bigint): Buffer {
  return Buffer.concat([integer(unscaled >> 32n, 4), integer(unscaled, 4)]);
}

export function float(value: number, size: 4 | 8): Buffer {
  const bytes = Buffer.alloc(size);
  if (size === 4) bytes.writeFloatLE(value);
  else bytes.writeDoubleLE(value);
  return bytes;
}

/** @param day since 1970-01-01 */
export function date(day: number): Buffer {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntLE(day + DAYS_TO_0001, 0, 3);
  return bytes;
}

/** @param ticks of 10^-scale seconds */
export function time(ticks: bigint, scale: number): Buffer {
  return integer(ticks, timeBytes(scale));
}

export function datetime2(day: number, ticks: bigint, scale: number): Buffer {
  return Buffer.concat([time(ticks, scale), date(day)]);
}

/** @param day and `ticks` in UTC @param offset in minutes */
export function datetimeoffset(day: number, ticks: bigint, offset: number, scale: number): Buffer {
  return Buffer.concat([time(ticks, scale), date(day), integer(BigInt(offset), 2)]);
}

/** Moves a local time to UTC. */
export function toUtc(day: number, ticks: bigint, offset: number, scale: number): { readonly day: number; readonly ticks: bigint } {
  const perMinute = 60n * 10n ** BigInt(scale);
  const perDay = MINUTES_PER_DAY * perMinute;
  const total = BigInt(day) * perDay + ticks - BigInt(offset) * perMinute;
  const rest = (total % perDay + perDay) % perDay;
  return { day: Number((total - rest) / perDay), ticks: rest };
}

/** Days since 1900 and three-hundredths of a second. @param thousandths of a second of the day, or of `unit` more exactly */
export function datetime(day: number, ofDay: number, unit: 1_000 | 1_000_000): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(day + DAYS_TO_1900, 0);
  bytes.writeUInt32LE(Math.round(ofDay * 300 / unit), 4);
  return bytes;
}

/** Days since 1900 and minutes. */
export function smalldatetime(day: number, minutes: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(day + DAYS_TO_1900, 0);
  bytes.writeUInt16LE(minutes, 2);
  return bytes;
}

/** The first three groups of the text are numbers, least byte first. @param hex 32 digits */
export function uniqueidentifier(hex: string): Buffer {
  const bytes = Buffer.from(hex, 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
