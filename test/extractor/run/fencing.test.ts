import { createHash } from 'node:crypto';
import { parseManifest } from '../../../src/contract';
import { ExtractFormat, type ExtractEvent, type ExtractorProps } from '../../../src/extractor/doors/public';
import { extract, resume } from '../../../src/extractor/run/extract-run';
import { SYSTEM_CLOCK, type Clock } from '../../../src/extractor/state/clock';
import { LEASE_MS } from '../../../src/extractor/state/run-lease';
import type { ReplayServer } from '../../../tools/replay-server/replay-server';
import { FakeS3Server } from '../../support/cloud/fake-s3-server';
import { resultPackets } from '../../support/source/result-packets';
import { startScriptedDatabase, type ScriptedTable } from '../../support/source/scripted-database';

/** Waits for nothing but the renewal of a lease, which never comes. */
const CLOCK: Clock = {
  now: Date.now,
  random: () => 0,
  sleep: async (milliseconds, signal) => (milliseconds >= LEASE_MS / 3 ? SYSTEM_CLOCK.sleep(2 ** 30, signal) : undefined),
};

const rows = (count: number, text: string) => Array.from({ length: count }, (_, id) => [id, `${text} ${id}`] as const);

/** One is a single PutObject, the other a multipart upload; the third is there to be read when these have landed. */
const SMALL: ScriptedTable = { schema: 'dbo', table: 'Small', columns: ['Id', 'Name'], rows: rows(50, 'first') };
const LARGE: ScriptedTable = { schema: 'dbo', table: 'Large', columns: ['Id', 'Name'], rows: rows(9000, 'first '.repeat(160)) };
const LAST: ScriptedTable = { schema: 'dbo', table: 'Tail', columns: ['Id', 'Name'], rows: rows(1, 'only') };

const environment = { ...process.env };
let database: ReplayServer;
let s3: FakeS3Server;
let table: ScriptedTable;
/** Set once the rows of the table have become others. */
let changed: boolean;
let lastIsRead: () => void;
let readLast: Promise<void>;

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => { open = resolve; });
  return { open: () => open(), opened };
}

async function begin(of: ScriptedTable): Promise<void> {
  table = of;
  changed = false;
  const reached = gate();
  [lastIsRead, readLast] = [() => {}, reached.opened];
  const last = gate();
  lastIsRead = last.open;
  database = await startScriptedDatabase({
    tables: [of, LAST],
    override: (sql) => {
      if (!sql.startsWith('SELECT [Id]')) return undefined;
      // The first process reads what the table had then.
      if (sql.includes(`[${of.table}]`)) return changed ? packets(of, 'second') : undefined;
      return (async function* () {
        reached.open();
        await last.opened;
        yield resultPackets(LAST.columns, LAST.rows);
      })();
    },
  });
}

const packets = (of: ScriptedTable, word: string) => (async function* () {
  yield resultPackets(of.columns, of.rows.map(([id, name]) => [id, String(name).replaceAll('first', word)] as const));
})();

beforeEach(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  s3 = await FakeS3Server.start('bucket');
});
afterEach(async () => {
  lastIsRead();
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
  sourceAggregates: false,
});

const isPart = ({ key }: { readonly key: string }) => key.includes(`table=${table.table}/`) && key.includes('/part-');

/** Begins a run and holds the first request of the operation for the table's object back, as a process or network that stands still does. */
async function paused(operation: 'PutObject' | 'CompleteMultipartUpload') {
  const held = gate();
  const release = gate();
  let isFirst = true;
  s3.fault = async (request) => {
    if (!isFirst || request.operation !== operation || !isPart(request)) return;
    isFirst = false;
    held.open();
    await release.opened;
  };
  let runId = '';
  const running = extract(props(), { onEvent: (event) => { if (event.type === 'run-started') ({ runId } = event); } }, CLOCK);
  running.catch(() => undefined);
  await held.opened;
  changed = true;
  return { running, runId, release: release.open };
}

const objects = () => [...s3.objects].filter(([key]) => key.startsWith('landing/')).map(([key, { body }]) => [key, createHash('sha256').update(body).digest('base64')]);

