import { TICKS_PER_DAY, TICKS_PER_SECOND } from '../sql/types';

/** A point of the proleptic Gregorian calendar, as SQL Server's date types have it. */
export interface CivilTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** 100 ns. */
  fraction: number;
}

const DAYS_IN_400_YEARS = 146097;

/** Days since 0001-01-01. */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * DAYS_IN_400_YEARS + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 306;
}

export function civilOfDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 306;
  const era = Math.floor(shifted / DAYS_IN_400_YEARS);
  const dayOfEra = shifted - era * DAYS_IN_400_YEARS;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9);
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 };
}

export function daysInMonth(year: number, month: number): number {
  return month === 12 ? 31 : daysOf(year, month + 1, 1) - daysOf(year, month, 1);
}

/** Ticks since 0001-01-01. */
export function ticksOf(time: CivilTime): bigint {
  const ofDay = ((time.hour * 60 + time.minute) * 60 + time.second) * TICKS_PER_SECOND + time.fraction;
  return BigInt(daysOf(time.year, time.month, time.day)) * BigInt(TICKS_PER_DAY) + BigInt(ofDay);
}

export function civilOf(ticks: bigint): CivilTime {
  const days = Number(ticks / BigInt(TICKS_PER_DAY));
  const ofDay = Number(ticks % BigInt(TICKS_PER_DAY));
  const seconds = Math.floor(ofDay / TICKS_PER_SECOND);
  return {
    ...civilOfDays(days),
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    fraction: ofDay % TICKS_PER_SECOND,
  };
}

export function isValidDate(year: number, month: number, day: number): boolean {
  return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}
