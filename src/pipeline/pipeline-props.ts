import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { LandingCatalogOptions } from './catalog/catalog-options';
import { RecorderFunctionOptions } from './functions/recorder-options';
import { LandingBucketOptions } from './landing/landing-bucket';
import { PipelineAlarmsOptions } from './observability/alarms/pipeline-alarms';
import { PipelineDashboardOptions } from './observability/dashboard/dashboard-options';
import { LandingTrigger } from './triggers/landing-trigger';

/** Properties of a pipeline. Every one is optional. */
export interface LegacyToS3PipelineProps extends LandingBucketOptions, RecorderFunctionOptions, PipelineAlarmsOptions, LandingCatalogOptions {
  /**
   * Name of the pipeline, unique in account and region. Its metrics are in the namespace `CdkLegacyToS3/<pipelineName>`;
   * another name starts other metrics.
   *
   * @default - made of the stack's name and the path of the construct
   */
  readonly pipelineName?: string;

  /**
   * The bucket to land in, also an imported one, of the stack's region; options of the landing bucket are refused beside it.
   *
   * @default - a new `LandingBucket`
   */
  readonly bucket?: s3.IBucket;

  /**
   * The table to record in: one pipeline a table, with the keys and indexes of a `MetadataTable`.
   *
   * @default - a new `MetadataTable`
   */
  readonly metadataTable?: dynamodb.ITable;

  /**
   * The queue for the events that could not be recorded and the runs that could not be completed; one pipeline a queue,
   * since a replay takes all that is in it. A standard queue; an imported one must let EventBridge send, if the trigger is of
   * that kind.
   *
   * @default - a new `FailureQueue`
   */
  readonly failureQueue?: sqs.IQueue;

  /**
   * KMS key that encrypts everything the pipeline makes: objects, items, logs, failed events and notifications. The policy of
   * an imported key must let the services use it; warnings say which.
   *
   * @default - keys managed by the services
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How the recorder hears of landed objects, and of which.
   *
   * @default LandingTrigger.s3Notification() - every object of the bucket
   */
  readonly trigger?: LandingTrigger;

  /**
   * Memory of the function that completes runs, in MB, 128 to 10240. Its other settings are the recorder's.
   *
   * @default 1024
   */
  readonly runCompletionMemorySize?: number;

  /**
   * How long the completion of a run may take, 1 second to 15 minutes: S3 is asked for every part its manifest names, so
   * runs with many thousands of parts need minutes.
   *
   * @default Duration.minutes(15)
   */
  readonly runCompletionTimeout?: Duration;

  /**
   * Role of the function that completes runs; it is given the rights the function needs, if it can be changed.
   *
   * @default - a new one, which may do what the function does and nothing else
   */
  readonly runCompletionRole?: iam.IRole;

  /**
   * Role of the function that replays; it is given the rights the function needs, if it can be changed.
   *
   * @default - a new one, which may do what the function does and nothing else
   */
  readonly replayRole?: iam.IRole;

  /**
   * The bus of EventBridge that runs are announced on, and that `onRunComplete` and `onRunIncomplete` listen to.
   *
   * @default - the account's default event bus
   */
  readonly eventBus?: events.IEventBus;

  /**
   * How many instances of the function that completes runs may run at once; they are set aside from the account's limit.
   *
   * @default - no reservation, the account's limit
   */
  readonly runCompletionReservedConcurrentExecutions?: number;

  /**
   * How many instances of the function that replays may run at once; they are set aside from the account's limit.
   *
   * @default - no reservation, the account's limit
   */
  readonly replayReservedConcurrentExecutions?: number;

  /**
   * What happens to the bucket, the table and the logs when they leave the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether all landed objects and query results are deleted when the buckets the pipeline made for them leave the stack;
   * CloudFormation removes no bucket that holds any. For trials: only with `RemovalPolicy.DESTROY` and without object lock.
   *
   * @default false
   */
  readonly autoDeleteObjects?: boolean;

  /**
   * Whether to make a catalog (see `LandingCatalog`), in which every completed run is registered.
   *
   * @default true
   */
  readonly catalog?: boolean;

  /**
   * Whether to make a dashboard.
   *
   * @default true
   */
  readonly dashboard?: boolean;

  /**
   * What the dashboard shows, and how; refused beside `dashboard: false`.
   *
   * @default - every section, of the last three hours, a point a minute
   */
  readonly dashboardOptions?: PipelineDashboardOptions;

  /**
   * Whether to save queries in CloudWatch Logs Insights, in a folder called after the pipeline.
   *
   * @default true
   */
  readonly savedQueries?: boolean;

  /**
   * How long a write to the metadata table should take at most, as the recorder sees it (99th percentile): 100 % of the
   * dashboard's gauge. 1 millisecond to 1 minute.
   *
   * @default Duration.millis(50)
   */
  readonly tableLatencyTarget?: Duration;

  /**
   * Whether to put the names of the bucket, table, queue and the rest into the stack's outputs; the command line finds a
   * pipeline by them.
   *
   * @default true
   */
  readonly outputs?: boolean;
}
