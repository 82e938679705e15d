import { Annotations, Aws, Duration, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmDefinition, AlarmDefinitions, AlarmSeverity } from './alarm-definition';
import { AlarmKind } from './alarm-kind';
import { AlarmOptions } from './alarm-options';
import { AlarmOverride } from './alarm-override';
import { AlarmTopic, AlarmTopicProps } from './alarm-topic';
import { acknowledgeByStandards } from '../../access/nag-acknowledgements';
import { isElsewhere, requireHere } from '../../checks/environment';
import { invalidInput, known, requireDuration, requireNumber, requireText, requireWhole } from '../../checks/validation';

/** Where the alarms' meanings and remedies are written down. */
const RUNBOOK = 'https://github.com/cdk-legacy-to-s3/cdk-legacy-to-s3/blob/main/docs/runbook.md';

/**
 * How long a failed attempt may take to end in the failure queue: Lambda tries again after one minute and after two more
 * (Lambda, "How Lambda handles errors and retries with asynchronous invocation"), and the queue is looked at each minute.
 */
const RETRIES_TAKE = Duration.minutes(10);

/** What a set of alarms is made of. */
export interface AlarmSetProps {
  readonly definitions: AlarmDefinitions;
  readonly options: AlarmOptions;
  /** What they are about, for the descriptions: `Pipeline: ledger`. */
  readonly subject: string;
  /**
   * What the id of the alarm of failed attempts begins with.
   *
   * @default - nothing
   */
  readonly prefix?: string;
  /** Name of the Lambda function whose console page an alarm links to; undefined where `place` says where to look. */
  readonly functionNameOf?: (definition: AlarmDefinition) => string;
  /** Where to look first, with a link. */
  readonly place?: string;
  /** Of the topic, if one must be made. */
  readonly topic: AlarmTopicProps;
}

/** What was made. */
export interface AlarmSet {
  readonly topic: sns.ITopic;
  readonly warningTopic: sns.ITopic;
  readonly composite?: cloudwatch.CompositeAlarm;
  /** Tells of all those of failed attempts; undefined when none is left of them. */
  readonly failedAttempts?: cloudwatch.CompositeAlarm;
  /** By kind; one that is disabled is not there. */
  readonly alarms: { [kind: string]: cloudwatch.Alarm };
}

/** Refuses what is wrong with the options; `kinds` are the alarms there are, whether they apply or not. */
export function checkAlarmOptions(scope: Construct, options: AlarmOptions, kinds: readonly string[]): void {
  requireText(scope, 'alarmEmail', options.alarmEmail, /^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'an e-mail address such as name@example.com');
  checkTopics(scope, options);
  for (const [kind, override] of Object.entries(options.alarmOverrides ?? {})) {
    if (!kinds.includes(kind)) throw invalidInput(scope, `alarmOverrides has the unknown alarm '${kind}'; known are ${kinds.join(', ')}`);
    checkOverride(scope, `alarmOverrides.${kind}`, override);
  }
}

/** An alarm notifies topics of its region; one of another account, if that lets it, which is not ours to see. */
function checkTopics(scope: Construct, { alarmTopic, warningTopic }: AlarmOptions): void {
  for (const [name, topic] of Object.entries({ alarmTopic, warningTopic })) {
    if (!topic) continue;
    requireHere(scope, name, topic, { region: 'alarms notify topics of their own region; make one there and subscribe to it' });
    if (!isElsewhere(scope, topic, 'account')) continue;
    Annotations.of(scope).addWarningV2(
      `cdk-legacy-to-s3:foreign${name}`,
      `${name} '${topic.node.path}' is of account ${topic.env.account}: its policy must let cloudwatch.amazonaws.com call sns:Publish for the aws:SourceAccount ${Stack.of(scope).account}, `
        + 'and so must that of its key let it call kms:Decrypt and kms:GenerateDataKey*, or no alarm is heard',
    );
  }
}

