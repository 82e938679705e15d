import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseManifest } from '../../../src/contract';
import type { TableOptions } from '../../../src/extractor/api/selection';
import { Consistency, extract, ExtractFormat, plan, resume, SourceHashes, SourceRisk, verifyRun, type ExtractionPlan, type ExtractorProps } from '../../../src/extractor/doors/public';
import { SOUGHT_INDEXES_SQL } from '../../../src/extractor/source/catalog/catalog-queries';
import { startStandIn } from '../../../tools/stand-in';
import { connectClient } from '../../support/source/stand-in-client';
import { standInRuns } from '../../support/source/stand-in-runs';

const runs = standInRuns();
const sql = (text: string) => runs.client.batch(text);

function props(table: string, options: Omit<TableOptions, 'table'>, more: Partial<ExtractorProps> = {}): ExtractorProps {
  return {
    ...runs.endpoints,
    format: ExtractFormat.csv({ header: false }),
    tables: [table],
    tableOptions: [{ table, targetChunkRows: 50, ...options }],
    readers: 2,
    ...more,
  };
}

/** What a run is given that has a plan. */
const bare = (given: ExtractorProps): ExtractorProps => ({ ...given, tables: undefined, tableOptions: undefined });

const manifestOf = (manifestKey: string) => parseManifest(readFileSync(join(runs.folder, manifestKey), 'utf8')).tables[0];

/** Ids, which the first column is, chunk by chunk. */
function idsOf(manifestKey: string): number[] {
  return manifestOf(manifestKey).objects.flatMap(({ key }) => readFileSync(join(runs.folder, key), 'utf8').trim().split('\n').filter((line) => line !== '')
    .map((line) => Number(line.split(',')[0]))).sort((a, b) => a - b);
}

const upTo = (count: number) => Array.from({ length: count }, (_, id) => id);

/** A heap of 400 rows: a tenth NULL in A, 13 values of A, 3 of B with NULLs, and C of its own. */
async function heap(name: string, more = ''): Promise<void> {
  await sql(`CREATE TABLE dbo.${name} (Id int NOT NULL, A int NULL, B varchar(10) NULL, C datetime2(3) NOT NULL, Body nvarchar(max) NULL, Ver rowversion NOT NULL)`);
  await sql(`INSERT INTO dbo.${name} (Id, A, B, C) SELECT value, CASE WHEN value % 10 = 3 THEN NULL ELSE value * 7 % 13 END,
    NULLIF(CHOOSE(1 + value % 4, 'x', 'Y', '', 'z'), ''), DATEADD(second, value, '2024-02-29') FROM GENERATE_SERIES(0, 399)`);
  if (more !== '') await sql(more);
}

test('a heap is cut by the columns that are named; the saved plan lands each row once, compared with the source chunk by chunk', async () => {
  await heap('Heap');
  const given = props('Heap', { chunkBy: ['a', 'C'] }, { sourceHashes: SourceHashes.ALL });
  const made = await plan(given);
  const [table] = made.tables;
  expect(table).toMatchObject({ chunkKey: ['A', 'C'], primaryKey: [] });
  expect(table.chunks[0]).toEqual({ chunk: 0, nullKey: true, estimatedRows: 40, estimatedBytes: expect.any(Number) });
  expect(table.chunks.length).toBeGreaterThanOrEqual(8);
  for (const { estimatedRows } of table.chunks) expect(estimatedRows).toBeLessThanOrEqual(60);
  expect(table.chunks.reduce((sum, { estimatedRows }) => sum + estimatedRows, 0)).toBe(400);
  const result = await extract({ ...bare(given), plan: JSON.parse(JSON.stringify(made)) as ExtractionPlan });
  expect(result).toMatchObject({ rows: 400, verification: 'verified' });
  expect(idsOf(result.manifestKey)).toEqual(upTo(400));
  const landed = manifestOf(result.manifestKey);
  expect(landed.chunks!.map(({ rows }) => rows)).toEqual(table.chunks.map(({ estimatedRows }) => estimatedRows));
  expect(landed.verification).toMatchObject({ sourceRows: 400 });
  expect(await verifyRun(bare(given), result.runId, { againstSource: true })).toMatchObject({ problems: [], sourceCompared: true });
});

