import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { failureQueueAge, failureQueueDepth } from './failure-queue-metrics';
import { RecorderMetrics } from './recorder-metrics';
import { METADATA_TABLE, METRICS } from '../../../contract';

/** What the metrics are of; all of it may be imported. */
export interface PipelineMetricsProps {
  /** Namespace of the metrics the recorder emits, `CdkLegacyToS3/<pipelineName>`. */
  readonly namespace: string;

  /** The recorder function. */
  readonly recorder: lambda.IFunction;

  /**
   * The function that completes runs.
   *
   * @default - none: its metrics are left out
   */
  readonly runCompletion?: lambda.IFunction;

  /**
   * The function that compacts landed tables.
   *
   * @default - none: its metrics, alarm and graph are left out
   */
  readonly compactor?: lambda.IFunction;

  /** The metadata table. */
  readonly table: dynamodb.ITable;

  /** The failure queue. */
  readonly failureQueue: sqs.IQueue;

  /**
   * The queue events wait in before they are recorded.
   *
   * @default - none: its metrics are left out
   */
  readonly buffer?: sqs.IQueue;

  /**
   * The rule by which EventBridge hands events to the recorder.
   *
   * @default - none: what EventBridge loses is left out
   */
  readonly rule?: events.IRule;

  /**
   * Whether run completion commits snapshots of landed tables: with `LandedTables.iceberg()`.
   *
   * @default false: alarms and graphs of commits are left out
   */
  readonly commitsTables?: boolean;
}

/** The metrics of a pipeline: its own, and those AWS has of its functions, table and queue. */
export class PipelineMetrics extends RecorderMetrics {
  /** Whether run completion commits snapshots of landed tables. */
  public readonly commitsTables: boolean;

  constructor(private readonly props: PipelineMetricsProps) {
    super(props.namespace);
    this.commitsTables = props.commitsTables ?? false;
  }

