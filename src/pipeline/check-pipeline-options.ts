import { Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { LandingCatalogOptions } from './catalog/catalog-options';
import { LandedTablesKind } from './catalog/landed-tables';
import { claim } from './checks/claims';
import { invalidInput } from './checks/validation';
import { LandingBucketOptions } from './landing/landing-bucket';
import { LegacyToS3PipelineProps } from './pipeline-props';

/** Every option, so that a new one cannot be forgotten here. */
const BUCKET_OPTIONS: { readonly [option in keyof Required<LandingBucketOptions>]: true } = {
  abortIncompleteMultipartUploadAfter: true,
  noncurrentVersionExpiration: true,
  lifecycleRules: true,
  replicationRules: true,
  serverAccessLogsBucket: true,
  serverAccessLogsPrefix: true,
  objectLockDefaultRetention: true,
  minimumTLSVersion: true,
};
const CATALOG_OPTIONS: { readonly [option in keyof Required<LandingCatalogOptions>]: true } = {
  glueDatabase: true,
  runsTableName: true,
  runSnapshotsTableName: true,
  landedTables: true,
  athenaWorkGroup: true,
  queryResultsBucket: true,
  bytesScannedLimit: true,
  queryResultsExpiration: true,
};

/** What is told by a construct or a class, and how one is come by. */
const NO_TEXTS: { readonly [option in keyof LegacyToS3PipelineProps]: string } = {
  bucket: 's3.Bucket.fromBucketName(…)',
  metadataTable: 'dynamodb.Table.fromTableName(…)',
  failureQueue: 'sqs.Queue.fromQueueArn(…)',
  encryptionKey: 'kms.Key.fromKeyArn(…)',
  vpc: 'ec2.Vpc.fromLookup(…)',
  role: 'iam.Role.fromRoleArn(…)',
  runCompletionRole: 'iam.Role.fromRoleArn(…)',
  replayRole: 'iam.Role.fromRoleArn(…)',
  environmentEncryption: 'kms.Key.fromKeyArn(…)',
  eventBus: 'events.EventBus.fromEventBusArn(…)',
  trigger: 'LandingTrigger.s3Notification(…)',
  landedTables: 'LandedTables.iceberg(…)',
  timeout: 'Duration.seconds(…)',
  runCompletionTimeout: 'Duration.minutes(…)',
};

/** Refuses a name where a construct is meant, which JavaScript lets pass. */
export function refuseTexts(scope: IConstruct, props: LegacyToS3PipelineProps): void {
  for (const [option, example] of Object.entries(NO_TEXTS)) {
    const value: unknown = props[option as keyof LegacyToS3PipelineProps];
    if (value !== undefined && typeof value !== 'object') throw invalidInput(scope, `${option} must be an object, such as ${example}, got ${JSON.stringify(value)}`);
  }
}

/** Refuses options that would be silently left out: that is a mistake. */
export function refuseUnusedOptions(scope: IConstruct, props: LegacyToS3PipelineProps): void {
  const given = (options: object) => Object.keys(options).filter((option) => props[option as keyof LegacyToS3PipelineProps] !== undefined).join(', ');
  const [ofBucket, ofCatalog] = [given(BUCKET_OPTIONS), given(CATALOG_OPTIONS)];
  if (props.bucket && ofBucket) throw invalidInput(scope, `${ofBucket} cannot be set together with bucket: set it on the bucket itself`);
  const makesResults = props.catalog !== false && !props.queryResultsBucket && !props.athenaWorkGroup;
  if (props.autoDeleteObjects && props.bucket && !makesResults) {
    throw invalidInput(scope, 'autoDeleteObjects cannot be set where the pipeline makes no bucket: set it on the bucket itself');
  }
  if (props.dashboard === false && props.dashboardOptions) {
    throw invalidInput(scope, 'dashboardOptions cannot be set together with dashboard: false, which makes no dashboard');
  }
  if (props.catalog === false && ofCatalog && !(ofCatalog === 'landedTables' && props.landedTables?.kind === LandedTablesKind.NONE)) {
    throw invalidInput(scope, `${ofCatalog} cannot be set together with catalog: false, which makes no catalog`);
  }
}

/** Refuses what another pipeline of this app has to itself. */
export function claimResources(scope: IConstruct, pipelineName: string, { metadataTable, failureQueue }: LegacyToS3PipelineProps): void {
  claim(scope, 'pipelineName', Stack.of(scope), pipelineName, 'their metrics would be one; give each pipeline a name of its own');
  if (metadataTable) claim(scope, 'metadataTable', metadataTable, metadataTable.node.path, 'one pipeline a table');
  if (failureQueue) claim(scope, 'failureQueue', failureQueue, failureQueue.node.path, 'one pipeline a queue, since a replay takes all that is in it');
}
