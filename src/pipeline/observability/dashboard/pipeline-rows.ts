import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import { DashboardSection } from './dashboard-options';
import { LOG_QUERIES } from './log-queries';
import {
  BYTES, COUNT, FULL, LOW, MILLISECONDS, SECONDS, TALL, alarmStatus, failureQueueGraph, graph, logErrorsGraph, logTable, orZero, percentiles,
  successRateGauge,
} from './widgets';
import { METRICS } from '../../../contract';
import { PipelineMetrics } from '../metrics/pipeline-metrics';

/** What a dashboard shows; all of it may be imported, so that a body can be made of placeholders alone. */
export interface PipelineRowSources {
  readonly pipelineName: string;
  readonly metrics: PipelineMetrics;
  readonly logGroups: readonly logs.ILogGroup[];
  /** Where the checks of runs are logged. */
  readonly runsLogGroup?: logs.ILogGroup;
  readonly alarms: cloudwatch.IAlarm[];
  /** Percent. */
  readonly successRateTarget: number;
  readonly tableLatencyTarget: Duration;
  /** Period of the graphs. */
  readonly fine: { readonly period: Duration };
  /** What is shown, in this order. */
  readonly sections: readonly DashboardSection[];
}

const HALF = FULL / 2;

/** Share of the width that the alarms take, where there are any. */
const ALARMS = FULL / 4;

/** The rows of the dashboard: the title, then its sections. */
export function pipelineRows(sources: PipelineRowSources): cloudwatch.IWidget[][] {
  const { pipelineName, logGroups, runsLogGroup, sections } = sources;
  const title = new cloudwatch.TextWidget({
    markdown: `# ${pipelineName}\nSQL Server to S3: what landed, what was recorded, what failed`,
    width: FULL,
    height: 2,
    // The default differs between releases of aws-cdk-lib.
    background: cloudwatch.TextWidgetBackground.TRANSPARENT,
  });
  const rows: { readonly [section in DashboardSection]: () => cloudwatch.IWidget[][] } = {
    [DashboardSection.GLANCE]: () => glance(sources),
    [DashboardSection.RUNS]: () => [runs(sources), ...tables(sources), ...compactions(sources), ...runsLogGroup ? [[logTable('Runs', [runsLogGroup], LOG_QUERIES.runs, TALL)]] : []],
    [DashboardSection.LATENCY]: () => [latency(sources)],
    [DashboardSection.RECORDER]: () => [recorder(sources)],
    [DashboardSection.BUFFER]: () => buffer(sources),
    [DashboardSection.TROUBLES]: () => [troubles(sources)],
    [DashboardSection.LATEST_ERRORS]: () => [[logTable('Latest errors', logGroups, LOG_QUERIES.errors, TALL + LOW)]],
  };
  return [[title], ...sections.flatMap((section) => rows[section]())];
}

/** The state at a glance: two rows, with the alarms beside both, which are too many for one. */
function glance(sources: PipelineRowSources): cloudwatch.IWidget[][] {
  const { alarms } = sources;
  const width = (FULL - (alarms.length > 0 ? ALARMS : 0)) / 3;
  if (alarms.length === 0) return [figures(sources, width), landing(sources, width)];
  const status = alarmStatus(alarms, ALARMS, Math.max(2 * TALL, Math.ceil(1 + alarms.length * 0.6)));
  const left = new cloudwatch.Column(new cloudwatch.Row(...figures(sources, width)), new cloudwatch.Row(...landing(sources, width)));
  return [[left, status]];
}

