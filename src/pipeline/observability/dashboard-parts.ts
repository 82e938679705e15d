import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import { PipelineMetrics } from './pipeline-metrics';

/** What a dashboard shows; all of it may be imported, so that a body can be made of placeholders alone. */
export interface DashboardSources {
  readonly pipelineName: string;
  readonly metrics: PipelineMetrics;
  readonly logGroups: readonly logs.ILogGroup[];
  /** Where the checks of runs are logged. */
  readonly runsLogGroup?: logs.ILogGroup;
  readonly alarms: cloudwatch.IAlarm[];
  /** Percent. */
  readonly successRateTarget: number;
  readonly tableLatencyTarget: Duration;
}

/** Width of CloudWatch's grid. */
export const FULL = 24;

/** Height of most widgets. */
export const TALL = 6;

/** Points of a graph; CloudWatch takes coarser ones when the time range is long. */
export const FINE = { period: Duration.minutes(1) };

/**
 * A metric that AWS has no data of while it is zero. FILL draws the zero; whatever is not a count or a level that rests at
 * zero (a latency) must not be filled.
 */
export function orZero(metric: cloudwatch.Metric, label: string): cloudwatch.MathExpression {
  const id = metric.metricName.charAt(0).toLowerCase() + metric.metricName.slice(1);
  return new cloudwatch.MathExpression({ expression: `FILL(${id}, 0)`, usingMetrics: { [id]: metric }, label, period: metric.period });
}
