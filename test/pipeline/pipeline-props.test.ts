import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { PropCases, testProps } from './prop-cases';
import { AlarmKind, LandingTrigger, LegacyToS3Pipeline, LegacyToS3PipelineProps } from '../../src/pipeline';

type Props = LegacyToS3PipelineProps;

const vpcOf = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-1',
  availabilityZones: ['a'],
  privateSubnetIds: ['subnet-private'],
  publicSubnetIds: ['subnet-public'],
  privateSubnetRouteTableIds: ['routes-1'],
  publicSubnetRouteTableIds: ['routes-2'],
});
const action: cloudwatch.IAlarmAction = { bind: () => ({ alarmActionArn: 'arn:aws:sns:eu-west-1:1:on-call' }) };

const CASES: PropCases<Props> = {
  pipelineName: { own: () => ({ pipelineName: 'ledger.prod' }), shows: /POWERTOOLS_METRICS_NAMESPACE: CdkLegacyToS3\/ledger\.prod$/ },
  bucket: { own: (stack) => ({ bucket: s3.Bucket.fromBucketName(stack, 'Own', 'of-others') }), shows: /^Outputs\/LedgerBucketName\/Value: of-others/ },
  metadataTable: { own: (stack) => ({ metadataTable: dynamodb.Table.fromTableName(stack, 'Own', 'records') }), shows: /METADATA_TABLE_NAME: records$/ },
  failureQueue: { own: (stack) => ({ failureQueue: new sqs.Queue(stack, 'Own') }), shows: /EventInvokeConfig\/.*\/OnFailure\/Destination\/Fn::GetAtt\/0: Own$/ },
  encryptionKey: { own: (stack) => ({ encryptionKey: new kms.Key(stack, 'Own') }), shows: /LedgerLandingBucket\/.*KMSMasterKeyID\/Fn::GetAtt\/0: Own$/ },
  trigger: {
    byDefault: LandingTrigger.s3Notification(), own: () => ({ trigger: LandingTrigger.eventBridge() }), shows: /LedgerLandedRule\/Type: AWS::Events::Rule$/,
  },
  runCompletionMemorySize: { byDefault: 1024, own: () => ({ runCompletionMemorySize: 2048 }), shows: /RunCompletionFunction\/Properties\/MemorySize: 2048$/ },
  runCompletionTimeout: {
    byDefault: Duration.minutes(15), own: () => ({ runCompletionTimeout: Duration.minutes(10) }), shows: /RunCompletionFunction\/Properties\/Timeout: 600$/,
  },
  removalPolicy: {
    byDefault: RemovalPolicy.RETAIN, own: () => ({ removalPolicy: RemovalPolicy.DESTROY }), shows: /LedgerLandingBucket\/DeletionPolicy: Delete$/,
  },
  catalog: { byDefault: true, own: () => ({ catalog: false }), hides: /Type: AWS::(Glue|Athena)::/ },
  dashboard: { byDefault: true, own: () => ({ dashboard: false }), hides: /Type: AWS::CloudWatch::Dashboard/ },
  savedQueries: { byDefault: true, own: () => ({ savedQueries: false }), hides: /Type: AWS::Logs::QueryDefinition/ },
  outputs: { byDefault: true, own: () => ({ outputs: false }), hides: /^Outputs\// },
  tableLatencyTarget: {
    byDefault: Duration.millis(50), own: () => ({ tableLatencyTarget: Duration.millis(80) }), shows: /DashboardBody.*DynamoDB write in % of 80 ms/,
  },
  // The bucket.
  abortIncompleteMultipartUploadAfter: {
    byDefault: Duration.days(7), own: () => ({ abortIncompleteMultipartUploadAfter: Duration.days(2) }), shows: /LandingBucket\/.*\/DaysAfterInitiation: 2$/,
  },
  noncurrentVersionExpiration: {
    own: () => ({ noncurrentVersionExpiration: Duration.days(90) }), shows: /LandingBucket\/.*\/NoncurrentVersionExpiration\/NoncurrentDays: 90$/,
  },
  lifecycleRules: { byDefault: [], own: () => ({ lifecycleRules: [{ id: 'Own', expiration: Duration.days(400) }] }), shows: /LandingBucket\/.*\/Id: Own$/ },
  serverAccessLogsBucket: {
    own: (stack) => ({ serverAccessLogsBucket: new s3.Bucket(stack, 'Own') }), shows: /LedgerLandingBucket\/.*\/LoggingConfiguration\/DestinationBucketName\/Ref: Own$/,
  },
  serverAccessLogsPrefix: {
    own: (stack) => ({ serverAccessLogsBucket: new s3.Bucket(stack, 'Own'), serverAccessLogsPrefix: 'access/' }), shows: /\/LoggingConfiguration\/LogFilePrefix: access\/$/,
  },
  objectLockDefaultRetention: {
    own: () => ({ objectLockDefaultRetention: s3.ObjectLockRetention.compliance(Duration.days(30)) }), shows: /LandingBucket\/.*\/DefaultRetention\/Days: 30$/,
  },
  // The functions.
  memorySize: { byDefault: 512, own: () => ({ memorySize: 768 }), shows: /RecorderFunction\/Properties\/MemorySize: 768$/ },
  timeout: { byDefault: Duration.minutes(5), own: () => ({ timeout: Duration.minutes(1) }), shows: /RecorderFunction\/Properties\/Timeout: 60$/ },
  architecture: {
    byDefault: lambda.Architecture.ARM_64, own: () => ({ architecture: lambda.Architecture.X86_64 }), shows: /RecorderFunction\/Properties\/Architectures\/0: x86_64$/,
  },
  runtime: { byDefault: lambda.Runtime.NODEJS_24_X, own: () => ({ runtime: lambda.Runtime.NODEJS_22_X }), shows: /RecorderFunction\/Properties\/Runtime: nodejs22\.x$/ },
  reservedConcurrentExecutions: { own: () => ({ reservedConcurrentExecutions: 50 }), shows: /RecorderFunction\/Properties\/ReservedConcurrentExecutions: 50$/ },
  environment: { byDefault: {}, own: () => ({ environment: { TEAM: 'ledger' } }), shows: /RecorderFunction\/Properties\/Environment\/Variables\/TEAM: ledger$/ },
  retryAttempts: { byDefault: 2, own: () => ({ retryAttempts: 0 }), shows: /RecorderFunctionEventInvokeConfig\/Properties\/MaximumRetryAttempts: 0$/ },
  maxEventAge: { byDefault: Duration.hours(6), own: () => ({ maxEventAge: Duration.hours(1) }), shows: /\/MaximumEventAgeInSeconds: 3600$/ },
  logRetention: {
    byDefault: logs.RetentionDays.THREE_MONTHS, own: () => ({ logRetention: logs.RetentionDays.ONE_YEAR }), shows: /RecorderLogGroup\/Properties\/RetentionInDays: 365$/,
  },
  logRemovalPolicy: {
    byDefault: RemovalPolicy.RETAIN, own: () => ({ logRemovalPolicy: RemovalPolicy.DESTROY }), shows: /RecorderLogGroup\/DeletionPolicy: Delete$/,
  },
  vpc: { own: (stack) => ({ vpc: vpcOf(stack) }), shows: /RecorderFunction\/Properties\/VpcConfig\/SubnetIds\/0: subnet-private$/ },
  vpcSubnets: {
    own: (stack) => ({ vpc: vpcOf(stack), vpcSubnets: { subnets: [ec2.Subnet.fromSubnetId(stack, 'OwnSubnet', 'subnet-own')] } }),
    shows: /RecorderFunction\/Properties\/VpcConfig\/SubnetIds\/0: subnet-own$/,
  },
  securityGroups: {
    own: (stack) => ({ vpc: vpcOf(stack), securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'OwnGroup', 'sg-own')] }),
    shows: /RecorderFunction\/Properties\/VpcConfig\/SecurityGroupIds\/0: sg-own$/,
  },
  // The alarms.
  alarmEmail: { own: () => ({ alarmEmail: 'operator@example.com' }), shows: /LedgerAlarmsEmail\/Properties\/Endpoint: operator@example\.com$/ },
  alarmTopic: { own: (stack) => ({ alarmTopic: new sns.Topic(stack, 'Own') }), shows: /LedgerAlarmsRunIncomplete\/Properties\/AlarmActions\/0\/Ref: Own$/ },
  warningTopic: { own: (stack) => ({ warningTopic: new sns.Topic(stack, 'Own') }), shows: /LedgerAlarmsRecorderErrors\/Properties\/AlarmActions\/0\/Ref: Own$/ },
  compositeAlarm: { byDefault: false, own: () => ({ compositeAlarm: true }), shows: /LedgerAlarmsCritical\/Type: AWS::CloudWatch::CompositeAlarm$/ },
  alarmActions: { byDefault: [], own: () => ({ alarmActions: [action] }), shows: /LedgerAlarmsRunIncomplete\/Properties\/AlarmActions\/1: arn:aws:sns:eu-west-1:1:on-call$/ },
  alarmOverrides: {
    byDefault: {}, own: () => ({ alarmOverrides: { [AlarmKind.RECORDER_ERRORS]: { threshold: 7 } } }), shows: /LedgerAlarmsRecorderErrors\/Properties\/Threshold: 7$/,
  },
  successRateTarget: { byDefault: 99, own: () => ({ successRateTarget: 95 }), shows: /LedgerAlarmsSuccessRateLow\/Properties\/Threshold: 95$/ },
  successRateMinimumAttempts: {
    byDefault: 20, own: () => ({ successRateMinimumAttempts: 33 }), shows: /LedgerAlarmsSuccessRateLow\/Properties\/Metrics\/\d\/Expression: .*33/,
  },
  recordLatencyTarget: {
    byDefault: Duration.seconds(60), own: () => ({ recordLatencyTarget: Duration.seconds(5) }), shows: /LedgerAlarmsRecordLatencyHigh\/Properties\/Threshold: 5000$/,
  },
  runFreshness: { own: () => ({ runFreshness: Duration.hours(24) }), shows: /LedgerAlarmsRunOverdue\/Properties\/EvaluationPeriods: 24$/ },
  // The catalog.
  glueDatabase: {
    own: (stack) => ({ glueDatabase: glue.CfnDatabase.fromDatabaseName(stack, 'Own', 'lake') }), shows: /CatalogRunsTable\/Properties\/DatabaseName: lake$/,
  },
  runsTableName: { byDefault: 'runs', own: () => ({ runsTableName: 'ledger_runs' }), shows: /CatalogRunsTable\/Properties\/TableInput\/Name: ledger_runs$/ },
  athenaWorkGroup: {
    own: (stack) => ({ athenaWorkGroup: athena.CfnWorkGroup.fromWorkGroupName(stack, 'Own', 'team') }), shows: /CatalogQueryRuns\/Properties\/WorkGroup: team$/,
  },
  queryResultsBucket: {
    own: (stack) => ({ queryResultsBucket: s3.Bucket.fromBucketName(stack, 'Own', 'results') }), shows: /WorkGroup\/.*\/OutputLocation: s3:\/\/results\/results\/$/,
  },
  bytesScannedLimit: {
    byDefault: Size.gibibytes(100), own: () => ({ bytesScannedLimit: Size.gibibytes(1) }), shows: /WorkGroup\/.*\/BytesScannedCutoffPerQuery: 1073741824$/,
  },
  queryResultsExpiration: {
    byDefault: Duration.days(7), own: () => ({ queryResultsExpiration: Duration.days(3) }), shows: /CatalogResults\/.*\/ExpirationInDays: 3$/,
  },
};

testProps<Props>(CASES, (stack, props) => new LegacyToS3Pipeline(stack, 'Ledger', props));