test('a run that stops goes on with the chunks that are left, and is not cut otherwise', async () => {
  await heap('Stopped');
  const given = props('Stopped', { chunkBy: ['C'] }, { readers: 1 });
  const stop = new AbortController();
  let [runId, finished] = ['', 0];
  await expect(extract(given, {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'run-started') ({ runId } = event);
      if (event.type === 'chunk-finished' && ++finished === 3) stop.abort();
    },
  })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await expect(resume(props('Stopped', { chunkBy: ['Id'] }, { readers: 1 }), runId)).rejects.toMatchObject({
    code: 'INVALID_CONFIG', message: expect.stringMatching(/tableOptions is .*"chunkBy":\["Id"\].*, but the run has .*"chunkBy":\["C"\]/),
  });
  let read = 0;
  const { manifestKey, verification } = await resume(given, runId, { onEvent: ({ type }) => { if (type === 'chunk-finished') read += 1; } });
  expect(verification).toBe('verified');
  expect(read).toBe(8 - finished);
  expect(idsOf(manifestKey)).toEqual(upTo(400));
});

test('a filter of rows and chosen columns hold in each chunk', async () => {
  await heap('Filtered');
  const given = props('Filtered', { chunkBy: ['B', 'Id'], rowFilter: 'A > 5 OR A IS NULL -- some', columns: ['Id', 'A', 'B'] });
  const result = await extract(given);
  expect(result.verification).toBe('verified');
  const wanted = upTo(400).filter((id) => id % 10 === 3 || id * 7 % 13 > 5);
  expect(idsOf(result.manifestKey)).toEqual(wanted);
  expect(manifestOf(result.manifestKey)).toMatchObject({ chunkKey: ['B', 'Id'], rowFilter: 'A > 5 OR A IS NULL -- some' });
  expect(await verifyRun(bare(given), result.runId, { againstSource: true })).toMatchObject({ problems: [] });
});

test('named columns come before a primary key, and a size that leaves the table whole before them', async () => {
  await sql(`CREATE TABLE dbo.WithKey (Id int NOT NULL PRIMARY KEY, Shop smallint NOT NULL);
    INSERT INTO dbo.WithKey SELECT value, value % 5 FROM GENERATE_SERIES(0, 399)`);
  const made = await plan(props('WithKey', { chunkBy: ['Shop', 'Id'] }));
  expect(made.tables[0]).toMatchObject({ chunkKey: ['Shop', 'Id'], primaryKey: ['Id'] });
  const { manifestKey } = await extract(props('WithKey', { chunkBy: ['Shop', 'Id'] }));
  expect(idsOf(manifestKey)).toEqual(upTo(400));
  const whole = await plan(props('WithKey', { chunkBy: ['Shop'], targetChunkRows: 400 }));
  expect(whole.tables[0]).toMatchObject({ chunkKey: [], chunks: [{ chunk: 0 }] });
  expect(whole.warnings.filter((warning) => warning.includes('[WithKey]'))).toEqual([]);
});

test('floats that differ in the 17th digit alone, which texts of bounds have not, keep the columns behind them in order', async () => {
  await sql(`CREATE TABLE dbo.Floats (Id int NOT NULL, F float NOT NULL);
    INSERT INTO dbo.Floats SELECT value, CASE WHEN value % 400 < 200 THEN 0.1E0 + 0.2E0 ELSE 0.3E0 END FROM GENERATE_SERIES(0, 399)`);
  const given = props('Floats', { chunkBy: ['F', 'Id'] });
  const made = await plan(given);
  const bounds = made.tables[0].chunks.flatMap(({ lower }) => (lower ? [lower] : []));
  expect(bounds.length).toBeGreaterThan(5);
  expect(new Set(bounds.map(([float]) => float)).size).toBe(1);
  const { manifestKey, verification } = await extract({ ...bare(given), plan: made });
  expect(verification).toBe('verified');
  expect(idsOf(manifestKey)).toEqual(upTo(400));
});

