import { civilOf, CivilTime, isValidDate, ticksOf } from './calendar';
import { SqlError } from '../sql/errors';

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
export const MONTH_NAMES: readonly string[] = MONTHS;

const two = (value: number) => String(value).padStart(2, '0');
const four = (value: number) => String(value).padStart(4, '0');

/** What kind of value the text is for; only those with a time print one. */
export interface DateTextShape {
  readonly name: string;
  readonly scale: number;
}

/** Text of a date or time by CONVERT's styles; 0 means the type's own default. */
export function formatTicks(ticks: bigint, { name, scale }: DateTextShape, style: number): string {
  const time = civilOf(ticks);
  const date = `${four(time.year)}-${two(time.month)}-${two(time.day)}`;
  const legacy = name === 'datetime' || name === 'smalldatetime';
  const digits = name === 'datetime' ? 3 : name === 'smalldatetime' ? 0 : scale;
  const fraction = digits > 0 ? '.' + String(Math.floor(name === 'datetime' ? Math.round(time.fraction / 10000) : time.fraction / 10 ** (7 - digits))).padStart(digits, '0') : '';
  const clock = `${two(time.hour)}:${two(time.minute)}:${two(time.second)}`;
  const hour12 = time.hour % 12 || 12;
  const half = time.hour < 12 ? 'AM' : 'PM';
  const long = `${MONTHS[time.month - 1].slice(0, 3)} ${String(time.day).padStart(2, ' ')} ${four(time.year)}`;
  const day = two(time.day);
  const month = two(time.month);
  const year = four(time.year);
  const hasTime = name !== 'date';
  const hasDate = name !== 'time';
  if (!hasDate) {
    return style === 0 || style === 100 ? (scale === 0 && style === 100 ? `${hour12}:${two(time.minute)}${half}` : clock + fraction) : clock + fraction;
  }
  switch (style) {
    case 0:
      return legacy ? `${long} ${String(hour12).padStart(2, ' ')}:${two(time.minute)}${half}` : hasTime ? `${date} ${clock}${fraction}` : date;
    case 100: return `${long} ${String(hour12).padStart(2, ' ')}:${two(time.minute)}${half}`;
    case 1: return `${month}/${day}/${year.slice(2)}`;
    case 101: return `${month}/${day}/${year}`;
    case 102: return `${year}.${month}.${day}`;
    case 103: return `${day}/${month}/${year}`;
    case 104: return `${day}.${month}.${year}`;
    case 105: return `${day}-${month}-${year}`;
    case 106: return `${day} ${MONTHS[time.month - 1].slice(0, 3)} ${year}`;
    case 107: return `${MONTHS[time.month - 1].slice(0, 3)} ${day}, ${year}`;
    case 8:
    case 24:
    case 108: return clock;
    case 110: return `${month}-${day}-${year}`;
    case 111: return `${year}/${month}/${day}`;
    case 12: return `${year.slice(2)}${month}${day}`;
    case 112: return `${year}${month}${day}`;
    case 14:
    case 114: return clock + fraction.replace('.', ':');
    case 20:
    case 120: return hasTime ? `${date} ${clock}` : date;
    case 23: return date;
    case 126:
    case 127:
      // ISO 8601 leaves out a zero fraction of datetime.
      return hasTime ? `${date}T${clock}${name === 'datetime' && time.fraction === 0 ? '' : fraction}` : date;
    case 21:
    case 25:
    case 121: return hasTime ? `${date} ${clock}${fraction}` : date;
    default: throw new SqlError(281, `${style} is not a valid style number when converting from ${name} to a character string.`);
  }
}

const DATE_FORMS: Array<[RegExp, (match: string[], style: number) => [number, number, number]]> = [
  [/^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})/, ([, y, m, d]) => [Number(y), Number(m), Number(d)]],
  [/^(\d{4})(\d{2})(\d{2})(?!\d)/, ([, y, m, d]) => [Number(y), Number(m), Number(d)]],
  [/^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})/, ([, a, b, y], style) => ([103, 104, 105].includes(style) ? [Number(y), Number(b), Number(a)] : [Number(y), Number(a), Number(b)])],
  [/^([a-z]{3,9})\.? +(\d{1,2}),? +(\d{4})/i, ([, m, d, y]) => [Number(y), monthNumber(m), Number(d)]],
  [/^(\d{1,2}) +([a-z]{3,9})\.?,? +(\d{4})/i, ([, d, m, y]) => [Number(y), monthNumber(m), Number(d)]],
];

function monthNumber(name: string): number {
  return MONTHS.findIndex((month) => month.slice(0, 3).toLowerCase() === name.slice(0, 3).toLowerCase()) + 1;
}

/** What was read: local ticks and, when the text has one, the offset in minutes. */
export interface ParsedDate {
  readonly ticks: bigint;
  readonly offset: number | undefined;
}

/** Reads the formats SQL Server takes under language us_english; throws 241 for anything else. */
export function parseTicks(text: string, style: number, wanted: string): ParsedDate {
  const failed = () => new SqlError(241, 'Conversion failed when converting date and/or time from character string.');
  let rest = text.trim();
  const time: CivilTime = { year: 1900, month: 1, day: 1, hour: 0, minute: 0, second: 0, fraction: 0 };
  for (const [form, read] of DATE_FORMS) {
    const match = form.exec(rest);
    if (match) {
      [time.year, time.month, time.day] = read(match, style);
      rest = rest.slice(match[0].length).replace(/^(T|\s+)/, '');
      break;
    }
  }
  let offset: number | undefined;
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.:](\d{1,9}))?)?\s*(AM|PM)?/i.exec(rest);
  if (clock) {
    time.hour = Number(clock[1]);
    time.minute = Number(clock[2]);
    time.second = Number(clock[3] ?? 0);
    time.fraction = Math.round(Number(`0.${clock[4] ?? 0}`) * 1e7);
    if (clock[5]) {
      time.hour = (time.hour % 12) + (clock[5].toUpperCase() === 'PM' ? 12 : 0);
    }
    rest = rest.slice(clock[0].length).trim();
    const zone = /^(Z|[+-]\d{2}:?\d{2})$/i.exec(rest);
    if (zone) {
      offset = zoneMinutes(zone[1]);
      rest = '';
    }
  }
  if (rest !== '' || !isValidDate(time.year, time.month, time.day) || time.hour > 23 || time.minute > 59 || time.second > 59) {
    throw rest === '' ? new SqlError(242, `The conversion of a varchar data type to a ${wanted} data type resulted in an out-of-range value.`, { state: 3 }) : failed();
  }
  return { ticks: ticksOf(time), offset };
}

export function zoneMinutes(zone: string): number {
  if (/^z$/i.test(zone)) {
    return 0;
  }
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone.trim()) ?? [];
  if (sign === undefined) {
    throw new SqlError(9812, 'The timezone provided to builtin function todatetimeoffset is invalid.');
  }
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

export function zoneText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
