import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { ILandingCatalog } from '../catalog/catalog-interface';
import { LandedTables } from '../catalog/landed-tables';

/** A pipeline, of this app or deployed elsewhere. */
export interface ILegacyToS3Pipeline extends IConstruct {
  /** Name of the pipeline. */
  readonly pipelineName: string;

  /** Namespace of the pipeline's metrics. */
  readonly metricNamespace: string;

  /** The bucket the data lands in. */
  readonly bucket: s3.IBucket;

  /** The prefix in the bucket that the pipeline watches; undefined for the whole bucket. */
  readonly landingPrefix?: string;

  /** The table with an item for every landed object and every run. */
  readonly metadataTable: dynamodb.ITable;

  /** The bus that runs are announced on; undefined for the account's default event bus. */
  readonly runEventBus?: events.IEventBus;

  /** The parts of the pipeline, as far as they are known. */
  readonly resources: PipelineResources;

  /**
   * Lets somebody land data with the extractor: put objects under the landing prefix by single and multipart upload, abort and
   * list uploads, see what is landed already, delete what a retry, a resumption, an abortion or a pruning has to, and keep the
   * state of runs beside the landing prefix (`landing-state/`; of the whole bucket `_state/`). Of the whole bucket only keys of the
   * landing layout and of state: the metadata of landed tables, which lies in it, is not for landing to write.
   *
   * @param grantee for example the role of the container or instance that runs the extractor
   * @param options what not to grant
   */
  grantLand(grantee: iam.IGrantable, options?: GrantLandOptions): iam.Grant;

  /**
   * Lets somebody read the landed objects, all their versions, and list them.
   *
   * @param grantee who reads
   */
  grantReadLanded(grantee: iam.IGrantable): iam.Grant;

  /**
   * Lets somebody read the metadata table and its indexes.
   *
   * @param grantee who reads
   */
  grantReadRecords(grantee: iam.IGrantable): iam.Grant;

  /**
   * Lets somebody of this account change landed Iceberg tables as run completion does, for example by the command line's `rollback`,
   * `expire` and `tables rebuild`: write and delete the tables' metadata and the lines of their snapshots, change the tables in
   * Glue, note it in the metadata table, and read landed objects.
   *
   * @param grantee for example the role of an operator
   * @param options what else to grant
   */
  grantWriteTables(grantee: iam.IGrantable, options?: GrantWriteTablesOptions): iam.Grant;

  /**
   * Lets somebody replay failed events, and record again what landed.
   *
   * @param grantee for example the role of an operator
   */
  grantReplay(grantee: iam.IGrantable): iam.Grant;

  /**
   * Makes a rule of EventBridge for runs that are complete: every part their manifest names has landed as it says. The place
   * to start what works on the data. A run that is checked again tells its outcome only if that, or the manifest, changed.
   *
   * @param id of the rule
   * @param options what to start, and further conditions on the event (docs/resources.md shows one)
   */
  onRunComplete(id: string, options?: events.OnEventOptions): events.Rule;

  /**
   * Makes a rule of EventBridge for runs that are not what their manifest says; the event tells what is wrong.
   *
   * @param id of the rule
   * @param options what to start, and further conditions on the event
   */
  onRunIncomplete(id: string, options?: events.OnEventOptions): events.Rule;

  /**
   * A metric the recorder emits, by its name.
   *
   * @default - sum over 5 minutes
   */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Objects whose item was written (count).
   *
   * @default - sum over 5 minutes
   */
  metricObjectsRecorded(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Rows of completed runs (count).
   *
   * @default - sum over 5 minutes
   */
  metricRowsLanded(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Size of the recorded objects (bytes).
   *
   * @default - sum over 5 minutes
   */
  metricBytesLanded(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Runs whose manifest held (count).
   *
   * @default - sum over 5 minutes
   */
  metricRunsComplete(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Runs whose manifest did not hold (count).
   *
   * @default - sum over 5 minutes
   */
  metricRunsIncomplete(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * From S3's event time to the item written (milliseconds).
   *
   * @default - 99th percentile over 5 minutes
   */
  metricRecordLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Attempts to record an object that succeeded, in percent; no value while nothing is attempted.
   *
   * @default - over 5 minutes
   */
  metricSuccessRate(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression;
}

/** Options of the right to land. */
export interface GrantLandOptions {
  /**
   * Whether objects under the landing prefix may be deleted; in a versioned bucket that hides a version and destroys none.
   * Without it a run lands, but what cleans up after a failure ends with `TARGET_ACCESS_DENIED`: `resume` where objects of
   * unfinished chunks are there, `abort` and `prune`. State can be kept for targets that are the landing prefix itself.
   *
   * @default true
   */
  readonly deleteLanded?: boolean;
}

/** Options of the right to change landed tables. */
export interface GrantWriteTablesOptions {
  /**
   * Whether landed objects may be deleted, as `expire` does with files of runs that no table remembers; in a versioned bucket that
   * hides a version and destroys none.
   *
   * @default false
   */
  readonly deleteLanded?: boolean;
}

/** The parts of a pipeline that others work with, of this app or deployed elsewhere. */
export interface PipelineResources {
  /**
   * Where landed data can be queried.
   *
   * @default - there is none, or it is not known
   */
  readonly catalog?: ILandingCatalog;

  /**
   * What complete runs become in the catalog.
   *
   * @default - not known
   */
  readonly landedTables?: LandedTables;

  /**
   * Where events go that could not be recorded.
   *
   * @default - not known
   */
  readonly failureQueue?: sqs.IQueue;

  /**
   * The queue events wait in before they are recorded.
   *
   * @default - there is none, or it is not known
   */
  readonly buffer?: sqs.IQueue;

  /**
   * The function that records landed objects.
   *
   * @default - not known
   */
  readonly recorderFunction?: lambda.IFunction;

  /**
   * The function that completes runs.
   *
   * @default - not known
   */
  readonly runCompletionFunction?: lambda.IFunction;

  /**
   * The function that replays.
   *
   * @default - not known: `grantReplay` is refused
   */
  readonly replayFunction?: lambda.IFunction;

  /**
   * The topic the alarms notify.
   *
   * @default - not known
   */
  readonly alarmTopic?: sns.ITopic;

  /**
   * A dashboard of this app, to which extractions of its stack add their rows.
   *
   * @default - there is none
   */
  readonly dashboard?: cloudwatch.Dashboard;
}

/** What is known of a pipeline deployed elsewhere; the outputs of its stack tell it. */
export interface LegacyToS3PipelineAttributes extends PipelineResources {
  /** Name of the pipeline. */
  readonly pipelineName: string;

  /** The bucket the data lands in; import it with its key, if it has one, so that grants include the key. */
  readonly bucket: s3.IBucket;

  /** The metadata table; import it with its key, if it has one. */
  readonly metadataTable: dynamodb.ITable;

  /**
   * The prefix of the pipeline's trigger.
   *
   * @default - the whole bucket
   */
  readonly landingPrefix?: string;

  /**
   * The bus that the pipeline announces its runs on.
   *
   * @default - the account's default event bus
   */
  readonly runEventBus?: events.IEventBus;
}
