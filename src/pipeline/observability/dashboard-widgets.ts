import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import { PipelineMetrics } from './pipeline-metrics';
import { ERROR_LEVELS, LEVEL_FIELD, LOG_KEYWORDS } from '../../contract';

/** What a dashboard shows; all of it may be imported, so that a body can be made of placeholders alone. */
export interface DashboardSources {
  readonly pipelineName: string;
  readonly metrics: PipelineMetrics;
  readonly logGroups: readonly logs.ILogGroup[];
  readonly alarms: cloudwatch.IAlarm[];
  /** Percent. */
  readonly successRateTarget: number;
  readonly tableLatencyTarget: Duration;
}

/** Width of CloudWatch's grid. */
const FULL = 24;
const HALF = FULL / 2;
const THIRD = FULL / 3;
const QUARTER = FULL / 4;
const TALL = 6;
const LOW = 4;

/** Points of a graph; CloudWatch takes coarser ones when the time range is long. */
const fine = { period: Duration.minutes(1) };

const MILLISECONDS = { label: 'ms', min: 0, showUnits: false };
const COUNT = { label: 'count', min: 0, showUnits: false };

/** The rows of the dashboard, the state at a glance first, the reasons below. */
export function dashboardRows(sources: DashboardSources): cloudwatch.IWidget[][] {
  return [
    ...glance(sources),
    landing(sources),
    runs(sources),
    latency(sources),
    recorder(sources),
    troubles(sources),
    errorLog(sources),
  ];
}

function glance({ pipelineName, metrics, alarms, successRateTarget, tableLatencyTarget }: DashboardSources): cloudwatch.IWidget[][] {
  return [
    [text(`# ${pipelineName}\nSQL Server to S3: what landed, what was recorded, what failed`, FULL, 2)],
    [
      new cloudwatch.GaugeWidget({
        title: 'Success rate (%)',
        metrics: [metrics.metricSuccessRate()],
        leftYAxis: { min: 0, max: 100 },
        annotations: [
          { value: successRateTarget, color: cloudwatch.Color.GREEN, label: 'target', fill: cloudwatch.Shading.ABOVE },
          { value: successRateTarget, color: cloudwatch.Color.RED, label: 'below target', fill: cloudwatch.Shading.BELOW },
        ],
        setPeriodToTimeRange: true,
        width: QUARTER,
        height: TALL,
      }),
      new cloudwatch.GaugeWidget({
        title: `DynamoDB write, p99 in % of ${tableLatencyTarget.toMilliseconds()} ms`,
        metrics: [metrics.metricPutItemLatencyRatio(tableLatencyTarget)],
        leftYAxis: { min: 0, max: 200 },
        annotations: [
          { value: 100, color: cloudwatch.Color.GREEN, label: 'within target', fill: cloudwatch.Shading.BELOW },
          { value: 100, color: cloudwatch.Color.RED, label: 'over target', fill: cloudwatch.Shading.ABOVE },
        ],
        setPeriodToTimeRange: true,
        width: QUARTER,
        height: TALL,
      }),
      new cloudwatch.SingleValueWidget({
        title: 'Landed',
        metrics: [
          metrics.metricObjectsRecorded(),
          metrics.metricRowsLanded(),
          metrics.metricBytesLanded(),
          metrics.metricRunsComplete(),
          metrics.metricRunsIncomplete(),
        ],
        setPeriodToTimeRange: true,
        width: QUARTER,
        height: TALL,
      }),
      alarms.length > 0
        ? new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms, sortBy: cloudwatch.AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP, width: QUARTER, height: TALL })
        : text('No alarms', QUARTER, TALL),
    ],
  ];
}

function text(markdown: string, width: number, height: number): cloudwatch.TextWidget {
  // The background's default differs between releases of aws-cdk-lib.
  return new cloudwatch.TextWidget({ markdown, width, height, background: cloudwatch.TextWidgetBackground.TRANSPARENT });
}

function landing({ metrics }: DashboardSources): cloudwatch.IWidget[] {
  const graph = (title: string, left: cloudwatch.IMetric[], leftYAxis: cloudwatch.YAxisProps) =>
    new cloudwatch.GraphWidget({ title, left, leftYAxis, width: THIRD, height: TALL });
  return [
    graph('Objects recorded', [metrics.metricObjectsRecorded(fine), metrics.metricEventsIgnored(fine)], COUNT),
    graph('Bytes landed', [metrics.metricBytesLanded(fine)], { label: 'bytes', min: 0, showUnits: false }),
    graph('Rows of complete runs', [metrics.metricRowsLanded(fine)], { label: 'rows', min: 0, showUnits: false }),
  ];
}

function runs({ metrics }: DashboardSources): cloudwatch.IWidget[] {
  const completion = (name: string, options: cloudwatch.MetricOptions) => metrics.metricRunCompletionFunction(name, { ...fine, ...options });
  const counts = [completion('Invocations', { label: 'completions' }), completion('Errors', { label: 'errors' }), completion('Throttles', { label: 'throttles' })];
  const duration = completion('Duration', { statistic: cloudwatch.Stats.MAXIMUM, label: 'longest (ms)' });
  return [
    new cloudwatch.GraphWidget({
      title: 'Runs',
      left: [metrics.metricRunsComplete(fine), metrics.metricRunsIncomplete(fine), ...counts.filter((metric) => metric !== undefined)],
      right: duration ? [duration] : [],
      leftYAxis: COUNT,
      rightYAxis: MILLISECONDS,
      width: THIRD,
      height: TALL,
    }),
    new cloudwatch.GraphWidget({
      title: 'Objects and bytes of complete runs',
      left: [metrics.metricRunObjects(fine)],
      right: [metrics.metricRunBytes(fine)],
      leftYAxis: COUNT,
      rightYAxis: { label: 'bytes', min: 0, showUnits: false },
      width: THIRD,
      height: TALL,
    }),
    new cloudwatch.GraphWidget({
      title: 'From the start of a run to its completion',
      left: [metrics.metricEndToEndLatency({ ...fine, label: 'longest (ms)' })],
      leftYAxis: MILLISECONDS,
      width: THIRD,
      height: TALL,
    }),
  ];
}