test('sixteen columns are planned, and of six more chunks run than one statement compares', async () => {
  const names = Array.from({ length: 16 }, (_, at) => `K${at}`);
  const values = names.map((_, at) => (at === 4 ? 'NULLIF(value % 3, 0)' : at < 5 ? `value / ${4 ** (4 - at)} % 4` : at === 5 ? 'value % 250' : '1'));
  await sql(`CREATE TABLE dbo.Many (Id int NOT NULL, ${names.map((name) => `${name} tinyint NULL`).join(', ')})`);
  await sql(`INSERT INTO dbo.Many SELECT value, ${values.join(', ')} FROM GENERATE_SERIES(0, 399)`);
  const all = await plan(props('Many', { chunkBy: names }));
  expect(all.tables[0].chunkKey).toEqual(names);
  expect(all.tables[0].chunks.length).toBeGreaterThan(5);
  const given = props('Many', { chunkBy: ['K0', 'K1', 'K2', 'K3', 'K5', 'K4'], targetChunkRows: 3 });
  const made = await plan(given);
  expect(made.tables[0].chunks.length).toBeGreaterThan(102);
  const { manifestKey, verification } = await extract({ ...bare(given), plan: made });
  expect(verification).toBe('verified');
  expect(idsOf(manifestKey)).toEqual(upTo(400));
});

test('the last rule that matches a table says what cuts it', async () => {
  await heap('Ruled');
  const rules = [{ table: 'dbo.*', chunkBy: ['Id'], targetChunkRows: 50 }, { table: 'Ruled', chunkBy: ['C'] }];
  expect((await plan(props('Ruled', {}, { tableOptions: rules }))).tables[0].chunkKey).toEqual(['C']);
});