function figures({ metrics, successRateTarget, tableLatencyTarget }: PipelineRowSources, width: number): cloudwatch.IWidget[] {
  const sizes = { setPeriodToTimeRange: true, width, height: TALL };
  return [
    successRateGauge(metrics.metricSuccessRate(), successRateTarget, width),
    new cloudwatch.GaugeWidget({
      title: `DynamoDB write in % of ${tableLatencyTarget.toMilliseconds()} ms`,
      metrics: [50, 99].map((percentile) => metrics.metricPutItemLatencyRatio(tableLatencyTarget, { label: `p${percentile}` }, percentile)),
      leftYAxis: { min: 0, max: 200 },
      annotations: [
        { value: 100, color: cloudwatch.Color.GREEN, label: 'within target', fill: cloudwatch.Shading.BELOW },
        { value: 100, color: cloudwatch.Color.RED, label: 'over target', fill: cloudwatch.Shading.ABOVE },
      ],
      ...sizes,
    }),
    new cloudwatch.SingleValueWidget({
      title: 'Landed',
      metrics: [
        metrics.metricObjectsRecorded({ label: 'objects recorded' }),
        metrics.metricRowsLanded({ label: 'rows of complete runs' }),
        metrics.metricBytesLanded({ label: 'bytes recorded' }),
        metrics.metricRunsComplete({ label: 'complete runs' }),
        orZero(metrics.metricRunsIncomplete(), 'incomplete runs'),
      ],
      ...sizes,
    }),
  ];
}

function landing({ metrics, fine }: PipelineRowSources, width: number): cloudwatch.IWidget[] {
  return [
    graph('Objects recorded', {
      left: [metrics.metricObjectsRecorded({ ...fine, label: 'recorded' }), metrics.metricEventsIgnored({ ...fine, label: 'late or repeated events' })],
      width,
    }),
    graph('Bytes landed', { left: [metrics.metricBytesLanded({ ...fine, label: 'bytes' })], leftYAxis: BYTES, width }),
    graph('Rows of complete runs', {
      left: [metrics.metricRowsLanded({ ...fine, label: 'rows' })], leftYAxis: { label: 'rows', min: 0, showUnits: false }, width,
    }),
  ];
}

function runs({ metrics, fine }: PipelineRowSources): cloudwatch.IWidget[] {
  const completion = (name: string, options: cloudwatch.MetricOptions) => metrics.metricRunCompletionFunction(name, { ...fine, ...options });
  const counts = [completion('Invocations', { label: 'checks started' }), completion('Errors', { label: 'errors' })];
  const throttles = completion('Throttles', {});
  const duration = completion('Duration', { statistic: cloudwatch.Stats.MAXIMUM, label: 'longest check (ms)' });
  return [
    graph('Runs checked', {
      left: [
        metrics.metricRunsComplete({ ...fine, label: 'complete' }),
        orZero(metrics.metricRunsIncomplete(fine), 'incomplete'),
        ...counts.filter((metric) => metric !== undefined),
        ...throttles ? [orZero(throttles, 'throttles')] : [],
      ],
      right: duration ? [duration] : [],
      rightYAxis: MILLISECONDS,
    }),
    graph('Objects and bytes of complete runs', {
      left: [metrics.metricRunObjects({ ...fine, label: 'objects' })],
      right: [metrics.metricRunBytes({ ...fine, label: 'bytes' })],
      rightYAxis: BYTES,
    }),
    graph('From the start of a run to its completion', {
      left: [metrics.metricEndToEndLatency({ ...fine, label: 'longest (ms)' })],
      leftYAxis: MILLISECONDS,
    }),
  ];
}

function tables({ metrics, fine }: PipelineRowSources): cloudwatch.IWidget[][] {
  if (!metrics.commitsTables) return [];
  return [[graph('Tables of complete runs', {
    left: [metrics.metricTablesCommitted({ ...fine, label: 'committed' })],
    right: [
      orZero(metrics.metricTablesNotCommitted(fine), 'not committed'),
      orZero(metrics.metricTablesNotProven(fine), 'not proven'),
      orZero(metrics.metricTablesCountedOtherwise(fine), 'counted otherwise'),
      orZero(metrics.metricTablesNotCounted(fine), 'not counted'),
    ],
    rightYAxis: COUNT,
    width: FULL,
  })]];
}

