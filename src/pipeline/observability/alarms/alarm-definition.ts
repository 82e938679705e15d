import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/** How bad it is that an alarm goes off. */
export enum AlarmSeverity {
  /** Something is not recorded, lost or wrong until somebody acts. */
  CRITICAL = 'critical',

  /** It may become so, or has mended itself by a retry: to be looked at in working hours. */
  WARNING = 'warning',
}

/** One alarm: what it reads, when it goes off, and what that means. */
export interface AlarmDefinition {
  /** Id of the construct; in words, the heading of the runbook. */
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
  /**
   * Whether it tells of an attempt that failed, of which others tell too: one bad object is an error of the function and three
   * kinds of log lines. While they are warnings they are told of together (see `createAlarmSet`).
   */
  readonly ofFailedAttempt?: boolean;
}

/**
 * Alarms by their kind; an alarm that does not apply is left out.
 *
 * Missing data: these metrics have data only while something happens, so silence is no breach, and an alarm goes back to
 * OK when it is quiet again. The one exception is the freshness alarm, where silence after a run is the breach.
 */
export interface AlarmDefinitions {
  readonly [kind: string]: AlarmDefinition;
}

type Essentials = Pick<AlarmDefinition, 'id' | 'meaning' | 'metric'> & Partial<AlarmDefinition>;

/** An alarm that goes off at the first one in five minutes. */
export function whenAny(what: Essentials): AlarmDefinition {
  return {
    period: Duration.minutes(5),
    threshold: 1,
    operator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    missing: cloudwatch.TreatMissingData.NOT_BREACHING,
    severity: AlarmSeverity.CRITICAL,
    ...what,
  };
}

/** An alarm that goes off at the first value above the threshold. */
export function whenAbove(what: Essentials & Pick<AlarmDefinition, 'threshold'>): AlarmDefinition {
  return whenAny({ operator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD, ...what });
}

/**
 * An alarm of a failed attempt: a warning that stays on for a quarter of an hour at least, longer than the message of it waits
 * for the failure queue's alarm.
 */
export function whenAttemptFails(what: Essentials): AlarmDefinition {
  return whenAny({ severity: AlarmSeverity.WARNING, ofFailedAttempt: true, evaluationPeriods: 4, ...what });
}

/** The same alarm when it goes on for a quarter of an hour: what passes by itself is not worth a message. */
export function whenItLasts(definition: AlarmDefinition): AlarmDefinition {
  return { ...definition, evaluationPeriods: 3, datapointsToAlarm: 3 };
}
