import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { PropCases } from './prop-cases';
import {
  AlarmOptions, ForeignRows, LandedDeletes, LandedTables, LandingBucketOptions, LandingCatalogOptions, PipelineAlarmsOptions, RecorderFunctionOptions,
  TableCompaction,
} from '../../src/pipeline';

/** Cases of options that several constructs have; `id` is what the logical ids of the construct's resources begin with. */

const line = (text: string) => new RegExp(text);

export const bucketCases = (id: string): PropCases<LandingBucketOptions> => ({
  abortIncompleteMultipartUploadAfter: {
    byDefault: Duration.days(7), own: () => ({ abortIncompleteMultipartUploadAfter: Duration.days(2) }), shows: line(`^${id}/.*/DaysAfterInitiation: 2$`),
  },
  noncurrentVersionExpiration: {
    own: () => ({ noncurrentVersionExpiration: Duration.days(90) }), shows: line(`^${id}/.*/NoncurrentVersionExpiration/NoncurrentDays: 90$`),
  },
  lifecycleRules: { byDefault: [], own: () => ({ lifecycleRules: [{ id: 'Own', noncurrentVersionExpiration: Duration.days(400) }] }), shows: line(`^${id}/.*/Id: Own$`) },
  replicationRules: {
    byDefault: [],
    own: (stack) => ({ replicationRules: [{ destination: s3.Bucket.fromBucketName(stack, 'Own', 'copies') }] }),
    shows: line(`^${id}/.*ReplicationConfiguration/Rules/0/Destination/Bucket`),
  },
  serverAccessLogsBucket: {
    own: (stack) => ({ serverAccessLogsBucket: new s3.Bucket(stack, 'Own') }), shows: line(`^${id}/.*LoggingConfiguration/DestinationBucketName/Ref: Own$`),
  },
  serverAccessLogsPrefix: {
    own: (stack) => ({ serverAccessLogsBucket: new s3.Bucket(stack, 'Own'), serverAccessLogsPrefix: 'access/' }),
    shows: line(`^${id}/.*/LoggingConfiguration/LogFilePrefix: access/$`),
  },
  minimumTLSVersion: { own: () => ({ minimumTLSVersion: 1.3 }), shows: line(`^${id}Policy/.*/NumericLessThan/s3:TlsVersion: 1.3$`) },
  objectLockDefaultRetention: {
    own: () => ({ objectLockDefaultRetention: s3.ObjectLockRetention.compliance(Duration.days(30)) }), shows: line(`^${id}/.*/DefaultRetention/Days: 30$`),
  },
});

export const catalogCases = (id: string): PropCases<LandingCatalogOptions> => ({
  glueDatabase: {
    own: (stack) => ({ glueDatabase: glue.CfnDatabase.fromDatabaseName(stack, 'Own', 'lake') }), shows: line(`^${id}RunsTable/Properties/DatabaseName: lake$`),
  },
  runsTableName: { byDefault: 'runs', own: () => ({ runsTableName: 'own_runs' }), shows: line(`^${id}RunsTable/Properties/TableInput/Name: own_runs$`) },
  runSnapshotsTableName: {
    byDefault: 'run_snapshots',
    own: () => ({ runSnapshotsTableName: 'own_snapshots' }),
    shows: line(`^${id}RunSnapshotsTable/Properties/TableInput/Name: own_snapshots$`),
  },
  landedTables: {
    byDefault: LandedTables.iceberg({
      foreignRows: ForeignRows.REFUSE,
      deletes: LandedDeletes.EQUALITY,
      softDeletes: false,
      proveByQuery: false,
      compaction: TableCompaction.whenDeleteFiles(50),
    }),
    own: () => ({ landedTables: LandedTables.hive() }),
    hides: line(`^${id}RunSnapshotsTable/`),
  },
  athenaWorkGroup: {
    own: (stack) => ({ athenaWorkGroup: athena.CfnWorkGroup.fromWorkGroupName(stack, 'Own', 'team') }),
    shows: line(`^${id}QueryRuns/Properties/WorkGroup: team$`),
  },
  queryResultsBucket: {
    own: (stack) => ({ queryResultsBucket: s3.Bucket.fromBucketName(stack, 'Own', 'results') }),
    shows: line(`^${id}WorkGroup/.*/OutputLocation: s3://results/results/$`),
  },
  bytesScannedLimit: {
    byDefault: Size.gibibytes(100), own: () => ({ bytesScannedLimit: Size.gibibytes(1) }), shows: line(`^${id}WorkGroup/.*/BytesScannedCutoffPerQuery: 1073741824$`),
  },
  queryResultsExpiration: {
    byDefault: Duration.days(7), own: () => ({ queryResultsExpiration: Duration.days(3) }), shows: line(`^${id}Results/.*/ExpirationInDays: 3$`),
  },
});

