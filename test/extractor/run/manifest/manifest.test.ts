import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseManifest, type ManifestColumn, type ManifestTable, type ManifestTableVerification } from '../../../../src/contract';
import { LegacyToS3Error } from '../../../../src/extractor/api/errors';
import { FileTarget } from '../../../../src/extractor/landing/file/file-target';
import { LandingPlan } from '../../../../src/extractor/run/chunks/landing-plan';
import { landedPrimaryKey, planJobs } from '../../../../src/extractor/run/chunks/table-job';
import type { RunContext } from '../../../../src/extractor/run/context/run-context';
import { fillOptions } from '../../../../src/extractor/run/context/run-options';
import { manifestOf, resultOf } from '../../../../src/extractor/run/manifest/build-manifest';
import { writeManifest } from '../../../../src/extractor/run/manifest/write-manifest';
import { landedTable, type LandedTable } from '../../../../src/extractor/run/tables/landed-table';
import { schemaFingerprint } from '../../../../src/extractor/run/tables/landed-table';
import { runVerification, tableVerification } from '../../../../src/extractor/run/tables/verification';
import { redact, toSafeError } from '../../../../src/extractor/source/credentials/redact';
import { SYSTEM_CLOCK } from '../../../../src/extractor/state/clock';
import type { LandedChunk } from '../../../../src/extractor/state/landed-chunk';

const RUN_ID = '20260131T235959123Z-4f9a1c';
const COLUMN: ManifestColumn = { name: 'Id', ordinal: 1, sourceType: 'int', nullable: false, outputType: 'INT32', glueType: 'int' };

function landed(rows: number, verification: ManifestTableVerification = { state: 'verified', sourceSeconds: 0.5 }): LandedTable {
  const table: ManifestTable = {
    database: 'Ledger',
    schema: 'dbo',
    table: 'Accounts',
    columns: [COLUMN],
    schemaFingerprint: schemaFingerprint([COLUMN]),
    rows,
    sizeBytes: 10,
    verification,
    objects: [{ key: 'k', part: '00000-0000', rows, sizeBytes: 10, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: 'x' } }],
  };
  return { table, seconds: 1 };
}

function context(overrides: Partial<RunContext> = {}): RunContext {
  const options = fillOptions({
    source: { server: 'db', port: 1444, database: 'ledger', user: 'reader', password: 'hunter2' }, target: 'file:///x', query: undefined,
  });
  return {
    runId: RUN_ID,
    options,
    target: new FileTarget('file:///x'),
    database: 'Ledger',
    consistency: 'snapshot',
    signal: new AbortController().signal,
    clock: SYSTEM_CLOCK,
    mayComplete: async () => undefined,
    emit: () => {},
    warn: () => {},
    ...overrides,
  };
}

describe('manifestOf', () => {
  const manifest = manifestOf(context(), '16.0.1', [landed(3), landed(4)], new Date(0));

  test('is one that readers accept', () => {
    expect(parseManifest(JSON.stringify(manifest))).toMatchObject({
      manifestVersion: 1,
      runId: RUN_ID,
      startedAt: '1970-01-01T00:00:00.000Z',
      source: { kind: 'tables', server: 'db:1444', database: 'Ledger', productVersion: '16.0.1' },
      consistency: { mode: 'snapshot' },
      verification: { state: 'verified', sourceSeconds: 1 },
      format: { name: 'parquet', compression: 'zstd' },
      prefix: '',
      totals: { tables: 2, objects: 2, rows: 7, sizeBytes: 20 },
    });
  });

  test('holds neither login nor password', () => {
    expect(JSON.stringify(manifest)).not.toMatch(/hunter2|"reader"/);
  });

  test('the result says the same', () => {
    expect(resultOf(manifest, 'k', 'file:///x/k', [landed(3)], ['w'], 2)).toMatchObject({
      runId: RUN_ID,
      manifestKey: 'k',
      rows: 7,
      objects: 2,
      sizeBytes: 20,
      verification: 'verified',
      instants: 2,
      sourceCheckSeconds: 1,
      warnings: ['w'],
      tables: [{ schema: 'dbo', table: 'Accounts', rows: 3, objects: 1, sizeBytes: 10, seconds: 1 }],
    });
  });
});

