import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ERROR_LEVELS, LEVEL_FIELD, LOG_KEYWORDS, LOG_METRICS } from '../../contract';

/** Properties of log metrics. */
export interface LogMetricsProps {
  /** The log group to watch; its lines may be JSON or text. */
  readonly logGroup: logs.ILogGroup;

  /** Namespace the metrics go to. */
  readonly namespace: string;
}

/**
 * Counts of what a function says in its logs: lines with the keyword `Error`, lines with the keyword `Failure`, and JSON
 * lines of level ERROR or CRITICAL. Of use for any function. The metrics have no dimension, since CloudWatch Logs gives
 * none to a keyword filter, so watch one log group per namespace.
 */
export class LogMetrics extends Construct {
  /** Filter of lines with the keyword `Error`. */
  public readonly errorKeywordFilter: logs.MetricFilter;

  /** Filter of lines with the keyword `Failure`. */
  public readonly failureKeywordFilter: logs.MetricFilter;

  /** Filter of JSON lines of level ERROR or CRITICAL. */
  public readonly structuredErrorsFilter: logs.MetricFilter;

  constructor(scope: Construct, id: string, props: LogMetricsProps) {
    super(scope, id);
    const count = (filterId: string, metricName: string, filterPattern: logs.IFilterPattern) =>
      new logs.MetricFilter(this, filterId, {
        logGroup: props.logGroup,
        filterPattern,
        metricNamespace: props.namespace,
        metricName,
        metricValue: '1',
        // While lines arrive and none matches, the metric is 0, not missing.
        defaultValue: 0,
        unit: cloudwatch.Unit.COUNT,
      });
    this.errorKeywordFilter = count('ErrorKeyword', LOG_METRICS.errorKeyword, logs.FilterPattern.allTerms(LOG_KEYWORDS.error));
    this.failureKeywordFilter = count('FailureKeyword', LOG_METRICS.failureKeyword, logs.FilterPattern.allTerms(LOG_KEYWORDS.failure));
    const hasErrorLevel = ERROR_LEVELS.map((level) => logs.FilterPattern.stringValue(`$.${LEVEL_FIELD}`, '=', level));
    this.structuredErrorsFilter = count('StructuredErrors', LOG_METRICS.structuredErrors, logs.FilterPattern.any(...hasErrorLevel));
  }

  /**
   * Lines with the keyword `Error` (count).
   *
   * @default - sum over 5 minutes
   */
  public metricErrorKeyword(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.errorKeywordFilter.metric({ statistic: cloudwatch.Stats.SUM, ...options });
  }

  /**
   * Lines with the keyword `Failure` (count).
   *
   * @default - sum over 5 minutes
   */
  public metricFailureKeyword(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.failureKeywordFilter.metric({ statistic: cloudwatch.Stats.SUM, ...options });
  }

  /**
   * JSON lines of level ERROR or CRITICAL (count).
   *
   * @default - sum over 5 minutes
   */
  public metricStructuredErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.structuredErrorsFilter.metric({ statistic: cloudwatch.Stats.SUM, ...options });
  }
}
