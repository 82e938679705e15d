import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { parseManifest } from '../../../src/contract';
import { extract, ExtractFormat, type ExtractEvent, type ExtractorProps } from '../../../src/extractor/doors/public';
import { ReplayServer } from '../../../tools/replay-server/replay-server';
import { done, error, packetize } from '../../../tools/replay-server/tds-packets';
import { capturePackets, expectedRows } from '../../support/tds/captures';

/** A query extraction against a server that can only answer that query. */
const SQL = 'select top 2000 * from dbo.Transactions order by TransactionId';

let server: ReplayServer;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'query-'));
  server = await ReplayServer.start({ packetSize: 16384, reply: () => [capturePackets('transactions-2000')] });
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

function props(overrides: Partial<ExtractorProps> = {}): ExtractorProps {
  return {
    source: { server: '127.0.0.1', port: server.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
    target: pathToFileURL(folder).href,
    query: { sql: SQL, name: 'dbo.Latest' },
    ...overrides,
  };
}

const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);

async function duckdb(sql: string): Promise<string[][]> {
  const connection = await (await DuckDBInstance.create()).connect();
  try {
    const rows = await (await connection.run(sql)).getRowsJson();
    return rows.map((row) => row.map(String));
  } finally {
    connection.closeSync();
  }
}

test('sends the server nothing but SET statements and the query, and says that nothing was verified', async () => {
  const events: ExtractEvent[] = [];
  const result = await extract(props({ format: ExtractFormat.csv() }), { onEvent: (event) => events.push(event) });
  expect(server.requests).toEqual([SQL]);
  expect(result).toMatchObject({ rows: 2000, objects: 1, consistency: 'query', verification: 'unverified' });
  const manifest = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
  expect(manifest).toMatchObject({
    source: { kind: 'query', database: 'Ledger', query: SQL },
    consistency: { mode: 'query' },
    verification: { state: 'unverified' },
    tables: [{ schema: 'dbo', table: 'Latest', rows: 2000 }],
    totals: { rows: 2000, objects: 1 },
  });
  expect(files().sort()).toEqual(['_manifest.json', 'part-00000-0000.csv']);
  // Progress comes by the clock.
  expect(events.map(({ type }) => type).filter((type) => !type.endsWith('-progress'))).toEqual(['run-started', 'table-started', 'table-finished', 'run-verified', 'run-finished']);
});

test.each([
  ['CSV', ExtractFormat.csv(), (key: string) => `read_csv('${key}', all_varchar = true)`],
  ['Parquet', ExtractFormat.parquet(), (key: string) => `read_parquet('${key}')`],
])('%s holds every row', async (_, format, reader) => {
  const result = await extract(props({ format }));
  const manifest = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
  const from = reader(join(folder, manifest.tables[0].objects[0].key));
  const { header, rows } = expectedRows('transactions-2000');
  const id = header.indexOf('transactionid');
  expect((await duckdb(`SELECT CAST(TransactionId AS VARCHAR) FROM ${from}`)).map(([value]) => value)).toEqual(rows.map((row) => row[id]));
});

test('a server error fails the run with its number, without manifest or half a file', async () => {
  await server.stop();
  server = await ReplayServer.start({ reply: () => [capturePackets('error-after-rows')] });
  await expect(extract(props({ format: ExtractFormat.csv() }))).rejects.toMatchObject({ code: 'SOURCE_QUERY_FAILED', message: expect.stringContaining("query 'Latest'") });
  expect(files()).toEqual([]);
});

test('a missing permission is told apart', async () => {
  await server.stop();
  server = await ReplayServer.start({
    reply: () => [packetize(Buffer.concat([error(229, "The SELECT permission was denied on the object 'T'."), done(2)]), 4096, true)],
  });
  await expect(extract(props())).rejects.toMatchObject({ code: 'SOURCE_PERMISSION_DENIED' });
});

test('a connection that breaks while rows come fails the run', async () => {
  await server.stop();
  server = await ReplayServer.start({
    packetSize: 16384,
    reply: async function* () {
      yield capturePackets('transactions-2000').subarray(0, 100_000);
      server.dropConnections();
    },
  });
  await expect(extract(props({ format: ExtractFormat.csv(), maxRetries: 0 }))).rejects.toMatchObject({ code: 'SOURCE_CONNECTION_LOST' });
  expect(files()).toEqual([]);
});

test('an AbortSignal stops the run while the server sends, and leaves nothing', async () => {
  await server.stop();
  const controller = new AbortController();
  server = await ReplayServer.start({
    packetSize: 16384,
    reply: async function* () {
      yield capturePackets('transactions-2000').subarray(0, 100_000);
      controller.abort();
      await new Promise((resolve) => setImmediate(resolve));
    },
  });
  await expect(extract(props({ format: ExtractFormat.csv() }), { signal: controller.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(files()).toEqual([]);
});

test('a signal that is aborted already stops the run before anything is reached', async () => {
  await expect(extract(props(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(server.requests).toEqual([]);
});

test('what onEvent throws fails the run', async () => {
  await expect(extract(props(), { onEvent: () => { throw new Error('listener'); } })).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('listener') });
});

test('with encryption on, a server without it never gets the password', async () => {
  const secure = props({ source: { ...props().source, encrypt: true } });
  await expect(extract(secure)).rejects.toMatchObject({ code: 'TLS_UNTRUSTED', message: expect.stringContaining('offers no encryption') });
  expect(server.logins).toBe(0);
});
