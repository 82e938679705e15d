import { civilOf, civilOfDays, daysInMonth, daysOf, ticksOf } from './calendar';
import { MONTH_NAMES } from './date-text';
import { SqlError } from '../sql/errors';
import { TICKS_PER_DAY, TICKS_PER_SECOND } from '../sql/types';

const DAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const TICKS: Record<string, bigint> = {
  week: BigInt(TICKS_PER_DAY) * 7n,
  day: BigInt(TICKS_PER_DAY),
  dayofyear: BigInt(TICKS_PER_DAY),
  weekday: BigInt(TICKS_PER_DAY),
  hour: BigInt(TICKS_PER_SECOND) * 3600n,
  minute: BigInt(TICKS_PER_SECOND) * 60n,
  second: BigInt(TICKS_PER_SECOND),
  millisecond: 10_000n,
  microsecond: 10n,
};
const MONTHS: Record<string, number> = { year: 12, quarter: 3, month: 1 };
const LAST_TICK = 3155378975999999999n;

/** 0 is Sunday; 0001-01-01 was a Monday. */
const weekday = (days: number) => (days + 1) % 7;

export function datePart(unit: string, ticks: bigint): number {
  const time = civilOf(ticks);
  const days = Number(ticks / BigInt(TICKS_PER_DAY));
  const dayOfYear = days - daysOf(time.year, 1, 1) + 1;
  switch (unit) {
    case 'quarter': return Math.ceil(time.month / 3);
    case 'dayofyear': return dayOfYear;
    case 'week': return Math.floor((dayOfYear - 1 + weekday(daysOf(time.year, 1, 1))) / 7) + 1;
    case 'iso_week': {
      const thursday = days - ((days % 7) - 3);
      return Math.floor((thursday - daysOf(civilOfDays(thursday).year, 1, 1)) / 7) + 1;
    }
    case 'weekday': return weekday(days) + 1;
    case 'millisecond': return Math.floor(time.fraction / 10_000);
    case 'microsecond': return Math.floor(time.fraction / 10);
    case 'nanosecond': return time.fraction * 100;
    default: return time[unit as 'year'];
  }
}

export function dateName(unit: string, ticks: bigint): string {
  switch (unit) {
    case 'month': return MONTH_NAMES[civilOf(ticks).month - 1];
    case 'weekday': return DAY_NAMES[weekday(Number(ticks / BigInt(TICKS_PER_DAY)))];
    default: return String(datePart(unit, ticks));
  }
}

/** Boundaries of the unit crossed between the two. */
export function dateDifference(unit: string, from: bigint, to: bigint): bigint {
  if (MONTHS[unit]) {
    const index = (ticks: bigint) => {
      const { year, month } = civilOf(ticks);
      return Math.floor((year * 12 + month - 1) / MONTHS[unit]);
    };
    return BigInt(index(to) - index(from));
  }
  if (unit === 'nanosecond') {
    return (to - from) * 100n;
  }
  // Weeks begin on Sunday whatever DATEFIRST says.
  const shift = unit === 'week' ? BigInt(TICKS_PER_DAY) : 0n;
  return (to + shift) / TICKS[unit] - (from + shift) / TICKS[unit];
}

export function dateAddition(unit: string, count: bigint, ticks: bigint): bigint {
  let sum: bigint;
  if (MONTHS[unit]) {
    const time = civilOf(ticks);
    const index = time.year * 12 + time.month - 1 + Number(count) * MONTHS[unit];
    const year = Math.floor(index / 12);
    const month = (index % 12) + 1;
    if (year < 1 || year > 9999) {
      throw overflow();
    }
    sum = ticksOf({ ...time, year, month, day: Math.min(time.day, daysInMonth(year, month)) });
  } else {
    sum = unit === 'nanosecond' ? ticks + count / 100n : ticks + count * TICKS[unit];
  }
  if (sum < 0n || sum > LAST_TICK) {
    throw overflow();
  }
  return sum;
}

function overflow(): SqlError {
  return new SqlError(517, "Adding a value to a 'datetime2' column caused an overflow.");
}
