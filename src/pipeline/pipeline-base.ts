import { Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { RUN_EVENT, RunState, metricNamespace } from '../contract';
import { grantWhole } from './access/grant-whole';
import { allowLanding, allowReadingLanded, allowReadingRecords, allowReplaying, ROLE_OF_ACCOUNT } from './access/grants';
import { notingCommits, writingTables } from './access/table-grants';
import { onDatabase, REGISTER_ACTIONS } from './catalog/query-rights';
import { checkPipelineName } from './checks/pipeline-name';
import { invalidInput } from './checks/validation';
import { GrantLandOptions, GrantWriteTablesOptions, ILegacyToS3Pipeline, LegacyToS3PipelineAttributes, PipelineResources } from './interface/pipeline-interface';
import { RecorderMetrics } from './observability/metrics/recorder-metrics';

/** What a pipeline of this app and an imported one have in common. */
export abstract class LegacyToS3PipelineBase extends Construct implements ILegacyToS3Pipeline {
  /** Name of the pipeline. */
  public abstract readonly pipelineName: string;

  /** The bucket the data lands in. */
  public abstract readonly bucket: s3.IBucket;

  /** The prefix in the bucket that the pipeline watches; undefined for the whole bucket. */
  public abstract readonly landingPrefix?: string;

  /** The table with an item for every landed object and every run. */
  public abstract readonly metadataTable: dynamodb.ITable;

  /** The bus that runs are announced on; undefined for the account's default event bus. */
  public abstract readonly runEventBus?: events.IEventBus;

  /** The parts of the pipeline, as far as they are known. */
  public abstract readonly resources: PipelineResources;

  /** Namespace of the pipeline's metrics. */
  public get metricNamespace(): string {
    return metricNamespace(this.pipelineName);
  }

  private get ownMetrics(): RecorderMetrics {
    return new RecorderMetrics(this.metricNamespace);
  }

  /**
   * Lets somebody land data with the extractor: put objects under the landing prefix by single and multipart upload, abort and
   * list uploads, see what is landed already, delete what a retry, a resumption, an abortion or a pruning has to, and keep the
   * state of runs beside the landing prefix (`landing-state/`; of the whole bucket `_state/`). Of the whole bucket only keys of the
   * landing layout and of state: the metadata of landed tables, which lies in it, is not for landing to write.
   *
   * @param grantee for example the role of the container or instance that runs the extractor
   * @param options what not to grant
   */
  public grantLand(grantee: iam.IGrantable, options: GrantLandOptions = {}): iam.Grant {
    return allowLanding(this, grantee, this.bucket, this.landingPrefix, options.deleteLanded);
  }

  /**
   * Lets somebody read the landed objects, all their versions, and list them.
   *
   * @param grantee who reads
   */
  public grantReadLanded(grantee: iam.IGrantable): iam.Grant {
    return allowReadingLanded(this, grantee, this.bucket, this.landingPrefix);
  }

  /**
   * Lets somebody read the metadata table and its indexes.
   *
   * @param grantee who reads
   */
  public grantReadRecords(grantee: iam.IGrantable): iam.Grant {
    return allowReadingRecords(this, grantee, this.metadataTable);
  }

  /**
   * Lets somebody of this account change landed Iceberg tables as run completion does, for example by the command line's `rollback`,
   * `expire` and `tables rebuild`: write and delete the tables' metadata and the lines of their snapshots, change the tables in
   * Glue, note it in the metadata table, and read landed objects.
   *
   * @param grantee for example the role of an operator
   * @param options what else to grant
   */
  public grantWriteTables(grantee: iam.IGrantable, options: GrantWriteTablesOptions = {}): iam.Grant {
    const { catalog } = this.resources;
    if (!catalog) throw invalidInput(this, 'grantWriteTables needs a catalog, which the tables are in, got none');
    if (Token.isUnresolved(this.landingPrefix)) {
      throw invalidInput(this, 'grantWriteTables needs a landing prefix that is known at synthesis, got a token: the folder of the tables\' metadata is named after it');
    }
    return grantWhole(this, 'grantWriteTables', grantee, [
      ...writingTables(grantee, this.bucket, this.landingPrefix, options.deleteLanded),
      ...notingCommits(this, grantee, this.metadataTable),
      onDatabase(catalog, catalog.databaseName, grantee, [...REGISTER_ACTIONS, 'glue:DeletePartition']),
    ], ROLE_OF_ACCOUNT);
  }

  /**
   * Lets somebody replay failed events, and record again what landed.
   *
   * @param grantee for example the role of an operator
   */
  public abstract grantReplay(grantee: iam.IGrantable): iam.Grant;

  /**
   * Makes a rule of EventBridge for runs that are complete: every part their manifest names has landed as it says. The place
   * to start what works on the data. A run that is checked again tells its outcome only if that, or the manifest, changed.
   *
   * @param id of the rule
   * @param options what to start, and further conditions on the event (docs/resources.md shows one)
   */
  public onRunComplete(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.runRule(id, 'COMPLETE', options);
  }

  /**
   * Makes a rule of EventBridge for runs that are not what their manifest says; the event tells what is wrong.
   *
   * @param id of the rule
   * @param options what to start, and further conditions on the event
   */
  public onRunIncomplete(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.runRule(id, 'INCOMPLETE', options);
  }

  /**
   * A metric the recorder emits, by its name.
   *
   * @default - sum over 5 minutes
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ownMetrics.metric(metricName, options);
  }

  /**
   * Objects whose item was written (count).
   *
   * @default - sum over 5 minutes
   */
  public metricObjectsRecorded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ownMetrics.metricObjectsRecorded(options);
  }

  /**
   * Rows of completed runs (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRowsLanded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ownMetrics.metricRowsLanded(options);
  }

  /**
   * Size of the recorded objects (bytes).
   *
   * @default - sum over 5 minutes
   */
  public metricBytesLanded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ownMetrics.metricBytesLanded(options);
  }

  /**
   * Runs whose manifest held (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRunsComplete(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ownMetrics.metricRunsComplete(options);
  }

  /**
   * Runs whose manifest did not hold (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRunsIncomplete(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ownMetrics.metricRunsIncomplete(options);
  }

  /**
   * From S3's event time to the item written (milliseconds).
   *
   * @default - 99th percentile over 5 minutes
   */
  public metricRecordLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.ownMetrics.metricRecordLatency(options);
  }

  /**
   * Attempts to record an object that succeeded, in percent; no value while nothing is attempted.
   *
   * @default - over 5 minutes
   */
  public metricSuccessRate(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return this.ownMetrics.metricSuccessRate(options);
  }

  /** Run completion tells the outcome on this bus, by default the account's own. */
  private runRule(id: string, state: RunState, options: events.OnEventOptions): events.Rule {
    const rule = new events.Rule(this, id, { eventBus: this.runEventBus, ...options });
    const key = this.landingPrefix === undefined ? {} : { key: [{ prefix: this.landingPrefix }] };
    rule.addEventPattern({
      source: [RUN_EVENT.source],
      detailType: [RUN_EVENT.detailType],
      detail: { state: [state], manifest: { bucket: [this.bucket.bucketName], ...key } },
    });
    rule.addTarget(options.target);
    return rule;
  }
}

