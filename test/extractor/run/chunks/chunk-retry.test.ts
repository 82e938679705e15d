import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseManifest } from '../../../../src/contract';
import { LegacyToS3Error } from '../../../../src/extractor/api/errors';
import { ExtractFormat, type ExtractEvent, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { isTransient } from '../../../../src/extractor/run/chunks/retry';
import { retryDelay } from '../../../../src/extractor/run/context/retry-notice';
import { extract } from '../../../../src/extractor/run/extract-run';
import { PASSING_NUMBERS } from '../../../../src/extractor/source/connection/passing-numbers';
import type { Clock } from '../../../../src/extractor/state/clock';
import type { ReplayServer } from '../../../../tools/replay-server/replay-server';
import { done, error, packetize } from '../../../../tools/replay-server/tds-packets';
import { resultPackets } from '../../../support/source/result-packets';
import { startScriptedDatabase } from '../../../support/source/scripted-database';

const ROWS = Array.from({ length: 3000 }, (_, id) => [id, `name ${id}`] as const);
const TABLE = { schema: 'dbo', table: 'Accounts', columns: ['Id', 'Name'], primaryKey: ['Id'], rows: ROWS };
const isRead = (sql: string) => /^SELECT \[Id\]/.test(sql);

/** Retries come at once; the watchdog's looks and the lease's renewals, which are longer, only while the server is stalled. */
class TestClock implements Clock {
  public readonly delays: number[] = [];
  public stalled = false;
  private time = 0;

  public now(): number {
    return this.time;
  }

  public random(): number {
    return 0;
  }

  public async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const isLook = milliseconds >= 20_000;
    if (!isLook) this.delays.push(milliseconds);
    do await new Promise((resolve) => setImmediate(resolve)); while (isLook && !this.stalled && !signal?.aborted);
    this.time += milliseconds;
  }
}

let server: ReplayServer | undefined;
let folder: string;
let clock: TestClock;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'retry-'));
  clock = new TestClock();
});
afterEach(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);
const failure = (number: number) => [packetize(Buffer.concat([error(number, 'as the test wants it'), done(2)]), 4096, true)];

