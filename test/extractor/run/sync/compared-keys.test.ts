import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commitLanded } from '../../../../src/cli/tables';
import { openFolder } from '../../../../src/cli/tables/place';
import { objectsOfRole, parseManifest, type ManifestTable } from '../../../../src/contract';
import { Changes, FoundDeletes, OnGap, plan, sync, verifyRun, type ExtractorProps, type SyncResult } from '../../../../src/extractor/doors/public';
import { readRows, scanOf } from '../../../../src/iceberg/rows/read-rows';
import { standInRuns } from '../../../support/source/stand-in-runs';
import { shownTable } from '../../../support/tables/table-folder';
import { readWithDuckDb } from '../../../support/tds/parquet-readers';

/* Deletes that are found by comparing the keys of the source with those that landed (deletes: keys), to the rows that the landed tables show. */

const runs = standInRuns();
const batch = async (sql: string) => runs.client.batch(sql);

type TableOptions = NonNullable<ExtractorProps['tableOptions']>[number];

const props = (more: Partial<TableOptions> = {}, overrides: Partial<ExtractorProps> = {}): ExtractorProps => ({
  ...runs.endpoints,
  tables: ['Kept'],
  tableOptions: [{ table: 'Kept', changes: Changes.ROWVERSION, deletes: FoundDeletes.KEYS, ...more }],
  readers: 1,
  threads: 0,
  ...overrides,
});

function tableOf({ run }: SyncResult): ManifestTable {
  return parseManifest(readFileSync(join(runs.folder, run!.manifestKey), 'utf8')).tables[0];
}

async function deletedOf(table: ManifestTable): Promise<Array<{ readonly [column: string]: unknown }>> {
  const rows: Array<{ readonly [column: string]: unknown }> = [];
  for (const { key } of objectsOfRole(table.objects, 'deletes')) {
    const { names, rows: read } = await readWithDuckDb(readFileSync(join(runs.folder, key)));
    rows.push(...read.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]]))));
  }
  return rows;
}

const text = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value instanceof Date ? value.toISOString() : String(value));

/** Rows that the landed table shows, by its columns. @param columns of the source */
async function shown(columns: readonly string[], table = 'Kept'): Promise<string[]> {
  const { workplace } = openFolder(runs.endpoints.target);
  const metadata = (await shownTable(workplace, `${runs.server.database}_dbo_${table}`.toLowerCase()))!;
  const rows: string[] = [];
  const scan = await scanOf(workplace.files, metadata);
  const places = columns.map((name) => scan.fields.findIndex((field) => field.name === name.toLowerCase()));
  for await (const { values } of readRows(workplace.files, scan)) rows.push(places.map((at) => text(values[at])).join('|'));
  return rows.sort();
}

async function told(columns: readonly string[], table = 'Kept'): Promise<string[]> {
  const { recordset } = await runs.client.query(`SELECT ${columns.join(', ')} FROM dbo.${table}`);
  return (recordset as Array<Record<string, unknown>>).map((row) => columns.map((name) => text(row[name])).join('|')).sort();
}

/** Syncs, has the run verified and applied, and compares what a reader sees with the source. */
async function follow(columns: readonly string[] = ['Id', 'A'], given = props()): Promise<ManifestTable> {
  const result = await sync(given);
  expect((await verifyRun(given, result.run!.runId)).problems).toEqual([]);
  expect((await commitLanded(given.target, result.run!.runId)).map(({ state, problem }) => [state, problem])).toEqual([['COMMITTED', undefined]]);
  expect(await shown(columns)).toEqual(await told(columns));
  return tableOf(result);
}

afterEach(async () => {
  runs.server.faults.onRequest = undefined;
  await batch('DROP TABLE IF EXISTS dbo.Kept');
});

async function create(rows = 50): Promise<void> {
  await batch('CREATE TABLE dbo.Kept (Id int NOT NULL PRIMARY KEY, A nvarchar(20) NULL, V rowversion)');
  await batch(`INSERT dbo.Kept (Id, A) SELECT value - 3, 'row' FROM GENERATE_SERIES(1, ${rows})`);
}

