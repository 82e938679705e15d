import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseManifest, type Manifest } from '../../../src/contract';
import { extract, ExtractFormat, type ExtractEvent, type ExtractorProps } from '../../../src/extractor/doors/public';
import type { ReplayServer } from '../../../tools/replay-server/replay-server';
import { done, error, packetize } from '../../../tools/replay-server/tds-packets';
import type { Cell } from '../../support/source/result-packets';
import { startScriptedDatabase, type ScriptedDatabase, type ScriptedTable } from '../../support/source/scripted-database';

const ACCOUNTS = { schema: 'dbo', table: 'Accounts', columns: ['Id', 'Name'], primaryKey: ['Id'], rows: [[1, 'Ann'], [2, null], [3, '']] } as const;
const ORDERS = { schema: 'sales', table: 'Orders', columns: ['Id', 'Run'], rows: [[1, 10]] } as const;
const EMPTY = { schema: 'dbo', table: 'Empty', columns: ['Id'], rows: [] } as const;

let server: ReplayServer | undefined;
let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tables-')); });
afterEach(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);

async function run(database: ScriptedDatabase, overrides: Partial<ExtractorProps> = {}, onEvent?: (event: ExtractEvent) => void) {
  server = await startScriptedDatabase(database);
  const result = await extract({
    source: { server: '127.0.0.1', port: server.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
    target: pathToFileURL(folder).href,
    format: ExtractFormat.csv(),
    ...overrides,
  }, { onEvent });
  const manifest = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
  return { result, manifest, requests: server.requests };
}

const textOf = (manifest: Manifest, table: string) =>
  manifest.tables.find((each) => each.table === table)!.objects.map(({ key }) => readFileSync(join(folder, key), 'utf8')).join('');

test('every table lands with its columns, key and counts, in the catalog\'s order', async () => {
  const { result, manifest } = await run({ tables: [ACCOUNTS, EMPTY, ORDERS] });
  expect(result).toMatchObject({ rows: 4, objects: 3, consistency: 'snapshot', verification: 'verified' });
  expect(result.tables.map(({ schema, table, rows, objects }) => [schema, table, rows, objects])).toEqual([
    ['dbo', 'Accounts', 3, 1], ['dbo', 'Empty', 0, 1], ['sales', 'Orders', 1, 1],
  ]);
  expect(manifest).toMatchObject({
    source: { kind: 'tables', productVersion: '16.0.1000.6' },
    tables: [{ primaryKey: ['Id'], columns: [{ name: 'Id', sourceType: 'bigint' }, { name: 'Name' }] }, { table: 'Empty' }, { table: 'Orders' }],
  });
  expect(manifest.tables[1].primaryKey).toBeUndefined();
  expect(textOf(manifest, 'Accounts')).toMatch(/^Id,Name\r?\n1,Ann\r?\n2,\r?\n3,""\r?\n$/);
  expect(textOf(manifest, 'Empty')).toMatch(/^Id\r?\n$/);
});

test('columns are read by name, never by *, and one called like a partition keeps its name under keys with a prefix', async () => {
  const { result, manifest, requests } = await run({ tables: [ORDERS] });
  expect(requests).toContain('SELECT [Id], [Run] FROM [sales].[Orders] OPTION (MAXDOP 1)');
  expect(requests.filter((sql) => /SELECT \*/.test(sql))).toEqual([]);
  expect(result.warnings).toEqual([expect.stringContaining('objects land under landed_database=…')]);
  expect(textOf(manifest, 'Orders')).toMatch(/^Id,Run/);
});

test('tables and excludeTables choose', async () => {
  const { result, requests } = await run({ tables: [ACCOUNTS, EMPTY, ORDERS] }, { tables: ['DBO.*'], excludeTables: ['Empty'] });
  expect(result.tables.map(({ table }) => table)).toEqual(['Accounts']);
  expect(requests.filter((sql) => /Orders|Empty/.test(sql))).toEqual([]);
});

test('a table the login does not see is named with its neighbours, and nothing lands', async () => {
  await expect(run({ tables: [ACCOUNTS] }, { tables: ['dbo.Account'] })).rejects.toMatchObject({
    code: 'NO_TABLE_MATCHED', message: expect.stringContaining("'dbo.Accounts'"),
  });
  expect(files()).toEqual([]);
});

describe('counts', () => {
  test('a difference within a SNAPSHOT transaction fails the run', async () => {
    await expect(run({ tables: [{ ...ACCOUNTS, counted: 4 }] })).rejects.toMatchObject({
      code: 'COUNT_MISMATCH', message: expect.stringMatching(/\[dbo\].\[Accounts\]: 3 rows landed, but the source counts 4/),
    });
    expect(files()).not.toContain('_manifest.json');
  });

  test('without snapshots the reads are READ COMMITTED, with a warning, and a difference is told', async () => {
    const { result, manifest, requests } = await run({ tables: [{ ...ACCOUNTS, counted: 4 }, ORDERS], snapshotAllowed: false });
    expect(result).toMatchObject({ consistency: 'readCommitted', verification: 'unverified' });
    expect(result.warnings[0]).toContain('ALLOW_SNAPSHOT_ISOLATION');
    expect(manifest.verification.detail).toContain('dbo.Accounts: not comparable: the source changed between the read and COUNT_BIG: 3 rows landed, 4 counted');
    expect(requests).not.toContain('COMMIT TRANSACTION');
  });

  test('equal aggregates are verified, also without snapshots', async () => {
    const { result, manifest } = await run({ tables: [ACCOUNTS], snapshotAllowed: false });
    expect(result.verification).toBe('verified');
    expect(result.sourceCheckSeconds).toBeGreaterThan(0);
    expect(manifest.tables[0].verification).toMatchObject({ state: 'verified', sourceRows: 3, aggregates: { nulls: 2, bytes: 1, sum: 1, least: 1, greatest: 1 } });
  });

  test('without sourceAggregates nothing but the count is asked', async () => {
    const { result, manifest, requests } = await run({ tables: [ACCOUNTS] }, { sourceAggregates: false });
    expect(result.verification).toBe('counted');
    expect(manifest.verification.detail).toContain('the source was not asked for aggregates');
    expect(requests.filter((sql) => sql.includes('COUNT_BIG'))).toEqual(['SELECT COUNT_BIG(*) AS row_count FROM [dbo].[Accounts] OPTION (MAXDOP 1)']);
  });
});

describe('aggregates', () => {
  const [first, ...rest] = ACCOUNTS.rows;
  const changed = (id: Cell, name: Cell) => ({ ...ACCOUNTS, aggregated: [[id, name], ...rest] });

  test.each<[string, ScriptedTable, string]>([
    ['a value that is greater', changed(1000, first[1]), 'column "Id": sum 6 landed, 1005 in the source; column "Id": least value 1 landed, 2 in the source; '
      + 'column "Id": greatest value 3 landed, 1000 in the source'],
    ['a text that is longer', changed(first[0], `${first[1]}!`), 'column "Name": DATALENGTH, summed up 6 landed, 8 in the source'],
    ['a NULL', changed(first[0], null), 'column "Name": NULLs 1 landed, 2 in the source'],
  ])('%s in the source fails the run within a SNAPSHOT transaction', async (_, table, difference) => {
    await expect(run({ tables: [table] })).rejects.toMatchObject({
      code: 'AGGREGATE_MISMATCH', message: expect.stringContaining(`[dbo].[Accounts]: what was landed is not what the source has under the same snapshot: ${difference}`),
    });
    expect(files()).not.toContain('_manifest.json');
  });

  test('without snapshots a difference is not comparable, and a warning', async () => {
    const { result, manifest } = await run({ tables: [changed(1000, first[1]), ORDERS], snapshotAllowed: false });
    expect(result.verification).toBe('counted');
    expect(manifest.tables.map(({ verification }) => verification!.state)).toEqual(['counted', 'verified']);
    expect(manifest.tables[0].verification!.detail).toContain('not comparable: the source changed between the read and its aggregates: chunk 0, column "Id": sum 6 landed, 1005 in the source');
    expect(result.warnings.at(-1)).toContain('dbo.Accounts: not comparable');
  });
});

describe('readers', () => {
  const many = Array.from({ length: 6 }, (_, n) => ({ ...ACCOUNTS, table: `T${n}` }));

  test.each([[1, 1], [3, 3], [64, 6]])('%d readers use %d connections', async (readers, connections) => {
    const { result } = await run({ tables: many }, { readers });
    expect(result.tables.map(({ table }) => table)).toEqual(many.map(({ table }) => table));
    expect(server?.logins).toBe(connections);
  });

  test('the largest table is read first', async () => {
    const { requests } = await run({ tables: [EMPTY, ORDERS, ACCOUNTS] }, { readers: 1 });
    const order = requests.map((sql) => /^SELECT \[.* FROM \[\w+\]\.\[(\w+)\] OPTION/.exec(sql)?.[1]).filter(Boolean);
    expect(order).toEqual(['Accounts', 'Orders', 'Empty']);
  });

  test('the first failure stops all, and no manifest is written', async () => {
    const failing = (sql: string) => (/^SELECT \[.*\[T3\] OPTION/.test(sql)
      ? [packetize(Buffer.concat([error(8134, 'Divide by zero error encountered.'), done(2)]), 4096, true)] : undefined);
    await expect(run({ tables: many, override: failing }, { readers: 2 })).rejects.toMatchObject({
      code: 'SOURCE_QUERY_FAILED', message: expect.stringContaining('[dbo].[T3]'),
    });
    expect(files()).not.toContain('_manifest.json');
  });
});

test('events tell the run in order', async () => {
  const events: ExtractEvent[] = [];
  await run({ tables: [ACCOUNTS, ORDERS] }, { readers: 1 }, (event) => events.push(event));
  // Progress comes by the clock.
  expect(events.filter(({ type }) => !type.endsWith('-progress')).map((event) => ('table' in event ? `${event.type} ${event.table}` : event.type))).toEqual([
    'run-started', 'run-planned', 'warning', 'table-started Accounts', 'chunk-verified Accounts', 'table-finished Accounts', 'table-started Orders',
    'chunk-verified Orders', 'table-finished Orders', 'run-verified', 'run-finished',
  ]);
});
