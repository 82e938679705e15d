import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { environmentOf, make, pipelineOf, sourceOf, synthExtraction } from './made';
import { Consistency, Extraction, ExtractionAlarmKind, LegacyToS3Pipeline, ServerSideEncryption } from '../../../src';
import { EXTRACTION_ENV } from '../../../src/contract';
import { vpcOf } from '../prop-case-sets';
import { arnOf, only, s3Arn, statements, synth } from '../synth';

const least = synthExtraction();
const daily = scheduler.ScheduleExpression.rate(Duration.days(1));

describe('functions', () => {
  test.each([['Control', 'index.control'], ['Worker', 'index.work']] as const)('%s is an entry of the bundle, in the same environment', (which, handler) => {
    const { Properties } = only(least.template, 'AWS::Lambda::Function', `Nightly${which}`);
    expect(Properties).toMatchObject({ Handler: handler, Runtime: 'nodejs24.x', Architectures: ['arm64'], MemorySize: 1769, Timeout: 900 });
    expect(environmentOf(least, which)).toEqual({
      POWERTOOLS_LOG_LEVEL: 'INFO',
      EXTRACTION_NAME: expect.stringMatching(/^Stack-?Nightly/),
      EXTRACTION_SOURCE: JSON.stringify({
        server: 'sql.corp.example', database: 'Ledger', user: 'reader', passwordSecretArn: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:Password-AbCdEf',
      }),
      EXTRACTION_LANDING: '{"target":"s3://landing/landing/"}',
      EXTRACTION_READING: '{}',
      EXTRACTION_METRICS_NAMESPACE: 'CdkLegacyToS3/ledger',
      NODE_OPTIONS: '--max-semi-space-size=16 --max-old-space-size=1592',
    });
  });

  test('NODE_OPTIONS of one\'s own take the place of those of the heap', () => {
    const made = synth((stack) => make(stack, { environment: { NODE_OPTIONS: '--enable-source-maps' } }));
    expect(environmentOf(made, 'Worker')).toMatchObject({ NODE_OPTIONS: '--enable-source-maps' });
  });

  test('the whole bucket is landed in where the pipeline watches it whole', () => {
    const made = synth((stack) => make(stack, {
      pipeline: LegacyToS3Pipeline.fromPipelineAttributes(stack, 'Whole', {
        pipelineName: 'ledger', bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'landing'), metadataTable: pipelineOf(stack).metadataTable,
      }),
    }));
    expect(JSON.parse(environmentOf(made).EXTRACTION_LANDING)).toEqual({ target: 's3://landing/' });
    expect(statements(made.template, 'NightlyMachineRole')).toContainEqual(expect.objectContaining({ Action: 's3:GetObject', Resource: s3Arn('landing/_state/*') }));
  });

  test('objects are encrypted by the bucket\'s key where a key is asked for', () => {
    const made = synth((stack) => make(stack, {
      pipeline: LegacyToS3Pipeline.fromPipelineAttributes(stack, 'Keyed', {
        pipelineName: 'ledger',
        bucket: s3.Bucket.fromBucketAttributes(stack, 'Bucket', {
          bucketName: 'landing', encryptionKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111111111111:key/1'),
        }),
        metadataTable: pipelineOf(stack).metadataTable,
      }),
      serverSideEncryption: ServerSideEncryption.KMS,
    }));
    expect(JSON.parse(environmentOf(made).EXTRACTION_LANDING)).toEqual({
      target: 's3://landing/', serverSideEncryption: 'aws:kms', kmsKeyId: 'arn:aws:kms:eu-west-1:111111111111:key/1',
    });
  });

  test('a server and port that only deployment knows are passed on', () => {
    const made = synth((stack) => {
      const vpc = vpcOf(stack);
      const engine = rds.DatabaseInstanceEngine.sqlServerSe({ version: rds.SqlServerEngineVersion.VER_16 });
      const server = new rds.DatabaseInstance(stack, 'Server', { engine, vpc, licenseModel: rds.LicenseModel.LICENSE_INCLUDED });
      const { dbInstanceEndpointAddress, instanceEndpoint, secret } = server;
      return make(stack, { vpc, source: { server: dbInstanceEndpointAddress, port: instanceEndpoint.port, database: 'Ledger', secret } });
    });
    const [, parts] = environmentOf(made).EXTRACTION_SOURCE['Fn::Join'];
    expect(parts).toEqual([
      '{"server":"', { 'Fn::GetAtt': [expect.stringMatching(/^Server/), 'Endpoint.Address'] }, '","port":', { 'Fn::GetAtt': [expect.stringMatching(/^Server/), 'Endpoint.Port'] },
      ',"database":"Ledger","passwordSecretArn":"', { Ref: expect.stringMatching(/^ServerSecretAttachment/) }, '"}',
    ]);
  });

  test('certificates are an asset that the functions may read, and nothing else of its bucket', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'ca-')), 'ca.pem');
    writeFileSync(file, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    const made = synthExtraction((stack) => ({ source: { ...sourceOf(stack), caCertificate: file } }));
    expect(JSON.stringify(environmentOf(made)[EXTRACTION_ENV.caUrl])).toMatch(/s3:\/\/cdk-hnb659fds-assets-.*[0-9a-f]{64}\.pem/);
    expect(environmentOf(made).EXTRACTION_SOURCE).not.toMatch(/caCertificate|caFile/);
    for (const role of ['NightlyControlRole', 'NightlyWorkerRole']) {
      const [read, ...more] = statements(made.template, role).filter(({ Sid }) => Sid === 'ReadCertificates');
      expect([read.Action, JSON.stringify(read.Resource), more]).toEqual(['s3:GetObject', expect.stringMatching(/assets-.*\/[0-9a-f]{64}\.pem"/), []]);
    }
  });
});

