import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import { LOG_QUERIES } from './log-queries';
import {
  COUNT, FINE, FULL, MILLISECONDS, TALL, alarmStatus, failureQueueGraph, graph, logErrorsGraph, logTable, orZero, percentiles, successRateGauge,
} from './widgets';
import { FunctionMetrics } from '../metrics/function-metrics';

/** What the rows of a function show. */
export interface FunctionRowSources {
  readonly title: string;
  readonly metrics: FunctionMetrics;
  readonly logGroup: logs.ILogGroup;
  readonly alarms: cloudwatch.IAlarm[];
  /** Percent. */
  readonly successRateTarget: number;
}

const QUARTER = FULL / 4;

/** The rows of a function: how it does at a glance, the reasons below. */
export function functionRows(sources: FunctionRowSources): cloudwatch.IWidget[][] {
  const { title, alarms, logGroup } = sources;
  const status = alarms.length > 0 ? [alarmStatus(alarms, QUARTER, TALL)] : [];
  const errors = logTable('Latest errors', [logGroup], LOG_QUERIES.errors, TALL, FULL - QUARTER * status.length);
  return [
    [new cloudwatch.TextWidget({ markdown: `## ${title}`, width: FULL, height: 1, background: cloudwatch.TextWidgetBackground.TRANSPARENT })],
    work(sources),
    troubles(sources),
    [...status, errors],
  ];
}

function work({ metrics, successRateTarget }: FunctionRowSources): cloudwatch.IWidget[] {
  const width = (FULL - QUARTER) / 2;
  return [
    successRateGauge(metrics.metricSuccessRate(), successRateTarget, QUARTER),
    graph('Invocations', {
      left: [metrics.metricInvocations({ ...FINE, label: 'invocations' }), metrics.metricErrors({ ...FINE, label: 'errors' })],
      width,
    }),
    graph('Duration', { left: percentiles((options) => metrics.metricDuration(options)), leftYAxis: MILLISECONDS, width }),
  ];
}

function troubles({ metrics }: FunctionRowSources): cloudwatch.IWidget[] {
  const [depth, age] = [metrics.metricFailureQueueDepth(FINE), metrics.metricFailureQueueAge(FINE)];
  const width = FULL / (depth ? 4 : 3);
  return [
    graph('Cold starts', {
      left: [orZero(metrics.metricColdStarts(FINE), 'cold starts')],
      right: [metrics.logMetrics.metricInitDuration({ ...FINE, label: 'Lambda\'s init, longest (ms)' })],
      rightYAxis: MILLISECONDS,
      width,
    }),
    graph('Throttles and concurrency', {
      left: [orZero(metrics.metricThrottles(FINE), 'throttles')],
      right: [orZero(metrics.metric('ConcurrentExecutions', { ...FINE, statistic: cloudwatch.Stats.MAXIMUM }), 'at once')],
      rightYAxis: COUNT,
      width,
    }),
    logErrorsGraph(metrics.logMetrics, { width }),
    ...depth && age ? [failureQueueGraph(depth, age, { width })] : [],
  ];
}
