import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { bucketCases, catalogCases, functionCases, pipelineAlarmCases } from './prop-case-sets';
import { PropCases, testProps } from './prop-cases';
import { LandingTrigger, LegacyToS3Pipeline, LegacyToS3PipelineProps } from '../../src/pipeline';

type Props = LegacyToS3PipelineProps;

/** Every prop: a new one without a case does not compile. */
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
  runCompletionRole: {
    own: (stack) => ({ runCompletionRole: iam.Role.fromRoleName(stack, 'Own', 'completes') }), shows: /RunCompletionFunction\/Properties\/Role.*role\/completes/,
  },
  replayRole: { own: (stack) => ({ replayRole: iam.Role.fromRoleName(stack, 'Own', 'replays') }), shows: /ReplayFunction\/Properties\/Role.*role\/replays/ },
  eventBus: { own: (stack) => ({ eventBus: new events.EventBus(stack, 'Own') }), shows: /RunCompletionFunction\/.*\/RUN_EVENT_BUS_ARN\/Fn::GetAtt\/0: Own/ },
  runCompletionReservedConcurrentExecutions: {
    own: () => ({ runCompletionReservedConcurrentExecutions: 5 }), shows: /RunCompletionFunction\/Properties\/ReservedConcurrentExecutions: 5$/,
  },
  replayReservedConcurrentExecutions: {
    own: () => ({ replayReservedConcurrentExecutions: 2 }), shows: /ReplayFunction\/Properties\/ReservedConcurrentExecutions: 2$/,
  },
  removalPolicy: {
    byDefault: RemovalPolicy.RETAIN, own: () => ({ removalPolicy: RemovalPolicy.DESTROY }), shows: /LedgerLandingBucket\/DeletionPolicy: Delete$/,
  },
  autoDeleteObjects: {
    byDefault: false,
    own: () => ({ autoDeleteObjects: true, removalPolicy: RemovalPolicy.DESTROY }),
    shows: /LedgerLandingBucketAutoDeleteObjectsCustomResource\/Type: Custom::S3AutoDeleteObjects$/,
  },
  catalog: { byDefault: true, own: () => ({ catalog: false }), hides: /Type: AWS::(Glue|Athena)::/ },
  dashboard: { byDefault: true, own: () => ({ dashboard: false }), hides: /Type: AWS::CloudWatch::Dashboard/ },
  dashboardOptions: {
    byDefault: {}, own: () => ({ dashboardOptions: { defaultInterval: Duration.days(2) } }), shows: /DashboardBody.*\\"start\\":\\"-P2D\\"/,
  },
  savedQueries: { byDefault: true, own: () => ({ savedQueries: false }), hides: /Type: AWS::Logs::QueryDefinition/ },
  outputs: { byDefault: true, own: () => ({ outputs: false }), hides: /^Outputs\// },
  tableLatencyTarget: {
    byDefault: Duration.millis(50), own: () => ({ tableLatencyTarget: Duration.millis(80) }), shows: /DashboardBody.*DynamoDB write in % of 80 ms/,
  },
  ...bucketCases('LedgerLandingBucket'),
  ...functionCases('LedgerRecorder', { memorySize: 512, timeout: Duration.minutes(5) }),
  ...pipelineAlarmCases('LedgerAlarms'),
  ...catalogCases('LedgerCatalog'),
};

testProps<Props>(CASES, (stack, props) => new LegacyToS3Pipeline(stack, 'Ledger', props));
