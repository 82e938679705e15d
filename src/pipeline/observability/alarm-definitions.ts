import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { AlarmKind } from './alarm-kind';
import { AlarmSeverity } from './alarm-severity';
import { PipelineMetrics } from './pipeline-metrics';

/** What the alarms judge by. */
export interface AlarmSources {
  readonly metrics: PipelineMetrics;
  /** The recorder function's time limit; undefined when it is known only at deployment. */
  readonly timeout?: Duration;
  /** The time limit of run completion; undefined when it is known only at deployment, or nothing completes runs. */
  readonly completionTimeout?: Duration;
  /** Percent of attempts. */
  readonly successRateTarget: number;
  readonly minimumAttempts: number;
  readonly recordLatencyTarget: Duration;
  readonly runFreshness?: Duration;
}

/** One alarm: what it reads, when it goes off, and what that means. */
export interface AlarmDefinition {
  readonly id: string;
  /** What happened and why it matters, in one sentence. */
  readonly meaning: string;
  readonly metric: (options: { readonly period: Duration }) => cloudwatch.IMetric;
  readonly period: Duration;
  readonly threshold: number;
  readonly operator: cloudwatch.ComparisonOperator;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly missing: cloudwatch.TreatMissingData;
  readonly severity: AlarmSeverity;
}

const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, GREATER_THAN_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;

/**
 * Every alarm by its kind; an alarm that does not apply is left out.
 *
 * Missing data: these metrics have data only while something happens, so silence is no breach, and an alarm goes back to
 * OK when it is quiet again. The one exception is the freshness alarm, where silence is the breach.
 */
export function alarmDefinitions(sources: AlarmSources): { readonly [kind: string]: AlarmDefinition } {
  return {
    ...failureAlarms(sources),
    ...logAlarms(sources),
    ...recorderAlarms(sources),
    ...completionAlarms(sources),
    ...recordingAlarms(sources),
    ...bufferAlarms(sources),
    ...runAlarms(sources),
  };
}

/** The kinds there are, whether they apply or not. */
export const ALARM_KINDS: readonly string[] = [
  AlarmKind.FAILURE_QUEUE_NOT_EMPTY,
  AlarmKind.FAILURE_QUEUE_UNREACHABLE,
  AlarmKind.LOG_ERROR_KEYWORD,
  AlarmKind.LOG_FAILURE_KEYWORD,
  AlarmKind.LOG_STRUCTURED_ERRORS,
  AlarmKind.RECORDER_ERRORS,
  AlarmKind.RECORDER_THROTTLES,
  AlarmKind.RECORDER_NEAR_TIMEOUT,
  AlarmKind.COMPLETION_ERRORS,
  AlarmKind.COMPLETION_THROTTLES,
  AlarmKind.COMPLETION_NEAR_TIMEOUT,
  AlarmKind.SUCCESS_RATE_LOW,
  AlarmKind.RECORD_LATENCY_HIGH,
  AlarmKind.BUFFER_DELAYED,
  AlarmKind.RUN_INCOMPLETE,
  AlarmKind.RUN_OVERDUE,
];

function failureAlarms({ metrics }: AlarmSources): { readonly [kind: string]: AlarmDefinition } {
  return {
    [AlarmKind.FAILURE_QUEUE_NOT_EMPTY]: whenAny({
      id: 'FailureQueueNotEmpty',
      meaning: 'At least one landed object could not be recorded, or one run not completed; its event and stack trace are in the failure queue',
      metric: (options) => metrics.metricFailureQueueDepth(options),
      period: Duration.minutes(1),
    }),
    [AlarmKind.FAILURE_QUEUE_UNREACHABLE]: whenAny({
      id: 'FailureQueueUnreachable',
      meaning: 'Lambda could not write a failed event to the failure queue, so that event is lost; its object is in S3 without a record, or its run is not completed',
      metric: (options) => metrics.metricLostEvents(options),
    }),
  };
}

