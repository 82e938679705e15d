import { readdirSync } from 'node:fs';
import { extract, ExtractFormat, SourceHashes, type ExtractorProps } from '../../../src/extractor/doors/public';
import * as tableJob from '../../../src/extractor/run/chunks/table-job';
import { standInRuns } from '../../support/source/stand-in-runs';

/** What a run does when the rows that reach it are not those of the table: each error is planted in one row of one chunk. */

const runs = standInRuns();

beforeAll(async () => {
  await runs.client.batch('CREATE TABLE dbo.Pairs (Id int NOT NULL PRIMARY KEY, Debit int NOT NULL, Credit int NOT NULL, Note varchar(20) NULL)');
  await runs.client.batch('INSERT INTO dbo.Pairs SELECT value, value * 3, value * 7, \'owner 17\' FROM GENERATE_SERIES(1, 400)');
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Runs with the statement of chunk 2 (Id 200 to 299) altered; the statement that asks the source is left as it is. */
async function run(alter: (text: string) => string, more: Partial<ExtractorProps> = {}) {
  const { planJobs } = tableJob;
  jest.spyOn(tableJob, 'planJobs').mockImplementation((...args) => planJobs(...args).map((job) => {
    if (job.chunk.chunk !== 2) return job;
    const altered = alter(job.sql);
    expect(altered).not.toBe(job.sql);
    return { ...job, sql: altered };
  }));
  return extract({
    ...runs.endpoints,
    tables: ['dbo.Pairs'],
    targetChunkRows: 100,
    format: ExtractFormat.parquet(),
    ...more,
  });
}

const SELECT = 'SELECT [Id], [Debit], [Credit], [Note] FROM';
const PLACE = /^\[dbo\]\.\[Pairs\], chunk 2: /;

test.each<[string, (text: string) => string, string, string]>([
  ['a missing row', (text) => text.replace(' WHERE ', ' WHERE Id <> 250 AND '),
    'COUNT_MISMATCH', '99 rows landed, but the source counts 100 under the same snapshot'],
  ['a doubled row', (text) => text.replace(/ OPTION.*/, ' UNION ALL SELECT [Id], [Debit], [Credit], [Note] FROM dbo.Pairs WHERE Id = 250'),
    'COUNT_MISMATCH', '101 rows landed, but the source counts 100 under the same snapshot'],
  ['a doubled row where another is missing', (text) => text.replace(SELECT, 'SELECT CASE WHEN Id = 250 THEN 251 ELSE Id END AS [Id], [Debit], [Credit], [Note] FROM'),
    'AGGREGATE_MISMATCH', 'column "Id": sum 24951 landed, 24950 in the source'],
  ['a changed value', (text) => text.replace(SELECT, 'SELECT [Id], CASE WHEN Id = 250 THEN -1 ELSE Debit END AS [Debit], [Credit], [Note] FROM'),
    'AGGREGATE_MISMATCH', 'column "Debit": sum 74099 landed, 74850 in the source; column "Debit": least value -1 landed, 600 in the source'],
  ['a value that is NULL', (text) => text.replace(SELECT, 'SELECT [Id], [Debit], [Credit], CASE WHEN Id <> 250 THEN Note END AS [Note] FROM'),
    'AGGREGATE_MISMATCH', 'column "Note": NULLs 1 landed, 0 in the source; column "Note": DATALENGTH, summed up 792 landed, 800 in the source'],
  ['two columns that changed places', (text) => text.replace(SELECT, 'SELECT [Id], [Credit] AS [Debit], [Debit] AS [Credit], [Note] FROM'),
    'AGGREGATE_MISMATCH', 'column "Debit": sum 174650 landed, 74850 in the source'],
  ['a text of the same length', (text) => text.replace(SELECT, 'SELECT [Id], [Debit], [Credit], CASE WHEN Id = 250 THEN \'owner 71\' ELSE Note END AS [Note] FROM'),
    'AGGREGATE_MISMATCH', 'SHA2_256, summed up'],
])('%s fails the run, which names table, chunk, column and both values', async (_, alter, code, told) => {
  const error = await run(alter, { sourceHashes: SourceHashes.ALL }).catch((reason: unknown) => reason) as Error;
  expect(error).toMatchObject({ code, message: expect.stringMatching(PLACE) });
  expect(error.message).toContain(told);
  expect(readdirSync(runs.folder, { recursive: true }).map(String).filter((name) => name.includes('_manifest'))).toEqual([]);
});

test('nothing is found where nothing is planted', async () => {
  expect(await run((text) => `${text} `, { sourceHashes: SourceHashes.ALL })).toMatchObject({ rows: 400, verification: 'verified', warnings: [] });
});
