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
async function shown(columns: readonly string[]): Promise<string[]> {
  const { workplace } = openFolder(runs.endpoints.target);
  const metadata = (await shownTable(workplace, `${runs.server.database}_dbo_kept`.toLowerCase()))!;
  const rows: string[] = [];
  const plan = await scanOf(workplace.files, metadata);
  const places = columns.map((name) => plan.fields.findIndex((field) => field.name === name.toLowerCase()));
  for await (const { values } of readRows(workplace.files, plan)) rows.push(places.map((at) => text(values[at])).join('|'));
  return rows.sort();
}

async function told(columns: readonly string[]): Promise<string[]> {
  const { recordset } = await runs.client.query(`SELECT ${columns.join(', ')} FROM dbo.Kept`);
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
  expect((await deletedOf(first)).sort((a, b) => Number(a.Id) - Number(b.Id))).toEqual([-2, 0, 2, 3].map((Id) => ({ Id, __op: 'D', __version: to.order, __committed_at: null })));
  // Nothing is deleted twice.
  expect((await follow()).changes).toMatchObject({ updates: 0, deletes: 0 });
  await batch("INSERT dbo.Kept (Id, A) VALUES (2, 'again'); DELETE dbo.Kept WHERE Id = 60");
  expect((await follow()).changes).toMatchObject({ updates: 1, deletes: 1 });
  await batch("DELETE dbo.Kept WHERE Id = 2; INSERT dbo.Kept (Id, A) VALUES (3, 'back'); DELETE dbo.Kept WHERE Id = 4; INSERT dbo.Kept (Id, A) VALUES (4, 'at once')");
  const last = await follow();
  expect(last.changes).toMatchObject({ updates: 2, deletes: 1 });
  expect((await deletedOf(last)).map(({ Id }) => Id)).toEqual([2]);
  await batch('DELETE dbo.Kept');
  expect((await follow()).changes).toMatchObject({ updates: 0, deletes: 48, sourceRows: 0 });
  expect((await follow()).changes).toMatchObject({ updates: 0, deletes: 0, sourceRows: 0 });
});
