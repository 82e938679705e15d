import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { LandingCatalog } from './catalog/landing-catalog';
import { commitsSnapshots } from './catalog/table-settings';
import { claimResources, refuseTexts, refuseUnusedOptions } from './check-pipeline-options';
import { refuseElsewhere } from './check-placement';
import { checkPipelineName, defaultPipelineName } from './checks/pipeline-name';
import { TableCompactor } from './compaction/table-compactor';
import { RunCompletion } from './completion/run-completion';
import { ILegacyToS3Pipeline, LegacyToS3PipelineAttributes, PipelineResources } from './interface/pipeline-interface';
import { LandingBucket } from './landing/landing-bucket';
import { makeCompactor, makeReplay, makeRunCompletion } from './make-functions';
import { PipelineAlarms } from './observability/alarms/pipeline-alarms';
import { PipelineDashboard } from './observability/dashboard/pipeline-dashboard';
import { SavedQueries } from './observability/dashboard/saved-queries';
import { LogMetrics } from './observability/metrics/log-metrics';
import { PipelineMetrics } from './observability/metrics/pipeline-metrics';
import { ImportedPipeline, LegacyToS3PipelineBase } from './pipeline-base';
import { addPipelineOutputs } from './pipeline-outputs';
import { LegacyToS3PipelineProps } from './pipeline-props';
import { MetadataTable } from './recording/metadata-table';
import { ObjectRecorder } from './recording/object-recorder';
import { ReplayFunction } from './replay/replay-function';
import { LandingTrigger } from './triggers/landing-trigger';

/** Marks pipelines, whichever copy of the library made them. */
const PIPELINE = Symbol.for('cdk-legacy-to-s3.LegacyToS3Pipeline');

/**
 * Where a SQL Server database lands: a hardened bucket, a function that records every object and completes runs, the
 * table of records, a queue of failures, and the metrics, alarms and dashboard to watch it all.
 */
export class LegacyToS3Pipeline extends LegacyToS3PipelineBase implements ec2.IConnectable {
  /**
   * A pipeline deployed elsewhere: enough to land into it, to read what landed, and to watch it.
   *
   * @param scope where to put it
   * @param id its id there
   * @param attributes what the outputs of its stack tell
   */
  public static fromPipelineAttributes(scope: Construct, id: string, attributes: LegacyToS3PipelineAttributes): ILegacyToS3Pipeline {
    return new ImportedPipeline(scope, id, attributes);
  }

  /**
   * Whether something is a pipeline made in this app, also by another copy of this library.
   *
   * @param x anything
   */
  public static isLegacyToS3Pipeline(x: any): x is LegacyToS3Pipeline {
    return x !== null && typeof x === 'object' && PIPELINE in x;
  }

  /** Name of the pipeline. */
  public readonly pipelineName: string;

  /** The bucket the data lands in. */
  public readonly bucket: s3.IBucket;

  /** The prefix in the bucket that the trigger watches; undefined for the whole bucket. */
  public readonly landingPrefix?: string;

  /** The table with an item for every landed object and every run. */
  public readonly metadataTable: dynamodb.ITable;

  /** The bus that runs are announced on; undefined for the account's default event bus. */
  public readonly runEventBus?: events.IEventBus;

  /** The recorder with all its parts. */
  public readonly recorder: ObjectRecorder;

  /** The function that records landed objects. */
  public readonly recorderFunction: lambda.Function;

  /** The role of the recorder function. */
  public readonly recorderRole: iam.IRole;

  /** The log group of the recorder function. */
  public readonly logGroup: logs.LogGroup;

  /** Where landed data can be queried; undefined when it was not wanted. */
  public readonly catalog?: LandingCatalog;

  /** The function that completes runs, with all its parts. */
  public readonly runCompletion: RunCompletion;

  /** The function that compacts landed tables, with all its parts; undefined where none are compacted. */
  public readonly compactor?: TableCompactor;

  /** The function that gives failed events, and what landed, to the other functions again. */
  public readonly replay: ReplayFunction;

  /** Where events go that could not be recorded. */
  public readonly failureQueue: sqs.IQueue;

  /** How the recorder hears of landed objects. */
  public readonly trigger: LandingTrigger;

