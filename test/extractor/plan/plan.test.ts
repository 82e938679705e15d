import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import type sql from 'mssql';
import { parseManifest } from '../../../src/contract';
import { extract, ExtractFormat, plan, SourceRisk, type ExtractionPlan, type ExtractorProps } from '../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { connectClient, sourceOf } from '../../support/source/stand-in-client';

const MASKED = { user: 'masked', password: 'masked-Secret-1', unmask: false };

let server: StandIn;
let client: sql.ConnectionPool;
let folder: string;

beforeAll(async () => {
  server = await startStandIn({ transactions: 20_000, logins: [MASKED] });
  client = await connectClient(server);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'plan-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function props(overrides: Partial<ExtractorProps> = {}): ExtractorProps {
  return {
    source: sourceOf(server),
    target: pathToFileURL(folder).href,
    format: ExtractFormat.csv({ header: false }),
    ...overrides,
  };
}

async function runPlan(made: ExtractionPlan, overrides: Partial<ExtractorProps> = {}) {
  // As saved and read again.
  const result = await extract(props({ plan: JSON.parse(JSON.stringify(made)), ...overrides }));
  const manifest = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
  const lines = (table: string) => manifest.tables.find((each) => each.table === table)!.objects
    .flatMap(({ key }) => readFileSync(join(folder, key), 'utf8').split('\n').filter((line) => line !== ''));
  return { result, manifest, lines };
}

const tableOf = (made: ExtractionPlan, name: string) => made.tables.find(({ table }) => table === name)!;

test('the plan tells columns, keys and sizes, and leaves small tables whole', async () => {
  const made = await plan(props());
  expect(made).toMatchObject({ planVersion: 1, database: 'LegacyLedger', refusals: [] });
  const transactions = tableOf(made, 'Transactions');
  expect(transactions).toMatchObject({
    primaryKey: ['TransactionId'],
    chunkKey: [],
    estimatedRows: 20_000,
    chunks: [{ chunk: 0, estimatedRows: 20_000 }],
    columns: expect.arrayContaining([
      { name: 'Amount', columnId: 5, type: 'decimal(19,4)', nullable: false },
      { name: 'Memo', columnId: 10, type: 'nvarchar(400)', nullable: true, collation: expect.any(String) },
    ]),
    identity: { objectId: expect.any(Number), created: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), database: expect.stringMatching(/^fork:[0-9A-F-]{36}$/), maxColumnId: 15 },
  });
  expect(tableOf(made, 'Accounts').columns).toContainEqual(expect.objectContaining({ name: 'Available', type: 'money', computed: true }));
});

test('a large table is cut by its clustered key, the same each time, and a run of the saved plan lands each row once', async () => {
  const options = { tables: ['Transactions', 'ExchangeRates', 'AuditLog', 'Branches'], targetChunkRows: 1500 };
  const made = await plan(props(options));
  const { chunks, chunkKey } = tableOf(made, 'Transactions');
  expect(chunkKey).toEqual(['TransactionId']);
  expect(chunks).toHaveLength(13);
  for (const { estimatedRows } of chunks) expect(estimatedRows).toBeGreaterThan(700);
  expect((await plan(props(options))).tables).toEqual(made.tables);
  const { manifest, lines, result } = await runPlan(made);
  expect(result.verification).toBe('verified');
  expect(new Set(lines('Transactions').map((line) => line.split(',')[0])).size).toBe(20_000);
  expect(lines('Transactions')).toHaveLength(20_000);
  const landed = manifest.tables.find(({ table }) => table === 'Transactions')!;
  expect(landed.chunks).toHaveLength(13);
  expect(Math.max(...landed.chunks!.map(({ rows }) => rows))).toBeLessThan(3000);
  expect(landed.objects.map(({ part }) => part)).toEqual(landed.chunks!.map(({ chunk }) => `${String(chunk).padStart(5, '0')}-0000`));
});