function checkOverride(scope: Construct, path: string, { threshold, period, evaluationPeriods, datapointsToAlarm }: AlarmOverride): void {
  requireNumber(scope, `${path}.threshold`, threshold, {});
  requireWhole(scope, `${path}.evaluationPeriods`, evaluationPeriods, { min: 1 });
  requireWhole(scope, `${path}.datapointsToAlarm`, datapointsToAlarm, { min: 1, max: Token.isUnresolved(evaluationPeriods) ? undefined : evaluationPeriods });
  requireDuration(scope, `${path}.period`, period, { min: Duration.seconds(10), max: Duration.days(1) });
  const seconds = known(period)?.toSeconds({ integral: false });
  if (seconds !== undefined && ![10, 30].includes(seconds) && seconds % 60 !== 0) {
    throw invalidInput(scope, `${path}.period must be 10 or 30 seconds or whole minutes, got ${seconds} seconds`);
  }
}

/** Makes the alarms in `scope`, and the topic they notify unless one was given. */
export function createAlarmSet(scope: Construct, props: AlarmSetProps): AlarmSet {
  const { definitions, options, subject } = props;
  const topic = options.alarmTopic ?? new AlarmTopic(scope, 'Topic', props.topic);
  if (options.alarmEmail !== undefined) {
    // Not `EmailSubscription`: it makes a construct id of the address, which fails for a token.
    new sns.Subscription(scope, 'Email', { topic, protocol: sns.SubscriptionProtocol.EMAIL, endpoint: options.alarmEmail });
  }
  const warningTopic = options.warningTopic ?? topic;
  const tell = (alarm: cloudwatch.AlarmBase, severity: AlarmSeverity) => {
    const told = new actions.SnsAction(severity === AlarmSeverity.WARNING ? warningTopic : topic);
    alarm.addAlarmAction(told, ...options.alarmActions ?? []);
    if (options.notifyRecovery) alarm.addOkAction(told);
  };
  const alarms: { [kind: string]: cloudwatch.Alarm } = {};
  const critical: cloudwatch.Alarm[] = [];
  const together: cloudwatch.Alarm[] = [];
  for (const [kind, definition] of Object.entries(definitions)) {
    const override = options.alarmOverrides?.[kind] ?? {};
    if (!(override.enabled ?? true)) continue;
    const alarm = createAlarm(scope, definition, override, describe(definition, props));
    const severity = override.severity ?? definition.severity;
    if (severity === AlarmSeverity.CRITICAL) critical.push(alarm);
    if (definition.ofFailedAttempt && severity === AlarmSeverity.WARNING && !speaksForItself(override)) {
      together.push(alarm);
      acknowledgeByStandards(alarm, 'CloudWatchAlarmAction', 'a composite alarm acts for it, so that one cause is one message');
    } else {
      tell(alarm, severity);
    }
    alarms[kind] = alarm;
  }
  const failedAttempts = together.length > 0 ? createFailedAttempts(scope, props, together, heardOf(alarms, options)) : undefined;
  if (failedAttempts) tell(failedAttempts, AlarmSeverity.WARNING);
  warnWhenNobodyHears(scope, options);
  return { topic, warningTopic, alarms, failedAttempts, composite: options.compositeAlarm ? createComposite(scope, critical, subject) : undefined };
}

function createAlarm(scope: Construct, definition: AlarmDefinition, override: AlarmOverride, alarmDescription: string): cloudwatch.Alarm {
  const period = override.period ?? definition.period;
  const evaluationPeriods = override.evaluationPeriods ?? definition.evaluationPeriods;
  requireInSight(scope, definition.id, period, evaluationPeriods);
  return new cloudwatch.Alarm(scope, definition.id, {
    alarmDescription,
    metric: definition.metric({ period }),
    threshold: override.threshold ?? definition.threshold,
    comparisonOperator: definition.operator,
    evaluationPeriods,
    datapointsToAlarm: override.datapointsToAlarm ?? override.evaluationPeriods ?? definition.datapointsToAlarm,
    treatMissingData: override.treatMissingData ?? definition.missing,
    actionsEnabled: override.actionsEnabled ?? true,
  });
}