test('rows that are gone are deletes, run after run; a key that comes back, one that is renamed, and one that is gone again', async () => {
  await create();
  await follow();
  expect((await follow()).changes).toMatchObject({ way: 'rowversion', keyColumns: ['Id'], updates: 0, deletes: 0, deletesSeen: true, sourceRows: 50 });
  await batch("UPDATE dbo.Kept SET A = 'new' WHERE Id = 1; DELETE dbo.Kept WHERE Id IN (-2, 0, 2); INSERT dbo.Kept (Id, A) VALUES (60, 'added'); UPDATE dbo.Kept SET Id = 70 WHERE Id = 3");
  const first = await follow();
  expect(first.changes).toMatchObject({ inserts: 0, updates: 3, deletes: 4, sourceRows: 48 });
  const { to } = first.changes!;
  expect((await deletedOf(first)).sort((a, b) => Number(a.Id) - Number(b.Id))).toEqual([-2, 0, 2, 3].map((Id) => ({ Id: String(Id), __op: 'D', __version: to.order, __committed_at: null })));
  // Nothing is deleted twice.
  expect((await follow()).changes).toMatchObject({ updates: 0, deletes: 0 });
  await batch("INSERT dbo.Kept (Id, A) VALUES (2, 'again'); DELETE dbo.Kept WHERE Id = 60");
  expect((await follow()).changes).toMatchObject({ updates: 1, deletes: 1 });
  await batch("DELETE dbo.Kept WHERE Id = 2; INSERT dbo.Kept (Id, A) VALUES (3, 'back'); DELETE dbo.Kept WHERE Id = 4; INSERT dbo.Kept (Id, A) VALUES (4, 'at once')");
  const last = await follow();
  expect(last.changes).toMatchObject({ updates: 2, deletes: 1 });
  expect((await deletedOf(last)).map(({ Id }) => Id)).toEqual(['2']);
  await batch('DELETE dbo.Kept');
  expect((await follow()).changes).toMatchObject({ updates: 0, deletes: 48, sourceRows: 0 });
  expect((await follow()).changes).toMatchObject({ updates: 0, deletes: 0, sourceRows: 0 });
});

