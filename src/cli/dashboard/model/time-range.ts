/** Seconds since 1970; the end is exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

const DURATION = /^-?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const THREE_HOURS = 3 * 3600;
/** GetMetricData gives up to 100,800 points a request; a plot needs no more than this. */
const MAX_POINTS = 1440;

/** Seconds of an ISO 8601 duration such as `PT3H` or `-P1D`; undefined for anything else. */
export function durationSeconds(text: string | undefined): number | undefined {
  const match = DURATION.exec(text ?? '');
  if (!match) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return days * 86400 + hours * 3600 + minutes * 60 + seconds;
}

/** The range a body asks for, or the one `override` gives (seconds up to now); three hours where nobody says. */
export function rangeOf(body: { readonly start?: string; readonly end?: string }, now: Date, override?: number): Range {
  const end = Math.ceil(now.getTime() / 1000);
  if (override !== undefined) return { start: end - override, end };
  const duration = durationSeconds(body.start);
  if (duration !== undefined) return { start: end - duration, end };
  const start = Date.parse(body.start ?? '');
  if (Number.isNaN(start)) return { start: end - THREE_HOURS, end };
  const stop = Date.parse(body.end ?? '');
  return { start: Math.floor(start / 1000), end: Number.isNaN(stop) ? end : Math.ceil(stop / 1000) };
}

/** The period asked for, made longer when the range would have too many points. */
export function fittingPeriod(period: number, { start, end }: Range): number {
  const least = (end - start) / MAX_POINTS;
  return least <= period ? period : Math.ceil(least / 60) * 60;
}