describe('roles', () => {
  const landing = ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:GetObject', 's3:DeleteObject'];
  const common = (which: string) => [
    { Effect: 'Allow', Action: landing, Resource: s3Arn('landing/landing/*') },
    { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: s3Arn('landing/landing-state/*') },
    { Effect: 'Allow', Action: ['s3:ListBucket', 's3:ListBucketMultipartUploads'], Resource: s3Arn('landing') },
    {
      Effect: 'Allow', Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'], Resource: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:Password-AbCdEf',
    },
    { Sid: 'WriteLogs', Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: arnOf(`Nightly${which}LogGroup`) },
  ];
  const executions = (rest: string) => ({
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':states:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' },
      ':execution:', { 'Fn::GetAtt': [expect.stringMatching(/^NightlyMachineStateMachine/), 'Name'] }, rest]],
  });
  const replaced = {
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':states:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' },
      expect.stringMatching(/^:execution:NightlyMachineStateMachine[0-9A-F]{8}-\*:\*$/)]],
  };
  const machine = { Ref: expect.stringMatching(/^NightlyMachineStateMachine/) };

  test('a worker lands, reads the password and writes logs', () => {
    expect(statements(least.template, 'NightlyWorkerRole')).toEqual(common('Worker'));
  });

  test('the control function does that, sends what failed, and asks for executions', () => {
    expect(statements(least.template, 'NightlyControlRole')).toEqual([
      ...common('Control'), { Sid: 'SendFailures', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf('NightlyDeadLetters') },
    ]);
    expect(statements(least.template, 'NightlyMachineDescribePolicy')).toEqual([
      { Sid: 'DescribeExecutions', Effect: 'Allow', Action: 'states:DescribeExecution', Resource: [executions(':*'), replaced] },
    ]);
    expect(only(least.template, 'AWS::IAM::Policy', 'NightlyMachineDescribePolicy').Properties.Roles).toEqual([{ Ref: expect.stringMatching(/^NightlyControlRole/) }]);
  });

  test('the state machine invokes versions of the two, also such as a deployment replaced, and reads items', () => {
    const version = (which: string) => ({ 'Fn::Join': ['', [arnOf(`Nightly${which}Function`), ':*']] });
    const [invoke, read, logs, ...more] = statements(least.template, 'NightlyMachineRole');
    expect(invoke).toEqual({ Sid: 'InvokeVersions', Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: [version('Control'), version('Worker')] });
    expect(read).toEqual({ Effect: 'Allow', Action: 's3:GetObject', Resource: s3Arn('landing/landing-state/*') });
    expect([logs.Resource, logs.Action.every((action: string) => action.startsWith('logs:')), more]).toEqual(['*', true, []]);
  });

  test('and starts, follows and redrives the children of its Map', () => {
    expect(statements(least.template, 'NightlyMachineChildrenPolicy')).toEqual([
      { Sid: 'StartChildren', Effect: 'Allow', Action: 'states:StartExecution', Resource: machine },
      { Sid: 'FollowChildren', Effect: 'Allow', Action: ['states:DescribeExecution', 'states:StopExecution'], Resource: [executions(':*'), executions('/Chunks:*')] },
      { Sid: 'RedriveChildren', Effect: 'Allow', Action: 'states:RedriveExecution', Resource: executions('/Chunks:*') },
    ]);
  });

  test('each service assumes its role for this account alone', () => {
    const { template } = synthExtraction({ schedule: daily });
    const own = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };
    for (const [role, service] of [['NightlyMachineRole', 'states.amazonaws.com'], ['NightlyStartsScheduleRole', 'scheduler.amazonaws.com']]) {
      const [{ Principal, Condition }] = only(template, 'AWS::IAM::Role', role).Properties.AssumeRolePolicyDocument.Statement;
      expect([Principal, Condition]).toEqual([{ Service: service }, own]);
    }
  });

  test('keys of bucket and secret may be used by those that read', () => {
    const { template } = synth((stack) => make(stack, {
      pipeline: new LegacyToS3Pipeline(stack, 'Ledger', { encryptionKey: new kms.Key(stack, 'BucketKey') }),
      source: { ...sourceOf(stack), secret: new secretsmanager.Secret(stack, 'Secret', { encryptionKey: new kms.Key(stack, 'SecretKey') }) },
    }));
    const keys = (role: string) => statements(template, role).filter(({ Action }) => JSON.stringify(Action).includes('kms:')).map(({ Resource }) => Resource);
    for (const role of ['NightlyWorkerRole', 'NightlyControlRole']) expect(keys(role)).toEqual(expect.arrayContaining([arnOf('BucketKey'), arnOf('SecretKey')]));
    expect(keys('NightlyMachineRole')).toEqual([arnOf('BucketKey')]);
  });

  test('a password may be a parameter of SSM', () => {
    const made = synth((stack) => make(stack, {
      source: {
        server: 'sql.corp.example',
        database: 'Ledger',
        user: 'reader',
        passwordParameter: ssm.StringParameter.fromSecureStringParameterAttributes(stack, 'Parameter', {
          parameterName: '/ledger/password', encryptionKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111111111111:key/1'),
        }),
      },
    }));
    expect(JSON.stringify(environmentOf(made).EXTRACTION_SOURCE)).toMatch(/passwordParameter.*:parameter\/ledger\/password/);
    const given = JSON.stringify(statements(made.template, 'NightlyWorkerRole'));
    expect(given).toMatch(/ssm:GetParameter.*:parameter\/ledger\/password.*/);
    expect(given).toMatch(/kms:Decrypt.*:key\/1/);
  });

  test('roles that were given get the same rights', () => {
    const { template } = synth((stack) => {
      const role = new iam.Role(stack, 'Own', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
      return make(stack, { controlRole: role, workerRole: role });
    });
    const actions = statements(template, 'Own').flatMap(({ Action }) => Action);
    expect(actions).toEqual(expect.arrayContaining(['s3:PutObject', 'secretsmanager:GetSecretValue', 'logs:PutLogEvents', 'sqs:SendMessage']));
    expect(statements(template, 'Own').some(({ Sid }) => Sid !== undefined)).toBe(false);
  });
});

