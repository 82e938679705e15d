import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import {
  AlarmTopic, AlarmTopicProps, DashboardSection, FunctionAlarms, FunctionAlarmsProps, FunctionMetrics, LogMetrics, LogMetricsProps, PipelineAlarms,
  PipelineAlarmsProps, PipelineDashboard, PipelineDashboardProps, PipelineMetrics, PipelineMetricsProps, SavedQueries, SavedQueriesProps,
} from '../../../src/pipeline';
import { alarmCases, pipelineAlarmCases } from '../prop-case-sets';
import { testProps } from '../prop-cases';

/** The stand-alone parts that watch: every prop by default and by a value of one's own. */

const logGroupOf = (stack: Stack, name: string) => logs.LogGroup.fromLogGroupName(stack, `LogGroup${name}`, name);
const functionOf = (stack: Stack, id: string, timeout: Duration = Duration.minutes(1)) => new lambda.Function(stack, id, {
  code: lambda.Code.fromInline('exports.handler = async () => {}'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X, timeout,
});
const imported = (stack: Stack, name: string) => lambda.Function.fromFunctionAttributes(stack, `Function${name}`, {
  functionArn: `arn:aws:lambda:eu-west-1:111111111111:function:${name}`, sameEnvironment: true,
});
const metricsOf = (stack: Stack, namespace = 'CdkLegacyToS3/ledger', more: Partial<PipelineMetricsProps> = {}) => new PipelineMetrics({
  namespace,
  ...more,
  recorder: imported(stack, 'records'),
  table: dynamodb.Table.fromTableName(stack, 'Table', 'records'),
  failureQueue: sqs.Queue.fromQueueArn(stack, 'Failures', 'arn:aws:sqs:eu-west-1:111111111111:failures'),
});

describe('LogMetrics', () => {
  testProps<LogMetricsProps>({
    logGroup: { own: (stack) => ({ logGroup: logGroupOf(stack, 'other') }), shows: /^MetricsTimeouts\/Properties\/LogGroupName: other$/ },
    namespace: { own: () => ({ namespace: 'Own' }), shows: /^MetricsTimeouts\/.*\/MetricNamespace: Own$/ },
  }, (stack, props) => new LogMetrics(stack, 'Metrics', { logGroup: logGroupOf(stack, 'any'), namespace: 'CdkLegacyToS3/ledger', ...props }));
});

describe('AlarmTopic', () => {
  testProps<AlarmTopicProps>({
    encryptionKey: { own: (stack) => ({ encryptionKey: new kms.Key(stack, 'Own') }), shows: /^Topic\/Properties\/KmsMasterKeyId\/Fn::GetAtt\/0: Own$/ },
    displayName: { byDefault: 'Landing pipeline alarms', own: () => ({ displayName: 'Own' }), shows: /^Topic\/Properties\/DisplayName: Own$/ },
  }, (stack, props) => new AlarmTopic(stack, 'Topic', props));
});

describe('PipelineAlarms', () => {
  testProps<PipelineAlarmsProps>({
    ...pipelineAlarmCases('Alarms'),
    metrics: { own: (stack) => ({ metrics: metricsOf(stack, 'CdkLegacyToS3/other') }), shows: /^AlarmsRunIncomplete\/Properties\/Namespace: CdkLegacyToS3\/other$/ },
    recorder: { own: (stack) => ({ recorder: functionOf(stack, 'Own', Duration.minutes(2)) }), shows: /^AlarmsRecorderNearTimeout\/Properties\/Threshold: 96000$/ },
    runCompletion: {
      own: (stack) => ({ runCompletion: functionOf(stack, 'Own') }), shows: /^AlarmsRunIncomplete\/Properties\/AlarmDescription: .*"Ref":"Own"/,
    },
    compactor: {
      own: (stack) => {
        const compactor = imported(stack, 'compacts');
        return { compactor, metrics: metricsOf(stack, undefined, { compactor, commitsTables: true }) };
      },
      shows: /^AlarmsTablesNotCompacted\/Properties\/AlarmDescription: .*compacts/,
    },
    pipelineName: { own: () => ({ pipelineName: 'other' }), shows: /^AlarmsRunIncomplete\/Properties\/AlarmDescription: .*Pipeline: other\./ },
    encryptionKey: { own: (stack) => ({ encryptionKey: new kms.Key(stack, 'Own') }), shows: /^AlarmsTopic\/Properties\/KmsMasterKeyId\/Fn::GetAtt\/0: Own$/ },
  }, (stack, props) => new PipelineAlarms(stack, 'Alarms', {
    metrics: props.metrics ?? metricsOf(stack), recorder: functionOf(stack, 'Recorder'), pipelineName: 'ledger', ...props,
  }));
});

describe('FunctionAlarms', () => {
  const functionMetrics = (stack: Stack, namespace: string) => new FunctionMetrics({
    function: imported(stack, 'any'), logMetrics: new LogMetrics(stack, 'LogMetrics', { logGroup: logGroupOf(stack, 'any'), namespace }),
  });
  testProps<FunctionAlarmsProps>({
    ...alarmCases('Alarms', 'FunctionErrors', 'errors'),
    timeout: { own: () => ({ timeout: Duration.seconds(10) }), shows: /^AlarmsFunctionNearTimeout\/Properties\/Threshold: 8000$/ },
    successRateTarget: { byDefault: 99, own: () => ({ successRateTarget: 95 }), shows: /^AlarmsFunctionSuccessRateLow\/Properties\/Threshold: 95$/ },
    minimumInvocations: {
      byDefault: 20, own: () => ({ minimumInvocations: 33 }), shows: /^AlarmsFunctionSuccessRateLow\/Properties\/Metrics\/\d\/Expression: IF\(invocations >= 33,/,
    },
    coldStartShareLimit: { own: () => ({ coldStartShareLimit: 12 }), shows: /^AlarmsFunctionColdStartsHigh\/Properties\/Threshold: 12$/ },
    function: { own: (stack) => ({ function: functionOf(stack, 'Own') }), shows: /^AlarmsFunctionNearTimeout\/Properties\/Threshold: 48000$/ },
    metrics: { own: (stack) => ({ metrics: functionMetrics(stack, 'Own') }), shows: /^AlarmsFunctionTimeouts\/Properties\/Namespace: Own$/ },
    title: { own: () => ({ title: 'other' }), shows: /^AlarmsFunctionErrors\/Properties\/AlarmDescription: .*Function: other\./ },
    encryptionKey: { own: (stack) => ({ encryptionKey: new kms.Key(stack, 'Own') }), shows: /^AlarmsTopic\/Properties\/KmsMasterKeyId\/Fn::GetAtt\/0: Own$/ },
  }, (stack, props) => new FunctionAlarms(stack, 'Alarms', {
    metrics: props.metrics ?? functionMetrics(stack, 'CdkLegacyToS3/any'), function: imported(stack, 'watched'), title: 'any', ...props,
  }));
});

describe('PipelineDashboard', () => {
  const alarmOf = (stack: Stack) => cloudwatch.Alarm.fromAlarmName(stack, 'Own', 'own-alarm');
  testProps<PipelineDashboardProps>({
    pipelineName: { own: () => ({ pipelineName: 'other' }), shows: /^Dashboard\/.*# other\\\\n/ },
    metrics: { own: (stack) => ({ metrics: metricsOf(stack, 'CdkLegacyToS3/other') }), shows: /^Dashboard\/.*CdkLegacyToS3\/other/ },
    logGroup: { own: (stack) => ({ logGroup: logGroupOf(stack, 'other') }), shows: /^Dashboard\/.*SOURCE 'other'/ },
    runCompletionLogGroup: { own: (stack) => ({ runCompletionLogGroup: logGroupOf(stack, 'completes') }), shows: /^Dashboard\/.*SOURCE 'completes'/ },
    compactorLogGroup: { own: (stack) => ({ compactorLogGroup: logGroupOf(stack, 'compacts') }), shows: /^Dashboard\/.*SOURCE 'compacts'/ },
    alarms: { byDefault: [], own: (stack) => ({ alarms: [alarmOf(stack)] }), shows: /^Dashboard\/.*:alarm:own-alarm/ },
    successRateTarget: { byDefault: 99, own: () => ({ successRateTarget: 95 }), shows: /^Dashboard\/.*\\"value\\":95,/ },
    tableLatencyTarget: { byDefault: Duration.millis(50), own: () => ({ tableLatencyTarget: Duration.millis(80) }), shows: /^Dashboard\/.*in % of 80 ms/ },
    defaultInterval: { byDefault: Duration.hours(3), own: () => ({ defaultInterval: Duration.days(1) }), shows: /^Dashboard\/.*\\"start\\":\\"-P1D\\"/ },
    period: { byDefault: Duration.minutes(1), own: () => ({ period: Duration.minutes(10) }), shows: /^Dashboard\/.*\\"period\\":600/ },
    sections: {
      byDefault: Object.values(DashboardSection), own: () => ({ sections: [DashboardSection.RUNS] }), hides: /^Dashboard\/.*Bytes landed/,
    },
  }, (stack, props) => new PipelineDashboard(stack, 'Dashboard', {
    pipelineName: 'ledger', metrics: props.metrics ?? metricsOf(stack), logGroup: logGroupOf(stack, 'any'), ...props,
  }));
});

describe('SavedQueries', () => {
  testProps<SavedQueriesProps>({
    pipelineName: { own: () => ({ pipelineName: 'other' }), shows: /^QueriesLatestErrors\/Properties\/Name: other\/Latest errors$/ },
    logGroup: { own: (stack) => ({ logGroup: logGroupOf(stack, 'other') }), shows: /^QueriesRecordedObjects\/Properties\/LogGroupNames\/0: other$/ },
    runCompletionLogGroup: { own: (stack) => ({ runCompletionLogGroup: logGroupOf(stack, 'completes') }), shows: /^QueriesRuns\/Properties\/LogGroupNames\/0: completes$/ },
    compactorLogGroup: { own: (stack) => ({ compactorLogGroup: logGroupOf(stack, 'compacts') }), shows: /^QueriesCompactions\/Properties\/LogGroupNames\/0: compacts$/ },
  }, (stack, props) => new SavedQueries(stack, 'Queries', { pipelineName: 'ledger', logGroup: logGroupOf(stack, 'any'), ...props }));
});
