import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import { LogQueryLines } from './log-queries';
import { LogCounts } from '../metrics/log-metrics';

/** Width of CloudWatch's grid. */
export const FULL = 24;

/** Height of most widgets. */
export const TALL = 6;

/** Height of what needs less. */
export const LOW = 4;

export const BYTES = { label: 'bytes', min: 0, showUnits: false };
export const COUNT = { label: 'count', min: 0, showUnits: false };
export const MILLISECONDS = { label: 'ms', min: 0, showUnits: false };
export const SECONDS = { label: 's', min: 0, showUnits: false };

/** How far apart the points of a graph are; CloudWatch takes coarser ones when the time range is long. */
export interface GraphPeriod {
  readonly period: Duration;
}

/** Of most graphs. */
export const FINE: GraphPeriod = { period: Duration.minutes(1) };

/**
 * A metric that AWS has no data of while it is zero. FILL draws the zero; whatever is not a count or a level that rests at
 * zero (a latency) must not be filled.
 */
export function orZero(metric: cloudwatch.Metric, label: string): cloudwatch.MathExpression {
  const id = metric.metricName.charAt(0).toLowerCase() + metric.metricName.slice(1);
  return new cloudwatch.MathExpression({ expression: `FILL(${id}, 0)`, usingMetrics: { [id]: metric }, label, period: metric.period });
}

/** The percentiles of a latency that are drawn. */
export function percentiles(metric: (options: cloudwatch.MetricOptions) => cloudwatch.Metric, fine: GraphPeriod = FINE): cloudwatch.Metric[] {
  return [50, 90, 99].map((p) => metric({ ...fine, statistic: cloudwatch.Stats.p(p), label: `p${p}` }));
}

/** A third of a row, of counts unless the props say otherwise. */
export function graph(title: string, props: cloudwatch.GraphWidgetProps): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({ title, leftYAxis: COUNT, width: FULL / 3, height: TALL, ...props });
}

/** A success rate over the whole time range, green from its target on; both in percent. */
export function successRateGauge(rate: cloudwatch.IMetric, target: number, width: number): cloudwatch.GaugeWidget {
  return new cloudwatch.GaugeWidget({
    title: 'Success rate (%)',
    metrics: [rate],
    leftYAxis: { min: 0, max: 100 },
    annotations: [
      { value: target, color: cloudwatch.Color.GREEN, label: 'on target', fill: cloudwatch.Shading.ABOVE },
      { value: target, color: cloudwatch.Color.RED, label: 'below target', fill: cloudwatch.Shading.BELOW },
    ],
    setPeriodToTimeRange: true,
    width,
    height: TALL,
  });
}

/** How many messages a failure queue has, and how old they are. */
export function failureQueueGraph(depth: cloudwatch.IMetric, age: cloudwatch.Metric, props?: cloudwatch.GraphWidgetProps): cloudwatch.GraphWidget {
  return graph('Failure queue', {
    left: [depth],
    // SQS stops publishing once a queue was empty and left alone for six hours.
    right: [orZero(age, 'age of the oldest (s)')],
    rightYAxis: SECONDS,
    ...props,
  });
}

/** What `LogMetrics` counts. */
export function logErrorsGraph(counts: LogCounts, props?: cloudwatch.GraphWidgetProps, fine: GraphPeriod = FINE): cloudwatch.GraphWidget {
  return graph('Errors in the logs', {
    left: [
      counts.metricErrorKeyword({ ...fine, label: 'lines with Error' }),
      counts.metricFailureKeyword({ ...fine, label: 'lines with Failure' }),
      counts.metricStructuredErrors({ ...fine, label: 'level ERROR or CRITICAL' }),
      counts.metricTimeouts({ ...fine, label: 'timeouts' }),
      counts.metricOutOfMemory({ ...fine, label: 'out of memory' }),
    ],
    ...props,
  });
}

/** The state of alarms, the latest change first. */
export function alarmStatus(alarms: cloudwatch.IAlarm[], width: number, height: number): cloudwatch.AlarmStatusWidget {
  return new cloudwatch.AlarmStatusWidget({
    title: 'Alarms', alarms, sortBy: cloudwatch.AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP, width, height,
  });
}

/** The lines a query finds, as a table. */
export function logTable(
  title: string, logGroups: readonly logs.ILogGroup[], query: LogQueryLines, height: number, width: number = FULL,
): cloudwatch.LogQueryWidget {
  return new cloudwatch.LogQueryWidget({
    title,
    logGroupNames: logGroups.map(({ logGroupName }) => logGroupName),
    view: cloudwatch.LogQueryVisualizationType.TABLE,
    queryLines: [...query],
    width,
    height,
  });
}
