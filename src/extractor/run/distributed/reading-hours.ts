import { WINDOW_DAYS, type ReadingWindow } from '../../../contract';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;

/** A window of one day a week may miss one where the clock is put forward over it. */
const LONGEST_WAIT_MS = 15 * DAY_MINUTES * MINUTE_MS;

/**
 * When a {@link ReadingWindow} is open. It follows the clock on the wall: an hour that is skipped in spring is no hour of it, one that
 * comes twice in autumn is so twice. What begins before midnight is of the day it begins on.
 */
export class ReadingHours {
  private readonly format: Intl.DateTimeFormat;
  /** Minutes of the day. */
  private readonly from: number;
  private readonly to: number;
  private readonly days: ReadonlySet<number>;

  public constructor(window: ReadingWindow) {
    this.format = new Intl.DateTimeFormat('en-US', { timeZone: window.timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    [this.from, this.to] = [minuteOf(window.from), minuteOf(window.to)];
    const days: readonly string[] = WINDOW_DAYS;
    this.days = new Set((window.days ?? days).map((day) => days.indexOf(day)));
  }

  /** @param time milliseconds since 1970 */
  public isOpen(time: number): boolean {
    const { day, minute } = this.wall(time);
    if (this.from < this.to) return minute >= this.from && minute < this.to && this.days.has(day);
    if (minute >= this.from) return this.days.has(day);
    return minute < this.to && this.days.has((day + 6) % 7);
  }

  /** The first whole minute from a time on at which it is open; the time itself where it is so already. */
  public nextOpen(time: number): number {
    if (this.isOpen(time)) return time;
    const first = Math.ceil(time / MINUTE_MS) * MINUTE_MS;
    // Minute by minute: no rule of any zone has to be known here.
    for (let at = first; at < first + LONGEST_WAIT_MS; at += MINUTE_MS) {
      if (this.isOpen(at)) return at;
    }
    throw new RangeError('the window does not open within 15 days');
  }

  /** Day of the week from Monday (0), and minute of the day. */
  private wall(time: number): { readonly day: number; readonly minute: number } {
    const [, weekday, hour, minute] = /^(\w{3}) (\d\d):(\d\d)$/.exec(this.format.format(time).replace(',', ''))!;
    return { day: (WINDOW_DAYS as readonly string[]).indexOf(weekday.toUpperCase()), minute: Number(hour) * 60 + Number(minute) };
  }
}

/** `24:00` is a minute that no clock shows: until then is until midnight. */
function minuteOf(time: string): number {
  const [hour, minute] = time.split(':').map(Number);
  return hour * 60 + minute;
}
