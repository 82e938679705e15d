import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifest, type ManifestColumn, type ManifestTable } from '../../../src/contract';
import { extract, ExtractFormat, plan, resume, TimeType, UniqueidentifierType, type ExtractEvent, type ExtractionPlan, type ExtractorProps } from '../../../src/extractor/doors/public';
import { RECOVERY_FORK_SQL } from '../../../src/extractor/source/catalog/database-identity';
import { SERVER_PRODUCTS, startStandIn } from '../../../tools/stand-in';
import { manifestValidator } from '../../support/runs/manifest-schema';
import { standInRuns } from '../../support/source/stand-in-runs';
import { fieldsByDuckDb, fieldsByHyparquet, fieldsByPyArrow, type ParquetField } from '../../support/tds/parquet-fields';

const runs = standInRuns();
const batch = async (sql: string) => runs.client.batch(sql);

const props = (overrides: Partial<ExtractorProps> = {}): ExtractorProps => (
  { ...runs.endpoints, tables: ['Moving'], format: ExtractFormat.parquet(), readers: 1, threads: 1, ...overrides });

beforeEach(async () => {
  await batch(`IF OBJECT_ID('dbo.Moving') IS NOT NULL DROP TABLE dbo.Moving;
    CREATE TABLE dbo.Moving (Id int NOT NULL PRIMARY KEY, A int NULL, B varchar(20) NULL, Small smallint NULL, Tiny tinyint NULL)`);
  await batch('INSERT INTO dbo.Moving SELECT value, value * 2, \'text\', -32768, 255 FROM GENERATE_SERIES(1, 100)');
});
afterEach(() => { runs.server.faults.onRequest = undefined; });

function manifestAt(key: string) {
  return parseManifest(readFileSync(join(runs.folder, key), 'utf8'));
}

async function land(overrides: Partial<ExtractorProps> = {}): Promise<ManifestTable> {
  const { manifestKey } = await extract(props(overrides));
  const manifest = manifestAt(manifestKey);
  const valid = manifestValidator({ strict: true });
  expect({ valid: valid(manifest), errors: valid.errors }).toEqual({ valid: true, errors: null });
  return manifest.tables[0];
}

const idsOf = ({ columns }: ManifestTable) => Object.fromEntries(columns.map(({ name, fieldId }) => [name, fieldId]));

/** The same of every object, by each reader of its own make. */
async function expectIdsInFiles(table: ManifestTable): Promise<void> {
  const wanted = table.columns.map(({ name, fieldId }) => ({ name, ...(fieldId !== undefined && { fieldId }) }));
  const bare = (fields: readonly ParquetField[]) => fields.map(({ type: _, ...field }) => field);
  for (const { key } of table.objects) {
    const file = join(runs.folder, key);
    expect(bare(fieldsByPyArrow(file))).toEqual(wanted);
    expect(bare(fieldsByHyparquet(readFileSync(file)))).toEqual(wanted);
    expect(bare(await fieldsByDuckDb(file))).toEqual(wanted);
  }
}

test('a column keeps its id over a rename and another type; a new one never has the id of one that was dropped', async () => {
  const first = await land();
  expect(idsOf(first)).toEqual({ Id: 1, A: 2, B: 3, Small: 4, Tiny: 5 });
  await expectIdsInFiles(first);
  await batch("EXEC sp_rename 'dbo.Moving.A', 'Renamed', 'COLUMN'; ALTER TABLE dbo.Moving ALTER COLUMN Renamed bigint NULL; ALTER TABLE dbo.Moving ADD C int NULL");
  const second = await land();
  expect(idsOf(second)).toEqual({ Id: 1, Renamed: 2, B: 3, Small: 4, Tiny: 5, C: 6 });
  await batch('ALTER TABLE dbo.Moving DROP COLUMN C, B; ALTER TABLE dbo.Moving ADD C int NULL');
  const third = await land();
  expect(idsOf(third)).toEqual({ Id: 1, Renamed: 2, Small: 4, Tiny: 5, C: 7 });
  await expectIdsInFiles(third);
  expect(first.identity).toMatchObject({ maxColumnId: 5 });
  expect(second.identity).toEqual({ ...first.identity, maxColumnId: 6 });
  expect(third.identity).toEqual({ ...first.identity, maxColumnId: 7 });
  // Columns that are left out leave the others theirs.
  expect(idsOf(await land({ tableOptions: [{ table: 'Moving', excludeColumns: ['Small'] }] }))).toEqual({ Id: 1, Renamed: 2, Tiny: 5, C: 7 });
});

