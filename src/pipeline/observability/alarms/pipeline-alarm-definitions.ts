import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { AlarmDefinitions, AlarmSeverity, whenAbove, whenAny, whenItLasts } from './alarm-definition';
import { AlarmKind } from './alarm-kind';
import { lambdaAlarms, logAlarms } from './common-alarm-definitions';
import { PipelineMetrics } from '../metrics/pipeline-metrics';

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

/** Every alarm of a pipeline. */
export function pipelineAlarmDefinitions(sources: AlarmSources): AlarmDefinitions {
  return {
    ...failureAlarms(sources),
    ...logAlarms(sources.metrics),
    ...recorderAlarms(sources),
    ...completionAlarms(sources),
    ...recordingAlarms(sources),
    ...bufferAlarms(sources),
    ...runAlarms(sources),
    ...tableAlarms(sources),
  };
}

/** The kinds there are, whether they apply or not. */
export const PIPELINE_ALARM_KINDS: readonly string[] = [
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
  AlarmKind.TABLE_THROTTLES,
  AlarmKind.BUFFER_DELAYED,
  AlarmKind.RUN_INCOMPLETE,
  AlarmKind.TABLES_NOT_COMMITTED,
  AlarmKind.TABLES_NOT_PROVEN,
  AlarmKind.TABLES_COUNTED_OTHERWISE,
  AlarmKind.TABLES_NOT_COUNTED,
  AlarmKind.TABLES_NOT_COMPACTED,
  AlarmKind.RUN_OVERDUE,
];

function failureAlarms({ metrics }: AlarmSources): AlarmDefinitions {
  return {
    [AlarmKind.FAILURE_QUEUE_NOT_EMPTY]: whenAny({
      id: 'FailureQueueNotEmpty',
      meaning: 'At least one landed object could not be recorded, one run not completed or one table not compacted; its event and stack trace are in the failure queue',
      metric: (options) => metrics.metricFailureQueueDepth(options),
      period: Duration.minutes(1),
    }),
    [AlarmKind.FAILURE_QUEUE_UNREACHABLE]: whenAny({
      id: 'FailureQueueUnreachable',
      meaning: 'Lambda or EventBridge could not write a failed event to the failure queue, so that event is lost; its object is in S3 without a record, its run is not completed, or its table not compacted',
      metric: (options) => metrics.metricLostEvents(options),
    }),
  };
}

const RETRIED = 'Lambda tries it again before it goes to the failure queue';
const HELD_BACK = 'events older than the maximum event age go to the failure queue';

function recorderAlarms({ metrics, timeout }: AlarmSources): AlarmDefinitions {
  return lambdaAlarms({
    prefix: 'Recorder',
    kinds: { errors: AlarmKind.RECORDER_ERRORS, throttles: AlarmKind.RECORDER_THROTTLES, nearTimeout: AlarmKind.RECORDER_NEAR_TIMEOUT },
    one: 'An invocation of the recorder',
    several: 'Invocations of the recorder',
    afterFailure: RETRIED,
    afterThrottle: HELD_BACK,
    metric: (name, options) => metrics.metricRecorderFunction(name, options),
    timeout,
  });
}

function completionAlarms({ metrics, completionTimeout }: AlarmSources): AlarmDefinitions {
  if (!metrics.metricRunCompletionFunction('Errors')) return {};
  return lambdaAlarms({
    prefix: 'Completion',
    kinds: { errors: AlarmKind.COMPLETION_ERRORS, throttles: AlarmKind.COMPLETION_THROTTLES, nearTimeout: AlarmKind.COMPLETION_NEAR_TIMEOUT },
    one: 'The completion of a run',
    several: 'Completions of runs',
    afterFailure: RETRIED,
    afterThrottle: HELD_BACK,
    metric: (name, options) => metrics.metricRunCompletionFunction(name, options)!,
    timeout: completionTimeout,
  });
}

