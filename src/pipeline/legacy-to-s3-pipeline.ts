import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { metricNamespace } from '../contract';
import { allowLanding, allowReadingLanded, allowReadingRecords } from './grants';
import { LandingBucket } from './landing-bucket';
import { LandingTrigger } from './landing-trigger';
import { MetadataTable } from './metadata-table';
import { ObjectRecorder } from './object-recorder';
import { LogMetrics } from './observability/log-metrics';
import { PipelineAlarms } from './observability/pipeline-alarms';
import { PipelineDashboard } from './observability/pipeline-dashboard';
import { PipelineMetrics } from './observability/pipeline-metrics';
import { checkPipelineName, defaultPipelineName } from './pipeline-name';
import { addPipelineOutputs } from './pipeline-outputs';
import { LegacyToS3PipelineProps } from './pipeline-props';

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
    const observed = { metrics: this.metrics, pipelineName: this.pipelineName };
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

  /**
   * Lets somebody land data: put objects under the trigger's prefix by single and multipart upload, abort and list
   * uploads, and see what is landed already. It does not let them delete.
   *
   * @param grantee for example the role of the container or instance that runs the extractor
   */
  public grantLand(grantee: iam.IGrantable): iam.Grant {
    return allowLanding(grantee, this.bucket, this.trigger.prefix);
  }

  /**
   * Lets somebody read the landed objects, all their versions, and list them.
   *
   * @param grantee who reads
   */
  public grantReadLanded(grantee: iam.IGrantable): iam.Grant {
    return allowReadingLanded(grantee, this.bucket, this.trigger.prefix);
  }

  /**
   * Lets somebody read the metadata table and its indexes.
   *
   * @param grantee who reads
   */
  public grantReadRecords(grantee: iam.IGrantable): iam.Grant {
    return allowReadingRecords(grantee, this.metadataTable);
  }

  /**
   * A metric the recorder emits, by its name.
   *
   * @default - sum over 5 minutes
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.metric(metricName, options);
  }

  /**
   * Objects whose item was written (count).
   *
   * @default - sum over 5 minutes
   */
  public metricObjectsRecorded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.metricObjectsRecorded(options);
  }

  /**
   * Rows of completed runs (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRowsLanded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.metricRowsLanded(options);
  }

  /**
   * Size of the recorded objects (bytes).
   *
   * @default - sum over 5 minutes
   */
  public metricBytesLanded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.metricBytesLanded(options);
  }

  /**
   * Runs whose manifest held (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRunsComplete(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.metricRunsComplete(options);
  }

  /**
   * Runs whose manifest did not hold (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRunsIncomplete(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.metricRunsIncomplete(options);
  }

  /**
   * From S3's event time to the item written (milliseconds).
   *
   * @default - 99th percentile over 5 minutes
   */
  public metricRecordLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.metricRecordLatency(options);
  }

  /**
   * Attempts to record an object that succeeded, in percent; no value while nothing is attempted.
   *
   * @default - over 5 minutes
   */
  public metricSuccessRate(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return this.metrics.metricSuccessRate(options);
  }

  /**
   * Events in the failure queue, waiting or being looked at (count).
   *
   * @default - maximum over 5 minutes
   */
  public metricFailureQueueDepth(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return this.metrics.metricFailureQueueDepth(options);
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
