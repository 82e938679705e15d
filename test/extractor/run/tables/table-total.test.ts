import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifest } from '../../../../src/contract';
import { Consistency, extract, ExtractFormat, plan, resume, type ExtractEvent, type ExtractorProps, type PlannedChunk } from '../../../../src/extractor/doors/public';
import * as tableJob from '../../../../src/extractor/run/chunks/table-job';
import { standInRuns } from '../../../support/source/stand-in-runs';

const runs = standInRuns();

beforeAll(async () => {
  await runs.client.batch('CREATE TABLE dbo.Cut (Id int NOT NULL PRIMARY KEY, Name varchar(20) NULL)');
  await runs.client.batch('INSERT INTO dbo.Cut SELECT value, \'x\' FROM GENERATE_SERIES(1, 400)');
  await runs.client.batch('CREATE TABLE dbo.Named (Name varchar(20) COLLATE Latin1_General_CI_AS NULL, Id int NOT NULL); CREATE CLUSTERED INDEX IX_Named ON dbo.Named (Name, Id)');
  await runs.client.batch('INSERT INTO dbo.Named SELECT CASE WHEN value % 10 > 0 THEN CONCAT(CASE value % 3 WHEN 0 THEN \'a\' WHEN 1 THEN \'B\' ELSE \'c\' END, value) END, value FROM GENERATE_SERIES(1, 200)');
});
afterEach(() => {
  jest.restoreAllMocks();
});

const propsOf = (more: Partial<ExtractorProps> = {}): ExtractorProps => {
  return {
    ...runs.endpoints,
    format: ExtractFormat.csv({ header: false }),
    ...more,
  };
};
const CUT = { tables: ['dbo.Cut'], targetChunkRows: 100 };
const manifests = () => readdirSync(runs.folder, { recursive: true }).map(String).filter((name) => name.endsWith('_manifest.json'));

async function tableRows(more: Partial<ExtractorProps>, events?: ExtractEvent[]) {
  const { manifestKey } = await extract(propsOf(more), { onEvent: (event) => events?.push(event) });
  return parseManifest(readFileSync(join(runs.folder, manifestKey), 'utf8')).tables[0].verification!.tableRows;
}

/** As a planner would cut that forgets rows, or has some twice: chunk 1 ends elsewhere, and each chunk by itself is right. */
function misplan(upper: string): void {
  const { planJobs } = tableJob;
  const edit = (chunk: PlannedChunk) => (chunk.chunk === 1 ? { ...chunk, upper: [upper] } : chunk);
  jest.spyOn(tableJob, 'planJobs').mockImplementation(({ tables }, ...rest) => planJobs({ tables: tables.map((table) => ({ ...table, chunks: table.chunks.map(edit) })) }, ...rest));
}

describe('the chunks of one state add up to the table', () => {
  const ONE_STATE: Array<[string, Partial<ExtractorProps>]> = [
    ['snapshot with one reader', { consistency: Consistency.SNAPSHOT, readers: 1 }],
    ['databaseSnapshot with four', { consistency: Consistency.DATABASE_SNAPSHOT, readers: 4 }],
    ['databaseSnapshot with two in threads', { consistency: Consistency.DATABASE_SNAPSHOT, readers: 2, threads: 2 }],
  ];

  test.each(ONE_STATE)('%s: the source counts the whole table once', async (_, mode) => {
    expect(await tableRows({ ...CUT, ...mode })).toBe(400);
  });

  test.each(ONE_STATE.slice(0, 2))('%s: rows that a plan left out fail the run, and its resumption', async (_, mode) => {
    misplan('150');
    const told = { code: 'COUNT_MISMATCH', message: expect.stringMatching(/^\[dbo\]\.\[Cut\]: its 4 chunks have 350 rows together, but the source counts 400 in the whole table/) };
    let runId = '';
    await expect(extract(propsOf({ ...CUT, ...mode }), { onEvent: (event) => { if (event.type === 'run-started') ({ runId } = event); } })).rejects.toMatchObject(told);
    await expect(resume(propsOf(mode), runId)).rejects.toMatchObject(told);
    expect(manifests()).toEqual([]);
  });

  test('rows that are in two chunks fail it too', async () => {
    misplan('250');
    await expect(extract(propsOf({ ...CUT, readers: 1 }))).rejects.toMatchObject({ code: 'COUNT_MISMATCH', message: expect.stringContaining('have 450 rows together, but the source counts 400') });
  });

  test('a filter is the table\'s too', async () => {
    expect(await tableRows({ ...CUT, readers: 1, tableOptions: [{ table: 'Cut', rowFilter: 'Id > 100 -- not the old ones' }] })).toBe(300);
  });
});

