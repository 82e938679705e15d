import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Manifest } from '../../../src/contract';
import { TimestampType, TimeType } from '../../../src/extractor/api/type-options';
import { extract, ExtractFormat, plan, type ExtractorProps } from '../../../src/extractor/doors/public';
import type { LandingTarget } from '../../../src/extractor/landing/target/landing-target';
import { refuseFoldedFolders } from '../../../src/extractor/run/chunks/landing-names';
import type { ReplayServer } from '../../../tools/replay-server/replay-server';
import { startScriptedDatabase } from '../../support/source/scripted-database';
import { standInRuns } from '../../support/source/stand-in-runs';

describe('names that landing makes', () => {
  const runs = standInRuns();
  beforeAll(async () => {
    await runs.client.query('CREATE TABLE dbo.Ticks (Id int, At datetime2(7), At__100NS int)');
    await runs.client.query('CREATE TABLE dbo.Offsets (At datetimeoffset(3), At__offset_minutes int)');
    await runs.client.query('CREATE TABLE dbo.Variants (x sql_variant, x__base_type int)');
    await runs.client.query(`CREATE TABLE dbo.[${'表'.repeat(60)}] (Id int)`);
  });
  const of = (table: string, more: Partial<ExtractorProps> = {}): ExtractorProps => ({ ...runs.endpoints, tables: [`dbo.${table}`], ...more });

  test.each([
    ['Ticks', /\[dbo\]\.\[Ticks\]: column 'At__100NS' has the name of the column that Parquet has beside 'At' \(datetime2\(7\)\); .*timestamps.*text/],
    ['Offsets', /'At__offset_minutes' .* beside 'At' \(datetimeoffset\(3\)\); .*timestamps.*text/],
    ['Variants', /'x__base_type' .* beside 'x' \(sql_variant\); land the table as CSV or JSON Lines, or leave one of the two out/],
  ])('a column of %s that has the name of a companion is found by plan and run, before anything is read', async (table, message) => {
    const refused = { code: 'INVALID_CONFIG', message: expect.stringMatching(message) };
    const events: string[] = [];
    await expect(plan(of(table))).rejects.toMatchObject(refused);
    await expect(extract(of(table), { onEvent: ({ type }) => events.push(type) })).rejects.toMatchObject(refused);
    expect(events).toEqual([]);
  });

  test.each<[string, Partial<ExtractorProps>]>([
    ['Ticks', { columnTypes: { 'dbo.Ticks.At': { timestamps: TimestampType.TEXT } } }],
    ['Offsets', { types: { timestamps: TimestampType.TEXT } }],
    ['Variants', { format: ExtractFormat.csv() }],
    ['Ticks', { tableOptions: [{ table: 'Ticks', excludeColumns: ['At__100NS'] }] }],
  ])('the remedy for %s lands it', async (table, remedy) => {
    await plan(of(table, remedy));
    expect(await extract(of(table, remedy))).toMatchObject({ objects: 1 });
  });

  test('a name that no file system holds is told before anything is read; S3 takes it', async () => {
    const pattern = `[${'表'.repeat(60)}]`;
    const refused = { code: 'INVALID_CONFIG', message: expect.stringMatching(/would land in a folder whose name has 546 bytes .* a file system holds 255; land in S3/) };
    await expect(plan(of(pattern))).rejects.toMatchObject(refused);
    await expect(extract(of(pattern))).rejects.toMatchObject(refused);
    expect((await plan(of(pattern, { target: 's3://bucket/landing' }))).tables).toHaveLength(1);
    await expect(plan(of(pattern, { target: `s3://bucket/${'a'.repeat(500)}` })))
      .rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('S3 allows 1024') });
  });

  test('a column that a Glue table cannot have is told by the plan', async () => {
    await runs.client.query('CREATE TABLE dbo.Odd (Id int, [a,b] int)');
    const { warnings } = await plan(of('Odd'));
    expect(warnings).toContainEqual(expect.stringMatching(/^\[dbo\]\.\[Odd\]: a pipeline registers .* without the column "a,b"/));
  });

  test('tables that would have one name in Glue are told by the plan', async () => {
    await runs.client.query('CREATE TABLE dbo.[A B] (Id int); CREATE TABLE dbo.[A-b] (Id int)');
    const { warnings } = await plan({ ...runs.endpoints, tables: ['dbo.[A B]', 'dbo.[A-b]'] });
    expect(warnings).toContainEqual(expect.stringMatching(/^\[dbo\]\.\[A B\] and \[dbo\]\.\[A-b\] land apart, but have one name in a Glue catalog, 'legacyledger_dbo_a_b'/));
  });
});