describe('runVerification', () => {
  test('what equals is verified, and the least proven table counts', () => {
    expect(runVerification([landed(3).table], 'snapshot')).toEqual({
      state: 'verified',
      sourceSeconds: 0.5,
      detail: 'the rows of every table equal COUNT_BIG, and its columns the aggregates, asked of the source in the same SNAPSHOT transaction',
    });
    expect(runVerification([landed(3).table, landed(3, { state: 'counted', detail: 'the source was not asked for aggregates' }).table], 'readCommitted')).toEqual({
      state: 'counted',
      sourceSeconds: 0.5,
      detail: 'the rows of every table equal COUNT_BIG asked of the source right after the read; dbo.Accounts: the source was not asked for aggregates',
    });
  });

  test('what is so of all tables is said once', () => {
    const off = landed(3, { state: 'counted', detail: 'the source was not asked for aggregates' }).table;
    expect(runVerification([off, off], 'snapshot').detail)
      .toBe('the rows of every table equal COUNT_BIG asked of the source in the same SNAPSHOT transaction; the source was not asked for aggregates');
  });

  test('a query is never verified', () => {
    expect(runVerification([landed(3, { state: 'unverified' }).table], 'query').state).toBe('unverified');
  });
});

describe('tableVerification', () => {
  const chunk: LandedChunk = { tableIndex: 0, chunk: 2, columns: [COLUMN], rows: 3, sourceRows: '3', sourceSeconds: 0.5, differences: [], aggregated: true, wireBytes: 1, objects: [], attempts: 1, seconds: 1 };
  const columns: ManifestColumn[] = [{ ...COLUMN, framing: 'fixed' }, { ...COLUMN, name: 'Name', ordinal: 2, sourceType: 'nvarchar(10)', framing: 'shortLength' }];

  test('says of how many columns what was compared', () => {
    expect(tableVerification(columns, [chunk, chunk])).toEqual({
      state: 'verified', sourceRows: 6, sourceSeconds: 1, aggregates: { nulls: 2, bytes: 1, sum: 1, least: 1, greatest: 1 },
    });
    expect(tableVerification(columns, [chunk, { ...chunk, aggregated: false }])).toMatchObject({ state: 'counted', sourceRows: 6 });
    expect(tableVerification(columns, [chunk, { ...chunk, sourceRows: undefined }])).toEqual({ state: 'unverified', detail: 'the source was not asked' });
  });

  test('differences are told with chunk, column and both values', () => {
    const differing = { ...chunk, differences: [{ column: 'Id', aggregate: 'sum', source: '7', landed: null }] } as const;
    expect(tableVerification(columns, [differing])).toMatchObject({
      state: 'counted', detail: 'not comparable: the source changed between the read and its aggregates: chunk 2, column "Id": sum none landed, 7 in the source',
    });
    expect(tableVerification(columns, [{ ...chunk, sourceRows: '5' }])).toMatchObject({ state: 'unverified', detail: expect.stringContaining('3 rows landed, 5 counted') });
  });
});

describe('schemaFingerprint', () => {
  test('tells columns apart by name, type and order, not by nullability', () => {
    const other = { ...COLUMN, name: 'Other' };
    expect(schemaFingerprint([COLUMN])).toMatch(/^[0-9a-f]{32}$/);
    expect(schemaFingerprint([{ ...COLUMN, nullable: true }])).toBe(schemaFingerprint([COLUMN]));
    expect(schemaFingerprint([{ ...COLUMN, sourceType: 'bigint' }])).not.toBe(schemaFingerprint([COLUMN]));
    expect(schemaFingerprint([COLUMN, other])).not.toBe(schemaFingerprint([other, COLUMN]));
  });
});

