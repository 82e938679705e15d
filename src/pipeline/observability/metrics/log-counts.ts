import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

type LogCount = (options?: cloudwatch.MetricOptions) => cloudwatch.Metric;

/** The metrics that `LogMetrics` makes of logs, whoever gives access to them. */
export interface LogCounts {
  readonly metricErrorKeyword: LogCount;
  readonly metricFailureKeyword: LogCount;
  readonly metricStructuredErrors: LogCount;
  readonly metricTimeouts: LogCount;
  readonly metricOutOfMemory: LogCount;
  readonly metricInitDuration: LogCount;
}
