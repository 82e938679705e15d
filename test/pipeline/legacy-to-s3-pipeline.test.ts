import { App, CfnParameter, NestedStack, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Synthesised, arnMatch, arnOf, failureOf, only, s3Arn, statements, synth, synthPipeline } from './synth';
import { STACK_OUTPUTS } from '../../src/contract';
import { LandingTrigger, LegacyToS3Pipeline, LegacyToS3PipelineProps } from '../../src/pipeline';

describe('with no props', () => {
  let synthesised: Synthesised<LegacyToS3Pipeline>;
  let template: Template;
  beforeAll(() => {
    synthesised = synthPipeline();
    template = synthesised.template;
  });

  test('there is one of each part', () => {
    const count = (type: string) => Object.keys(template.findResources(type)).length;
    expect([
      'AWS::S3::Bucket', 'Custom::S3BucketNotifications', 'AWS::DynamoDB::Table', 'AWS::SQS::Queue', 'AWS::SNS::Topic',
      'AWS::Logs::LogGroup', 'AWS::CloudWatch::Dashboard', 'AWS::KMS::Key',
      'AWS::Glue::Database', 'AWS::Athena::WorkGroup',
    ].map(count)).toEqual([2, 1, 1, 1, 1, 4, 1, 0, 1, 1]);
  });

  test('everything made can be reached', () => {
    const { made, stack } = synthesised;
    const refs = {
      bucket: made.bucket.bucketName,
      table: made.metadataTable.tableName,
      recorder: made.recorderFunction.functionName,
      role: made.recorderRole.roleName,
      replay: made.replay.function.functionName,
      completion: made.runCompletion.function.functionName,
      completionRole: made.runCompletion.role.roleName,
      completionLogGroup: made.runCompletion.logGroup.logGroupName,
      logGroup: made.logGroup.logGroupName,
      queue: made.failureQueue.queueUrl,
      topic: made.alarmTopic.topicArn,
      dashboard: made.dashboard?.dashboardName,
    };
    const types = Object.entries(refs).map(([name, ref]) => {
      const { Ref } = stack.resolve(ref);
      return [name, (template.toJSON().Resources[Ref]).Type];
    });
    expect(Object.fromEntries(types)).toEqual({
      bucket: 'AWS::S3::Bucket',
      table: 'AWS::DynamoDB::Table',
      recorder: 'AWS::Lambda::Function',
      role: 'AWS::IAM::Role',
      replay: 'AWS::Lambda::Function',
      completion: 'AWS::Lambda::Function',
      completionRole: 'AWS::IAM::Role',
      completionLogGroup: 'AWS::Logs::LogGroup',
      logGroup: 'AWS::Logs::LogGroup',
      queue: 'AWS::SQS::Queue',
      topic: 'AWS::SNS::Topic',
      dashboard: 'AWS::CloudWatch::Dashboard',
    });
    expect(made.recorder.function).toBe(made.recorderFunction);
    expect(Object.keys(made.alarms)).toHaveLength(Object.keys(template.findResources('AWS::CloudWatch::Alarm')).length);
  });

  test('nothing has a physical name', () => {
    const nameOf: { [type: string]: string } = {
      'AWS::S3::Bucket': 'BucketName',
      'AWS::DynamoDB::Table': 'TableName',
      'AWS::Lambda::Function': 'FunctionName',
      'AWS::SQS::Queue': 'QueueName',
      'AWS::SNS::Topic': 'TopicName',
      'AWS::IAM::Role': 'RoleName',
      'AWS::Logs::LogGroup': 'LogGroupName',
      'AWS::Logs::MetricFilter': 'FilterName',
      'AWS::CloudWatch::Alarm': 'AlarmName',
      'AWS::CloudWatch::Dashboard': 'DashboardName',
    };
    for (const [type, name] of Object.entries(nameOf)) {
      template.hasResource(type, {});
      template.allResourcesProperties(type, { [name]: Match.absent() });
    }
  });

  test('the recorder works on the bucket and the table', () => {
    const [read, , record] = statements(template, 'LedgerRecorderRole');
    expect(read.Resource).toEqual({ 'Fn::Join': ['', [arnOf('LedgerLandingBucket'), '/*']] });
    expect(record.Resource).toEqual(arnOf('LedgerMetadataTable'));
  });

  test('the data and its logs outlive the stack', () => {
    for (const type of ['AWS::S3::Bucket', 'AWS::DynamoDB::Table', 'AWS::Logs::LogGroup']) {
      template.hasResource(type, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });

  test('outputs name what a program needs', () => {
    const always = Object.values(STACK_OUTPUTS).filter((suffix) => suffix !== STACK_OUTPUTS.landingPrefix && suffix !== STACK_OUTPUTS.keyArn);
    expect(Object.keys(template.toJSON().Outputs).sort()).toEqual(always.map((suffix) => `Ledger${suffix}`).sort());
    template.hasOutput('LedgerBucketName', { Value: { Ref: Match.stringLikeRegexp('^LedgerLandingBucket') } });
    template.hasOutput('LedgerTableName', { Value: { Ref: Match.stringLikeRegexp('^LedgerMetadataTable') } });
    template.hasOutput('LedgerFailureQueueUrl', { Value: { Ref: Match.stringLikeRegexp('^LedgerRecorderFailureQueue') } });
    template.hasOutput('LedgerAlarmTopicArn', { Value: { Ref: Match.stringLikeRegexp('^LedgerAlarmsTopic') } });
    template.hasOutput('LedgerDashboardName', { Value: { Ref: Match.stringLikeRegexp('^LedgerDashboard') } });
  });

  test('it says that nobody hears the alarms', () => {
    Annotations.fromStack(synthesised.stack).hasWarning('/Stack/Ledger/Alarms', Match.stringLikeRegexp('nobody hears the alarms'));
  });
});

describe('name', () => {
  test('is made of the stack and the path', () => {
    const { made } = synthPipeline();
    expect(made.pipelineName).toMatch(/^Stack-Ledger-[0-9A-F]{8}$/);
    expect(made.metricNamespace).toBe(`CdkLegacyToS3/${made.pipelineName}`);
  });

  test('can be given', () => {
    const { made, template } = synthPipeline({ pipelineName: 'ledger.prod' });
    expect(made.metricNamespace).toBe('CdkLegacyToS3/ledger.prod');
    template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { POWERTOOLS_METRICS_NAMESPACE: 'CdkLegacyToS3/ledger.prod' } } });
  });

  test('differs between stacks, stages and nested stacks', () => {
    const app = new App();
    const name = (scope: Stack) => new LegacyToS3Pipeline(scope, 'Ledger').pipelineName;
    const one = new Stack(app, 'One');
    const names = [name(one), name(new Stack(app, 'Two')), name(new Stack(new Stage(app, 'Prod'), 'One')), name(new NestedStack(one, 'Nested'))];
    expect(new Set(names).size).toBe(4);
    for (const each of names) expect(each).toMatch(/^[A-Za-z0-9_-]{1,96}$/);
  });

  test.each(['a b', '-a', 'a/b', 'x'.repeat(129)])('%s is refused', (pipelineName) => {
    expect(failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', { pipelineName }))).toContain('Stack/Ledger: pipelineName must be 1 to 128');
  });

  test.each(['Error', 'Failures'])('a stack called %s does not put a keyword of the log filters into it', (id) => {
    const { pipelineName } = new LegacyToS3Pipeline(new Stack(new App(), id), 'Ledger');
    expect(pipelineName).toMatch(new RegExp(`^${id.toLowerCase()}-Ledger-[0-9A-F]{8}$`));
  });

  test.each(['DayOfFailure', 'Error-log'])('%s is refused: it would raise alarms', (pipelineName) => {
    expect(failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', { pipelineName })))
      .toMatch(/^Stack\/Ledger: pipelineName must not contain '(Error|Failure)', got /);
  });

  test('may be known only at deployment', () => {
    const { template } = synthPipeline((stack) => ({ pipelineName: new CfnParameter(stack, 'Name').valueAsString }));
    for (const filter of Object.values(template.findResources('AWS::Logs::MetricFilter'))) {
      expect(filter.Properties.MetricTransformations[0].MetricNamespace).toEqual({ 'Fn::Join': ['', ['CdkLegacyToS3/', { Ref: 'Name' }]] });
    }
  });
});

test('without a catalog there is no database, and runs are registered nowhere', () => {
  const { template, made } = synthPipeline({ catalog: false });
  expect(made.catalog).toBeUndefined();
  for (const type of ['AWS::Glue::Database', 'AWS::Glue::Table', 'AWS::Athena::WorkGroup', 'AWS::Athena::NamedQuery']) template.resourceCountIs(type, 0);
  expect(JSON.stringify(template.toJSON())).not.toMatch(/glue:|GLUE_DATABASE_NAME|GlueDatabaseName/);
});

test('with one, run completion registers in its database', () => {
  const { template, made } = synthPipeline();
  expect(only(template, 'AWS::Lambda::Function', 'LedgerRunCompletion').Properties.Environment.Variables.GLUE_DATABASE_NAME).toBe(made.catalog!.databaseName);
  expect(statements(template, 'LedgerRunCompletionRole')).toContainEqual(expect.objectContaining({ Action: expect.arrayContaining(['glue:CreateTable']) }));
});

describe('one\'s own parts', () => {
  test('bucket', () => {
    const { template, made } = synthPipeline((stack) => ({ bucket: new s3.Bucket(stack, 'Mine') }));
    expect(Object.keys(template.findResources('AWS::S3::Bucket'))).toEqual([expect.stringMatching(/^Mine/), expect.stringMatching(/^LedgerCatalogResults/)]);
    expect(made.bucket.node.id).toBe('Mine');
  });

  test('outputs name prefix and key where there are such', () => {
    const { template } = synthPipeline((stack) => ({
      encryptionKey: new kms.Key(stack, 'Key'), trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }),
    }));
    template.hasOutput('LedgerLandingPrefix', { Value: 'landing/' });
    template.hasOutput('LedgerKeyArn', { Value: arnMatch('Key') });
  });

  test('imported bucket', () => {
    const { template } = synthPipeline((stack) => ({ bucket: s3.Bucket.fromBucketName(stack, 'Mine', 'landing-of-others') }));
    expect(Object.keys(template.findResources('AWS::S3::Bucket'))).toEqual([expect.stringMatching(/^LedgerCatalogResults/)]);
    template.hasOutput('LedgerBucketName', { Value: 'landing-of-others' });
  });

  test.each(['serverAccessLogsPrefix', 'noncurrentVersionExpiration', 'abortIncompleteMultipartUploadAfter', 'lifecycleRules'])('bucket, and %s for it is refused', (option) => {
    expect(failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', { bucket: new s3.Bucket(scope, 'Mine'), [option]: 'any' })))
      .toBe(`Stack/Ledger: ${option} cannot be set together with bucket: set it on the bucket itself`);
  });

  test('autoDeleteObjects is refused where no bucket is made', () => {
    const refused = (props: LegacyToS3PipelineProps) => failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', {
      bucket: s3.Bucket.fromBucketName(scope, 'Own', 'of-others'), removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true, ...props,
    }));
    const message = 'Stack/Ledger: autoDeleteObjects cannot be set where the pipeline makes no bucket: set it on the bucket itself';
    expect(refused({ catalog: false })).toBe(message);
    expect(() => refused({})).toThrow('expected the construct to refuse its input');
  });

  test.each([
    ['bucket', 'my-bucket', '"my-bucket"'], ['metadataTable', 'runs', '"runs"'], ['failureQueue', 'q', '"q"'], ['encryptionKey', 'alias/x', '"alias/x"'],
    ['vpc', 'vpc-1', '"vpc-1"'], ['trigger', 's3', '"s3"'], ['timeout', 30, '30'], ['runCompletionTimeout', 30, '30'],
  ])('%s as a text or a number is refused, which JavaScript lets pass', (option, value, got) => {
    expect(failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', { [option]: value })))
      .toMatch(new RegExp(`^Stack/Ledger: ${option} must be an object, such as .*\\(…\\), got ${got}$`));
  });

  test.each(['glueDatabase', 'runsTableName', 'bytesScannedLimit'])('no catalog, and %s for it is refused', (option) => {
    expect(failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', { catalog: false, [option]: 'any' })))
      .toBe(`Stack/Ledger: ${option} cannot be set together with catalog: false, which makes no catalog`);
  });

  test('bucket of another stack', () => {
    const app = new App();
    const data = new Stack(app, 'Data');
    const bucket = new s3.Bucket(data, 'Mine');
    const stack = new Stack(app, 'Stack');
    new LegacyToS3Pipeline(stack, 'Ledger', { bucket, trigger: LandingTrigger.eventBridge(), catalog: false });
    expect(() => app.synth()).not.toThrow();
    Template.fromStack(stack).resourceCountIs('AWS::S3::Bucket', 0);
  });

  test('table', () => {
    const { template, made } = synthPipeline((stack) => ({ metadataTable: dynamodb.Table.fromTableName(stack, 'Mine', 'records') }));
    template.resourceCountIs('AWS::DynamoDB::Table', 0);
    template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { METADATA_TABLE_NAME: 'records' } } });
    expect(made.metadataTable.tableName).toBe('records');
  });

  test('key, for everything', () => {
    const { template } = synthPipeline((stack) => ({ encryptionKey: new kms.Key(stack, 'Key') }));
    const key = arnOf('Key');
    const of = (type: string, prefix?: string) => only(template, type, prefix).Properties;
    expect(of('AWS::S3::Bucket', 'LedgerLandingBucket').BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.KMSMasterKeyID).toEqual(key);
    expect(of('AWS::DynamoDB::Table').SSESpecification.KMSMasterKeyId).toEqual(key);
    expect(of('AWS::SQS::Queue').KmsMasterKeyId).toEqual(key);
    expect(of('AWS::SNS::Topic').KmsMasterKeyId).toEqual(key);
    template.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: arnMatch('Key') });
  });

  test('trigger, whose prefix also bounds what the recorder reads', () => {
    const { template } = synthPipeline({ trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }) });
    const [read] = statements(template, 'LedgerRecorderRole');
    expect(read.Resource['Fn::Join'][1][1]).toBe('/landing/*');
  });
});

