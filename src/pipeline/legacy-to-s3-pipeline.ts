import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { metricNamespace } from '../contract';
import { LandingBucket, LandingBucketOptions } from './landing-bucket';
import { LandingTrigger } from './landing-trigger';
import { MetadataTable } from './metadata-table';
import { ObjectRecorder } from './object-recorder';
import { LogMetrics } from './observability/log-metrics';
import { PipelineAlarms, PipelineAlarmsOptions } from './observability/pipeline-alarms';
import { PipelineDashboard } from './observability/pipeline-dashboard';
import { PipelineMetrics } from './observability/pipeline-metrics';
import { checkPipelineName, defaultPipelineName } from './pipeline-name';
import { addPipelineOutputs } from './pipeline-outputs';
import { RecorderFunctionOptions } from './recorder-options';

/** Properties of a pipeline. Every one is optional. */
export interface LegacyToS3PipelineProps extends LandingBucketOptions, RecorderFunctionOptions, PipelineAlarmsOptions {
  /**
   * Name of the pipeline, unique in account and region. Its metrics are in the namespace `CdkLegacyToS3/<pipelineName>`;
   * another name starts other metrics.
   *
   * @default - made of the stack's name and the path of the construct
   */
  readonly pipelineName?: string;

  /**
   * The bucket to land in, also an imported one; the options of the landing bucket then do not apply.
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
   * KMS key that encrypts everything the pipeline makes: objects, items, logs, failed events and notifications.
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
   * What happens to the bucket, the table and the logs when they leave the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether to make a dashboard.
   *
   * @default true
   */
  readonly dashboard?: boolean;

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

/**
 * Where a SQL Server database lands: a hardened bucket, a function that records every object and completes runs, the
 * table of records, a queue of failures, and the metrics, alarms and dashboard to watch it all.
 */
export class LegacyToS3Pipeline extends Construct {
  /** Name of the pipeline. */
  public readonly pipelineName: string;

  /** Namespace of the pipeline's metrics. */
  public readonly metricNamespace: string;

  /** The bucket the data lands in. */
  public readonly bucket: s3.IBucket;

  /** The table with an item for every landed object and every run. */
  public readonly metadataTable: dynamodb.ITable;

  /** The recorder with all its parts. */
  public readonly recorder: ObjectRecorder;

  /** The function that records landed objects and completes runs. */
  public readonly recorderFunction: lambda.Function;

  /** The role of the function. */
  public readonly recorderRole: iam.Role;

  /** The log group of the function. */
  public readonly logGroup: logs.LogGroup;

  /** Where events go that could not be recorded. */
  public readonly failureQueue: sqs.IQueue;

  /** How the recorder hears of landed objects. */
  public readonly trigger: LandingTrigger;

  /** The metrics of the pipeline. */
  public readonly metrics: PipelineMetrics;

  /** The metric filters on the recorder's logs. */
  public readonly logMetrics: LogMetrics;

  /** The alarms by their `AlarmKind`. */
  public readonly alarms: { [kind: string]: cloudwatch.Alarm };

  /** The topic every alarm notifies. */
  public readonly alarmTopic: sns.ITopic;

  /** The dashboard; undefined when it was not wanted. */
  public readonly dashboard?: PipelineDashboard;

  constructor(scope: Construct, id: string, props: LegacyToS3PipelineProps = {}) {
    super(scope, id);
    checkPipelineName(this, props.pipelineName);
    this.pipelineName = props.pipelineName ?? defaultPipelineName(this);
    this.metricNamespace = metricNamespace(this.pipelineName);

    this.bucket = props.bucket ?? new LandingBucket(this, 'LandingBucket', props);
    this.metadataTable = props.metadataTable ?? new MetadataTable(this, 'MetadataTable', props);
    this.trigger = props.trigger ?? LandingTrigger.s3Notification();
    this.recorder = new ObjectRecorder(this, 'Recorder', {
      ...props,
      bucket: this.bucket,
      objectPrefix: this.trigger.prefix,
      table: this.metadataTable,
      pipelineName: this.pipelineName,
      logRemovalPolicy: props.logRemovalPolicy ?? props.removalPolicy,
    });
    this.recorderFunction = this.recorder.function;
    this.recorderRole = this.recorder.role;
    this.logGroup = this.recorder.logGroup;
    this.failureQueue = this.recorder.failureQueue;
    this.trigger.bind(this, { bucket: this.bucket, recorder: this.recorderFunction, failureQueue: this.failureQueue });

    this.metrics = new PipelineMetrics({
      namespace: this.metricNamespace,
      recorder: this.recorderFunction,
      table: this.metadataTable,
      failureQueue: this.failureQueue,
    });
    this.logMetrics = new LogMetrics(this, 'LogMetrics', { logGroup: this.logGroup, namespace: this.metricNamespace });
    const observed = { metrics: this.metrics, logMetrics: this.logMetrics, pipelineName: this.pipelineName };
    const alarms = new PipelineAlarms(this, 'Alarms', { ...props, ...observed, recorder: this.recorderFunction });
    this.alarms = alarms.alarms;
    this.alarmTopic = alarms.topic;
    if (props.dashboard ?? true) {
      this.dashboard = new PipelineDashboard(this, 'Dashboard', {
        ...observed,
        logGroup: this.logGroup,
        alarms: Object.values(this.alarms),
        successRateTarget: props.successRateTarget,
        tableLatencyTarget: props.tableLatencyTarget,
      });
    }

    if (props.outputs ?? true) this.addOutputs();
  }

  private addOutputs(): void {
    addPipelineOutputs(this, {
      bucketName: this.bucket.bucketName,
      tableName: this.metadataTable.tableName,
      recorderName: this.recorderFunction.functionName,
      logGroupName: this.logGroup.logGroupName,
      failureQueueUrl: this.failureQueue.queueUrl,
      alarmTopicArn: this.alarmTopic.topicArn,
      dashboardName: this.dashboard?.dashboardName,
      metricNamespace: this.metricNamespace,
    });
  }
}