  /**
   * Tables of runs whose snapshot was committed (count).
   *
   * @default - sum over 5 minutes
   */
  public metricTablesCommitted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.tablesCommitted, options);
  }

  /**
   * Attempts to commit a table's snapshot that came to nothing (count).
   *
   * @default - sum over 5 minutes
   */
  public metricTablesNotCommitted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.tablesNotCommitted, options);
  }

  /**
   * Committed tables that are not what their run's manifest says, or whose files are gone (count).
   *
   * @default - sum over 5 minutes
   */
  public metricTablesNotProven(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.tablesNotProven, options);
  }

  /**
   * Tables that have other rows after a run than the source counted (count).
   *
   * @default - sum over 5 minutes
   */
  public metricTablesCountedOtherwise(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.tablesCountedOtherwise, options);
  }

  /**
   * Tables that the source counted, and whose landed rows could not be (count).
   *
   * @default - sum over 5 minutes
   */
  public metricTablesNotCounted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.tablesNotCounted, options);
  }

  /**
   * Tables that were compacted (count).
   *
   * @default - sum over 5 minutes
   */
  public metricTablesCompacted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.tablesCompacted, options);
  }

  /**
   * Attempts to compact a table that came to nothing, those included that Lambda ended for time or memory (count); undefined where none
   * are compacted.
   *
   * @default - sum over 5 minutes
   */
  public metricTablesNotCompacted(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression | undefined {
    const ended = this.metricCompactorFunction('Errors');
    return ended && new cloudwatch.MathExpression({
      expression: 'FILL(told, 0) + FILL(ended, 0)', usingMetrics: { told: this.metric(METRICS.tablesNotCompacted), ended }, label: 'not compacted', ...options,
    });
  }

  /**
   * DynamoDB write as the service saw it, network left out (milliseconds).
   *
   * @default - average over 5 minutes
   */
  public metricTableWriteLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/DynamoDB',
      metricName: 'SuccessfulRequestLatency',
      dimensionsMap: { TableName: this.props.table.tableName, Operation: 'PutItem' },
      statistic: cloudwatch.Stats.AVERAGE,
      ...options,
    });
  }

  /**
   * Events in the failure queue, waiting or being looked at (count).
   *
   * @default - maximum over 5 minutes
   */
  public metricFailureQueueDepth(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return failureQueueDepth(this.props.failureQueue, options);
  }

  /**
   * Age of the oldest event in the failure queue (seconds).
   *
   * @default - maximum over 5 minutes
   */
  public metricFailureQueueAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return failureQueueAge(this.props.failureQueue, options);
  }

  /**
   * Events that wait to be recorded (count); undefined without a buffer.
   *
   * @default - maximum over 5 minutes
   */
  public metricBufferDepth(options?: cloudwatch.MetricOptions): cloudwatch.Metric | undefined {
    return this.props.buffer?.metricApproximateNumberOfMessagesVisible({ statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /**
   * Age of the oldest event that waits to be recorded (seconds); undefined without a buffer.
   *
   * @default - maximum over 5 minutes
   */
  public metricBufferAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric | undefined {
    return this.props.buffer?.metricApproximateAgeOfOldestMessage({ statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /**
   * A metric Lambda has of the recorder function, by its name.
   *
   * @default - sum over 5 minutes
   */
  public metricRecorderFunction(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.props.recorder.metric(metricName, { statistic: cloudwatch.Stats.SUM, ...options });
  }

  /**
   * A metric Lambda has of the function that completes runs, by its name; undefined without that function.
   *
   * @default - sum over 5 minutes
   */
  public metricRunCompletionFunction(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric | undefined {
    return this.props.runCompletion?.metric(metricName, { statistic: cloudwatch.Stats.SUM, ...options });
  }

  /**
   * A metric Lambda has of the function that compacts tables, by its name; undefined without that function.
   *
   * @default - sum over 5 minutes
   */
  public metricCompactorFunction(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric | undefined {
    return this.props.compactor?.metric(metricName, { statistic: cloudwatch.Stats.SUM, ...options });
  }

  /**
   * Failed events that Lambda, of all functions, or EventBridge could not write to the failure queue either (count).
   *
   * @default - sum over 5 minutes
   */
  public metricLostEvents(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    const lost = 'DestinationDeliveryFailures';
    const completion = this.metricRunCompletionFunction(lost);
    const compactor = this.metricCompactorFunction(lost);
    const rule = this.metricLostByRule();
    const usingMetrics = {
      recorder: this.metricRecorderFunction(lost), ...completion && { completion }, ...compactor && { compactor }, ...rule && { rule },
    };
    return new cloudwatch.MathExpression({
      expression: Object.keys(usingMetrics).map((name) => `FILL(${name}, 0)`).join(' + '), usingMetrics, label: 'lost events', ...options,
    });
  }

  /** EventBridge, "EventBridge metrics": of the default bus, by the rule's name alone. */
  private metricLostByRule(): cloudwatch.Metric | undefined {
    return this.props.rule && new cloudwatch.Metric({
      namespace: 'AWS/Events',
      metricName: 'InvocationsFailedToBeSentToDlq',
      dimensionsMap: { RuleName: this.props.rule.ruleName },
      statistic: cloudwatch.Stats.SUM,
    });
  }

  /**
   * Writes to the table that DynamoDB refused for want of capacity, those to its indexes left out (count).
   *
   * @default - sum over 5 minutes
   */
  public metricTableWriteThrottles(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.writeThrottles({}, options);
  }

  /**
   * Writes to an index of the table that DynamoDB refused for want of capacity (count). The table's own count leaves them out,
   * though they hold back the table's writes too (DynamoDB, "Metrics and dimensions", WriteThrottleEvents).
   *
   * @param indexName `by-dataset` or `by-run`
   * @param options of the metric
   *
   * @default - sum over 5 minutes
   */
  public metricIndexWriteThrottles(indexName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.writeThrottles({ GlobalSecondaryIndexName: indexName }, options);
  }

  /**
   * Writes that DynamoDB refused for want of capacity, of the table and both indexes (count); zero while there are none.
   *
   * @default - sum over 5 minutes
   */
  public metricWriteThrottles(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      // Alarms keep their state while a metric of AWS/DynamoDB has no data, whatever they are told (CloudWatch, "PutMetricAlarm",
      // TreatMissingData): without FILL one throttle would be an alarm for ever.
      expression: 'FILL(inTable, 0) + FILL(byDataset, 0) + FILL(byRun, 0)',
      usingMetrics: {
        inTable: this.metricTableWriteThrottles(),
        byDataset: this.metricIndexWriteThrottles(METADATA_TABLE.datasetIndex.name),
        byRun: this.metricIndexWriteThrottles(METADATA_TABLE.runIndex.name),
      },
      label: 'write throttles',
      ...options,
    });
  }

  private writeThrottles(dimensions: cloudwatch.DimensionsMap, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/DynamoDB',
      metricName: 'WriteThrottleEvents',
      dimensionsMap: { TableName: this.props.table.tableName, ...dimensions },
      statistic: cloudwatch.Stats.SUM,
      ...options,
    });
  }
}