describe('switches', () => {
  test('removalPolicy is for bucket, table and logs', () => {
    const { template } = synthPipeline({ removalPolicy: RemovalPolicy.DESTROY });
    for (const type of ['AWS::S3::Bucket', 'AWS::DynamoDB::Table', 'AWS::Logs::LogGroup']) template.hasResource(type, { DeletionPolicy: 'Delete' });
  });

  test('logRemovalPolicy goes before it', () => {
    const { template } = synthPipeline({ removalPolicy: RemovalPolicy.DESTROY, logRemovalPolicy: RemovalPolicy.RETAIN });
    template.hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'Retain' });
  });

  test('outputs', () => {
    expect(synthPipeline({ outputs: false }).template.toJSON().Outputs).toBeUndefined();
  });

  test('dashboard', () => {
    const { template, made } = synthPipeline({ dashboard: false });
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
    expect(made.dashboard).toBeUndefined();
    expect(Object.keys(template.toJSON().Outputs)).not.toContain('LedgerDashboardName');
  });

  test.each<[LegacyToS3PipelineProps, string]>([
    [{ memorySize: 100 }, 'memorySize'],
    [{ alarmEmail: 'nobody' }, 'alarmEmail'],
    [{ successRateTarget: 0 }, 'successRateTarget'],
  ])('bad input of a part is refused: %j', (props, name) => {
    expect(failureOf((scope) => new LegacyToS3Pipeline(scope, 'Ledger', props))).toContain(`${name} must be`);
  });
});