const KEYS: { readonly [name: string]: readonly [type: string, ...values: string[]] } = {
  Big: ['bigint', '-9223372036854775808', '9223372036854775807', '0'],
  Wide: ['decimal(38,10)', '-1.5', '0', '9999999999999999999999999999.9999999999'],
  Narrow: ['decimal(9,2)', '-0.01', '0', '1234567.89'],
  Money: ['money', '-0.0001', '922337203685477.5807', '0'],
  Guid: ['uniqueidentifier', "'00112233-4455-6677-8899-aabbccddeeff'", "'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  Time2: ['datetime2(7)', "'0001-01-01T00:00:00.0000001'", "'2024-02-29T23:59:59.9999999'", "'2024-02-29T23:59:59.9999998'"],
  Offset: ['datetimeoffset(7)', "'2024-02-29T00:00:00.1234567 -03:30'", "'2024-02-29T00:00:00.1234568 +14:00'", "'1900-01-01T00:00:00 +00:00'"],
  Moment: ['datetime', "'2024-02-29T12:00:00.003'", "'2024-02-29T12:00:00.007'", "'1753-01-01T00:00:00'"],
  Minute: ['smalldatetime', "'2024-02-29T12:01:00'", "'1900-01-01T00:00:00'", "'2079-06-06T23:59:00'"],
  OfDay: ['time(7)', "'00:00:00.0000001'", "'23:59:59.9999999'", "'12:00:00'"],
  Day: ['date', "'0001-01-01'", "'9999-12-31'", "'2024-02-29'"],
  Bytes: ['binary(20)', '0x00', '0x0102030405060708090a0b0c0d0e0f1011121314', '0xff'],
  Text: ['nchar(6) COLLATE Latin1_General_BIN2', "N'a'", "N'A'", "N'é中'"],
  Several: ['int NOT NULL, K2 tinyint NOT NULL, K3 bigint NOT NULL, K4 bit NOT NULL, K5 smallmoney', '-1, 255, 7, 0, -0.5', '1, 0, -7, 1, 0', '-1, 255, 8, 0, -0.5'],
};

test('keys of each type: what is gone is deleted as it landed, and nothing else', async () => {
  const names = Object.keys(KEYS).map((name) => `Key${name}`);
  const given = props({ table: 'Key*' }, { tables: ['Key*'] });
  try {
    for (const [name, [type, ...values]] of Object.entries(KEYS)) {
      const key = name === 'Several' ? 'K, K2, K3, K4, K5' : 'K';
      await batch(`CREATE TABLE dbo.Key${name} (${key.split(',')[0]} ${type} NOT NULL, N int NOT NULL, V rowversion, PRIMARY KEY (${key}, N))`);
      await batch(`INSERT dbo.Key${name} (${key}, N) VALUES ${values.flatMap((value, at) => [1, 2].map((n) => `(${value}, ${at * 10 + n})`)).join(', ')}`);
    }
    const apply = async () => {
      const { run, tables } = await sync(given);
      expect((await verifyRun(given, run!.runId)).problems).toEqual([]);
      expect((await commitLanded(given.target, run!.runId)).filter(({ state, problem }) => state !== 'COMMITTED' || problem)).toEqual([]);
      for (const name of names) expect([name, await shown(['N'], name)]).toEqual([name, await told(['N'], name)]);
      return tables.map(({ table, way, updates, deletes }) => [table, way, updates, deletes]);
    };
    await apply();
    await batch(names.map((name) => `DELETE dbo.${name} WHERE N IN (1, 12, 22)`).join('; '));
    expect(await apply()).toEqual([...names].sort().map((name) => [name, 'rowversion', 0, 3]));
    await batch(names.map((name) => `DELETE dbo.${name}`).join('; '));
    expect(await apply()).toEqual([...names].sort().map((name) => [name, 'rowversion', 0, 3]));
  } finally {
    await batch(`DROP TABLE IF EXISTS ${names.map((name) => `dbo.${name}`).join(', ')}`);
  }
});

test('a watermark finds deletes too; rows that it should have seen and did not are a gap, which is read whole where that is asked for', async () => {
  const given = props({ changes: Changes.WATERMARK, watermark: 'Seen', watermarkOverlap: 5 });
  await batch('CREATE TABLE dbo.Kept (Id bigint NOT NULL PRIMARY KEY, A nvarchar(20) NULL, Seen int NULL)');
  await batch("INSERT dbo.Kept SELECT value, 'row', value FROM GENERATE_SERIES(1, 50)");
  await follow(['Id', 'A'], given);
  await batch("DELETE dbo.Kept WHERE Id IN (7, 50); UPDATE dbo.Kept SET A = 'new', Seen = 51 WHERE Id = 1; INSERT dbo.Kept VALUES (60, 'late', 46)");
  const table = await follow(['Id', 'A'], given);
  expect(table.changes).toMatchObject({ way: 'watermark', deletes: 2, deletesSeen: true, to: { value: '51' } });
  expect((await deletedOf(table)).map(({ __version: version }) => version)).toEqual(['51', '51']);
  await batch("INSERT dbo.Kept VALUES (61, 'too late', 45)");
  await expect(sync(given)).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringMatching(/\[Kept\].*1 rows have not landed, and of these 0 are among the changed ones: .*watermark is below what was seen/) });
  const reloaded = { ...given, onGap: OnGap.RELOAD };
  const result = await sync(reloaded);
  expect(result).toMatchObject({ gaps: 1, tables: [{ way: 'whole', rows: 50, gap: expect.stringContaining('have not landed') }] });
  await commitLanded(given.target, result.run!.runId);
  await batch('DELETE dbo.Kept WHERE Id = 61');
  expect((await follow(['Id', 'A'], given)).changes).toMatchObject({ deletes: 1 });
});

test('a filter: rows that leave it are deleted', async () => {
  await create();
  const given = props({ rowFilter: "A <> 'hidden' -- the rest" });
  const apply = async () => {
    const result = await sync(given);
    await commitLanded(given.target, result.run!.runId);
    return tableOf(result);
  };
  await apply();
  await batch("UPDATE dbo.Kept SET A = 'hidden' WHERE Id = 1; UPDATE dbo.Kept SET A = 'seen' WHERE Id = 2");
  expect((await apply()).changes).toMatchObject({ updates: 1, deletes: 1 });
  await batch("UPDATE dbo.Kept SET A = 'seen' WHERE Id = 1");
  expect((await apply()).changes).toMatchObject({ updates: 1, deletes: 0 });
  expect(await shown(['Id', 'A'])).toEqual(await told(['Id', 'A']));
});

