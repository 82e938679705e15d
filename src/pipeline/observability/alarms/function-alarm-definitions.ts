import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { AlarmDefinitions, AlarmSeverity, whenAbove, whenAny, whenAttemptFails, whenItLasts } from './alarm-definition';
import { FunctionAlarmKind } from './alarm-kind';
import { lambdaAlarms, logAlarms } from './common-alarm-definitions';
import { FunctionMetrics } from '../metrics/function-metrics';

/** What the alarms of a function judge by. */
export interface FunctionAlarmSources {
  readonly metrics: FunctionMetrics;
  /** Undefined when it is not known. */
  readonly timeout?: Duration;
  /** Percent of invocations. */
  readonly successRateTarget: number;
  readonly minimumInvocations: number;
  /** Percent of invocations. */
  readonly coldStartShareLimit?: number;
}

/** The kinds there are, whether they apply or not. */
export const FUNCTION_ALARM_KINDS: readonly string[] = [
  FunctionAlarmKind.ERRORS,
  FunctionAlarmKind.THROTTLES,
  FunctionAlarmKind.NEAR_TIMEOUT,
  FunctionAlarmKind.TIMEOUTS,
  FunctionAlarmKind.OUT_OF_MEMORY,
  FunctionAlarmKind.SUCCESS_RATE_LOW,
  FunctionAlarmKind.COLD_STARTS_HIGH,
  FunctionAlarmKind.FAILURE_QUEUE_NOT_EMPTY,
  FunctionAlarmKind.FAILURE_QUEUE_UNREACHABLE,
  FunctionAlarmKind.LOG_ERROR_KEYWORD,
  FunctionAlarmKind.LOG_FAILURE_KEYWORD,
  FunctionAlarmKind.LOG_STRUCTURED_ERRORS,
];

/** Every alarm of a function. */
export function functionAlarmDefinitions(sources: FunctionAlarmSources): AlarmDefinitions {
  const { metrics, timeout } = sources;
  return {
    ...lambdaAlarms({
      prefix: 'Function',
      kinds: { errors: FunctionAlarmKind.ERRORS, throttles: FunctionAlarmKind.THROTTLES, nearTimeout: FunctionAlarmKind.NEAR_TIMEOUT },
      one: 'An invocation',
      several: 'Invocations',
      afterFailure: 'who called it got an error, or Lambda tries the event again',
      afterThrottle: 'callers are refused, and events that wait grow old',
      metric: (name, options) => metrics.metric(name, options),
      timeout,
    }),
    ...reportAlarms(sources),
    ...rateAlarms(sources),
    ...failureQueueAlarms(sources),
    ...logAlarms(metrics.logMetrics),
  };
}

function reportAlarms({ metrics: { logMetrics } }: FunctionAlarmSources): AlarmDefinitions {
  return {
    [FunctionAlarmKind.TIMEOUTS]: whenAttemptFails({
      id: 'FunctionTimeouts', meaning: 'An invocation was ended by the time limit, whatever it was doing', metric: (options) => logMetrics.metricTimeouts(options),
    }),
    [FunctionAlarmKind.OUT_OF_MEMORY]: whenAttemptFails({
      id: 'FunctionOutOfMemory', meaning: 'An invocation ran out of memory; another try of the same will too', metric: (options) => logMetrics.metricOutOfMemory(options),
    }),
  };
}

function rateAlarms({ metrics, successRateTarget, minimumInvocations, coldStartShareLimit }: FunctionAlarmSources): AlarmDefinitions {
  return {
    [FunctionAlarmKind.SUCCESS_RATE_LOW]: whenAny({
      id: 'FunctionSuccessRateLow',
      meaning: `Fewer than ${successRateTarget} % of the invocations succeeded, of at least ${minimumInvocations} in five minutes`,
      metric: (options) => metrics.metricJudgedSuccessRate(minimumInvocations, options),
      threshold: successRateTarget,
      operator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    }),
    ...coldStartShareLimit !== undefined && {
      // A deployment or a burst starts many environments at once, and is over soon.
      [FunctionAlarmKind.COLD_STARTS_HIGH]: whenItLasts(whenAbove({
        id: 'FunctionColdStartsHigh',
        severity: AlarmSeverity.WARNING,
        meaning: `More than ${coldStartShareLimit} % of the invocations waited for a cold start, of at least ${minimumInvocations} in five minutes, for a quarter of an hour`,
        metric: (options) => metrics.metricJudgedColdStartShare(minimumInvocations, options),
        threshold: coldStartShareLimit,
      })),
    },
  };
}

function failureQueueAlarms({ metrics }: FunctionAlarmSources): AlarmDefinitions {
  if (!metrics.metricFailureQueueDepth()) return {};
  return {
    [FunctionAlarmKind.FAILURE_QUEUE_NOT_EMPTY]: whenAny({
      id: 'FunctionFailureQueueNotEmpty',
      meaning: 'At least one event failed after all retries; it is in the failure queue',
      metric: (options) => metrics.metricFailureQueueDepth(options)!,
      period: Duration.minutes(1),
    }),
    [FunctionAlarmKind.FAILURE_QUEUE_UNREACHABLE]: whenAny({
      id: 'FunctionFailureQueueUnreachable',
      meaning: 'Lambda could not write a failed event to the failure queue, so that event is lost',
      metric: (options) => metrics.metricLostEvents(options),
    }),
  };
}
