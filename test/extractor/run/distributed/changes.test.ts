import type sql from 'mssql';
import { parseManifest, type BeginAnswer, type ChangeChain, type Manifest } from '../../../../src/contract';
import { Changes, FoundDeletes, OnGap, sync, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { leaveExecution } from '../../../../src/extractor/run/distributed/leave-execution';
import { idleSql } from '../../../../src/extractor/run/sync/idle';
import { startStandIn, type StandIn } from '../../../../tools/stand-in';
import { FakeS3Server } from '../../../support/cloud/fake-s3-server';
import { HASTY, InProcessExecution, type ExecutionOptions } from '../../../support/runs/in-process-execution';
import { connectClient, sourceOf } from '../../../support/source/stand-in-client';

/** Executions that follow their source, on a stand-in with Change Tracking. What lands of changes is tested where they are read. */

let server: StandIn;
let client: sql.ConnectionPool;
let s3: FakeS3Server;
const environment = { ...process.env };

const batch = async (text: string) => client.batch(text);

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  server = await startStandIn({ transactions: 10 });
  client = await connectClient(server);
  await batch(`ALTER DATABASE [${server.database}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = OFF)`);
});
afterAll(async () => {
  await client.close();
  await server.stop();
  process.env = environment;
});
beforeEach(async () => {
  s3 = await FakeS3Server.start('landing');
  for (const table of ['FollowA', 'FollowB']) {
    await batch(`DROP TABLE IF EXISTS dbo.${table}`);
    await batch(`CREATE TABLE dbo.${table} (Id int NOT NULL PRIMARY KEY, A nvarchar(20) NULL); ALTER TABLE dbo.${table} ENABLE CHANGE_TRACKING`);
    await batch(`INSERT INTO dbo.${table} SELECT value, 'row' FROM GENERATE_SERIES(1, 1000)`);
  }
});
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

let number = 0;
function execution(options: Partial<ExecutionOptions> = {}): InProcessExecution {
  number += 1;
  return new InProcessExecution(`follow-${number}`, s3, { props: props(), settings: { tables: ['dbo.Follow*'], targetChunkRows: 250 }, changes: {}, ...options });
}

const manifestOf = (key: string): Manifest => parseManifest(s3.objects.get(key)!.body.toString());
const manifests = () => [...s3.objects.keys()].filter((key) => key.endsWith('_manifest.json'));
const chain = () => {
  const [key] = [...s3.objects.keys()].filter((each) => each.endsWith('/chain.json'));
  return key === undefined ? undefined : JSON.parse(s3.objects.get(key)!.body.toString()) as ChangeChain;
};
const stateOfRuns = () => [...s3.objects.keys()].filter((key) => key.startsWith('sql-state/run='));

/** Begin, and end what it answered without work. */
async function look(options: Partial<ExecutionOptions> = {}): Promise<BeginAnswer> {
  const looking = execution(options);
  try {
    return await looking.begin();
  } finally {
    looking.end();
  }
}

