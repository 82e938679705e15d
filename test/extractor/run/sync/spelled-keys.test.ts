import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commitLanded } from '../../../../src/cli/tables';
import { openFolder } from '../../../../src/cli/tables/place';
import { objectsOfRole, parseManifest, type Manifest, type ManifestTable } from '../../../../src/contract';
import type { ChangeFacts } from '../../../../src/extractor/changes/change-facts';
import { Changes, OnGap, plan, sync, verifyRun, type ExtractorProps, type SyncResult } from '../../../../src/extractor/doors/public';
import { openTarget } from '../../../../src/extractor/landing/open-target';
import { withWays } from '../../../../src/extractor/plan/ways/choose-ways';
import { findLandedObjects } from '../../../../src/extractor/run/landed/landed-objects';
import { readRows, scanOf } from '../../../../src/iceberg/rows/read-rows';
import { standInRuns } from '../../../support/source/stand-in-runs';
import { shownTable } from '../../../support/tables/table-folder';

/*
 * Keys that land in several spellings which the source holds equal, by Change Tracking, to the current rows of the Iceberg tables: an equality
 * delete compares bytes, so that one of the spelling that the row has now would leave the row that landed.
 */

const runs = standInRuns();
const batch = async (sql: string) => runs.client.batch(sql);
const source = async (sql: string) => (await runs.client.query(sql)).recordset as Array<Record<string, unknown>>;

beforeAll(async () => {
  await batch(`ALTER DATABASE [${runs.server.database}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = OFF)`);
});

let tables: string[] = [];
afterEach(async () => {
  for (const table of tables) await batch(`DROP TABLE dbo.${table}`);
  tables = [];
});

async function create(table: string, columns: string, rows: string): Promise<void> {
  await batch(`CREATE TABLE dbo.${table} (${columns}); ALTER TABLE dbo.${table} ENABLE CHANGE_TRACKING; INSERT dbo.${table} VALUES ${rows}`);
  tables.push(table);
}

const props = (more: Partial<ExtractorProps> = {}): ExtractorProps => ({ ...runs.endpoints, tables, readers: 1, threads: 0, ...more });

function manifestOf({ run }: SyncResult): Manifest {
  return parseManifest(readFileSync(join(runs.folder, run!.manifestKey), 'utf8'));
}

const found = (result: SyncResult, name: string): ManifestTable => manifestOf(result).tables.find(({ table }) => table === name)!;
const keyRows = (table: ManifestTable) => objectsOfRole(table.objects, 'keys').reduce((sum, { rows }) => sum + rows, 0);

/** Syncs, has the run verified and applied, and compares what a reader sees of each table with the source. */
async function follow(more: Partial<ExtractorProps> = {}): Promise<SyncResult> {
  const result = await sync(props(more));
  expect((await verifyRun(props(), result.run!.runId)).problems).toEqual([]);
  const committed = await commitLanded(runs.endpoints.target, result.run!.runId);
  expect(committed.map(({ state, problem }) => [state, problem])).toEqual(committed.map(() => ['COMMITTED', undefined]));
  for (const table of tables) expect([table, await shown(table)]).toEqual([table, await told(table)]);
  return result;
}

const text = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value));

async function shown(table: string): Promise<string[]> {
  const { workplace } = openFolder(runs.endpoints.target);
  const metadata = (await shownTable(workplace, `${runs.server.database}_dbo_${table}`.toLowerCase()))!;
  const rows: string[] = [];
  for await (const { values } of readRows(workplace.files, await scanOf(workplace.files, metadata))) rows.push(JSON.stringify(values.map(text)));
  return rows.sort();
}

async function told(table: string): Promise<string[]> {
  return (await source(`SELECT * FROM dbo.${table}`)).map((row) => JSON.stringify(Object.values(row).map(text))).sort();
}