/** A VPC that is there already. */
export const vpcOf = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-1',
  availabilityZones: ['a'],
  privateSubnetIds: ['subnet-private'],
  publicSubnetIds: ['subnet-public'],
  privateSubnetRouteTableIds: ['routes-1'],
  publicSubnetRouteTableIds: ['routes-2'],
});

/** Settings that every function has. */
type AnyFunctionOptions = Required<Pick<
  RecorderFunctionOptions, 'role' | 'tracing' | 'environmentEncryption' | 'runtime' | 'architecture' | 'reservedConcurrentExecutions' | 'logRetention' | 'logRemovalPolicy' | 'vpc' | 'vpcSubnets' | 'securityGroups'
>>;

export const anyFunctionCases = (id: string): PropCases<Partial<AnyFunctionOptions>> => ({
  architecture: {
    byDefault: lambda.Architecture.ARM_64,
    own: () => ({ architecture: lambda.Architecture.X86_64 }),
    shows: line(`^${id}Function/Properties/Architectures/0: x86_64$`),
  },
  runtime: {
    byDefault: lambda.Runtime.NODEJS_24_X, own: () => ({ runtime: lambda.Runtime.NODEJS_22_X }), shows: line(`^${id}Function/Properties/Runtime: nodejs22.x$`),
  },
  reservedConcurrentExecutions: {
    own: () => ({ reservedConcurrentExecutions: 50 }), shows: line(`^${id}Function/Properties/ReservedConcurrentExecutions: 50$`),
  },
  logRetention: {
    byDefault: logs.RetentionDays.THREE_MONTHS,
    own: () => ({ logRetention: logs.RetentionDays.ONE_YEAR }),
    shows: line(`^${id}LogGroup/Properties/RetentionInDays: 365$`),
  },
  logRemovalPolicy: {
    byDefault: RemovalPolicy.RETAIN, own: () => ({ logRemovalPolicy: RemovalPolicy.DESTROY }), shows: line(`^${id}LogGroup/DeletionPolicy: Delete$`),
  },
  role: { own: (stack) => ({ role: iam.Role.fromRoleName(stack, 'Own', 'runs') }), shows: line(`^${id}Function/Properties/Role.*role/runs`) },
  tracing: {
    byDefault: lambda.Tracing.DISABLED, own: () => ({ tracing: lambda.Tracing.ACTIVE }), shows: line(`^${id}Function/Properties/TracingConfig/Mode: Active$`),
  },
  environmentEncryption: {
    own: (stack) => ({ environmentEncryption: new kms.Key(stack, 'Own') }), shows: line(`^${id}Function/Properties/KmsKeyArn/Fn::GetAtt/0: Own`),
  },
  vpc: { own: (stack) => ({ vpc: vpcOf(stack) }), shows: line(`^${id}Function/Properties/VpcConfig/SubnetIds/0: subnet-private$`) },
  vpcSubnets: {
    own: (stack) => ({ vpc: vpcOf(stack), vpcSubnets: { subnets: [ec2.Subnet.fromSubnetId(stack, 'OwnSubnet', 'subnet-own')] } }),
    shows: line(`^${id}Function/Properties/VpcConfig/SubnetIds/0: subnet-own$`),
  },
  securityGroups: {
    own: (stack) => ({ vpc: vpcOf(stack), securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'OwnGroup', 'sg-own')] }),
    shows: line(`^${id}Function/Properties/VpcConfig/SecurityGroupIds/0: sg-own$`),
  },
});

