import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import path from 'node:path';
import { LiveViews, type ViewOptions } from './live-views';
import { LegacyToS3Error } from '../../extractor/doors/public';

/** What to serve, and where. */
export interface DashboardOptions extends ViewOptions {
  /** @default a free one */
  readonly port?: number;
  /** Address to listen at; anything but loopback only when `allowRemote` is true. @default '127.0.0.1' */
  readonly host?: string;
  /** Whether other machines may see the page. @default false */
  readonly allowRemote?: boolean;
  /** Folder with the page's files. @default what the build made */
  readonly pageFolder?: string;
}

/** A page being served. */
export interface ServedDashboard {
  readonly url: string;
  close(): Promise<void>;
}

/** The page runs its own scripts and talks to its own server, and nothing else. */
const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

const MAX_RANGE_SECONDS = 15 * 86400;
const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/**
 * Serves a page that draws a dashboard body with live data, to this machine alone.
 *
 * @throws DashboardBodyError when the body is not one; LegacyToS3Error of code INVALID_CONFIG when the address is not
 * loopback and remote was not allowed, or the port is taken
 */
export async function serveDashboard(options: DashboardOptions): Promise<ServedDashboard> {
  const { host = '127.0.0.1', port = 0, allowRemote = false } = options;
  if (!LOOPBACK.test(host) && !allowRemote) {
    throw new LegacyToS3Error('INVALID_CONFIG', `host '${host}' is not a loopback address, so others could see the page; pass --allow-remote if they may, or leave --host out`);
  }
  const files = readPageFiles(options.pageFolder);
  const views = await LiveViews.open(options);
  const mayAsk = (name: string) => LOOPBACK.test(name) || (allowRemote && (name === host || isIP(name) !== 0));
  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => send(response, 500, 'text/plain', error.message));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Another site's name that resolves to this address must not reach the data.
    if (!mayAsk(hostName(request.headers.host))) return send(response, 403, 'text/plain', 'forbidden: open the page by its address');
    if (request.method !== 'GET') return send(response, 405, 'text/plain', 'only GET');
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname === '/api/view') {
      const seconds = Number(url.searchParams.get('range') ?? NaN);
      const range = seconds > 0 && seconds <= MAX_RANGE_SECONDS ? Math.round(seconds) : undefined;
      return sendJson(response, await views.get(range));
    }
    if (url.pathname === '/api/run') {
      const tables = await options.runs?.tablesOf(url.searchParams.get('id') ?? '');
      return tables ? sendJson(response, tables) : send(response, 404, 'text/plain', 'there is no such run among the newest');
    }
    const file = files.get(url.pathname);
    return file ? send(response, 200, file.type, file.content) : send(response, 404, 'text/plain', 'not found');
  }

  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}/`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: ReturnType<typeof createServer>, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new LegacyToS3Error('INVALID_CONFIG', listenProblem(error, host, port), { cause: error })));
    server.listen(port, host, resolve);
  });
}

function listenProblem({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE': return `port ${port} is in use; pass another one with --port, or --port 0 for a free one`;
    case 'EACCES': return `port ${port} is not for this user; pass one above 1023 with --port`;
    default: return `cannot listen at ${host}, port ${port}: ${message}`;
  }
}

/** `127.0.0.1:8080` and `[::1]:8080` without brackets and port. */
function hostName(header = ''): string {
  return header.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

function sendJson(response: ServerResponse, value: unknown): void {
  send(response, 200, 'application/json', JSON.stringify(value));
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { ...SECURITY_HEADERS, 'content-type': type }).end(body);
}

/** A file of the page. */
interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8', 'page.css': 'text/css; charset=utf-8', 'page.js': 'text/javascript; charset=utf-8',
};

/** The page's folder: beside the bundle, or where the build puts it when the sources run. */
const PAGE_FOLDER = __filename.endsWith('.ts') ? path.join(__dirname, '..', '..', '..', 'assets', 'dashboard', 'page') : path.join(__dirname, 'page');

/** Everything the page loads, by path; nothing else is served. */
function readPageFiles(folder = PAGE_FOLDER): ReadonlyMap<string, PageFile> {
  return new Map(Object.entries(TYPES).map(([name, type]) => [
    name === 'index.html' ? '/' : `/${name}`, { type, content: readFileSync(path.join(folder, name)) },
  ]));
}