test('the current table is the source, whatever its keys are called meanwhile: case, blanks, accents, width, zeros', async () => {
  await create('Cased', 'K nvarchar(20) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, V int', "(N'abc', 1), (N'stays', 2), (N'gone', 3), (N'DÉJÀ', 4)");
  await create('Plain', 'K nvarchar(20) COLLATE Latin1_General_CI_AI NOT NULL PRIMARY KEY, V int', "(N'cafe', 1), (N'stays', 2)");
  await create('Wide', 'K nvarchar(20) COLLATE Latin1_General_CS_AS NOT NULL PRIMARY KEY, V int', "(N'ABC', 1), (N'abc', 2)");
  await create('Blank', 'K nvarchar(20) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY, V int', "(N'a', 1), (N'A', 2)");
  await create('Polish', 'K varchar(20) COLLATE Polish_CI_AS NOT NULL PRIMARY KEY, V int', "('łódź', 1), ('zaś', 2)");
  await create('Zeros', 'K varbinary(8) NOT NULL PRIMARY KEY, V int', '(0x01, 1), (0x02, 2), (0x, 3)');
  await create('Fixed', 'K char(6) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, V int', "('abc', 1), ('def', 2)");
  const base = await follow();
  expect(base.tables.map(({ way }) => way)).toEqual(tables.map(() => 'whole'));

  await batch("UPDATE dbo.Cased SET K = N'ABC' WHERE V = 1; DELETE dbo.Cased WHERE V = 3; INSERT dbo.Cased VALUES (N'GONE', 33); UPDATE dbo.Cased SET K = N'déjà' WHERE V = 4");
  await batch("UPDATE dbo.Plain SET K = N'Café' WHERE V = 1");
  await batch("UPDATE dbo.Wide SET K = N'ＡＢＣ' WHERE V = 1");
  await batch("UPDATE dbo.Blank SET K = N'a  ' WHERE V = 1");
  await batch("UPDATE dbo.Polish SET K = 'ŁÓDŹ' WHERE V = 1");
  await batch('UPDATE dbo.Zeros SET K = 0x010000 WHERE V = 1; UPDATE dbo.Zeros SET K = 0x00 WHERE V = 3');
  await batch("UPDATE dbo.Fixed SET K = 'ABC' WHERE V = 1");
  const first = await follow();
  expect(first.tables.map(({ table, way }) => [table, way])).toEqual([...tables].sort().map((table) => [table, 'changeTracking']));
  // Each key that is called otherwise was looked for, so that the source does hold the two equal: none is a delete and an insert.
  for (const table of tables) {
    const { inserts, updates, deletes, keyRows: all } = found(first, table).changes!;
    expect([table, inserts, deletes, all]).toEqual([table, 0, 0, 2 * updates]);
  }
  const cased = found(first, 'Cased');
  expect(cased.changes).toMatchObject({ inserts: 0, updates: 3, deletes: 0, keyRows: 6 });
  expect(keyRows(cased)).toBe(6);
  expect(new Set(cased.objects.map(({ key }) => key)).size).toBe(cased.objects.length);

  // The source tells a deleted row by a spelling that never landed; one comes back under the first spelling, and one under a third.
  await batch("UPDATE dbo.Cased SET K = N'aBC' WHERE V = 1; DELETE dbo.Cased WHERE V = 1; UPDATE dbo.Cased SET K = N'gone' WHERE V = 33; UPDATE dbo.Cased SET V = 44 WHERE V = 4");
  await batch("DELETE dbo.Plain WHERE V = 1; INSERT dbo.Plain VALUES (N'CAFÈ', 11)");
  await batch("UPDATE dbo.Wide SET K = N'ABC ' WHERE V = 1; UPDATE dbo.Blank SET K = N'a ' WHERE V = 1; DELETE dbo.Blank WHERE V = 1");
  await batch("DELETE dbo.Polish WHERE V = 1; UPDATE dbo.Zeros SET K = 0x0100 WHERE V = 1; DELETE dbo.Zeros WHERE V = 1; UPDATE dbo.Fixed SET K = 'aBc' WHERE V = 1");
  const second = await follow();
  expect(second.tables.every(({ way }) => way === 'changeTracking')).toBe(true);
  expect(found(second, 'Cased').changes).toMatchObject({ updates: 2, deletes: 1 });
  expect((await shown('Cased')).length).toBe(3);
});