test.each<[string, Partial<ExtractorProps>]>([
  ['several readers under snapshot, each of which has a state of its own', { readers: 2 }],
  ['readCommitted', { readers: 1, consistency: Consistency.READ_COMMITTED }],
  ['noLock', { readers: 1, consistency: Consistency.NO_LOCK }],
  ['sourceAggregates: false', { readers: 1, sourceAggregates: false }],
  ['one chunk, whose own count is the table\'s', { readers: 1, targetChunkRows: 10_000 }],
])('it is not asked for with %s', async (_, more) => {
  expect(await tableRows({ ...CUT, ...more })).toBeUndefined();
});

test('after a retry the chunks are of two states, which are not compared', async () => {
  let reads = 0;
  runs.server.faults.onRequest = async ({ sql: text }) => {
    if (!/^SELECT \[Id\]/.test(text) || ++reads !== 3) return undefined;
    await runs.client.batch('INSERT INTO dbo.Cut VALUES (1000, \'late\')');
    return { kind: 'error', number: 1205 };
  };
  try {
    const events: ExtractEvent[] = [];
    expect(await tableRows({ ...CUT, readers: 1 }, events)).toBeUndefined();
    expect(events.filter(({ type }) => type === 'chunk-retry')).toHaveLength(1);
  } finally {
    runs.server.faults.onRequest = undefined;
    await runs.client.batch('DELETE FROM dbo.Cut WHERE Id = 1000');
  }
});

describe('a plan that was edited', () => {
  const planned = async (more: Partial<ExtractorProps> = CUT) => plan(propsOf(more));
  const cut = (...bounds: string[][]): PlannedChunk[] => [undefined, ...bounds].map((lower, at) => ({
    chunk: at, ...(lower && { lower }), ...(at < bounds.length && { upper: bounds[at] }), estimatedRows: 1, estimatedBytes: 1,
  }));
  const nulls = (chunks: PlannedChunk[]): PlannedChunk[] => [
    { chunk: 0, nullKey: true, estimatedRows: 1, estimatedBytes: 1 }, ...chunks.map((each) => ({ ...each, chunk: each.chunk + 1 })),
  ];
  const NAMED = { tables: ['dbo.Named'], targetChunkRows: 50 };

  test.each<[string, Partial<ExtractorProps>, PlannedChunk[], string]>([
    ['numbers that ascend as text only', CUT, cut(['100'], ['20']), '[dbo].[Cut], chunk 1: ["20"], which it ends before, comes before ["100"], which it begins with'],
    ['texts that ascend in the order of bytes only', NAMED, nulls(cut(['B50'], ['a50'])), '[dbo].[Named], chunk 2: ["a50"], which it ends before, comes before ["B50"]'],
    ['a second column that descends', NAMED, nulls(cut(['b50', '9'], ['B50', '8'])), '[dbo].[Named], chunk 2: ["B50","8"]'],
    ['a bound before all rows of its values behind one of them', NAMED, nulls(cut(['b50', '9'], ['b50'])), '[dbo].[Named], chunk 2: ["b50"]'],
    ['a bound among very many', CUT, cut(...Array.from({ length: 250 }, (_, at) => [String(at === 201 ? 1 : at)])), '[dbo].[Cut], chunk 201: ["1"]'],
  ])('is refused in every mode before anything is read: %s', async (_, more, chunks, told) => {
    const made = await planned(more);
    const edited = { ...made, tables: made.tables.map((table) => ({ ...table, chunks })) };
    await expect(extract(propsOf({ plan: edited, consistency: Consistency.READ_COMMITTED }))).rejects.toMatchObject({
      code: 'INVALID_CONFIG', message: expect.stringContaining(told),
    });
    expect(readdirSync(runs.folder)).toEqual([]);
  });

  test.each<[string, Partial<ExtractorProps>, PlannedChunk[], number]>([
    ['other bounds', CUT, cut(['7'], ['7'], ['350']), 400],
    ['bounds without a row', CUT, cut(['-5'], ['900'], ['1000']), 400],
    ['a bound before all rows of its values', NAMED, nulls(cut(['B50'], ['b50', '9'], ['c'])), 200],
    ['one chunk of a key that may be NULL', NAMED, cut(), 200],
  ])('lands every row once with %s', async (_, more, chunks, rows) => {
    const made = await planned(more);
    const edited = { ...made, tables: made.tables.map((table) => ({ ...table, chunks })) };
    expect(await extract(propsOf({ plan: edited, readers: 1 }))).toMatchObject({ rows, verification: 'verified' });
  });

  test('is refused where its columns are not the table\'s', async () => {
    const made = await planned();
    const edited = { ...made, tables: made.tables.map((table) => ({ ...table, columns: table.columns.slice(0, 1) })) };
    await expect(extract(propsOf({ plan: edited }))).rejects.toMatchObject({
      code: 'INVALID_CONFIG', message: expect.stringContaining("[dbo].[Cut] has other columns than the plan gives it: 'Name' is new"),
    });
  });
});