function latency({ metrics, tableLatencyTarget }: DashboardSources): cloudwatch.IWidget[] {
  const percentiles = (metric: (options: cloudwatch.MetricOptions) => cloudwatch.Metric) =>
    [50, 90, 99].map((p) => metric({ ...fine, statistic: cloudwatch.Stats.p(p), label: `p${p}` }));
  return [
    new cloudwatch.GraphWidget({
      title: 'From landed to recorded',
      left: percentiles((options) => metrics.metricRecordLatency(options)),
      leftYAxis: MILLISECONDS,
      width: HALF,
      height: TALL,
    }),
    new cloudwatch.GraphWidget({
      title: 'DynamoDB write',
      left: [
        ...percentiles((options) => metrics.metricPutItemLatency(options)),
        metrics.metricTableWriteLatency({ ...fine, label: 'in DynamoDB, average' }),
      ],
      leftAnnotations: [{ value: tableLatencyTarget.toMilliseconds(), label: 'target', color: cloudwatch.Color.GREY }],
      leftYAxis: MILLISECONDS,
      width: HALF,
      height: TALL,
    }),
  ];
}

function recorder({ metrics }: DashboardSources): cloudwatch.IWidget[] {
  return [
    new cloudwatch.GraphWidget({
      title: 'Cold starts',
      left: [metrics.metricColdStarts(fine)],
      right: [
        metrics.metricColdStartDuration({ ...fine, label: 'until ready, longest (ms)' }),
        metrics.metricInitDuration({ ...fine, label: 'Lambda\'s init, longest (ms)' }),
      ],
      leftYAxis: COUNT,
      rightYAxis: MILLISECONDS,
      width: THIRD,
      height: TALL,
    }),
    new cloudwatch.GraphWidget({
      title: 'Throttles and concurrency',
      left: [
        metrics.metricRecorderFunction('Throttles', { ...fine, label: 'recorder throttles' }),
        metrics.metricTableWriteThrottles({ ...fine, label: 'table write throttles' }),
      ],
      right: [metrics.metricRecorderFunction('ConcurrentExecutions', { ...fine, statistic: cloudwatch.Stats.MAXIMUM, label: 'concurrent executions' })],
      leftYAxis: COUNT,
      rightYAxis: COUNT,
      width: THIRD,
      height: TALL,
    }),
    new cloudwatch.GraphWidget({
      title: 'Invocations',
      left: [
        metrics.metricRecorderFunction('Invocations', { ...fine, label: 'invocations' }),
        metrics.metricRecorderFunction('Errors', { ...fine, label: 'errors' }),
      ],
      right: [metrics.metricRecorderFunction('Duration', { ...fine, statistic: cloudwatch.Stats.p(99), label: 'duration p99 (ms)' })],
      leftYAxis: COUNT,
      rightYAxis: MILLISECONDS,
      width: THIRD,
      height: TALL,
    }),
  ];
}

function troubles({ metrics }: DashboardSources): cloudwatch.IWidget[] {
  return [
    new cloudwatch.GraphWidget({
      title: 'Attempts to record',
      left: [metrics.metricRecordAttempts(fine), metrics.metricRecordSuccesses(fine)],
      leftYAxis: COUNT,
      width: THIRD,
      height: TALL,
    }),
    new cloudwatch.GraphWidget({
      title: 'Failure queue',
      left: [metrics.metricFailureQueueDepth(fine)],
      right: [metrics.metricFailureQueueAge({ ...fine, label: 'oldest (s)' })],
      leftYAxis: COUNT,
      rightYAxis: { label: 's', min: 0, showUnits: false },
      width: THIRD,
      height: TALL,
    }),
    new cloudwatch.GraphWidget({
      title: 'Errors in the logs',
      left: [
        metrics.metricErrorKeyword(fine),
        metrics.metricFailureKeyword(fine),
        metrics.metricStructuredErrors(fine),
        metrics.metricTimeouts(fine),
        metrics.metricOutOfMemory(fine),
      ],
      leftYAxis: COUNT,
      width: THIRD,
      height: TALL,
    }),
  ];
}

function errorLog({ logGroups }: DashboardSources): cloudwatch.IWidget[] {
  return [
    new cloudwatch.LogQueryWidget({
      title: 'Latest errors',
      logGroupNames: logGroups.map(({ logGroupName }) => logGroupName),
      view: cloudwatch.LogQueryVisualizationType.TABLE,
      queryLines: [
        `fields @timestamp, ${LEVEL_FIELD}, message, @message`,
        `filter ${LEVEL_FIELD} in [${ERROR_LEVELS.map((level) => `"${level}"`).join(', ')}] or @message like /${Object.values(LOG_KEYWORDS).join('|')}/`,
        'sort @timestamp desc',
        'limit 50',
      ],
      width: FULL,
      height: TALL + LOW,
    }),
  ];
}
