import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { EXTRACTION_METRICS, SERVICE_DIMENSION } from '../../../contract';

/** REPEAT has a value from the first data point on only (CloudWatch, "Using metric math", FILL and IF). */
const SINCE_FIRST = 'IF(FILL(runs, REPEAT) > 0, FILL(runs, 0))';

/** What the metrics are of. */
export interface ExtractionMetricsProps {
  /** Namespace of the pipeline's metrics. */
  readonly namespace: string;
  /** Name of the extraction. */
  readonly extractionName: string;
  /** Its state machine. */
  readonly stateMachine: sfn.IStateMachine;
}

/** The metrics of an extraction: its own, in the pipeline's namespace, and those that Step Functions has of its executions. */
export class ExtractionMetrics {
  constructor(private readonly props: ExtractionMetricsProps) {}

  /**
   * A metric the functions emit, by its name.
   *
   * @default - sum over 5 minutes
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: this.props.namespace,
      metricName,
      dimensionsMap: { [SERVICE_DIMENSION]: this.props.extractionName },
      statistic: cloudwatch.Stats.SUM,
      ...options,
    });
  }

  /**
   * Rows of complete runs (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRows(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.rows, options);
  }

  /**
   * Bytes that complete runs landed (bytes).
   *
   * @default - sum over 5 minutes
   */
  public metricBytes(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.bytes, options);
  }

  /**
   * Chunks that were read (count).
   *
   * @default - sum over 5 minutes
   */
  public metricChunks(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.chunks, options);
  }

  /**
   * Attempts at chunks beyond the first (count).
   *
   * @default - sum over 5 minutes
   */
  public metricRetries(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.retries, options);
  }

  /**
   * From the begin of an execution to its manifest (seconds).
   *
   * @default - maximum over 5 minutes
   */
  public metricSeconds(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.seconds, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /**
   * That readers waited for the source, all of them together (seconds): their threads had nothing to do, and no write went on.
   *
   * @default - sum over 5 minutes
   */
  public metricSourceWaitSeconds(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.sourceWaitSeconds, options);
  }

  /**
   * That readers waited for writes to the bucket, all of them together (seconds).
   *
   * @default - sum over 5 minutes
   */
  public metricTargetWaitSeconds(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.targetWaitSeconds, options);
  }

  /**
   * From the time that the schedule names to the start of the execution (seconds).
   *
   * @default - maximum over 5 minutes
   */
  public metricLagSeconds(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.lagSeconds, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /**
   * Time of an extraction as multiple of the median of up to 20 before it (number); from the fourth on that read all that is deployed.
   *
   * @default - maximum over 5 minutes
   */
  public metricDurationRatio(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.durationRatio, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /**
   * Requests that the source refused since it had too many, and times that readers paused since it had become slow (count).
   *
   * @default - sum over 5 minutes
   */
  public metricThrottles(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.throttles, options);
  }

  /**
   * Runs that were completed (count): each tells its seconds once.
   *
   * @default - number over 5 minutes
   */
  public metricCompleted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.seconds, { statistic: cloudwatch.Stats.SAMPLE_COUNT, ...options });
  }

  /**
   * Executions that found another one at work, and ended (count).
   *
   * @default - sum over 5 minutes
   */
  public metricSkipped(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.skipped, options);
  }

  /**
   * Database snapshots that were dropped since nobody went on with their run (count).
   *
   * @default - sum over 5 minutes
   */
  public metricSnapshotsExpired(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.snapshotsExpired, options);
  }

  /**
   * From the source's clock at the oldest mark of a run of changes to its manifest (seconds): how old what it brought was when it
   * landed; 0 of an execution that found nothing changed. How old it was when it was applied is the pipeline's metric `ChangeLagSeconds`.
   *
   * @default - maximum over 5 minutes
   */
  public metricChangeLagSeconds(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.changeLagSeconds, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /**
   * Inserts, updates and deletes that runs of changes found: what the landed tables lacked (count).
   *
   * @default - sum over 5 minutes
   */
  public metricChangeLagRows(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.changeLagRows, options);
  }

  /**
   * Tables whose changes could not be learnt without a gap (count): they were read whole, or the run was refused.
   *
   * @default - sum over 5 minutes
   */
  public metricChangeGaps(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.changeGaps, options);
  }

  /**
   * Executions that brought what changed, or found nothing changed (count): each tells its lag once.
   *
   * @default - number over 5 minutes
   */
  public metricInStep(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(EXTRACTION_METRICS.changeLagSeconds, { statistic: cloudwatch.Stats.SAMPLE_COUNT, ...options });
  }

  /**
   * Executions that were started (count).
   *
   * @default - sum over 5 minutes
   */
  public metricStarted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.props.stateMachine.metricStarted(options);
  }

  /**
   * Executions that succeeded, those that were skipped among them (count).
   *
   * @default - sum over 5 minutes
   */
  public metricSucceeded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.props.stateMachine.metricSucceeded(options);
  }

  /**
   * Executions that failed or took too long (count); those that somebody stopped are left out.
   *
   * @default - sum over 5 minutes
   */
  public metricFailed(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    const { stateMachine } = this.props;
    return new cloudwatch.MathExpression({
      expression: 'FILL(failed, 0) + FILL(timedOut, 0)',
      usingMetrics: { failed: stateMachine.metricFailed(), timedOut: stateMachine.metricTimedOut() },
      label: 'failed executions',
      ...options,
    });
  }

  /**
   * Runs that were completed (count), zero while there are none, from the first one on.
   *
   * @default - number over 5 minutes
   */
  public metricCompletedSinceFirst(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      expression: SINCE_FIRST, usingMetrics: { runs: this.metricCompleted() }, label: 'complete extractions since the first', ...options,
    });
  }

  /**
   * Executions that brought what changed, or found nothing changed (count), zero while there are none, from the first one on.
   *
   * @default - number over 5 minutes
   */
  public metricInStepSinceFirst(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      expression: SINCE_FIRST, usingMetrics: { runs: this.metricInStep() }, label: 'executions in step with the source since the first', ...options,
    });
  }
}
