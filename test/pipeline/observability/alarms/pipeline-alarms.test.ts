import { CfnParameter, Duration, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AlarmKind, AlarmSeverity, LandingTrigger, LegacyToS3Pipeline, LegacyToS3PipelineProps } from '../../../../src/pipeline';
import { alarmStates, SynthesizedAlarm } from '../../../support/cloud/alarm-evaluation';
import { failureOf, only, synthPipeline } from '../../synth';

const alarmOf = (template: Template, id: string) => only(template, 'AWS::CloudWatch::Alarm', `LedgerAlarms${id}`).Properties;

const ofFailedAttempts = ['logErrorKeyword', 'logFailureKeyword', 'logStructuredErrors', 'recorderErrors', 'completionErrors'];

/** Ids of the alarms in a composite alarm's rule. */
const namedIn = (rule: any): string[] => rule['Fn::Join'][1]
  .flatMap((part: any) => part['Fn::GetAtt']?.[0]?.replace(/^LedgerAlarms|[0-9A-F]{8}$/g, '') ?? []).sort();

const refusalOf = (props: LegacyToS3PipelineProps) => failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', props));

describe('by default', () => {
  const { template, made } = synthPipeline({ pipelineName: 'ledger', alarmEmail: 'ops@example.com' });
  const service = [{ Name: 'service', Value: 'landing-recorder' }];
  const recorder = [{ Name: 'FunctionName', Value: { Ref: expect.stringMatching(/^LedgerRecorderFunction/) } }];
  const completion = [{ Name: 'FunctionName', Value: { Ref: expect.stringMatching(/^LedgerRunCompletionFunction/) } }];
  const quiet = 'notBreaching';
  const atLeast = 'GreaterThanOrEqualToThreshold';
  // Longer than the message of failed attempts waits.
  const lasting = { EvaluationPeriods: 4, DatapointsToAlarm: 1 };

  test.each<[string, object]>([
    ['LogErrorKeyword', { ...lasting, Namespace: 'CdkLegacyToS3/ledger', MetricName: 'LogErrorKeyword', Statistic: 'Sum', ComparisonOperator: atLeast, Threshold: 1 }],
    ['LogFailureKeyword', { ...lasting, Namespace: 'CdkLegacyToS3/ledger', MetricName: 'LogFailureKeyword', Statistic: 'Sum', ComparisonOperator: atLeast, Threshold: 1 }],
    ['LogStructuredErrors', { ...lasting, Namespace: 'CdkLegacyToS3/ledger', MetricName: 'LogStructuredErrors', Statistic: 'Sum', ComparisonOperator: atLeast, Threshold: 1 }],
    ['RecorderErrors', { ...lasting, Namespace: 'AWS/Lambda', MetricName: 'Errors', Dimensions: recorder, Statistic: 'Sum', ComparisonOperator: atLeast, Threshold: 1 }],
    ['CompletionErrors', { ...lasting, Namespace: 'AWS/Lambda', MetricName: 'Errors', Dimensions: completion, Statistic: 'Sum', ComparisonOperator: atLeast, Threshold: 1 }],
    ['CompletionThrottles', {
      Namespace: 'AWS/Lambda', MetricName: 'Throttles', Dimensions: completion, Statistic: 'Sum', Threshold: 1, EvaluationPeriods: 3, DatapointsToAlarm: 3,
    }],
    ['CompletionNearTimeout', {
      Namespace: 'AWS/Lambda', MetricName: 'Duration', Dimensions: completion, Statistic: 'Maximum', ComparisonOperator: 'GreaterThanThreshold', Threshold: 720_000,
    }],
    ['RecorderThrottles', {
      Namespace: 'AWS/Lambda', MetricName: 'Throttles', Dimensions: recorder, Statistic: 'Sum', Threshold: 1, EvaluationPeriods: 3, DatapointsToAlarm: 3,
    }],
    ['RecorderNearTimeout', {
      Namespace: 'AWS/Lambda', MetricName: 'Duration', Dimensions: recorder, Statistic: 'Maximum', ComparisonOperator: 'GreaterThanThreshold', Threshold: 240_000,
    }],
    ['RecordLatencyHigh', {
      Namespace: 'CdkLegacyToS3/ledger',
      MetricName: 'RecordLatency',
      Dimensions: service,
      ExtendedStatistic: 'p99',
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 60_000,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 3,
    }],
    ['RunIncomplete', {
      Namespace: 'CdkLegacyToS3/ledger',
      MetricName: 'RunsIncomplete',
      Dimensions: [{ Name: 'service', Value: 'run-completion' }],
      Statistic: 'Sum',
      ComparisonOperator: atLeast,
      Threshold: 1,
    }],
    ...['TablesNotCommitted', 'TablesNotProven', 'TablesCountedOtherwise', 'TablesNotCounted'].map((id): [string, object] => [id, {
      Namespace: 'CdkLegacyToS3/ledger', MetricName: id, Dimensions: [{ Name: 'service', Value: 'run-completion' }], Statistic: 'Sum', Threshold: 1, EvaluationPeriods: 1,
    }]),
  ])('%s', (id, expected) => {
    expect(alarmOf(template, id)).toMatchObject({ Period: 300, TreatMissingData: quiet, ...expected });
  });

  test('the failure queue: what waits and what is being looked at', () => {
    const { Metrics, ...alarm } = alarmOf(template, 'FailureQueueNotEmpty');
    expect(alarm).toMatchObject({ ComparisonOperator: atLeast, Threshold: 1, EvaluationPeriods: 1, TreatMissingData: quiet });
    expect(Metrics).toContainEqual(expect.objectContaining({ Expression: 'visible + inFlight', ReturnData: true }));
    const stat = (MetricName: string) => expect.objectContaining({
      MetricStat: expect.objectContaining({
        Metric: expect.objectContaining({ Namespace: 'AWS/SQS', MetricName }), Period: 60, Stat: 'Maximum',
      }),
    });
    expect(Metrics).toContainEqual(stat('ApproximateNumberOfMessagesVisible'));
    expect(Metrics).toContainEqual(stat('ApproximateNumberOfMessagesNotVisible'));
  });

  test('events lost by any function', () => {
    const { Metrics, ...alarm } = alarmOf(template, 'FailureQueueUnreachable');
    expect(alarm).toMatchObject({ ComparisonOperator: atLeast, Threshold: 1, EvaluationPeriods: 1, TreatMissingData: quiet });
    expect(Metrics).toContainEqual(expect.objectContaining({ Expression: 'FILL(recorder, 0) + FILL(completion, 0) + FILL(compactor, 0)', ReturnData: true }));
    for (const Dimensions of [recorder, completion]) {
      expect(Metrics).toContainEqual(expect.objectContaining({
        MetricStat: { Metric: { Namespace: 'AWS/Lambda', MetricName: 'DestinationDeliveryFailures', Dimensions }, Period: 300, Stat: 'Sum' },
      }));
    }
  });

  test('the success rate, once there is enough to judge it by', () => {
    const { Metrics, ...alarm } = alarmOf(template, 'SuccessRateLow');
    expect(alarm).toMatchObject({ ComparisonOperator: 'LessThanThreshold', Threshold: 99, TreatMissingData: quiet });
    expect(Metrics).toContainEqual(expect.objectContaining({ Expression: 'IF(attempts >= 20, 100 * FILL(successes, 0) / attempts, 100)' }));
  });

  test('throttles of the table and its indexes, with zeros: an alarm of DynamoDB\'s metrics keeps its state while they have no data', () => {
    const { Metrics, ...alarm } = alarmOf(template, 'TableThrottles');
    expect(alarm).toMatchObject({ ComparisonOperator: atLeast, Threshold: 1, EvaluationPeriods: 3, DatapointsToAlarm: 3 });
    expect(Metrics).toContainEqual(expect.objectContaining({ Expression: 'FILL(inTable, 0) + FILL(byDataset, 0) + FILL(byRun, 0)', ReturnData: true }));
    const table = { Name: 'TableName', Value: { Ref: expect.stringMatching(/^LedgerMetadataTable/) } };
    for (const Dimensions of [[table], ...['by-dataset', 'by-run'].map((Value) => [{ Name: 'GlobalSecondaryIndexName', Value }, table])]) {
      expect(Metrics).toContainEqual(expect.objectContaining({
        MetricStat: { Metric: { Namespace: 'AWS/DynamoDB', MetricName: 'WriteThrottleEvents', Dimensions }, Period: 300, Stat: 'Sum' },
      }));
    }
  });

  test('there are these and no others', () => {
    expect(Object.keys(made.alarms).sort()).toEqual([
      'completionErrors', 'completionNearTimeout', 'completionThrottles',
      'failureQueueNotEmpty', 'failureQueueUnreachable', 'logErrorKeyword', 'logFailureKeyword', 'logStructuredErrors', 'recordLatencyHigh',
      'recorderErrors', 'recorderNearTimeout', 'recorderThrottles', 'runIncomplete', 'successRateLow', 'tableThrottles',
      'tablesCountedOtherwise', 'tablesNotCommitted', 'tablesNotCompacted', 'tablesNotCounted', 'tablesNotProven',
    ]);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 20);
  });

  test('each tells the topic when it goes off, but those of failed attempts, and none when it is over', () => {
    const topic = { Ref: expect.stringMatching(/^LedgerAlarmsTopic/) };
    for (const [kind, alarm] of Object.entries(made.alarms)) {
      const { AlarmActions, OKActions, ActionsEnabled } = alarmOf(template, alarm.node.id);
      expect([kind, AlarmActions, OKActions, ActionsEnabled]).toEqual([kind, ofFailedAttempts.includes(kind) ? undefined : [topic], undefined, true]);
    }
  });

  test('those of failed attempts tell together, unless the failure queue tells', () => {
    const { AlarmRule, AlarmActions, OKActions, ...suppressed } = only(template, 'AWS::CloudWatch::CompositeAlarm', 'LedgerAlarmsFailedAttempts').Properties;
    expect(namedIn(AlarmRule)).toEqual(['CompletionErrors', 'LogErrorKeyword', 'LogFailureKeyword', 'LogStructuredErrors', 'RecorderErrors']);
    expect([AlarmActions, OKActions]).toEqual([[{ Ref: expect.stringMatching(/^LedgerAlarmsTopic/) }], undefined]);
    expect(suppressed).toMatchObject({
      ActionsSuppressor: { 'Fn::GetAtt': [expect.stringMatching(/^LedgerAlarmsFailureQueueNotEmpty/), 'Arn'] },
      ActionsSuppressorWaitPeriod: 600,
      ActionsSuppressorExtensionPeriod: 60,
    });
    expect(made.failedAttemptsAlarm).toBeInstanceOf(cloudwatch.CompositeAlarm);
  });

  test('one failed attempt keeps them on for longer than the message waits', () => {
    const states = alarmStates(alarmOf(template, 'LogErrorKeyword') as SynthesizedAlarm, [undefined, 1, ...Array.from<undefined>({ length: 9 })]);
    const minutes = 5 * (states.lastIndexOf('ALARM') - states.indexOf('ALARM'));
    expect(minutes).toBeGreaterThan(600 / 60);
    expect(states[states.length - 1]).toBe('OK');
  });

  test('the address is subscribed to the topic', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email', Endpoint: 'ops@example.com', TopicArn: { Ref: Match.stringLikeRegexp('^LedgerAlarmsTopic') },
    });
  });

  test('each says what it means, of which pipeline, and where to look', () => {
    for (const alarm of Object.values(template.findResources('AWS::CloudWatch::Alarm'))) {
      const text = alarm.Properties.AlarmDescription['Fn::Join'][1].map((part: any) => (typeof part === 'string' ? part : '<ref>')).join('');
      expect(text).toMatch(/^[A-Z].+\. Pipeline: ledger\. What to do: https:\/\/.+\/docs\/runbook\.md#[a-z-]+ Function and logs: https:\/\/<ref>\.console\.aws\.amazon\.com\//);
      expect(text.length).toBeLessThan(900);
    }
  });
});

