/**
 * Compares what a server answers with what was tallied: by value, since servers spell one value in several ways (a driver or
 * gateway in between, too).
 */

/** Digits and the power of ten they are multiplied by, without zeros at their end. */
interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** `-12.50`, `.5`, `1E+2`; undefined when the text is no number. */
function decimalOf(text: string): Decimal | undefined {
  const [, sign, whole, fraction = '', power = '0'] = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?\s*$/.exec(text) ?? [];
  if (whole === undefined || whole + fraction === '') return undefined;
  const digits = (whole + fraction).replace(/0+$/, '');
  if (/^0*$/.test(digits)) return { digits: 0n, exponent: 0 };
  const exponent = Number(power) - fraction.length + (whole + fraction).length - digits.length;
  return { digits: sign === '-' ? -BigInt(digits) : BigInt(digits), exponent };
}

/** The number in units of 10^-scale; undefined when it is none, or has digits behind them. */
function inUnits(text: string, scale: number): bigint | undefined {
  const decimal = decimalOf(text);
  const power = decimal === undefined ? -1 : decimal.exponent + scale;
  return power < 0 ? undefined : decimal!.digits * 10n ** BigInt(power);
}

/** A whole number however it is spelled; undefined when the value is none. */
export function wholeNumber(value: unknown): bigint | undefined {
  return inUnits(String(value), 0);
}

/** Two texts that are no numbers are compared as they are. */
export function isSameNumber(one: unknown, other: unknown): boolean {
  const [a, b] = [decimalOf(String(one)), decimalOf(String(other))];
  return a && b ? a.digits === b.digits && a.exponent === b.exponent : String(one) === String(other);
}

/** Whether the difference is a multiple of 10^power, counted in units of 10^-scale. */
export function isCongruent(one: unknown, other: unknown, scale: number, power: number): boolean {
  const [a, b] = [inUnits(String(one), scale), inUnits(String(other), scale)];
  return a !== undefined && b !== undefined && (a - b) % 10n ** BigInt(power) === 0n;
}

const TIME = /^\s*(?:(\d{4})-(\d\d)-(\d\d))?(?:[T ]*(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?\s*(?:(Z)|([+-])(\d\d):?(\d\d))?\s*$/i;

/** Dates, times of day and both, with or without an offset: `2024-02-29 12:00:00.50 +00:00` is `2024-02-29T12:00:00.5Z`. */
export function isSameTime(one: unknown, other: unknown): boolean {
  const [a, b] = [instantOf(String(one)), instantOf(String(other))];
  return a !== undefined && b !== undefined ? a === b : String(one) === String(other);
}

/** Minutes in UTC, seconds, their fraction, and whether there are date and offset: equal for equal times. */
function instantOf(text: string): string | undefined {
  const [found, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', utc, sign, hours = '0', minutes = '0'] = TIME.exec(text) ?? [];
  if (!found) return undefined;
  const date = new Date(0);
  // Unlike Date.UTC this takes the years before 100 as they are.
  if (year !== undefined) date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const offset = (sign === '-' ? -1 : 1) * (60 * Number(hours) + Number(minutes));
  const total = date.getTime() / 60_000 + 60 * Number(hour) + Number(minute) - offset;
  const isZoned = utc !== undefined || sign !== undefined;
  return [total, Number(second), fraction.replace(/0+$/, ''), year !== undefined, isZoned].join(' ');
}
