import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { DashboardSection, LandingTrigger, LegacyToS3Pipeline, LegacyToS3PipelineProps, PipelineDashboard, PipelineMetrics } from '../../../../src/pipeline';
import { failureOf, synthPipeline } from '../../synth';
import { Widget, dashboardBody, expressionsOf, metricsOf } from '../dashboard-body';

describe('of a pipeline', () => {
  const { template, made } = synthPipeline({ pipelineName: 'ledger' });
  const body = dashboardBody(template);
  const titled = (title: string): Widget => body.widgets.find(({ properties }) => properties.title === title)!;
  const shown = (title: string) => metricsOf(titled(title)).map(({ name, options }) => `${name} ${options.stat}`);

  test('it shows the last three hours at first', () => {
    expect(body.start).toBe('-PT3H');
  });

  test('success rate: a gauge over the whole range, by metric math', () => {
    const widget = titled('Success rate (%)');
    expect(widget.properties).toMatchObject({ view: 'gauge', setPeriodToTimeRange: true, yAxis: { left: { min: 0, max: 100 } } });
    expect(expressionsOf(widget)).toEqual(['100 * FILL(successes, 0) / attempts']);
    expect(shown('Success rate (%)')).toEqual(['RecordSuccesses Sum', 'RecordAttempts Sum']);
    expect(widget.properties.annotations.horizontal.map(({ value, fill }: any) => [value, fill])).toEqual([[99, 'above'], [99, 'below']]);
  });

  test('DynamoDB latency: a gauge in percent of its target, by metric math', () => {
    const widget = titled('DynamoDB write in % of 50 ms');
    expect(widget.properties).toMatchObject({ view: 'gauge', yAxis: { left: { min: 0, max: 200 } } });
    expect(expressionsOf(widget)).toEqual(['100 * putItemP50 / 50', '100 * putItemP99 / 50']);
    expect(shown('DynamoDB write in % of 50 ms')).toEqual(['PutItemLatency p50', 'PutItemLatency p99']);
  });

  test('DynamoDB latency over time: as the function and as the service see it', () => {
    expect(shown('DynamoDB write')).toEqual(['PutItemLatency p50', 'PutItemLatency p90', 'PutItemLatency p99', 'SuccessfulRequestLatency undefined']);
    const service = metricsOf(titled('DynamoDB write'))[3];
    expect(service.dimensions).toEqual(['Operation', 'PutItem', 'TableName', expect.stringMatching(/^<LedgerMetadataTable/)]);
    expect(titled('DynamoDB write').properties.annotations.horizontal).toEqual([expect.objectContaining({ value: 50 })]);
  });

  test('record latency percentiles', () => {
    expect(shown('From landed to recorded')).toEqual(['RecordLatency p50', 'RecordLatency p90', 'RecordLatency p99']);
  });

  test('cold starts: how many and how long', () => {
    expect(shown('Cold starts')).toEqual(['ColdStarts Sum', 'ColdStartDuration Maximum', 'LogInitDuration Maximum', 'FirstPutItemLatency Maximum']);
  });

  test('throttles of the function, the table and its indexes', () => {
    expect(shown('Throttles and concurrency')).toEqual([
      'Throttles Sum', 'WriteThrottleEvents Sum', 'WriteThrottleEvents Sum', 'WriteThrottleEvents Sum', 'ConcurrentExecutions Maximum',
    ]);
    const of = metricsOf(titled('Throttles and concurrency')).slice(1, 4).map(({ dimensions }) => dimensions.filter((each: string) => !each.startsWith('<')));
    expect(of).toEqual([['TableName'], ['GlobalSecondaryIndexName', 'by-dataset', 'TableName'], ['GlobalSecondaryIndexName', 'by-run', 'TableName']]);
    // AWS has no data of these while they are zero.
    expect(expressionsOf(titled('Throttles and concurrency'))).toEqual([
      'FILL(throttles, 0)', 'FILL(inTable, 0) + FILL(byDataset, 0) + FILL(byRun, 0)', 'FILL(concurrentExecutions, 0)',
    ]);
  });

  test('the failure queue: depth and age', () => {
    expect(expressionsOf(titled('Failure queue'))).toEqual(['visible + inFlight', 'FILL(approximateAgeOfOldestMessage, 0)']);
    expect(shown('Failure queue')).toEqual([
      'ApproximateNumberOfMessagesVisible Maximum', 'ApproximateNumberOfMessagesNotVisible Maximum', 'ApproximateAgeOfOldestMessage Maximum',
    ]);
  });

  test('what landed: objects, bytes, rows, runs', () => {
    expect(shown('Landed')).toEqual(['ObjectsRecorded Sum', 'RowsLanded Sum', 'BytesLanded Sum', 'RunsComplete Sum', 'RunsIncomplete Sum']);
    expect(shown('Objects recorded')).toEqual(['ObjectsRecorded Sum', 'EventsIgnored Sum']);
    expect(shown('Bytes landed')).toEqual(['BytesLanded Sum']);
    expect(shown('Rows of complete runs')).toEqual(['RowsLanded Sum']);
  });

  test('the runs: counted, and each check listed by the lines of run completion', () => {
    expect(shown('Runs checked')).toEqual([
      'RunsComplete Sum', 'RunsIncomplete Sum', 'Invocations Sum', 'Errors Sum', 'Throttles Sum', 'Duration Maximum',
    ]);
    const { type, properties } = titled('Runs');
    expect(type).toBe('log');
    expect(properties.query).toMatch(new RegExp('^SOURCE \'<LedgerRunCompletionLogGroup.*>\' \\| fields @timestamp, message, runId, rows, objects, sizeBytes, problems\\n' +
      '\\| filter message in \\["run complete", "run incomplete"\\]\\n\\| sort @timestamp desc\\n\\| limit 50$'));
  });

  test('every line and figure has a name to read', () => {
    const drawn = body.widgets.flatMap(({ properties }) => (properties.metrics ?? []).map((row: any[]) => row[row.length - 1]))
      .filter((options: any) => options.visible !== false);
    expect(drawn.length).toBeGreaterThan(35);
    for (const { label } of drawn) expect(label).toMatch(/^(?![A-Z][a-z]+[A-Z])[\w' ,()%]+$/);
  });

  test('errors in the logs, counted and listed', () => {
    expect(shown('Errors in the logs')).toEqual([
      'LogErrorKeyword Sum', 'LogFailureKeyword Sum', 'LogStructuredErrors Sum', 'LogTimeouts Sum', 'LogOutOfMemory Sum',
    ]);
    const { type, properties } = titled('Latest errors');
    expect(type).toBe('log');
    expect(properties.view).toBe('table');
    expect(properties.query).toMatch(/^SOURCE '<LedgerRecorderLogGroup.*>' \| fields @timestamp, level, message, @message\n\| filter level in \["ERROR", "CRITICAL"\] or @message like \/Error\|Failure\/\n\| sort @timestamp desc\n\| limit 50$/);
  });

  test('the state of every alarm', () => {
    const { type, properties } = titled('Alarms');
    expect(type).toBe('alarm');
    expect(properties.alarms).toHaveLength(Object.keys(made.alarms).length);
    // A line of the list takes about three fifths of a row of the grid; the title takes one row.
    expect(titled('Alarms').height).toBeGreaterThanOrEqual(1 + properties.alarms.length * 0.6);
  });

  test('no two widgets overlap and none sticks out', () => {
    const cells = new Set<string>();
    for (const { x, y, width, height } of body.widgets) {
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column++) {
        for (let row = y; row < y + height; row++) {
          expect(cells.has(`${column},${row}`)).toBe(false);
          cells.add(`${column},${row}`);
        }
      }
    }
  });
});

test('targets move the gauges', () => {
  const body = dashboardBody(synthPipeline({ successRateTarget: 95, tableLatencyTarget: Duration.millis(10) }).template);
  const gauges = body.widgets.filter(({ properties }) => properties.view === 'gauge');
  expect(gauges[0].properties.annotations.horizontal[0].value).toBe(95);
  expect(expressionsOf(gauges[1])).toEqual(['100 * putItemP50 / 10', '100 * putItemP99 / 10']);
});

describe('options', () => {
  const titles = (sections: DashboardSection[]) => dashboardBody(synthPipeline({ dashboardOptions: { sections } }).template).widgets
    .map(({ properties }) => properties.title ?? 'title');

  test('sections are shown in the order given, below the title', () => {
    expect(titles([DashboardSection.LATEST_ERRORS, DashboardSection.LATENCY])).toEqual(['title', 'Latest errors', 'From landed to recorded', 'DynamoDB write']);
  });

  test('every section has what it says, and all together are the dashboard', () => {
    const all = Object.values(DashboardSection);
    expect(all.flatMap((section) => titles([section]).slice(1)).sort()).toEqual(titles(all).slice(1).sort());
    expect(titles(all)).toEqual(dashboardBody(synthPipeline().template).widgets.map(({ properties }) => properties.title ?? 'title'));
  });

  test('the period is that of every graph, figures at a glance are of the whole range', () => {
    const { template } = synthPipeline({ dashboardOptions: { period: Duration.minutes(15) }, trigger: LandingTrigger.buffered() });
    const graphs = dashboardBody(template).widgets.filter(({ properties }) => properties.metrics && !properties.setPeriodToTimeRange);
    expect(graphs.length).toBeGreaterThan(12);
    for (const graph of graphs) expect(metricsOf(graph).map(({ options }) => options.period)).toEqual(metricsOf(graph).map(() => 900));
  });

  test.each<[LegacyToS3PipelineProps, string]>([
    [{ dashboardOptions: { period: Duration.seconds(90) } }, 'period must be whole minutes from 1 minute to 1 day, got 1 minute 30 seconds'],
    [{ dashboardOptions: { defaultInterval: Duration.seconds(5) } }, 'defaultInterval must be from 1 minute to 455 days, got 5 seconds'],
    [
      { dashboardOptions: { sections: [] } },
      'sections must name at least one of glance, runs, latency, recorder, buffer, troubles, latestErrors, each once, got none',
    ],
    [
      { dashboardOptions: { sections: [DashboardSection.RUNS, DashboardSection.RUNS] } },
      'sections must name at least one of glance, runs, latency, recorder, buffer, troubles, latestErrors, each once, got runs, runs',
    ],
    [{ dashboard: false, dashboardOptions: {} }, 'dashboardOptions cannot be set together with dashboard: false, which makes no dashboard'],
  ])('refuses %j', (props, message) => {
    expect(failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', props))).toBe(`Stack/Ledger: ${message}`);
  });
});

test('widgets can be added', () => {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  new LegacyToS3Pipeline(stack, 'Ledger').dashboard!.addWidgets(new cloudwatch.TextWidget({ markdown: 'ours' }));
  const { widgets } = dashboardBody(Template.fromStack(stack));
  expect(widgets[widgets.length - 1].properties.markdown).toBe('ours');
});

test('a body can be made of names alone', () => {
  const stack = new Stack(new App(), 'Stack', { env: { account: '111111111111', region: 'eu-west-1' } });
  const logGroup = logs.LogGroup.fromLogGroupName(stack, 'LogGroup', 'LOG_GROUP');
  new PipelineDashboard(stack, 'Dashboard', {
    pipelineName: 'PIPELINE',
    metrics: new PipelineMetrics({
      namespace: 'CdkLegacyToS3/PIPELINE',
      recorder: lambda.Function.fromFunctionArn(stack, 'Recorder', 'arn:aws:lambda:eu-west-1:111111111111:function:RECORDER'),
      table: dynamodb.Table.fromTableName(stack, 'Table', 'TABLE'),
      failureQueue: sqs.Queue.fromQueueArn(stack, 'Queue', 'arn:aws:sqs:eu-west-1:111111111111:QUEUE'),
    }),
    logGroup,
  });
  const template = Template.fromStack(stack);
  const text = JSON.stringify(dashboardBody(template));
  expect(new Set(text.match(/<[A-Z][^>]*>/g))).toEqual(new Set(['<AWS::Region>']));
  for (const name of ['PIPELINE', 'RECORDER', 'TABLE', 'QUEUE', 'LOG_GROUP']) expect(text).toContain(name);
  // Neither alarms nor runs are known: the rows above take the whole width, and no table is empty.
  const { widgets } = dashboardBody(template);
  expect(widgets.filter(({ y }) => y === 2).map(({ x, width }) => [x, width])).toEqual([[0, 8], [8, 8], [16, 8]]);
  expect(widgets.map(({ properties }) => properties.title)).not.toContain('Runs');
});

test.each([
  [{ tableLatencyTarget: Duration.minutes(2) }, 'Stack/Ledger: tableLatencyTarget must be from 1 ms to 1 minute, got 2 minutes'],
  [{ tableLatencyTarget: Duration.millis(0) }, 'Stack/Ledger: tableLatencyTarget must be from 1 ms to 1 minute, got 0 ms'],
])('refuses %j', (props, message) => {
  expect(failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', props))).toBe(message);
});