test('the state machine\'s log group has a name of its stack, under the prefix for delivered logs', () => {
  const name = only(least.template, 'AWS::Logs::LogGroup', 'NightlyMachine').Properties.LogGroupName;
  expect(JSON.stringify(name)).toMatch(/"\/aws\/vendedlogs\/states\/Stack-?Nightly-?Machine[^"]*-",.*AWS::StackId/);
});

describe('starts', () => {
  test('without a schedule nothing starts it', () => {
    expect([least.template.findResources('AWS::Scheduler::Schedule'), least.made.schedule]).toEqual([{}, undefined]);
  });

  test('a schedule in its time zone, whose failures are dead letters, and which starts nothing late', () => {
    const { template } = synthExtraction({ schedule: scheduler.ScheduleExpression.expression('cron(0 1 * * ? *)') });
    expect(only(template, 'AWS::Scheduler::Schedule').Properties).toMatchObject({
      ScheduleExpression: 'cron(0 1 * * ? *)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: { Input: '{"scheduledAt":"<aws.scheduler.scheduled-time>"}', DeadLetterConfig: { Arn: arnOf('NightlyDeadLetters') }, RetryPolicy: { MaximumEventAgeInSeconds: 3600 }, RoleArn: arnOf('NightlyStartsScheduleRole') },
    });
    expect(statements(template, 'NightlyStartsScheduleRole')).toEqual([
      { Sid: 'Start', Effect: 'Allow', Action: 'states:StartExecution', Resource: { Ref: expect.stringMatching(/^NightlyMachineStateMachine/) } },
      { Sid: 'SendDeadLetters', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf('NightlyDeadLetters') },
    ]);
  });

  test('what is encrypted by a key may be sent by all that send', () => {
    const { template } = synth((stack) => make(stack, { schedule: daily, encryptionKey: new kms.Key(stack, 'Key') }));
    const using = (prefix: string) => statements(template, prefix).some(({ Action, Resource }) => (
      JSON.stringify(Action).includes('kms:GenerateDataKey') && JSON.stringify(Resource).includes('"Key')));
    expect([using('NightlyStartsScheduleRole'), using('NightlyControlRole')]).toEqual([true, true]);
    const services = JSON.stringify(only(template, 'AWS::KMS::Key').Properties.KeyPolicy);
    expect(services).toMatch(/events\.amazonaws\.com/);
    expect(services).toMatch(/logs\./);
  });

  test('database snapshots are looked after by the hour where there may be some', () => {
    expect(Object.keys(least.template.findResources('AWS::Events::Rule'))).toEqual([expect.stringMatching(/^NightlyStartsUnsuccessful/)]);
    const { template } = synthExtraction({ consistency: Consistency.DATABASE_SNAPSHOT });
    expect(only(template, 'AWS::Events::Rule', 'NightlyStartsExpiry').Properties).toMatchObject({
      ScheduleExpression: 'rate(1 hour)', Targets: [{ Input: '{"step":"expire","keepSnapshotHours":24}', Arn: arnOf('NightlyControlFunction') }],
    });
  });

  test('others listen for its end', () => {
    const { template } = synth((stack) => {
      const target = new targets.SqsQueue(new sqs.Queue(stack, 'Work'));
      const extraction = make(stack);
      extraction.onSucceeded('Next', { target });
      extraction.onFailed('Tell', { target });
    });
    const patterns = ['NightlyNext', 'NightlyTell'].map((id) => only(template, 'AWS::Events::Rule', id).Properties.EventPattern.detail.status);
    expect(patterns).toEqual([['SUCCEEDED'], ['FAILED', 'TIMED_OUT', 'ABORTED']]);
  });

  test('somebody may start it and see how it goes', () => {
    const { template } = synth((stack) => make(stack).grantStart(new iam.Role(stack, 'User', { assumedBy: new iam.AccountRootPrincipal() })).assertSuccess());
    expect(statements(template, 'User').map(({ Action }) => Action)).toEqual(['states:StartExecution', 'states:DescribeExecution']);
  });

  test('but nobody of another account', () => {
    const stack = new Stack(new App(), 'Stack', { env: { account: '111111111111', region: 'eu-west-1' } });
    make(stack).grantStart(new iam.AccountPrincipal('222222222222'));
    Annotations.fromStack(stack).hasError('/Stack/Nightly', Match.stringLikeRegexp('grantStart cannot let .* reach the state machine, its executions: grant it to a role'));
  });
});

