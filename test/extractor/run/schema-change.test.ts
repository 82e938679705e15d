import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifest } from '../../../src/contract';
import { Consistency, extract, ExtractFormat, type ExtractorProps } from '../../../src/extractor/doors/public';
import { standInRuns } from '../../support/source/stand-in-runs';

const runs = standInRuns();

beforeEach(async () => {
  await runs.client.batch(`IF OBJECT_ID('dbo.Changing') IS NOT NULL DROP TABLE dbo.Changing;
    CREATE TABLE dbo.Changing (Id int NOT NULL PRIMARY KEY, A int NULL, B varchar(20) NULL)`);
  await runs.client.batch('INSERT INTO dbo.Changing SELECT value, value * 2, \'text\' FROM GENERATE_SERIES(1, 400)');
});
afterEach(() => {
  runs.server.faults.onRequest = undefined;
});

/** Runs while DDL is committed before the second of four chunks is read. */
async function runWith(ddl: string, overrides: Partial<ExtractorProps>) {
  let reads = 0;
  runs.server.faults.onRequest = async ({ sql: text }) => {
    if (/^SELECT \[Id\]/.test(text) && ++reads === 2) await runs.client.batch(ddl);
    return undefined;
  };
  return extract({
    ...runs.endpoints,
    tables: ['Changing'],
    targetChunkRows: 100,
    readers: 1,
    format: ExtractFormat.csv({ header: false }),
    ...overrides,
  });
}

const files = () => readdirSync(runs.folder, { recursive: true }).map(String);

describe.each([Consistency.READ_COMMITTED, Consistency.SNAPSHOT])('DDL between two chunks ends a run under %s, which says so:', (consistency) => {
  test.each([
    ['a new column', 'ALTER TABLE dbo.Changing ADD C int NULL', "[dbo].[Changing] has other columns: 'C' is new"],
    ['a dropped column', 'ALTER TABLE dbo.Changing DROP COLUMN B', "[dbo].[Changing] has other columns: 'B' is gone"],
    ['another type', 'ALTER TABLE dbo.Changing ALTER COLUMN A bigint NULL', "'A' was int and is bigint"],
    ['the table is gone', 'DROP TABLE dbo.Changing', '[dbo].[Changing] is gone'],
  ])('%s', async (_, ddl, message) => {
    await expect(runWith(ddl, { consistency })).rejects.toMatchObject({ code: 'SCHEMA_CHANGED', message: expect.stringContaining(message) });
    expect(files().filter((name) => name.includes('_manifest'))).toEqual([]);
  });
});

test('a database snapshot keeps the columns too, so that the run is complete', async () => {
  const { manifestKey, rows } = await runWith('ALTER TABLE dbo.Changing DROP COLUMN B', { consistency: Consistency.DATABASE_SNAPSHOT });
  expect(rows).toBe(400);
  const [table] = parseManifest(readFileSync(join(runs.folder, manifestKey), 'utf8')).tables;
  expect(table.columns.map(({ name }) => name)).toEqual(['Id', 'A', 'B']);
});

test('a new column that is left out by choice or by name is none of the run', async () => {
  const tableOptions = [{ table: 'Changing', excludeColumns: ['B'] }];
  expect(await runWith('SELECT 1', { tableOptions })).toMatchObject({ rows: 400 });
  await expect(runWith('ALTER TABLE dbo.Changing ADD C int NULL', { tableOptions })).rejects.toMatchObject({ code: 'SCHEMA_CHANGED' });
});
