import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { dashboardBody, metricsOf } from './dashboard-body';
import { COMPACTION_METRICS, LOG_METRICS, METRICS, RUN_METRICS, SERVICES, SERVICE_DIMENSION, metricNamespace } from '../../../src/contract';
import { ExtractionMode, FunctionObservability, LandingTrigger, LegacyToS3Pipeline } from '../../../src/pipeline';
import { synthExtraction } from '../extraction/made';
import { synth, synthPipeline } from '../synth';

const PIPELINE = 'ledger';
const OWN = metricNamespace(PIPELINE);

/** Metrics AWS has, with each set of dimensions it gives them, as the services' "monitoring" pages list them. */
const AWS_METRICS: { readonly [metric: string]: string | readonly string[] } = {
  'AWS/Lambda Invocations': 'FunctionName',
  'AWS/Lambda Errors': 'FunctionName',
  'AWS/Lambda Throttles': 'FunctionName',
  'AWS/Lambda Duration': 'FunctionName',
  'AWS/Lambda ConcurrentExecutions': 'FunctionName',
  'AWS/Lambda DestinationDeliveryFailures': 'FunctionName',
  'AWS/Lambda DeadLetterErrors': 'FunctionName',
  'AWS/SQS ApproximateNumberOfMessagesVisible': 'QueueName',
  'AWS/SQS ApproximateNumberOfMessagesNotVisible': 'QueueName',
  'AWS/SQS ApproximateAgeOfOldestMessage': 'QueueName',
  'AWS/DynamoDB SuccessfulRequestLatency': 'Operation,TableName',
  'AWS/DynamoDB WriteThrottleEvents': ['TableName', 'GlobalSecondaryIndexName,TableName'],
};

interface Read {
  readonly by: string;
  readonly metric: string;
  /** Names, sorted. */
  readonly dimensions: string;
  readonly values: readonly unknown[];
}

/** Every metric the alarms of a template read. */
function readByAlarms(template: Template): Read[] {
  return Object.entries(template.findResources('AWS::CloudWatch::Alarm')).flatMap(([by, { Properties }]) => {
    const plain = Properties.MetricName ? [Properties] : Properties.Metrics.map((metric: any) => metric.MetricStat?.Metric).filter(Boolean);
    return plain.map(({ Namespace, MetricName, Dimensions = [] }: any) => ({
      by,
      metric: `${Namespace} ${MetricName}`,
      dimensions: Dimensions.map(({ Name }: any) => Name).sort().join(),
      values: Dimensions.map(({ Value }: any) => Value),
    }));
  });
}

/** Every metric the widgets of a template read. */
function readByWidgets(template: Template): Read[] {
  return dashboardBody(template).widgets.flatMap((widget) => metricsOf(widget).map(({ namespace, name, dimensions }) => ({
    by: widget.properties.title,
    metric: `${namespace} ${name}`,
    dimensions: dimensions.filter((_each, index) => index % 2 === 0).sort().join(),
    values: dimensions.filter((_each, index) => index % 2 === 1),
  })));
}

const { template } = synthPipeline({ pipelineName: PIPELINE, runFreshness: Duration.hours(24), trigger: LandingTrigger.buffered() });
const read = [...readByAlarms(template), ...readByWidgets(template)];
const own = read.filter(({ metric }) => metric.startsWith(`${OWN} `));

test('alarms and widgets read something', () => {
  expect(readByAlarms(template).length).toBeGreaterThanOrEqual(12);
  expect(readByWidgets(template).length).toBeGreaterThanOrEqual(25);
});

test('every metric they read is one of the contract or of AWS', () => {
  const emitted = [...Object.values(METRICS), ...Object.values(LOG_METRICS)].map((name) => `${OWN} ${name}`);
  const unknown = read.filter(({ metric }) => !emitted.includes(metric) && !(metric in AWS_METRICS));
  expect(unknown).toEqual([]);
});

test('with the dimensions it is emitted with', () => {
  const filtered = Object.values(LOG_METRICS).map((name) => `${OWN} ${name}`);
  for (const { by, metric, dimensions, values } of own) {
    const emits = (names: readonly string[]) => names.some((name) => metric === `${OWN} ${name}`);
    const service = emits(COMPACTION_METRICS) ? SERVICES.compaction : emits(RUN_METRICS) ? SERVICES.runCompletion : SERVICES.recorder;
    const expected = filtered.includes(metric) ? ['', []] : [SERVICE_DIMENSION, [service]];
    expect([by, metric, dimensions, values]).toEqual([by, metric, ...expected]);
  }
  for (const { by, metric, dimensions } of read.filter((each) => !own.includes(each))) {
    expect([by, metric, [AWS_METRICS[metric]].flat()]).toEqual([by, metric, expect.arrayContaining([dimensions])]);
  }
});

test('the metrics of the logs are made by the filters, of the logs of all three functions', () => {
  const made = Object.values(template.findResources('AWS::Logs::MetricFilter'))
    .flatMap(({ Properties }) => Properties.MetricTransformations)
    .map(({ MetricNamespace, MetricName }) => `${MetricNamespace} ${MetricName}`);
  expect(made.sort()).toEqual([1, 2, 3].flatMap(() => Object.values(LOG_METRICS)).map((name) => `${OWN} ${name}`).sort());
});

test('every metric of the contract is shown or watched, those of changes by an extraction that follows its source', () => {
  const followed = synthExtraction((stack) => ({
    pipeline: new LegacyToS3Pipeline(stack, 'Followed', { pipelineName: PIPELINE }), mode: ExtractionMode.changes({ every: Duration.minutes(5) }),
  })).template;
  const used = new Set([...own, ...readByAlarms(followed), ...readByWidgets(followed)].map(({ metric }) => metric));
  const unused = [...Object.values(METRICS), ...Object.values(LOG_METRICS)].filter((name) => !used.has(`${OWN} ${name}`));
  expect(unused).toEqual([]);
});

describe('of any function', () => {
  const watched = synth((stack) => {
    new FunctionObservability(stack, 'Convert', {
      function: lambda.Function.fromFunctionName(stack, 'Function', 'convert'),
      logGroup: logs.LogGroup.fromLogGroupName(stack, 'LogGroup', '/of/convert'),
      failureQueue: new sqs.Queue(stack, 'Failures'),
      timeout: Duration.minutes(1),
      coldStartShareLimit: 10,
      observedName: 'convert',
    }).addToDashboard(new cloudwatch.Dashboard(stack, 'Mine'));
  }).template;
  const reads = [...readByAlarms(watched), ...readByWidgets(watched)];

  test('every metric they read is made by a filter or is one of AWS, with its dimensions', () => {
    const filtered = Object.values(LOG_METRICS).map((name) => `${metricNamespace('convert')} ${name}`);
    expect(reads.length).toBeGreaterThanOrEqual(30);
    for (const { by, metric, dimensions } of reads) {
      expect([by, metric, dimensions]).toEqual([by, metric, filtered.includes(metric) ? '' : AWS_METRICS[metric] ?? 'unknown']);
    }
    const used = new Set(reads.map(({ metric }) => metric));
    expect(filtered.filter((metric) => !used.has(metric))).toEqual([]);
  });
});
