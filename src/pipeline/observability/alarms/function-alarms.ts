import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmOptions } from './alarm-options';
import { checkAlarmOptions, createAlarmSet } from './alarm-set';
import { FUNCTION_ALARM_KINDS, functionAlarmDefinitions } from './function-alarm-definitions';
import { known, requireDuration, requireNumber, requireWhole } from '../../checks/validation';
import { FunctionMetrics } from '../metrics/function-metrics';

/** Options of a function's alarms. */
export interface FunctionAlarmsOptions extends AlarmOptions {
  /**
   * The function's time limit, 1 second to 15 minutes; an alarm goes off at 80 % of it.
   *
   * @default - the function's own; of an imported one it is not known, and the alarm is left out
   */
  readonly timeout?: Duration;

  /**
   * Share of invocations that must succeed, in percent, above 0 and at most 100.
   *
   * @default 99
   */
  readonly successRateTarget?: number;

  /**
   * How many invocations there must be in five minutes before success rate and cold starts are judged, at least 1.
   *
   * @default 20
   */
  readonly minimumInvocations?: number;

  /**
   * Share of invocations that may wait for a cold start, in percent, above 0 and at most 100.
   *
   * @default - any share
   */
  readonly coldStartShareLimit?: number;
}

/** Properties of a function's alarms. */
export interface FunctionAlarmsProps extends FunctionAlarmsOptions {
  /** The function, for its name and time limit. */
  readonly function: lambda.IFunction;

  /** Its metrics. */
  readonly metrics: FunctionMetrics;

  /** What people call the function, for the descriptions. */
  readonly title: string;

  /**
   * KMS key that encrypts what the topic sends.
   *
   * @default - see `AlarmTopic`
   */
  readonly encryptionKey?: kms.IKey;
}

/** The alarms of any Lambda function, and the topic they notify. */
export class FunctionAlarms extends Construct {
  /** The topic the alarms notify. */
  public readonly topic: sns.ITopic;

  /** The topic the alarms of severity `WARNING` notify; the same one unless another was given. */
  public readonly warningTopic: sns.ITopic;

  /** The alarm that is on while any critical one is; undefined unless it was asked for. */
  public readonly composite?: cloudwatch.CompositeAlarm;

  /**
   * Tells of failed attempts, for the alarms of errors and log lines, which do not notify themselves; undefined when overrides
   * leave none of them.
   */
  public readonly failedAttempts?: cloudwatch.CompositeAlarm;

  /** The alarms by their `FunctionAlarmKind`; one that is disabled or does not apply is not there. */
  public readonly alarms: { [kind: string]: cloudwatch.Alarm };

  constructor(scope: Construct, id: string, props: FunctionAlarmsProps) {
    super(scope, id);
    checkAlarmOptions(this, props, FUNCTION_ALARM_KINDS);
    requireDuration(this, 'timeout', props.timeout, { min: Duration.seconds(1), max: Duration.minutes(15) });
    requireNumber(this, 'successRateTarget', props.successRateTarget, { above: 0, max: 100, unit: 'percent' });
    requireWhole(this, 'minimumInvocations', props.minimumInvocations, { min: 1 });
    requireNumber(this, 'coldStartShareLimit', props.coldStartShareLimit, { above: 0, max: 100, unit: 'percent' });

    const { topic, warningTopic, alarms, composite, failedAttempts } = createAlarmSet(this, {
      definitions: functionAlarmDefinitions({
        metrics: props.metrics,
        timeout: known(props.timeout ?? timeoutOf(props.function)),
        successRateTarget: props.successRateTarget ?? 99,
        minimumInvocations: props.minimumInvocations ?? 20,
        coldStartShareLimit: props.coldStartShareLimit,
      }),
      options: props,
      subject: `Function: ${props.title}`,
      prefix: 'Function',
      functionNameOf: () => props.function.functionName,
      topic: { encryptionKey: props.encryptionKey, displayName: 'Function alarms' },
    });
    this.topic = topic;
    this.warningTopic = warningTopic;
    this.alarms = alarms;
    this.composite = composite;
    this.failedAttempts = failedAttempts;
  }
}

/** A function of this app that was given no time limit has Lambda's default. */
function timeoutOf(watched: lambda.IFunction): Duration | undefined {
  return watched instanceof lambda.Function ? watched.timeout ?? Duration.seconds(3) : undefined;
}
