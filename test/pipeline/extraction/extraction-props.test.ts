import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import { make, pipelineOf, secretOf } from './made';
import {
  AlarmOptions, Consistency, ExtractFormat, ExtractionDay, ExtractionMode, ExtractionOptions, ExtractionOverlap, ExtractionProps, ExtractionWorkers,
  LambdaWorkersOptions, ObjectChecksum, OnTableError, ServerSideEncryption, SourceHashes, SourceRisk, TimeType,
} from '../../../src';
import { vpcOf } from '../prop-case-sets';
import { PropCase, PropCases, testProps } from '../prop-cases';

const line = (text: string) => new RegExp(text);
const topicOf = (stack: Stack) => new sns.Topic(stack, 'Own');
const daily = scheduler.ScheduleExpression.rate(Duration.days(1));

type Case<K extends keyof ExtractionOptions> = PropCase<ExtractionOptions, K>;

/** An option that stands in the state machine's definition. */
const setting = <K extends keyof ExtractionOptions>(name: K, value: Required<ExtractionOptions>[K], json: string): Case<K> => ({
  own: () => ({ [name]: value }) as never,
  shows: line(`^NightlyMachineStateMachine/Properties/DefinitionString: .*\\\\"settings\\\\":{\\\\"${name}\\\\":${json.replace(/"/g, '\\\\"')}}`),
});

/** An option that stands in the functions' environment. */
const variable = <K extends keyof ExtractionOptions>(
  name: K, value: Required<ExtractionOptions>[K], json: string, of: 'READING' | 'LANDING',
): Case<K> => ({
  own: () => ({ [name]: value }) as never,
  shows: line(`^NightlyWorkerFunction/Properties/Environment/Variables/EXTRACTION_${of}: .*"${name}":${json}}$`),
});

const OPTIONS: PropCases<ExtractionOptions> = {
  tables: setting('tables', ['dbo.*'], '\\["dbo\\.\\*"\\]'),
  excludeTables: setting('excludeTables', ['dbo.log'], '\\["dbo\\.log"\\]'),
  includeViews: setting('includeViews', true, 'true'),
  tableOptions: setting('tableOptions', [{ table: 'dbo.A', rowFilter: '[Id] > 5' }], '\\[{"table":"dbo\\.A","rowFilter":"\\[Id\\] > 5"}\\]'),
  format: setting('format', ExtractFormat.jsonLines(), '{"name":"jsonl","compression":"none"}'),
  types: setting('types', { time: TimeType.NATIVE }, '{"time":"native"}'),
  columnTypes: setting('columnTypes', { 'dbo.A.At': { time: TimeType.NATIVE } }, '{"dbo\\.A\\.At":{"time":"native"}}'),
  targetFileBytes: setting('targetFileBytes', 1048576, '1048576'),
  targetChunkBytes: setting('targetChunkBytes', 2097152, '2097152'),
  targetChunkRows: setting('targetChunkRows', 1000, '1000'),
  accept: setting('accept', [SourceRisk.VECTOR_TEXT], '\\["vectorText"\\]'),
  consistency: {
    own: () => ({ consistency: Consistency.DATABASE_SNAPSHOT }), shows: /^NightlyStartsExpiry\/Properties\/ScheduleExpression: rate\(1 hour\)$/,
  },
  sourceAggregates: setting('sourceAggregates', false, 'false'),
  sourceHashes: setting('sourceHashes', SourceHashes.ALL, '"all"'),
  onTableError: setting('onTableError', OnTableError.CONTINUE, '"continue"'),
  readers: variable('readers', 3, '3', 'READING'),
  threads: variable('threads', 2, '2', 'READING'),
  backOff: variable('backOff', false, 'false', 'READING'),
  maxRetries: variable('maxRetries', 0, '0', 'READING'),
  retryErrorNumbers: variable('retryErrorNumbers', [1205], '\\[1205\\]', 'READING'),
  idleTimeoutSeconds: variable('idleTimeoutSeconds', 60, '60', 'READING'),
  lockTimeoutSeconds: variable('lockTimeoutSeconds', 5, '5', 'READING'),
  deadlockPriority: variable('deadlockPriority', 0, '0', 'READING'),
  maxDop: variable('maxDop', 4, '4', 'READING'),
  proxyUrl: variable('proxyUrl', 'http://proxy:8080', '"http://proxy:8080"', 'LANDING'),
  serverSideEncryption: variable('serverSideEncryption', ServerSideEncryption.AES256, '"AES256"', 'LANDING'),
  expectedBucketOwner: variable('expectedBucketOwner', '111111111111', '"111111111111"', 'LANDING'),
  checksum: variable('checksum', ObjectChecksum.CRC64NVME, '"CRC64NVME"', 'LANDING'),
  targetTimeoutSeconds: variable('targetTimeoutSeconds', 30, '30', 'LANDING'),
};

