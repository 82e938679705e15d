import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type sql from 'mssql';
import { parseManifest, type Manifest } from '../../../src/contract';
import { Consistency, extract, ExtractFormat, plan, SourceHashes, SourceRisk, type ExtractorProps } from '../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { connectClient, sourceOf } from '../../support/source/stand-in-client';

let server: StandIn;
let client: sql.ConnectionPool;
let folder: string;

beforeAll(async () => {
  server = await startStandIn({ transactions: 10 });
  client = await connectClient(server);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'kinds-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const props = (tables: string[], more: Partial<ExtractorProps> = {}): ExtractorProps => ({
  source: sourceOf(server),
  target: pathToFileURL(folder).href,
  format: ExtractFormat.csv(),
  threads: 0,
  tables,
  ...more,
});

async function run(tables: string[], more: Partial<ExtractorProps> = {}) {
  const result = await extract(props(tables, more));
  const manifest: Manifest = parseManifest(readFileSync(join(folder, result.manifestKey), 'utf8'));
  const table = (name: string) => manifest.tables.find((each) => each.table === name)!;
  const text = (name: string) => table(name).objects.map(({ key }) => readFileSync(join(folder, key), 'utf8')).join('');
  return { result, manifest, table, text };
}

describe('memory-optimised tables', () => {
  beforeAll(async () => {
    await client.batch(`CREATE TABLE dbo.Orders (Id int NOT NULL PRIMARY KEY NONCLUSTERED, Net decimal(19,4) NULL, INDEX IX_Net HASH (Net) WITH (BUCKET_COUNT = 8))
      WITH (MEMORY_OPTIMIZED = ON, DURABILITY = SCHEMA_AND_DATA);
      CREATE TABLE dbo.Sessions (Id int NOT NULL PRIMARY KEY NONCLUSTERED HASH WITH (BUCKET_COUNT = 1024), Note nvarchar(20) NULL)
      WITH (MEMORY_OPTIMIZED = ON, DURABILITY = SCHEMA_ONLY);
      CREATE TABLE dbo.Disk (Id int NOT NULL PRIMARY KEY, Note nvarchar(20) NULL)`);
    await client.batch(`INSERT INTO dbo.Orders SELECT value, value * 1.25 FROM GENERATE_SERIES(1, 2000);
      INSERT INTO dbo.Sessions SELECT value, N'x' FROM GENERATE_SERIES(1, 500); INSERT INTO dbo.Disk VALUES (1, N'a')`);
  });
  const tables = ['Orders', 'Sessions', 'Disk'];

  test('land beside others under SNAPSHOT, verified, each kind of an instant of its own, and manifest and warnings say so', async () => {
    const { result, manifest, table, text } = await run(tables, { readers: 1, targetChunkRows: 300 });
    expect(result).toMatchObject({ consistency: 'snapshot', verification: 'verified', instants: 2, rows: 2501 });
    expect(text('Orders').match(/^\d+,/gm)!.length).toBe(2000);
    expect(table('Orders')).toMatchObject({ chunkKey: ['Id'], guarantee: expect.stringContaining('table hint SNAPSHOT'), verification: { tableRows: 2000 } });
    expect(table('Orders').chunks!.length).toBeGreaterThan(3);
    expect(new Set(table('Orders').chunks!.map(({ instant }) => instant)).size).toBe(1);
    expect(table('Disk').guarantee).toBeUndefined();
    expect(manifest.consistency.guarantee).toContain('a guarantee of their own');
    expect(result.warnings).toContainEqual(expect.stringContaining('[dbo].[Orders] is memory-optimised'));
  });

  test('columns that are named cut one that has a hash index alone, which seeks no range', async () => {
    const more = { readers: 2, tables: ['Sessions'], tableOptions: [{ table: 'Sessions', chunkBy: ['Id'], targetChunkRows: 100 }] };
    const { result, table, text } = await run(['Sessions'], more);
    expect(result).toMatchObject({ rows: 500, verification: 'verified' });
    expect(table('Sessions').chunks).toHaveLength(5);
    expect(text('Sessions').match(/^\d+(?=,)/gm)!.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, at) => at + 1));
    expect(result.warnings).toContainEqual(expect.stringContaining('[dbo].[Sessions]: no index begins with [Id], which it is cut by (chunkBy)'));
  });

  test('a hash index is no key to cut by', async () => {
    const made = await plan(props(tables, { targetChunkRows: 100 }));
    expect(made.tables.map(({ table, chunkKey, memoryOptimized, estimatedRows }) => [table, chunkKey, memoryOptimized, estimatedRows])).toEqual([
      ['Disk', [], undefined, 1], ['Orders', ['Id'], true, 2000], ['Sessions', [], true, 500],
    ]);
    expect(made.tables[1].estimatedBytes).toBeGreaterThan(0);
    expect(made.warnings).toContainEqual(expect.stringContaining('[dbo].[Sessions] has no key to cut it by'));
  });

  test.each([Consistency.READ_COMMITTED, Consistency.NO_LOCK])('land under %s', async (consistency) => {
    expect((await run(tables, { consistency, readers: 2, targetChunkRows: 300 })).result).toMatchObject({ verification: 'verified', rows: 2501 });
  });

  test('no database snapshot can be made beside them, which is told by name before anything is read', async () => {
    await expect(run(['Disk'], { consistency: Consistency.DATABASE_SNAPSHOT })).rejects.toMatchObject({
      code: 'INVALID_CONFIG', message: expect.stringMatching(/filegroup 'MEMORY' for memory-optimised tables.*choose snapshot/),
    });
  });

  test('a login that may not see their sizes reads them all the same', async () => {
    const faults = server.faults;
    faults.onRequest = ({ sql: text }) => (text.includes('dm_db_xtp_table_memory_stats')
      ? { kind: 'error', number: 300, message: 'VIEW DATABASE STATE permission was denied on object \'dm_db_xtp_table_memory_stats\'' } : undefined);
    try {
      const made = await plan(props(['Orders']));
      expect(made.tables[0]).toMatchObject({ estimatedBytes: 0, chunks: [expect.anything()] });
      expect(made.warnings).toContainEqual(expect.stringContaining('GRANT VIEW DATABASE STATE'));
    } finally {
      faults.onRequest = undefined;
    }
  });
});

