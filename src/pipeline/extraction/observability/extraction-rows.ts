import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { executionsUrlOf } from './extraction-alarms';
import { ExtractionMetrics } from './extraction-metrics';
import { METRICS } from '../../../contract';
import { LOG_QUERIES } from '../../observability/dashboard/log-queries';
import { alarmStatus, BYTES, COUNT, failureQueueGraph, FINE, FULL, graph, logTable, orZero, SECONDS, TALL } from '../../observability/dashboard/widgets';
import { failureQueueAge, failureQueueDepth } from '../../observability/metrics/failure-queue-metrics';
import { Following, lagLimitOf } from '../mode/following';

/** What the rows of an extraction show. */
export interface ExtractionRowSources {
  readonly extractionName: string;
  readonly metrics: ExtractionMetrics;
  readonly deadLetters: sqs.IQueue;
  readonly controlLogGroup: logs.ILogGroup;
  readonly workerLogGroup: logs.ILogGroup;
  readonly alarms: { readonly [kind: string]: cloudwatch.IAlarm };
  readonly stateMachine: sfn.IStateMachine;
}

const QUARTER = FULL / 4;
const ROWS = { label: 'rows', min: 0, showUnits: false };
const RATIO = { label: 'times the median', min: 0, showUnits: false };

/** The rows of an extraction: how it does at a glance, what it read, what held it up, the latest errors. */
export function extractionRows(sources: ExtractionRowSources, following?: Following): cloudwatch.IWidget[][] {
  const { extractionName, stateMachine, controlLogGroup, workerLogGroup } = sources;
  const alarms = Object.values(sources.alarms);
  const logGroups = [controlLogGroup, workerLogGroup];
  const title = new cloudwatch.TextWidget({
    markdown: `## Extraction ${extractionName}\n[Executions](${executionsUrlOf(stateMachine)})`,
    width: FULL,
    height: 2,
    background: cloudwatch.TextWidgetBackground.TRANSPARENT,
  });
  const status = alarms.length > 0 ? [alarmStatus(alarms, QUARTER, TALL)] : [];
  const errors = logTable('Latest errors of the extraction', logGroups, LOG_QUERIES.errors, TALL, FULL - QUARTER * status.length);
  return [[title], executions(sources), ...following ? [changes(sources, following)] : [], work(sources), troubles(sources), [...status, errors]];
}

function executions({ metrics }: ExtractionRowSources): cloudwatch.IWidget[] {
  return [
    new cloudwatch.SingleValueWidget({
      title: 'Extracted',
      metrics: [
        metrics.metricRows({ label: 'rows' }),
        metrics.metricBytes({ label: 'bytes' }),
        metrics.metricCompleted({ label: 'complete extractions' }),
        metrics.metricFailed({ label: 'failed executions' }),
      ],
      setPeriodToTimeRange: true,
      width: QUARTER,
      height: TALL,
    }),
    graph('Executions', {
      left: [
        orZero(metrics.metricStarted(FINE), 'started'),
        orZero(metrics.metricSucceeded(FINE), 'succeeded'),
        metrics.metricFailed({ ...FINE, label: 'failed or timed out' }),
        orZero(metrics.metricSkipped(FINE), 'skipped'),
      ],
      width: FULL / 2 - QUARTER / 2,
    }),
    graph('Duration of extractions', {
      left: [metrics.metricSeconds({ ...FINE, label: 'from begin to manifest (s)' })],
      leftYAxis: SECONDS,
      right: [metrics.metricDurationRatio({ ...FINE, label: 'times the median of earlier ones' })],
      rightYAxis: RATIO,
      width: FULL / 2 - QUARTER / 2,
    }),
  ];
}

/** Landed by the extraction, applied by the pipeline, of which all extractions are shown. */
function changes({ metrics }: ExtractionRowSources, following: Following): cloudwatch.IWidget[] {
  const applied = (name: string, options: cloudwatch.MetricOptions) => following.pipeline.metric(name, { ...FINE, ...options });
  return [
    graph('Changes: rows', {
      left: [
        metrics.metricChangeLagRows({ ...FINE, label: 'landed' }),
        applied(METRICS.changesApplied, { label: 'applied to tables of the pipeline' }),
      ],
      leftYAxis: ROWS,
    }),
    graph('Changes: lag behind the source', {
      left: [
        metrics.metricChangeLagSeconds({ ...FINE, label: 'landed (s)' }),
        applied(METRICS.changeLagSeconds, { statistic: cloudwatch.Stats.MAXIMUM, label: 'applied to tables of the pipeline (s)' }),
      ],
      leftYAxis: SECONDS,
      leftAnnotations: [{ value: lagLimitOf(following).toSeconds(), label: 'told by an alarm', color: cloudwatch.Color.RED }],
    }),
    graph('Changes: in step and out of step', {
      left: [orZero(metrics.metricInStep(FINE), 'executions in step')],
      right: [
        orZero(metrics.metricChangeGaps(FINE), 'tables with a gap'),
        orZero(applied(METRICS.tablesWaiting, {}), 'tables that wait for an earlier run'),
      ],
      rightYAxis: COUNT,
    }),
  ];
}

function work({ metrics }: ExtractionRowSources): cloudwatch.IWidget[] {
  return [
    graph('Rows and bytes of extractions', {
      left: [metrics.metricRows({ ...FINE, label: 'rows' })],
      leftYAxis: ROWS,
      right: [metrics.metricBytes({ ...FINE, label: 'bytes' })],
      rightYAxis: BYTES,
    }),
    graph('Waiting, all readers together', {
      left: [
        metrics.metricSourceWaitSeconds({ ...FINE, label: 'for the source (s)' }),
        metrics.metricTargetWaitSeconds({ ...FINE, label: 'for the target (s)' }),
      ],
      leftYAxis: SECONDS,
    }),
    graph('Lag behind schedule', { left: [metrics.metricLagSeconds({ ...FINE, label: 'started late by (s)' })], leftYAxis: SECONDS }),
  ];
}

function troubles({ metrics, deadLetters }: ExtractionRowSources): cloudwatch.IWidget[] {
  const half = { width: FULL / 2 };
  return [
    graph('Retries and throttles', {
      left: [orZero(metrics.metricRetries(FINE), 'attempts at chunks beyond the first')],
      right: [orZero(metrics.metricThrottles(FINE), 'throttles of the source')],
      rightYAxis: COUNT,
      ...half,
    }),
    failureQueueGraph(failureQueueDepth(deadLetters, { ...FINE, label: 'dead letters' }), failureQueueAge(deadLetters, FINE), { title: 'Dead letters', ...half }),
  ];
}