/** How far back an alarm may look (CloudWatch, "PutMetricAlarm"). */
function requireInSight(scope: Construct, alarm: string, period: Duration, evaluationPeriods: number): void {
  if (period.isUnresolved() || Token.isUnresolved(evaluationPeriods)) return;
  const limit = period.toSeconds() < 3600 ? Duration.days(1) : Duration.days(7);
  const looks = Duration.seconds(period.toSeconds() * evaluationPeriods);
  if (looks.toSeconds() <= limit.toSeconds()) return;
  throw invalidInput(scope, `${alarm} must look back ${limit.toHumanString()} at most with a period of ${period.toHumanString()}, got ${looks.toHumanString()}`);
}

function describe(definition: AlarmDefinition, { subject, functionNameOf, place }: AlarmSetProps): string {
  const name = functionNameOf?.(definition);
  const link = name && `https://${Aws.REGION}.console.aws.amazon.com/lambda/home?region=${Aws.REGION}#/functions/${name}?tab=monitoring`;
  return `${definition.meaning}. ${subject}. What to do: ${RUNBOOK}#${anchorOf(definition.id)} ${link ? `Function and logs: ${link}` : place ?? ''}`;
}

/** An alarm may be over before the common message is sent once its periods are others; one that is to notify nobody adds nothing. */
function speaksForItself({ actionsEnabled = true, period, evaluationPeriods, datapointsToAlarm, treatMissingData }: AlarmOverride): boolean {
  return !actionsEnabled || [period, evaluationPeriods, datapointsToAlarm, treatMissingData].some((changed) => changed !== undefined);
}

/** The alarm of the failure queue, if it notifies. */
function heardOf(alarms: AlarmSet['alarms'], { alarmOverrides }: AlarmOptions): cloudwatch.Alarm | undefined {
  const kind = AlarmKind.FAILURE_QUEUE_NOT_EMPTY;
  return alarmOverrides?.[kind]?.actionsEnabled ?? true ? alarms[kind] : undefined;
}

/**
 * One message for all that tell of a failed attempt, and none when the failure queue's alarm follows: what is in the queue is
 * told of by that one, with more reason. (CloudWatch, "Alarm suppression": the actions wait for the suppressor.)
 */
function createFailedAttempts(
  scope: Construct, props: AlarmSetProps, members: readonly cloudwatch.Alarm[], queue: cloudwatch.Alarm | undefined,
): cloudwatch.CompositeAlarm {
  const id = `${props.prefix ?? ''}FailedAttempts`;
  return new cloudwatch.CompositeAlarm(scope, id, {
    alarmDescription: `An attempt failed, and it did not end in the failure queue; the alarms and lines of the dashboard say which. ${props.subject}. ` +
      `What to do: ${RUNBOOK}#${anchorOf(id)}`,
    alarmRule: anyOf(members),
    ...queue && { actionsSuppressor: queue, actionsSuppressorWaitPeriod: RETRIES_TAKE, actionsSuppressorExtensionPeriod: Duration.minutes(1) },
  });
}

function anyOf(alarms: readonly cloudwatch.Alarm[]): cloudwatch.IAlarmRule {
  return cloudwatch.AlarmRule.anyOf(...alarms.map((alarm) => cloudwatch.AlarmRule.fromAlarm(alarm, cloudwatch.AlarmState.ALARM)));
}

function anchorOf(id: string): string {
  return id.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}

function createComposite(scope: Construct, critical: readonly cloudwatch.Alarm[], subject: string): cloudwatch.CompositeAlarm | undefined {
  if (critical.length === 0) return undefined;
  return new cloudwatch.CompositeAlarm(scope, 'Critical', {
    alarmDescription: `A critical alarm is on; that alarm says what to do. ${subject}`,
    alarmRule: anyOf(critical),
  });
}

function warnWhenNobodyHears(scope: Construct, { alarmEmail, alarmTopic, alarmActions }: AlarmOptions): void {
  if (alarmEmail !== undefined || alarmTopic !== undefined || alarmActions?.length) return;
  Annotations.of(scope).addWarningV2(
    'cdk-legacy-to-s3:noAlarmReceiver',
    'nobody hears the alarms: set alarmEmail, alarmTopic or alarmActions, or subscribe to alarmTopic yourself and acknowledge this',
  );
}