test('the first execution reads all rows by many, the next one finds nothing by one statement, a later one brings what changed', async () => {
  const first = await execution().whole();
  expect(first).toMatchObject({ finished: true, rows: 2000 });
  expect(first.changes).toBeUndefined();
  const base = manifestOf(first.manifestKey);
  expect(base.tables.map(({ table, base: { mark: { way } = {} } = {} as any, chunks = [] }) => [table, way, chunks.length])).toEqual([
    ['FollowA', 'changeTracking', 4], ['FollowB', 'changeTracking', 4],
  ]);
  expect(stateOfRuns()).toEqual([]);

  const asked: string[] = [];
  server.faults.onRequest = ({ sql: text }) => void asked.push(text);
  const requests = s3.requests.length;
  expect(await look()).toEqual({ outcome: 'unchanged', reason: `nothing changed in ${server.database} since run ${first.runId}`, since: first.runId });
  // Beside what a client says of itself when it logs in.
  expect(asked.filter((text) => text !== '' && !text.startsWith('set ansi_nulls'))).toEqual([idleSql(['changeTracking'])]);
  server.faults.onRequest = undefined;
  // docs/cost.md reckons with them.
  const told = s3.requests.slice(requests).map(({ operation }) => operation);
  const writes = told.filter((operation) => /^(Put|List|Delete)/.test(operation)).length;
  expect([writes, told.length - writes]).toEqual([6, 3]);
  expect(stateOfRuns()).toEqual([]);

  await batch("UPDATE dbo.FollowA SET A = 'new' WHERE Id <= 3; DELETE FROM dbo.FollowA WHERE Id = 4; INSERT INTO dbo.FollowA VALUES (1001, 'more'), (1002, 'more')");
  const following = execution();
  const begun = await following.begin();
  // Of the table that changed alone, by one worker.
  expect(begun).toMatchObject({ outcome: 'begun', counts: { tables: 1, chunks: 1, items: 1 } });
  for (const item of following.items(begun)) await following.work(begun, item);
  const { completed, ...second } = await following.complete(begun);
  following.end();
  expect(second.changes).toEqual({ inserts: 2, updates: 3, deletes: 1, changedTables: 1, wholeTables: 0, lagSeconds: expect.any(Number) });
  expect(completed).toMatchObject({ changeLagRows: 6, changeLagSeconds: second.changes!.lagSeconds });
  expect(completed!.durationRatio).toBeUndefined();
  const manifest = manifestOf(second.manifestKey);
  expect(manifest).toMatchObject({ manifestVersion: 4, tables: [{ table: 'FollowA', changes: { previousRun: first.runId, inserts: 2, updates: 3, deletes: 1, sourceRows: 1001 } }] });
  expect(manifest.tables[0].changes!.from).toEqual(base.tables[0].base!.mark);
  expect(chain()!.tables['["dbo","FollowA"]'].mark).toEqual(manifest.tables[0].changes!.to);
  expect(await look()).toMatchObject({ outcome: 'unchanged', since: second.runId });
  // A machine's sync goes on with the same chain.
  expect(await sync({ ...props(), tables: ['dbo.Follow*'] })).toMatchObject({ kind: 'nothing' });
});

test('a gap fails the execution, naming table and mark, or the table is read whole in the same run', async () => {
  await execution().whole();
  await batch("TRUNCATE TABLE dbo.FollowA; INSERT INTO dbo.FollowA VALUES (1, 'anew'); DELETE FROM dbo.FollowB WHERE Id = 1");
  await expect(look()).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringMatching(/^\[dbo\]\.\[FollowA\]: its changes since the mark \d{20} /) });
  expect(stateOfRuns()).toEqual([]);
  const reloading = execution({ changes: { onGap: OnGap.RELOAD } });
  const begun = await reloading.begin();
  expect(begun).toMatchObject({ outcome: 'begun', gaps: 1, counts: { tables: 2 } });
  for (const item of reloading.items(begun)) await reloading.work(begun, item);
  const { changes, manifestKey } = await reloading.complete(begun);
  reloading.end();
  expect(changes).toMatchObject({ changedTables: 1, wholeTables: 1, deletes: 1 });
  expect(manifestOf(manifestKey).tables).toMatchObject([
    { table: 'FollowA', rows: 1, base: { why: expect.stringMatching(/truncated/), sourceRows: 1 } }, { table: 'FollowB', changes: { deletes: 1 } },
  ]);
});

