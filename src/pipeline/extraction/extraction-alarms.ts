import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ExtractionMetrics } from './extraction-metrics';
import { AlarmDefinitions, AlarmSeverity, whenAny } from '../observability/alarms/alarm-definition';
import { failureQueueDepth } from '../observability/metrics/failure-queue-metrics';

/** The alarms of an extraction: keys of `alarmOverrides`, and of the alarms an extraction made. */
export class ExtractionAlarmKind {
  /** An execution failed or took too long. */
  public static readonly FAILED = 'extractionFailed';

  /** No extraction was completed for too long; only where that is known (`overdueAfter`). */
  public static readonly OVERDUE = 'extractionOverdue';

  /** The schedule could not start an execution, or what is to be done after one failed. */
  public static readonly DEAD_LETTERS = 'extractionDeadLetters';

  /** A database snapshot was dropped, since nobody went on with its run; only where they are kept (`keepSnapshotFor`). */
  public static readonly SNAPSHOT_EXPIRED = 'extractionSnapshotExpired';

  private constructor() {}
}

/** The kinds there are, whether they apply or not. */
export const EXTRACTION_ALARM_KINDS: readonly string[] = [
  ExtractionAlarmKind.FAILED, ExtractionAlarmKind.OVERDUE, ExtractionAlarmKind.DEAD_LETTERS, ExtractionAlarmKind.SNAPSHOT_EXPIRED,
];

/** What the alarms judge by. */
export interface ExtractionAlarmSources {
  readonly metrics: ExtractionMetrics;
  readonly deadLetters: sqs.IQueue;
  readonly overdueAfter?: Duration;
  readonly keepsSnapshots: boolean;
}

/** Every alarm of an extraction. */
export function extractionAlarmDefinitions({ metrics, deadLetters, overdueAfter, keepsSnapshots }: ExtractionAlarmSources): AlarmDefinitions {
  return {
    [ExtractionAlarmKind.FAILED]: whenAny({
      id: 'ExtractionFailed',
      meaning: 'An execution failed or took too long; what it landed is no run until it is redriven and completed',
      metric: (options) => metrics.metricFailed(options),
    }),
    ...overdueAfter && {
      [ExtractionAlarmKind.OVERDUE]: whenAny({
        id: 'ExtractionOverdue',
        meaning: `No extraction was completed for ${overdueAfter.toHumanString()}`,
        // Zeros, not BREACHING, as for the runs of a pipeline: missing data would tell it late.
        metric: (options) => metrics.metricCompletedSinceFirst(options),
        period: Duration.hours(1),
        operator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: overdueAfter.toHours(),
        datapointsToAlarm: overdueAfter.toHours(),
        missing: cloudwatch.TreatMissingData.IGNORE,
      }),
    },
    [ExtractionAlarmKind.DEAD_LETTERS]: whenAny({
      id: 'ExtractionDeadLetters',
      meaning: 'The schedule could not start an execution, or what is to be done after a failed one was not done; the queue of dead letters says which',
      metric: (options) => failureQueueDepth(deadLetters, options),
      period: Duration.minutes(1),
    }),
    ...keepsSnapshots && {
      [ExtractionAlarmKind.SNAPSHOT_EXPIRED]: whenAny({
        id: 'ExtractionSnapshotExpired',
        meaning: 'A failed execution was not redriven in time, and its database snapshot was dropped; it cannot be redriven any more',
        metric: (options) => metrics.metricSnapshotsExpired(options),
        severity: AlarmSeverity.WARNING,
      }),
    },
  };
}