/** Runs against a server whose n-th read of the table, from 1, goes wrong as `fault` says. */
async function run(fault: (read: number) => Iterable<Buffer> | AsyncIterable<Buffer> | undefined, overrides: Partial<ExtractorProps> = {}) {
  let reads = 0;
  const events: ExtractEvent[] = [];
  server = await startScriptedDatabase({ tables: [TABLE], override: (sql) => (isRead(sql) ? fault(++reads) : undefined) });
  const running = extract({
    source: { server: '127.0.0.1', port: server.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
    target: pathToFileURL(folder).href,
    format: ExtractFormat.csv({ header: false }),
    ...overrides,
  }, { onEvent: (event) => events.push(event) }, clock);
  const result = await running;
  const manifest = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
  return { result, manifest, events };
}

function expectAllRows({ manifest }: Awaited<ReturnType<typeof run>>, attempts: number) {
  const [table] = manifest.tables;
  const text = table.objects.map(({ key }) => readFileSync(join(folder, key), 'utf8')).join('');
  expect(text).toBe(ROWS.map(([id, name]) => `${id},${name}\n`).join(''));
  expect(table.chunks).toMatchObject([{ chunk: 0, rows: 3000, attempts, instant: '2026-01-31T10:11:12.123Z' }]);
  expect(files().sort()).toEqual(['_manifest.json', 'part-00000-0000.csv']);
}

const half = () => {
  const whole = resultPackets(['Id', 'Name'], ROWS);
  return whole.subarray(0, Math.floor(whole.length / 2));
};

test.each([601, 701, 983, 1205, 1222, 3960, 8645, 10928, 40501])('error %d: the chunk is read anew in a transaction of its own, no row twice', async (number) => {
  const outcome = await run((read) => (read === 1 ? failure(number) : undefined));
  expectAllRows(outcome, 2);
  expect(outcome.events.filter(({ type }) => type === 'chunk-retry')).toMatchObject([{ table: 'Accounts', chunk: 0, attempt: 1, delaySeconds: 1 }]);
  expect(server?.logins).toBe(2);
});

test('a connection that is dropped in the middle of a row', async () => {
  const outcome = await run((read) => (read > 2 ? undefined : (async function* () {
    yield half();
    server?.dropConnections();
  })()));
  expectAllRows(outcome, 3);
  expect(clock.delays).toEqual([1000, 2000]);
});

test('a server that sends no more is cut off after the idle timeout', async () => {
  const outcome = await run((read) => (read > 1 ? undefined : (async function* () {
    yield half();
    clock.stalled = true;
    await new Promise<void>((resolve) => {
      const wait = () => (server!.logins > 1 ? resolve() : setImmediate(wait));
      wait();
    });
    clock.stalled = false;
  })()));
  expectAllRows(outcome, 2);
  expect(outcome.events.find(({ type }) => type === 'chunk-retry')).toMatchObject({ code: 'SOURCE_STALLED', message: expect.stringContaining('nothing for 300 s') });
});

test('objects of a failed attempt that the last one does not make again are removed', async () => {
  // Wide rows first: more objects than the attempt that succeeds.
  const wide = resultPackets(['Id', 'Name'], ROWS.map(([id]) => [id, 'x'.repeat(1500)]));
  const outcome = await run((read) => (read > 1 ? undefined : (async function* () {
    yield wide.subarray(0, wide.length - 1000);
    server?.dropConnections();
  })()), { targetFileBytes: 1024 * 1024 });
  expectAllRows(outcome, 2);
});

describe('no end in success', () => {
  test.each<[string, number, Partial<ExtractorProps>, number]>([
    ['an error that does not pass is not tried again', 8134, {}, 1],
    ['a deadlock without retries fails at once', 1205, { maxRetries: 0 }, 1],
    ['retries end after maxRetries', 1205, { maxRetries: 3 }, 4],
    ['what comes back with the same chunk is tried three times', 3958, {}, 3],
    ['also where more retries are allowed', 40549, { maxRetries: 9 }, 3],
    ['no oftener than retries are allowed', 40552, { maxRetries: 1 }, 2],
    ['unless it is of the user\'s own list', 1105, { maxRetries: 4, retryErrorNumbers: [1105] }, 5],
    ['an error of the user\'s own list is tried again', 50123, { maxRetries: 2, retryErrorNumbers: [50123] }, 3],
  ])('%s', async (_, number, overrides, reads) => {
    await expect(run(() => failure(number), overrides)).rejects.toMatchObject({ code: 'SOURCE_QUERY_FAILED', message: expect.stringContaining(String(number)) });
    expect(server!.requests.filter(isRead)).toHaveLength(reads);
    expect(files()).toEqual([]);
  });
});

test.each<[number, RegExp]>([
  [3958, /version store.*--consistency read-committed/],
  [976, /--read-only-intent/],
  [40549, /--target-chunk-size/],
  [601, /no-lock/],
])('error %d ends with what to do', async (number, remedy) => {
  await expect(run(() => failure(number), { maxRetries: 0 })).rejects.toMatchObject({ message: expect.stringMatching(remedy) });
});

test('the time between attempts doubles up to a minute, less up to half of it', () => {
  expect([1, 2, 3, 7, 50].map((attempt) => retryDelay(attempt, 0))).toEqual([1000, 2000, 4000, 60_000, 60_000]);
  expect(retryDelay(3, 0.999)).toBeGreaterThanOrEqual(2000);
});

test('what passes is told by code and number, however deep', () => {
  const cause = (number: number) => new LegacyToS3Error('SOURCE_QUERY_FAILED', 'x', { cause: new AggregateError([Object.assign(new Error('y'), { number })]) });
  for (const number of PASSING_NUMBERS) expect(isTransient(cause(number))).toBe(true);
  expect(isTransient(cause(547))).toBe(false);
  expect(isTransient(cause(547), [547])).toBe(true);
  for (const code of ['SOURCE_CONNECTION_LOST', 'SOURCE_STALLED', 'TARGET_UNREACHABLE'] as const) expect(isTransient(new LegacyToS3Error(code, 'x'))).toBe(true);
  for (const code of ['COUNT_MISMATCH', 'CHECKSUM_MISMATCH', 'TARGET_ACCESS_DENIED', 'LOGIN_FAILED'] as const) {
    expect(isTransient(new LegacyToS3Error(code, 'x'))).toBe(false);
  }
  expect(isTransient(new Error('x'))).toBe(false);
});
