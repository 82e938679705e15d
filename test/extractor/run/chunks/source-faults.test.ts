import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseManifest } from '../../../../src/contract';
import { Consistency, ExtractFormat, type ExtractEvent, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { extract } from '../../../../src/extractor/run/extract-run';
import { SYSTEM_CLOCK, type Clock } from '../../../../src/extractor/state/clock';
import { startStandIn, type Fault, type FaultRequest, type StandIn } from '../../../../tools/stand-in';

/** Retries come at once; the watchdog's looks, of tenths of a second here, and the lease's renewals are real. */
const CLOCK: Clock = {
  ...SYSTEM_CLOCK,
  sleep: async (milliseconds, signal) => (milliseconds >= 500 && milliseconds < 20_000 ? undefined : SYSTEM_CLOCK.sleep(milliseconds, signal)),
};

let server: StandIn;
let folder: string;
let whole: string[];

beforeAll(async () => {
  server = await startStandIn({ transactions: 6000 });
  folder = mkdtempSync(join(tmpdir(), 'source-faults-'));
  whole = (await run(() => undefined)).lines;
  expect(whole).toHaveLength(6000);
}, 60_000);
afterAll(async () => server?.stop());
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'source-faults-')); });
afterEach(() => {
  server.faults.onRequest = undefined;
  rmSync(folder, { recursive: true });
});

const isRead = ({ sql }: FaultRequest) => /^SELECT \[TransactionId\]/.test(sql);
const landedFiles = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);

/** Extracts a table of four chunks; `fault` is asked with the number of the read, from 1, and undefined for other requests. */
async function run(fault: (read: number | undefined, request: FaultRequest) => Fault | undefined, overrides: Partial<ExtractorProps> = {}) {
  const events: ExtractEvent[] = [];
  let reads = 0;
  server.faults.onRequest = (request) => fault(isRead(request) ? ++reads : undefined, request);
  const result = await extract({
    source: { server: server.host, port: server.port, database: server.database, user: server.user, password: server.password, encrypt: false },
    target: pathToFileURL(folder).href,
    tables: ['Transactions'],
    targetChunkRows: 1500,
    readers: 2,
    maxRetries: 8,
    idleTimeoutSeconds: 1,
    format: ExtractFormat.csv({ header: false }),
    ...overrides,
  }, { onEvent: (event) => events.push(event) }, CLOCK);
  const manifest = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
  const lines = manifest.tables[0].objects.flatMap(({ key }) => readFileSync(join(folder, key), 'utf8').trim().split('\n')).sort();
  return { manifest, lines, retries: events.filter((event) => event.type === 'chunk-retry') };
}

async function expectWhole(fault: Fault, told: object, overrides: Partial<ExtractorProps> = {}) {
  const { manifest, lines, retries } = await run((read) => (read !== undefined && read % 2 === 1 ? fault : undefined), overrides);
  expect(lines).toEqual(whole);
  expect(manifest.verification.state).toBe('verified');
  expect(retries.length).toBeGreaterThanOrEqual(4);
  for (const retry of retries) expect(retry).toMatchObject(told);
}

describe('on every second read the run is complete and verified all the same after', () => {
  test.each<[string, Fault, object]>([
    ['a connection dropped in the middle of a row', { kind: 'drop', afterBytes: 70_001 }, { code: 'SOURCE_CONNECTION_LOST' }],
    ['a source that stalls in the middle of a row', { kind: 'stall', afterBytes: 70_001 }, { code: 'SOURCE_STALLED' }],
    ['a source that answers nothing', { kind: 'stall', afterBytes: 0 }, { code: 'SOURCE_STALLED' }],
    ['a deadlock before the first row', { kind: 'error', number: 1205 }, { message: expect.stringContaining('1205') }],
    ['a deadlock among the rows', { kind: 'error', number: 1205, afterBytes: 50_000 }, { message: expect.stringContaining('1205') }],
    ['a busy service', { kind: 'error', number: 40501 }, { message: expect.stringContaining('40501') }],
    ['too many workers, among the rows', { kind: 'error', number: 10928, afterBytes: 50_000 }, { message: expect.stringContaining('10928') }],
  ])('%s', async (_, fault, told) => expectWhole(fault, told));

  test.each([Consistency.DATABASE_SNAPSHOT, Consistency.READ_COMMITTED])('a dropped connection, under %s', async (consistency) => {
    await expectWhole({ kind: 'drop', afterBytes: 70_001 }, { code: 'SOURCE_CONNECTION_LOST' }, { consistency });
  });
});

test('a source that answers slowly is waited for', async () => {
  const { lines, retries } = await run((read) => (read === undefined ? undefined : { kind: 'slow', bytesPerSecond: 400_000 }));
  expect(lines).toEqual(whole);
  expect(retries).toEqual([]);
});

test('a login that is refused for a while, as while a database moves, is tried anew', async () => {
  let refused = 0;
  const { lines, retries } = await run((read, { kind }) => {
    if (read === 1) return { kind: 'drop', afterBytes: 5000 };
    return kind === 'login' && read === undefined && server.faults.onRequest && refused++ === 2 ? { kind: 'error', number: 40613, severity: 14 } : undefined;
  });
  expect(lines).toEqual(whole);
  expect(retries).toContainEqual(expect.objectContaining({ code: 'SOURCE_UNREACHABLE', number: 40613, message: expect.stringContaining('is not available now') }));
});

test.each<[string, Fault, string]>([
  ['connections that are always dropped', { kind: 'drop', afterBytes: 70_001 }, 'SOURCE_CONNECTION_LOST'],
  ['deadlocks without end', { kind: 'error', number: 1205 }, 'SOURCE_QUERY_FAILED'],
  ['an error that does not pass', { kind: 'error', number: 8134, afterBytes: 50_000 }, 'SOURCE_QUERY_FAILED'],
])('%s: the run fails with the cause, and nothing counts', async (_, fault, code) => {
  await expect(run((read) => (read === undefined ? undefined : fault), { maxRetries: 2 })).rejects.toMatchObject({ code });
  expect(landedFiles()).toEqual([]);
});