function expectManifestHolds(runId: string): void {
  const manifests = [...s3.objects].filter(([key]) => key.endsWith('_manifest.json')).map(([, { body }]) => parseManifest(body.toString()));
  expect(manifests.map((manifest) => manifest.runId)).toEqual([runId]);
  const landed = manifests[0].tables.flatMap((each) => each.objects);
  expect(landed.map(({ key }) => key).sort()).toEqual([...s3.objects.keys()].filter((key) => key.includes('/part-')).sort());
  for (const { key, checksum } of landed) expect({ key, checksum: s3.objects.get(key)!.checksum }).toEqual({ key, checksum: checksum.value });
  const own = landed.filter(isPart).map(({ key }) => s3.objects.get(key)!.body.toString());
  expect(own.join('')).toContain('second');
  expect(own.join('')).not.toContain('first');
  expect(s3.uploads.size).toBe(0);
  expect([...s3.objects.keys()].filter((key) => key.startsWith('landing-state/'))).toEqual([]);
}

const cases: ReadonlyArray<readonly [operation: 'PutObject' | 'CompleteMultipartUpload', of: ScriptedTable]> = [
  ['PutObject', SMALL], ['CompleteMultipartUpload', LARGE],
];

describe.each(cases)('a %s of a process that stood still', (operation, of) => {
  test('changes nothing when the run, taken over, is complete', async () => {
    await begin(of);
    const { running, runId, release } = await paused(operation);
    lastIsRead();
    await resume(props(), runId, { takeOver: true }, CLOCK);
    const complete = objects();
    release();
    await expect(running).rejects.toMatchObject({ code: 'RUN_IN_USE' });
    expect(objects()).toEqual(complete);
    expectManifestHolds(runId);
  });

  test('changes nothing when the one that took the run over has landed its chunk', async () => {
    await begin(of);
    const { running, runId, release } = await paused(operation);
    const resumed = resume(props(), runId, { takeOver: true }, CLOCK);
    await readLast;
    const landed = objects();
    release();
    await expect(running).rejects.toMatchObject({ code: 'RUN_IN_USE' });
    expect(objects()).toEqual(landed);
    lastIsRead();
    await resumed;
    expectManifestHolds(runId);
  });

  test('is replaced where it comes before the one that took the run over lands its chunk', async () => {
    await begin(of);
    const { running, runId, release } = await paused(operation);
    const hold = s3.fault;
    let came = false;
    s3.fault = async (request) => {
      // What the second process has read is on its way when the first one's request arrives.
      if (!came && request.operation === operation && isPart(request)) {
        came = true;
        release();
        await running.catch(() => undefined);
      }
      return hold(request) as Promise<void>;
    };
    lastIsRead();
    await resume(props(), runId, { takeOver: true }, CLOCK);
    await expect(running).rejects.toMatchObject({ code: 'RUN_IN_USE' });
    expectManifestHolds(runId);
  });
});

test('a part whose answer was lost is found to be the own one, and is not read again', async () => {
  await begin(SMALL);
  lastIsRead();
  let lost = false;
  s3.fault = (request) => {
    if (lost || request.operation !== 'PutObject' || !isPart(request)) return undefined;
    lost = true;
    return 'lost-answer';
  };
  const events: ExtractEvent[] = [];
  await extract(props(), { onEvent: (event) => events.push(event) }, CLOCK);
  expect(lost).toBe(true);
  expect(events.filter(({ type }) => type === 'chunk-retry')).toEqual([]);
});

test('of two processes that end a run one writes the manifest', async () => {
  await begin(SMALL);
  lastIsRead();
  changed = true;
  const held = gate();
  const release = gate();
  let isFirst = true;
  s3.fault = async ({ operation, key }) => {
    if (!isFirst || operation !== 'PutObject' || !key.endsWith('_manifest.json')) return;
    isFirst = false;
    held.open();
    await release.opened;
  };
  let runId = '';
  const running = extract(props(), { onEvent: (event) => { if (event.type === 'run-started') ({ runId } = event); } }, CLOCK);
  running.catch(() => undefined);
  await held.opened;
  await resume(props(), runId, { takeOver: true }, CLOCK);
  const complete = objects();
  release.open();
  await expect(running).rejects.toMatchObject({ code: 'RUN_IN_USE', message: expect.stringContaining('another process has written') });
  expect(objects()).toEqual(complete);
  expectManifestHolds(runId);
});
