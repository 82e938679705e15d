import type sql from 'mssql';
import { isStateKey, type WorkItem } from '../../../../src/contract';
import { ExtractFormat, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { continueExtraction, extractionPause, pauseExtraction } from '../../../../src/extractor/run/distributed/pause';
import type { Clock } from '../../../../src/extractor/state/clock';
import { startStandIn, type StandIn } from '../../../../tools/stand-in';
import { FakeS3Server } from '../../../support/cloud/fake-s3-server';
import { HASTY, InProcessExecution, type ExecutionOptions } from '../../../support/runs/in-process-execution';
import { makeKillTables } from '../../../support/runs/kill-tables';
import { connectClient, sourceOf } from '../../../support/source/stand-in-client';

let server: StandIn;
let client: sql.ConnectionPool;
let s3: FakeS3Server;
const environment = { ...process.env };

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  server = await startStandIn({ transactions: 100 });
  client = await connectClient(server);
  await makeKillTables(client);
});
afterAll(async () => {
  await client.close();
  await server.stop();
  process.env = environment;
});
beforeEach(async () => { s3 = await FakeS3Server.start('landing'); });
afterEach(async () => {
  server.faults.onRequest = undefined;
  await s3.stop();
});

const props = (): ExtractorProps => ({
  source: sourceOf(server),
  target: 's3://landing/sql',
  endpointUrl: s3.endpoint,
  readers: 2,
});

const SETTINGS = { tables: ['dbo.Kill*'], format: ExtractFormat.csv(), targetChunkRows: 250 };

function execution(name: string, options: Partial<ExecutionOptions> = {}): InProcessExecution {
  return new InProcessExecution(name, s3, { props: props(), settings: SETTINGS, ...options });
}

/** A clock that stands still but for who sets it. */
function clockAt(text: string): Clock & { time: number } {
  const clock = { ...HASTY, time: Date.parse(text), now: () => clock.time };
  return clock;
}

const parts = () => [...s3.objects.keys()].filter((key) => key.includes('/part-')).length;