test('keys of several columns are compared as a whole', async () => {
  const columns = 'A int NOT NULL, K nvarchar(20) COLLATE Latin1_General_CI_AS NOT NULL, D decimal(9,3) NOT NULL, T date NOT NULL, U uniqueidentifier NOT NULL, B bit NOT NULL, '
    + 'M money NOT NULL, V int, PRIMARY KEY (A, K, D, T, U, B, M)';
  const rest = "-0.125, '0099-03-01', '00112233-4455-6677-8899-aabbccddeeff', 1, -0.0001";
  await create('Composed', columns, `(1, N'abc', ${rest}, 1), (2, N'abc', ${rest}, 2), (-3, N'abc', ${rest}, 3), (4, N'x', ${rest}, 4)`);
  tables = ['Composed'];
  const shownKeys = async () => (await shown('Composed')).map((row) => (JSON.parse(row) as string[]).filter((_, at) => [0, 1, 7].includes(at)).join(' ')).sort();
  const apply = async () => {
    const result = await sync(props());
    // Values that cannot be NULL come without a length, spelled ones too, or their hash is another one.
    expect((await verifyRun(props(), result.run!.runId)).problems).toEqual([]);
    await commitLanded(runs.endpoints.target, result.run!.runId);
    return result;
  };
  await apply();
  await batch("UPDATE dbo.Composed SET K = N'ABC' WHERE V = 1; UPDATE dbo.Composed SET K = N'aBC' WHERE V = 3; DELETE dbo.Composed WHERE V = 3; UPDATE dbo.Composed SET V = 44 WHERE V = 4");
  const result = await apply();
  expect(result.tables).toMatchObject([{ way: 'changeTracking', updates: 2, deletes: 1 }]);
  expect(await shownKeys()).toEqual(['1 ABC 1', '2 abc 2', '4 x 44']);
  // One that changed, one that is gone, and one that is called as it was.
  expect(found(result, 'Composed').changes).toMatchObject({ keyRows: 2 + 3 });
});

test('spellings of more rows than a statement takes', async () => {
  await create('Many', 'K nvarchar(20) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, V int', "(N'first', 0)");
  await batch("INSERT dbo.Many SELECT CONCAT(N'key', value), value FROM GENERATE_SERIES(1, 2500)");
  await follow();
  await batch("UPDATE dbo.Many SET K = CONCAT(N'KEY', V) WHERE V > 100");
  const result = await follow();
  expect(found(result, 'Many').changes).toMatchObject({ updates: 2400, keyRows: 4800 });
  expect(objectsOfRole(found(result, 'Many').objects, 'keys')).toHaveLength(4);
  expect((await shown('Many')).length).toBe(2501);
});

test('change data capture tells the spellings itself', async () => {
  await batch('EXEC sys.sp_cdc_enable_db');
  const database = runs.server.engine.catalog.database(runs.server.database)!;
  const capture = async () => runs.server.engine.runCapture(database);
  await create('Captured', 'K nvarchar(20) COLLATE Latin1_General_CI_AI NOT NULL PRIMARY KEY, V int', "(N'abc', 1), (N'cafe', 2)");
  await batch("EXEC sys.sp_cdc_enable_table @source_schema = N'dbo', @source_name = N'Captured', @role_name = NULL, @supports_net_changes = 0");
  await capture();
  const cdc = { changes: Changes.CDC };
  await follow(cdc);
  await batch("UPDATE dbo.Captured SET K = N'ABC' WHERE V = 1; DELETE dbo.Captured WHERE V = 2; INSERT dbo.Captured VALUES (N'CAFÉ', 22)");
  await capture();
  const result = await follow(cdc);
  expect(result.tables).toMatchObject([{ way: 'cdc', rows: 2 }]);
  expect(found(result, 'Captured').changes!.keyRows).toBeGreaterThan(2);
  await batch("EXEC sys.sp_cdc_disable_table @source_schema = N'dbo', @source_name = N'Captured', @capture_instance = 'all'");
});

