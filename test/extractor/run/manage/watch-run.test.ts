import type sql from 'mssql';
import { ExtractFormat, OnTableError, watchRun, type ExtractEvent, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../../tools/stand-in';
import { FakeS3Server } from '../../../support/cloud/fake-s3-server';
import { InProcessExecution } from '../../../support/runs/in-process-execution';
import { KILL_TABLES, makeKillTables } from '../../../support/runs/kill-tables';
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

const landing = () => ({ target: 's3://landing/sql', endpointUrl: s3.endpoint });
const props = (): ExtractorProps => ({
  source: { server: '127.0.0.1', port: server.port, database: server.database, user: server.user, password: server.password, encrypt: false },
  ...landing(),
  readers: 2,
});

function execution(name: string, settings: object = {}): InProcessExecution {
  return new InProcessExecution(name, s3, { props: props(), settings: { tables: ['dbo.Kill*'], format: ExtractFormat.csv(), targetChunkRows: 250, ...settings } });
}

const ofType = <T extends ExtractEvent['type']>(events: readonly ExtractEvent[], type: T) => (
  events.filter((event): event is Extract<ExtractEvent, { type: T }> => event.type === type));
const rowsOf = (table: string) => KILL_TABLES.find(({ name }) => name === table)!.rows.length;
const ROWS = KILL_TABLES.reduce((sum, { rows }) => sum + rows.length, 0);

test('tells what an execution lands, each chunk once, and its result', async () => {
  const running = execution('watched');
  const events: ExtractEvent[] = [];
  const watch = watchRun(landing(), running.execution, { onEvent: (event) => events.push(event) });
  expect(await watch.look()).toBeUndefined();
  expect(await watch.result()).toBeUndefined();
  expect(events).toEqual([]);

  const begun = await running.begin();
  expect(await watch.look()).toMatchObject({ tables: 4, chunks: 19, finishedChunks: 0, failedChunks: 0, rows: 0 });
  expect(events.map(({ type }) => type)).toEqual(['run-started', 'run-planned', 'run-progress']);
  expect(events[0]).toMatchObject({ runId: watch.runId, tables: 4, target: 's3://landing/sql/', consistency: 'snapshot' });

  const [first, ...others] = running.items(begun);
  await running.work(begun, first);
  const counts = (await watch.look())!;
  const finished = ofType(events, 'chunk-finished');
  expect(finished.length).toBe(counts.finishedChunks);
  expect(counts.finishedChunks).toBeGreaterThan(0);
  expect(counts.rows).toBe(finished.reduce((sum, { rows }) => sum + rows, 0));
  expect(ofType(events, 'run-progress').at(-1)).toMatchObject({ finishedChunks: counts.finishedChunks, chunks: 19, rows: counts.rows });

  // What was read is not read again.
  const requests = s3.requests.length;
  await watch.look();
  expect(s3.requests.slice(requests).filter(({ operation }) => operation === 'GetObject')).toEqual([]);

  for (const item of others) await running.work(begun, item);
  expect(await watch.look()).toMatchObject({ finishedChunks: 19, rows: ROWS });
  expect(ofType(events, 'table-finished').map(({ table, rows }) => [table, rows]).sort()).toEqual(KILL_TABLES.map(({ name }) => [name, rowsOf(name)]).sort());
  expect(ofType(events, 'chunk-finished')).toHaveLength(19);
  expect(new Set(ofType(events, 'table-started').map(({ table }) => table)).size).toBe(4);

  const answer = await running.complete(begun);
  running.end();
  expect(await watch.look()).toBeUndefined();
  const told = events.length;
  const result = (await watch.result())!;
  expect(result).toMatchObject({ runId: answer.runId, rows: ROWS, objects: answer.objects, sizeBytes: answer.sizeBytes, verification: 'verified', missingTables: [] });
  expect(result.manifestUrl).toBe(`s3://landing/${answer.manifestKey}`);
  expect(result.tables.map(({ table, rows }) => [table, rows]).sort()).toEqual(KILL_TABLES.map(({ name }) => [name, rowsOf(name)]).sort());
  // The tables' ends were told before.
  expect(events.slice(told).map(({ type }) => type)).toEqual(['run-verified', 'run-finished']);
  await watch.close();
});

test('tells the tables of a run that was over before it was looked at', async () => {
  const { runId } = await execution('over').whole();
  const events: ExtractEvent[] = [];
  const watch = watchRun(landing(), runId, { onEvent: (event) => events.push(event) });
  expect(await watch.result()).toMatchObject({ rows: ROWS });
  expect(ofType(events, 'table-finished').map(({ table }) => table).sort()).toEqual(KILL_TABLES.map(({ name }) => name).sort());
  await watch.close();
});

test('tells once of a chunk that cannot land, and in the end which tables are missing', async () => {
  const running = execution('failing', { onTableError: OnTableError.CONTINUE });
  const events: ExtractEvent[] = [];
  const watch = watchRun(landing(), running.execution, { onEvent: (event) => events.push(event) });
  const begun = await running.begin();
  // Two columns more than were planned.
  await client.query('ALTER TABLE dbo.KillPairs ADD Later int NULL, Still int NULL');
  try {
    for (const item of running.items(begun)) await running.work(begun, item);
  } finally {
    await client.query('ALTER TABLE dbo.KillPairs DROP COLUMN Later, Still');
  }
  const counts = (await watch.look())!;
  expect(counts.failedChunks).toBeGreaterThan(0);
  const warnings = () => ofType(events, 'warning').map(({ message }) => message);
  const told = warnings();
  expect(told).toHaveLength(counts.failedChunks);
  expect(told[0]).toMatch(/^\[dbo\]\.\[KillPairs\], chunk \d+ cannot land: SCHEMA_CHANGED: /);
  await watch.look();
  expect(warnings()).toEqual(told);
  await running.complete(begun);
  running.end();
  expect((await watch.result())!.missingTables).toMatchObject([{ table: 'KillPairs', code: 'SCHEMA_CHANGED' }]);
  expect(ofType(events, 'table-failed')).toMatchObject([{ table: 'KillPairs' }]);
  await watch.close();
});