/** Tells of requests to the source; `chunk` is called with each that reads a chunk, and waited for. */
function watchSource(chunk: () => void | Promise<void> = () => undefined): { requests: number; chunks: number } {
  const seen = { requests: 0, chunks: 0 };
  server.faults.onRequest = async ({ sql: text }) => {
    seen.requests += 1;
    if (!/^SELECT \[.*FROM \[dbo\]\.\[Kill/.test(text)) return undefined;
    seen.chunks += 1;
    await chunk();
    return undefined;
  };
  return seen;
}

const NIGHT = { from: '22:00', to: '05:30', timeZone: 'Europe/Berlin' };

test('outside of its window an execution does not begin: it asks the source nothing, and others are skipped meanwhile', async () => {
  const clock = clockAt('2026-06-01T12:00:00Z');
  const night = execution('night', { clock, limits: { window: NIGHT } });
  const seen = watchSource();
  await expect(night.begin()).resolves.toEqual({
    outcome: 'waiting', reason: expect.stringContaining('outside of the window, 22:00 to 05:30 Europe/Berlin'), waitUntil: '2026-06-01T20:00:00.000Z',
  });
  expect(seen.requests).toBe(0);
  await expect(execution('other', { clock }).begin()).resolves.toMatchObject({ outcome: 'skipped' });
  clock.time = Date.parse('2026-06-01T20:00:00Z');
  await expect(night.begin()).resolves.toMatchObject({ outcome: 'begun' });
  night.end();
});

test('when its window ends the chunks under way are ended, no other is begun, and the next night goes on', async () => {
  const clock = clockAt('2026-06-02T03:29:00Z');
  const waits: string[] = [];
  let landedAtWait = 0;
  const night = execution('night', {
    clock,
    limits: { window: NIGHT },
    onWait: (until) => {
      waits.push(until);
      landedAtWait = parts();
      expect(seen.chunks).toBe(2);
      clock.time = Date.parse(until);
    },
  });
  const begun = await night.begin();
  // Both readers are in the midst of a chunk when the hour strikes.
  const seen = watchSource(() => { clock.time = Math.max(clock.time, Date.parse('2026-06-02T03:30:00Z')); });
  const chunksOf = ({ tables }: WorkItem) => tables.flatMap(({ chunks }) => chunks).length;
  const [first] = night.items(begun).sort((a, b) => chunksOf(b) - chunksOf(a));
  const calls = await night.work(begun, first);
  expect({ calls, waits, landedAtWait }).toEqual({ calls: 2, waits: ['2026-06-02T20:00:00.000Z'], landedAtWait: 2 });
  for (const item of night.items(begun)) await night.work(begun, item);
  await expect(night.complete(begun)).resolves.toMatchObject({ finished: true, rows: 4410, completed: { retries: 0 } });
  night.end();
});

test('a worker outside of the window does not even connect', async () => {
  const clock = clockAt('2026-06-02T00:00:00Z');
  const night = execution('night', { clock, limits: { window: NIGHT }, onWait: (until) => { clock.time = Date.parse(until); expect(seen.requests).toBe(0); } });
  const begun = await night.begin();
  clock.time = Date.parse('2026-06-02T03:30:00Z');
  const seen = watchSource();
  const [item] = night.items(begun);
  expect(await night.work(begun, item)).toBe(2);
  expect(seen.chunks).toBeGreaterThan(0);
  night.end();
});

test('a paused extraction begins no chunk, and goes on when it is continued', async () => {
  const clock = clockAt('2026-06-02T00:00:00Z');
  const landing = { target: props().target, endpointUrl: s3.endpoint };
  const waits: string[] = [];
  const paused = execution('paused', {
    clock,
    onWait: async (until) => {
      waits.push(until);
      clock.time = Date.parse(until);
      if (waits.length === 2) await continueExtraction(landing, 'Nightly');
    },
  });
  const begun = await paused.begin();
  // Who asked less than 15 s ago begins one more chunk.
  const seen = watchSource(async () => {
    if (seen.chunks > 1) return;
    await pauseExtraction(landing, 'Nightly', new Date(clock.time));
    clock.time += 15_000;
  });
  const items = paused.items(begun);
  for (const item of items) await paused.work(begun, item);
  expect(waits).toHaveLength(2);
  expect(Date.parse(waits[1]) - Date.parse(waits[0])).toBe(60_000);
  expect(seen.chunks).toBe(19);
  await paused.complete(begun);
  paused.end();
});

test('a pause is kept until it is ended, and said twice it is the first; the recorder takes it for no data', async () => {
  const landing = { target: props().target, endpointUrl: s3.endpoint };
  expect(await extractionPause(landing, 'a/b')).toBeUndefined();
  const first = await pauseExtraction(landing, 'a/b', new Date('2026-06-01T00:00:00Z'));
  expect(first).toEqual({ since: '2026-06-01T00:00:00.000Z' });
  expect(await pauseExtraction(landing, 'a/b', new Date('2026-06-02T00:00:00Z'))).toEqual(first);
  expect([...s3.objects.keys()]).toEqual(['sql-state/extraction=a%2Fb/paused.json']);
  expect([...s3.objects.keys()].every(isStateKey)).toBe(true);
  expect(await extractionPause(landing, 'a/b')).toEqual(first);
  const clock = clockAt('2026-06-02T00:00:00Z');
  await expect(execution('held', { clock, extraction: 'a/b' }).begin()).resolves.toEqual({
    outcome: 'waiting', reason: 'extraction \'a/b\' is paused since 2026-06-01T00:00:00.000Z', waitUntil: '2026-06-02T00:15:00.000Z',
  });
  expect(await continueExtraction(landing, 'a/b')).toEqual(first);
  expect(await continueExtraction(landing, 'a/b')).toBeUndefined();
  const free = execution('free', { clock, extraction: 'b/a' });
  await expect(free.begin()).resolves.toMatchObject({ outcome: 'begun' });
  free.end();
});

const PRICES = { lambdaGbSecond: 0.0000133334, lambdaRequest: 0.0000002, s3Write: 0.000005, s3Read: 0.0000004, stateTransition: 0.000025 };

test('what would cost more than it may is refused before anything is kept or read', async () => {
  const seen = watchSource();
  const dear = execution('dear', { limits: { worker: { memorySize: 1769, prices: PRICES }, maxCost: 0.0001 } });
  await expect(dear.begin()).rejects.toMatchObject({
    code: 'INVALID_CONFIG', message: expect.stringMatching(/^the run would cost about US\$0\.00\d\d, allowed are US\$0\.0001 \(maxCost\): \d+ GB-seconds of Lambda × /),
  });
  dear.end();
  expect(seen.chunks).toBe(0);
  expect([...s3.objects.keys()].filter((key) => key.startsWith('sql-state/run='))).toEqual([]);
});

test('the begin tells workers × readers = connections, and the requests of S3 are about as many as were reckoned', async () => {
  const told = execution('told', { limits: { worker: { memorySize: 1769, prices: PRICES }, maxCost: 1 } });
  const begun = await told.begin();
  const { estimate } = begun as Extract<typeof begun, { outcome: 'begun' }>;
  expect(estimate).toMatchObject({ workers: 2, readers: 2, connections: 4, text: expect.stringMatching(/^2 workers × 2 readers = 4 connections, about 0 s, about US\$0\.00/) });
  expect(told.events).toContainEqual(expect.objectContaining({ type: 'run-planned', tables: 4, chunks: 19, finishedChunks: 0, readers: 4 }));
  for (const item of told.items(begun)) await told.work(begun, item);
  await told.complete(begun);
  told.end();
  const operations = s3.operations();
  const writes = operations.filter((name) => /^(Put|Create|Complete|UploadPart|Copy|List)/.test(name)).length;
  const reads = operations.filter((name) => /^(Get|Head)/.test(name)).length;
  const { s3Write, s3Read } = estimate.cost!.units;
  for (const [made, reckoned] of [[writes, s3Write], [reads, s3Read]]) {
    expect(reckoned).toBeGreaterThan(made * 0.9);
    expect(reckoned).toBeLessThan(made * 1.1);
  }
});

test('a worker has as many readers as the plan told, whatever it has by itself', async () => {
  const one = execution('one', { props: { ...props(), readers: undefined }, limits: { worker: { memorySize: 5400, prices: PRICES } } });
  const begun = await one.begin();
  expect(begun).toMatchObject({ estimate: { readers: 3 } });
  let [now, most] = [0, 0];
  let release = () => {};
  const all = new Promise<void>((resolve) => { release = resolve; });
  watchSource(async () => {
    now += 1;
    most = Math.max(most, now);
    if (now >= 3) release();
    await all;
    now -= 1;
  });
  const items = one.items(begun).sort((a, b) => JSON.stringify(b).length - JSON.stringify(a).length);
  await one.work(begun, items[0]);
  one.end();
  expect(most).toBe(3);
});
