import type sql from 'mssql';
import { parseManifest, type CompleteAnswer, type WorkItem } from '../../../../src/contract';
import { OnGap, OnTableError, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../../tools/stand-in';
import { FakeS3Server } from '../../../support/cloud/fake-s3-server';
import { InProcessExecution, type ExecutionOptions } from '../../../support/runs/in-process-execution';
import { connectClient, sourceOf } from '../../../support/source/stand-in-client';

/** Runs of changes whose tables are to show one version, so that a transaction over several of them lands whole. */

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
  for (const table of ['One', 'Two']) {
    await batch(`DROP TABLE IF EXISTS dbo.${table}`);
    await batch(`CREATE TABLE dbo.${table} (Id int NOT NULL PRIMARY KEY, Held int NOT NULL); ALTER TABLE dbo.${table} ENABLE CHANGE_TRACKING`);
    await batch(`INSERT INTO dbo.${table} SELECT value, 100 FROM GENERATE_SERIES(1, 500)`);
  }
});
afterEach(async () => {
  server.faults.onRequest = undefined;
  await s3.stop();
});

const props = (): ExtractorProps => ({ source: sourceOf(server), target: 's3://landing/sql', endpointUrl: s3.endpoint });
let number = 0;
function execution({ settings, changes, ...options }: Partial<ExecutionOptions> = {}): InProcessExecution {
  number += 1;
  return new InProcessExecution(`version-${number}`, s3, {
    props: props(), settings: { tables: ['dbo.One', 'dbo.Two'], targetChunkRows: 250, readers: 2, ...settings }, changes: { oneVersion: true, ...changes }, ...options,
  });
}

const tablesOf = ({ manifestKey }: CompleteAnswer) => parseManifest(s3.objects.get(manifestKey)!.body.toString()).tables;
const versionsOf = (answer: CompleteAnswer) => new Set(tablesOf(answer).map(({ changes, base }) => (changes?.to ?? base!.mark).order)).size;
const transfer = async () => batch('BEGIN TRAN; UPDATE dbo.One SET Held = Held - 1 WHERE Id = 1; UPDATE dbo.Two SET Held = Held + 1 WHERE Id = 1; COMMIT');

/** Calls something when a statement comes that reads changes of a table, once. */
function whenRead(table: string, work: () => Promise<unknown>): void {
  let done = false;
  server.faults.onRequest = async ({ sql: text }) => {
    if (done || !text.includes('CHANGETABLE') || !text.includes(`[${table}]`) || !/SELECT .*\[Held\]/s.test(text)) return undefined;
    done = true;
    await work();
    return undefined;
  };
}

test('a transaction over two tables that is committed between their reads lands whole, with the next run', async () => {
  const first = await execution().whole();
  // By many workers, and readers of them.
  expect(tablesOf(first).map(({ chunks = [] }) => chunks.length)).toEqual([2, 2]);
  await batch('UPDATE dbo.One SET Held = 99 WHERE Id = 2; UPDATE dbo.Two SET Held = 101 WHERE Id = 2');
  let transfers = 0;
  for (const table of ['One', 'Two']) {
    whenRead(table, async () => { transfers += 1; await transfer(); });
    const answer = await execution().whole();
    expect(versionsOf(answer)).toBe(1);
    const [one, two] = tablesOf(answer).map(({ changes }) => changes!.updates);
    expect(one).toBe(two);
  }
  server.faults.onRequest = undefined;
  expect(transfers).toBe(2);
  expect(tablesOf(await execution().whole()).map(({ changes }) => changes!.updates)).toEqual([1, 1]);
});

