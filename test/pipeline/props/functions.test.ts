import { Duration, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import {
  LandedTables, LandingCatalog, ObjectRecorder, ObjectRecorderProps, ReplayFunction, ReplayFunctionProps, RunCompletion, RunCompletionProps,
  TableCompactor, TableCompactorProps,
} from '../../../src/pipeline';
import { anyFunctionCases, functionCases } from '../prop-case-sets';
import { PropCases, testProps } from '../prop-cases';

/** The stand-alone functions: every prop by default and by a value of one's own. */

const bucketOf = (stack: Stack, name: string) => s3.Bucket.fromBucketName(stack, `Bucket-${name}`, name);
const tableOf = (stack: Stack, name: string) => dynamodb.Table.fromTableName(stack, `Table-${name}`, name);
const functionOf = (stack: Stack, name: string) => lambda.Function.fromFunctionAttributes(stack, `Function-${name}`, {
  functionArn: `arn:aws:lambda:eu-west-1:111111111111:function:${name}`, sameEnvironment: true,
});

type Common = Pick<ObjectRecorderProps, 'bucket' | 'objectPrefix' | 'table' | 'pipelineName' | 'failureQueue' | 'encryptionKey'>;

/** What recorder and run completion have in common beside the settings of a function. */
const commonCases = (id: string): PropCases<Common> => ({
  bucket: { own: (stack) => ({ bucket: bucketOf(stack, 'other') }), shows: new RegExp(`^${id}RoleDefaultPolicy/.*:s3:::other/`) },
  objectPrefix: { own: () => ({ objectPrefix: 'in/' }), shows: new RegExp(`^${id}Function/.*/Variables/LANDING_PREFIX: in/$`) },
  table: { own: (stack) => ({ table: tableOf(stack, 'other') }), shows: new RegExp(`^${id}Function/.*/Variables/METADATA_TABLE_NAME: other$`) },
  pipelineName: { own: () => ({ pipelineName: 'other' }), shows: new RegExp(`^${id}Function/.*/POWERTOOLS_METRICS_NAMESPACE: CdkLegacyToS3/other$`) },
  failureQueue: {
    own: (stack) => ({ failureQueue: new sqs.Queue(stack, 'Own') }), shows: new RegExp(`^${id}FunctionEventInvokeConfig/.*/Destination/Fn::GetAtt/0: Own$`),
  },
  encryptionKey: { own: (stack) => ({ encryptionKey: new kms.Key(stack, 'Own') }), shows: new RegExp(`^${id}LogGroup/Properties/KmsKeyId/Fn::GetAtt/0: Own$`) },
});

const required = (stack: Stack) => ({ bucket: bucketOf(stack, 'landing'), table: tableOf(stack, 'records'), pipelineName: 'ledger' });

describe('ObjectRecorder', () => {
  testProps<ObjectRecorderProps>({
    ...functionCases('Recorder', { memorySize: 512, timeout: Duration.minutes(5) }),
    ...commonCases('Recorder'),
  }, (stack, props) => new ObjectRecorder(stack, 'Recorder', { ...required(stack), ...props }));
});

describe('RunCompletion', () => {
  testProps<RunCompletionProps>({
    ...functionCases('Completion', { memorySize: 1024, timeout: Duration.minutes(15) }),
    ...commonCases('Completion'),
    eventBus: { own: (stack) => ({ eventBus: new events.EventBus(stack, 'Own') }), shows: /^CompletionFunction\/.*\/RUN_EVENT_BUS_ARN\/Fn::GetAtt\/0: Own/ },
    catalog: {
      own: (stack) => ({
        catalog: new LandingCatalog(stack, 'Catalog', {
          bucket: bucketOf(stack, 'queried'), glueDatabase: glue.CfnDatabase.fromDatabaseName(stack, 'Own', 'lake'),
        }),
      }),
      shows: /^CompletionFunction\/.*\/Variables\/GLUE_DATABASE_NAME: lake$/,
    },
    landedTables: {
      byDefault: LandedTables.none(),
      own: (stack) => ({
        landedTables: LandedTables.hive(),
        catalog: new LandingCatalog(stack, 'Catalog', {
          bucket: bucketOf(stack, 'queried'), glueDatabase: glue.CfnDatabase.fromDatabaseName(stack, 'Own', 'lake'),
        }),
      }),
      shows: /^CompletionFunction\/.*\/Variables\/LANDED_TABLES: {"kind":"hive"}$/,
    },
  }, (stack, props) => new RunCompletion(stack, 'Completion', { ...required(stack), ...props }));
});

describe('TableCompactor', () => {
  const catalogOf = (stack: Stack, name: string) => new LandingCatalog(stack, `Catalog${name}`, {
    bucket: bucketOf(stack, `queried-${name}`), glueDatabase: glue.CfnDatabase.fromDatabaseName(stack, name, name),
  });
  testProps<TableCompactorProps>({
    ...functionCases('Compactor', { memorySize: 3008, timeout: Duration.minutes(15) }),
    ...commonCases('Compactor'),
    catalog: { own: (stack) => ({ catalog: catalogOf(stack, 'other') }), shows: /^CompactorFunction\/.*\/Variables\/GLUE_DATABASE_NAME: other$/ },
  }, (stack, props) => new TableCompactor(stack, 'Compactor', { ...required(stack), catalog: props.catalog ?? catalogOf(stack, 'lake'), ...props }));
});

describe('ReplayFunction', () => {
  testProps<ReplayFunctionProps>({
    ...anyFunctionCases('Replay'),
    bucket: { own: (stack) => ({ bucket: bucketOf(stack, 'other') }), shows: /^ReplayFunction\/.*\/Variables\/\w+: other$/ },
    objectPrefix: { own: () => ({ objectPrefix: 'in/' }), shows: /^ReplayFunction\/.*\/Variables\/LANDING_PREFIX: in\/$/ },
    recorder: { own: (stack) => ({ recorder: functionOf(stack, 'other') }), shows: /^ReplayFunction\/.*\/Variables\/RECORDER_FUNCTION_NAME: other$/ },
    runCompletion: {
      own: (stack) => ({ runCompletion: functionOf(stack, 'completes') }), shows: /^ReplayFunction\/.*\/Variables\/RUN_COMPLETION_FUNCTION_NAME: completes$/,
    },
    compactor: { own: (stack) => ({ compactor: functionOf(stack, 'compacts') }), shows: /^ReplayFunction\/.*\/Variables\/COMPACTION_FUNCTION_NAME: compacts$/ },
    failureQueue: { own: (stack) => ({ failureQueue: new sqs.Queue(stack, 'Own') }), shows: /^ReplayFunction\/.*\/Variables\/FAILURE_QUEUE_URL\/Ref: Own$/ },
    pipelineName: { own: () => ({ pipelineName: 'other' }), shows: /^ReplayFunction\/.*\/POWERTOOLS_METRICS_NAMESPACE: CdkLegacyToS3\/other$/ },
    encryptionKey: { own: (stack) => ({ encryptionKey: new kms.Key(stack, 'Own') }), shows: /^ReplayLogGroup\/Properties\/KmsKeyId\/Fn::GetAtt\/0: Own$/ },
  }, (stack, props) => new ReplayFunction(stack, 'Replay', {
    bucket: bucketOf(stack, 'landing'),
    recorder: functionOf(stack, 'records'),
    failureQueue: sqs.Queue.fromQueueArn(stack, 'Failures', 'arn:aws:sqs:eu-west-1:111111111111:failures'),
    pipelineName: 'ledger',
    ...props,
  }));
});
