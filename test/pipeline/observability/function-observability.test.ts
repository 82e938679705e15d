import { Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { dashboardBody, expressionsOf, metricsOf } from './dashboard-body';
import { AlarmSeverity, FunctionAlarmKind, FunctionObservability, FunctionObservabilityProps, LegacyToS3Pipeline } from '../../../src/pipeline';
import { alarmCases } from '../prop-case-sets';
import { PropCases, testProps } from '../prop-cases';
import { Synthesised, failureOf, only, synth } from '../synth';

type Props = FunctionObservabilityProps;

const imported = (stack: Stack, name = 'convert') => lambda.Function.fromFunctionAttributes(stack, `Function-${name}`, {
  functionArn: `arn:aws:lambda:eu-west-1:111111111111:function:${name}`, sameEnvironment: true,
});
const logGroupOf = (stack: Stack, name = '/of/convert') => logs.LogGroup.fromLogGroupName(stack, `LogGroup-${name}`, name);

function make(stack: Stack, props: Partial<Props>): FunctionObservability {
  return new FunctionObservability(stack, 'Convert', { function: props.function ?? imported(stack), logGroup: props.logGroup ?? logGroupOf(stack), ...props });
}

function observe(props: (stack: Stack) => Partial<Props> = () => ({})): Synthesised<FunctionObservability> {
  return synth((stack) => make(stack, props(stack)));
}

function functionOf(stack: Stack, props: Partial<lambda.FunctionProps> = {}): lambda.Function {
  return new lambda.Function(stack, 'Function', {
    code: lambda.Code.fromInline('exports.handler = async () => {}'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X, ...props,
  });
}

const alarmOf = (template: Template, id: string) => only(template, 'AWS::CloudWatch::Alarm', `ConvertAlarms${id}`).Properties;
const own = (stack: Stack) => new sns.Topic(stack, 'Own');

const CASES: PropCases<Props> = {
  function: { own: (stack) => ({ function: imported(stack, 'other') }), shows: /ConvertAlarmsFunctionErrors\/Properties\/Dimensions\/0\/Value: other$/ },
  logGroup: { own: (stack) => ({ logGroup: logGroupOf(stack, '/of/other') }), shows: /ConvertLogMetricsTimeouts\/Properties\/LogGroupName: \/of\/other$/ },
  failureQueue: { own: (stack) => ({ failureQueue: new sqs.Queue(stack, 'Own') }), shows: /ConvertAlarmsFunctionFailureQueueNotEmpty\/.*\/Dimensions\/0\/Value\/Fn::GetAtt\/0: Own$/ },
  observedName: { own: () => ({ observedName: 'convert' }), shows: /MetricNamespace: CdkLegacyToS3\/convert$/ },
  encryptionKey: { own: (stack) => ({ encryptionKey: new kms.Key(stack, 'Own') }), shows: /ConvertAlarmsTopic\/Properties\/KmsMasterKeyId\/Fn::GetAtt\/0: Own$/ },
  timeout: { own: () => ({ timeout: Duration.seconds(10) }), shows: /ConvertAlarmsFunctionNearTimeout\/Properties\/Threshold: 8000$/ },
  successRateTarget: { byDefault: 99, own: () => ({ successRateTarget: 95 }), shows: /ConvertAlarmsFunctionSuccessRateLow\/Properties\/Threshold: 95$/ },
  minimumInvocations: { byDefault: 20, own: () => ({ minimumInvocations: 33 }), shows: /FunctionSuccessRateLow\/Properties\/Metrics\/\d\/Expression: IF\(invocations >= 33,/ },
  coldStartShareLimit: { own: () => ({ coldStartShareLimit: 12 }), shows: /ConvertAlarmsFunctionColdStartsHigh\/Properties\/Threshold: 12$/ },
  ...alarmCases('ConvertAlarms', 'FunctionErrors', FunctionAlarmKind.ERRORS),
};

testProps<Props>(CASES, make);

describe('the alarms', () => {
  const all = (stack: Stack): Partial<Props> => ({
    observedName: 'convert', failureQueue: new sqs.Queue(stack, 'Failures'), timeout: Duration.seconds(30), coldStartShareLimit: 10, alarmEmail: 'ops@example.com',
  });
  const { template, made } = observe(all);
  const dimensions = [{ Name: 'FunctionName', Value: 'convert' }];
  const atLeast = 'GreaterThanOrEqualToThreshold';

  test.each<[string, object]>([
    ['FunctionErrors', { Namespace: 'AWS/Lambda', MetricName: 'Errors', Dimensions: dimensions, Statistic: 'Sum', ComparisonOperator: atLeast, Threshold: 1 }],
    ['FunctionThrottles', {
      Namespace: 'AWS/Lambda', MetricName: 'Throttles', Dimensions: dimensions, Statistic: 'Sum', Threshold: 1, EvaluationPeriods: 3, DatapointsToAlarm: 3,
    }],
    ['FunctionNearTimeout', {
      Namespace: 'AWS/Lambda', MetricName: 'Duration', Dimensions: dimensions, Statistic: 'Maximum', ComparisonOperator: 'GreaterThanThreshold', Threshold: 24_000,
    }],
    ['FunctionTimeouts', { Namespace: 'CdkLegacyToS3/convert', MetricName: 'LogTimeouts', Statistic: 'Sum', ComparisonOperator: atLeast, Threshold: 1 }],
    ['FunctionOutOfMemory', { Namespace: 'CdkLegacyToS3/convert', MetricName: 'LogOutOfMemory', Statistic: 'Sum', ComparisonOperator: atLeast, Threshold: 1 }],
    ['LogErrorKeyword', { Namespace: 'CdkLegacyToS3/convert', MetricName: 'LogErrorKeyword', Statistic: 'Sum', Threshold: 1 }],
    ['LogFailureKeyword', { Namespace: 'CdkLegacyToS3/convert', MetricName: 'LogFailureKeyword', Statistic: 'Sum', Threshold: 1 }],
    ['LogStructuredErrors', { Namespace: 'CdkLegacyToS3/convert', MetricName: 'LogStructuredErrors', Statistic: 'Sum', Threshold: 1 }],
  ])('%s', (id, expected) => {
    expect(alarmOf(template, id)).toMatchObject({ Period: 300, TreatMissingData: 'notBreaching', ...expected });
  });

  test.each<[string, string, object]>([
    ['FunctionSuccessRateLow', 'IF(invocations >= 20, 100 - 100 * FILL(errors, 0) / invocations, 100)', { ComparisonOperator: 'LessThanThreshold', Threshold: 99 }],
    ['FunctionColdStartsHigh', 'IF(invocations >= 20, 100 * FILL(coldStarts, 0) / invocations, 0)', { Threshold: 10, EvaluationPeriods: 3, DatapointsToAlarm: 3 }],
    ['FunctionFailureQueueNotEmpty', 'visible + inFlight', { ComparisonOperator: atLeast, Threshold: 1, EvaluationPeriods: 1 }],
    ['FunctionFailureQueueUnreachable', 'FILL(destination, 0) + FILL(deadLetter, 0)', { ComparisonOperator: atLeast, Threshold: 1 }],
  ])('%s', (id, Expression, expected) => {
    const { Metrics, ...alarm } = alarmOf(template, id);
    expect(alarm).toMatchObject({ TreatMissingData: 'notBreaching', ...expected });
    expect(Metrics).toContainEqual(expect.objectContaining({ Expression, ReturnData: true }));
  });

  test('cold starts are the number of Lambda\'s reports with an init duration', () => {
    expect(alarmOf(template, 'FunctionColdStartsHigh').Metrics).toContainEqual(expect.objectContaining({
      MetricStat: { Metric: { Namespace: 'CdkLegacyToS3/convert', MetricName: 'LogInitDuration' }, Period: 300, Stat: 'SampleCount' },
    }));
  });

  test('there are these, by every kind', () => {
    expect(Object.keys(made.alarms.alarms).sort()).toEqual(Object.values(FunctionAlarmKind).sort());
    template.resourceCountIs('AWS::CloudWatch::Alarm', 12);
  });

  test('what does not apply is left out', () => {
    expect(Object.keys(observe().made.alarms.alarms).sort()).toEqual([
      'errors', 'logErrorKeyword', 'logFailureKeyword', 'logStructuredErrors', 'outOfMemory', 'successRateLow', 'throttles', 'timeouts',
    ]);
  });

  test('each says what it means, of which function, and where to look', () => {
    for (const alarm of Object.values(template.findResources('AWS::CloudWatch::Alarm'))) {
      const text = alarm.Properties.AlarmDescription['Fn::Join'][1].map((part: any) => (typeof part === 'string' ? part : '<ref>')).join('');
      expect(text).toMatch(/^[A-Z].+\. Function: convert\. What to do: https:\/\/.+\/docs\/runbook\.md#[a-z-]+ Function and logs: https:\/\/<ref>\.console.+\/functions\/convert\?tab=monitoring$/);
      expect(text.length).toBeLessThan(900);
    }
  });

  test('warnings go to a topic of their own, if there is one', () => {
    const told = observe((stack) => ({ ...all(stack), warningTopic: own(stack) })).template;
    const toWarnings = told.findResources('AWS::CloudWatch::Alarm', { Properties: { AlarmActions: [{ Ref: Match.stringLikeRegexp('^Own') }] } });
    expect(Object.keys(toWarnings).map((id) => id.replace(/^ConvertAlarms|[0-9A-F]{8}$/g, '')).sort()).toEqual([
      'FunctionColdStartsHigh', 'FunctionNearTimeout', 'FunctionThrottles',
    ]);
    expect(only(told, 'AWS::CloudWatch::CompositeAlarm').Properties.AlarmActions).toEqual([{ Ref: expect.stringMatching(/^Own/) }]);
  });

  test('those of failed attempts tell together, unless the failure queue tells; without one they wait for nothing', () => {
    const { AlarmRule, ActionsSuppressor } = only(template, 'AWS::CloudWatch::CompositeAlarm').Properties;
    const named = AlarmRule['Fn::Join'][1].flatMap((part: any) => part['Fn::GetAtt']?.[0]?.replace(/^ConvertAlarms|[0-9A-F]{8}$/g, '') ?? []);
    expect(named.sort()).toEqual(['FunctionErrors', 'FunctionOutOfMemory', 'FunctionTimeouts', 'LogErrorKeyword', 'LogFailureKeyword', 'LogStructuredErrors']);
    expect(ActionsSuppressor['Fn::GetAtt'][0]).toMatch(/^ConvertAlarmsFunctionFailureQueueNotEmpty/);
    expect(only(observe().template, 'AWS::CloudWatch::CompositeAlarm').Properties.ActionsSuppressor).toBeUndefined();
  });

  test('every one can be left out or changed', () => {
    const off = Object.fromEntries(Object.values(FunctionAlarmKind).map((kind) => [kind, { enabled: false }]));
    observe((stack) => ({ ...all(stack), alarmOverrides: off })).template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
    const critical = observe(() => ({
      compositeAlarm: true, alarmOverrides: { [FunctionAlarmKind.OUT_OF_MEMORY]: { severity: AlarmSeverity.CRITICAL } },
    }));
    expect(JSON.stringify(only(critical.template, 'AWS::CloudWatch::CompositeAlarm', 'ConvertAlarmsCritical').Properties.AlarmRule)).toMatch(/ConvertAlarmsFunctionOutOfMemory/);
  });
});

describe('the time limit', () => {
  const threshold = (props: Partial<lambda.FunctionProps>) =>
    alarmOf(observe((stack) => ({ function: functionOf(stack, props) })).template, 'FunctionNearTimeout').Threshold;

  test('is the function\'s own', () => expect(threshold({ timeout: Duration.minutes(1) })).toBe(48_000));
  test('is Lambda\'s default where the function has none', () => expect(threshold({})).toBe(2_400));
});

describe('the log format', () => {
  const warning = Match.stringLikeRegexp('cold starts of .* are not seen: its log format is Text');

  test('text: a warning', () => {
    Annotations.fromStack(observe((stack) => ({ function: functionOf(stack) })).stack).hasWarning('*', warning);
    const text = observe((stack) => ({ function: functionOf(stack, { loggingFormat: lambda.LoggingFormat.TEXT }) }));
    Annotations.fromStack(text.stack).hasWarning('*', warning);
  });

  test('JSON, or not known: none', () => {
    const json = observe((stack) => ({ function: functionOf(stack, { loggingFormat: lambda.LoggingFormat.JSON }) }));
    Annotations.fromStack(json.stack).hasNoWarning('*', warning);
    Annotations.fromStack(observe().stack).hasNoWarning('*', warning);
  });
});

describe('the rows', () => {
  const shownOn = (make_: (stack: Stack) => unknown) => dashboardBody(synth(make_).template).widgets;
  const props = (stack: Stack): Partial<Props> => ({ observedName: 'convert', failureQueue: new sqs.Queue(stack, 'Failures') });
  const widgets = shownOn((stack) => make(stack, props(stack)).addToDashboard(new cloudwatch.Dashboard(stack, 'Mine')));
  const titled = (title: string) => widgets.find(({ properties }) => properties.title === title)!;
  const shown = (title: string) => metricsOf(titled(title)).map(({ name, options }) => `${name} ${options.stat}`);

  test('on one\'s own dashboard: what a pipeline shows of its own function', () => {
    expect(widgets.map(({ properties }) => properties.title ?? properties.markdown)).toEqual([
      '## convert', 'Success rate (%)', 'Invocations', 'Duration', 'Cold starts', 'Throttles and concurrency', 'Errors in the logs', 'Failure queue',
      'Alarms', 'Latest errors',
    ]);
    expect(expressionsOf(titled('Success rate (%)'))).toEqual(['100 - 100 * FILL(errors, 0) / invocations']);
    expect(shown('Duration')).toEqual(['Duration p50', 'Duration p90', 'Duration p99']);
    expect(shown('Cold starts')).toEqual(['LogInitDuration SampleCount', 'LogInitDuration Maximum']);
    expect(shown('Errors in the logs')).toEqual(['LogErrorKeyword Sum', 'LogFailureKeyword Sum', 'LogStructuredErrors Sum', 'LogTimeouts Sum', 'LogOutOfMemory Sum']);
    expect(titled('Latest errors').properties.query).toMatch(/^SOURCE '\/of\/convert' \|/);
    expect(titled('Alarms').properties.alarms).toHaveLength(10);
  });

  test('each row fills the width', () => {
    const ends = new Map<number, number>();
    for (const { y, width } of widgets) ends.set(y, (ends.get(y) ?? 0) + width);
    expect([...ends.values()]).toEqual([24, 24, 24, 24]);
  });

  test('without queue and alarms: no widgets of them', () => {
    const off = Object.fromEntries(Object.values(FunctionAlarmKind).map((kind) => [kind, { enabled: false }]));
    const titles = shownOn((stack) => make(stack, { alarmOverrides: off }).addToDashboard(new cloudwatch.Dashboard(stack, 'Mine')))
      .map(({ properties }) => properties.title);
    expect(titles).not.toContain('Failure queue');
    expect(titles).not.toContain('Alarms');
  });

  test('on the dashboard of a pipeline, below its own; with its topic', () => {
    const { template } = synth((stack) => {
      const pipeline = new LegacyToS3Pipeline(stack, 'Ledger');
      new FunctionObservability(stack, 'Replay', {
        function: pipeline.replay.function, logGroup: pipeline.replay.logGroup, alarmTopic: pipeline.alarmTopic, observedName: 'replay',
      }).addToDashboard(pipeline.dashboard!);
    });
    const titles = dashboardBody(template).widgets.map(({ properties }) => properties.title ?? properties.markdown);
    expect(titles.indexOf('## replay')).toBe(titles.indexOf('Latest errors') + 1);
    template.resourceCountIs('AWS::SNS::Topic', 1);
  });
});

test('two functions in one stack do not clash', () => {
  const { made } = synth((stack) => ['One', 'Two'].map((id) => new FunctionObservability(stack, id, {
    function: imported(stack, id), logGroup: logGroupOf(stack, `/of/${id}`),
  })));
  expect(new Set(made.map(({ observedName }) => observedName)).size).toBe(2);
});

test.each<[Partial<Props>, string]>([
  [{ observedName: 'my function' }, "Stack/Convert: observedName must be 1 to 128 letters, digits, dots, underscores and hyphens, the first a letter or digit, got 'my function'"],
  [{ successRateTarget: 101 }, 'Stack/Convert/Alarms: successRateTarget must be a number of percent above 0 and at most 100, got 101'],
  [{ minimumInvocations: 0 }, 'Stack/Convert/Alarms: minimumInvocations must be a whole number of at least 1, got 0'],
  [{ coldStartShareLimit: 0 }, 'Stack/Convert/Alarms: coldStartShareLimit must be a number of percent above 0 and at most 100, got 0'],
  [{ timeout: Duration.minutes(16) }, 'Stack/Convert/Alarms: timeout must be from 1 second to 15 minutes, got 16 minutes'],
  [{ alarmEmail: 'ops' }, "Stack/Convert/Alarms: alarmEmail must be an e-mail address such as name@example.com, got 'ops'"],
  [
    { alarmOverrides: { recorderErrors: { enabled: false } } },
    "Stack/Convert/Alarms: alarmOverrides has the unknown alarm 'recorderErrors'; known are errors, throttles, nearTimeout, timeouts, outOfMemory, successRateLow, " +
    'coldStartsHigh, failureQueueNotEmpty, failureQueueUnreachable, logErrorKeyword, logFailureKeyword, logStructuredErrors',
  ],
])('refuses %j', (props, message) => {
  expect(failureOf((stack) => make(stack, props))).toBe(message);
});