describe('alarms', () => {
  const alarmsOf = ({ made }: { readonly made: Extraction }) => Object.keys(made.alarms);

  test('of failures and dead letters; the others where they apply', () => {
    const { FAILED, DEAD_LETTERS, OVERDUE, SLOW, SOURCE_THROTTLED, SNAPSHOT_EXPIRED } = ExtractionAlarmKind;
    expect(alarmsOf(least)).toEqual([FAILED, SLOW, SOURCE_THROTTLED, DEAD_LETTERS]);
    expect(alarmsOf(synthExtraction({ schedule: daily }))).toEqual([FAILED, OVERDUE, SLOW, SOURCE_THROTTLED, DEAD_LETTERS]);
    const kept = synthExtraction({ keepSnapshotFor: Duration.hours(5) });
    expect(alarmsOf(kept)).toEqual([FAILED, SLOW, SOURCE_THROTTLED, DEAD_LETTERS, SNAPSHOT_EXPIRED]);
    expect(alarmsOf(synthExtraction({ schedule: daily, enabled: false }))).toEqual([FAILED, SLOW, SOURCE_THROTTLED, DEAD_LETTERS]);
  });

  test.each([
    ['rate(6 hours)', true], ['rate(1440 minutes)', true], ['rate(2 days)', false], ['cron(0 1 * * ? *)', true], ['cron(0 1,13 ? * * *)', true],
    ['cron(0 1 ? * MON-FRI *)', false], ['cron(0 1 1 * ? *)', false], ['at(2030-01-01T00:00:00)', false],
  ])('%s: overdue after 36 hours by itself: %s', (expression, overdue) => {
    const { template } = synthExtraction({ schedule: scheduler.ScheduleExpression.expression(expression) });
    const found = Object.values(template.findResources('AWS::CloudWatch::Alarm')).filter(({ Properties }) => Properties.EvaluationPeriods === 36);
    expect(found).toHaveLength(overdue ? 1 : 0);
  });

  test('they tell the pipeline\'s topic, or one of their own where that is not known', () => {
    const { template } = synth((stack) => make(stack, { pipeline: new LegacyToS3Pipeline(stack, 'Ledger', { alarmEmail: 'ops@example.com' }) }));
    expect(only(template, 'AWS::CloudWatch::Alarm', 'NightlyAlarmsExtractionFailed').Properties.AlarmActions).toEqual([{ Ref: expect.stringMatching(/^LedgerAlarmsTopic/) }]);
    Object.keys(template.findResources('AWS::SNS::Topic')).forEach((id) => expect(id).toMatch(/^Ledger/));
    expect(only(least.template, 'AWS::CloudWatch::Alarm', 'NightlyAlarmsExtractionFailed').Properties.AlarmActions).toEqual([{ Ref: expect.stringMatching(/^NightlyAlarmsTopic/) }]);
  });

  test('also of a pipeline deployed elsewhere, where it is known', () => {
    const { template } = synth((stack) => make(stack, {
      pipeline: LegacyToS3Pipeline.fromPipelineAttributes(stack, 'Told', {
        pipelineName: 'ledger',
        bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'landing'),
        metadataTable: pipelineOf(stack).metadataTable,
        alarmTopic: sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:111111111111:alarms'),
      }),
    }));
    expect(only(template, 'AWS::CloudWatch::Alarm', 'NightlyAlarmsExtractionFailed').Properties.AlarmActions).toEqual(['arn:aws:sns:eu-west-1:111111111111:alarms']);
  });

  test('an extraction is slow from twice its usual time on, a source throttled once that lasts', () => {
    const alarm = (id: string) => only(least.template, 'AWS::CloudWatch::Alarm', `NightlyAlarmsExtraction${id}`).Properties;
    expect(alarm('Slow')).toMatchObject({
      MetricName: 'DurationRatio', Statistic: 'Maximum', Threshold: 2, ComparisonOperator: 'GreaterThanOrEqualToThreshold', EvaluationPeriods: 1, TreatMissingData: 'notBreaching',
    });
    expect(alarm('SourceThrottled')).toMatchObject({ MetricName: 'SourceThrottles', Statistic: 'Sum', Threshold: 1, EvaluationPeriods: 3, DatapointsToAlarm: 3 });
    const { template } = synthExtraction({ alarmOverrides: { [ExtractionAlarmKind.SLOW]: { threshold: 3 } } });
    expect(only(template, 'AWS::CloudWatch::Alarm', 'NightlyAlarmsExtractionSlow').Properties.Threshold).toBe(3);
  });

  test('they say what to do, and link to the executions', () => {
    const text = JSON.stringify(only(least.template, 'AWS::CloudWatch::Alarm', 'NightlyAlarmsExtractionFailed').Properties.AlarmDescription);
    expect(text).toMatch(/Extraction: Stack-?Nightly.*runbook\.md#extraction-failed Executions: https:.*#\/statemachines\/view\/.*NightlyMachineStateMachine/);
  });
});