describe('the plan warns', () => {
  const warningsOf = async (table: string, chunkBy: string[], more: Partial<TableOptions> = {}) =>
    (await plan(props(table, { chunkBy, ...more }))).warnings.filter((warning) => warning.startsWith(`[dbo].[${table}]`));

  test('where no index that can be sought begins with the columns', async () => {
    await heap('Unindexed', `CREATE INDEX IX_Filtered ON dbo.Unindexed (Id) WHERE A IS NOT NULL;
      CREATE INDEX IX_Included ON dbo.Unindexed (A) INCLUDE (Id);
      CREATE INDEX IX_Disabled ON dbo.Unindexed (Id); ALTER INDEX IX_Disabled ON dbo.Unindexed DISABLE;
      CREATE INDEX _dta_Id ON dbo.Unindexed (Id) WITH STATISTICS_ONLY = -1;
      CREATE INDEX IX_CB ON dbo.Unindexed (C, B)`);
    expect(await warningsOf('Unindexed', ['Id'])).toEqual([
      '[dbo].[Unindexed]: no index begins with [Id], which it is cut by (chunkBy), so that the source looks at all rows for each chunk',
    ]);
    expect(await warningsOf('Unindexed', ['B', 'C'])).toEqual([expect.stringContaining('no index begins with [B], [C], which')]);
    expect(await warningsOf('Unindexed', ['C', 'Id'])).toEqual([expect.stringContaining('no index begins with [C], [Id], which it is cut by (chunkBy), but with [C] alone')]);
  });

  test('and not where one does, clustered or not, descending or with further columns', async () => {
    await heap('Indexed', `CREATE CLUSTERED INDEX IX_C ON dbo.Indexed (C DESC);
      CREATE INDEX IX_BId ON dbo.Indexed (B, Id, A)`);
    expect(await warningsOf('Indexed', ['C'])).toEqual([]);
    expect(await warningsOf('Indexed', ['B', 'Id'])).toEqual([]);
    await sql('CREATE TABLE dbo.Kept (Id int NOT NULL PRIMARY KEY NONCLUSTERED); INSERT INTO dbo.Kept SELECT value FROM GENERATE_SERIES(0, 399)');
    expect(await warningsOf('Kept', ['Id'])).toEqual([]);
  });

  test('where one value has so many rows that its chunk is much larger than asked for, or NULL has', async () => {
    await heap('Uneven', 'UPDATE dbo.Uneven SET A = NULL WHERE Id >= 100');
    const [, uneven] = await warningsOf('Uneven', ['A']);
    expect(uneven).toBe('[dbo].[Uneven]: 1 of its 3 chunks is more than 3 times as large as asked for, up to about 310 rows, since rows of one value of [A] '
      + '(and those of NULL in the first) are not parted; chunkBy may name further columns');
  });

  test('where all rows have one value, so that nothing is cut', async () => {
    await heap('Alike', 'UPDATE dbo.Alike SET C = \'2024-02-29\'');
    const made = await plan(props('Alike', { chunkBy: ['C'] }));
    expect(made.tables[0]).toMatchObject({ chunkKey: [], chunks: [{ chunk: 0, estimatedRows: 400 }] });
    expect(await warningsOf('Alike', ['C'])).toEqual([expect.stringContaining('1 of its 1 chunk is more than 3 times as large as asked for, up to about 400 rows')]);
  });

  test('where every write to a row moves it', async () => {
    await heap('Versioned', 'CREATE INDEX IX_Ver ON dbo.Versioned (Ver)');
    expect(await warningsOf('Versioned', ['Ver'])).toEqual([expect.stringContaining('every write to a row changes [Ver] (rowversion)')]);
  });

  test('of nothing where nothing is named, and asks for no indexes then', async () => {
    await heap('Plain');
    const asked: string[] = [];
    runs.server.faults.onRequest = (request) => {
      asked.push(JSON.stringify(request));
      return undefined;
    };
    try {
      const { warnings } = await plan(props('Plain', {}));
      expect(warnings.filter((warning) => warning.includes('no index'))).toEqual([]);
    } finally {
      runs.server.faults.onRequest = undefined;
    }
    expect(asked.filter((request) => request.includes('used_pages'))).not.toEqual([]);
    expect(asked.filter((request) => request.includes(JSON.stringify(SOUGHT_INDEXES_SQL).slice(1, -1)))).toEqual([]);
  });
});

