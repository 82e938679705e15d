import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { glance } from './dashboard-glance';
import {
  BYTES, COUNT, FINE, FULL, LOW, MILLISECONDS, SECONDS, TALL, failureQueueGraph, graph, logErrorsGraph, logTable, orZero, percentiles,
} from './dashboard-parts';
import { DashboardSources } from './dashboard-sources';
import { LOG_QUERIES } from './log-queries';

const HALF = FULL / 2;

/** The rows of the dashboard, the state at a glance first, the reasons below. */
export function dashboardRows(sources: DashboardSources): cloudwatch.IWidget[][] {
  const { logGroups, runsLogGroup } = sources;
  return [
    ...glance(sources),
    runs(sources),
    ...runsLogGroup ? [[logTable('Runs', [runsLogGroup], LOG_QUERIES.runs, TALL)]] : [],
    latency(sources),
    recorder(sources),
    ...buffer(sources),
    troubles(sources),
    [logTable('Latest errors', logGroups, LOG_QUERIES.errors, TALL + LOW)],
  ];
}

function runs({ metrics }: DashboardSources): cloudwatch.IWidget[] {
  const completion = (name: string, options: cloudwatch.MetricOptions) => metrics.metricRunCompletionFunction(name, { ...FINE, ...options });
  const counts = [completion('Invocations', { label: 'checks started' }), completion('Errors', { label: 'errors' })];
  const throttles = completion('Throttles', {});
  const duration = completion('Duration', { statistic: cloudwatch.Stats.MAXIMUM, label: 'longest check (ms)' });
  return [
    graph('Runs checked', {
      left: [
        metrics.metricRunsComplete({ ...FINE, label: 'complete' }),
        orZero(metrics.metricRunsIncomplete(FINE), 'incomplete'),
        ...counts.filter((metric) => metric !== undefined),
        ...throttles ? [orZero(throttles, 'throttles')] : [],
      ],
      right: duration ? [duration] : [],
      rightYAxis: MILLISECONDS,
    }),
    graph('Objects and bytes of complete runs', {
      left: [metrics.metricRunObjects({ ...FINE, label: 'objects' })],
      right: [metrics.metricRunBytes({ ...FINE, label: 'bytes' })],
      rightYAxis: BYTES,
    }),
    graph('From the start of a run to its completion', {
      left: [metrics.metricEndToEndLatency({ ...FINE, label: 'longest (ms)' })],
      leftYAxis: MILLISECONDS,
    }),
  ];
}

function latency({ metrics, tableLatencyTarget }: DashboardSources): cloudwatch.IWidget[] {
  return [
    graph('From landed to recorded', {
      left: percentiles((options) => metrics.metricRecordLatency(options)),
      leftYAxis: MILLISECONDS,
      width: HALF,
    }),
    graph('DynamoDB write', {
      left: [
        ...percentiles((options) => metrics.metricPutItemLatency(options)),
        metrics.metricTableWriteLatency({ ...FINE, label: 'in DynamoDB, average' }),
      ],
      leftAnnotations: [{ value: tableLatencyTarget.toMilliseconds(), label: 'target', color: cloudwatch.Color.GREY }],
      leftYAxis: MILLISECONDS,
      width: HALF,
    }),
  ];
}

function recorder({ metrics }: DashboardSources): cloudwatch.IWidget[] {
  const own = (name: string, options: cloudwatch.MetricOptions) => metrics.metricRecorderFunction(name, { ...FINE, ...options });
  return [
    graph('Cold starts', {
      left: [metrics.metricColdStarts({ ...FINE, label: 'cold starts' })],
      right: [
        metrics.metricColdStartDuration({ ...FINE, label: 'until ready, longest (ms)' }),
        metrics.metricInitDuration({ ...FINE, label: 'Lambda\'s init, longest (ms)' }),
      ],
      rightYAxis: MILLISECONDS,
    }),
    graph('Throttles and concurrency', {
      left: [orZero(own('Throttles', {}), 'recorder throttles'), orZero(metrics.metricTableWriteThrottles(FINE), 'table write throttles')],
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
function buffer({ metrics }: DashboardSources): cloudwatch.IWidget[][] {
  const [depth, age] = [metrics.metricBufferDepth(FINE), metrics.metricBufferAge(FINE)];
  if (!depth || !age) return [];
  return [[graph('Buffer', {
    left: [orZero(depth, 'events that wait')],
    right: [orZero(age, 'age of the oldest (s)')],
    rightYAxis: SECONDS,
    width: FULL,
  })]];
}

function troubles({ metrics }: DashboardSources): cloudwatch.IWidget[] {
  return [
    graph('Attempts to record', {
      left: [metrics.metricRecordAttempts({ ...FINE, label: 'attempts' }), metrics.metricRecordSuccesses({ ...FINE, label: 'succeeded' })],
    }),
    failureQueueGraph(metrics.metricFailureQueueDepth(FINE), metrics.metricFailureQueueAge(FINE)),
    logErrorsGraph(metrics),
  ];
}