describe('two pipelines', () => {
  test('in one stack do not clash', () => {
    const { template, made } = synth((stack) => [new LegacyToS3Pipeline(stack, 'One'), new LegacyToS3Pipeline(stack, 'Two')]);
    template.resourceCountIs('AWS::S3::Bucket', 4);
    template.resourceCountIs('AWS::DynamoDB::Table', 2);
    expect(made[0].metricNamespace).not.toBe(made[1].metricNamespace);
    expect(Object.keys(template.toJSON().Outputs)).toEqual(expect.arrayContaining(['OneBucketName', 'TwoBucketName']));
  });

  test('whose ids differ by what a logical id cannot hold do not clash', () => {
    const { template } = synth((stack) => [new LegacyToS3Pipeline(stack, 'A-B'), new LegacyToS3Pipeline(stack, 'AB')]);
    const names = Object.keys(template.toJSON().Outputs).filter((id) => id.endsWith('BucketName'));
    expect(names).toEqual([expect.stringMatching(/AB[0-9A-F]{8}BucketName$/), 'ABBucketName']);
  });

  test('one in each of two stacks do not clash', () => {
    const app = new App();
    const made = ['One', 'Two'].map((id) => new LegacyToS3Pipeline(new Stack(app, id), 'Ledger'));
    expect(() => app.synth()).not.toThrow();
    expect(made[0].metricNamespace).not.toBe(made[1].metricNamespace);
  });
});