describe('is refused', () => {
  beforeAll(async () => {
    await heap('Refused', `CREATE TABLE dbo.Odd (Id int NOT NULL, X xml NULL, V sql_variant NULL, Long varchar(8000) NULL, Most nvarchar(max) NULL, Bytes varbinary(2000) NULL, H hierarchyid NULL,
        Chance AS CAST(NEWID() AS char(36)));
      CREATE TABLE dbo.Ids (Id int NOT NULL) AS NODE`);
    await sql('CREATE VIEW dbo.Shown AS SELECT Id, A FROM dbo.Refused');
  });

  test.each<[string, Omit<TableOptions, 'table'>, RegExp]>([
    ['Refused', { chunkBy: ['Idd'] }, /tableOptions of 'Refused' names the column 'Idd', which is not there; did you mean 'Id'\?/],
    ['Refused', { chunkBy: ['A', 'a'] }, /tableOptions cuts \[dbo\]\.\[Refused\] by columns \(chunkBy\), but its column 'A' is named twice/],
    ['Refused', { chunkBy: ['A'], excludeColumns: ['a'] }, /\(chunkBy\), but its column 'A' is left out \(columns, excludeColumns\): only columns that are read can cut/],
    ['Refused', { chunkBy: ['A'], columns: ['Id'] }, /its column 'A' is left out/],
    ['Refused', { chunkBy: ['Id', 'Body'] }, /chunkBy of \[dbo\]\.\[Refused\] names the column 'Body', which is nvarchar\(max\): no bound can be given for it/],
    ['Odd', { chunkBy: ['X'] }, /'X', which is xml: no bound/],
    ['Odd', { chunkBy: ['V'] }, /'V', which is sql_variant: no bound/],
    ['Odd', { chunkBy: ['H'] }, /'H', which is hierarchyid: no bound/],
    ['Odd', { chunkBy: ['Long'] }, /'Long', which is varchar\(8000\): its values are longer than a bound may be/],
    ['Odd', { chunkBy: ['Bytes'] }, /'Bytes', which is varbinary\(2000\): its values are longer/],
    ['Odd', { chunkBy: ['Chance'] }, /'Chance', which no bound can be given for, since the source does not tell or repeat its values \(nondeterministic\)/],
    ['Ids', { chunkBy: ['$node_id'] }, /'\$node_id', a pseudo-column of a graph/],
    ['Shown', { chunkBy: ['Id'] }, /tableOptions cuts \[dbo\]\.\[Shown\] by columns \(chunkBy\), but it is a view/],
  ])('of %s: %j', async (table, options, message) => {
    const given = props(table, options, { includeViews: true });
    await expect(plan(given)).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) });
    await expect(extract(given)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });

  test('for all tables of a pattern when one of them has not the column, by its name', async () => {
    const given = props('Refused', {}, { tables: ['Refused', 'Odd'], tableOptions: [{ table: 'dbo.*', chunkBy: ['A'] }] });
    await expect(plan(given)).rejects.toMatchObject({
      code: 'INVALID_CONFIG', message: expect.stringMatching(/cuts \[dbo\]\.\[Odd\] by columns \(chunkBy\), but it has no column 'A'.*; name the tables that have it/),
    });
  });

  test('by masked columns, also when masks are accepted', async () => {
    const masked = { user: 'masked', password: 'masked-Secret-1', unmask: false };
    const server = await startStandIn({ transactions: 10, logins: [masked] });
    try {
      const { host, port, database, user, password } = server;
      const source = { server: host, port, database, user, password, encrypt: false };
      const client = await connectClient(server);
      await client.batch('CREATE TABLE dbo.Secrets (Id int NOT NULL, Pin varchar(8) MASKED WITH (FUNCTION = \'default()\') NULL)');
      await client.close();
      const given = props('Secrets', { chunkBy: ['Pin'] }, { accept: [SourceRisk.MASKED_COLUMNS] });
      expect((await plan({ ...given, source })).refusals).toEqual([]);
      await expect(plan({ ...given, source: { ...source, user: masked.user, password: masked.password } }))
        .rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('does not tell or repeat its values (masked)') });
    } finally {
      await server.stop();
    }
  });
});

