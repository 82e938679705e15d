import type sql from 'mssql';
import { parseManifest } from '../../../../src/contract';
import { Consistency, ExtractFormat, OnTableError, type ExtractionPlan, type ExtractorProps, type PlannedTable } from '../../../../src/extractor/doors/public';
import { createS3Client } from '../../../../src/extractor/landing/s3/s3-client';
import { plan } from '../../../../src/extractor/run/plan-run';
import { S3Store } from '../../../../src/extractor/state/s3-store';
import { startStandIn, type StandIn } from '../../../../tools/stand-in';
import { FakeS3Server } from '../../../support/cloud/fake-s3-server';
import { HASTY, InProcessExecution, type ExecutionOptions } from '../../../support/runs/in-process-execution';
import { KILL_TABLES, landedLines, makeKillTables } from '../../../support/runs/kill-tables';
import { connectClient } from '../../../support/source/stand-in-client';

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
afterEach(async () => { await s3.stop(); });

const props = (): ExtractorProps => ({
  source: { server: '127.0.0.1', port: server.port, database: server.database, user: server.user, password: server.password, encrypt: false },
  target: 's3://landing/sql',
  endpointUrl: s3.endpoint,
  readers: 2,
});

const SETTINGS = { tables: ['dbo.Kill*'], format: ExtractFormat.csv(), targetChunkRows: 250 };

function execution(name: string, options: Partial<ExecutionOptions> = {}): InProcessExecution {
  return new InProcessExecution(name, s3, { props: props(), settings: SETTINGS, ...options });
}

function expectLanded(): void {
  const manifests = [...s3.objects].filter(([key]) => key.endsWith('_manifest.json')).map(([, { body }]) => parseManifest(body.toString()));
  expect(manifests).toHaveLength(1);
  for (const { name, lines } of KILL_TABLES) {
    const table = manifests[0].tables.find((each) => each.table === name)!;
    const landed = table.objects.flatMap(({ key }) => landedLines(s3.objects.get(key)?.body)).sort();
    // Not the lines themselves: a difference would print all of them.
    expect({ name, rows: landed.length, same: landed.join('\n') === lines.join('\n') }).toEqual({ name, rows: lines.length, same: true });
    expect(table.rows).toBe(lines.length);
  }
  const named = manifests[0].tables.flatMap(({ objects }) => objects.map(({ key }) => key)).sort();
  expect([...s3.objects.keys()].filter((key) => key.includes('/part-')).sort()).toEqual(named);
  expect(s3.uploads.size).toBe(0);
  expect([...s3.objects.keys()].filter((key) => key.startsWith('sql-state/run='))).toEqual([]);
}

test('the steps of an execution land what one process would, and leave no state', async () => {
  const answer = await execution('whole').whole();
  expect(answer).toMatchObject({ finished: true, rows: 4410, verification: 'verified' });
  expectLanded();
});

test('an execution whose function is called twice begins once', async () => {
  const twice = execution('twice');
  const first = await twice.begin();
  const requests = s3.requests.length;
  expect(await twice.begin()).toEqual(first);
  expect(s3.requests.slice(requests).map(({ operation }) => operation)).not.toContain('PutObject');
  for (const item of twice.items(first)) await twice.work(first, item);
  await twice.complete(first);
  twice.end();
  expectLanded();
});

test('chunks of about equal bytes make an item, and small tables share one', async () => {
  const packed = execution('packed');
  const begun = await packed.begin();
  const items = packed.items(begun);
  packed.end();
  const chunks = items.flatMap(({ tables }) => tables.flatMap((table) => table.chunks.map(({ chunk }) => `${table.index} ${chunk}`)));
  expect(new Set(chunks).size).toBe(chunks.length);
  // Nineteen chunks weigh little more than is worth a worker.
  expect(begun).toMatchObject({ outcome: 'begun', counts: { tables: 4, items: 2, chunks: 19 } });
  expect(chunks).toHaveLength(19);
});

