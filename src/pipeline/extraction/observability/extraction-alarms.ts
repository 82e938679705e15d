import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ExtractionMetrics } from './extraction-metrics';
import { METRICS } from '../../../contract';
import { AlarmDefinitions, AlarmSeverity, whenAbove, whenAny, whenItLasts } from '../../observability/alarms/alarm-definition';
import { AlarmOptions } from '../../observability/alarms/alarm-options';
import { AlarmSet, createAlarmSet } from '../../observability/alarms/alarm-set';
import { failureQueueDepth } from '../../observability/metrics/failure-queue-metrics';
import { Following, lagLimitOf } from '../mode/following';

/** The alarms of an extraction: keys of `alarmOverrides`, and of the alarms an extraction made. */
export class ExtractionAlarmKind {
  /** An execution failed or took too long. */
  public static readonly FAILED = 'extractionFailed';

  /** No extraction was completed for too long; only where that is known (`overdueAfter`). */
  public static readonly OVERDUE = 'extractionOverdue';

  /** An extraction took twice as long as it usually does. */
  public static readonly SLOW = 'extractionSlow';

  /** The source throttled readers, or slowed down, for a quarter of an hour. */
  public static readonly SOURCE_THROTTLED = 'extractionSourceThrottled';

  /** The schedule could not start an execution, or what is to be done after one failed. */
  public static readonly DEAD_LETTERS = 'extractionDeadLetters';

  /** A database snapshot was dropped, since nobody went on with its run; only where they are kept (`keepSnapshotFor`). */
  public static readonly SNAPSHOT_EXPIRED = 'extractionSnapshotExpired';

  /** What a run of changes brought was old when it landed; only with `ExtractionMode.changes`. */
  public static readonly CHANGES_LAGGING = 'extractionChangesLagging';

  /** Tables of run after run wait for an earlier run, which is not applied; only with `ExtractionMode.changes`. */
  public static readonly CHANGES_WAITING = 'extractionChangesWaiting';

  /** What changed in a table could not be learnt without a gap; only with `ExtractionMode.changes`. */
  public static readonly CHANGE_GAP = 'extractionChangeGap';

  private constructor() {}
}

/** The kinds there are, whether they apply or not. */
export const EXTRACTION_ALARM_KINDS: readonly string[] = [
  ExtractionAlarmKind.FAILED, ExtractionAlarmKind.OVERDUE, ExtractionAlarmKind.SLOW, ExtractionAlarmKind.SOURCE_THROTTLED,
  ExtractionAlarmKind.DEAD_LETTERS, ExtractionAlarmKind.SNAPSHOT_EXPIRED, ExtractionAlarmKind.CHANGES_LAGGING, ExtractionAlarmKind.CHANGES_WAITING,
  ExtractionAlarmKind.CHANGE_GAP,
];

/** From this multiple of the usual time on an extraction is slow. */
const SLOW_RATIO = 2;

/** What the alarms judge by. */
export interface ExtractionAlarmSources {
  readonly metrics: ExtractionMetrics;
  readonly deadLetters: sqs.IQueue;
  readonly overdueAfter?: Duration;
  readonly keepsSnapshots: boolean;
  /** Of runs of changes. */
  readonly following?: Following;
}

/** What an extraction's alarms are made of. */
export interface ExtractionAlarmsProps extends ExtractionAlarmSources {
  readonly options: AlarmOptions;
  readonly extractionName: string;
  readonly stateMachine: sfn.IStateMachine;
  /** Of the topic, if one must be made. */
  readonly encryptionKey?: kms.IKey;
}

/** Makes the alarms in `scope`, and the topic they notify unless one was given. */
export function createExtractionAlarms(scope: Construct, props: ExtractionAlarmsProps): AlarmSet {
  const { options, extractionName, stateMachine, encryptionKey } = props;
  return createAlarmSet(scope, {
    definitions: extractionAlarmDefinitions(props),
    options,
    subject: `Extraction: ${extractionName}`,
    prefix: 'Extraction',
    place: `Executions: ${executionsUrlOf(stateMachine)}`,
    topic: { encryptionKey, displayName: 'Extraction alarms' },
  });
}

/** Page of a state machine's executions in the console. */
export function executionsUrlOf(stateMachine: sfn.IStateMachine): string {
  const { region } = Stack.of(stateMachine);
  return `https://${region}.console.aws.amazon.com/states/home?region=${region}#/statemachines/view/${stateMachine.stateMachineArn}`;
}

/** Every alarm of an extraction. */
export function extractionAlarmDefinitions(
  { metrics, deadLetters, overdueAfter, keepsSnapshots, following }: ExtractionAlarmSources,
): AlarmDefinitions {
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
        metric: (options) => (following ? metrics.metricInStepSinceFirst(options) : metrics.metricCompletedSinceFirst(options)),
        period: Duration.hours(1),
        operator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: overdueAfter.toHours(),
        datapointsToAlarm: overdueAfter.toHours(),
        missing: cloudwatch.TreatMissingData.IGNORE,
      }),
    },
    // Runs of changes take as long as there are changes.
    ...!following && {
      [ExtractionAlarmKind.SLOW]: whenAny({
        id: 'ExtractionSlow',
        severity: AlarmSeverity.WARNING,
        meaning: `An extraction took ${SLOW_RATIO} times as long as the median of those before it, or longer`,
        metric: (options) => metrics.metricDurationRatio(options),
        threshold: SLOW_RATIO,
      }),
    },
    // One refusal is tried again and costs seconds.
    [ExtractionAlarmKind.SOURCE_THROTTLED]: whenItLasts(whenAny({
      id: 'ExtractionSourceThrottled',
      severity: AlarmSeverity.WARNING,
      meaning: 'The source refused requests since it had too many, or became so slow that readers paused, for a quarter of an hour',
      metric: (options) => metrics.metricThrottles(options),
    })),
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
    ...following && followingAlarms(metrics, following),
  };
}

function followingAlarms(metrics: ExtractionMetrics, following: Following): AlarmDefinitions {
  const { every, pipeline } = following;
  const limit = lagLimitOf(following);
  return {
    [ExtractionAlarmKind.CHANGES_LAGGING]: whenAbove({
      id: 'ExtractionChangesLagging',
      severity: AlarmSeverity.WARNING,
      meaning: `What a run of changes brought was older than ${limit.toHumanString()} when it landed`,
      metric: (options) => metrics.metricChangeLagSeconds(options),
      threshold: limit.toSeconds(),
    }),
    [ExtractionAlarmKind.CHANGES_WAITING]: whenAny({
      id: 'ExtractionChangesWaiting',
      meaning: 'Of run after run tables wait for an earlier run, which is not applied; the tables show that earlier state',
      metric: (options) => pipeline.metric(METRICS.tablesWaiting, options),
      // A period in which a run lands; one that was overtaken is no harm, and neighbours may share a period.
      period: every.toMinutes() < 5 ? Duration.minutes(5) : every,
      evaluationPeriods: 4,
      datapointsToAlarm: 3,
    }),
    [ExtractionAlarmKind.CHANGE_GAP]: whenAny({
      id: 'ExtractionChangeGap',
      severity: AlarmSeverity.WARNING,
      meaning: 'What changed in a table could not be learnt without a gap; the table was read whole, or the execution failed',
      metric: (options) => metrics.metricChangeGaps(options),
    }),
  };
}
