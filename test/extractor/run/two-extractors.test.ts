import { parseManifest } from '../../../src/contract';
import { ExtractFormat, type ExtractEvent, type ExtractorProps } from '../../../src/extractor/doors/public';
import { extract, resume } from '../../../src/extractor/run/extract-run';
import { abort } from '../../../src/extractor/run/manage/run-cleanup';
import { SYSTEM_CLOCK, type Clock } from '../../../src/extractor/state/clock';
import { LEASE_MS } from '../../../src/extractor/state/run-lease';
import type { ReplayServer } from '../../../tools/replay-server/replay-server';
import { FakeS3Server } from '../../support/cloud/fake-s3-server';
import { resultPackets } from '../../support/source/result-packets';
import { startScriptedDatabase, type ScriptedTable } from '../../support/source/scripted-database';

const TABLES: readonly ScriptedTable[] = Array.from({ length: 4 }, (_, at) => ({
  schema: 'dbo', table: `T${at}`, columns: ['Id', 'Name'], rows: Array.from({ length: 50 - at }, (__, id) => [id, `name ${id}`] as const),
}));

/** A clock of a process that may stand still; what it sleeps for as long as a lease it sleeps for good. */
class ProcessClock implements Clock {
  public ahead = 0;

  public now(): number {
    return Date.now() + this.ahead;
  }

  public random(): number {
    return 0;
  }

  public async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return milliseconds >= LEASE_MS / 3 ? SYSTEM_CLOCK.sleep(2 ** 30, signal) : undefined;
  }
}

const environment = { ...process.env };
let database: ReplayServer;
let s3: FakeS3Server;
/** Whoever reads the table first waits for this. */
let gate: { readonly reached: Promise<void>; readonly open: () => void; table: ScriptedTable };
let clock: ProcessClock;

beforeEach(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  s3 = await FakeS3Server.start('bucket');
  clock = new ProcessClock();
  let reach = () => {};
  let open = () => {};
  const opened = new Promise<void>((resolve) => { open = resolve; });
  gate = { reached: new Promise<void>((resolve) => { reach = resolve; }), open, table: TABLES[TABLES.length - 1] };
  let reads = 0;
  database = await startScriptedDatabase({
    tables: TABLES,
    override: (sql) => (sql.startsWith('SELECT [Id]') && sql.includes(`[${gate.table.table}]`) && reads++ === 0 ? (async function* () {
      reach();
      await opened;
      yield resultPackets(gate.table.columns, gate.table.rows);
    })() : undefined),
  });
});
afterEach(async () => {
  await database.stop();
  await s3.stop();
  process.env = { ...environment };
});

const props = (): ExtractorProps => ({
  source: { server: '127.0.0.1', port: database.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
  target: 's3://bucket/landing',
  endpointUrl: s3.endpoint,
  format: ExtractFormat.csv({ header: false }),
  readers: 1,
});

/** Begins a run and waits until it stands at the gate: all but the last table are finished then, if that is the gate's. */
async function begun() {
  const events: ExtractEvent[] = [];
  const running = extract(props(), { onEvent: (event) => events.push(event) }, clock);
  running.catch(() => undefined);
  await gate.reached;
  const started = events.find((event) => event.type === 'run-started');
  return { running, runId: (started as { readonly runId: string }).runId };
}

const other = (milliseconds: number): Clock => ({ ...SYSTEM_CLOCK, now: () => Date.now() + milliseconds });
const stateKeys = () => [...s3.objects.keys()].filter((key) => key.startsWith('landing-state/'));

function expectWhole(runId: string): void {
  const manifests = [...s3.objects].filter(([key]) => key.endsWith('_manifest.json')).map(([, { body }]) => parseManifest(body.toString()));
  expect(manifests.map((manifest) => manifest.runId)).toEqual([runId]);
  const landed = new Map(manifests[0].tables.map(({ table, objects }) => [table, objects.map(({ key }) => s3.objects.get(key)!.body.toString()).join('')]));
  for (const { table, rows } of TABLES) expect({ table, text: landed.get(table) }).toEqual({ table, text: rows.map((row) => `${row.join(',')}\n`).join('') });
  expect(s3.uploads.size).toBe(0);
  expect(stateKeys()).toEqual([]);
}

test('the second of two on one run is told who has it, and the first lands it whole', async () => {
  const { running, runId } = await begun();
  await expect(resume(props(), runId)).rejects.toMatchObject({ code: 'RUN_IN_USE', message: expect.stringContaining(`process ${process.pid} `) });
  await expect(abort({ target: 's3://bucket/landing', endpointUrl: s3.endpoint }, runId)).rejects.toMatchObject({ code: 'RUN_IN_USE' });
  gate.open();
  await running;
  expectWhole(runId);
});

test('a lease that its holder, which stands still, did not renew is taken over; the holder learns it before its next object appears', async () => {
  const { running, runId } = await begun();
  await expect(resume(props(), runId, {}, other(LEASE_MS / 2))).rejects.toMatchObject({ code: 'RUN_IN_USE' });
  clock.ahead = LEASE_MS + 1000;
  const resumed: ExtractEvent[] = [];
  await resume(props(), runId, { onEvent: (event) => resumed.push(event) }, other(LEASE_MS + 1000));
  expect(resumed.filter(({ type }) => type === 'table-started')).toMatchObject([{ table: 'T3' }]);
  const requests = s3.requests.length;
  gate.open();
  await expect(running).rejects.toMatchObject({ code: 'RUN_IN_USE' });
  const written = s3.requests.slice(requests).filter(({ key, operation }) => key.startsWith('landing/') && /^(PutObject|CompleteMultipart)/.test(operation));
  expect(written).toEqual([]);
  expectWhole(runId);
});

test('a run that is taken over by name, and ended, is not ended a second time by the process it was taken from', async () => {
  const { running, runId } = await begun();
  await resume(props(), runId, { takeOver: true });
  gate.open();
  await expect(running).rejects.toMatchObject({ code: 'RUN_IN_USE', message: expect.stringContaining('taken it over') });
  expectWhole(runId);
});

test('a process that lost its run before it finished anything leaves the checkpoint to the one that has it', async () => {
  [gate.table] = TABLES;
  const { running, runId } = await begun();
  const stop = new AbortController();
  const onEvent = ({ type }: ExtractEvent) => { if (type === 'table-finished') stop.abort(); };
  await expect(resume(props(), runId, { takeOver: true, signal: stop.signal, onEvent })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  gate.open();
  await expect(running).rejects.toMatchObject({ code: 'RUN_IN_USE' });
  expect(stateKeys().filter((key) => key.endsWith('/run.json'))).toHaveLength(1);
  await resume(props(), runId);
  expectWhole(runId);
});