test('a gap that comes between the look and the read is an outcome of its table; the next execution reads it whole', async () => {
  await execution().whole();
  await batch("UPDATE dbo.FollowA SET A = 'x' WHERE Id = 1");
  const caught = execution({ changes: { onGap: OnGap.RELOAD } });
  const begun = await caught.begin();
  await batch("TRUNCATE TABLE dbo.FollowA; INSERT INTO dbo.FollowA VALUES (7, 'anew')");
  for (const item of caught.items(begun)) await caught.work(begun, item);
  await expect(caught.complete(begun)).rejects.toMatchObject({ code: 'CHANGES_GAP' });
  caught.end();
  const next = await execution({ changes: { onGap: OnGap.RELOAD } }).whole();
  expect(manifestOf(next.manifestKey).tables).toMatchObject([{ table: 'FollowA', rows: 1, base: { why: expect.stringMatching(/truncated/) } }]);
  // What the first one left is gone: its changes are read anew.
  expect(stateOfRuns()).toEqual([]);
  expect(manifests()).toHaveLength(2);
});

test('a gap that only the rows show fails its execution by name; the next one reads the table whole, where that is asked for', async () => {
  const options = (onGap: OnGap) => {
    const tableOptions = [{ table: 'dbo.FollowSeen', changes: Changes.WATERMARK, watermark: 'Seen', watermarkOverlap: 5, deletes: FoundDeletes.KEYS }];
    return { settings: { tables: ['dbo.Follow*'], tableOptions }, changes: { onGap } };
  };
  await batch('CREATE TABLE dbo.FollowSeen (Id int NOT NULL PRIMARY KEY, Seen int NOT NULL); INSERT INTO dbo.FollowSeen VALUES (1, 50)');
  try {
    await execution(options(OnGap.FAIL)).whole();
    await batch('INSERT INTO dbo.FollowSeen VALUES (2, 40), (3, 51)');
    for (const onGap of [OnGap.FAIL, OnGap.FAIL, OnGap.RELOAD]) {
      const caught = execution(options(onGap));
      const advice = onGap === OnGap.FAIL ? 'mend that, and start' : 'the next execution reads it whole';
      await expect(caught.whole()).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringMatching(new RegExp(`FollowSeen.*2 rows have not landed.*${advice}`)) });
      caught.end();
    }
    const { manifestKey } = await execution(options(OnGap.RELOAD)).whole();
    expect(manifestOf(manifestKey).tables).toMatchObject([{ table: 'FollowSeen', rows: 3, base: { why: expect.stringMatching(/2 rows have not landed/) } }]);
    const { manifestKey: following } = await execution(options(OnGap.RELOAD)).whole();
    expect(manifestOf(following).tables).toMatchObject([{ table: 'FollowSeen', rows: 2, changes: { deletes: 0 } }]);
    expect(stateOfRuns()).toEqual([]);
  } finally {
    await batch('DROP TABLE dbo.FollowSeen');
  }
});

test('a first load that failed is gone on with by the next execution, not begun anew', async () => {
  const failed = execution();
  const begun = await failed.begin();
  const [item] = failed.items(begun);
  await failed.work(begun, { ...item, tables: item.tables.slice(0, 1) });
  failed.end();
  const next = execution();
  const answer = await next.begin();
  expect(answer).toMatchObject({ outcome: 'begun', run: { runId: (begun as any).run.runId } });
  expect((answer as any).counts.chunks).toBeLessThan((begun as any).counts.chunks);
  // What changed of rows that were read is for the execution after it: the first one's marks are older.
  await batch("UPDATE dbo.FollowA SET A = 'late' WHERE Id = 1");
  for (const each of next.items(answer)) await next.work(answer, each);
  expect(await next.complete(answer)).toMatchObject({ rows: 2000, runId: (begun as any).run.runId });
  next.end();
  expect((await execution().whole()).changes).toMatchObject({ updates: 1 });
});

