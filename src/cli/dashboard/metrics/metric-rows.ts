import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';

/** How a metric is drawn (CloudWatch, "Metric widget: format for each metric in the array"). */
export interface RenderingOptions {
  readonly id?: string;
  readonly label?: string;
  readonly expression?: string;
  readonly stat?: string;
  readonly period?: number;
  readonly color?: string;
  readonly yAxis?: 'left' | 'right';
  readonly visible?: boolean;
}

/** A query and how its result is drawn. */
export interface MetricRow {
  readonly query: MetricDataQuery;
  readonly options: RenderingOptions;
}

/** Defaults of the widget. */
export interface RowDefaults {
  readonly stat: string;
  readonly period: number;
  /** Period of every row, whatever it says itself. */
  readonly forcedPeriod?: number;
}

/**
 * Expands the rows of a metric widget: `[namespace, name, dimension, value, ..., options]`, where `.` repeats the cell
 * above, `...` all cells up to those that follow it, and `[options]` alone with an expression is metric math.
 */
export function expandMetricRows(rows: readonly unknown[], defaults: RowDefaults): MetricRow[] {
  let above: string[] = [];
  return rows.map((row, index) => {
    const cells = Array.isArray(row) ? [...row] : [];
    const last: unknown = cells.at(-1);
    const options = typeof last === 'object' && last !== null ? cells.pop() as RenderingOptions : {};
    const id = options.id ?? `row${index}`;
    const period = defaults.forcedPeriod ?? options.period ?? defaults.period;
    const shared = { Id: id, Label: options.label, ReturnData: options.visible ?? true };
    if (options.expression !== undefined) {
      return { options, query: { ...shared, Expression: options.expression, Period: period } };
    }
    above = repeat(cells.map(String), above);
    const [Namespace, MetricName, ...pairs] = above;
    const Dimensions = pairs.flatMap((Name, at) => (at % 2 === 0 ? [{ Name, Value: pairs[at + 1] }] : []));
    return {
      options,
      query: {
        ...shared,
        MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: period, Stat: options.stat ?? defaults.stat },
      },
    };
  });
}

function repeat(cells: readonly string[], above: readonly string[]): string[] {
  const ellipsis = cells.indexOf('...');
  const full = ellipsis < 0 ? [...cells] : [
    ...cells.slice(0, ellipsis),
    ...above.slice(ellipsis, above.length - (cells.length - ellipsis - 1)),
    ...cells.slice(ellipsis + 1),
  ];
  return full.map((cell, at) => (cell === '.' ? above[at] ?? '' : cell));
}
