import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { objectsOfRole, parseManifest, type ChangeChain, type ChangeRole, type ManifestTable } from '../../../../src/contract';
import { ChangedRows, Changes, CountEvery, FoundDeletes, OnGap, sync, verifyRun, type ExtractorProps, type SyncResult } from '../../../../src/extractor/doors/public';
import { standInRuns } from '../../../support/source/stand-in-runs';
import { readWithDuckDb } from '../../../support/tds/parquet-readers';

/* Runs of changes by change data capture, rowversion and a watermark, to the files they land. */

const runs = standInRuns();
const batch = async (sql: string) => runs.client.batch(sql);
const database = () => runs.server.engine.catalog.database(runs.server.database)!;
const capture = async () => runs.server.engine.runCapture(database());

function props(changes: Changes, more: Partial<NonNullable<ExtractorProps['tableOptions']>[number]> = {}, overrides: Partial<ExtractorProps> = {}): ExtractorProps {
  return { ...runs.endpoints, tables: ['Moving'], tableOptions: [{ table: 'Moving', changes, ...more }], readers: 2, threads: 0, ...overrides };
}

function tableOf({ run }: SyncResult): ManifestTable {
  return parseManifest(readFileSync(join(runs.folder, run!.manifestKey), 'utf8')).tables[0];
}

async function rowsOf(table: ManifestTable, role: ChangeRole, names: readonly string[]): Promise<string[]> {
  const texts: string[] = [];
  for (const { key } of objectsOfRole(table.objects, role)) {
    const { names: landed, rows } = await readWithDuckDb(readFileSync(join(runs.folder, key)));
    texts.push(...rows.map((row) => names.map((name) => String(row[landed.indexOf(name)])).join(' ')));
  }
  return texts.sort();
}

beforeEach(async () => {
  await batch('DROP TABLE IF EXISTS dbo.Moving');
  await batch('CREATE TABLE dbo.Moving (Id int NOT NULL PRIMARY KEY, A nvarchar(20) NULL, Seen datetime2(7) NULL, V rowversion)');
  await batch("INSERT dbo.Moving (Id, A, Seen) SELECT value, 'row', '2024-01-01' FROM GENERATE_SERIES(1, 50)");
});