describe('who is told', () => {
  const warning = Match.stringLikeRegexp('nobody hears the alarms');
  /** The actions that every alarm has which has any. */
  const toldBy = (template: Template) => {
    const alarms = ['Alarm', 'CompositeAlarm'].flatMap((type) => Object.values(template.findResources(`AWS::CloudWatch::${type}`)));
    const told = alarms.map(({ Properties }) => Properties.AlarmActions).filter(Boolean);
    expect(told).toHaveLength(16);
    return told.reduce((one, other) => {
      expect(other).toEqual(one);
      return one;
    });
  };

  test('of what is over too, when it is asked for', () => {
    const { template } = synthPipeline({ notifyRecovery: true });
    const topic = [{ Ref: expect.stringMatching(/^LedgerAlarmsTopic/) }];
    expect([alarmOf(template, 'RunIncomplete').OKActions, alarmOf(template, 'RecorderErrors').OKActions]).toEqual([topic, undefined]);
    expect(only(template, 'AWS::CloudWatch::CompositeAlarm').Properties.OKActions).toEqual(topic);
  });

  test('nobody: a warning', () => {
    const { stack, template } = synthPipeline();
    Annotations.fromStack(stack).hasWarning('*', warning);
    template.resourceCountIs('AWS::SNS::Subscription', 0);
  });

  test('an address', () => {
    Annotations.fromStack(synthPipeline({ alarmEmail: 'ops@example.com' }).stack).hasNoWarning('*', warning);
  });

  test('an address known only at deployment', () => {
    const { template } = synthPipeline((stack) => ({ alarmEmail: new CfnParameter(stack, 'Email').valueAsString }));
    template.hasResourceProperties('AWS::SNS::Subscription', { Endpoint: { Ref: 'Email' } });
  });

  test('a topic of one\'s own', () => {
    const { stack, template, made } = synthPipeline((scope) => ({ alarmTopic: new sns.Topic(scope, 'Mine'), alarmEmail: 'ops@example.com' }));
    template.resourceCountIs('AWS::SNS::Topic', 1);
    expect(toldBy(template)).toEqual([{ Ref: expect.stringMatching(/^Mine/) }]);
    template.hasResourceProperties('AWS::SNS::Subscription', { TopicArn: { Ref: Match.stringLikeRegexp('^Mine') } });
    expect(made.alarmTopic.node.id).toBe('Mine');
    Annotations.fromStack(stack).hasNoWarning('*', warning);
  });

  test('an imported topic', () => {
    const arn = 'arn:aws:sns:eu-west-1:111111111111:ops';
    const { template } = synthPipeline((scope) => ({ alarmTopic: sns.Topic.fromTopicArn(scope, 'Mine', arn) }));
    template.resourceCountIs('AWS::SNS::Topic', 0);
    expect(toldBy(template)).toEqual([arn]);
  });

  test('any action', () => {
    const { stack, template } = synthPipeline((scope) => ({
      alarmActions: [new actions.LambdaAction(lambda.Function.fromFunctionArn(scope, 'Page', 'arn:aws:lambda:eu-west-1:111111111111:function:page'))],
    }));
    expect(toldBy(template)).toEqual([{ Ref: expect.any(String) }, 'arn:aws:lambda:eu-west-1:111111111111:function:page']);
    Annotations.fromStack(stack).hasNoWarning('*', warning);
  });
});