const page: cloudwatch.IAlarmAction = { bind: () => ({ alarmActionArn: 'arn:aws:sns:eu-west-1:1:on-call' }) };
const ALARMS: PropCases<AlarmOptions> = {
  alarmEmail: { own: () => ({ alarmEmail: 'operator@example.com' }), shows: /^NightlyAlarmsEmail\/Properties\/Endpoint: operator@example\.com$/ },
  alarmTopic: { own: (stack) => ({ alarmTopic: topicOf(stack) }), shows: /^NightlyAlarmsExtractionFailed\/Properties\/AlarmActions\/0\/Ref: Own$/ },
  warningTopic: {
    own: (stack) => ({ warningTopic: topicOf(stack), keepSnapshotFor: Duration.hours(2) }),
    shows: /^NightlyAlarmsExtractionSnapshotExpired\/Properties\/AlarmActions\/0\/Ref: Own$/,
  },
  compositeAlarm: { byDefault: false, own: () => ({ compositeAlarm: true }), shows: /^NightlyAlarmsCritical\/Type: AWS::CloudWatch::CompositeAlarm$/ },
  notifyRecovery: { byDefault: false, own: () => ({ notifyRecovery: true }), shows: /^NightlyAlarmsExtractionFailed\/Properties\/OKActions\/0\/Ref: / },
  alarmActions: { byDefault: [], own: () => ({ alarmActions: [page] }), shows: /^NightlyAlarmsExtractionFailed\/Properties\/AlarmActions\/1: .*on-call$/ },
  alarmOverrides: {
    byDefault: {}, own: () => ({ alarmOverrides: { extractionFailed: { threshold: 7 } } }), shows: /^NightlyAlarmsExtractionFailed\/Properties\/Threshold: 7$/,
  },
};

const both = (rest: string) => line(`^Nightly(Control|Worker)${rest}`);

/** A pipeline with a dashboard. */
const onBoard = (stack: Stack) => pipelineOf(stack, 'landing/', 'Ledger', new cloudwatch.Dashboard(stack, 'Board'));