test('metrics are the extraction\'s own, in the pipeline\'s namespace', () => {
  const { metrics } = synthExtraction({ extractionName: 'nightly' }).made;
  const all = [
    metrics.metricRows(), metrics.metricBytes(), metrics.metricChunks(), metrics.metricRetries(), metrics.metricSeconds(), metrics.metricCompleted(),
    metrics.metricSkipped(), metrics.metricSnapshotsExpired(), metrics.metricSourceWaitSeconds(), metrics.metricTargetWaitSeconds(),
    metrics.metricLagSeconds(), metrics.metricDurationRatio(), metrics.metricThrottles(),
  ];
  for (const { namespace, dimensions } of all) expect([namespace, dimensions]).toEqual(['CdkLegacyToS3/ledger', { service: 'nightly' }]);
  expect(all.map(({ metricName, statistic }) => `${metricName} ${statistic}`)).toEqual([
    'ExtractedRows Sum', 'ExtractedBytes Sum', 'ExtractedChunks Sum', 'ChunkRetries Sum', 'ExtractionSeconds Maximum', 'ExtractionSeconds SampleCount',
    'ExtractionsSkipped Sum', 'SnapshotsExpired Sum', 'SourceWaitSeconds Sum', 'TargetWaitSeconds Sum', 'ScheduleLagSeconds Maximum', 'DurationRatio Maximum',
    'SourceThrottles Sum',
  ]);
});

test('pipeline and extraction may be in two stacks', () => {
  const app = new App();
  const pipeline = new LegacyToS3Pipeline(new Stack(app, 'Lake'), 'Ledger');
  const stack = new Stack(app, 'Nights');
  make(stack, { pipeline });
  Template.fromStack(stack).resourceCountIs('AWS::StepFunctions::StateMachine', 1);
});
