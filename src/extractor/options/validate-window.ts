import { describe, invalid, validateList } from './validate-value';

/** `to` may be the end of the day too. */
const TIMES = { from: /^([01]\d|2[0-3]):[0-5]\d$/, to: /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/ };

/**
 * Checks the hours in which may be read.
 *
 * @param window as a user wrote it
 * @param days that it may begin on
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export function validateWindow(window: unknown, days: readonly string[]): void {
  if (window === undefined) return;
  if (typeof window !== 'object' || window === null || Array.isArray(window)) throw invalid(`window must be an object of from, to, timeZone and days, got ${describe(window)}`);
  const { from, to, timeZone, days: given, ...unknown } = window as { readonly [name: string]: unknown };
  const [misspelt] = Object.keys(unknown);
  if (misspelt !== undefined) throw invalid(`window has '${misspelt}'; it may have from, to, timeZone and days`);
  if (typeof from !== 'string' || !TIMES.from.test(from)) throw invalid(`window.from must be a time from 00:00 to 23:59, got ${describe(from)}`);
  if (typeof to !== 'string' || !TIMES.to.test(to)) throw invalid(`window.to must be a time from 00:00 to 24:00, got ${describe(to)}`);
  if (from === to) throw invalid(`window.from and window.to must not be the same, got ${describe(from)}: a whole day is from 00:00 to 24:00`);
  if (!isTimeZone(timeZone)) throw invalid(`window.timeZone must be a name of the IANA database of time zones, as 'Europe/Berlin', got ${describe(timeZone)}`);
  validateDays(given, days);
}

function validateDays(given: unknown, days: readonly string[]): void {
  validateList('window.days', given, `days (${days.join(', ')})`);
  if (given === undefined) return;
  const list = given as readonly unknown[];
  if (list.length === 0) throw invalid('window.days is an empty list: leave it out to begin on each day');
  const wrong = list.find((day) => !days.includes(day as string));
  if (wrong !== undefined) throw invalid(`window.days may have ${days.join(', ')}, got ${describe(wrong)}`);
}

/** Offsets, which Intl takes too, know no summer time. */
function isTimeZone(name: unknown): boolean {
  if (typeof name !== 'string' || !/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
