import { Annotations, Aws, Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ALARM_KINDS, AlarmDefinition, alarmDefinitions } from './alarm-definitions';
import { AlarmOverride } from './alarm-kind';
import { AlarmSeverity } from './alarm-severity';
import { AlarmTopic } from './alarm-topic';
import { PipelineMetrics } from './pipeline-metrics';
import { invalidInput, requireDuration, requireNumber, requireText, requireWhole } from '../validation';

/** Where the alarms' meanings and remedies are written down. */
const RUNBOOK = 'https://github.com/cdk-legacy-to-s3/cdk-legacy-to-s3/blob/main/docs/runbook.md';

/** Options of a pipeline's alarms. */
export interface PipelineAlarmsOptions {
  /**
   * E-mail address that is told of every change into alarm and back; SNS asks it for confirmation first.
   *
   * @default - nobody is told by e-mail
   */
  readonly alarmEmail?: string;

  /**
   * Topic the alarms notify; its policy must let CloudWatch publish.
   *
   * @default - a new `AlarmTopic`
   */
  readonly alarmTopic?: sns.ITopic;

  /**
   * Topic that the alarms of severity `WARNING` notify instead; its policy must let CloudWatch publish. `alarmEmail` is not
   * subscribed to it.
   *
   * @default - the topic of all the others
   */
  readonly warningTopic?: sns.ITopic;

  /**
   * Whether to make one more alarm that is on while any alarm of severity `CRITICAL` is: for a deployment to roll back by,
   * or a dashboard of many pipelines. It notifies nobody; the alarms it is made of do.
   *
   * @default false
   */
  readonly compositeAlarm?: boolean;

  /**
   * Further actions of every alarm.
   *
   * @default - the topic alone
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];

  /**
   * Changes to single alarms, by their `AlarmKind`; an unknown kind is refused.
   *
   * @default - the alarms as they are
   */
  readonly alarmOverrides?: { [kind: string]: AlarmOverride };

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

  /** The alarms by their `AlarmKind`; one that is disabled or does not apply is not there. */
  public readonly alarms: { [kind: string]: cloudwatch.Alarm };

  private readonly critical: cloudwatch.Alarm[] = [];

  constructor(scope: Construct, id: string, props: PipelineAlarmsProps) {
    super(scope, id);
    this.validateOptions(props);

    this.topic = props.alarmTopic ?? new AlarmTopic(this, 'Topic', { encryptionKey: props.encryptionKey });
    if (props.alarmEmail !== undefined) {
      // Not `EmailSubscription`: it makes a construct id of the address, which fails for a token.
      new sns.Subscription(this, 'Email', { topic: this.topic, protocol: sns.SubscriptionProtocol.EMAIL, endpoint: props.alarmEmail });
    }
    this.warningTopic = props.warningTopic ?? this.topic;
    this.alarms = this.createAlarms(props);
    if (props.compositeAlarm) this.composite = this.createComposite(props.pipelineName);
    if (props.alarmEmail === undefined && props.alarmTopic === undefined && !props.alarmActions?.length) {
      Annotations.of(this).addWarningV2(
        'cdk-legacy-to-s3:noAlarmReceiver',
        'nobody hears the alarms: set alarmEmail, alarmTopic or alarmActions, or subscribe to alarmTopic yourself and acknowledge this',
      );
    }
  }

  private createAlarms(props: PipelineAlarmsProps): { [kind: string]: cloudwatch.Alarm } {
    const timeout = known(props.recorder.timeout);
    const definitions = alarmDefinitions({
      metrics: props.metrics,
      timeout,
      completionTimeout: known(props.runCompletion?.timeout),
      successRateTarget: props.successRateTarget ?? 99,
      minimumAttempts: props.successRateMinimumAttempts ?? 20,
      recordLatencyTarget: props.recordLatencyTarget ?? Duration.seconds(60),
      runFreshness: props.runFreshness,
    });
    const alarms: { [kind: string]: cloudwatch.Alarm } = {};
    for (const [kind, definition] of Object.entries(definitions)) {
      const override = props.alarmOverrides?.[kind] ?? {};
      if (!(override.enabled ?? true)) continue;
      const severity = override.severity ?? definition.severity;
      alarms[kind] = this.createAlarm(definition, override, props);
      this.connect(alarms[kind], severity, props.alarmActions ?? []);
      if (severity === AlarmSeverity.CRITICAL) this.critical.push(alarms[kind]);
    }
    return alarms;
  }