describe('a database where case matters', () => {
  const TABLES = [
    { schema: 'dbo', table: 'Orders', columns: ['Id', 'ID', 'At'], rows: [[1, 2, 3]] },
    { schema: 'dbo', table: 'orders', columns: ['Id', 'ID', 'At'], rows: [[4, 5, 6]] },
    { schema: 'dbo', table: 'Other', columns: ['ID'], rows: [[7]] },
  ];
  let database: ReplayServer;
  let folder: string;
  beforeAll(async () => { database = await startScriptedDatabase({ tables: TABLES }); });
  afterAll(async () => { await database.stop(); });
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'names-by-case-')); });
  afterEach(() => rmSync(folder, { recursive: true }));

  const props = (more: Partial<ExtractorProps>): ExtractorProps => ({
    source: { server: '127.0.0.1', port: database.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
    target: pathToFileURL(folder).href,
    format: ExtractFormat.csv(),
    ...more,
  });
  const planned = async (more: Partial<ExtractorProps>) =>
    (await plan(props(more))).tables.map(({ table, columns }) => [table, ...columns.map(({ name }) => name)].join(' '));
  const refused = (message: RegExp) => ({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) });

  test('a table is named apart by its spelling, chosen and left out', async () => {
    expect(await planned({ tables: ['dbo.orders'] })).toEqual(['orders Id ID At']);
    expect(await planned({ tables: ['DBO.[Orders]', 'OTHER'] })).toEqual(['Orders Id ID At', 'Other ID']);
    expect(await planned({ excludeTables: ['orders'] })).toEqual(['Orders Id ID At', 'Other ID']);
    expect(await planned({ tables: ['o*'] })).toHaveLength(3);
    await expect(planned({ tables: ['ORDERS'] })).rejects.toMatchObject(refused(/'ORDERS', which may be 'Orders' or 'orders': they differ only by case/));
    await expect(planned({ excludeTables: ['dbo.ORDERS'] })).rejects.toMatchObject(refused(/'dbo\.Orders' or 'dbo\.orders'/));
  });

  test('options of a table are those of the one that is spelled so, also where it alone is extracted', async () => {
    expect(await planned({ tableOptions: [{ table: 'orders', columns: ['Id'] }] })).toEqual(['Orders Id ID At', 'orders Id', 'Other ID']);
    await expect(planned({ tables: ['orders'], tableOptions: [{ table: 'Orders', columns: ['Id'] }] })).rejects.toMatchObject({ code: 'NO_TABLE_MATCHED' });
  });

  test('so are columns', async () => {
    expect(await planned({ tables: ['orders'], tableOptions: [{ table: 'orders', columns: ['ID', 'at'] }] })).toEqual(['orders ID At']);
    expect(await planned({ tables: ['orders'], tableOptions: [{ table: 'orders', excludeColumns: ['Id'] }] })).toEqual(['orders ID At']);
    await expect(planned({ tables: ['orders'], tableOptions: [{ table: 'orders', excludeColumns: ['iD'] }] }))
      .rejects.toMatchObject(refused(/names the column 'iD', which may be 'Id' or 'ID'/));
    expect(await planned({ tables: ['orders'], tableOptions: [{ table: 'orders', chunkBy: ['ID', 'Id', 'at'] }] })).toEqual(['orders Id ID At']);
    await expect(planned({ tables: ['orders'], tableOptions: [{ table: 'orders', chunkBy: ['iD'] }] })).rejects.toMatchObject(refused(/'iD', which may be 'Id' or 'ID'/));
    await expect(extract(props({ columnTypes: { 'orders.id': { time: TimeType.NATIVE } } }))).rejects.toMatchObject(refused(/columnTypes names 'orders\.id', which may be/));
    await expect(plan(props({ tableOptions: [{ table: 'Orders', excludeColumns: ['Id'] }], columnTypes: { 'Orders.Id': {} } })))
      .rejects.toMatchObject(refused(/'Orders\.Id', but no column that is extracted matches it/));
  });

  test('both land apart with their own rows, the second column of a name under another, which the plan says', async () => {
    const { manifestKey, warnings } = await extract(props({ tables: ['dbo.O*'] }));
    const { tables } = JSON.parse(readFileSync(join(folder, manifestKey), 'utf8')) as Manifest;
    expect(tables.map(({ table, objects }) => [table, readFileSync(join(folder, objects[0].key), 'utf8').replace(/\r/g, '')])).toEqual([
      ['Orders', 'Id,ID_1,At\n1,2,3\n'], ['orders', 'Id,ID_1,At\n4,5,6\n'], ['Other', 'ID\n7\n'],
    ]);
    expect(warnings).toContainEqual(expect.stringContaining("[dbo].[orders]: column 'ID' lands as 'ID_1'"));
    expect(warnings).toContainEqual(expect.stringContaining('[dbo].[Orders] and [dbo].[orders] land apart, but have one name in a Glue catalog'));
  });

  test('a file system that takes no notice of case is refused them', async () => {
    const made = await plan(props({}));
    const target = (folds: boolean) => ({ url: 'file:///landing/', foldsCase: async () => folds }) as unknown as LandingTarget;
    await expect(refuseFoldedFolders(made, target(true))).rejects.toMatchObject(refused(/^\[dbo\]\.\[Orders\] and \[dbo\]\.\[orders\] would land in one folder/));
    await expect(refuseFoldedFolders(made, target(false))).resolves.toBeUndefined();
    await expect(refuseFoldedFolders({ ...made, tables: made.tables.slice(0, 1) }, target(true))).resolves.toBeUndefined();
  });
});