test('a permissions boundary is honoured', () => {
  const { template } = synth((stack) => {
    const boundary = iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'boundary');
    new LegacyToS3Pipeline(stack, 'Ledger');
    iam.PermissionsBoundary.of(stack).apply(boundary);
  });
  expect(only(template, 'AWS::IAM::Role', 'LedgerRecorderRole').Properties.PermissionsBoundary).toBeDefined();
});

describe('deployed elsewhere', () => {
  const imported = (stack: Stack, encryptionKey?: kms.IKey) => LegacyToS3Pipeline.fromPipelineAttributes(stack, 'Ledger', {
    pipelineName: 'ledger',
    bucket: s3.Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'landing', encryptionKey }),
    metadataTable: dynamodb.Table.fromTableName(stack, 'Table', 'metadata'),
    landingPrefix: 'in/',
  });

  test('nothing is made', () => {
    expect(synth((stack) => imported(stack)).template.toJSON().Resources).toBeUndefined();
  });

  test('one may be let land, with the key', () => {
    const { template } = synth((stack) => {
      const user = new iam.Role(stack, 'User', { assumedBy: new iam.AccountRootPrincipal() });
      imported(stack, kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111111111111:key/1')).grantLand(user).assertSuccess();
    });
    const [put, , , key] = statements(template, 'User');
    expect(put.Resource).toEqual(s3Arn('landing/in/*'));
    expect(key).toEqual({ Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: 'arn:aws:kms:eu-west-1:111111111111:key/1' });
  });

  test('its metrics are those of the pipeline made', () => {
    const here = synthPipeline({ pipelineName: 'ledger' }).made;
    const there = synth((stack) => imported(stack)).made;
    expect(there.metricNamespace).toBe(here.metricNamespace);
    const pairs = [
      [here.metricObjectsRecorded(), there.metricObjectsRecorded()],
      [here.metricBytesLanded(), there.metricBytesLanded()],
      [here.metricRowsLanded(), there.metricRowsLanded()],
      [here.metricRunsComplete(), there.metricRunsComplete()],
      [here.metricRunsIncomplete(), there.metricRunsIncomplete()],
      [here.metricRecordLatency(), there.metricRecordLatency()],
      [here.metric('ObjectsRecorded'), there.metric('ObjectsRecorded')],
    ];
    for (const [one, other] of pairs) expect(one.toMetricConfig()).toEqual(other.toMetricConfig());
    expect(here.metricSuccessRate().expression).toBe(there.metricSuccessRate().expression);
  });
});