test('a run of changes that failed is given up by the next execution; one that was redriven meanwhile is not disturbed', async () => {
  await execution().whole();
  await batch("UPDATE dbo.FollowA SET A = 'x' WHERE Id = 1");
  const failed = execution();
  const begun = await failed.begin();
  for (const item of failed.items(begun)) await failed.work(begun, item);
  failed.end();
  // Redriven: the next one leaves it alone.
  InProcessExecution.running.add(failed.execution.arn);
  const otherSlot = { extraction: 'Follow2' };
  expect(await look(otherSlot)).toMatchObject({ outcome: 'skipped', reason: expect.stringContaining(failed.execution.arn) });
  failed.end();
  const next = await execution(otherSlot).whole();
  expect(next.changes).toMatchObject({ updates: 1 });
  await expect(failed.complete(begun)).rejects.toMatchObject({ code: expect.stringMatching(/RUN_NOT_FOUND|RUN_IN_USE/) });
  expect(manifests()).toHaveLength(2);
  expect(stateOfRuns()).toEqual([]);
});

test('an execution that dies after its manifest is in the chain all the same: by Complete once more, or by the next execution', async () => {
  await execution().whole();
  for (const again of [true, false]) {
    await batch(`UPDATE dbo.FollowA SET A = 'again ${again}' WHERE Id = 1`);
    const dying = execution();
    const begun = await dying.begin();
    for (const item of dying.items(begun)) await dying.work(begun, item);
    const before = chain()!.runId;
    s3.fault = ({ operation, key }) => (operation === 'PutObject' && key.endsWith('/chain.json') ? { status: 403, code: 'AccessDenied' } : undefined);
    await expect(dying.complete(begun)).rejects.toThrow();
    s3.fault = () => undefined;
    expect(chain()!.runId).toBe(before);
    if (again) expect(await dying.complete(begun)).toMatchObject({ finished: true, changes: { updates: 1 } });
    dying.end();
    expect(await look()).toMatchObject({ outcome: 'unchanged', since: (begun as any).run.runId });
    expect(stateOfRuns()).toEqual([]);
  }
});

test('the chain is held by one: a sync of a machine and an execution exclude each other, until the execution ended', async () => {
  await execution().whole();
  await batch("UPDATE dbo.FollowA SET A = 'y' WHERE Id = 2");
  const holding = execution();
  await holding.begin();
  await expect(sync({ ...props(), tables: ['dbo.Follow*'] })).rejects.toMatchObject({ code: 'RUN_IN_USE' });
  holding.end();
  const setting = { name: 'Nightly', props: props(), isRunning: async () => false, clock: HASTY, remainingMs: () => Infinity, onEvent: () => undefined };
  await leaveExecution({ step: 'leave', execution: holding.execution, status: 'ABORTED' }, setting);
  expect((await execution().whole()).changes).toMatchObject({ updates: 1 });
});

test('an execution that began before the run it follows is above it, so that tables without marks show what it reads; called twice it begins once', async () => {
  await batch('CREATE TABLE dbo.FollowHeap (Id int NOT NULL); INSERT INTO dbo.FollowHeap VALUES (1)');
  try {
    const waiting = execution();
    await sync({ ...props(), tables: ['dbo.Follow*'] });
    const later = chain()!.runId;
    expect(later > waiting.execution.startTime.replace(/[-:.]/g, '')).toBe(true);
    await batch('INSERT INTO dbo.FollowHeap VALUES (2)');
    const begun = await waiting.begin();
    expect(await waiting.begin()).toEqual(begun);
    for (const item of waiting.items(begun)) await waiting.work(begun, item);
    const { runId, manifestKey } = await waiting.complete(begun);
    waiting.end();
    expect(runId > later).toBe(true);
    expect(manifestOf(manifestKey)).toMatchObject({ runId, tables: [{ table: 'FollowHeap', rows: 2 }] });
    expect([chain()!.runId, stateOfRuns()]).toEqual([runId, []]);
  } finally {
    await batch('DROP TABLE dbo.FollowHeap');
  }
});

test('the input may not choose what follows', async () => {
  const chosen = execution();
  await expect(chosen.begin({ tables: ['dbo.FollowA'] })).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('the input of the execution has tables, but the extraction follows its source') });
  chosen.end();
});
