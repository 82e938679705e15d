import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { buildView } from './build-view';
import { readDashboardBody } from './dashboard-body';
import { type LogQueryMode, LogSource } from './log-query/log-source';
import { MetricSource } from './metric-query';
import { MetricUnits } from './metric-units';
import { rangeOf } from './time-range';
import type { DashboardView } from './view-model';
import { AlarmSource } from './widgets/alarm-source';

/** What to serve. */
export interface DashboardOptions {
  /** Body of a CloudWatch dashboard, all names resolved: JSON text, or what it says. */
  readonly body: string | object;
  readonly cloudwatch: CloudWatchClient;
  readonly logs: CloudWatchLogsClient;
  /** @default a free one */
  readonly port?: number;
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

/** A page being served. */
export interface ServedDashboard {
  readonly url: string;
  close(): Promise<void>;
}

const CLIENT = path.join(__dirname, 'client');
const UPLOT = path.dirname(require.resolve('uplot'));

/** Everything the page loads; nothing else is served. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': [path.join(CLIENT, 'index.html'), 'text/html; charset=utf-8'],
  '/page.css': [path.join(CLIENT, 'page.css'), 'text/css; charset=utf-8'],
  ...Object.fromEntries(['page', 'widgets', 'chart', 'gauge', 'values', 'table', 'alarms', 'format', 'dom'].map((name) => [
    `/${name}.js`, [path.join(CLIENT, `${name}.js`), 'text/javascript; charset=utf-8'],
  ])),
  '/uplot.js': [path.join(UPLOT, 'uPlot.esm.js'), 'text/javascript; charset=utf-8'],
  '/uplot.css': [path.join(UPLOT, 'uPlot.min.css'), 'text/css; charset=utf-8'],
};

/** The page runs its own scripts and talks to its own server, and nothing else. */
const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

const MAX_RANGE_SECONDS = 15 * 86400;

/**
 * Serves a page on loopback that draws a dashboard body with live data.
 *
 * @throws DashboardBodyError when the body is not one
 */
export async function serveDashboard(options: DashboardOptions): Promise<ServedDashboard> {
  const local = await isLoopback(options.cloudwatch);
  const views = new ViewCache(options, local);
  const server = createServer((request, response) => {
    answer(request, response, views).catch((error: Error) => send(response, 500, 'text/plain', error.message));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, views: ViewCache): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  // Another site's name that resolves to loopback must not reach the data.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) return send(response, 403, 'text/plain', 'forbidden');
  if (request.method !== 'GET') return send(response, 405, 'text/plain', 'only GET');
  if (url.pathname === '/api/view') {
    const seconds = Number(url.searchParams.get('range') ?? NaN);
    const range = seconds > 0 && seconds <= MAX_RANGE_SECONDS ? Math.round(seconds) : undefined;
    return send(response, 200, 'application/json', JSON.stringify(await views.get(range)));
  }
  if (!Object.hasOwn(FILES, url.pathname)) return send(response, 404, 'text/plain', 'not found');
  const [file, type] = FILES[url.pathname];
  return send(response, 200, type, readFileSync(file));
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { ...SECURITY_HEADERS, 'content-type': type }).end(body);
}

/** One view for all pages that ask within a refresh. */
class ViewCache {
  private readonly cached = new Map<number | undefined, { readonly at: number; readonly view: Promise<DashboardView> }>();
  private readonly body: ReturnType<typeof readDashboardBody>;
  private readonly refreshSeconds: number;
  private readonly shared;

  public constructor(private readonly options: DashboardOptions, local: boolean) {
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
    const range = rangeOf(this.body, now, rangeSeconds ?? this.options.rangeSeconds);
    const view = buildView({
      title: this.options.title ?? 'Dashboard',
      body: this.body,
      range,
      refreshSeconds: this.refreshSeconds,
      sources: { ...this.shared, range, period: this.options.period },
      now,
    });
    this.cached.set(rangeSeconds, { at: now.getTime(), view });
    return view;
  }
}

async function isLoopback(client: CloudWatchClient): Promise<boolean> {
  const endpoint = await client.config.endpoint?.().catch(() => undefined);
  return endpoint !== undefined && /^(127\.|localhost$|\[::1\]$)/.test(endpoint.hostname);
}
