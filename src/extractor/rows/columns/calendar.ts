import { timeBytes } from '../tds/framing';
import { int16, int32, uint16, uint24, uint24to40, uint32 } from '../tds/little-endian';
import { badLength, ValueError } from '../tds/value-error';

/**
 * Dates and times on the wire (MS-TDS 2.2.5.5.1.8), checked against the range of their type.
 * All arithmetic is on whole numbers; days count from 1970-01-01.
 */

/** Days from 0001-01-01 to 1970-01-01. */
const EPOCH_FROM_YEAR_1 = 719162;
/** Days from 1900-01-01 to 1970-01-01. */
const EPOCH_FROM_1900 = 25567;
export const FIRST_DAY = -EPOCH_FROM_YEAR_1;
/** 9999-12-31. */
export const LAST_DAY = 2932896;
/** 1753-01-01. */
const DATETIME_FIRST_DAY = -79257;
const SECONDS = 86400;
export const POWERS_OF_TEN = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7];

export function readDate(v: DataView, p: number): number {
  const day = uint24(v, p) - EPOCH_FROM_YEAR_1;
  if (day > LAST_DAY) throw new ValueError('a date after 9999-12-31');
  return day;
}

/** Time of day in units of 10^-scale seconds; a whole day is let through only where `allowWholeDay`. */
export function readTime(v: DataView, p: number, scale: number, allowWholeDay: boolean): number {
  const ticks = uint24to40(v, p, timeBytes(scale));
  const day = SECONDS * POWERS_OF_TEN[scale];
  if (ticks > day || (ticks === day && !allowWholeDay)) throw new ValueError('a time of day of 24 hours or more');
  return ticks;
}

/** @throws WireError when a value of date, time, datetime2 or datetimeoffset has a length other than its type's */
export function checkLength(n: number, expected: number): void {
  if (n !== expected) badLength(n);
}

/** Days of a datetime. */
export function readDatetimeDay(v: DataView, p: number): number {
  const day = int32(v, p) - EPOCH_FROM_1900;
  if (day < DATETIME_FIRST_DAY || day > LAST_DAY) throw new ValueError('a datetime outside the years 1753 to 9999');
  return day;
}

/** Milliseconds of a datetime, rounded from 1/300 s as SQL Server shows them. */
export function readDatetimeMillis(v: DataView, p: number): number {
  const ticks = uint32(v, p + 4);
  if (ticks >= SECONDS * 300) throw new ValueError('a time of day of 24 hours or more');
  return Math.floor((ticks * 10 + 1) / 3);
}

export function readSmalldatetimeDay(v: DataView, p: number): number {
  return uint16(v, p) - EPOCH_FROM_1900;
}

export function readSmalldatetimeMinutes(v: DataView, p: number): number {
  const minutes = uint16(v, p + 2);
  if (minutes >= 1440) throw new ValueError('a time of day of 24 hours or more');
  return minutes;
}

/** Offset from UTC in minutes. */
export function readOffset(v: DataView, p: number): number {
  const minutes = int16(v, p);
  if (minutes < -840 || minutes > 840) throw new ValueError(`an offset from UTC of ${minutes} minutes, allowed are -840 to 840`);
  return minutes;
}

/** Offset in minutes of a datetimeoffset at `p`. @throws ValueError also when its local time is outside the years 1 to 9999 */
export function readLocalOffset(v: DataView, p: number, scale: number): number {
  const size = timeBytes(scale);
  const offset = readOffset(v, p + size + 3);
  const day = readDate(v, p + size);
  if (day === FIRST_DAY || day === LAST_DAY) {
    const seconds = readTime(v, p, scale, false) / POWERS_OF_TEN[scale] + 60 * offset;
    if (day === FIRST_DAY ? seconds < 0 : seconds >= SECONDS) throw new ValueError('a local time outside the years 1 to 9999');
  }
  return offset;
}
