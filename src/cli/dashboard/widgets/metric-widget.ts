import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { WidgetSources } from './sources';
import { metricsOf } from '../metric-math/evaluate';
import { allTimes } from '../metric-math/series';
import type { QueryResult } from '../metrics/metric-query';
import { expandMetricRows, type MetricRow } from '../metrics/metric-rows';
import { fittingPeriod } from '../model/time-range';
import type { AxisView, LinesContent, ThresholdView, ValuesContent } from '../model/view-model';

interface MetricProperties {
  readonly metrics?: readonly unknown[];
  readonly view?: string;
  readonly stacked?: boolean;
  readonly stat?: string;
  readonly period?: number;
  readonly setPeriodToTimeRange?: boolean;
  readonly sparkline?: boolean;
  readonly yAxis?: { readonly left?: AxisProperties; readonly right?: AxisProperties };
  readonly annotations?: { readonly horizontal?: readonly unknown[]; readonly alarms?: readonly string[] };
}

interface AxisProperties {
  readonly label?: string;
  readonly min?: number;
  readonly max?: number;
  readonly showUnits?: boolean;
}

interface Annotation {
  readonly value: number;
  readonly label?: string;
  readonly color?: string;
  readonly yAxis?: 'left' | 'right';
  readonly fill?: 'above' | 'below' | 'none';
  readonly visible?: boolean;
}

/** A drawn line or value before it is sent. */
interface Drawn {
  readonly row: MetricRow;
  readonly result: QueryResult;
  readonly unit: string;
}

/** Views that show one value for each metric; every other view is drawn over time. */
const KIND_OF_VIEW: Readonly<Record<string, ValuesContent['kind']>> = {
  singleValue: 'number', gauge: 'gauge', bar: 'bars', pie: 'bars', table: 'number',
};
const DEFAULT_PERIOD = 300;
const GAUGE_MAX = 100;

/** A widget of type `metric`, whatever its view. */
export async function metricContent(
  raw: Readonly<Record<string, unknown>>, sources: WidgetSources,
): Promise<{ content: LinesContent | ValuesContent; problems: string[] }> {
  const properties = raw as MetricProperties;
  const alarmed = await sources.alarms.metricsAndThresholds(properties.annotations?.alarms ?? []);
  const rows = [
    ...expandMetricRows(properties.metrics ?? [], {
      stat: properties.stat ?? 'Average',
      period: fittingPeriod(properties.period ?? DEFAULT_PERIOD, sources.range),
      forcedPeriod: sources.period,
    }),
    ...alarmed.rows,
  ];
  const thresholds = [...(properties.annotations?.horizontal ?? []).flatMap(toThresholds), ...alarmed.thresholds];
  const view = properties.view ?? 'timeSeries';
  const period = sources.period ?? fittingPeriod(properties.period ?? DEFAULT_PERIOD, sources.range);
  const range = { ...sources.range, period };
  const queries = rows.map(({ query }) => query);
  const asValues = view in KIND_OF_VIEW;
  const whole = asValues && properties.setPeriodToTimeRange === true;
  const results = whole ? await sources.metrics.queryWhole(queries, range) : await sources.metrics.query(queries, range);
  const drawn = await Promise.all(results.map(async (result) => {
    const row = rows.find(({ query }) => query.Id === result.id)!;
    return { row, result, unit: await unitOf(row.query, queries, sources) };
  }));
  const problems = results.flatMap(({ problem }) => (problem ? [problem] : []));
  if (!asValues) return { content: lines(properties, drawn, thresholds, period), problems };
  return { content: values(properties, drawn, thresholds), problems };
}

function lines(properties: MetricProperties, drawn: readonly Drawn[], thresholds: readonly ThresholdView[], period: number): LinesContent {
  const times = allTimes(drawn.map(({ result }) => result.series));
  const axis = (side: 'left' | 'right'): AxisView => {
    const { label = '', min, max, showUnits = true } = properties.yAxis?.[side] ?? {};
    const units = new Set(drawn.filter(({ row }) => (row.options.yAxis ?? 'left') === side).map(({ unit }) => unit));
    return { label, unit: showUnits && units.size === 1 ? [...units][0] : '', min, max };
  };
  return {
    kind: properties.stacked ? 'stacked' : 'lines',
    times,
    lines: drawn.map(({ row, result, unit }) => ({
      label: filledLabel(result),
      color: row.options.color,
      axis: row.options.yAxis ?? 'left',
      unit,
      values: times.map((time) => result.series.at(time) ?? null),
    })),
    thresholds,
    axes: { left: axis('left'), ...(drawn.some(({ row }) => row.options.yAxis === 'right') ? { right: axis('right') } : {}) },
    period,
  };
}

function values(properties: MetricProperties, drawn: readonly Drawn[], thresholds: readonly ThresholdView[]): ValuesContent {
  const { min = 0, max = GAUGE_MAX, label } = properties.yAxis?.left ?? {};
  return {
    kind: KIND_OF_VIEW[properties.view!] ?? 'number',
    values: drawn.map(({ row, result, unit }) => ({
      label: filledLabel(result),
      color: row.options.color,
      unit: unit || (label ?? ''),
      value: result.series.values.at(-1) ?? null,
      history: properties.sparkline ? result.series.values : [],
    })),
    min,
    max,
    thresholds,
  };
}

/** The unit of a metric, or the one unit all metrics of an expression have; a ratio of equal units has none. */
async function unitOf(query: MetricDataQuery, queries: readonly MetricDataQuery[], sources: WidgetSources): Promise<string> {
  if (query.MetricStat) {
    if (query.MetricStat.Stat === 'SampleCount') return '';
    return sources.units.of(query.MetricStat.Metric, sources.range);
  }
  if (/[/*^]/.test(query.Expression ?? '')) return '';
  const expressions = new Map(queries.flatMap(({ Id, Expression }) => (Expression ? [[Id!, Expression]] : [])));
  try {
    const ids = metricsOf(query.Id!, expressions);
    const metrics = queries.filter(({ Id, MetricStat }) => MetricStat && ids.has(Id!));
    const units = new Set(await Promise.all(metrics.map(({ MetricStat }) => sources.units.of(MetricStat!.Metric, sources.range))));
    return units.size === 1 ? [...units][0] : '';
  } catch {
    return '';
  }
}

/** CloudWatch fills `${LAST}` and the like itself; the emulator does not. */
function filledLabel({ label, series }: QueryResult): string {
  const all = series.values;
  const known: Readonly<Record<string, () => number | undefined>> = {
    LAST: () => all.at(-1),
    FIRST: () => all[0],
    MIN: () => (all.length > 0 ? Math.min(...all) : undefined),
    MAX: () => (all.length > 0 ? Math.max(...all) : undefined),
    SUM: () => all.reduce((total, value) => total + value, 0),
    AVG: () => (all.length > 0 ? all.reduce((total, value) => total + value, 0) / all.length : undefined),
  };
  return label.replace(/\$\{(\w+)\}/g, (text, name: string) => {
    if (!(name in known)) return text;
    const value = known[name]();
    return value === undefined ? '–' : String(Number(value.toPrecision(4)));
  });
}

function toThresholds(raw: unknown): ThresholdView[] {
  // A pair of annotations is a band between two values.
  if (Array.isArray(raw)) return raw.flatMap(toThresholds);
  const { value, label = '', color, yAxis = 'left', fill, visible = true } = raw as Annotation;
  if (!visible || typeof value !== 'number') return [];
  return [{ value, label, color, axis: yAxis, fill: fill === 'none' ? undefined : fill }];
}
