import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { failureQueueAge, failureQueueDepth } from './failure-queue-metrics';
import { LogMetrics } from './log-metrics';

/** What the metrics are of; all of it may be imported. */
export interface FunctionMetricsProps {
  /** The function, a version or an alias of it. */
  readonly function: lambda.IFunction;

  /** The metric filters on its logs. */
  readonly logMetrics: LogMetrics;

  /**
   * Where its failed events go: the queue of its failure destination or its dead-letter queue.
   *
   * @default - none: its metrics are left out
   */
  readonly failureQueue?: sqs.IQueue;
}

/** The metrics of any Lambda function: those AWS has of it, and those made of its logs. */
export class FunctionMetrics {
  /** The metric filters on the function's logs. */
  public readonly logMetrics: LogMetrics;

  constructor(private readonly props: FunctionMetricsProps) {
    this.logMetrics = props.logMetrics;
  }

  /**
   * A metric Lambda has of the function, by its name.
   *
   * @default - sum over 5 minutes
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.props.function.metric(metricName, { statistic: cloudwatch.Stats.SUM, ...options });
  }

  /**
   * Invocations (count).
   *
   * @default - sum over 5 minutes
   */
  public metricInvocations(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Invocations', options);
  }

  /**
   * Invocations that failed, timed out or ran out of memory (count).
   *
   * @default - sum over 5 minutes
   */
  public metricErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Errors', options);
  }

  /**
   * Invocations that were held back for want of concurrency (count).
   *
   * @default - sum over 5 minutes
   */
  public metricThrottles(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Throttles', options);
  }

  /**
   * How long the function's code ran (milliseconds).
   *
   * @default - p99 over 5 minutes
   */
  public metricDuration(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Duration', { statistic: cloudwatch.Stats.p(99), ...options });
  }

  /**
   * Invocations that succeeded, in percent; no value while nothing is invoked.
   *
   * @default - over 5 minutes
   */
  public metricSuccessRate(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      expression: SUCCESS_RATE,
      usingMetrics: { errors: this.metricErrors(), invocations: this.metricInvocations() },
      label: 'success rate (%)',
      ...options,
    });
  }

  /**
   * The success rate where there were enough invocations to judge it, else 100 (percent).
   *
   * @param minimumInvocations how many are enough
   * @param options of the expression
   *
   * @default - over 5 minutes
   */
  public metricJudgedSuccessRate(minimumInvocations: number, options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      expression: `IF(invocations >= ${minimumInvocations}, ${SUCCESS_RATE}, 100)`,
      usingMetrics: { errors: this.metricErrors(), invocations: this.metricInvocations() },
      label: `success rate (%) of at least ${minimumInvocations} invocations`,
      ...options,
    });
  }

  /**
   * Cold starts that an invocation waited for (count); the function's log format must be JSON.
   *
   * @default - over 5 minutes
   */
  public metricColdStarts(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.logMetrics.metricInitDuration({ statistic: cloudwatch.Stats.SAMPLE_COUNT, ...options });
  }

  /**
   * Cold starts in percent of the invocations, where there were enough to judge, else 0; the function's log format must be JSON.
   *
   * @param minimumInvocations how many are enough
   * @param options of the expression
   *
   * @default - over 5 minutes
   */
  public metricJudgedColdStartShare(minimumInvocations: number, options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      expression: `IF(invocations >= ${minimumInvocations}, 100 * FILL(coldStarts, 0) / invocations, 0)`,
      usingMetrics: { coldStarts: this.metricColdStarts(), invocations: this.metricInvocations() },
      label: `cold starts (%) of at least ${minimumInvocations} invocations`,
      ...options,
    });
  }

  /**
   * Messages in the failure queue, waiting or being looked at (count); undefined without a queue.
   *
   * @default - maximum over 5 minutes
   */
  public metricFailureQueueDepth(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression | undefined {
    return this.props.failureQueue && failureQueueDepth(this.props.failureQueue, options);
  }

  /**
   * Age of the oldest message in the failure queue (seconds); undefined without a queue.
   *
   * @default - maximum over 5 minutes
   */
  public metricFailureQueueAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric | undefined {
    return this.props.failureQueue && failureQueueAge(this.props.failureQueue, options);
  }

  /**
   * Failed events that Lambda could not write to the failure queue either, be it a destination or a dead-letter queue (count).
   *
   * @default - sum over 5 minutes
   */
  public metricLostEvents(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      expression: 'FILL(destination, 0) + FILL(deadLetter, 0)',
      usingMetrics: { destination: this.metric('DestinationDeliveryFailures'), deadLetter: this.metric('DeadLetterErrors') },
      label: 'lost events',
      ...options,
    });
  }
}

/** Lambda publishes both metrics with every invocation; FILL is for a period in which only one has arrived yet. */
const SUCCESS_RATE = '100 - 100 * FILL(errors, 0) / invocations';
