import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type sql from 'mssql';
import { parseManifest } from '../../../src/contract';
import { Consistency, extract, ExtractFormat, plan, SourceHashes, SourceRisk, verifyRun, type ExtractorProps } from '../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { connectClient, sourceOf } from '../../support/source/stand-in-client';

const MASKED = { user: 'masked', password: 'masked-Secret-1', unmask: false };

let server: StandIn;
let client: sql.ConnectionPool;
let folder: string;

beforeAll(async () => {
  server = await startStandIn({ transactions: 10, logins: [MASKED] });
  client = await connectClient(server);
  await client.batch(`CREATE TABLE dbo.Orders (Id int NOT NULL PRIMARY KEY, Net decimal(19,4) NULL, Mail varchar(40) MASKED WITH (FUNCTION = 'email()') NULL);
    CREATE TABLE dbo.Hot (Id int NOT NULL PRIMARY KEY NONCLUSTERED) WITH (MEMORY_OPTIMIZED = ON)`);
  await client.batch('INSERT INTO dbo.Orders SELECT value, value * 1.5, \'a@b\' FROM GENERATE_SERIES(1, 100)');
  await client.batch('CREATE VIEW dbo.LargeOrders (OrderId, Net) AS SELECT Id, Net FROM dbo.Orders WHERE Net > 75');
  await client.batch('CREATE VIEW dbo.Largest AS SELECT OrderId FROM dbo.LargeOrders WHERE Net > 149');
  await client.batch('CREATE VIEW dbo.HotOrders AS SELECT Id FROM dbo.Hot');
  await client.batch('CREATE SYNONYM dbo.Bestellungen FOR dbo.Orders');
  await client.batch('CREATE FUNCTION dbo.OrdersOf (@id int) RETURNS TABLE AS RETURN (SELECT Id FROM dbo.Orders WHERE Id = @id)');
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'views-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const props = (tables: string[], more: Partial<ExtractorProps> = {}): ExtractorProps => ({
  source: sourceOf(server),
  target: pathToFileURL(folder).href,
  format: ExtractFormat.csv({ header: false }),
  threads: 0,
  tables,
  ...more,
});

test.each([
  ['dbo.LargeOrders', /'dbo\.LargeOrders': \[dbo\]\.\[LargeOrders\] is a view, which lands with includeViews/],
  ['dbo.Bestellungen', /is a synonym of \[dbo\]\.\[Orders\]: name that/],
  ['dbo.OrdersOf', /is a table-valued function, which a query/],
  ['dbo.Nothing', /no table matches 'dbo\.Nothing'; /],
])('%s is no table, and the message says what it is', async (name, message) => {
  await expect(extract(props(['Orders', name]))).rejects.toMatchObject({ code: 'NO_TABLE_MATCHED', message: expect.stringMatching(message) });
});

test('a view lands as one stream, verified, with a warning of its own, and is compared with the source later', async () => {
  const options = props(['*Orders', 'Largest'], { includeViews: true, excludeTables: ['HotOrders'], targetChunkRows: 10, sourceHashes: SourceHashes.ALL });
  const result = await extract(options);
  const manifest = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
  expect(result).toMatchObject({ verification: 'verified', warnings: expect.arrayContaining([expect.stringContaining('[dbo].[LargeOrders] is a view: one stream')]) });
  expect(manifest.tables.map(({ table, view, rows, chunks }) => [table, view, rows, chunks!.length])).toEqual([
    ['Orders', undefined, 100, 10], ['LargeOrders', true, 50, 1], ['Largest', true, 1, 1],
  ]);
  expect(manifest.tables[2].columns).toMatchObject([{ name: 'OrderId', sourceType: 'int' }]);
  expect((await verifyRun(options, result.runId, { againstSource: true })).problems).toEqual([]);
});

test('without includeViews patterns take tables alone', async () => {
  expect((await plan(props(['*Orders*']))).tables.map(({ table }) => table)).toEqual(['Orders']);
});

test('a saved plan of views is run as it is', async () => {
  const made = JSON.parse(JSON.stringify(await plan(props(['LargeOrders'], { includeViews: true }))));
  expect(await extract(props([], { tables: undefined, plan: made }))).toMatchObject({ rows: 50 });
});

test('what would be masked in a table is refused in a view of it', async () => {
  const source = { ...props([]).source, user: MASKED.user, password: MASKED.password };
  await expect(extract(props(['Largest'], { source, includeViews: true }))).rejects.toMatchObject({
    code: 'SOURCE_ALTERS_DATA', message: expect.stringMatching(/\[Largest\]: the view shows \[dbo\]\.\[Orders\], with columns masked/),
  });
});

test('a view of memory-optimised tables is refused under SNAPSHOT before anything is read, and lands under READ COMMITTED', async () => {
  await expect(extract(props(['HotOrders', 'Orders'], { includeViews: true }))).rejects.toMatchObject({
    code: 'SOURCE_ALTERS_DATA', message: expect.stringMatching(/\[HotOrders\] shows the memory-optimised \[dbo\]\.\[Hot\].*41332/),
  });
  expect(await extract(props(['HotOrders'], { includeViews: true, consistency: Consistency.READ_COMMITTED }))).toMatchObject({ rows: 0, verification: 'verified' });
  const { refusals } = await plan(props(['HotOrders'], { includeViews: true }));
  expect(refusals.map(({ risk }) => risk)).toEqual([SourceRisk.UNREADABLE_TABLES]);
});
