import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { COMPACTION_METRICS, LOG_METRICS, METRICS, RUN_METRICS, SERVICES, SERVICE_DIMENSION } from '../../../contract';

/** The metrics in a pipeline's own namespace: those its functions emit, and those `LogMetrics` makes of their logs. */
export class RecorderMetrics {
  /** @param namespace `CdkLegacyToS3/<pipelineName>` */
  constructor(public readonly namespace: string) {}

  /**
   * A metric that the recorder, run completion or the function that compacts tables emits, by its name.
   *
   * @default - sum over 5 minutes
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: this.namespace,
      metricName,
      dimensionsMap: { [SERVICE_DIMENSION]: serviceOf(metricName) },
      statistic: cloudwatch.Stats.SUM,
      ...options,
    });
  }

  /**
   * Objects whose item was written (count).
   *
   * @default - sum over 5 minutes
   */
  public metricObjectsRecorded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.objectsRecorded, options);
  }

  /**
   * Events that changed nothing: duplicates and late ones (count).
   *
   * @default - sum over 5 minutes
   */
  public metricEventsIgnored(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.eventsIgnored, options);
  }

  /**
   * Size of the recorded objects (bytes).
   *
   * @default - sum over 5 minutes
   */
  public metricBytesLanded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.bytesLanded, options);
  }

  /**
   * Rows of completed runs (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRowsLanded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.rowsLanded, options);
  }

  /**
   * Objects of completed runs (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRunObjects(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.runObjects, options);
  }

  /**
   * Size of the objects of completed runs (bytes).
   *
   * @default - sum over 5 minutes
   */
  public metricRunBytes(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.runBytes, options);
  }

  /**
   * From the start of a run at its source to its completion (milliseconds).
   *
   * @default - maximum over 5 minutes
   */
  public metricEndToEndLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.endToEndLatency, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /**
   * Runs whose manifest held (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRunsComplete(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.runsComplete, options);
  }

  /**
   * Runs whose manifest held, and zero for every period without one after a period with one (count); no value before. So
   * that silence is seen, and not the silence before the first run.
   *
   * @default - over 5 minutes
   */
  public metricRunsSinceFirst(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      // REPEAT has a value from the first data point on only (CloudWatch, "Using metric math", FILL and IF).
      expression: 'IF(FILL(runs, REPEAT) > 0, FILL(runs, 0))',
      usingMetrics: { runs: this.metricRunsComplete() },
      label: 'complete runs since the first',
      ...options,
    });
  }

  /**
   * Runs whose manifest did not hold (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRunsIncomplete(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.runsIncomplete, options);
  }

  /**
   * From S3's event time to the item written (milliseconds).
   *
   * @default - p99 over 5 minutes
   */
  public metricRecordLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.recordLatency, { statistic: cloudwatch.Stats.p(99), ...options });
  }

  /**
   * DynamoDB write as the function saw it, the first ones of an environment left out: they wait for the connection (milliseconds).
   *
   * @default - p99 over 5 minutes
   */
  public metricPutItemLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.putItemLatency, { statistic: cloudwatch.Stats.p(99), ...options });
  }

  /**
   * A percentile of the DynamoDB write in percent of a target.
   *
   * @param target what counts as 100
   * @param options of the expression
   * @param percentile 0 to 100; the 99th if it is left out
   *
   * @default - over 5 minutes
   */
  public metricPutItemLatencyRatio(target: Duration, options?: cloudwatch.MathExpressionOptions, percentile: number = 99): cloudwatch.MathExpression {
    const id = `putItemP${percentile}`.replace('.', '_');
    return new cloudwatch.MathExpression({
      expression: `100 * ${id} / ${target.toMilliseconds()}`,
      usingMetrics: { [id]: this.metricPutItemLatency({ statistic: cloudwatch.Stats.p(percentile) }) },
      label: `p${percentile} in % of ${target.toMilliseconds()} ms`,
      ...options,
    });
  }

  /**
   * First invocations of a new environment (count).
   *
   * @default - sum over 5 minutes
   */
  public metricColdStarts(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.coldStarts, options);
  }

  /**
   * From module load to the first invocation (milliseconds).
   *
   * @default - maximum over 5 minutes
   */
  public metricColdStartDuration(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.coldStartDuration, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /**
   * The first DynamoDB writes of a new environment, connecting included (milliseconds).
   *
   * @default - maximum over 5 minutes
   */
  public metricFirstPutItemLatency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.firstPutItemLatency, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /**
   * Attempts to record an object (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRecordAttempts(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.recordAttempts, options);
  }

  /**
   * Attempts that succeeded (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRecordSuccesses(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.recordSuccesses, options);
  }

  /**
   * Attempts that succeeded, in percent; no value while nothing is attempted.
   *
   * @default - over 5 minutes
   */
  public metricSuccessRate(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      // No success at all is no data point, not zero: without FILL a total outage would show no rate.
      expression: '100 * FILL(successes, 0) / attempts',
      usingMetrics: { successes: this.metricRecordSuccesses(), attempts: this.metricRecordAttempts() },
      label: 'success rate (%)',
      ...options,
    });
  }

  /**
   * The success rate where there were enough attempts to judge it, else 100 (percent).
   *
   * @default - over 5 minutes
   */
  public metricJudgedSuccessRate(minimumAttempts: number, options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      expression: `IF(attempts >= ${minimumAttempts}, 100 * FILL(successes, 0) / attempts, 100)`,
      usingMetrics: { successes: this.metricRecordSuccesses(), attempts: this.metricRecordAttempts() },
      label: `success rate (%) of at least ${minimumAttempts} attempts`,
      ...options,
    });
  }

  /**
   * Log lines with the keyword `Error` (count).
   *
   * @default - sum over 5 minutes
   */
  public metricErrorKeyword(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.logMetric(LOG_METRICS.errorKeyword, options);
  }

  /**
   * Log lines with the keyword `Failure` (count).
   *
   * @default - sum over 5 minutes
   */
  public metricFailureKeyword(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.logMetric(LOG_METRICS.failureKeyword, options);
  }

  /**
   * JSON log lines of level ERROR or CRITICAL (count).
   *
   * @default - sum over 5 minutes
   */
  public metricStructuredErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.logMetric(LOG_METRICS.structuredErrors, options);
  }

  /**
   * Invocations that timed out (count).
   *
   * @default - sum over 5 minutes
   */
  public metricTimeouts(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.logMetric(LOG_METRICS.timeouts, options);
  }

  /**
   * Invocations that ran out of memory (count).
   *
   * @default - sum over 5 minutes
   */
  public metricOutOfMemory(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.logMetric(LOG_METRICS.outOfMemory, options);
  }

  /**
   * Lambda's own figure for cold starts (milliseconds).
   *
   * @default - maximum over 5 minutes
   */
  public metricInitDuration(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.logMetric(LOG_METRICS.initDuration, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** A metric that `LogMetrics` makes; it has no dimension. */
  private logMetric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({ namespace: this.namespace, metricName, statistic: cloudwatch.Stats.SUM, ...options });
  }
}

/** Who emits a metric. */
function serviceOf(metricName: string): string {
  if (COMPACTION_METRICS.includes(metricName)) return SERVICES.compaction;
  return RUN_METRICS.includes(metricName) ? SERVICES.runCompletion : SERVICES.recorder;
}
