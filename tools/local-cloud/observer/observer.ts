import { setTimeout as wait } from 'node:timers/promises';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { MetricSource } from '../../../src/cli/dashboard/metrics/metric-query';
import type { LocalCloud } from '../local-cloud';
import type { MathAlarm } from '../template-changes';
import { ConcurrencyCounter } from './concurrency';
import { embeddedMetrics } from './embedded-metrics';
import { functionsByLogGroup, lambdaMetrics, reportedInvocation } from './lambda-metrics';
import { LogReader } from './log-reader';
import { mathAlarmMetrics } from './math-alarms';
import { type NamespacedDatum, putMetricData } from './metric-data';
import { compileFilter, describeMetricFilters, MetricFilterEvaluator } from './metric-filters';
import { QueueWatch } from './queue-metrics';

/** What the observer looks after. */
export interface ObserverOptions {
  /** Metric-math alarms of the deployed stacks. @default none */
  readonly mathAlarms?: readonly MathAlarm[];
  /** @default 250 */
  readonly intervalMs?: number;
  /** How often the gauges (queue depths, metric-math alarms) are put. @default 1000 */
  readonly gaugeIntervalMs?: number;
  /** Gets what goes wrong in a round, once while it stays the same; the observer goes on. @default standard error */
  readonly onError?: (error: Error) => void;
}

/** A running observer. */
export interface Observer {
  /** Rounds done so far: a line stored before round n began is in the metrics when n is done. */
  readonly rounds: number;
  stop(): Promise<void>;
}

/**
 * Does what CloudWatch does with logs and the emulator does not: evaluates the deployed metric filters and the embedded
 * metric format, and puts the metrics. Its input is what the functions logged; queue depths (queue-metrics.ts) and
 * metric-math alarms (math-alarms.ts) are the two things it adds from elsewhere. It never sets an alarm's state: the
 * emulator evaluates alarms itself whenever metrics are put.
 */
export function startObserver(cloud: LocalCloud, options: ObserverOptions = {}): Observer {
  const round = new Round(cloud, options);
  const stopping = new AbortController();
  let rounds = 0;
  let lastProblem: string | undefined;
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      try {
        await round.run();
        lastProblem = undefined;
      } catch (error) {
        const { message } = error as Error;
        if (!stopping.signal.aborted && message !== lastProblem) (options.onError ?? report)(error as Error);
        lastProblem = message;
      }
      rounds += 1;
      await wait(options.intervalMs ?? 250, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    get rounds() {
      return rounds;
    },
    stop: async () => {
      stopping.abort();
      await loop;
      round.close();
    },
  };
}

class Round {
  private readonly cloudwatch: CloudWatchClient;
  private readonly logs: CloudWatchLogsClient;
  private readonly lambda: LambdaClient;
  private readonly sqs: SQSClient;
  private readonly reader: LogReader;
  private readonly source: MetricSource;
  private readonly evaluator = new MetricFilterEvaluator();
  private readonly concurrency = new ConcurrencyCounter();
  private readonly queues: QueueWatch;
  private gaugesAt = 0;

  public constructor(cloud: LocalCloud, private readonly options: ObserverOptions) {
    this.cloudwatch = new CloudWatchClient(cloud.clientConfig);
    this.logs = new CloudWatchLogsClient(cloud.clientConfig);
    this.lambda = new LambdaClient(cloud.clientConfig);
    this.sqs = new SQSClient(cloud.clientConfig);
    this.queues = new QueueWatch(this.sqs);
    this.reader = new LogReader(this.logs);
    this.source = new MetricSource(this.cloudwatch);
  }

  public async run(): Promise<void> {
    const lines = await this.reader.read();
    const data: NamespacedDatum[] = [];
    if (lines.length > 0) {
      const filters = (await describeMetricFilters(this.logs)).map(compileFilter);
      const functions = await functionsByLogGroup(this.lambda);
      data.push(
        ...this.evaluator.evaluate(filters, lines),
        ...lines.flatMap((line) => [...embeddedMetrics(line), ...lambdaMetrics(line, functions.get(line.logGroup))]),
        ...this.concurrency.count(lines.flatMap((line) => reportedInvocation(line, functions.get(line.logGroup)) ?? [])),
      );
    }
    const now = new Date();
    const gauges = now.getTime() - this.gaugesAt >= (this.options.gaugeIntervalMs ?? 1000);
    if (gauges) data.push(...await this.queues.metrics(now));
    await putMetricData(this.cloudwatch, data);
    if (gauges) {
      this.gaugesAt = now.getTime();
      await putMetricData(this.cloudwatch, await mathAlarmMetrics(this.source, this.options.mathAlarms ?? [], now));
    }
  }

  public close(): void {
    for (const client of [this.cloudwatch, this.logs, this.lambda, this.sqs]) client.destroy();
  }
}

function report(error: Error): void {
  console.error(`observer: ${error.name}: ${error.message}`);
}
