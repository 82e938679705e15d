import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmOptions } from './alarm-options';
import { checkAlarmOptions, createAlarmSet } from './alarm-set';
import { PIPELINE_ALARM_KINDS, pipelineAlarmDefinitions } from './pipeline-alarm-definitions';
import { known, requireDuration, requireNumber, requireWhole } from '../../checks/validation';
import { PipelineMetrics } from '../metrics/pipeline-metrics';

/** Options of a pipeline's alarms. */
export interface PipelineAlarmsOptions extends AlarmOptions {
  /**
   * Share of attempts to record an object that must succeed, in percent, above 0 and at most 100.
   *
   * @default 99
   */
  readonly successRateTarget?: number;

  /**
   * How many attempts there must be in five minutes before their success rate is judged, at least 1.
   *
   * @default 20
   */
  readonly successRateMinimumAttempts?: number;

  /**
   * How long after it landed an object may be recorded (99th percentile), 1 millisecond to 1 hour.
   *
   * @default Duration.seconds(60)
   */
  readonly recordLatencyTarget?: Duration;

  /**
   * Longest time between two completed runs, whole hours, 1 to 168.
   *
   * @default - runs may come at any time
   */
  readonly runFreshness?: Duration;
}

/** Properties of pipeline alarms. */
export interface PipelineAlarmsProps extends PipelineAlarmsOptions {
  /** Metrics of the pipeline; those of its logs are made by `LogMetrics`. */
  readonly metrics: PipelineMetrics;

  /** The recorder function, for its name and time limit. */
  readonly recorder: lambda.Function;

  /**
   * The function that completes runs, for its name and time limit.
   *
   * @default - none: its alarms are left out
   */
  readonly runCompletion?: lambda.Function;

  /**
   * The function that compacts tables, for its name.
   *
   * @default - none
   */
  readonly compactor?: lambda.IFunction;

  /** Name of the pipeline, for the descriptions. */
  readonly pipelineName: string;

  /**
   * KMS key that encrypts what the topic sends.
   *
   * @default - see `AlarmTopic`
   */
  readonly encryptionKey?: kms.IKey;
}

/** The alarms of a pipeline and the topic they notify. */
export class PipelineAlarms extends Construct {
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

  /** The alarms by their `AlarmKind`; one that is disabled or does not apply is not there. */
  public readonly alarms: { [kind: string]: cloudwatch.Alarm };

  constructor(scope: Construct, id: string, props: PipelineAlarmsProps) {
    super(scope, id);
    checkAlarmOptions(this, props, PIPELINE_ALARM_KINDS);
    this.validateTargets(props);
    const { recorder, runCompletion, compactor } = props;
    const { topic, warningTopic, alarms, composite, failedAttempts } = createAlarmSet(this, {
      definitions: pipelineAlarmDefinitions({
        metrics: props.metrics,
        timeout: known(recorder.timeout),
        completionTimeout: known(runCompletion?.timeout),
        successRateTarget: props.successRateTarget ?? 99,
        minimumAttempts: props.successRateMinimumAttempts ?? 20,
        recordLatencyTarget: props.recordLatencyTarget ?? Duration.seconds(60),
        runFreshness: props.runFreshness,
      }),
      options: props,
      subject: `Pipeline: ${props.pipelineName}`,
      functionNameOf: ({ id: alarm }) => {
        if (compactor && alarm === 'TablesNotCompacted') return compactor.functionName;
        return (runCompletion && /^(Completion|Run|Tables)/.test(alarm) ? runCompletion : recorder).functionName;
      },
      topic: { encryptionKey: props.encryptionKey },
    });
    this.topic = topic;
    this.warningTopic = warningTopic;
    this.alarms = alarms;
    this.composite = composite;
    this.failedAttempts = failedAttempts;
  }

  private validateTargets(props: PipelineAlarmsOptions): void {
    requireNumber(this, 'successRateTarget', props.successRateTarget, { above: 0, max: 100, unit: 'percent' });
    requireWhole(this, 'successRateMinimumAttempts', props.successRateMinimumAttempts, { min: 1 });
    requireDuration(this, 'recordLatencyTarget', props.recordLatencyTarget, { min: Duration.millis(1), max: Duration.hours(1) });
    requireDuration(this, 'runFreshness', props.runFreshness, { min: Duration.hours(1), max: Duration.hours(168), whole: 'hours' });
  }
}
