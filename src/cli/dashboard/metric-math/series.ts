/** Values by time: seconds since 1970 at the start of each period, ascending in {@link times}. */
export class Series {
  public static of(times: readonly number[], values: readonly number[]): Series {
    return new Series(new Map(times.map((time, index) => [time, values[index]])));
  }

  public constructor(private readonly points: ReadonlyMap<number, number>) {}

  public get times(): number[] {
    return [...this.points.keys()].sort((a, b) => a - b);
  }

  public get values(): number[] {
    return this.times.map((time) => this.points.get(time)!);
  }

  public at(time: number): number | undefined {
    return this.points.get(time);
  }

  /** The value of each time after `change`; a time drops out where that is undefined or not finite. */
  public map(change: (value: number, time: number) => number | undefined): Series {
    return seriesOver(this.times, (time) => change(this.points.get(time)!, time));
  }
}

/** A series over the given times, without those that have no finite value. */
export function seriesOver(times: Iterable<number>, valueAt: (time: number) => number | undefined): Series {
  const points = new Map<number, number>();
  for (const time of times) {
    const value = valueAt(time);
    if (value !== undefined && Number.isFinite(value)) points.set(time, value);
  }
  return new Series(points);
}

/** What an expression gives. */
export type Value = number | string | Series | readonly Series[];

/** The times and the step of what is asked. */
export interface TimeRange {
  /** Seconds since 1970, inclusive. */
  readonly start: number;
  /** Seconds since 1970, exclusive. */
  readonly end: number;
  /** Seconds. */
  readonly period: number;
}

/** Start of every period in a range. */
export function slots({ start, end, period }: TimeRange): number[] {
  const first = Math.floor(start / period) * period;
  const times: number[] = [];
  for (let time = first; time < end; time += period) times.push(time);
  return times;
}

/** All times of any of the series, ascending. */
export function allTimes(series: readonly Series[]): number[] {
  return [...new Set(series.flatMap((one) => one.times))].sort((a, b) => a - b);
}
