import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { AlarmDefinitions, AlarmSeverity, whenAbove, whenAny, whenAttemptFails, whenItLasts } from './alarm-definition';
import { AlarmKind } from './alarm-kind';
import { LogCounts } from '../metrics/log-metrics';

const severity = AlarmSeverity.WARNING;

/** The alarms by what stands in the logs; of a pipeline and of any function they have the same kinds. */
export function logAlarms(logs: LogCounts): AlarmDefinitions {
  return {
    [AlarmKind.LOG_ERROR_KEYWORD]: whenAttemptFails({
      id: 'LogErrorKeyword', meaning: 'A function logged a line with the word Error', metric: (options) => logs.metricErrorKeyword(options),
    }),
    [AlarmKind.LOG_FAILURE_KEYWORD]: whenAttemptFails({
      id: 'LogFailureKeyword', meaning: 'A function logged a line with the word Failure', metric: (options) => logs.metricFailureKeyword(options),
    }),
    [AlarmKind.LOG_STRUCTURED_ERRORS]: whenAttemptFails({
      id: 'LogStructuredErrors', meaning: 'A function logged a line of level ERROR or CRITICAL', metric: (options) => logs.metricStructuredErrors(options),
    }),
  };
}

/** One function, for the alarms by what Lambda counts of it. */
export interface WatchedFunction {
  /** What the alarms' ids begin with. */
  readonly prefix: string;
  /** The kinds of its alarms. */
  readonly kinds: { readonly errors: string; readonly throttles: string; readonly nearTimeout: string };
  /** One of its invocations and several, as a sentence begins with them. */
  readonly one: string;
  readonly several: string;
  /** What becomes of an invocation that failed, and of one that is held back for long. */
  readonly afterFailure: string;
  readonly afterThrottle: string;
  /** A metric of AWS/Lambda; the sum, unless the options say otherwise. */
  readonly metric: (name: string, options: cloudwatch.MetricOptions) => cloudwatch.Metric;
  /** Its time limit; undefined when it is known only at deployment. */
  readonly timeout?: Duration;
}

/** The alarms by what Lambda counts of one function. */
export function lambdaAlarms(watched: WatchedFunction): AlarmDefinitions {
  const { prefix, kinds, one, several, timeout } = watched;
  return {
    [kinds.errors]: whenAttemptFails({
      id: `${prefix}Errors`,
      meaning: `${one} failed, timed out or ran out of memory; ${watched.afterFailure}`,
      metric: (options) => watched.metric('Errors', options),
    }),
    // A short burst is held back and then handled.
    [kinds.throttles]: whenItLasts(whenAny({
      id: `${prefix}Throttles`,
      severity,
      meaning: `${several} were held back for a quarter of an hour; ${watched.afterThrottle}`,
      metric: (options) => watched.metric('Throttles', options),
    })),
    ...timeout && {
      [kinds.nearTimeout]: whenAbove({
        id: `${prefix}NearTimeout`,
        severity,
        meaning: `${one} took more than 80 % of its time limit of ${timeout.toHumanString()}`,
        metric: (options) => watched.metric('Duration', { statistic: cloudwatch.Stats.MAXIMUM, ...options }),
        threshold: Math.round(timeout.toMilliseconds() * 0.8),
      }),
    },
  };
}
