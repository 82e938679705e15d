import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { buildView } from './build-view';
import type { ExecutionSource } from './executions/execution-source';
import { type LogQueryMode, LogSource } from './log-query/log-source';
import { MetricSource } from './metrics/metric-query';
import { MetricUnits } from './metrics/metric-units';
import { readDashboardBody } from './model/dashboard-body';
import { rangeOf } from './model/time-range';
import type { DashboardView } from './model/view-model';
import type { RunSource } from './runs/run-source';
import { AlarmSource } from './widgets/alarm-source';

/** What is drawn, and where the data comes from. */
export interface ViewOptions {
  /** Body of a CloudWatch dashboard, all names resolved: JSON text, or what it says. */
  readonly body: string | object;
  readonly cloudwatch: CloudWatchClient;
  readonly logs: CloudWatchLogsClient;
  /** @default no runs are shown */
  readonly runs?: RunSource;
  /** Of the stack's extractions. @default none is shown */
  readonly extractions?: readonly ExecutionSource[];
  /** @default 'Dashboard' */
  readonly title?: string;
  /** Time range at first, in seconds up to now. @default what the body says, else 3 hours */
  readonly rangeSeconds?: number;
  /** Period of every metric, in seconds, instead of the body's. @default the body's */
  readonly period?: number;
  /** How often the data is asked for anew. @default 2 for a service on loopback, else 30 */
  readonly refreshSeconds?: number;
  /** Who runs log queries. @default 'events' for a service on loopback, else 'service' */
  readonly logQueries?: LogQueryMode;
}

/** The view now; one for all pages that ask within a refresh. */
export class LiveViews {
  /** @throws DashboardBodyError when the body is not one */
  public static async open(options: ViewOptions): Promise<LiveViews> {
    return new LiveViews(options, await isLoopback(options.cloudwatch));
  }

  private readonly cached = new Map<number | undefined, { readonly at: number; readonly view: Promise<DashboardView> }>();
  private readonly body: ReturnType<typeof readDashboardBody>;
  private readonly refreshSeconds: number;
  private readonly shared;

  private constructor(private readonly options: ViewOptions, local: boolean) {
    const { body, cloudwatch, logs, refreshSeconds, logQueries } = options;
    this.body = readDashboardBody(body);
    this.refreshSeconds = refreshSeconds ?? (local ? 2 : 30);
    this.shared = {
      metrics: new MetricSource(cloudwatch),
      units: new MetricUnits(cloudwatch),
      alarms: new AlarmSource(cloudwatch),
      logs: new LogSource(logs, logQueries ?? (local ? 'events' : 'service')),
    };
  }

  public async get(rangeSeconds: number | undefined): Promise<DashboardView> {
    const now = new Date();
    const cached = this.cached.get(rangeSeconds);
    if (cached && now.getTime() - cached.at < this.refreshSeconds * 500) return cached.view;
    const view = this.build(now, rangeSeconds ?? this.options.rangeSeconds);
    this.cached.set(rangeSeconds, { at: now.getTime(), view });
    return view;
  }

  private async build(now: Date, rangeSeconds: number | undefined): Promise<DashboardView> {
    const range = rangeOf(this.body, now, rangeSeconds);
    const { extractions = [] } = this.options;
    const [view, runs, executions] = await Promise.all([
      buildView({
        title: this.options.title ?? 'Dashboard',
        body: this.body,
        range,
        refreshSeconds: this.refreshSeconds,
        sources: { ...this.shared, range, period: this.options.period },
        now,
      }),
      // Runs that cannot be read do not take the metrics along.
      this.options.runs?.list().catch((error: Error) => error),
      Promise.all(extractions.map(async (extraction) => extraction.view())),
    ]);
    const whole = { ...view, ...(executions.length > 0 && { extractions: executions }) };
    return runs instanceof Error ? { ...whole, runs: [], runsProblem: runs.message } : { ...whole, runs };
  }
}

async function isLoopback(client: CloudWatchClient): Promise<boolean> {
  const endpoint = await client.config.endpoint?.().catch(() => undefined);
  return endpoint !== undefined && /^(127\.|localhost$|\[::1\]$)/.test(endpoint.hostname);
}
