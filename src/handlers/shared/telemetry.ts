import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { BatchNotHandledError } from './errors';
import { LOG_KEYWORDS, METRICS } from '../../contract';

/** Units of the metrics, as CloudWatch names them. */
const UNITS: { readonly [name in keyof typeof METRICS]: (typeof MetricUnit)[keyof typeof MetricUnit] } = {
  objectsRecorded: MetricUnit.Count,
  eventsIgnored: MetricUnit.Count,
  bytesLanded: MetricUnit.Bytes,
  recordLatency: MetricUnit.Milliseconds,
  putItemLatency: MetricUnit.Milliseconds,
  firstPutItemLatency: MetricUnit.Milliseconds,
  coldStarts: MetricUnit.Count,
  coldStartDuration: MetricUnit.Milliseconds,
  recordAttempts: MetricUnit.Count,
  recordSuccesses: MetricUnit.Count,
  runsComplete: MetricUnit.Count,
  runsIncomplete: MetricUnit.Count,
  rowsLanded: MetricUnit.Count,
  runObjects: MetricUnit.Count,
  runBytes: MetricUnit.Bytes,
  endToEndLatency: MetricUnit.Milliseconds,
  tablesCommitted: MetricUnit.Count,
  tablesNotCommitted: MetricUnit.Count,
  tablesNotProven: MetricUnit.Count,
  tablesWaiting: MetricUnit.Count,
  changesApplied: MetricUnit.Count,
  changeLagSeconds: MetricUnit.Seconds,
  tablesCountedOtherwise: MetricUnit.Count,
  tablesNotCounted: MetricUnit.Count,
  tablesCompacted: MetricUnit.Count,
  tablesCompactedInPart: MetricUnit.Count,
  bytesCompacted: MetricUnit.Bytes,
  tablesNotCompacted: MetricUnit.Count,
};

const KEYWORDS = new RegExp(`%|${Object.values(LOG_KEYWORDS).join('|')}`, 'g');

/** Structured logs and metrics (embedded metric format) on standard output. */
export interface Telemetry {
  metric(name: keyof typeof METRICS, value: number): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A line of level ERROR with the keywords, the stack and those of the causes. */
  failure(message: string, error: Error): void;
}

/**
 * Powertools behind {@link Telemetry}. Namespace, service and level come from the environment.
 *
 * The function's own name is left out of the lines: a stack called `Failures` would put a keyword into each of them.
 */
export class PowertoolsTelemetry implements Telemetry {
  private readonly logger = new Logger();
  private readonly metrics = new Metrics();
  private cold = process.env.AWS_LAMBDA_INITIALIZATION_TYPE !== 'provisioned-concurrency';

  /** @param readyAt milliseconds from process start to the handler being ready */
  public constructor(private readonly readyAt: () => number) {}

  /** Runs one invocation, and writes its metrics however it ends; what ends it unexpectedly is logged. */
  public async invocation<T>(requestId: string | undefined, run: () => Promise<T>): Promise<T> {
    this.logger.appendKeys({ function_request_id: requestId });
    if (this.cold) {
      this.cold = false;
      this.metric('coldStarts', 1);
      this.metric('coldStartDuration', this.readyAt());
    }
    try {
      return await run();
    } catch (error) {
      // The causes of this one were logged one by one.
      if (!(error instanceof BatchNotHandledError)) this.failure('an event could not be handled', error as Error);
      // Lambda sends the stack to the failure queue: who reads it there wants to know where the rest is.
      if (error instanceof Error) error.stack = [error.stack, logsPointer(requestId)].filter(Boolean).join('\n');
      throw error;
    } finally {
      if (this.metrics.hasStoredMetrics()) this.metrics.publishStoredMetrics();
    }
  }

  public metric(name: keyof typeof METRICS, value: number): void {
    this.metrics.addMetric(METRICS[name], UNITS[name], value);
  }

  public info(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.logger.info(message, quietFields(fields));
  }

  public warn(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.logger.warn(message, quietFields(fields));
  }

  public failure(message: string, error: Error): void {
    this.logger.error(`${LOG_KEYWORDS.failure}: ${message} (${LOG_KEYWORDS.error} ${error.name})`, error);
  }
}

/** Where the lines of this invocation are (Lambda, "defined runtime environment variables"); undefined outside Lambda. */
export function logsPointer(requestId: string | undefined): string | undefined {
  const { AWS_LAMBDA_LOG_GROUP_NAME: group, AWS_LAMBDA_LOG_STREAM_NAME: stream } = process.env;
  return group && stream ? `Logs: group ${group}, stream ${stream}, request ${requestId ?? 'unknown'}` : undefined;
}

/**
 * Percent-encodes the first letter of each keyword of the log metric filters, and `%`, so that a name somebody chose
 * (`Error-2024.csv`) raises no alarm from an INFO line. `decodeURIComponent` gives the name back.
 */
export function quietText(text: string): string {
  return text.replace(KEYWORDS, (match) => `%${match.charCodeAt(0).toString(16).toUpperCase()}${match.slice(1)}`);
}

/** {@link quietText} on every string of a flat record. */
export function quietFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? quietText(value) : value]));
}