/** A pipeline deployed elsewhere. */
export class ImportedPipeline extends LegacyToS3PipelineBase {
  public readonly pipelineName: string;
  public readonly bucket: s3.IBucket;
  public readonly landingPrefix?: string;
  public readonly metadataTable: dynamodb.ITable;
  public readonly runEventBus?: events.IEventBus;
  public readonly resources: PipelineResources;

  constructor(scope: Construct, id: string, attributes: LegacyToS3PipelineAttributes) {
    super(scope, id);
    checkPipelineName(this, attributes.pipelineName);
    this.pipelineName = attributes.pipelineName;
    this.bucket = attributes.bucket;
    this.landingPrefix = attributes.landingPrefix;
    this.metadataTable = attributes.metadataTable;
    this.runEventBus = attributes.runEventBus;
    const { catalog, landedTables, failureQueue, buffer, recorderFunction } = attributes;
    const { runCompletionFunction, replayFunction, alarmTopic, dashboard } = attributes;
    this.resources = { catalog, landedTables, failureQueue, buffer, recorderFunction, runCompletionFunction, replayFunction, alarmTopic, dashboard };
  }

  public grantReplay(grantee: iam.IGrantable): iam.Grant {
    const { replayFunction } = this.resources;
    if (!replayFunction) throw invalidInput(this, 'grantReplay needs replayFunction among the attributes of the imported pipeline, got none');
    return allowReplaying(this, grantee, replayFunction);
  }
}