test('a heap without a key is one stream, with a warning', async () => {
  const made = await plan(props({ tables: ['AuditLog'], targetChunkRows: 10 }));
  expect(tableOf(made, 'AuditLog').chunks).toHaveLength(1);
  expect(made.warnings).toContainEqual(expect.stringContaining('[dbo].[AuditLog] has no key to cut it by'));
});

describe('keys of any type', () => {
  const keys: ReadonlyArray<readonly [string, string, fc.Arbitrary<string>]> = [
    ['int', 'int', fc.integer({ min: -50, max: 50 }).map(String)],
    ['bigint', 'bigint', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)],
    ['decimal', 'decimal(38,10)', fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map((value) => `${value}.0123456789`)],
    ['money', 'money', fc.integer().map((value) => `${value}.1234`)],
    ['float', 'float', fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }).map((value) => value.toExponential())],
    ['date', 'date', fc.integer({ min: 0, max: 9000 }).map((day) => `'${new Date(day * 86_400_000).toISOString().slice(0, 10)}'`)],
    ['datetime2', 'datetime2(7)', fc.integer({ min: 0, max: 999_999 }).map((tick) => `'2024-02-29T10:11:12.0${String(tick).padStart(6, '0')}'`)],
    ['datetime', 'datetime', fc.integer({ min: 0, max: 86_399_999 }).map((ms) => `'2024-02-29T${new Date(ms).toISOString().slice(11, 23)}'`)],
    ['varchar', 'varchar(20)', fc.array(fc.constantFrom('a', 'B', 'b', 'é', '-', ' ', '[', '0'), { maxLength: 4 }).map((text) => `'${text.join('')}x'`)],
    ['nvarchar', 'nvarchar(20)', fc.array(fc.constantFrom('a', 'Z', '漢', 'ß', '%'), { minLength: 1, maxLength: 4 }).map((text) => `N'${text.join('')}'`)],
    ['varbinary', 'varbinary(8)', fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`)],
    ['uniqueidentifier', 'uniqueidentifier', fc.uuid().map((text) => `'${text}'`)],
  ];
  const skewed = (value: fc.Arbitrary<string>) => fc.tuple(
    fc.array(fc.tuple(value, fc.integer({ min: 1, max: 4 })), { minLength: 30, maxLength: 60 }), value,
    fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 10 }),
  ).map(([values, huge, times, nulls]) => [
    ...values.flatMap(([each, count]) => Array.from({ length: count }, () => each)),
    ...Array.from({ length: times }, () => huge),
    ...Array.from({ length: nulls }, () => 'NULL'),
  ]);

  test.each(keys)('%s: with duplicates, a huge key and NULLs every row is in one chunk', async (name, type, value) => {
    await fc.assert(fc.asyncProperty(skewed(value), fc.integer({ min: 8, max: 30 }), async (values, targetChunkRows) => {
      await client.batch(`IF OBJECT_ID('dbo.Keyed') IS NOT NULL DROP TABLE dbo.Keyed;
        CREATE TABLE dbo.Keyed (K ${type} NULL, Second tinyint NOT NULL, Id int NOT NULL);
        CREATE CLUSTERED INDEX IX_Keyed ON dbo.Keyed (K, Second)`);
      await client.batch(`INSERT INTO dbo.Keyed VALUES ${values.map((each, id) => `(${each}, ${id % 3}, ${id})`).join(',')}`);
      const made = await plan(props({ tables: ['Keyed'], targetChunkRows }));
      const { lines, result, manifest } = await runPlan(made);
      expect(result.verification).toBe('verified');
      expect(lines('Keyed').map((line) => Number(line.split(',')[2])).sort((a, b) => a - b)).toEqual(values.map((_, id) => id));
      // No chunk exceeds twice the target but for its most frequent key.
      const counts = new Map<string, number>();
      // A bound of a float has 16 digits: it may lie beside its value, and all rows of that on one side.
      const keyOf = (each: string, id: number) => (name === 'float' ? each : `${each.toLowerCase().trim()} ${id % 3}`);
      values.forEach((each, id) => counts.set(keyOf(each, id), (counts.get(keyOf(each, id)) ?? 0) + 1));
      const largest = Math.max(...counts.values());
      for (const chunk of manifest.tables[0].chunks!) if (!chunk.nullKey) expect(chunk.rows).toBeLessThanOrEqual(2 * targetChunkRows + largest);
    }), { numRuns: name === 'int' ? 4 : 1, endOnFailure: true });
  });
});

test('wide rows make chunks of fewer rows', async () => {
  await client.batch('CREATE TABLE dbo.Wide (Id int NOT NULL PRIMARY KEY, Body nvarchar(max) NULL)');
  await client.batch('INSERT INTO dbo.Wide SELECT value, CASE WHEN value > 900 THEN REPLICATE(CAST(\'x\' AS nvarchar(max)), 30000) END FROM GENERATE_SERIES(1, 1000)');
  const made = await plan(props({ tables: ['Wide'], targetChunkBytes: 1024 * 1024 }));
  // The stand-in guesses at pages, half as many LOB pages as others: a megabyte takes the whole table.
  expect(tableOf(made, 'Wide').chunks).toHaveLength(1);
  await client.batch('INSERT INTO dbo.Wide SELECT value, NULL FROM GENERATE_SERIES(1001, 40000)');
  const { chunks } = tableOf(await plan(props({ tables: ['Wide'], targetChunkBytes: 1024 * 1024 })), 'Wide');
  expect(chunks.length).toBeGreaterThan(3);
  // The first thousand rows hold nearly all bytes.
  expect(chunks.filter(({ lower }) => Number(lower?.[0] ?? 0) <= 1001).length).toBeGreaterThanOrEqual(chunks.length - 2);
});

describe('what the source would alter', () => {
  beforeAll(async () => {
    await client.batch('CREATE TABLE dbo.Secrets (Id int NOT NULL PRIMARY KEY, Pin varchar(8) MASKED WITH (FUNCTION = \'default()\') NULL)');
  });
  const masked = () => ({ ...props().source, user: MASKED.user, password: MASKED.password });

  test('is refused by a run and told by the plan', async () => {
    const made = await plan(props({ source: masked(), tables: ['Secrets'] }));
    expect(made.refusals).toEqual([{ risk: SourceRisk.MASKED_COLUMNS, message: expect.stringContaining("[dbo].[Secrets]: column 'Pin' is masked") }]);
    await expect(extract(props({ source: masked(), tables: ['Secrets'] }))).rejects.toMatchObject({
      code: 'SOURCE_ALTERS_DATA', message: expect.stringContaining('maskedColumns'),
    });
  });

  test('is extracted when accepted by name, with a warning', async () => {
    const result = await extract(props({ source: masked(), tables: ['Secrets'], accept: [SourceRisk.MASKED_COLUMNS] }));
    expect(result.warnings).toContainEqual(expect.stringContaining('masked'));
  });

  test('is no matter for a login that sees through masks', async () => {
    expect((await plan(props({ tables: ['Secrets'] }))).refusals).toEqual([]);
  });
});

test('a plan whose table has changed since is refused, and the change is named', async () => {
  await client.batch('CREATE TABLE dbo.Changing (Id int NOT NULL PRIMARY KEY, A int NULL)');
  const made = await plan(props({ tables: ['Changing'] }));
  await client.batch('ALTER TABLE dbo.Changing ADD B int NULL');
  await expect(runPlan(made)).rejects.toMatchObject({ code: 'SCHEMA_CHANGED', message: expect.stringContaining("'B' is new") });
  await client.batch('DROP TABLE dbo.Changing');
  await expect(runPlan(made)).rejects.toMatchObject({ code: 'SCHEMA_CHANGED', message: expect.stringContaining('is gone') });
});