export const functionCases = (
  id: string, defaults: { readonly memorySize: number; readonly timeout: Duration },
): PropCases<RecorderFunctionOptions> => ({
  ...anyFunctionCases(id),
  memorySize: { byDefault: defaults.memorySize, own: () => ({ memorySize: 768 }), shows: line(`^${id}Function/Properties/MemorySize: 768$`) },
  timeout: { byDefault: defaults.timeout, own: () => ({ timeout: Duration.minutes(1) }), shows: line(`^${id}Function/Properties/Timeout: 60$`) },
  environment: { byDefault: {}, own: () => ({ environment: { TEAM: 'ledger' } }), shows: line(`^${id}Function/Properties/Environment/Variables/TEAM: ledger$`) },
  retryAttempts: {
    byDefault: 2, own: () => ({ retryAttempts: 0 }), shows: line(`^${id}FunctionEventInvokeConfig/Properties/MaximumRetryAttempts: 0$`),
  },
  maxEventAge: {
    byDefault: Duration.hours(6),
    own: () => ({ maxEventAge: Duration.hours(1) }),
    shows: line(`^${id}FunctionEventInvokeConfig/Properties/MaximumEventAgeInSeconds: 3600$`),
  },
});

const page: cloudwatch.IAlarmAction = { bind: () => ({ alarmActionArn: 'arn:aws:sns:eu-west-1:1:on-call' }) };
const topicOf = (stack: Stack) => new sns.Topic(stack, 'Own');

/** `warning` is the id of an alarm of that severity, `kind` its kind. */
export const alarmCases = (id: string, warning: string, kind: string): PropCases<AlarmOptions> => ({
  alarmEmail: { own: () => ({ alarmEmail: 'operator@example.com' }), shows: line(`^${id}Email/Properties/Endpoint: operator@example.com$`) },
  alarmTopic: { own: (stack) => ({ alarmTopic: topicOf(stack) }), shows: line(`^${id}(Function)?SuccessRateLow/Properties/AlarmActions/0/Ref: Own$`) },
  warningTopic: { own: (stack) => ({ warningTopic: topicOf(stack) }), shows: line(`^${id}(Function)?FailedAttempts/Properties/AlarmActions/0/Ref: Own$`) },
  compositeAlarm: { byDefault: false, own: () => ({ compositeAlarm: true }), shows: line(`^${id}Critical/Type: AWS::CloudWatch::CompositeAlarm$`) },
  notifyRecovery: { byDefault: false, own: () => ({ notifyRecovery: true }), shows: line(`^${id}(Function)?SuccessRateLow/Properties/OKActions/0/Ref: `) },
  alarmActions: {
    byDefault: [], own: () => ({ alarmActions: [page] }), shows: line(`^${id}(Function)?FailedAttempts/Properties/AlarmActions/1: arn:aws:sns:eu-west-1:1:on-call$`),
  },
  alarmOverrides: {
    byDefault: {}, own: () => ({ alarmOverrides: { [kind]: { threshold: 7 } } }), shows: line(`^${id}${warning}/Properties/Threshold: 7$`),
  },
});

export const pipelineAlarmCases = (id: string): PropCases<PipelineAlarmsOptions> => ({
  ...alarmCases(id, 'RecorderErrors', 'recorderErrors'),
  successRateTarget: { byDefault: 99, own: () => ({ successRateTarget: 95 }), shows: line(`^${id}SuccessRateLow/Properties/Threshold: 95$`) },
  successRateMinimumAttempts: {
    byDefault: 20, own: () => ({ successRateMinimumAttempts: 33 }), shows: line(`^${id}SuccessRateLow/Properties/Metrics/\\d/Expression: .*33`),
  },
  recordLatencyTarget: {
    byDefault: Duration.seconds(60), own: () => ({ recordLatencyTarget: Duration.seconds(5) }), shows: line(`^${id}RecordLatencyHigh/Properties/Threshold: 5000$`),
  },
  runFreshness: { own: () => ({ runFreshness: Duration.hours(24) }), shows: line(`^${id}RunOverdue/Properties/EvaluationPeriods: 24$`) },
});