describe('severities', () => {
  const warnings = [
    'RecorderThrottles', 'RecorderNearTimeout', 'CompletionThrottles', 'CompletionNearTimeout', 'RecordLatencyHigh', 'TableThrottles',
    'TablesNotCounted',
  ];
  const criticals = ['FailureQueueNotEmpty', 'FailureQueueUnreachable', 'SuccessRateLow', 'RunIncomplete', 'RunOverdue', 'TablesNotCommitted', 'TablesNotProven', 'TablesCountedOtherwise'];
  const runFreshness = Duration.hours(24);

  test('warnings go to a topic of their own, if there is one', () => {
    const { template } = synthPipeline((stack) => ({
      runFreshness, notifyRecovery: true, warningTopic: new sns.Topic(stack, 'Warnings'), alarmEmail: 'ops@example.com',
    }));
    const told = (id: string) => [alarmOf(template, id).AlarmActions, alarmOf(template, id).OKActions];
    for (const id of warnings) expect([id, told(id)]).toEqual([id, [[{ Ref: expect.stringMatching(/^Warnings/) }], [{ Ref: expect.stringMatching(/^Warnings/) }]]]);
    const topic = [{ Ref: expect.stringMatching(/^LedgerAlarmsTopic/) }];
    for (const id of criticals) expect([id, told(id)]).toEqual([id, [topic, topic]]);
    expect(only(template, 'AWS::CloudWatch::CompositeAlarm').Properties.AlarmActions).toEqual([{ Ref: expect.stringMatching(/^Warnings/) }]);
    template.resourceCountIs('AWS::SNS::Subscription', 1);
    template.hasResourceProperties('AWS::SNS::Subscription', { TopicArn: { Ref: Match.stringLikeRegexp('^LedgerAlarmsTopic') } });
  });

  test('the severity of an alarm can be changed', () => {
    const { template } = synthPipeline((stack) => ({
      warningTopic: new sns.Topic(stack, 'Warnings'),
      alarmOverrides: {
        [AlarmKind.RECORDER_ERRORS]: { severity: AlarmSeverity.CRITICAL },
        [AlarmKind.RUN_INCOMPLETE]: { severity: AlarmSeverity.WARNING },
      },
    }));
    expect(alarmOf(template, 'RecorderErrors').AlarmActions).toEqual([{ Ref: expect.stringMatching(/^LedgerAlarmsTopic/) }]);
    expect(alarmOf(template, 'RunIncomplete').AlarmActions).toEqual([{ Ref: expect.stringMatching(/^Warnings/) }]);
  });

  test('one alarm for all critical ones, when it is asked for', () => {
    const { template, made } = synthPipeline({ runFreshness, compositeAlarm: true });
    const { AlarmRule, AlarmActions } = only(template, 'AWS::CloudWatch::CompositeAlarm', 'LedgerAlarmsCritical').Properties;
    expect(namedIn(AlarmRule)).toEqual([...criticals].sort());
    expect(AlarmRule['Fn::Join'][1].filter((part: any) => typeof part === 'string').join('')).toMatch(/^\(ALARM\("( OR )?|"\)/);
    expect(AlarmActions).toBeUndefined();
    expect(made.compositeAlarm).toBeInstanceOf(cloudwatch.CompositeAlarm);
  });

  test('none by default, nor when no alarm is critical', () => {
    synthPipeline().template.resourceCountIs('AWS::CloudWatch::CompositeAlarm', 1);
    const overrides = Object.fromEntries(Object.values(AlarmKind).map((kind) => [kind, { severity: AlarmSeverity.WARNING }]));
    synthPipeline({ compositeAlarm: true, alarmOverrides: overrides }).template.resourceCountIs('AWS::CloudWatch::CompositeAlarm', 1);
  });
});

describe('targets', () => {
  test('of the success rate', () => {
    const { template } = synthPipeline({ successRateTarget: 99.9, successRateMinimumAttempts: 5 });
    const { Metrics, Threshold } = alarmOf(template, 'SuccessRateLow');
    expect(Threshold).toBe(99.9);
    expect(Metrics).toContainEqual(expect.objectContaining({ Expression: expect.stringContaining('attempts >= 5') }));
  });

  test('of the latency', () => {
    expect(alarmOf(synthPipeline({ recordLatencyTarget: Duration.seconds(5) }).template, 'RecordLatencyHigh').Threshold).toBe(5_000);
  });

  test('of the time limit', () => {
    expect(alarmOf(synthPipeline({ timeout: Duration.minutes(1) }).template, 'RecorderNearTimeout').Threshold).toBe(48_000);
  });

  test('a time limit known only at deployment has no alarm', () => {
    const { made } = synthPipeline((stack) => ({
      timeout: Duration.seconds(Token.asNumber(new CfnParameter(stack, 'Timeout', { type: 'Number' }).value)),
    }));
    expect(made.alarms[AlarmKind.RECORDER_NEAR_TIMEOUT]).toBeUndefined();
  });

  test('of freshness, where silence after a run is the breach', () => {
    const { template, made } = synthPipeline({ runFreshness: Duration.hours(26) });
    const { Metrics, ...alarm } = alarmOf(template, 'RunOverdue');
    expect(alarm).toMatchObject({
      EvaluationPeriods: 26, DatapointsToAlarm: 26, Threshold: 1, ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'ignore',
    });
    expect(Metrics).toEqual([
      expect.objectContaining({ Expression: 'IF(FILL(runs, REPEAT) > 0, FILL(runs, 0))' }),
      expect.objectContaining({ Id: 'runs', MetricStat: expect.objectContaining({ Period: 3600, Stat: 'Sum' }) }),
    ]);
    expect(made.alarms[AlarmKind.RUN_OVERDUE]).toBeInstanceOf(cloudwatch.Alarm);
  });

  test('of freshness, at most a week: CloudWatch looks no further back', () => {
    const { Metrics, EvaluationPeriods } = alarmOf(synthPipeline({ runFreshness: Duration.hours(168) }).template, 'RunOverdue');
    expect(Metrics[1].MetricStat.Period * EvaluationPeriods).toBe(7 * 24 * 3600);
  });
});

describe('overrides', () => {
  test('an alarm can be left out, the others stay', () => {
    const { template, made } = synthPipeline({ alarmOverrides: { [AlarmKind.LOG_FAILURE_KEYWORD]: { enabled: false } } });
    template.resourceCountIs('AWS::CloudWatch::Alarm', 19);
    expect(made.alarms[AlarmKind.LOG_FAILURE_KEYWORD]).toBeUndefined();
  });

  test('an alarm can be changed in every part', () => {
    const { template } = synthPipeline({
      alarmOverrides: {
        [AlarmKind.RECORDER_ERRORS]: {
          threshold: 10,
          period: Duration.minutes(1),
          evaluationPeriods: 5,
          datapointsToAlarm: 3,
          treatMissingData: cloudwatch.TreatMissingData.IGNORE,
          actionsEnabled: false,
        },
      },
    });
    expect(alarmOf(template, 'RecorderErrors')).toMatchObject({
      Threshold: 10, Period: 60, EvaluationPeriods: 5, DatapointsToAlarm: 3, TreatMissingData: 'ignore', ActionsEnabled: false,
    });
  });

  test('one of failed attempts that is over at another time tells for itself', () => {
    const { template } = synthPipeline({
      alarmOverrides: {
        [AlarmKind.RECORDER_ERRORS]: { period: Duration.minutes(1) },
        [AlarmKind.LOG_ERROR_KEYWORD]: { actionsEnabled: false },
        [AlarmKind.LOG_FAILURE_KEYWORD]: { threshold: 5 },
        [AlarmKind.FAILURE_QUEUE_NOT_EMPTY]: { actionsEnabled: false },
      },
    });
    expect(alarmOf(template, 'RecorderErrors').AlarmActions).toEqual([{ Ref: expect.stringMatching(/^LedgerAlarmsTopic/) }]);
    const { AlarmRule, ActionsSuppressor } = only(template, 'AWS::CloudWatch::CompositeAlarm').Properties;
    expect(namedIn(AlarmRule)).toEqual(['CompletionErrors', 'LogFailureKeyword', 'LogStructuredErrors']);
    // Nobody hears of the queue, so nothing waits for it.
    expect(ActionsSuppressor).toBeUndefined();
  });

  test('a new number of periods must all breach', () => {
    const { template } = synthPipeline({ alarmOverrides: { [AlarmKind.RECORDER_ERRORS]: { evaluationPeriods: 4 } } });
    expect(alarmOf(template, 'RecorderErrors')).toMatchObject({ EvaluationPeriods: 4, DatapointsToAlarm: 4 });
  });

  test('the period of a sum of metrics can be changed', () => {
    const { template } = synthPipeline({ alarmOverrides: { [AlarmKind.FAILURE_QUEUE_NOT_EMPTY]: { period: Duration.minutes(5) } } });
    const periods = alarmOf(template, 'FailureQueueNotEmpty').Metrics.map((metric: any) => metric.MetricStat?.Period).filter(Boolean);
    expect(periods).toEqual([300, 300]);
  });

  test('an unknown kind is refused with the known ones', () => {
    expect(refusalOf({ alarmOverrides: { recorderError: { enabled: false } } })).toBe(
      "Stack/Ledger/Alarms: alarmOverrides has the unknown alarm 'recorderError'; known are failureQueueNotEmpty, failureQueueUnreachable, " +
      'logErrorKeyword, logFailureKeyword, logStructuredErrors, recorderErrors, recorderThrottles, recorderNearTimeout, ' +
      'completionErrors, completionThrottles, completionNearTimeout, successRateLow, recordLatencyHigh, tableThrottles, bufferDelayed, runIncomplete, ' +
      'tablesNotCommitted, tablesNotProven, tablesCountedOtherwise, tablesNotCounted, tablesNotCompacted, runOverdue',
    );
  });

  test('every kind is known', () => {
    const kinds = Object.values(AlarmKind);
    expect(kinds).toHaveLength(22);
    const alarmOverrides = Object.fromEntries(kinds.map((kind) => [kind, { enabled: false }]));
    synthPipeline({ alarmOverrides, runFreshness: Duration.hours(1), trigger: LandingTrigger.buffered() }).template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
  });
});

test.each<[LegacyToS3PipelineProps, string]>([
  [{ alarmEmail: 'ops' }, "alarmEmail must be an e-mail address such as name@example.com, got 'ops'"],
  [{ alarmEmail: '' }, "alarmEmail must be an e-mail address such as name@example.com, got ''"],
  [{ successRateTarget: 0 }, 'successRateTarget must be a number of percent above 0 and at most 100, got 0'],
  [{ successRateTarget: 100.1 }, 'successRateTarget must be a number of percent above 0 and at most 100, got 100.1'],
  [{ successRateMinimumAttempts: 0 }, 'successRateMinimumAttempts must be a whole number of at least 1, got 0'],
  [{ recordLatencyTarget: Duration.millis(0) }, 'recordLatencyTarget must be from 1 ms to 1 hour, got 0 ms'],
  [{ runFreshness: Duration.hours(169) }, 'runFreshness must be whole hours from 1 hour to 7 days, got 7 days 1 hour'],
  [{ runFreshness: Duration.minutes(90) }, 'runFreshness must be whole hours from 1 hour to 7 days, got 1 hour 30 minutes'],
  [
    { alarmOverrides: { [AlarmKind.RECORDER_ERRORS]: { evaluationPeriods: 2, datapointsToAlarm: 3 } } },
    'alarmOverrides.recorderErrors.datapointsToAlarm must be a whole number from 1 to 2, got 3',
  ],
  [{ alarmOverrides: { [AlarmKind.RECORDER_ERRORS]: { threshold: NaN } } }, 'alarmOverrides.recorderErrors.threshold must be a number, got NaN'],
  [
    { alarmOverrides: { [AlarmKind.RECORDER_ERRORS]: { period: Duration.seconds(45) } } },
    'alarmOverrides.recorderErrors.period must be 10 or 30 seconds or whole minutes, got 45 seconds',
  ],
  [
    { alarmOverrides: { [AlarmKind.RECORDER_ERRORS]: { evaluationPeriods: 289 } } },
    'RecorderErrors must look back 1 day at most with a period of 5 minutes, got 1 day 5 minutes',
  ],
])('refuses %j', (props, message) => {
  expect(refusalOf(props)).toBe(`Stack/Ledger/Alarms: ${message}`);
});