test('a table that is dropped and made again is another one, and so is that of a restored database', async () => {
  const { identity } = await land();
  const [{ created }] = (await runs.client.query("SELECT CONVERT(varchar(23), create_date, 126) AS created FROM sys.tables WHERE name = 'Moving'")).recordset as Array<{ created: string }>;
  expect(identity).toMatchObject({ created, database: expect.stringMatching(/^fork:[0-9A-F]{8}-/) });
  await batch('DROP TABLE dbo.Moving; CREATE TABLE dbo.Moving (Id int NOT NULL PRIMARY KEY, A int NULL)');
  const again = (await land()).identity!;
  expect(again).toMatchObject({ database: identity!.database, maxColumnId: 2 });
  expect(again.objectId).not.toBe(identity!.objectId);
  expect(again.created >= identity!.created).toBe(true);
  runs.server.engine.catalog.database(runs.server.database)!.restored();
  const restored = (await land()).identity!;
  expect(restored).toEqual({ ...again, database: expect.stringMatching(/^fork:/) });
  expect(restored.database).not.toBe(again.database);
});

test('whole numbers are plain INT32, companions too, and these have ids of their own', async () => {
  const table = await land({ tables: ['AllTypes'] });
  await expectIdsInFiles(table);
  const { columns, objects: [{ key }] } = table;
  const file = join(runs.folder, key);
  const named = (name: string) => columns.find((column) => column.name === name)!;
  const [datetime2, offset, variant] = ['c_datetime2_7', 'c_dto7', 'c_variant'].map((name) => named(name).fieldId!);
  expect(named('c_datetime2_7__100ns').fieldId).toBe(1_000_000 + 8 * datetime2);
  expect(named('c_dto7__100ns').fieldId).toBe(1_000_000 + 8 * offset);
  expect(named('c_dto7__offset_minutes').fieldId).toBe(1_000_001 + 8 * offset);
  expect(named('c_variant__base_type').fieldId).toBe(1_000_002 + 8 * variant);
  expect(new Set(columns.map(({ fieldId }) => fieldId)).size).toBe(columns.length);
  const whole = columns.filter(({ name }) => /^c_(tinyint|smallint|int)$|__100ns$|__offset_minutes$/.test(name));
  expect(whole.length).toBeGreaterThan(5);
  for (const column of whole) expect(column).toMatchObject({ outputType: 'INT32', glueType: 'int' });
  const names = new Set(whole.map(({ name }) => name));
  const typesOf = (fields: readonly ParquetField[]) => [...new Set(fields.filter(({ name }) => names.has(name)).map(({ type }) => type))];
  expect(typesOf(fieldsByPyArrow(file))).toEqual(['int32']);
  expect(typesOf(fieldsByHyparquet(readFileSync(file)))).toEqual(['INT32']);
  expect(typesOf(await fieldsByDuckDb(file))).toEqual(['INT32']);
});

test('a field id stands beside every annotation that a type has', async () => {
  const types = { time: TimeType.NATIVE, uniqueidentifier: UniqueidentifierType.UUID };
  const table = await land({ tables: ['AllTypes'], types });
  await expectIdsInFiles(table);
  const outputs = Object.fromEntries(table.columns.map(({ name, outputType }) => [name, outputType]));
  // Iceberg's version 2 has no time of nanoseconds: who takes these as they are is told so by the type.
  expect(outputs).toMatchObject({ c_time3: 'TIME(MICROS)', c_time7: 'TIME(NANOS)', c_uniqueid: 'UUID' });
  expect((await land({ tables: ['AllTypes'] })).columns.filter(({ name }) => /^c_(time7|uniqueid)$/.test(name)).map(({ outputType }) => outputType))
    .toEqual(['STRING', 'STRING']);
});