function recordingAlarms(sources: AlarmSources): AlarmDefinitions {
  const { metrics, successRateTarget, minimumAttempts, recordLatencyTarget } = sources;
  return {
    [AlarmKind.SUCCESS_RATE_LOW]: whenAny({
      id: 'SuccessRateLow',
      meaning: `Fewer than ${successRateTarget} % of the attempts to record an object succeeded, of at least ${minimumAttempts} in five minutes`,
      metric: (options) => metrics.metricJudgedSuccessRate(minimumAttempts, options),
      threshold: successRateTarget,
      operator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    }),
    [AlarmKind.RECORD_LATENCY_HIGH]: whenItLasts(whenAbove({
      id: 'RecordLatencyHigh',
      severity: AlarmSeverity.WARNING,
      meaning: `One object in a hundred was recorded later than ${recordLatencyTarget.toHumanString()} after it landed, for a quarter of an hour`,
      metric: (options) => metrics.metricRecordLatency(options),
      threshold: recordLatencyTarget.toMilliseconds(),
    })),
    // The SDK repeats a write that was refused: what is over soon was no harm.
    [AlarmKind.TABLE_THROTTLES]: whenItLasts(whenAny({
      id: 'TableThrottles',
      severity: AlarmSeverity.WARNING,
      meaning: 'DynamoDB refused writes to the metadata table or its indexes for want of capacity, for a quarter of an hour',
      metric: (options) => metrics.metricWriteThrottles(options),
    })),
  };
}

function bufferAlarms({ metrics, recordLatencyTarget }: AlarmSources): AlarmDefinitions {
  if (!metrics.metricBufferAge()) return {};
  return {
    // The latency is known only of what was recorded: this is of what is not.
    [AlarmKind.BUFFER_DELAYED]: whenItLasts(whenAbove({
      id: 'BufferDelayed',
      meaning: `An event has waited in the buffer for more than ${recordLatencyTarget.toHumanString()}, for a quarter of an hour`,
      metric: (options) => metrics.metricBufferAge(options)!,
      threshold: recordLatencyTarget.toMilliseconds() / 1000,
    })),
  };
}

function runAlarms({ metrics, runFreshness }: AlarmSources): AlarmDefinitions {
  return {
    [AlarmKind.RUN_INCOMPLETE]: whenAny({
      id: 'RunIncomplete',
      meaning: 'What landed is not what the run\'s manifest says: a part is missing or altered, or one is there that it does not name',
      metric: (options) => metrics.metricRunsIncomplete(options),
    }),
    ...runFreshness && {
      [AlarmKind.RUN_OVERDUE]: whenAny({
        id: 'RunOverdue',
        meaning: `No run was completed for ${runFreshness.toHumanString()}`,
        // Zeros, not BREACHING: missing data counts only when the whole evaluation range is empty, which is longer than the
        // periods (CloudWatch, "Configuring how CloudWatch alarms treat missing data"), so the alarm would come late.
        metric: (options) => metrics.metricRunsSinceFirst(options),
        period: Duration.hours(1),
        operator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: runFreshness.toHours(),
        datapointsToAlarm: runFreshness.toHours(),
        // Nothing in sight: before the first run the alarm stays without a state, after long silence it stays on.
        missing: cloudwatch.TreatMissingData.IGNORE,
      }),
    },
  };
}

function tableAlarms({ metrics }: AlarmSources): AlarmDefinitions {
  if (!metrics.commitsTables) return {};
  return {
    [AlarmKind.TABLES_NOT_COMMITTED]: whenAny({
      id: 'TablesNotCommitted',
      meaning: 'A table of a complete run could not be committed, so that it shows an earlier run; the other tables of the run are committed',
      metric: (options) => metrics.metricTablesNotCommitted(options),
    }),
    [AlarmKind.TABLES_NOT_PROVEN]: whenAny({
      id: 'TablesNotProven',
      meaning: 'A committed table is not what its run\'s manifest says, or files that it names are gone',
      metric: (options) => metrics.metricTablesNotProven(options),
    }),
    [AlarmKind.TABLES_COUNTED_OTHERWISE]: whenAny({
      id: 'TablesCountedOtherwise',
      meaning: 'After a run a table has other rows than its source counted in the transaction that the run read',
      metric: (options) => metrics.metricTablesCountedOtherwise(options),
    }),
    [AlarmKind.TABLES_NOT_COUNTED]: whenAny({
      id: 'TablesNotCounted',
      severity: AlarmSeverity.WARNING,
      meaning: 'The source counted the rows of a table, and those that landed could not be counted: nobody has compared them',
      metric: (options) => metrics.metricTablesNotCounted(options),
    }),
    ...metrics.metricTablesNotCompacted() && {
      [AlarmKind.TABLES_NOT_COMPACTED]: whenAny({
        id: 'TablesNotCompacted',
        severity: AlarmSeverity.WARNING,
        meaning: 'A landed table could not be compacted: its rows are as they were, and readers get slower with each run of changes',
        metric: (options) => metrics.metricTablesNotCompacted(options)!,
      }),
    },
  };
}