describe('change data capture', () => {
  beforeAll(async () => { await batch('EXEC sys.sp_cdc_enable_db'); });
  beforeEach(async () => {
    await batch("EXEC sys.sp_cdc_enable_table @source_schema = N'dbo', @source_name = N'Moving', @role_name = NULL, @supports_net_changes = 0");
    await capture();
    database().changes.capture!.automatic = false;
  });
  afterEach(() => { database().changes.capture!.automatic = true; });

  test('lands the last state of each key as of what is captured, once that has passed the base', async () => {
    const first = await sync(props(Changes.CDC));
    const { base } = tableOf(first);
    expect(base).toMatchObject({ exact: false, mark: { way: 'cdc', order: expect.stringMatching(/^[0-9a-f]{20}$/) } });
    expect(base!.sourceRows).toBeUndefined();
    await batch("UPDATE dbo.Moving SET A = 'new' WHERE Id = 1; DELETE dbo.Moving WHERE Id = 2; INSERT dbo.Moving (Id, A) VALUES (60, 'added'); UPDATE dbo.Moving SET Id = 70 WHERE Id = 3");
    // Nothing is captured of it.
    expect((await sync(props(Changes.CDC))).kind).toBe('nothing');
    await capture();
    let second = await sync(props(Changes.CDC));
    // The entry of the capture is to be milliseconds behind the base.
    for (let n = 0; second.kind === 'nothing' && n < 40; n++) {
      await capture();
      second = await sync(props(Changes.CDC));
    }
    const table = tableOf(second);
    expect(table.changes).toMatchObject({ way: 'cdc', from: base!.mark, keyColumns: ['Id'], inserts: 2, updates: 1, deletes: 2, deletesSeen: true });
    // The table may be ahead of what is captured: what it has is seen, and told with the next changes.
    expect(table.changes!.sourceRows).toBeUndefined();
    expect(table.changes!.seen).toEqual({ rows: 50, clock: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/) });
    expect(await rowsOf(table, 'changes', ['Id', 'A', '__op'])).toEqual(['1 new U', '60 added I', '70 row I']);
    expect(await rowsOf(table, 'deletes', ['Id', '__op'])).toEqual(['2 D', '3 D']);
    expect(await rowsOf(table, 'keys', ['Id'])).toEqual(['1', '60', '70']);
    await expect(verifyRun({ target: runs.endpoints.target! }, second.run!.runId)).resolves.toMatchObject({ problems: [] });
  });

  test('rows are counted with the changes that follow, unless some came or went uncaptured while they were seen', async () => {
    /** The changes of a run; capture is to have passed the run before, which it has milliseconds later. */
    const next = async (countEvery = CountEvery.AUTO) => {
      for (let n = 0; n < 40; n++) {
        await capture();
        const result = await sync(props(Changes.CDC, {}, { countEvery }));
        if (result.kind !== 'nothing') return tableOf(result).changes!;
        await batch("UPDATE dbo.Moving SET A = 'again' WHERE Id = 50");
      }
      throw new Error('capture does not pass');
    };
    await sync(props(Changes.CDC));
    await batch('INSERT dbo.Moving (Id) VALUES (60), (61)');
    expect(await next()).toMatchObject({ seen: { rows: 52 } });
    // A commit within the precision of its time is not told from the count.
    await batch("WAITFOR DELAY '00:00:00.020'; DELETE dbo.Moving WHERE Id = 1; INSERT dbo.Moving (Id) VALUES (62), (63), (64)");
    expect(await next()).toMatchObject({ sourceRows: 54, seen: { rows: 54 } });
    // Captured is the update alone, seen are rows that nobody knows of yet.
    await batch("UPDATE dbo.Moving SET A = 'x' WHERE Id = 2");
    await capture();
    await batch('DELETE dbo.Moving WHERE Id IN (3, 4)');
    const { sourceRows, seen } = tableOf(await sync(props(Changes.CDC))).changes!;
    expect([sourceRows, seen!.rows]).toEqual([54, 52]);
    // These came and went before the count or after it: nobody can tell.
    const unclear = await next(CountEvery.NEVER);
    expect([unclear.deletes, unclear.sourceRows, unclear.seen]).toEqual([2, undefined, undefined]);
  });

  test('a table of which nothing was captured is in no run though capture goes on; its next changes are read from there, also when what was before is cleaned up', async () => {
    const captureAfter = async () => {
      await batch("IF OBJECT_ID('dbo.Busy') IS NULL CREATE TABLE dbo.Busy (Id int NOT NULL PRIMARY KEY)");
      await batch('INSERT dbo.Busy (Id) SELECT ISNULL(MAX(Id), 0) + 1 FROM dbo.Busy');
      await capture();
    };
    const base = tableOf(await sync(props(Changes.CDC))).base!;
    const path = join(runs.folder, `_state/changes=${encodeURIComponent(`${runs.server.host}:${runs.server.port}/${runs.server.database}`)}/chain.json`);
    const link = () => (JSON.parse(readFileSync(path, 'utf8')) as ChangeChain).tables[JSON.stringify(['dbo', 'Moving'])];
    let order = base.mark!.order;
    for (let n = 0; n < 40 && order === base.mark!.order; n++) {
      await captureAfter();
      expect((await sync(props(Changes.CDC))).kind).toBe('nothing');
      order = link().unchangedTo ?? order;
    }
    expect(order > base.mark!.order).toBe(true);
    await batch(`DECLARE @low binary(10) = 0x${order}; EXEC sys.sp_cdc_cleanup_change_table @capture_instance = N'dbo_Moving', @low_water_mark = @low, @threshold = 5000`);
    await batch("UPDATE dbo.Moving SET A = 'new' WHERE Id = 1");
    await captureAfter();
    const table = tableOf(await sync(props(Changes.CDC)));
    expect(table.changes).toMatchObject({ from: base.mark, inserts: 0, updates: 1, deletes: 0 });
    expect(link().unchangedTo).toBeUndefined();
  });

  test('an instance that was made anew is a gap, which is read whole where that is asked for', async () => {
    await sync(props(Changes.CDC));
    await batch("EXEC sys.sp_cdc_disable_table @source_schema = N'dbo', @source_name = N'Moving', @capture_instance = 'dbo_Moving'");
    await batch("WAITFOR DELAY '00:00:00.020'; EXEC sys.sp_cdc_enable_table @source_schema = N'dbo', @source_name = N'Moving', @role_name = NULL");
    await capture();
    await expect(sync(props(Changes.CDC))).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringContaining('[dbo].[Moving]') });
    const reloaded = await sync(props(Changes.CDC, {}, { onGap: OnGap.RELOAD }));
    expect(tableOf(reloaded)).toMatchObject({ rows: 50, base: { why: expect.stringContaining('cannot be told') } });
  });
});

test('rowversion: inserts and updates, deletes stated as unseen', async () => {
  const asked = props(Changes.ROWVERSION, { deletes: FoundDeletes.UNSEEN });
  const first = await sync(asked);
  expect(tableOf(first).base!.mark).toMatchObject({ way: 'rowversion', order: expect.stringMatching(/^[0-9a-f]{16}$/) });
  await batch("UPDATE dbo.Moving SET A = 'new' WHERE Id = 1; DELETE dbo.Moving WHERE Id = 2; INSERT dbo.Moving (Id, A) VALUES (60, 'added')");
  const table = tableOf(await sync(asked));
  expect(table.changes).toMatchObject({ way: 'rowversion', updates: 2, deletes: 0, deletesSeen: false });
  expect(await rowsOf(table, 'changes', ['Id', 'A', '__op'])).toEqual(['1 new U', '60 added U']);
  expect(await rowsOf(table, 'keys', ['Id'])).toEqual(['1', '60']);
  expect(objectsOfRole(table.objects, 'deletes')).toEqual([]);
});

test('watermark: rows that are only added, and rows that are replaced', async () => {
  const asked = props(Changes.WATERMARK, { watermark: 'Seen', changedRows: ChangedRows.APPEND });
  await sync(asked);
  await batch("INSERT dbo.Moving (Id, A, Seen) VALUES (60, 'added', '2024-01-01T00:00:00.0000001')");
  const table = tableOf(await sync(asked));
  expect(table.changes).toMatchObject({ way: 'watermark', keyColumns: [], inserts: 1, updates: 0, to: { value: '2024-01-01 00:00:00.0000001' } });
  expect(await rowsOf(table, 'changes', ['Id', '__op'])).toEqual(['60 I']);
  expect(table.objects).toHaveLength(1);
});