test.each([
  ['metricObjectsRecorded', 'ObjectsRecorded', 'Sum', 'landing-recorder'],
  ['metricBytesLanded', 'BytesLanded', 'Sum', 'landing-recorder'],
  ['metricRowsLanded', 'RowsLanded', 'Sum', 'run-completion'],
  ['metricRunsComplete', 'RunsComplete', 'Sum', 'run-completion'],
  ['metricRunsIncomplete', 'RunsIncomplete', 'Sum', 'run-completion'],
  ['metricRecordLatency', 'RecordLatency', 'p99', 'landing-recorder'],
] as const)('%s is %s, %s unless asked otherwise', (method, metricName, statistic, service) => {
  const { made } = synthPipeline({ pipelineName: 'ledger' });
  const config = (options?: object) => made[method](options).toMetricConfig().metricStat;
  expect(config()).toMatchObject({
    namespace: 'CdkLegacyToS3/ledger', metricName, statistic, dimensions: [{ name: 'service', value: service }],
  });
  expect(config({ statistic: 'Minimum' })).toMatchObject({ metricName, statistic: 'Minimum' });
});

test('metricFailureQueueDepth adds what waits and what is being looked at', () => {
  const depth = synthPipeline().made.metricFailureQueueDepth();
  expect(depth.expression).toBe('visible + inFlight');
  expect(Object.values(depth.usingMetrics).map((metric) => metric.toMetricConfig().metricStat?.metricName))
    .toEqual(['ApproximateNumberOfMessagesVisible', 'ApproximateNumberOfMessagesNotVisible']);
});