test('all that has marks is one item, of one worker; by default it is not', async () => {
  await execution().whole();
  await batch('TRUNCATE TABLE dbo.One; INSERT INTO dbo.One VALUES (1, 1); TRUNCATE TABLE dbo.Two; INSERT INTO dbo.Two VALUES (1, 1); CREATE TABLE dbo.Whole (Id int NOT NULL PRIMARY KEY)');
  const settings = { tables: ['dbo.One', 'dbo.Two', 'dbo.Whole'] };
  const itemsOf = async (options: Partial<ExecutionOptions>): Promise<Array<readonly [number | undefined, boolean, number]>> => {
    const begun = execution({ settings, changes: { onGap: OnGap.RELOAD, ...options.changes }, limits: options.limits });
    const items: WorkItem[] = begun.items(await begun.begin());
    begun.end();
    return items.map(({ task, oneVersion = false, tables }) => [task, oneVersion, tables.length] as const);
  };
  expect(await itemsOf({})).toEqual([[undefined, true, 2], [undefined, false, 1]]);
  expect(await itemsOf({ changes: { oneVersion: false } })).toEqual([[undefined, false, 3]]);
  expect(await itemsOf({ limits: { maxTasks: 2 } })).toEqual([[0, true, 2], [1, false, 1]]);
  expect(await itemsOf({ limits: { maxTasks: 2, maxChunkSeconds: 1000 } })).toEqual([[undefined, true, 2], [undefined, false, 1]]);
  // 20 minutes each.
  const slow = { bytesPerSecond: 20, maxChunkSeconds: 1500 };
  expect((await itemsOf({ limits: { ...slow, maxTasks: 2 } }))[0]).toEqual([0, true, 2]);
  await expect(itemsOf({ limits: slow })).rejects.toMatchObject({
    code: 'INVALID_CONFIG', message: expect.stringMatching(/oneVersion: the 2 tables that have changes, .* takes about \d+ min .*; a function may read for 25 min: take workers: ExtractionWorkers\.auto\(\) or fargate\(\)/),
  });
  await batch('DROP TABLE dbo.Whole');
});

test('what a function has not read when its time is up fails the execution, and the next one reads it anew', async () => {
  await execution().whole();
  await transfer();
  let left = 900_000;
  whenRead('One', async () => { left = 30_000; });
  const caught = execution({ remainingMs: () => left });
  const begun = await caught.begin();
  for (const item of caught.items(begun)) expect(await caught.work(begun, item)).toBe(1);
  left = 900_000;
  await expect(caught.complete(begun)).rejects.toMatchObject({
    code: 'CHUNK_TOO_LONG', message: expect.stringMatching(/2 chunks of tables that have changes were to be read in one transaction \(oneVersion\), and they were not in the \d+ s of a worker; take workers: ExtractionWorkers\.fargate\(\)/),
  });
  caught.end();
  const next = await execution().whole();
  expect([versionsOf(next), tablesOf(next).map(({ changes }) => changes!.updates)]).toEqual([1, [1, 1]]);
});

test('a run whose transaction was begun twice is refused before its manifest, and the next execution reads it anew', async () => {
  await execution().whole();
  await transfer();
  const stop = new AbortController();
  const dying = execution({ signal: stop.signal });
  const begun = await dying.begin();
  whenRead('Two', async () => stop.abort(new Error('killed')));
  const [item] = dying.items(begun);
  await expect(dying.work(begun, item)).rejects.toThrow('killed');
  server.faults.onRequest = undefined;
  await transfer();
  const again = new InProcessExecution(`version-${number}`, s3, { props: props(), settings: { tables: ['dbo.One', 'dbo.Two'] }, changes: { oneVersion: true } });
  await again.work(begun, item);
  await expect(again.complete(begun)).rejects.toMatchObject({ code: 'CHANGES_REFUSED', message: expect.stringMatching(/was to show one version \(oneVersion\), but its transaction was begun 2 times/) });
  again.end();
  const next = await execution().whole();
  expect([versionsOf(next), tablesOf(next).map(({ changes }) => changes!.updates)]).toEqual([1, [1, 1]]);
  expect([...s3.objects.keys()].filter((key) => key.endsWith('_manifest.json'))).toHaveLength(2);
});

test('is refused beside a run that goes on without a table', async () => {
  const refused = execution({ settings: { onTableError: OnTableError.CONTINUE } });
  await expect(refused.begin()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('oneVersion and onTableError: continue exclude each other') });
  refused.end();
});
