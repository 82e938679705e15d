import { parseManifest, type Manifest } from '../../../../src/contract';
import { ExtractFormat, type ExtractEvent, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { extract, resume } from '../../../../src/extractor/run/extract-run';
import { SYSTEM_CLOCK, type Clock } from '../../../../src/extractor/state/clock';
import type { ReplayServer } from '../../../../tools/replay-server/replay-server';
import { FakeS3Server, type Fault, type RecordedRequest } from '../../../support/cloud/fake-s3-server';
import { startScriptedDatabase, type ScriptedTable } from '../../../support/source/scripted-database';

const TABLES: readonly ScriptedTable[] = [
  ...Array.from({ length: 12 }, (_, at) => ({
    schema: 'dbo', table: `T${at}`, columns: ['Id', 'Name'], rows: Array.from({ length: 50 + at }, (__, id) => [id, `name ${id}`] as const),
  })),
  // About 18 MB: three parts.
  { schema: 'dbo', table: 'Large', columns: ['Id', 'Text'], rows: Array.from({ length: 4500 }, (_, id) => [id, 'x'.repeat(3990)] as const) },
];

/** Retries come at once; what is longer, the lease's renewals and the watchdog's looks, is real. */
const CLOCK: Clock = {
  ...SYSTEM_CLOCK,
  sleep: async (milliseconds, signal) => (milliseconds >= 20_000 ? SYSTEM_CLOCK.sleep(milliseconds, signal) : undefined),
};

const environment = { ...process.env };
let database: ReplayServer;
let s3: FakeS3Server;

beforeAll(async () => { database = await startScriptedDatabase({ tables: TABLES }); });
afterAll(async () => database.stop());
beforeEach(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  s3 = await FakeS3Server.start('bucket');
});
afterEach(async () => {
  await s3.stop();
  process.env = { ...environment };
});

const props = (): ExtractorProps => ({
  source: { server: '127.0.0.1', port: database.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
  target: 's3://bucket/landing',
  endpointUrl: s3.endpoint,
  format: ExtractFormat.csv({ header: false }),
  readers: 2,
  maxRetries: 10,
});

const manifests = () => [...s3.objects].filter(([key]) => key.endsWith('_manifest.json')).map(([, { body }]) => parseManifest(body.toString()));

function expectWhole(manifest: Manifest): void {
  for (const { table, columns, rows } of TABLES) {
    const landed = manifest.tables.find((each) => each.table === table)!.objects.map(({ key }) => s3.objects.get(key)!.body.toString()).join('');
    expect({ table, columns, same: landed === rows.map((row) => `${row.join(',')}\n`).join('') }).toEqual({ table, columns, same: true });
  }
  expect(s3.uploads.size).toBe(0);
  expect([...s3.objects.keys()].filter((key) => key.startsWith('landing-state/'))).toEqual([]);
}

/** The same faults for the same seed (a linear congruential generator), on one request of five. */
function faults(seed: number, kinds: readonly Fault[]): (request: RecordedRequest) => Fault | undefined {
  let state = seed;
  const next = (below: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor(state / 2 ** 32 * below);
  };
  return () => (next(5) === 0 ? kinds[next(kinds.length)] : undefined);
}

test.each([1, 2, 3])('errors 500 and 503 and lost answers on a fifth of all requests (seed %d): the run is whole', async (seed) => {
  s3.fault = faults(seed, [{ status: 500, code: 'InternalError' }, { status: 503, code: 'SlowDown' }, 'lost-answer']);
  const result = await extract(props(), {}, CLOCK);
  s3.fault = () => undefined;
  expect(manifests()).toHaveLength(1);
  expect(manifests()[0].runId).toBe(result.runId);
  expectWhole(manifests()[0]);
}, 60_000);

test('no answer within the timeout, late answers, errors and lost answers on a fifth of all requests: the run is whole', async () => {
  s3.fault = faults(4, [{ status: 500, code: 'InternalError' }, { status: 503, code: 'SlowDown' }, { delayMs: 300 }, 'lost-answer', 'hang', 'hang-after']);
  await extract({ ...props(), targetTimeoutSeconds: 1 }, {}, CLOCK);
  s3.fault = () => undefined;
  expectWhole(manifests()[0]);
}, 60_000);

test('a store that answers nothing any more ends the run with the cause, after the retries', async () => {
  let puts = 0;
  s3.fault = ({ operation }) => (operation === 'PutObject' && ++puts > 10 ? 'hang' : undefined);
  const failed = extract({ ...props(), targetTimeoutSeconds: 1, maxRetries: 0 }, {}, CLOCK);
  await expect(failed).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE', message: expect.stringMatching(/does not answer/) });
  expect(manifests()).toEqual([]);
}, 60_000);

test('credentials that expire during the run end it with the cause; with new ones it goes on where it was', async () => {
  let finished = 0;
  s3.fault = ({ operation, key }) => {
    if (operation === 'PutObject' && /\/chunk-/.test(key)) finished += 1;
    return finished > 4 ? { status: 400, code: 'ExpiredToken' } : undefined;
  };
  const events: ExtractEvent[] = [];
  const failed = extract(props(), { onEvent: (event) => events.push(event) }, CLOCK);
  await expect(failed).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED', message: expect.stringMatching(/expired/i) });
  expect(manifests()).toEqual([]);
  s3.fault = () => undefined;
  const runId = [...s3.objects.keys()].map((key) => /run=([^/]+)\/run\.json$/.exec(key)?.[1]).find(Boolean)!;
  const resumed: ExtractEvent[] = [];
  // The lease of the run that failed could not be released.
  await resume(props(), runId, { onEvent: (event) => resumed.push(event), takeOver: true }, CLOCK);
  expectWhole(manifests()[0]);
  expect(resumed.filter(({ type }) => type === 'chunk-finished').length).toBeLessThan(TABLES.length);
});

test('a manifest that cannot be written ends the run with the cause; resumed, it is whole', async () => {
  s3.fault = ({ key }) => (key.endsWith('_manifest.json') ? { status: 403, code: 'AccessDenied' } : undefined);
  let runId = '';
  const failed = extract(props(), { onEvent: (event) => { if (event.type === 'run-started') runId = event.runId; } }, CLOCK);
  await expect(failed).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED', message: expect.stringContaining('_manifest.json') });
  expect(manifests()).toEqual([]);
  s3.fault = () => undefined;
  await resume(props(), runId, {}, CLOCK);
  expectWhole(manifests()[0]);
});

test('a manifest that is refused for a while is written in the end, and the log says so', async () => {
  let refused = 0;
  s3.fault = ({ key }) => (key.endsWith('_manifest.json') && refused++ < 12 ? { status: 503, code: 'SlowDown' } : undefined);
  const events: ExtractEvent[] = [];
  await extract(props(), { onEvent: (event) => events.push(event) }, CLOCK);
  expectWhole(manifests()[0]);
  expect(events.filter(({ type }) => type === 'target-retry')[0]).toMatchObject({ what: 'write the manifest', attempt: 1, code: 'TARGET_UNREACHABLE' });
});