  /** The queue events wait in before they are recorded; undefined unless the trigger has one. */
  public readonly buffer?: sqs.IQueue;

  /** The metrics of the pipeline. */
  public readonly metrics: PipelineMetrics;

  /** The metric filters on the recorder's logs. */
  public readonly logMetrics: LogMetrics;

  /** The metric filters on the logs of run completion; they count into the same metrics. */
  public readonly runCompletionLogMetrics: LogMetrics;

  /** The metric filters on the logs of the function that compacts tables; they count into the same metrics. */
  public readonly compactorLogMetrics?: LogMetrics;

  /** The alarms by their `AlarmKind`. */
  public readonly alarms: { [kind: string]: cloudwatch.Alarm };

  /** The topic the alarms notify. */
  public readonly alarmTopic: sns.ITopic;

  /** The alarm that is on while any critical one is; undefined unless it was asked for. */
  public readonly compositeAlarm?: cloudwatch.CompositeAlarm;

  /** Tells of failed attempts, for the alarms of errors and log lines; undefined when overrides leave none of them. */
  public readonly failedAttemptsAlarm?: cloudwatch.CompositeAlarm;

  /** The dashboard; undefined when it was not wanted. */
  public readonly dashboard?: PipelineDashboard;

  /** The queries saved in CloudWatch Logs Insights; undefined when they were not wanted. */
  public readonly savedQueries?: SavedQueries;

  constructor(scope: Construct, id: string, props: LegacyToS3PipelineProps = {}) {
    super(scope, id);
    Object.defineProperty(this, PIPELINE, { value: true });
    checkPipelineName(this, props.pipelineName);
    refuseTexts(this, props);
    refuseUnusedOptions(this, props);
    refuseElsewhere(this, props);
    this.runEventBus = props.eventBus;
    this.pipelineName = props.pipelineName ?? defaultPipelineName(this);
    claimResources(this, this.pipelineName, props);

    this.bucket = props.bucket ?? new LandingBucket(this, 'LandingBucket', props);
    this.metadataTable = props.metadataTable ?? new MetadataTable(this, 'MetadataTable', props);
    this.trigger = props.trigger ?? LandingTrigger.s3Notification();
    this.landingPrefix = this.trigger.prefix;
    this.recorder = new ObjectRecorder(this, 'Recorder', {
      ...props,
      bucket: this.bucket,
      objectPrefix: this.landingPrefix,
      table: this.metadataTable,
      pipelineName: this.pipelineName,
      logRemovalPolicy: props.logRemovalPolicy ?? props.removalPolicy,
    });
    this.recorderFunction = this.recorder.function;
    this.recorderRole = this.recorder.role;
    this.logGroup = this.recorder.logGroup;
    this.failureQueue = this.recorder.failureQueue;
    if (props.catalog ?? true) {
      this.catalog = new LandingCatalog(this, 'Catalog', { ...props, bucket: this.bucket, objectPrefix: this.landingPrefix });
    }
    const parts = {
      bucket: this.bucket,
      objectPrefix: this.landingPrefix,
      table: this.metadataTable,
      pipelineName: this.pipelineName,
      failureQueue: this.failureQueue,
      catalog: this.catalog,
    };
    this.runCompletion = makeRunCompletion(this, props, parts);
    this.recorder.startRunCompletion(this.runCompletion.function);
    this.compactor = makeCompactor(this, props, parts, this.runCompletion);
    this.replay = makeReplay(this, props, parts, { recorder: this.recorder, completion: this.runCompletion, compactor: this.compactor });
    const { buffer, rule } = this.trigger.bind(this, {
      bucket: this.bucket, recorder: this.recorderFunction, failureQueue: this.failureQueue, encryptionKey: props.encryptionKey,
    });
    this.buffer = buffer;

    this.metrics = new PipelineMetrics({
      namespace: this.metricNamespace,
      recorder: this.recorderFunction,
      runCompletion: this.runCompletion.function,
      compactor: this.compactor?.function,
      table: this.metadataTable,
      failureQueue: this.failureQueue,
      buffer,
      rule,
      commitsTables: commitsSnapshots(this.runCompletion.landedTables),
    });
    this.logMetrics = new LogMetrics(this, 'LogMetrics', { logGroup: this.logGroup, namespace: this.metricNamespace });
    this.runCompletionLogMetrics = new LogMetrics(this, 'RunCompletionLogMetrics', { logGroup: this.runCompletion.logGroup, namespace: this.metricNamespace });
    if (this.compactor) this.compactorLogMetrics = new LogMetrics(this, 'CompactorLogMetrics', { logGroup: this.compactor.logGroup, namespace: this.metricNamespace });
    const observed = { metrics: this.metrics, pipelineName: this.pipelineName };
    const alarms = new PipelineAlarms(this, 'Alarms', {
      ...props, ...observed, recorder: this.recorderFunction, runCompletion: this.runCompletion.function, compactor: this.compactor?.function,
    });
    this.alarms = alarms.alarms;
    this.alarmTopic = alarms.topic;
    this.compositeAlarm = alarms.composite;
    this.failedAttemptsAlarm = alarms.failedAttempts;
    if (props.dashboard ?? true) {
      this.dashboard = new PipelineDashboard(this, 'Dashboard', {
        ...props.dashboardOptions,
        ...observed,
        logGroup: this.logGroup,
        runCompletionLogGroup: this.runCompletion.logGroup,
        compactorLogGroup: this.compactor?.logGroup,
        alarms: Object.values(this.alarms),
        successRateTarget: props.successRateTarget,
        tableLatencyTarget: props.tableLatencyTarget,
      });
    }
    if (props.savedQueries ?? true) {
      this.savedQueries = new SavedQueries(this, 'SavedQueries', {
        pipelineName: this.pipelineName,
        logGroup: this.logGroup,
        runCompletionLogGroup: this.runCompletion.logGroup,
        compactorLogGroup: this.compactor?.logGroup,
      });
    }

    if (props.outputs ?? true) this.addOutputs();
  }

