import { Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { HANDLER_ENV } from '../../../src/contract';
import { ForeignRows, LandedTables, LandingCatalog, LegacyToS3Pipeline, LegacyToS3PipelineProps, RunCompletion, TableCompaction } from '../../../src/pipeline';
import { failureOf, importedParts, only, statements, synth, synthPipeline } from '../synth';

const compactedBy = (compaction?: TableCompaction): LegacyToS3PipelineProps => ({ landedTables: LandedTables.iceberg({ compaction }) });

/** What run completion is told, the function's name by its logical id. */
function told(template: Template): object | undefined {
  const { [HANDLER_ENV.compaction]: text } = only(template, 'AWS::Lambda::Function', 'LedgerRunCompletion').Properties.Environment.Variables;
  return text && JSON.parse(text['Fn::Join'][1].map((part: any) => part.Ref?.replace(/[0-9A-F]{8}$/, '') ?? part).join(''));
}

const functionName = 'LedgerCompactorFunction';

describe('run completion is told', () => {
  test.each<[string, TableCompaction | undefined, object | undefined]>([
    ['nothing given', undefined, { functionName, whenDeletes: 50, atMostEverySeconds: 21_600 }],
    ['delete files', TableCompaction.whenDeleteFiles(20), { functionName, whenDeletes: 20, atMostEverySeconds: 21_600 }],
    ['and how often', TableCompaction.whenDeleteFiles(20, { atMostEvery: Duration.minutes(10) }), { functionName, whenDeletes: 20, atMostEverySeconds: 600 }],
    ['an interval', TableCompaction.every(Duration.days(1)), { functionName, atMostEverySeconds: 86_400 }],
    ['never', TableCompaction.never(), undefined],
  ])('%s', (_name, compaction, expected) => {
    const { template, made } = synthPipeline(compactedBy(compaction));
    expect(told(template)).toEqual(expected);
    expect([made.compactor !== undefined, made.compactorLogMetrics !== undefined, 'tablesNotCompacted' in made.alarms]).toEqual(Array(3).fill(expected !== undefined));
  });

  test.each([[{ landedTables: LandedTables.hive() }], [{ landedTables: LandedTables.none() }], [{ catalog: false }]])('and there is no function without Iceberg tables: %#', (props) => {
    const { template, made } = synthPipeline(props);
    expect([told(template), made.compactor]).toEqual([undefined, undefined]);
    expect(Object.keys(template.findResources('AWS::Lambda::Function')).filter((id) => id.includes('Compactor'))).toEqual([]);
  });
});

describe('the function', () => {
  const { template, made } = synthPipeline({ ...compactedBy(), maxEventAge: Duration.hours(1) });

  test('is another entry of the bundle of run completion, and goes on by itself', () => {
    const { Handler, Code, MemorySize, Timeout, RecursiveLoop, Environment, ReservedConcurrentExecutions } = only(template, 'AWS::Lambda::Function', functionName).Properties;
    expect(Code).toEqual(only(template, 'AWS::Lambda::Function', 'LedgerRunCompletion').Properties.Code);
    expect({ Handler, MemorySize, Timeout, RecursiveLoop, ReservedConcurrentExecutions })
      .toEqual({ Handler: 'index.compact', MemorySize: 3008, Timeout: 900, RecursiveLoop: 'Allow', ReservedConcurrentExecutions: undefined });
    expect(Environment.Variables).toMatchObject({ GLUE_DATABASE_NAME: made.catalog!.databaseName, POWERTOOLS_SERVICE_NAME: 'table-compaction' });
    expect(Environment.Variables).not.toHaveProperty(HANDLER_ENV.compaction);
    const goesOn = only(template, 'AWS::IAM::Policy', 'LedgerCompactorGoOnPolicy').Properties;
    expect(goesOn.PolicyDocument.Statement).toEqual([{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: { 'Fn::GetAtt': [expect.stringMatching(functionName), 'Arn'] } }]);
  });

  test('is started by run completion, which may invoke it', () => {
    const invokes = statements(template, 'LedgerRunCompletionRole').filter(({ Sid }) => Sid === 'StartCompaction');
    expect(invokes).toEqual([{ Sid: 'StartCompaction', Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: { 'Fn::GetAtt': [expect.stringMatching(functionName), 'Arn'] } }]);
  });

  test('is tried again, and what fails goes to the failure queue, from which it is replayed', () => {
    const { MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = only(template, 'AWS::Lambda::EventInvokeConfig', 'LedgerCompactor').Properties;
    expect([MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig.OnFailure.Destination]).toEqual([2, 3600, { 'Fn::GetAtt': [expect.stringMatching(/^LedgerRecorderFailureQueue/), 'Arn'] }]);
    expect(only(template, 'AWS::Lambda::Function', 'LedgerReplay').Properties.Environment.Variables[HANDLER_ENV.compactionFunction]).toEqual({ Ref: expect.stringMatching(functionName) });
  });

  test('may read what landed, write the tables\' folder and change tables in Glue, and nothing else', () => {
    const granted = statements(template, 'LedgerCompactorRole').flatMap(({ Action, Resource }) => [Action].flat().flatMap((action: string) => (
      [Resource].flat().map((each: any) => `${action} ${each['Fn::Join']?.[1].at(-1) ?? each['Fn::GetAtt']?.[0].replace(/[0-9A-F]{8}$/, '')}`)))).sort();
    expect(granted.map((each: string) => each.replace(/:(catalog|database|table)(\/\w+)?/, ':$1'))).toEqual([
      'dynamodb:UpdateItem LedgerMetadataTable',
      ...['glue:GetTable', 'glue:UpdateTable'].flatMap((action) => [expect.stringMatching(`^${action} .*:catalog$`), expect.stringMatching(`^${action} .*:database$`), expect.stringMatching(`^${action} .*:table/\\*$`)]),
      'logs:CreateLogStream LedgerCompactorLogGroup',
      'logs:PutLogEvents LedgerCompactorLogGroup',
      's3:DeleteObject /_tables/*',
      's3:GetObject /*',
      's3:GetObject /_tables/*',
      's3:ListBucket LedgerLandingBucket',
      's3:PutObject /_tables/*',
      'sqs:SendMessage LedgerRecorderFailureQueue',
    ]);
  });

  test('has the memory, the concurrency and the role that are given', () => {
    const given = synthPipeline((stack) => compactedBy(TableCompaction.every(Duration.days(1), { memorySize: 10240, reservedConcurrentExecutions: 2, role: new iam.Role(stack, 'Mine', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }) })));
    const { MemorySize, ReservedConcurrentExecutions, Role } = only(given.template, 'AWS::Lambda::Function', functionName).Properties;
    expect([MemorySize, ReservedConcurrentExecutions, Role]).toEqual([10240, 2, { 'Fn::GetAtt': [expect.stringMatching(/^Mine/), 'Arn'] }]);
  });

  test('is watched and shown', () => {
    const alarm = only(template, 'AWS::CloudWatch::Alarm', 'LedgerAlarmsTablesNotCompacted').Properties;
    expect(alarm.Metrics.map((each: any) => each.MetricStat?.Metric.MetricName ?? each.Expression).sort()).toEqual(['Errors', 'FILL(told, 0) + FILL(ended, 0)', 'TablesNotCompacted']);
    expect(JSON.stringify(alarm.AlarmDescription)).toContain(functionName);
    expect(JSON.stringify(only(template, 'AWS::CloudWatch::Alarm', 'LedgerAlarmsFailureQueueUnreachable').Properties.Metrics)).toContain(functionName);
    expect(JSON.stringify(only(template, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody)).toContain('Tables compacted');
    expect(JSON.stringify(only(synthPipeline(compactedBy(TableCompaction.never())).template, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody)).not.toContain('Tables compacted');
  });
});

test.each<[TableCompaction, string]>([
  [TableCompaction.whenDeleteFiles(0), 'the number of delete files of compaction must be a whole number of at least 1, got 0'],
  [TableCompaction.whenDeleteFiles(1.5), 'the number of delete files of compaction must be a whole number of at least 1, got 1.5'],
  [TableCompaction.whenDeleteFiles(5, { atMostEvery: Duration.seconds(90) }), 'atMostEvery of compaction must be whole minutes from 1 minute to 365 days, got 1 minute 30 seconds'],
  [TableCompaction.every(Duration.days(366)), 'the interval of compaction must be whole minutes from 1 minute to 365 days, got 366 days'],
  [TableCompaction.every(Duration.days(1), { memorySize: 256 }), 'memorySize of compaction must be a whole number of MB from 512 to 10240, got 256'],
  [TableCompaction.every(Duration.days(1), { reservedConcurrentExecutions: 0 }), 'reservedConcurrentExecutions of compaction must be a whole number of at least 1, got 0'],
  ['daily' as unknown as TableCompaction, 'compaction must be an object, such as TableCompaction.whenDeleteFiles(50), got "daily"'],
])('refuses: %#', (compaction, message) => {
  expect(failureOf((stack) => new LegacyToS3Pipeline(stack, 'Ledger', compactedBy(compaction)))).toBe(`Stack/Ledger/Catalog: ${message}`);
});

describe('a run completion by itself', () => {
  const make = (landedTables: LandedTables, compaction: TableCompaction) => (stack: Stack) => {
    const parts = importedParts(stack);
    const completion = new RunCompletion(stack, 'Completion', { ...parts, pipelineName: 'ledger', catalog: new LandingCatalog(stack, 'Catalog', { bucket: parts.bucket, landedTables }) });
    completion.startCompaction(lambda.Function.fromFunctionAttributes(stack, 'Mine', { functionArn: 'arn:aws:lambda:eu-west-1:1:function:mine', sameEnvironment: true }), compaction);
  };

  test('starts none until it is told, and then the function that it is told', () => {
    const { Environment } = only(synth(make(LandedTables.iceberg({ foreignRows: ForeignRows.DROP }), TableCompaction.whenDeleteFiles(9))).template, 'AWS::Lambda::Function', 'Completion').Properties;
    expect(JSON.parse(Environment.Variables[HANDLER_ENV.compaction])).toEqual({ functionName: 'mine', whenDeletes: 9, atMostEverySeconds: 21_600 });
  });

  test.each<[LandedTables, TableCompaction, string]>([
    [LandedTables.iceberg(), TableCompaction.never(), 'compaction must say when tables are compacted, got TableCompaction.never()'],
    [LandedTables.hive(), TableCompaction.whenDeleteFiles(9), "startCompaction needs landedTables: LandedTables.iceberg(), got 'hive'"],
    [LandedTables.iceberg(), TableCompaction.whenDeleteFiles(-1), 'the number of delete files of compaction must be a whole number of at least 1, got -1'],
  ])('refuses: %#', (tables, compaction, message) => {
    expect(failureOf(make(tables, compaction))).toBe(`Stack/Completion: ${message}`);
  });
});