/** Every prop: a new one without a case does not compile. */
const CASES: PropCases<ExtractionProps> = {
  ...OPTIONS,
  ...ALARMS,
  pipeline: { own: (stack) => ({ pipeline: pipelineOf(stack, 'other/') }), shows: /EXTRACTION_LANDING: {"target":"s3:\/\/landing\/other\/"}$/ },
  source: { own: (stack) => ({ source: { secret: secretOf(stack) } }), shows: /EXTRACTION_SOURCE: {"passwordSecretArn":"arn:.*"}$/ },
  extractionName: { own: () => ({ extractionName: 'own' }), shows: /EXTRACTION_NAME: own$/ },
  mode: {
    byDefault: ExtractionMode.full(),
    own: () => ({ mode: ExtractionMode.changes({ every: Duration.minutes(5) }) }),
    shows: /DefinitionString: .*\\"changes\\":{}/,
  },
  schedule: { own: () => ({ schedule: daily }), shows: /^NightlyStartsSchedule\/Properties\/ScheduleExpression: rate\(1 day\)$/ },
  enabled: { own: () => ({ enabled: false, schedule: daily }), shows: /^NightlyStartsSchedule\/Properties\/State: DISABLED$/ },
  outputs: { byDefault: true, own: () => ({ outputs: false }), hides: /^Outputs\// },
  dashboard: { byDefault: true, own: () => ({ dashboard: false }), hides: /^Board\/.*Rows and bytes of extractions/ },
  savedQueries: { byDefault: true, own: () => ({ savedQueries: false }), hides: /^NightlySavedQueries/ },
  overlap: { byDefault: ExtractionOverlap.SKIP, own: () => ({ overlap: ExtractionOverlap.WAIT }), shows: /DefinitionString: .*\\"overlap\\":\\"wait\\"/ },
  timeout: { byDefault: Duration.days(7), own: () => ({ timeout: Duration.hours(3) }), shows: /DefinitionString: .*\\"TimeoutSeconds\\":10800/ },
  keepSnapshotFor: { own: () => ({ keepSnapshotFor: Duration.hours(5) }), shows: /^NightlyStartsExpiry\/Properties\/Targets\/0\/Input: .*"keepSnapshotHours":5}$/ },
  maxSeconds: { own: () => ({ maxSeconds: 3600 }), shows: /DefinitionString: .*\\"maxSeconds\\":3600/ },
  maxCost: { own: () => ({ maxCost: 2.5 }), shows: /DefinitionString: .*\\"maxCost\\":2\.5/ },
  prices: {
    byDefault: { lambdaGbSecond: 0.0000133334, lambdaRequest: 0.0000002, s3Write: 0.000005, s3Read: 0.0000004, stateTransition: 0.000025 },
    own: () => ({ prices: { stateTransition: 0.00003 } }),
    shows: /DefinitionString: .*\\"lambdaGbSecond\\":0\.0000133334,.*\\"stateTransition\\":0\.00003/,
  },
  window: {
    own: () => ({ window: { from: '22:00', to: '05:30', timeZone: 'Europe/Berlin', days: [ExtractionDay.FRIDAY] } }),
    shows: /DefinitionString: .*\\"limits\\":{.*\\"window\\":{\\"from\\":\\"22:00\\",\\"to\\":\\"05:30\\",\\"timeZone\\":\\"Europe\/Berlin\\",\\"days\\":\[\\"FRI\\"\]}/,
  },
  assumedBytesPerSecond: {
    byDefault: 10485760, own: () => ({ assumedBytesPerSecond: 1000000 }), shows: /DefinitionString: .*\\"bytesPerSecond\\":1000000/,
  },
  overdueAfter: { own: () => ({ overdueAfter: Duration.hours(30) }), shows: /^NightlyAlarmsExtractionOverdue\/Properties\/EvaluationPeriods: 30$/ },
  workers: {
    byDefault: ExtractionWorkers.lambda(), own: () => ({ workers: ExtractionWorkers.lambda({ memorySize: 3008 }) }), shows: /^NightlyWorkerFunction\/Properties\/MemorySize: 3008$/,
  },
  controlMemorySize: { byDefault: 1769, own: () => ({ controlMemorySize: 2048 }), shows: /^NightlyControlFunction\/Properties\/MemorySize: 2048$/ },
  controlReservedConcurrentExecutions: {
    own: () => ({ controlReservedConcurrentExecutions: 2 }), shows: /^NightlyControlFunction\/Properties\/ReservedConcurrentExecutions: 2$/,
  },
  vpc: { own: (stack) => ({ vpc: vpcOf(stack) }), shows: both('Function/Properties/VpcConfig/SubnetIds/0: subnet-private$') },
  vpcSubnets: {
    own: (stack) => ({ vpc: vpcOf(stack), vpcSubnets: { subnets: [ec2.Subnet.fromSubnetId(stack, 'OwnSubnet', 'subnet-own')] } }),
    shows: both('Function/Properties/VpcConfig/SubnetIds/0: subnet-own$'),
  },
  securityGroups: {
    own: (stack) => ({ vpc: vpcOf(stack), securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'OwnGroup', 'sg-own')] }),
    shows: both('Function/Properties/VpcConfig/SecurityGroupIds/0: sg-own$'),
  },
  vpcEndpoints: { own: (stack) => ({ vpc: vpcOf(stack), vpcEndpoints: true }), shows: /^NightlysecretsmanagerEndpoint\/Type: AWS::EC2::VPCEndpoint$/ },
  planPrefix: { own: () => ({ planPrefix: 'plans/' }), shows: /^NightlyControlRoleDefaultPolicy\/.*:s3:::landing\/plans\/\*/ },
  layers: {
    own: (stack) => ({ layers: [lambda.LayerVersion.fromLayerVersionArn(stack, 'Own', 'arn:aws:lambda:eu-west-1:111111111111:layer:azure:1')] }),
    shows: both('Function/Properties/Layers/0: .*layer:azure:1$'),
  },
  runtime: { byDefault: lambda.Runtime.NODEJS_24_X, own: () => ({ runtime: lambda.Runtime.NODEJS_22_X }), shows: both('Function/Properties/Runtime: nodejs22.x$') },
  architecture: {
    byDefault: lambda.Architecture.ARM_64, own: () => ({ architecture: lambda.Architecture.X86_64 }), shows: both('Function/Properties/Architectures/0: x86_64$'),
  },
  environment: { byDefault: {}, own: () => ({ environment: { TEAM: 'ledger' } }), shows: both('Function/Properties/Environment/Variables/TEAM: ledger$') },
  environmentEncryption: {
    own: (stack) => ({ environmentEncryption: new kms.Key(stack, 'Own') }), shows: both('Function/Properties/KmsKeyArn/Fn::GetAtt/0: Own'),
  },
  encryptionKey: { own: (stack) => ({ encryptionKey: new kms.Key(stack, 'Own') }), shows: /^Nightly(Machine|Control|Worker)LogGroup\/Properties\/KmsKeyId\/Fn::GetAtt\/0: Own$/ },
  controlRole: { own: (stack) => ({ controlRole: iam.Role.fromRoleName(stack, 'Own', 'own') }), shows: /^NightlyControlFunction\/Properties\/Role.*role\/own/ },
  workerRole: { own: (stack) => ({ workerRole: iam.Role.fromRoleName(stack, 'Own', 'own') }), shows: /^NightlyWorkerFunction\/Properties\/Role.*role\/own/ },
  logRetention: {
    byDefault: logs.RetentionDays.THREE_MONTHS,
    own: () => ({ logRetention: logs.RetentionDays.ONE_YEAR }),
    shows: /^Nightly(Machine|Control|Worker)LogGroup\/Properties\/RetentionInDays: 365$/,
  },
  logRemovalPolicy: {
    byDefault: RemovalPolicy.RETAIN, own: () => ({ logRemovalPolicy: RemovalPolicy.DESTROY }), shows: /^Nightly(Machine|Control|Worker)LogGroup\/DeletionPolicy: Delete$/,
  },
  tracing: {
    byDefault: lambda.Tracing.DISABLED, own: () => ({ tracing: lambda.Tracing.ACTIVE }), shows: /^NightlyMachineStateMachine\/Properties\/TracingConfiguration\/Enabled: true$/,
  },
};