test('writers between any two statements: the run is as of its transaction, and the next one has the rest', async () => {
  await create();
  await follow();
  await batch("UPDATE dbo.Kept SET A = 'before' WHERE Id = 1; DELETE dbo.Kept WHERE Id = 2");
  let next = 100;
  let writes = 0;
  let reads = false;
  runs.server.faults.onRequest = async ({ sql }) => {
    reads ||= /^SELECT t\.\[Id\]/.test(sql);
    if (!reads || !/FROM \[dbo\]\.\[Kept\]/.test(sql)) return undefined;
    writes += 1;
    await batch(`DELETE dbo.Kept WHERE Id = ${++next - 91}; INSERT dbo.Kept (Id, A) VALUES (${next}, 'meanwhile'); UPDATE dbo.Kept SET A = 'later' WHERE Id = ${next - 81}`);
    return undefined;
  };
  const result = await sync(props());
  runs.server.faults.onRequest = undefined;
  expect(writes).toBeGreaterThanOrEqual(4);
  await commitLanded(props().target, result.run!.runId);
  const { changes } = tableOf(result);
  expect(changes!.sourceRows).toBe((await shown(['Id', 'A'])).length);
  expect(await shown(['Id', 'A'])).not.toEqual(await told(['Id', 'A']));
  await follow();
});

test('a connection that is lost while keys are read, and a run that was stopped there, leave nothing behind', async () => {
  await create(500);
  await follow();
  await batch('DELETE dbo.Kept WHERE Id > 480');
  let drops = 0;
  const isAllKeys = (sql: string) => /^SELECT t\.\[Id\] FROM \[dbo\]\.\[Kept\] AS t( OPTION .*)?$/.test(sql);
  runs.server.faults.onRequest = ({ sql }) => (isAllKeys(sql) && drops++ === 0 ? { kind: 'drop', afterBytes: 200 } : undefined);
  expect((await follow()).changes).toMatchObject({ deletes: 17 });
  expect(drops).toBe(2);
  await batch('DELETE dbo.Kept WHERE Id > 470');
  const stop = new AbortController();
  runs.server.faults.onRequest = ({ sql }) => { if (/AS \[__op\].*VALUES/.test(sql)) stop.abort(); return undefined; };
  await expect(sync(props(), { signal: stop.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  runs.server.faults.onRequest = undefined;
  expect((await follow()).changes).toMatchObject({ deletes: 10 });
});

test('landed objects that are gone are a gap; more deletes than a statement takes are one file', async () => {
  await create(2600);
  const base = await follow();
  await batch('DELETE dbo.Kept WHERE Id > 90');
  const table = await follow();
  expect(table.changes).toMatchObject({ deletes: 2507 });
  expect(objectsOfRole(table.objects, 'deletes')).toHaveLength(1);
  rmSync(join(runs.folder, base.objects[0].key));
  await expect(sync(props())).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringMatching(/\[Kept\].*found by comparing keys, and what landed cannot be looked at: .*parquet is not there any more/) });
  expect((await sync(props({}, { onGap: OnGap.RELOAD }))).tables).toMatchObject([{ way: 'whole', rows: 93 }]);
});

test('the plan says what it costs; what cannot be compared is refused or read whole, by name', async () => {
  await create();
  const planned = async (more: Partial<TableOptions>) => (await plan(props(more))).tables[0].changes!;
  expect(await planned({})).toMatchObject({ way: 'rowversion', why: expect.stringMatching(/deletes are found by comparing keys: each run reads all keys of the source \(about \d+, 1 MB\), and those of all rows/) });
  await expect(planned({ changes: Changes.WATERMARK, watermark: 'Id', unseenNulls: true })).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('deletes: keys') });
  await batch('DROP TABLE dbo.Kept; CREATE TABLE dbo.Kept (K nvarchar(20) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, V rowversion)');
  await expect(planned({})).rejects.toMatchObject({ code: 'CHANGES_REFUSED', message: expect.stringContaining('holds spellings equal that differ') });
  expect(await planned({ changes: Changes.AUTO })).toMatchObject({ way: 'whole' });
  await batch('DROP TABLE dbo.Kept; CREATE TABLE dbo.Kept (A int, V rowversion)');
  await expect(planned({})).rejects.toMatchObject({ code: 'CHANGES_REFUSED', message: expect.stringContaining('no primary key') });
});