describe('what cannot be compared is read whole, by name', () => {
  const key = 'K nvarchar(20) COLLATE Latin1_General_CI_AS NOT NULL';

  test('a key column whose landed values are not sent back, and a table of more rows than are looked at', async () => {
    await create('Timed', `${key}, T datetime2(7) NOT NULL, PRIMARY KEY (K, T)`, "(N'a', '2024-01-01')");
    await create('Sought', `${key} PRIMARY KEY`, "(N'a')");
    const whole = await plan(props({ changes: Changes.AUTO }));
    const { tables: planned } = whole;
    expect(planned.map(({ table, changes }) => [table, changes!.way, changes!.settings])).toEqual([['Sought', 'changeTracking', { commitTimes: 'true', spellings: 'true' }], ['Timed', 'whole', undefined]]);
    expect(planned[1].changes!.why).toMatch(/collation Latin1_General_CI_AS, which holds spellings equal that differ, .*and key column 'T' beside it is of datetime2\(7\), which is not read back/);
    const [{ identity }] = planned;
    const facts: ChangeFacts = {
      database: runs.server.database,
      user: 'reader',
      snapshotAllowed: true,
      readOnly: false,
      readOnlyIntent: false,
      changeTracking: 'on',
      cdc: 'off',
      tracked: new Map([[identity!.objectId, { beginVersion: '0', mayView: true }]]),
      captured: new Map(),
    };
    const wayOf = (estimatedRows: number) => (
      withWays({ ...whole, tables: [{ ...planned[0], estimatedRows }] }, facts, { changes: Changes.AUTO, tableOptions: [] }).tables[0].changes!);
    expect(wayOf(200_000).way).toBe('changeTracking');
    expect(wayOf(200_001)).toMatchObject({ way: 'whole', why: expect.stringContaining('it has about 200001 rows, more than the 200000 whose keys are compared') });
  });

  test('more than is looked at is told with what there is; each manifest is read once', async () => {
    await create('One', `${key} PRIMARY KEY, V int`, "(N'a', 1), (N'b', 2)");
    await create('Two', `${key} PRIMARY KEY, V int`, "(N'a', 1)");
    const results = [await sync(props())];
    for (const V of [2, 3]) {
      await batch(`UPDATE dbo.One SET V = ${V}; UPDATE dbo.Two SET V = ${V} WHERE V = 1`);
      results.push(await sync(props()));
    }
    const [base, first, second] = results.map((result) => manifestOf(result));
    const target = openTarget(runs.endpoints.target, {});
    const reads = jest.spyOn(target, 'read');
    const chain = [{ schema: 'dbo', table: 'One', runId: second.runId }, { schema: 'dbo', table: 'Two', runId: first.runId }];
    const limits = { rows: 100, bytes: 1e6, runs: 10 };
    const [one, two] = await findLandedObjects(target, chain, limits);
    expect(reads.mock.calls).toHaveLength(3);
    const keysOf = (name: string, ...of: Manifest[]) => of.flatMap(({ tables: all }) => all.find(({ table }) => table === name)!.objects)
      .filter(({ role = 'changes' }) => role === 'changes').map((object) => object.key);
    expect(one).toMatchObject({ keys: keysOf('One', second, first, base), rows: 6 });
    expect(two).toMatchObject({ keys: keysOf('Two', first, base), rows: 2 });
    const tooMany = async (more: Partial<typeof limits>) => (await findLandedObjects(target, chain.slice(0, 1), { ...limits, ...more }))[0].tooMany;
    expect([await tooMany({ rows: 6 }), await tooMany({ runs: 3 })]).toEqual([undefined, undefined]);
    expect(await tooMany({ rows: 5 })).toBe('since it was read whole it landed 6 rows, more than the 5 whose keys are compared');
    expect(await tooMany({ bytes: 1000 })).toMatch(/^since it was read whole it landed \d+ bytes, more than the 1,000/);
    expect(await tooMany({ runs: 2 })).toMatch(/2 runs of changes or more/);
    await target.close();
  });

  test('landed objects that are gone are a gap', async () => {
    await create('Sought', `${key} PRIMARY KEY, V int`, "(N'a', 1)");
    const base = await sync(props());
    rmSync(join(runs.folder, found(base, 'Sought').objects[0].key));
    await batch("UPDATE dbo.Sought SET K = N'A'");
    await expect(sync(props())).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringMatching(/\[Sought\].*what landed cannot be looked at: .*parquet is not there any more/) });
    expect((await sync(props({ onGap: OnGap.RELOAD }))).tables).toMatchObject([{ way: 'whole', rows: 1, gap: expect.stringContaining('not there any more') }]);
  });
});