describe('LandingPlan', () => {
  const dataset = { database: 'Ledger', schema: 'dbo', table: 'Größe' };

  test('gives keys and headers of the contract', () => {
    const plan = new LandingPlan('landing/', dataset, RUN_ID, { name: 'csv', compression: 'gzip' });
    expect(plan.header(7, 2, [COLUMN])).toEqual({
      key: `landing/database=Ledger/schema=dbo/table=Gr%C3%B6%C3%9Fe/run=${RUN_ID}/part-00007-0002.csv.gz`,
      contentType: 'application/gzip',
      metadata: { ...dataset, runId: RUN_ID, part: '00007-0002', format: 'csv', compression: 'gzip', schemaFingerprint: schemaFingerprint([COLUMN]) },
    });
  });

  test.each([
    ['csv', 'none', 'text/csv; charset=utf-8'], ['jsonl', 'none', 'application/x-ndjson'], ['jsonl', 'zstd', 'application/zstd'],
    ['parquet', 'zstd', 'application/vnd.apache.parquet'],
  ] as const)('%s with %s has content type %s', (name, compression, contentType) => {
    expect(new LandingPlan('', dataset, RUN_ID, { name, compression }).header(0, 0, []).contentType).toBe(contentType);
  });

  test('refuses keys longer than S3 allows', () => {
    expect(() => new LandingPlan('', { ...dataset, table: '表'.repeat(110) }, RUN_ID, { name: 'csv', compression: 'none' })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringContaining('1024') }));
  });
});

describe('planJobs', () => {
  const column = (name: string, type: string, nullable = false) => ({ name, type, nullable, ...(type.includes('char') && { collation: 'Latin1_General_CI_AS' }) });
  const table = {
    schema: 'd]bo',
    table: 'T',
    columns: [column('Id', 'int', true), column('Run', 'varchar(20)'), column('id', 'datetime2(3)')],
    primaryKey: ['Run'],
    chunkKey: [] as string[],
    estimatedRows: 7,
    estimatedBytes: 8192,
    schemaHash: 'x',
    chunks: [{ chunk: 0, estimatedRows: 7, estimatedBytes: 8192 }],
  };
  const chunk = (number: number, bounds: object) => ({ chunk: number, estimatedRows: 1, estimatedBytes: 1, ...bounds });

  test('name every column, and rename what cannot land', () => {
    expect(planJobs({ tables: [table] }, 1)).toMatchObject([{
      sql: 'SELECT [Id], [Run] AS [Run_1], [id] AS [id_1] FROM [d]]bo].[T] OPTION (MAXDOP 1)',
      source: { expressions: ['[Id]', '[Run]', '[id]'], from: 'FROM [d]]bo].[T]', hint: ' OPTION (MAXDOP 1)' },
      parameters: [],
      subject: '[d]]bo].[T]',
    }]);
    expect(landedPrimaryKey(table)).toEqual(['Run_1']);
  });

  test('leave MAXDOP to the server', () => {
    expect(planJobs({ tables: [table] })[0].sql).toMatch(/\[T\]$/);
  });

  test('bounds are parameters that the server converts to the columns\' types', () => {
    const chunks = [chunk(0, { nullKey: true }), chunk(1, { upper: ['5', 'b'] }), chunk(2, { lower: ['5', 'b'] })];
    const jobs = planJobs({ tables: [{ ...table, chunkKey: ['Id', 'Run'], chunks }] }, 1);
    const where = (sql: string) => /WHERE (.*) OPTION/.exec(sql)![1];
    expect(where(jobs[0].sql)).toBe('[Id] IS NULL');
    expect(where(jobs[1].sql)).toBe('[Id] <= CONVERT(int, @upper0) AND ([Id] < CONVERT(int, @upper0) OR '
      + '[Run] < CONVERT(varchar(20), @upper1 COLLATE Latin1_General_CI_AS))');
    expect(where(jobs[2].sql)).toContain('[Run] >= CONVERT(varchar(20), @lower1 COLLATE Latin1_General_CI_AS)');
    expect(jobs[2].parameters).toMatchObject([{ name: 'lower0', type: 'NVarChar', value: '5' }, { name: 'lower1', value: 'b' }]);
    expect(jobs.map(({ subject }) => subject)).toEqual(['[d]]bo].[T], chunk 0', '[d]]bo].[T], chunk 1', '[d]]bo].[T], chunk 2']);
  });

  test('a chunk without bounds beside one of NULLs leaves those out', () => {
    const jobs = planJobs({ tables: [{ ...table, chunkKey: ['Id'], chunks: [chunk(0, { nullKey: true }), chunk(1, {})] }] });
    expect(jobs[1].sql).toMatch(/WHERE \[Id\] IS NOT NULL$/);
  });
});