function logAlarms({ metrics }: AlarmSources): { readonly [kind: string]: AlarmDefinition } {
  return {
    [AlarmKind.LOG_ERROR_KEYWORD]: whenAny({
      id: 'LogErrorKeyword',
      severity: AlarmSeverity.WARNING,
      meaning: 'A function logged a line with the word Error',
      metric: (options) => metrics.metricErrorKeyword(options),
    }),
    [AlarmKind.LOG_FAILURE_KEYWORD]: whenAny({
      id: 'LogFailureKeyword',
      severity: AlarmSeverity.WARNING,
      meaning: 'A function logged a line with the word Failure',
      metric: (options) => metrics.metricFailureKeyword(options),
    }),
    [AlarmKind.LOG_STRUCTURED_ERRORS]: whenAny({
      id: 'LogStructuredErrors',
      severity: AlarmSeverity.WARNING,
      meaning: 'A function logged a line of level ERROR or CRITICAL',
      metric: (options) => metrics.metricStructuredErrors(options),
    }),
  };
}

function recorderAlarms({ metrics, timeout }: AlarmSources): { readonly [kind: string]: AlarmDefinition } {
  return {
    [AlarmKind.RECORDER_ERRORS]: whenAny({
      id: 'RecorderErrors',
      severity: AlarmSeverity.WARNING,
      meaning: 'An invocation of the recorder failed, timed out or ran out of memory; Lambda tries it again before it goes to the failure queue',
      metric: (options) => metrics.metricRecorderFunction('Errors', options),
    }),
    [AlarmKind.RECORDER_THROTTLES]: {
      // A short burst is held back and then recorded: only what lasts is worth a message.
      ...whenAny({
        id: 'RecorderThrottles',
        severity: AlarmSeverity.WARNING,
        meaning: 'Invocations of the recorder were held back for a quarter of an hour; events older than the maximum event age go to the failure queue',
        metric: (options) => metrics.metricRecorderFunction('Throttles', options),
      }),
      evaluationPeriods: 3,
      datapointsToAlarm: 3,
    },
    ...timeout && {
      [AlarmKind.RECORDER_NEAR_TIMEOUT]: {
        ...whenAny({
          id: 'RecorderNearTimeout',
          severity: AlarmSeverity.WARNING,
          meaning: `An invocation of the recorder took more than 80 % of its time limit of ${timeout.toHumanString()}`,
          metric: (options) => metrics.metricRecorderFunction('Duration', { statistic: cloudwatch.Stats.MAXIMUM, ...options }),
        }),
        threshold: Math.round(timeout.toMilliseconds() * 0.8),
        operator: GREATER_THAN_THRESHOLD,
      },
    },
  };
}

function completionAlarms({ metrics, completionTimeout }: AlarmSources): { readonly [kind: string]: AlarmDefinition } {
  if (!metrics.metricRunCompletionFunction('Errors')) return {};
  const metric = (name: string, options: cloudwatch.MetricOptions) => metrics.metricRunCompletionFunction(name, options)!;
  return {
    [AlarmKind.COMPLETION_ERRORS]: whenAny({
      id: 'CompletionErrors',
      severity: AlarmSeverity.WARNING,
      meaning: 'The completion of a run failed, timed out or ran out of memory; Lambda tries it again before it goes to the failure queue',
      metric: (options) => metric('Errors', options),
    }),
    [AlarmKind.COMPLETION_THROTTLES]: {
      ...whenAny({
        id: 'CompletionThrottles',
        severity: AlarmSeverity.WARNING,
        meaning: 'Completions of runs were held back for a quarter of an hour; events older than the maximum event age go to the failure queue',
        metric: (options) => metric('Throttles', options),
      }),
      evaluationPeriods: 3,
      datapointsToAlarm: 3,
    },
    ...completionTimeout && {
      [AlarmKind.COMPLETION_NEAR_TIMEOUT]: {
        ...whenAny({
          id: 'CompletionNearTimeout',
          severity: AlarmSeverity.WARNING,
          meaning: `The completion of a run took more than 80 % of its time limit of ${completionTimeout.toHumanString()}`,
          metric: (options) => metric('Duration', { statistic: cloudwatch.Stats.MAXIMUM, ...options }),
        }),
        threshold: Math.round(completionTimeout.toMilliseconds() * 0.8),
        operator: GREATER_THAN_THRESHOLD,
      },
    },
  };
}