test('a view is known by its object, its columns by their names alone; a query by neither', async () => {
  await batch("IF OBJECT_ID('dbo.Shown') IS NOT NULL DROP VIEW dbo.Shown");
  await batch('CREATE VIEW dbo.Shown AS SELECT Id, B FROM dbo.Moving');
  const view = await land({ tables: ['Shown'], includeViews: true });
  expect(view).toMatchObject({ view: true, identity: { objectId: expect.any(Number), created: expect.any(String), database: expect.stringMatching(/^fork:/) } });
  expect(view.identity).not.toHaveProperty('maxColumnId');
  expect(idsOf(view)).toEqual({ Id: undefined, B: undefined });
  await expectIdsInFiles(view);
  const query = await land({ tables: undefined, query: { name: 'dbo.Asked', sql: 'SELECT Id, B FROM dbo.Moving' } });
  expect(query).not.toHaveProperty('identity');
  expect(idsOf(query)).toEqual({ Id: undefined, B: undefined });
});

describe('a database whose recovery fork is not told is known by its date', () => {
  const [day, created] = ['2019-04-01T08:00:00', { database: 'created:2019-04-01T08:00:00' }];

  test.each([
    ['the login is refused', 300], ['the view is not there', 208],
  ])('%s', async (_, number) => {
    runs.server.faults.onRequest = ({ sql }) => (sql.includes(RECOVERY_FORK_SQL) ? { kind: 'error', number, severity: 14 } : undefined);
    expect((await land()).identity).toMatchObject(created);
  });

  test('a service that has no such view', async () => {
    const azure = await startStandIn({ transactions: 10, product: SERVER_PRODUCTS.azureSqlDatabase });
    const asked: string[] = [];
    azure.faults.onRequest = ({ sql }) => void asked.push(sql);
    try {
      const { host, port, database, user, password } = azure;
      const table = await land({ source: { server: host, port, database, user, password, encrypt: false }, tables: ['Branches'] });
      expect(table.identity).toMatchObject({ database: `created:${day}` });
      expect(asked).not.toContain(RECOVERY_FORK_SQL);
    } finally {
      await azure.stop();
    }
  });
});

