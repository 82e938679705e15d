import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { AlarmSeverity } from './alarm-definition';

/** What to change on one alarm; what is not set stays as it is. */
export interface AlarmOverride {
  /**
   * Whether to make the alarm at all.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Threshold, in the unit of the alarm's metric.
   *
   * @default - the alarm's own
   */
  readonly threshold?: number;

  /**
   * Length of one period.
   *
   * @default - the alarm's own
   */
  readonly period?: Duration;

  /**
   * How many of the latest periods are looked at.
   *
   * @default - the alarm's own
   */
  readonly evaluationPeriods?: number;

  /**
   * How many of them must breach the threshold.
   *
   * @default - the alarm's own; as many as are looked at, when `evaluationPeriods` is overridden
   */
  readonly datapointsToAlarm?: number;

  /**
   * What a period without data means.
   *
   * @default - the alarm's own
   */
  readonly treatMissingData?: cloudwatch.TreatMissingData;

  /**
   * How bad it is: which topic is told, and whether the composite alarm goes off too.
   *
   * @default - the alarm's own
   */
  readonly severity?: AlarmSeverity;

  /**
   * Whether the alarm notifies; without, it only shows its state.
   *
   * @default true
   */
  readonly actionsEnabled?: boolean;
}