describe('another execution at work', () => {
  test('is not disturbed: the next one is skipped', async () => {
    const first = execution('first');
    await first.begin();
    await expect(execution('second').begin()).resolves.toEqual({ outcome: 'skipped', reason: expect.stringContaining(`execution ${first.execution.arn}`) });
    first.end();
  });

  test('is waited for by one, and no more', async () => {
    const first = execution('first', { overlap: 'wait' });
    const begun = await first.begin();
    const second = execution('second', { overlap: 'wait' });
    const third = execution('third', { overlap: 'wait' });
    await expect(second.begin()).resolves.toMatchObject({ outcome: 'waiting' });
    await expect(second.begin()).resolves.toMatchObject({ outcome: 'waiting' });
    await expect(third.begin()).resolves.toMatchObject({ outcome: 'skipped', reason: expect.stringContaining('waits for it; one may wait') });
    for (const item of first.items(begun)) await first.work(begun, item);
    await first.complete(begun);
    first.end();
    await expect(second.begin()).resolves.toMatchObject({ outcome: 'begun' });
    // The place of the one that waits is free again.
    await expect(third.begin()).resolves.toMatchObject({ outcome: 'waiting' });
    second.end();
    third.end();
  });

  test('makes the next one fail where that is asked for', async () => {
    const first = execution('first');
    await first.begin();
    await expect(execution('second', { overlap: 'fail' }).begin()).rejects.toMatchObject({ code: 'RUN_IN_USE' });
    first.end();
  });

  test('holds its extraction only while it runs, and only its own', async () => {
    const first = execution('first');
    await first.begin();
    const other = execution('other', { extraction: 'Hourly' });
    await expect(other.begin()).resolves.toMatchObject({ outcome: 'begun' });
    first.end();
    const second = execution('second');
    await expect(second.begin()).resolves.toMatchObject({ outcome: 'begun' });
    [other, second].forEach((each) => each.end());
  });

  test('of eight that begin at once one is at work', async () => {
    const all = Array.from({ length: 8 }, (_, at) => execution(`same-${at}`));
    const answers = await Promise.all(all.map(async (each) => each.begin()));
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['begun', ...Array.from({ length: 7 }, () => 'skipped')]);
    all.forEach((each) => each.end());
  });
});

test('an execution that was stopped is gone on with by the next, which reads only what is left', async () => {
  const stopped = execution('stopped');
  const begun = await stopped.begin();
  const [item] = stopped.items(begun);
  const [first] = item.tables;
  await stopped.work(begun, { tables: [first] });
  const { run: { runId } } = begun as Extract<typeof begun, { outcome: 'begun' }>;
  // While it runs nobody else has its run.
  const early = execution('early', { extraction: 'Other' });
  await expect(early.begin({ resume: runId })).rejects.toMatchObject({ code: 'RUN_IN_USE', message: expect.stringContaining('and runs') });
  stopped.end();
  const next = execution('next');
  const resumed = await next.begin({ resume: runId });
  expect(resumed).toMatchObject({ run: { runId, epoch: 2 }, counts: { tables: 3 } });
  // Of the one that was stopped a worker is still there.
  await expect(stopped.work(begun, item)).rejects.toMatchObject({ code: 'RUN_IN_USE' });
  for (const each of next.items(resumed)) await next.work(resumed, each);
  await next.complete(resumed);
  next.end();
  expectLanded();
});

test('two workers of one item land it once', async () => {
  const doubled = execution('doubled');
  const begun = await doubled.begin();
  const [item] = doubled.items(begun);
  const outcomes = await Promise.allSettled([doubled.work(begun, item), doubled.work(begun, item), doubled.work(begun, item)]);
  // Who lost a chunk to another fails, and its item is tried again.
  expect(outcomes.filter(({ status }) => status === 'rejected').map((outcome) => (outcome as PromiseRejectedResult).reason.code))
    .toEqual(outcomes.flatMap(({ status }) => (status === 'rejected' ? ['RUN_IN_USE'] : [])));
  for (const each of doubled.items(begun)) await doubled.work(begun, each);
  await doubled.complete(begun);
  doubled.end();
  expectLanded();
});