describe('every row is in one chunk', () => {
  let made = 0;
  const values = {
    A: fc.option(fc.integer({ min: 0, max: 6 }).map(String), { nil: 'NULL', freq: 3 }),
    B: fc.option(fc.constantFrom('a', 'A', 'ab', '', ' ', 'ß', 'ss', 'é').map((text) => `'${text}'`), { nil: 'NULL', freq: 3 }),
    C: fc.integer({ min: 0, max: 300 }).map((ms) => `'2024-02-29T10:11:12.${String(ms).padStart(3, '0')}'`),
    D: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e3, max: 1e3 }).map((value) => value.toExponential()), { nil: 'NULL' }),
  };
  const tables = fc.record({
    chunkBy: fc.shuffledSubarray(['A', 'B', 'C', 'D'], { minLength: 1 }),
    rows: fc.array(fc.tuple(values.A, values.B, values.C, values.D), { minLength: 40, maxLength: 120 }),
    targetChunkRows: fc.integer({ min: 3, max: 20 }),
    consistency: fc.constantFrom(undefined, Consistency.READ_COMMITTED),
    hashes: fc.boolean(),
  });

  test('of a heap with NULLs and duplicates anywhere, by any columns in any order', async () => {
    await fc.assert(fc.asyncProperty(tables, async ({ chunkBy, rows, targetChunkRows, consistency, hashes }) => {
      const name = `Any${++made}`;
      await sql(`CREATE TABLE dbo.${name} (Id int NOT NULL, A int NULL, B varchar(4) NULL, C datetime NOT NULL, D float NULL)`);
      await sql(`INSERT INTO dbo.${name} VALUES ${rows.map((row, id) => `(${id}, ${row.join(', ')})`).join(', ')}`);
      const given = props(name, { chunkBy, targetChunkRows }, { consistency, ...(hashes && { sourceHashes: SourceHashes.ALL }) });
      const saved = JSON.parse(JSON.stringify(await plan(given))) as ExtractionPlan;
      expect(saved.tables[0].chunkKey).toEqual(chunkBy);
      const result = await extract({ ...bare(given), plan: saved });
      expect(result.verification).toBe('verified');
      expect(idsOf(result.manifestKey)).toEqual(upTo(rows.length));
      expect(await verifyRun(bare(given), result.runId, { againstSource: true })).toMatchObject({ problems: [] });
    }), { numRuns: 5, endOnFailure: true });
  }, 120_000);
});

// Last: the stand-in tells its partitions slowly.
describe('partitioned tables', () => {
  beforeAll(async () => {
    await sql('CREATE PARTITION FUNCTION pf_named (date) AS RANGE RIGHT FOR VALUES (\'2024-02-01\', \'2024-03-01\', \'2024-04-01\')');
    await sql('CREATE PARTITION SCHEME ps_named AS PARTITION pf_named ALL TO ([PRIMARY])');
    await sql('CREATE TABLE dbo.Parted (Id int NOT NULL, P date NULL, Shop int NULL) ON ps_named(P)');
    await sql('INSERT INTO dbo.Parted SELECT value, CASE WHEN value % 20 = 7 THEN NULL ELSE DATEADD(day, value % 120, \'2024-01-01\') END, NULLIF(value % 9, 0) FROM GENERATE_SERIES(0, 399)');
  });

  test('are cut where partitions meet when the columns begin with theirs, and large partitions once more', async () => {
    const given = props('Parted', { chunkBy: ['P', 'Shop'] });
    const made = await plan(given);
    const { tables: [table] } = made;
    expect(table.chunkKey).toEqual(['P', 'Shop']);
    const bounds = table.chunks.flatMap(({ lower }) => (lower ? [lower] : []));
    expect(bounds).toEqual(expect.arrayContaining([['2024-02-01'], ['2024-03-01'], ['2024-04-01']]));
    expect(bounds.length).toBeGreaterThan(3);
    const { manifestKey, verification } = await extract({ ...bare(given), plan: made });
    expect(verification).toBe('verified');
    expect(idsOf(manifestKey)).toEqual(upTo(400));
    const small = await plan(props('Parted', { chunkBy: ['P', 'Shop'], targetChunkRows: 110 }));
    expect(small.tables[0].chunkKey).toEqual(['P']);
  });

  test('are cut by columns that begin otherwise, whatever they are partitioned by', async () => {
    for (const targetChunkRows of [50, 110]) {
      const given = props('Parted', { chunkBy: ['Shop', 'Id'], targetChunkRows });
      const made = await plan(given);
      expect(made.tables[0].chunkKey).toEqual(['Shop', 'Id']);
      const { manifestKey } = await extract({ ...bare(given), plan: made });
      expect(idsOf(manifestKey)).toEqual(upTo(400));
    }
  });
});