function recordingAlarms(sources: AlarmSources): { readonly [kind: string]: AlarmDefinition } {
  const { metrics, successRateTarget, minimumAttempts, recordLatencyTarget } = sources;
  return {
    [AlarmKind.SUCCESS_RATE_LOW]: {
      ...whenAny({
        id: 'SuccessRateLow',
        meaning: `Fewer than ${successRateTarget} % of the attempts to record an object succeeded, of at least ${minimumAttempts} in five minutes`,
        metric: (options) => metrics.metricJudgedSuccessRate(minimumAttempts, options),
      }),
      threshold: successRateTarget,
      operator: LESS_THAN_THRESHOLD,
    },
    [AlarmKind.RECORD_LATENCY_HIGH]: {
      ...whenAny({
        id: 'RecordLatencyHigh',
        severity: AlarmSeverity.WARNING,
        meaning: `One object in a hundred was recorded later than ${recordLatencyTarget.toHumanString()} after it landed, for a quarter of an hour`,
        metric: (options) => metrics.metricRecordLatency(options),
      }),
      threshold: recordLatencyTarget.toMilliseconds(),
      operator: GREATER_THAN_THRESHOLD,
      evaluationPeriods: 3,
      datapointsToAlarm: 3,
    },
  };
}

function bufferAlarms({ metrics, recordLatencyTarget }: AlarmSources): { readonly [kind: string]: AlarmDefinition } {
  if (!metrics.metricBufferAge()) return {};
  return {
    [AlarmKind.BUFFER_DELAYED]: {
      // The latency is known only of what was recorded: this is of what is not.
      ...whenAny({
        id: 'BufferDelayed',
        meaning: `An event has waited in the buffer for more than ${recordLatencyTarget.toHumanString()}, for a quarter of an hour`,
        metric: (options) => metrics.metricBufferAge(options)!,
      }),
      threshold: recordLatencyTarget.toMilliseconds() / 1000,
      operator: GREATER_THAN_THRESHOLD,
      evaluationPeriods: 3,
      datapointsToAlarm: 3,
    },
  };
}

function runAlarms({ metrics, runFreshness }: AlarmSources): { readonly [kind: string]: AlarmDefinition } {
  return {
    [AlarmKind.RUN_INCOMPLETE]: whenAny({
      id: 'RunIncomplete',
      meaning: 'What landed is not what the run\'s manifest says: a part is missing or altered, or one is there that it does not name',
      metric: (options) => metrics.metricRunsIncomplete(options),
    }),
    ...runFreshness && {
      [AlarmKind.RUN_OVERDUE]: {
        id: 'RunOverdue',
        meaning: `No run was completed for ${runFreshness.toHumanString()}`,
        metric: (options: { readonly period: Duration }) => metrics.metricRunsComplete(options),
        period: Duration.hours(1),
        threshold: 1,
        operator: LESS_THAN_THRESHOLD,
        evaluationPeriods: runFreshness.toHours(),
        datapointsToAlarm: runFreshness.toHours(),
        missing: cloudwatch.TreatMissingData.BREACHING,
        severity: AlarmSeverity.CRITICAL,
      },
    },
  };
}

/** An alarm that goes off at the first one in five minutes. */
function whenAny(what: Pick<AlarmDefinition, 'id' | 'meaning' | 'metric'> & Partial<Pick<AlarmDefinition, 'period' | 'severity'>>): AlarmDefinition {
  return {
    period: Duration.minutes(5),
    threshold: 1,
    operator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    missing: cloudwatch.TreatMissingData.NOT_BREACHING,
    severity: AlarmSeverity.CRITICAL,
    ...what,
  };
}
