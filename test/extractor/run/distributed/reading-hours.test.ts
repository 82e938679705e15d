import fc from 'fast-check';
import { WINDOW_DAYS, type ReadingWindow } from '../../../../src/contract';
import { ReadingHours } from '../../../../src/extractor/run/distributed/reading-hours';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const NIGHT: ReadingWindow = { from: '22:00', to: '05:30', timeZone: 'Europe/Berlin' };

/** What the clock on the wall shows, as if it were UTC (milliseconds). */
function wall(time: number, timeZone: string): number {
  return Date.parse(`${new Date(time).toLocaleString('sv-SE', { timeZone }).replace(' ', 'T')}Z`);
}

/** Whether a time lies in the window of one of the days around it, by dates. */
function isOpen({ from, to, timeZone, days = WINDOW_DAYS }: ReadingWindow, time: number): boolean {
  const shown = wall(time, timeZone);
  const at = (day: number, text: string) => day + Number(text.slice(0, 2)) * 60 * MINUTE + Number(text.slice(3)) * MINUTE;
  return [-1, 0].some((offset) => {
    const day = Math.floor(shown / DAY) * DAY + offset * DAY;
    const isDay = days.includes(WINDOW_DAYS[(new Date(day).getUTCDay() + 6) % 7]);
    return isDay && shown >= at(day, from) && shown < at(day, to) + (to < from ? DAY : 0);
  });
}

/** Zones with and without summer time, north and south, by half an hour, far from UTC, and one that left it out again. */
const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Africa/Cairo', 'UTC'];
const clock = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const window = fc.record({
  from: fc.integer({ min: 0, max: 1439 }).map(clock),
  to: fc.integer({ min: 0, max: 1440 }).map(clock),
  timeZone: fc.constantFrom(...ZONES),
  days: fc.option(fc.subarray([...WINDOW_DAYS], { minLength: 1 }), { nil: undefined }),
}).filter(({ from, to }) => from !== to);
const time = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2032, 0, 1) });

/** Every quarter of an hour of the two days around each change of Berlin's clock. */
const changes = [Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1)]
  .flatMap((change) => Array.from({ length: 192 }, (_, at) => change - DAY + at * 15 * MINUTE));

test('a window is open by the clock on the wall, and its days are those it begins on', () => {
  fc.assert(fc.property(window, fc.oneof(time, fc.constantFrom(...changes)), (given, at) => {
    expect(new ReadingHours(given).isOpen(at)).toBe(isOpen(given, at));
  }), { numRuns: 1000 });
});

test('the next begin is open, not before the time, and nothing between the two is open', () => {
  fc.assert(fc.property(window, fc.oneof(time, fc.constantFrom(...changes)), (given, at) => {
    const hours = new ReadingHours(given);
    const next = hours.nextOpen(at);
    expect(next).toBeGreaterThanOrEqual(at);
    expect(isOpen(given, next)).toBe(true);
    const between = Array.from({ length: 60 }, (_, step) => at + Math.floor((next - at) * step / 60));
    if (next > at) expect(between.filter((each) => isOpen(given, each))).toEqual([]);
    if (next > at) expect(isOpen(given, next - MINUTE)).toBe(false);
  }), { numRuns: 150 });
});

test('a night is an hour shorter in spring, and an hour longer in autumn', () => {
  const hours = new ReadingHours(NIGHT);
  const lengthFrom = (noon: number) => Array.from({ length: 1440 }, (_, at) => noon + at * MINUTE).filter((at) => hours.isOpen(at)).length;
  expect([Date.UTC(2026, 5, 1, 12), Date.UTC(2026, 2, 28, 12), Date.UTC(2026, 9, 24, 12)].map(lengthFrom)).toEqual([450, 390, 510]);
});

test('an hour that the clock skips is none of a window: it opens the day after', () => {
  const hours = new ReadingHours({ ...NIGHT, from: '02:15', to: '02:45' });
  const saturday = Date.parse('2026-03-28T12:00:00Z');
  expect(new Date(hours.nextOpen(saturday)).toISOString()).toBe('2026-03-30T00:15:00.000Z');
  const sundays = new ReadingHours({ ...NIGHT, from: '02:15', to: '02:45', days: ['SUN'] });
  expect(new Date(sundays.nextOpen(Date.parse('2026-03-22T12:00:00Z'))).toISOString()).toBe('2026-04-05T00:15:00.000Z');
});

test('a window that begins within the skipped hour opens at its end', () => {
  const hours = new ReadingHours({ ...NIGHT, from: '02:30', to: '05:00' });
  expect(new Date(hours.nextOpen(Date.parse('2026-03-28T12:00:00Z'))).toISOString()).toBe('2026-03-29T01:00:00.000Z');
});

test('after midnight it is the day before that counts', () => {
  const hours = new ReadingHours({ ...NIGHT, days: ['FRI'] });
  // 2026-06-05 is a Friday; Berlin is two hours ahead.
  expect(['2026-06-05T20:00Z', '2026-06-06T03:29Z', '2026-06-06T03:30Z', '2026-06-05T02:00Z', '2026-06-06T20:00Z'].map((at) => hours.isOpen(Date.parse(at))))
    .toEqual([true, true, false, false, false]);
});