describe('graph tables', () => {
  beforeAll(async () => {
    await client.batch('CREATE TABLE dbo.Person (Id int NOT NULL PRIMARY KEY, node_id int NULL) AS NODE; CREATE TABLE dbo.Likes (Weight int NOT NULL) AS EDGE');
    await client.batch('INSERT INTO dbo.Person VALUES (1, 7), (2, NULL)');
    await client.batch('INSERT INTO dbo.Likes ($from_id, $to_id, Weight) SELECT a.$node_id, b.$node_id, 5 FROM dbo.Person AS a JOIN dbo.Person AS b ON b.Id = 2 WHERE a.Id = 1');
  });

  test('land their ids under names that are the same everywhere, and nothing internal', async () => {
    const { result, table, text } = await run(['Person', 'Likes']);
    expect(result.verification).toBe('verified');
    const id = (type: string, of: string, number: number) => `"{""type"":""${type}"",""schema"":""dbo"",""table"":""${of}"",""id"":${number}}"`;
    expect(text('Person')).toBe(`node_id_1,Id,node_id\n${id('node', 'Person', 0)},1,7\n${id('node', 'Person', 1)},2,\n`);
    expect(text('Likes')).toBe(`edge_id,from_id,to_id,Weight\n${id('edge', 'Likes', 0)},${id('node', 'Person', 0)},${id('node', 'Person', 1)},5\n`);
    expect(table('Likes').unreadColumns).toHaveLength(5);
  });

  test('a saved plan is read as one that is made, and leaves out what was left out', async () => {
    const made = await plan(props(['Likes'], { tableOptions: [{ table: 'Likes', excludeColumns: ['$edge_id'] }] }));
    const { text } = await run([], { tables: undefined, plan: JSON.parse(JSON.stringify(made)), sourceHashes: SourceHashes.ALL });
    expect(text('Likes')).toMatch(/^from_id,to_id,Weight\n/);
  });
});

describe('indexes', () => {
  beforeAll(async () => {
    await client.batch(`CREATE TABLE dbo.Advised (A int NOT NULL, B int NOT NULL);
      CREATE CLUSTERED INDEX _dta_A ON dbo.Advised (A) WITH STATISTICS_ONLY = -1;
      CREATE TABLE dbo.Loose (Id int NOT NULL CONSTRAINT PK_Loose PRIMARY KEY NONCLUSTERED, B int NULL);
      ALTER INDEX PK_Loose ON dbo.Loose DISABLE;
      CREATE TABLE dbo.Broken (Id int NOT NULL CONSTRAINT PK_Broken PRIMARY KEY, B int NULL);
      ALTER INDEX PK_Broken ON dbo.Broken DISABLE`);
    await client.batch('INSERT INTO dbo.Advised SELECT value, value FROM GENERATE_SERIES(1, 300); INSERT INTO dbo.Loose SELECT value, value FROM GENERATE_SERIES(1, 300)');
  });

  test('that are hypothetical or disabled are no keys', async () => {
    const made = await plan(props(['Advised', 'Loose'], { targetChunkRows: 50 }));
    expect(made.tables.map(({ table, chunkKey, primaryKey }) => [table, chunkKey, primaryKey])).toEqual([['Advised', [], []], ['Loose', [], []]]);
  });

  test('a disabled clustered one is known before anything is read, and the table left out when that is accepted', async () => {
    await expect(run(['Broken', 'Loose'])).rejects.toMatchObject({
      code: 'SOURCE_ALTERS_DATA', message: expect.stringMatching(/\[dbo\]\.\[Broken\] cannot be read while its clustered index 'PK_Broken' is disabled.*unreadableTables/),
    });
    const { result, manifest } = await run(['Broken', 'Loose'], { accept: [SourceRisk.UNREADABLE_TABLES] });
    expect(manifest.tables.map(({ table }) => table)).toEqual(['Loose']);
    expect(result.warnings).toContainEqual(expect.stringMatching(/Broken.*left out$/));
    await expect(run(['Broken'], { accept: [SourceRisk.UNREADABLE_TABLES] })).rejects.toMatchObject({ code: 'NO_TABLE_MATCHED' });
  });

  test('a saved plan that had to leave a table out is refused like one that is made', async () => {
    const made = JSON.parse(JSON.stringify(await plan(props(['Broken', 'Loose']))));
    await expect(run([], { tables: undefined, plan: made })).rejects.toMatchObject({ code: 'SOURCE_ALTERS_DATA', message: expect.stringContaining('[Broken]') });
    await client.batch('ALTER INDEX PK_Broken ON dbo.Broken REBUILD');
    const whole = JSON.parse(JSON.stringify(await plan(props(['Broken', 'Loose']))));
    await client.batch('ALTER INDEX PK_Broken ON dbo.Broken DISABLE');
    await expect(run([], { tables: undefined, plan: whole })).rejects.toMatchObject({ code: 'SCHEMA_CHANGED' });
  });
});

