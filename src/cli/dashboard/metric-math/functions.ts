import { allTimes, Series, seriesOver, slots, type TimeRange, type Value } from './series';

/** What a function may look at beside its arguments. */
export interface CallContext {
  readonly range: TimeRange;
  /** Every metric of the request (not its expressions), for METRICS(). */
  readonly metrics: ReadonlyMap<string, Series>;
}

/** A function of metric math; it gives undefined when its arguments are not of the kinds it takes. */
export type MathFunction = (args: readonly Value[], context: CallContext) => Value | undefined;

const isSeries = (value: Value): value is Series => value instanceof Series;
const isList = (value: Value): value is readonly Series[] => Array.isArray(value);

/** Of one series a number, of several a series. */
function statistic(fold: (values: number[]) => number): MathFunction {
  return ([value]) => {
    if (value === undefined || typeof value === 'string') return undefined;
    if (typeof value === 'number') return value;
    if (isSeries(value)) return value.values.length > 0 ? fold(value.values) : NaN;
    return seriesOver(allTimes(value), (time) => fold(value.map((one) => one.at(time)).filter((item) => item !== undefined)));
  };
}

/** Value by value. */
function pointwise(change: (value: number) => number): MathFunction {
  return ([value]) => {
    if (value === undefined || typeof value === 'string') return undefined;
    if (typeof value === 'number') return change(value);
    return isSeries(value) ? value.map(change) : value.map((one) => one.map(change));
  };
}

/** From one value to the next within a series. */
function stepwise(change: (series: Series) => Series): MathFunction {
  return ([value]) => {
    if (value === undefined || typeof value === 'string' || typeof value === 'number') return undefined;
    return isSeries(value) ? change(value) : value.map(change);
  };
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const average = (values: number[]) => sum(values) / values.length;

function difference(series: Series, scale: (seconds: number) => number): Series {
  const times = series.times;
  return seriesOver(times.slice(1), (time) => {
    const before = times[times.indexOf(time) - 1];
    return (series.at(time)! - series.at(before)!) / scale(time - before);
  });
}

function runningSum(series: Series): Series {
  let total = 0;
  return series.map((value) => (total += value));
}

/** FILL(m, number | m2 | REPEAT | LINEAR): a value for every period of the range that has none. */
const fill: MathFunction = ([value, filler], { range }) => {
  if (value === undefined || filler === undefined || isList(filler)) return undefined;
  if (isList(value)) return value.map((one) => fillOne(one, filler, range));
  return isSeries(value) ? fillOne(value, filler, range) : undefined;
};

function fillOne(series: Series, filler: number | string | Series, range: TimeRange): Series {
  const times = series.times;
  return seriesOver(slots(range), (time) => {
    const own = series.at(time);
    if (own !== undefined) return own;
    if (typeof filler === 'number') return filler;
    if (typeof filler !== 'string') return filler.at(time);
    const before = times.filter((other) => other < time).at(-1);
    if (filler === 'REPEAT') return before === undefined ? undefined : series.at(before);
    const after = times.find((other) => other > time);
    if (before === undefined || after === undefined) return undefined;
    const share = (time - before) / (after - before);
    return series.at(before)! + share * (series.at(after)! - series.at(before)!);
  });
}

/** IF(condition, then, otherwise): by time when the condition is a series. */
const choose: MathFunction = ([condition, then, otherwise]) => {
  if (condition === undefined || then === undefined || typeof condition === 'string' || isList(condition)) return undefined;
  if (typeof condition === 'number') return condition !== 0 ? then : otherwise;
  const at = (value: Value | undefined, time: number) =>
    typeof value === 'number' ? value : value instanceof Series ? value.at(time) : undefined;
  return condition.map((flag, time) => at(flag !== 0 ? then : otherwise, time));
};

/** METRICS() or METRICS('text in the id'). */
const metrics: MathFunction = ([part], context) => {
  const wanted = typeof part === 'string' ? part : '';
  return [...context.metrics].filter(([id]) => id.includes(wanted)).map(([, series]) => series);
};

/** The functions, by name in capitals (CloudWatch, "Functions supported for metric math"). */
export const FUNCTIONS: { readonly [name: string]: MathFunction } = {
  ABS: pointwise(Math.abs),
  CEIL: pointwise(Math.ceil),
  FLOOR: pointwise(Math.floor),
  LOG: pointwise(Math.log),
  LOG10: pointwise(Math.log10),
  SUM: statistic(sum),
  AVG: statistic(average),
  MIN: statistic((values) => Math.min(...values)),
  MAX: statistic((values) => Math.max(...values)),
  STDDEV: statistic((values) => Math.sqrt(average(values.map((value) => (value - average(values)) ** 2)))),
  FIRST: stepwiseNumber((values) => values[0]),
  LAST: stepwiseNumber((values) => values[values.length - 1]),
  DATAPOINT_COUNT: ([value]) => (value instanceof Series ? value.values.length : undefined),
  METRIC_COUNT: ([value]) => (value !== undefined && isList(value) ? value.length : 1),
  DIFF: stepwise((series) => difference(series, () => 1)),
  RATE: stepwise((series) => difference(series, (seconds) => seconds)),
  RUNNING_SUM: stepwise(runningSum),
  REMOVE_EMPTY: ([value]) => (value !== undefined && isList(value) ? value.filter((one) => one.values.length > 0) : value),
  PERIOD: (_args, { range }) => range.period,
  TIME_SERIES: ([value], { range }) => (typeof value === 'number' ? seriesOver(slots(range), () => value) : undefined),
  FILL: fill,
  IF: choose,
  METRICS: metrics,
};

function stepwiseNumber(pick: (values: number[]) => number | undefined): MathFunction {
  return ([value]) => (value instanceof Series ? pick(value.values) ?? NaN : undefined);
}