test('a worker whose time is up leaves the rest to the next', async () => {
  // A worker begins no chunk in its last 45 s.
  const hurried = execution('hurried', { workerMs: 45_150 });
  const begun = await hurried.begin();
  let calls = 0;
  for (const item of hurried.items(begun)) calls += await hurried.work(begun, item);
  expect(calls).toBeGreaterThan(2);
  await hurried.complete(begun);
  hurried.end();
  expectLanded();
});

describe('a chunk that does not end within the time of a worker', () => {
  /** The first look, for how long it may read, tells a moment more than is kept to hand over; those before chunks tell enough. */
  const hurried = () => {
    let looks = 0;
    return () => (looks++ === 0 ? 15_200 : 60_000);
  };
  const SOME = { ...SETTINGS, tables: ['dbo.KillHeap'] };
  beforeEach(() => {
    server.faults.onRequest = ({ sql: text }) => (/^SELECT \[.*FROM \[dbo\]\.\[KillHeap/.test(text) ? { kind: 'stall', afterBytes: 50 } : undefined);
  });
  afterEach(() => { delete server.faults.onRequest; });

  test('is told, and not tried again', async () => {
    const long = execution('long', { settings: SOME, remainingMs: hurried() });
    const begun = await long.begin();
    expect(await long.work(begun, long.items(begun)[0])).toBe(2);
    await expect(long.complete(begun)).rejects.toMatchObject({
      code: 'CHUNK_TOO_LONG', message: expect.stringMatching(/\[dbo\]\.\[KillHeap\]: its 200 rows .* the table has no key to be cut by: give it one/),
    });
    long.end();
  });

  test('is left to the next one where it was begun late', async () => {
    // Long after the worker began it has its connection.
    let [connected, reads] = [false, 0];
    const clock = { ...HASTY, now: () => Date.now() + (connected ? 1_000_000 : 0) };
    const late = execution('late', { settings: SOME, remainingMs: hurried(), clock });
    const begun = await late.begin();
    server.faults.onRequest = ({ kind, sql: text }) => {
      connected ||= kind === 'login';
      // The next one reads it.
      return /^SELECT \[.*FROM \[dbo\]\.\[KillHeap/.test(text) && reads++ === 0 ? { kind: 'stall', afterBytes: 50 } : undefined;
    };
    await expect(late.work(begun, late.items(begun)[0])).resolves.toBeGreaterThan(1);
    expect([...s3.objects.keys()].filter((key) => key.includes('/failed-'))).toEqual([]);
    await late.complete(begun);
    late.end();
  });
});

test('the last step, called again, answers the same', async () => {
  const long = execution('long');
  const begun = await long.begin();
  for (const item of long.items(begun)) await long.work(begun, item);
  const { completed, ...first } = await long.complete(begun);
  expect(completed).toMatchObject({ chunks: 19, retries: 0 });
  expect(await long.complete(begun)).toEqual(first);
  long.end();
  expectLanded();
});

describe('a table that cannot land', () => {
  beforeAll(async () => {
    await client.batch('CREATE TABLE dbo.KillBad (Id int NOT NULL PRIMARY KEY, Body nvarchar(20) NOT NULL)');
    await client.batch('INSERT INTO dbo.KillBad VALUES (1, N\'good\'), (2, NCHAR(0xD800))');
  });
  afterAll(async () => { await client.batch('DROP TABLE dbo.KillBad'); });

  test('is an outcome of its chunk, which the last step tells', async () => {
    const bad = execution('bad');
    const begun = await bad.begin();
    const { run: { runId } } = begun as Extract<typeof begun, { outcome: 'begun' }>;
    for (const item of bad.items(begun)) expect(await bad.work(begun, item)).toBe(1);
    await expect(bad.complete(begun)).rejects.toMatchObject({
      code: 'INVALID_VALUE', message: expect.stringMatching(/^1 table of run .*KillBad.*start an execution with \{"resume": "/),
    });
    bad.end();
    await client.batch('UPDATE dbo.KillBad SET Body = N\'mended\' WHERE Id = 2');
    const answer = await execution('mended').whole({ resume: runId });
    expect(answer.rows).toBe(4412);
    expectLanded();
    await client.batch('UPDATE dbo.KillBad SET Body = NCHAR(0xD800) WHERE Id = 2');
  });

  test('is left out, and named, where the run goes on', async () => {
    const bad = execution('bad', { settings: { ...SETTINGS, onTableError: OnTableError.CONTINUE } });
    const answer = await bad.whole();
    expect(answer).toMatchObject({ finished: true, rows: 4410 });
    const manifest = parseManifest(s3.objects.get(answer.manifestKey)!.body.toString());
    expect(manifest.missingTables).toEqual([{ schema: 'dbo', table: 'KillBad', code: 'INVALID_VALUE', message: expect.any(String) }]);
    expect([...s3.objects.keys()].filter((key) => key.includes('table=KillBad'))).toEqual([]);
    await client.batch('UPDATE dbo.KillBad SET Body = N\'mended\' WHERE Id = 2');
    const again = await execution('again', { settings: { ...SETTINGS, onTableError: OnTableError.CONTINUE } }).whole({ resume: answer.runId });
    expect(again.rows).toBe(4412);
    expectLanded();
    await client.batch('UPDATE dbo.KillBad SET Body = NCHAR(0xD800) WHERE Id = 2');
  });
});

test('one state of the database is made at the begin, read by all, and dropped at the end', async () => {
  const answer = await execution('snapshot', { settings: { ...SETTINGS, consistency: Consistency.DATABASE_SNAPSHOT } }).whole();
  const manifest = parseManifest(s3.objects.get(answer.manifestKey)!.body.toString());
  expect(manifest.consistency.mode).toBe('databaseSnapshot');
  expect(new Set(manifest.tables.flatMap(({ chunks = [] }) => chunks.map(({ instant }) => instant))).size).toBe(1);
  const { recordset } = await client.query('SELECT name FROM sys.databases WHERE source_database_id IS NOT NULL');
  expect(recordset).toEqual([]);
  expectLanded();
});

test('what an execution may be told is checked', async () => {
  const refused = async (input: unknown, message: RegExp) => expect(execution('input').begin(input)).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) });
  await refused({ rowFilter: '1=1; DROP TABLE x' }, /has 'rowFilter'; it may have tables, consistency, plan, resume/);
  await refused({ source: { server: 'elsewhere' } }, /has 'source'/);
  await refused({ tables: 'dbo.*' }, /has "dbo\.\*" for tables, which is a list of patterns/);
  await refused({ resume: '20260131T235959123Z-4f9a1c', tables: ['dbo.*'] }, /has tables beside resume/);
  await refused({ scheduledAt: 'yesterday' }, /has "yesterday" for scheduledAt, which is a time such as 2026-01-31T01:00:00Z/);
  await refused({ scheduledAt: '2026-02-31T25:00:00Z' }, /for scheduledAt/);
  await refused([], /is \[\], no object/);
  await refused({ plan: 'plans/none.json' }, /cannot read the plan s3:\/\/landing\/plans\/none\.json: there is no such object/);
  await refused({ consistency: 'eventual' }, /consistency/);
});

describe('a saved plan', () => {
  const saved = async (change: (plan: ExtractionPlan) => unknown, settings = SETTINGS as object) => {
    const made = await plan({ ...props(), ...SETTINGS });
    const store = new S3Store({ client: createS3Client({ endpointUrl: s3.endpoint, region: 'eu-central-1' }), bucket: 'landing', prefix: 'plans/' });
    await store.put('plan.json', JSON.stringify(change(made)));
    return execution('planned', { settings: settings as { readonly [name: string]: unknown } });
  };

  test('is read as it is cut', async () => {
    const planned = await saved((made) => ({ ...made, tables: made.tables.filter(({ table }) => table === 'KillPairs') }), { format: SETTINGS.format });
    expect(await planned.whole({ plan: 'plans/plan.json' })).toMatchObject({ rows: 1200, objects: 5 });
  });

  test.each<[string, (table: PlannedTable) => Partial<PlannedTable>, RegExp]>([
    ['a row filter of its own', () => ({ rowFilter: '1 = 1' }), /\[dbo\]\.\[KillLedger\] has a row filter, and the deployment none/],
    ['fewer columns', ({ columns }) => ({ columns: columns.slice(0, 3), excludedColumns: ['Memo'] }), /\[dbo\]\.\[KillLedger\] has other columns/],
  ])('with %s is refused', async (_what, change, message) => {
    const changed = (table: PlannedTable) => (table.table === 'KillLedger' ? { ...table, ...change(table) } : table);
    const planned = await saved((made) => ({ ...made, tables: made.tables.map(changed) }));
    const refused = { code: 'INVALID_CONFIG', message: expect.stringMatching(message) };
    await expect(planned.begin({ plan: 'plans/plan.json' })).rejects.toMatchObject(refused);
    planned.end();
  });

  test('without the deployment\'s row filter, or with a table that it excludes, is refused', async () => {
    const filtered = await saved((made) => made, { ...SETTINGS, tableOptions: [{ table: 'dbo.KillHeap', rowFilter: 'Value > 3' }] });
    await expect(filtered.begin({ plan: 'plans/plan.json' })).rejects.toMatchObject({ message: expect.stringMatching(/has no row filter, and the deployment another/) });
    filtered.end();
    const excluded = await saved((made) => made, { ...SETTINGS, excludeTables: ['dbo.KillW*'] });
    await expect(excluded.begin({ plan: 'plans/plan.json' })).rejects.toMatchObject({ message: expect.stringMatching(/\[KillWide\] is excluded by the deployment/) });
    excluded.end();
  });
});

describe('tasks', () => {
  const LIMITS = { bytesPerSecond: 1500, maxChunkSeconds: 10, maxTasks: 2 };

  test('read by number what takes a function too long, and functions the rest', async () => {
    const both = execution('both', { limits: LIMITS });
    const begun = await both.begin();
    const items = both.items(begun);
    expect(items.map(({ task }) => task)).toEqual([0, 1, ...items.slice(2).map(() => undefined)]);
    expect(items.length).toBeGreaterThan(2);
    for (const item of items) {
      if (item.task === undefined) await both.work(begun, item);
      else expect(await both.task(begun, item.task)).toEqual({ finished: true, done: item.tables.flatMap(({ chunks }) => chunks).length });
    }
    await both.complete(begun);
    both.end();
    expectLanded();
  });

  test('that are stopped leave their chunks to the next, and fail none as too long', async () => {
    const stop = new AbortController();
    const stopped = execution('stopped', { limits: LIMITS, signal: stop.signal });
    const begun = await stopped.begin();
    server.faults.onRequest = ({ sql: text }) => {
      if (!/^SELECT \[.*FROM \[dbo\]\.\[Kill/.test(text)) return undefined;
      stop.abort(new Error('enough'));
      return { kind: 'stall', afterBytes: 50 };
    };
    await expect(stopped.task(begun, 0)).rejects.toThrow('enough');
    delete server.faults.onRequest;
    expect([...s3.objects.keys()].filter((key) => key.includes('/failed-'))).toEqual([]);
    expect([...s3.objects.keys()].filter((key) => key.includes('/claim-')).length).toBeGreaterThan(0);
    const next = execution('stopped', { limits: LIMITS });
    for (const item of next.items(begun)) await (item.task === undefined ? next.work(begun, item) : next.task(begun, item.task));
    await next.complete(begun);
    next.end();
    expectLanded();
  });

  test('are told which item is not there', async () => {
    const gone = execution('gone', { limits: LIMITS });
    await expect(gone.task(await gone.begin(), 7)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND', message: expect.stringContaining('item-000001-000007.json is not there') });
    gone.end();
  });
});

describe('the time of a run', () => {
  const durations = () => {
    const text = s3.objects.get('sql-state/extraction=Nightly/durations.json')?.body.toString();
    return text === undefined ? undefined : JSON.parse(text) as { readonly selection: string; readonly seconds: number[] };
  };
  const replace = (body: Buffer) => {
    const key = 'sql-state/extraction=Nightly/durations.json';
    s3.objects.set(key, { ...s3.objects.get(key)!, body });
  };
  const run = async (name: string, input: object = {}, options: Partial<ExecutionOptions> = {}) => {
    const each = execution(name, options);
    const begun = await each.begin(input);
    for (const item of each.items(begun)) await each.work(begun, item);
    const { completed } = await each.complete(begun);
    each.end();
    return completed!;
  };

  test('is compared with that of others as soon as there are three of all that is deployed', async () => {
    for (const name of ['first', 'second', 'third']) expect((await run(name, { scheduledAt: '2026-01-31T01:00:00Z' })).durationRatio).toBeUndefined();
    expect(durations()!.seconds).toHaveLength(3);
    // A run of a minute: what is shorter counts as one.
    replace(Buffer.from(JSON.stringify({ ...durations(), seconds: [60, 120, 120] })));
    expect(await run('fourth')).toMatchObject({ chunks: 19, retries: 0, durationRatio: 0.5 });
    expect(durations()!.seconds).toEqual([60, 120, 120, expect.any(Number)]);
  });

  test('is of no use where only some tables are read, a run is gone on with or was redriven', async () => {
    const some = { tables: ['dbo.KillHeap'] };
    expect(await run('some', some)).not.toHaveProperty('durationRatio');
    await run('redriven', {}, { redriven: () => true });
    const stopped = execution('stopped');
    const begun = await stopped.begin() as Extract<Awaited<ReturnType<InProcessExecution['begin']>>, { outcome: 'begun' }>;
    stopped.end();
    await run('next', { resume: begun.run.runId, scheduledAt: '2026-01-31T01:00:00Z' });
    expect(durations()).toBeUndefined();
    await run('whole');
    const { selection, seconds } = durations()!;
    expect(seconds).toHaveLength(1);
    // Other tables are deployed.
    await run('other', {}, { settings: { ...SETTINGS, ...some } });
    expect([durations()!.seconds.length, durations()!.selection === selection]).toEqual([1, false]);
  });

  test('that was damaged, or cannot be compared, fails no run', async () => {
    await run('first');
    replace(Buffer.from('{"seconds": ['));
    await run('second');
    expect(durations()!.seconds).toHaveLength(1);
    expect(await run('unknown', {}, { redriven: () => { throw new Error('throttled'); } })).toMatchObject({ chunks: 19 });
    expect(durations()!.seconds).toHaveLength(1);
  });

  test('is spent by waiting for source and target in part, which chunks tell', async () => {
    const { sourceWaitSeconds, targetWaitSeconds } = await run('waits');
    expect(sourceWaitSeconds).toBeGreaterThan(0);
    expect(targetWaitSeconds).toBeGreaterThan(0);
  });
});

test('what would take too long is refused before anything is read', async () => {
  const short = execution('short', { limits: { bytesPerSecond: 100, maxChunkSeconds: 10 }, settings: { tables: ['dbo.KillHeap'] } });
  await expect(short.begin()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringMatching(/\[dbo\]\.\[KillHeap\] has no key to be cut by, and takes about .*, or workers: ExtractionWorkers\.auto\(\)$/) });
  short.end();
  const whole = execution('whole', { limits: { bytesPerSecond: 100, maxSeconds: 10 } });
  await expect(whole.begin()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringMatching(/would take about .*, allowed are 10 s \(maxSeconds\)/) });
  whole.end();
  expect([...s3.objects.keys()].filter((key) => key.startsWith('sql-state/run='))).toEqual([]);
});