  /**
   * Events in the failure queue, waiting or being looked at (count).
   *
   * @default - maximum over 5 minutes
   */
  public metricFailureQueueDepth(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return this.metrics.metricFailureQueueDepth(options);
  }

  /**
   * Lets somebody replay failed events, and record again what landed.
   *
   * @param grantee for example the role of an operator
   */
  public grantReplay(grantee: iam.IGrantable): iam.Grant {
    return this.replay.grantReplay(grantee);
  }

  /** The parts of the pipeline. */
  public get resources(): PipelineResources {
    const { catalog, failureQueue, buffer, recorderFunction, alarmTopic, dashboard, runCompletion, replay } = this;
    const parts = { catalog, landedTables: runCompletion.landedTables, failureQueue, buffer, recorderFunction, alarmTopic, dashboard };
    return { ...parts, runCompletionFunction: runCompletion.function, replayFunction: replay.function };
  }

  /** The network connections of all its functions; only where they are in a VPC. */
  public get connections(): ec2.Connections {
    const functions = [this.recorder, this.runCompletion, this.replay, ...this.compactor ? [this.compactor] : []];
    return new ec2.Connections({ securityGroups: [...new Set(functions.flatMap(({ connections }) => connections.securityGroups))] });
  }

  private addOutputs(): void {
    addPipelineOutputs(this, {
      bucketName: this.bucket.bucketName,
      landingPrefix: this.landingPrefix,
      keyArn: this.bucket.encryptionKey?.keyArn,
      tableName: this.metadataTable.tableName,
      recorderName: this.recorderFunction.functionName,
      logGroupName: this.logGroup.logGroupName,
      runCompletionName: this.runCompletion.function.functionName,
      runCompletionLogGroupName: this.runCompletion.logGroup.logGroupName,
      compactorName: this.compactor?.function.functionName,
      compactorLogGroupName: this.compactor?.logGroup.logGroupName,
      glueDatabaseName: this.catalog?.databaseName,
      workGroupName: this.catalog?.workGroupName,
      replayName: this.replay.function.functionName,
      failureQueueUrl: this.failureQueue.queueUrl,
      alarmTopicArn: this.alarmTopic.topicArn,
      dashboardName: this.dashboard?.dashboardName,
      metricNamespace: this.metricNamespace,
    });
  }
}
