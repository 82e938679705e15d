import { MINUS, put2, put4, putPadded } from './digits';
import * as calendar from '../columns/calendar';
import { timeBytes } from '../tds/framing';

/** ISO 8601 text of dates and times with all digits of the scale; arguments as in number-text. */

const COLON = 0x3a;
const PLUS = 0x2b;
const POINT = 0x2e;
const T = 0x54;

export function dateText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  calendar.checkLength(n, 3);
  return putDay(out, o, calendar.readDate(v, p));
}

/** A whole day, which the type does not have but other servers send, is written as 24:00:00. */
export function timeText(v: DataView, p: number, n: number, out: Uint8Array, o: number, scale: number): number {
  calendar.checkLength(n, timeBytes(scale));
  return putTime(out, o, calendar.readTime(v, p, scale, true), scale);
}

export function datetime2Text(v: DataView, p: number, n: number, out: Uint8Array, o: number, scale: number): number {
  const size = timeBytes(scale);
  calendar.checkLength(n, size + 3);
  const ticks = calendar.readTime(v, p, scale, false);
  o = putDay(out, o, calendar.readDate(v, p + size));
  out[o] = T;
  return putTime(out, o + 1, ticks, scale);
}

/** The wire has UTC and the offset; the text is local time and the offset. */
export function datetimeoffsetText(v: DataView, p: number, n: number, out: Uint8Array, o: number, scale: number): number {
  const size = timeBytes(scale);
  calendar.checkLength(n, size + 5);
  const offset = calendar.readLocalOffset(v, p, scale);
  const unit = calendar.POWERS_OF_TEN[scale];
  let ticks = calendar.readTime(v, p, scale, false) + offset * 60 * unit;
  let day = calendar.readDate(v, p + size);
  if (ticks < 0) {
    ticks += 86400 * unit;
    day -= 1;
  } else if (ticks >= 86400 * unit) {
    ticks -= 86400 * unit;
    day += 1;
  }
  o = putDay(out, o, day);
  out[o] = T;
  o = putTime(out, o + 1, ticks, scale);
  out[o] = offset < 0 ? MINUS : PLUS;
  const minutes = Math.abs(offset);
  o = put2(out, o + 1, (minutes / 60) | 0);
  out[o] = COLON;
  return put2(out, o + 1, minutes % 60);
}

export function datetimeText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  calendar.checkLength(n, 8);
  const millis = calendar.readDatetimeMillis(v, p);
  o = putDay(out, o, calendar.readDatetimeDay(v, p));
  out[o] = T;
  return putTime(out, o + 1, millis, 3);
}

export function smalldatetimeText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  calendar.checkLength(n, 4);
  const minutes = calendar.readSmalldatetimeMinutes(v, p);
  o = putDay(out, o, calendar.readSmalldatetimeDay(v, p));
  out[o] = T;
  return putTime(out, o + 1, minutes * 60, 0);
}

let lastDay = NaN;
const lastDayText = new Uint8Array(10);

/** YYYY-MM-DD; neighbouring rows often share the day, so the last one is kept. */
function putDay(out: Uint8Array, o: number, day: number): number {
  if (day !== lastDay) {
    writeDay(day);
    lastDay = day;
  }
  for (let i = 0; i < 10; i++) out[o + i] = lastDayText[i];
  return o + 10;
}

/** Proleptic Gregorian calendar; years are counted from March so that the leap day is the last one. */
function writeDay(day: number): void {
  const shifted = day + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36524) | 0) - ((dayOfEra / 146096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
  const march = ((5 * dayOfYear + 2) / 153) | 0;
  const month = march < 10 ? march + 3 : march - 9;
  put4(lastDayText, 0, era * 400 + yearOfEra + (month <= 2 ? 1 : 0));
  lastDayText[4] = MINUS;
  put2(lastDayText, 5, month);
  lastDayText[7] = MINUS;
  put2(lastDayText, 8, dayOfYear - (((153 * march + 2) / 5) | 0) + 1);
}

/** HH:MM:SS and, where the scale is not 0, a point and its digits. */
function putTime(out: Uint8Array, o: number, ticks: number, scale: number): number {
  const unit = calendar.POWERS_OF_TEN[scale];
  const seconds = Math.floor(ticks / unit);
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  put2(out, o, hours);
  out[o + 2] = COLON;
  put2(out, o + 3, minutes - hours * 60);
  out[o + 5] = COLON;
  put2(out, o + 6, seconds - minutes * 60);
  if (scale === 0) return o + 8;
  out[o + 8] = POINT;
  return putPadded(out, o + 9, ticks - seconds * unit, scale);
}