describe('other kinds', () => {
  test('all that cannot be read is named at once', async () => {
    const sparse = Array.from({ length: 4100 }, (_, at) => `C${at} int SPARSE NULL`).join(', ');
    await client.batch(`CREATE EXTERNAL TABLE dbo.Remote (Id int NOT NULL) WITH (LOCATION = 'r', DATA_SOURCE = elsewhere);
      CREATE TABLE dbo.Wide (Id int NOT NULL PRIMARY KEY, ${sparse}, AllOfThem xml COLUMN_SET FOR ALL_SPARSE_COLUMNS);
      CREATE TABLE dbo.Papers AS FILETABLE; ALTER DATABASE CURRENT SET FILESTREAM (NON_TRANSACTED_ACCESS = FULL)`);
    const tables = ['Remote', 'Wide', 'Papers'];
    const refused = await extract(props(tables)).catch(({ code, message }: { code: string; message: string }) => ({ code, message }));
    expect(refused).toMatchObject({ code: 'SOURCE_ALTERS_DATA', message: expect.stringMatching(/\[Papers\] is a file table.*\[Remote\] is an external table.*\[Wide\] has 4,101 columns.*tableOptions/) });
    const { result, table } = await run(['Wide', 'Papers'], {
      consistency: Consistency.READ_COMMITTED, tableOptions: [{ table: 'Wide', columns: ['Id', 'C1'] }],
    });
    expect(table('Wide').columns.map(({ name }) => name)).toEqual(['Id', 'C1']);
    expect(table('Papers').columns.map(({ name }) => name)).toContain('file_stream');
    expect(result.warnings).toContainEqual(expect.stringContaining("column 'AllOfThem' is left out: it is a column set"));
  });

  test('histories and hidden columns land; what a ledger keeps after it was dropped does not', async () => {
    await client.batch(`CREATE TABLE dbo.Prices (Id int NOT NULL PRIMARY KEY, Price money NULL, Since datetime2(7) GENERATED ALWAYS AS ROW START HIDDEN NOT NULL,
        Till datetime2(7) GENERATED ALWAYS AS ROW END HIDDEN NOT NULL, PERIOD FOR SYSTEM_TIME (Since, Till)) WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = dbo.OldPrices));
      CREATE TABLE dbo.Book (Id int NOT NULL PRIMARY KEY, Net money NULL, Gone int NULL) WITH (LEDGER = ON);
      ALTER TABLE dbo.Book DROP COLUMN Gone;
      CREATE TABLE dbo.Old (Id int NOT NULL) WITH (LEDGER = ON); DROP TABLE dbo.Old`);
    const { result, table, manifest } = await run(['*Prices', 'Book', '*Old*']);
    expect(manifest.tables.map(({ table: name }) => name)).toEqual(['Book', 'OldPrices', 'Prices']);
    expect(table('Prices').columns.map(({ name }) => name)).toEqual(['Id', 'Price', 'Since', 'Till']);
    expect(table('Book').columns.map(({ name }) => name)).toEqual(['Id', 'Net']);
    expect(result.warnings).toContainEqual(expect.stringMatching(/\[dbo\]\.\[MSSQL_DroppedLedgerTable_Old_\w+\] is left out/));
    expect(result.warnings).toContainEqual(expect.stringMatching(/'MSSQL_DroppedLedgerColumn_Gone_\w+' is left out/));
  });

  test('the history of a memory-optimised table is told to lack its newest rows', async () => {
    await client.batch('CREATE TABLE dbo.Fast (Id int NOT NULL PRIMARY KEY NONCLUSTERED) WITH (MEMORY_OPTIMIZED = ON, SYSTEM_VERSIONING = ON (HISTORY_TABLE = dbo.FastHistory))');
    expect((await plan(props(['FastHistory']))).warnings).toContainEqual(expect.stringContaining('sp_xtp_flush_temporal_history'));
  });
});