describe('Extraction', () => {
  testProps<ExtractionProps>(CASES, (stack, props) => make(stack, { ...props, pipeline: props.pipeline ?? onBoard(stack) }));
});

describe('ExtractionWorkers.lambda', () => {
  testProps<LambdaWorkersOptions>({
    memorySize: { byDefault: 1769, own: () => ({ memorySize: 512 }), shows: /^NightlyWorkerFunction\/Properties\/MemorySize: 512$/ },
    maxConcurrency: { byDefault: 16, own: () => ({ maxConcurrency: 3 }), shows: /DefinitionString: .*\\"MaxConcurrency\\":3/ },
    timeout: { byDefault: Duration.minutes(15), own: () => ({ timeout: Duration.minutes(5) }), shows: /DefinitionString: .*\\"maxChunkSeconds\\":240/ },
    reservedConcurrentExecutions: {
      own: () => ({ reservedConcurrentExecutions: 9 }), shows: /^NightlyWorkerFunction\/Properties\/ReservedConcurrentExecutions: 9$/,
    },
    ephemeralStorageSize: {
      own: () => ({ ephemeralStorageSize: Size.gibibytes(1) }), shows: /^NightlyWorkerFunction\/Properties\/EphemeralStorage\/Size: 1024$/,
    },
  }, (stack, options) => make(stack, { workers: ExtractionWorkers.lambda(options) }));
});