/** What compactions did; sizes of tables, not of what was written. */
function compactions({ metrics, fine }: PipelineRowSources): cloudwatch.IWidget[][] {
  const notCompacted = metrics.metricTablesNotCompacted(fine);
  const duration = metrics.metricCompactorFunction('Duration', { ...fine, statistic: cloudwatch.Stats.MAXIMUM, label: 'longest invocation (ms)' });
  if (!notCompacted || !duration) return [];
  return [[
    graph('Tables compacted', {
      left: [
        metrics.metricTablesCompacted({ ...fine, label: 'compacted' }),
        metrics.metric(METRICS.tablesCompactedInPart, { ...fine, label: 'parts before that' }),
        notCompacted,
      ],
      right: [duration],
      rightYAxis: MILLISECONDS,
      width: HALF,
    }),
    graph('Size of the tables compacted', { left: [metrics.metric(METRICS.bytesCompacted, { ...fine, label: 'bytes' })], leftYAxis: BYTES, width: HALF }),
  ]];
}

function latency({ metrics, fine, tableLatencyTarget }: PipelineRowSources): cloudwatch.IWidget[] {
  return [
    graph('From landed to recorded', {
      left: percentiles((options) => metrics.metricRecordLatency(options), fine),
      leftYAxis: MILLISECONDS,
      width: HALF,
    }),
    graph('DynamoDB write', {
      left: [
        ...percentiles((options) => metrics.metricPutItemLatency(options), fine),
        metrics.metricTableWriteLatency({ ...fine, label: 'in DynamoDB, average' }),
      ],
      leftAnnotations: [{ value: tableLatencyTarget.toMilliseconds(), label: 'target', color: cloudwatch.Color.GREY }],
      leftYAxis: MILLISECONDS,
      width: HALF,
    }),
  ];
}

function recorder({ metrics, fine }: PipelineRowSources): cloudwatch.IWidget[] {
  const own = (name: string, options: cloudwatch.MetricOptions) => metrics.metricRecorderFunction(name, { ...fine, ...options });
  return [
    graph('Cold starts', {
      left: [metrics.metricColdStarts({ ...fine, label: 'cold starts' })],
      right: [
        metrics.metricColdStartDuration({ ...fine, label: 'until ready, longest (ms)' }),
        metrics.metricInitDuration({ ...fine, label: 'Lambda\'s init, longest (ms)' }),
        metrics.metricFirstPutItemLatency({ ...fine, label: 'first write, longest (ms)' }),
      ],
      rightYAxis: MILLISECONDS,
    }),
    graph('Throttles and concurrency', {
      left: [
        orZero(own('Throttles', {}), 'recorder throttles'),
        metrics.metricWriteThrottles({ ...fine, label: 'write throttles of the table and its indexes' }),
      ],
      right: [orZero(own('ConcurrentExecutions', { statistic: cloudwatch.Stats.MAXIMUM }), 'recorders at once')],
      rightYAxis: COUNT,
    }),
    graph('Invocations of the recorder', {
      left: [own('Invocations', { label: 'invocations' }), own('Errors', { label: 'errors' })],
      right: [own('Duration', { statistic: cloudwatch.Stats.p(99), label: 'duration p99 (ms)' })],
      rightYAxis: MILLISECONDS,
    }),
  ];
}

/** SQS stops publishing once a queue was empty and left alone for six hours. */
function buffer({ metrics, fine }: PipelineRowSources): cloudwatch.IWidget[][] {
  const [depth, age] = [metrics.metricBufferDepth(fine), metrics.metricBufferAge(fine)];
  if (!depth || !age) return [];
  return [[graph('Buffer', {
    left: [orZero(depth, 'events that wait')],
    right: [orZero(age, 'age of the oldest (s)')],
    rightYAxis: SECONDS,
    width: FULL,
  })]];
}

function troubles({ metrics, fine }: PipelineRowSources): cloudwatch.IWidget[] {
  return [
    graph('Attempts to record', {
      left: [metrics.metricRecordAttempts({ ...fine, label: 'attempts' }), metrics.metricRecordSuccesses({ ...fine, label: 'succeeded' })],
    }),
    failureQueueGraph(metrics.metricFailureQueueDepth(fine), metrics.metricFailureQueueAge(fine)),
    logErrorsGraph(metrics, {}, fine),
  ];
}