  private connect(alarm: cloudwatch.Alarm, severity: AlarmSeverity, further: cloudwatch.IAlarmAction[]): void {
    const told = new actions.SnsAction(severity === AlarmSeverity.WARNING ? this.warningTopic : this.topic);
    alarm.addAlarmAction(told, ...further);
    alarm.addOkAction(told);
  }

  private createComposite(pipelineName: string): cloudwatch.CompositeAlarm | undefined {
    if (this.critical.length === 0) return undefined;
    return new cloudwatch.CompositeAlarm(this, 'Critical', {
      alarmDescription: `A critical alarm of the pipeline ${pipelineName} is on; that alarm says what to do`,
      alarmRule: cloudwatch.AlarmRule.anyOf(...this.critical.map((alarm) => cloudwatch.AlarmRule.fromAlarm(alarm, cloudwatch.AlarmState.ALARM))),
    });
  }

  private createAlarm(definition: AlarmDefinition, override: AlarmOverride, props: PipelineAlarmsProps): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, definition.id, {
      alarmDescription: this.describe(definition, props),
      metric: definition.metric({ period: override.period ?? definition.period }),
      threshold: override.threshold ?? definition.threshold,
      comparisonOperator: definition.operator,
      evaluationPeriods: override.evaluationPeriods ?? definition.evaluationPeriods,
      datapointsToAlarm: override.datapointsToAlarm ?? override.evaluationPeriods ?? definition.datapointsToAlarm,
      treatMissingData: override.treatMissingData ?? definition.missing,
      actionsEnabled: override.actionsEnabled ?? true,
    });
  }

  private describe(definition: AlarmDefinition, { pipelineName, recorder, runCompletion }: PipelineAlarmsProps): string {
    const concerned = runCompletion && /^(Completion|Run)/.test(definition.id) ? runCompletion : recorder;
    const anchor = definition.id.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
    const link = `https://${Aws.REGION}.console.aws.amazon.com/lambda/home?region=${Aws.REGION}#/functions/${concerned.functionName}?tab=monitoring`;
    return `${definition.meaning}. Pipeline: ${pipelineName}. What to do: ${RUNBOOK}#${anchor} Function and logs: ${link}`;
  }

  private validateOptions(props: PipelineAlarmsOptions): void {
    requireText(this, 'alarmEmail', props.alarmEmail, /^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'an e-mail address such as name@example.com');
    requireNumber(this, 'successRateTarget', props.successRateTarget, { above: 0, max: 100, unit: 'percent' });
    requireWhole(this, 'successRateMinimumAttempts', props.successRateMinimumAttempts, { min: 1 });
    requireDuration(this, 'recordLatencyTarget', props.recordLatencyTarget, { min: Duration.millis(1), max: Duration.hours(1) });
    requireDuration(this, 'runFreshness', props.runFreshness, { min: Duration.hours(1), max: Duration.hours(168), whole: 'hours' });
    for (const [kind, override] of Object.entries(props.alarmOverrides ?? {})) this.validateOverride(kind, override);
  }

  private validateOverride(kind: string, { period, evaluationPeriods, datapointsToAlarm }: AlarmOverride): void {
    if (!ALARM_KINDS.includes(kind)) {
      throw invalidInput(this, `alarmOverrides has the unknown alarm '${kind}'; known are ${ALARM_KINDS.join(', ')}`);
    }
    const name = (field: string) => `alarmOverrides.${kind}.${field}`;
    requireWhole(this, name('evaluationPeriods'), evaluationPeriods, { min: 1 });
    requireWhole(this, name('datapointsToAlarm'), datapointsToAlarm, { min: 1, max: Token.isUnresolved(evaluationPeriods) ? undefined : evaluationPeriods });
    requireDuration(this, name('period'), period, { min: Duration.seconds(10), max: Duration.days(1) });
  }
}

function known(duration: Duration | undefined): Duration | undefined {
  return duration?.isUnresolved() ? undefined : duration;
}