describe('a table that looks the same but is another one', () => {
  const cut = { targetChunkRows: 25, format: ExtractFormat.csv({ header: false }) };
  const REMADE = `DROP TABLE dbo.Moving;
    CREATE TABLE dbo.Moving (Id int NOT NULL PRIMARY KEY, A int NULL, B varchar(20) NULL, Small smallint NULL, Tiny tinyint NULL);
    INSERT INTO dbo.Moving SELECT value, 0, 'other', 0, 0 FROM GENERATE_SERIES(1, 100)`;
  const READDED = 'ALTER TABLE dbo.Moving DROP COLUMN Tiny; ALTER TABLE dbo.Moving ADD Tiny tinyint NULL';

  test.each([
    ['made again', REMADE, '[dbo].[Moving] was dropped and made again'],
    ['a column of the same name', READDED, "'Tiny' was dropped and added again"],
  ])('ends a run in which it appears: %s', async (_, ddl, message) => {
    let reads = 0;
    runs.server.faults.onRequest = async ({ sql }) => {
      if (/^SELECT \[Id\]/.test(sql) && ++reads === 2) await batch(ddl);
      return undefined;
    };
    await expect(extract(props(cut))).rejects.toMatchObject({ code: 'SCHEMA_CHANGED', message: expect.stringContaining(message) });
  });

  /** A run that was stopped after its first chunk. @returns its id */
  async function stopped(overrides: Partial<ExtractorProps> = {}): Promise<string> {
    const stop = new AbortController();
    let runId = '';
    const onEvent = (event: ExtractEvent) => {
      if (event.type === 'run-started') ({ runId } = event);
      if (event.type === 'chunk-finished') stop.abort();
    };
    await expect(extract(props({ ...cut, ...overrides }), { signal: stop.signal, onEvent })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    return runId;
  }

  test.each([
    ['made again', async () => batch(REMADE), 'was dropped and made again'],
    ['a column of the same name', async () => batch(READDED), "'Tiny' was dropped and added again"],
    ['restored', async () => runs.server.engine.catalog.database(runs.server.database)!.restored(), 'is in a database that was restored'],
  ])('is no part of a run that is gone on with: %s', async (_, change, message) => {
    const runId = await stopped();
    await change();
    await expect(resume(props(cut), runId)).rejects.toMatchObject({ code: 'SCHEMA_CHANGED', message: expect.stringContaining(message) });
  });

  test('is read by a saved plan as what it is now', async () => {
    const saved = await plan(props(cut));
    await batch(REMADE);
    const { identity } = await land({ plan: saved, tables: undefined, targetChunkRows: undefined, format: cut.format });
    expect(identity!.objectId).not.toBe(saved.tables[0].identity!.objectId);
    expect(identity).toEqual((await plan(props(cut))).tables[0].identity);
  });

  /** As an earlier version made it. */
  const ofBefore = (made: ExtractionPlan): ExtractionPlan => ({
    ...made,
    tables: made.tables.map(({ identity: _, columns, ...table }) => ({ ...table, columns: columns.map(({ columnId: _id, ...column }) => column) })),
  });

  test('is not known of a saved plan of before: a run takes ids and identity from the source', async () => {
    const made = await plan(props(cut));
    const given = { plan: ofBefore(made), tables: undefined, targetChunkRows: undefined, format: ExtractFormat.parquet() };
    const table = await land(given);
    expect(idsOf(table)).toEqual({ Id: 1, A: 2, B: 3, Small: 4, Tiny: 5 });
    expect(table.identity).toEqual(made.tables[0].identity);
    // The same plan is given again to go on.
    const { manifestKey } = await resume(props(given), await stopped(given));
    expect(manifestAt(manifestKey).tables[0].identity).toEqual(made.tables[0].identity);
  });

  test('is not known of a checkpoint of before: the run goes on without, and in one schema', async () => {
    const format = ExtractFormat.parquet();
    const runId = await stopped({ format });
    const files = readdirSync(runs.folder, { recursive: true }).map(String).filter((name) => name.includes(`run=${runId}`) && name.endsWith('.json'));
    const edit = (pattern: RegExp, change: (kept: never) => unknown) => {
      const found = files.filter((name) => pattern.test(name)).map((name) => join(runs.folder, name));
      expect(found.length).toBeGreaterThan(0);
      for (const file of found) writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as never)));
    };
    edit(/run\.json$/, (record: { readonly plan: ExtractionPlan }) => ({ ...record, plan: ofBefore(record.plan) }));
    edit(/chunk-.*\.json$/, (chunk: { readonly columns: readonly ManifestColumn[] }) => ({
      ...chunk,
      columns: chunk.columns.map(({ fieldId: _, ...column }) => (
        /^(Small|Tiny)$/.test(column.name) ? { ...column, outputType: 'INT16', glueType: 'smallint' } : column)),
    }));
    const { manifestKey } = await resume(props({ ...cut, format }), runId);
    const [table] = manifestAt(manifestKey).tables;
    expect(table).toMatchObject({ rows: 100 });
    expect(table).not.toHaveProperty('identity');
    expect(table.columns).toEqual(table.columns.map(({ fieldId: _, ...column }) => column));
    expect(table.columns.slice(3)).toMatchObject([{ name: 'Small', outputType: 'INT32', glueType: 'int' }, { name: 'Tiny', outputType: 'INT32', glueType: 'int' }]);
  });
});
