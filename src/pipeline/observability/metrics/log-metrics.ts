import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ERROR_LEVELS, LEVEL_FIELD, LOG_KEYWORDS, LOG_METRICS } from '../../../contract';

/** Properties of log metrics. */
export interface LogMetricsProps {
  /** The log group to watch; its lines may be JSON or text. */
  readonly logGroup: logs.ILogGroup;

  /** Namespace the metrics go to. */
  readonly namespace: string;
}

/**
 * Counts of what a function's log group says: lines with the keyword `Error`, lines with the keyword `Failure`, JSON lines
 * of level ERROR or CRITICAL, and what Lambda reports itself when its log format is JSON: timeouts, out of memory and the
 * duration of cold starts. Of use for any function.
 *
 * The metrics have no dimension, since CloudWatch Logs gives none to a keyword filter: use a namespace for one log group.
 */
export class LogMetrics extends Construct {
  /** Filter of lines with the keyword `Error`. */
  public readonly errorKeywordFilter: logs.MetricFilter;

  /** Filter of lines with the keyword `Failure`. */
  public readonly failureKeywordFilter: logs.MetricFilter;

  /** Filter of JSON lines of level ERROR or CRITICAL. */
  public readonly structuredErrorsFilter: logs.MetricFilter;

  /** Filter of Lambda's reports of timeouts. */
  public readonly timeoutsFilter: logs.MetricFilter;

  /** Filter of Lambda's reports of invocations out of memory. */
  public readonly outOfMemoryFilter: logs.MetricFilter;

  /** Filter of Lambda's reports with the duration of a cold start. */
  public readonly initDurationFilter: logs.MetricFilter;

  constructor(scope: Construct, id: string, private readonly props: LogMetricsProps) {
    super(scope, id);
    this.errorKeywordFilter = this.count('ErrorKeyword', LOG_METRICS.errorKeyword, keyword(LOG_KEYWORDS.error));
    this.failureKeywordFilter = this.count('FailureKeyword', LOG_METRICS.failureKeyword, keyword(LOG_KEYWORDS.failure));
    const hasErrorLevel = ERROR_LEVELS.map((level) => json(LEVEL_FIELD, level));
    this.structuredErrorsFilter = this.count('StructuredErrors', LOG_METRICS.structuredErrors, logs.FilterPattern.any(...hasErrorLevel));
    this.timeoutsFilter = this.count('Timeouts', LOG_METRICS.timeouts, report(json('record.status', 'timeout')));
    this.outOfMemoryFilter = this.count('OutOfMemory', LOG_METRICS.outOfMemory, report(json('record.errorType', 'Runtime.OutOfMemory')));
    this.initDurationFilter = new logs.MetricFilter(this, 'InitDuration', {
      logGroup: props.logGroup,
      filterPattern: report(logs.FilterPattern.numberValue(`$.${INIT_DURATION}`, '>', 0)),
      metricNamespace: props.namespace,
      metricName: LOG_METRICS.initDuration,
      metricValue: `$.${INIT_DURATION}`,
      unit: cloudwatch.Unit.MILLISECONDS,
    });
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

  /**
   * Invocations that Lambda reported as timed out (count); the function's log format must be JSON.
   *
   * @default - sum over 5 minutes
   */
  public metricTimeouts(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.timeoutsFilter.metric({ statistic: cloudwatch.Stats.SUM, ...options });
  }

  /**
   * Invocations that Lambda reported as out of memory (count); the function's log format must be JSON.
   *
   * @default - sum over 5 minutes
   */
  public metricOutOfMemory(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.outOfMemoryFilter.metric({ statistic: cloudwatch.Stats.SUM, ...options });
  }

  /**
   * Lambda's own figure for a cold start (milliseconds); the function's log format must be JSON.
   *
   * @default - maximum over 5 minutes
   */
  public metricInitDuration(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.initDurationFilter.metric({ statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  private count(id: string, metricName: string, filterPattern: logs.IFilterPattern): logs.MetricFilter {
    return new logs.MetricFilter(this, id, {
      logGroup: this.props.logGroup,
      filterPattern,
      metricNamespace: this.props.namespace,
      metricName,
      metricValue: '1',
      // While lines arrive and none matches, the metric is 0, not missing.
      defaultValue: 0,
      unit: cloudwatch.Unit.COUNT,
    });
  }
}

type LogCount = (options?: cloudwatch.MetricOptions) => cloudwatch.Metric;

/** The metrics that `LogMetrics` makes of logs, whoever gives access to them. */
export interface LogCounts {
  readonly metricErrorKeyword: LogCount;
  readonly metricFailureKeyword: LogCount;
  readonly metricStructuredErrors: LogCount;
  readonly metricTimeouts: LogCount;
  readonly metricOutOfMemory: LogCount;
  readonly metricInitDuration: LogCount;
}

/** Field of Lambda's report of an invocation that was a cold start (Lambda, "JSON log format"). */
const INIT_DURATION = 'record.metrics.initDurationMs';

/** Lambda's line on the start of an environment names the function, and a function may be called anything. */
function keyword(term: string): logs.IFilterPattern {
  return logs.FilterPattern.literal(`"${term}" -"platform.initStart"`);
}

function json(field: string, value: string): logs.JsonPattern {
  return logs.FilterPattern.stringValue(`$.${field}`, '=', value);
}

function report(condition: logs.JsonPattern): logs.IFilterPattern {
  return logs.FilterPattern.all(json('type', 'platform.report'), condition);
}
