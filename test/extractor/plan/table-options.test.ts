import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type sql from 'mssql';
import { parseManifest } from '../../../src/contract';
import { type TableOptions } from '../../../src/extractor/api/selection';
import { extract, ExtractFormat, plan, verifyRun, type ExtractorProps } from '../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { connectClient, sourceOf } from '../../support/source/stand-in-client';

let server: StandIn;
let client: sql.ConnectionPool;
let folder: string;

beforeAll(async () => {
  server = await startStandIn({ transactions: 3_000 });
  client = await connectClient(server);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'table-options-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function props(tableOptions: TableOptions[], overrides: Partial<ExtractorProps> = {}): ExtractorProps {
  return {
    source: sourceOf(server),
    target: pathToFileURL(folder).href,
    format: ExtractFormat.csv({ header: false }),
    tables: ['dbo.Transactions'],
    tableOptions,
    ...overrides,
  };
}

async function landed(given: ExtractorProps) {
  const result = await extract(given);
  const [table] = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8')).tables;
  const lines = table.objects.flatMap(({ key }) => readFileSync(join(folder, key), 'utf8').split('\n').filter((line) => line !== ''));
  return { result, table, lines };
}

test('only the chosen columns land, in the order of the table', async () => {
  const { table, lines } = await landed(props([{ table: 'Transactions', columns: ['amount', 'TransactionId'] }]));
  expect(table.columns.map(({ name }) => name)).toEqual(['TransactionId', 'Amount']);
  expect(table.excludedColumns).toContain('Memo');
  expect(lines).toHaveLength(3_000);
  expect(lines[0].split(',')).toHaveLength(2);
});

test('excluded columns do not land, and a key that lost one is none', async () => {
  const made = await plan(props([{ table: 'dbo.*', excludeColumns: ['Memo'] }, { table: 'Trans*', excludeColumns: ['TransactionId'], targetChunkRows: 100 }]));
  // The last that matches says which columns are left out.
  expect(made.tables[0]).toMatchObject({ excludedColumns: ['TransactionId'], primaryKey: [] });
  expect(made.tables[0].columns.map(({ name }) => name)).toContain('Memo');
});

test('a filter of rows holds in every chunk and in the count, whatever the filter ends with', async () => {
  const { recordset: [{ n }] } = await client.query('SELECT COUNT(*) AS n FROM dbo.Transactions WHERE Amount > 0 OR TransactionId < 100');
  expect(n).toBeGreaterThan(100);
  expect(n).toBeLessThan(3_000);
  const given = props([{ table: 'Transactions', rowFilter: 'Amount > 0 OR TransactionId < 100 -- large', targetChunkRows: 500 }], { readers: 2 });
  const { result, table, lines } = await landed(given);
  expect(table.chunks!.length).toBeGreaterThan(3);
  expect(table.rowFilter).toBe('Amount > 0 OR TransactionId < 100 -- large');
  expect(result.verification).not.toBe('unverified');
  expect(lines).toHaveLength(n);
  expect(new Set(lines).size).toBe(n);
});

test('verify reads the source as the manifest says, and a plan that was saved is still good', async () => {
  const given = props([{ table: 'Transactions', excludeColumns: ['Memo'], rowFilter: 'TransactionId <= 1000' }]);
  const made = JSON.parse(JSON.stringify(await plan(given)));
  const unchosen = { ...given, tables: undefined, tableOptions: undefined };
  const { result, table } = await landed({ ...unchosen, plan: made });
  expect(table).toMatchObject({ rows: 1000, excludedColumns: ['Memo'] });
  expect(await verifyRun(unchosen, result.runId, { againstSource: true })).toMatchObject({ problems: [], sourceCompared: true });
});

test.each<[TableOptions[], string, RegExp]>([
  [[{ table: 'Customers' }], 'NO_TABLE_MATCHED', /tableOptions names 'Customers', but no table that is extracted/],
  [[{ table: 'Transactions', columns: ['Amuont'] }], 'INVALID_CONFIG', /names the column 'Amuont', which is not there; did you mean 'Amount'\?/],
  [[{ table: 'Transactions', columns: ['Memo'], excludeColumns: ['Memo'] }], 'INVALID_CONFIG', /leaves no column of \[dbo\]\.\[Transactions\]/],
  [[{ table: 'a.b.c' }], 'INVALID_CONFIG', /not a table pattern/],
  [[{ table: 'Transactions', rowFilter: ' ' }], 'INVALID_CONFIG', /tableOptions\[0\]\.rowFilter must be a condition/],
])('%j is refused', async (tableOptions, code, message) => {
  await expect(plan(props(tableOptions))).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('a filter that would leave its place is refused wherever it comes from, and the source keeps its rows', async () => {
  const rows = async () => (await client.query<{ n: number }>('SELECT COUNT(*) AS n FROM dbo.Transactions')).recordset[0].n;
  const before = await rows();
  const evil = '1=1; DELETE FROM dbo.Transactions WHERE TransactionId <= 10';
  await expect(extract(props([{ table: 'Transactions', rowFilter: evil }]))).rejects
    .toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('tableOptions[0].rowFilter must be one condition and nothing else, but it has DELETE') });
  const given = props([{ table: 'Transactions', rowFilter: 'TransactionId <= 1000' }]);
  const made = await plan(given);
  const unchosen = { ...given, tables: undefined, tableOptions: undefined };
  const edited = { ...made, tables: made.tables.map((table) => ({ ...table, rowFilter: `${table.rowFilter}) ; ${evil} AND (1=1` })) };
  await expect(extract({ ...unchosen, plan: edited })).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('tables[0].rowFilter: expected one condition') });
  const typed = { ...made, tables: made.tables.map((table) => ({ ...table, columns: table.columns.map((column) => ({ ...column, type: `int, 0); ${evil} --` })) })) };
  await expect(extract({ ...unchosen, plan: typed })).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('tables[0].columns[0].type: expected a type') });
  // Who may write the manifest sends nothing to the source by it.
  const { result } = await landed(given);
  const path = join(folder, result.manifestKey);
  writeFileSync(path, readFileSync(path, 'utf8').replace('TransactionId <= 1000', evil));
  await expect(verifyRun(unchosen, result.runId, { againstSource: true })).rejects
    .toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining("manifest's [dbo].[Transactions] cannot be read from the source: rowFilter") });
  expect(await rows()).toBe(before);
});

test('a query is one SELECT, also when a manifest gives it back', async () => {
  const query = { sql: 'SELECT TransactionId FROM dbo.Transactions WHERE TransactionId <= 10', name: 'ten' };
  const given = { ...props([]), tables: undefined, tableOptions: undefined, query };
  const { result } = await landed(given);
  expect(await verifyRun(given, result.runId, { againstSource: true })).toMatchObject({ problems: [] });
  const path = join(folder, result.manifestKey);
  writeFileSync(path, readFileSync(path, 'utf8').replace('<= 10"', '<= 10; DELETE FROM dbo.Transactions"'));
  await expect(verifyRun(given, result.runId, { againstSource: true })).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('has DELETE') });
  await expect(extract({ ...given, query: { ...query, sql: `${query.sql}; WAITFOR DELAY '0:01'` } })).rejects
    .toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('behind its semicolon it goes on with WAITFOR') });
});