describe('landedTable', () => {
  const identity = { schema: 'dbo', table: 'T', chunkKey: ['Id'], primaryKey: ['Id'], chunks: [{ chunk: 0, upper: ['5'], estimatedRows: 1, estimatedBytes: 1 }, { chunk: 1, lower: ['5'], estimatedRows: 1, estimatedBytes: 1 }] };
  const chunk = (number: number, rows: number, columns = [COLUMN]): LandedChunk => ({
    tableIndex: 0,
    chunk: number,
    columns,
    rows,
    sourceRows: String(rows),
    wireBytes: 1,
    attempts: 1,
    seconds: 2,
    instant: '2026-01-31T10:00:00.000Z',
    objects: [{ key: `k${number}`, part: `0000${number}-0000`, rows, sizeBytes: 10, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: 'x' } }],
  });

  test('adds its chunks up, in order', () => {
    expect(landedTable('Ledger', identity, [chunk(1, 4), chunk(0, 3)])).toMatchObject({
      table: { rows: 7, sizeBytes: 20, verification: { sourceRows: 7 }, chunkKey: ['Id'], objects: [{ key: 'k0' }, { key: 'k1' }], chunks: [{ chunk: 0, upper: ['5'] }, { chunk: 1, lower: ['5'] }] },
      seconds: 4,
    });
  });

  test('refuses chunks of different columns', () => {
    expect(() => landedTable('Ledger', identity, [chunk(0, 1), chunk(1, 1, [{ ...COLUMN, sourceType: 'bigint' }])])).toThrow(
      expect.objectContaining({ code: 'SCHEMA_CHANGED', message: expect.stringContaining('chunks 0 and 1') }));
  });
});

describe('writeManifest', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'manifest-')); });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('lands it under the run\'s folder', async () => {
    const manifest = manifestOf(context(), undefined, [landed(1)], new Date(0));
    const key = await writeManifest(new FileTarget(pathToFileURL(folder).href), manifest);
    expect(key).toBe(`_runs/run=${RUN_ID}/_manifest.json`);
    expect(parseManifest(readFileSync(join(folder, key), 'utf8'))).toEqual(manifest);
  });

  test('leaves none when the disk is full', async () => {
    const target = new FileTarget(pathToFileURL(folder).href, () => open('/dev/full', 'w'));
    await expect(writeManifest(target, manifestOf(context(), undefined, [landed(1)], new Date(0)))).rejects.toMatchObject({ code: 'TARGET_FULL' });
    expect(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([]);
  });
});

describe('secrets', () => {
  test('are taken out of texts and messages', () => {
    expect(redact('pass hunter2, hunter2', ['hunter2'])).toBe('pass ***, ***');
    expect(toSafeError(new LegacyToS3Error('LOGIN_FAILED', 'with hunter2'), ['hunter2'])).toMatchObject({ code: 'LOGIN_FAILED', message: 'with ***' });
    expect(toSafeError(new Error('hunter2'), ['hunter2'])).toMatchObject({ code: 'INTERNAL', message: 'unexpected: ***' });
  });

  test('of one to three characters are left, since they would blank out words', () => {
    expect(redact('a cat', ['a'])).toBe('a cat');
  });
});
