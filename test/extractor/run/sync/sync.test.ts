import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { columnsOfRole, objectsOfRole, parseManifest, type ChangeRole, type Manifest, type ManifestTable } from '../../../../src/contract';
import { BEGIN_PURPOSE } from '../../../../src/extractor/changes/transaction-begin';
import {
  ChangeWay, Changes, CountEvery, extract, ExtractFormat, OnGap, OnTableError, plan, sync, verifyRun,
  type ExtractEvent, type ExtractorProps, type SyncResult,
} from '../../../../src/extractor/doors/public';
import { idleSql } from '../../../../src/extractor/run/sync/idle';
import { standInRuns } from '../../../support/source/stand-in-runs';
import { fieldsByHyparquet } from '../../../support/tds/parquet-fields';
import { readWithDuckDb } from '../../../support/tds/parquet-readers';

const runs = standInRuns();
const batch = async (sql: string) => runs.client.batch(sql);
const database = () => runs.server.engine.catalog.database(runs.server.database)!;

const props = (overrides: Partial<ExtractorProps> = {}): ExtractorProps => (
  { ...runs.endpoints, tables: ['Moving', 'Still'], readers: 1, threads: 0, ...overrides });

beforeAll(async () => {
  await batch(`ALTER DATABASE [${runs.server.database}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = OFF)`);
});
beforeEach(async () => {
  await batch('DROP TABLE IF EXISTS dbo.Moving; DROP TABLE IF EXISTS dbo.Still');
  await batch('CREATE TABLE dbo.Moving (Id int NOT NULL, At datetime2(7) NOT NULL, A nvarchar(20) NULL, PRIMARY KEY (At, Id))');
  await batch('CREATE TABLE dbo.Still (Id bigint NOT NULL PRIMARY KEY, A int NULL)');
  await batch('ALTER TABLE dbo.Moving ENABLE CHANGE_TRACKING; ALTER TABLE dbo.Still ENABLE CHANGE_TRACKING');
  await batch("INSERT INTO dbo.Moving SELECT value, '2020-01-01T00:00:00.1234567', 'row' FROM GENERATE_SERIES(1, 100)");
  await batch('INSERT INTO dbo.Still SELECT value, value FROM GENERATE_SERIES(1, 10)');
});
afterEach(() => { runs.server.faults.onRequest = undefined; });

const AT = "'2020-01-01T00:00:00.1234567'";

function manifestOf({ run }: SyncResult): Manifest {
  return parseManifest(readFileSync(join(runs.folder, run!.manifestKey), 'utf8'));
}

const moving = (result: SyncResult): ManifestTable => manifestOf(result).tables.find(({ table }) => table === 'Moving')!;

/** Rows of the files of a role, as text of the columns that are named. */
async function rowsOf(table: ManifestTable, role: ChangeRole, names: readonly string[]): Promise<string[]> {
  const texts: string[] = [];
  for (const { key } of objectsOfRole(table.objects, role)) {
    const bytes = readFileSync(join(runs.folder, key));
    const { names: landed, rows } = await readWithDuckDb(bytes);
    const expected = columnsOfRole(table, role).map(({ name, fieldId }) => [name, fieldId]);
    expect(fieldsByHyparquet(bytes).map(({ name, fieldId }) => [name, fieldId])).toEqual(expected);
    const places = names.map((name) => landed.indexOf(name));
    texts.push(...rows.map((row) => places.map((place) => String(row[place])).join(' ')));
  }
  return texts.sort();
}

async function currentVersion(): Promise<bigint> {
  const [{ version }] = (await runs.client.query('SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version')).recordset as Array<{ version: string }>;
  return BigInt(version);
}

/** All statements that come to the source, from now on. */
function statements(): string[] {
  const asked: string[] = [];
  runs.server.faults.onRequest = ({ sql }) => void asked.push(sql);
  return asked;
}

test('changes of a table land as newest values, their keys and keys of what was deleted, each key once, counted by the source', async () => {
  const first = await sync(props());
  expect(first).toMatchObject({ kind: 'firstLoad', gaps: 0, lagRows: 0, tables: [{ table: 'Moving', way: 'whole', rows: 100 }, { table: 'Still', rows: 10 }] });
  const base = moving(first).base!;
  expect(base).toMatchObject({ exact: true, sourceRows: 100, mark: { way: 'changeTracking', order: expect.stringMatching(/^\d{20}$/) } });
  expect(moving(first).chunks).toMatchObject([{ mark: base.mark }]);
  await batch(`UPDATE dbo.Moving SET A = 'new' WHERE Id = 1; DELETE FROM dbo.Moving WHERE Id = 2; INSERT INTO dbo.Moving VALUES (101, ${AT}, NULL);
    UPDATE dbo.Moving SET Id = 1003 WHERE Id = 3; INSERT INTO dbo.Moving VALUES (102, ${AT}, 'gone'); DELETE FROM dbo.Moving WHERE Id = 102;
    DELETE FROM dbo.Moving WHERE Id = 4; INSERT INTO dbo.Moving VALUES (4, ${AT}, 'again')`);
  const second = await sync(props());
  const table = moving(second);
  const { from, to } = table.changes!;
  expect(from).toEqual(base.mark);
  expect(to.order > from.order).toBe(true);
  expect(table).toMatchObject({ rows: 4, changes: { way: 'changeTracking', previousRun: first.run!.runId, keyColumns: ['At', 'At__100ns', 'Id'], inserts: 2, updates: 2, deletesSeen: true, sourceRows: 100 } });
  expect(manifestOf(second)).toMatchObject({ manifestVersion: 4, tables: [{ table: 'Moving' }] });
  expect(await rowsOf(table, 'changes', ['Id', 'A', '__op'])).toEqual(['1 new U', '1003 row I', '101 null I', '4 again U']);
  expect(await rowsOf(table, 'keys', ['Id', 'At__100ns'])).toEqual(['1 7', '1003 7', '101 7', '4 7']);
  // That a row came and went is told too, by Microsoft's rule or not: a delete of what is not there changes nothing.
  const gone = (await rowsOf(table, 'deletes', ['Id', '__op'])).filter((row) => !row.startsWith('102 '));
  expect(gone).toEqual(['2 D', '3 D']);
  expect(second).toMatchObject({ kind: 'changes', tables: [{ table: 'Moving', way: 'changeTracking', inserts: 2, updates: 2 }] });
  const versions = await rowsOf(table, 'changes', ['__version', '__committed_at']);
  for (const row of versions) expect(row).toMatch(/^\d{20} (?!null)/);
  expect(versions.every((row) => row.slice(0, 20) > from.order && row.slice(0, 20) <= to.order)).toBe(true);
  expect(await verifyRun(props(), second.run!.runId)).toMatchObject({ problems: [], objects: 3 });
  await expect(verifyRun(props(), second.run!.runId, { againstSource: true })).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('changes alone of dbo.Moving') });
});

test('a database in which nothing changed is asked one statement; what changes afterwards is told once', async () => {
  const first = await sync(props());
  const asked = statements();
  expect(await sync(props())).toEqual({ kind: 'nothing', tables: [], lagSeconds: 0, lagRows: 0, gaps: 0, landedRuns: [first.run!.runId] });
  expect(asked.filter((sql) => sql !== '' && !/^set ansi_nulls/.test(sql))).toEqual([idleSql(['changeTracking'])]);
  // Tables that are not followed move the version, and the marks of the others with it, or clean-up would take them.
  await batch("IF OBJECT_ID('dbo.Other') IS NULL CREATE TABLE dbo.Other (Id int NOT NULL PRIMARY KEY)");
  await batch('ALTER TABLE dbo.Other ENABLE CHANGE_TRACKING; INSERT INTO dbo.Other VALUES (1)');
  expect(await sync(props())).toMatchObject({ kind: 'nothing', tables: [] });
  database().cleanUpChanges(await currentVersion());
  await batch(`INSERT INTO dbo.Moving VALUES (101, ${AT}, NULL); DROP TABLE dbo.Other`);
  const found = await sync(props());
  expect(found).toMatchObject({ kind: 'changes', lagRows: 1, tables: [{ table: 'Moving', inserts: 1 }] });
  expect(await sync(props())).toMatchObject({ kind: 'nothing' });
});

describe('a gap names table and mark, or the table is read whole in the same run', () => {
  const GAPS: ReadonlyArray<readonly [string, () => Promise<unknown> | void, RegExp]> = [
    ['truncated', async () => batch('TRUNCATE TABLE dbo.Moving'), /truncated/],
    ['tracked anew', async () => batch('ALTER TABLE dbo.Moving DISABLE CHANGE_TRACKING; INSERT INTO dbo.Moving VALUES (500, \'2021-01-01\', NULL); ALTER TABLE dbo.Moving ENABLE CHANGE_TRACKING'), /another table, database or recording/],
    ['cleaned up', async () => { await batch("UPDATE dbo.Moving SET A = 'x'; UPDATE dbo.Moving SET A = 'y'"); database().cleanUpChanges(await currentVersion()); }, /least valid version/],
    ['restored', () => { database().restored(); }, /another table, database or recording/],
    ['a column with a default', async () => batch('ALTER TABLE dbo.Moving ADD B int NOT NULL DEFAULT 7'), /other columns/],
    ['another type', async () => batch('ALTER TABLE dbo.Still ALTER COLUMN A bigint NULL'), /other columns/],
  ];

  test.each(GAPS)('%s', async (_, change, why) => {
    const first = await sync(props());
    await change();
    await expect(sync(props())).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringMatching(why) });
    await expect(sync(props())).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringMatching(/^\[dbo\]\.\[(Moving|Still)\]: its changes since the mark \d{20} \(changeTracking\)/) });
    const reloaded = await sync(props({ onGap: OnGap.RELOAD }));
    expect(reloaded.gaps).toBeGreaterThan(0);
    const [table] = reloaded.tables;
    expect(table).toMatchObject({ way: 'whole', gap: expect.stringMatching(why), why: expect.stringMatching(why) });
    const own = manifestOf(reloaded).tables[0];
    expect(own.base!.mark).not.toEqual(manifestOf(first).tables.find((each) => each.table === own.table)!.base!.mark);
    const [{ n }] = (await runs.client.query(`SELECT COUNT(*) AS n FROM dbo.${own.table}`)).recordset as Array<{ n: number }>;
    expect(own).toMatchObject({ rows: n, base: { sourceRows: n } });
    // From then on it follows again.
    await batch(`INSERT INTO dbo.Moving (Id, At, A) VALUES (900, ${AT}, 'after')`);
    expect(await sync(props())).toMatchObject({ kind: 'changes', gaps: 0, tables: [{ table: 'Moving', inserts: 1, updates: 0, deletes: 0 }] });
  });

  test('or it is left out, and the others go on', async () => {
    await sync(props());
    await batch('TRUNCATE TABLE dbo.Moving; INSERT INTO dbo.Still VALUES (11, 11)');
    const result = await sync(props({ onTableError: OnTableError.CONTINUE }));
    expect(result).toMatchObject({ gaps: 1, tables: [{ table: 'Still', inserts: 1 }] });
    await expect(sync(props())).rejects.toMatchObject({ code: 'CHANGES_GAP' });
  });
});

describe('marks are bounded on both sides', () => {
  /** Runs something when a statement is about to be answered that matches, once. */
  function at(pattern: RegExp, work: (sql: string) => Promise<unknown> | void): void {
    let done = false;
    runs.server.faults.onRequest = async ({ sql }) => {
      if (done || !pattern.test(sql)) return undefined;
      done = true;
      await work(sql);
      return undefined;
    };
  }

  test('what is committed after the transaction began is of the next run, whenever the version is asked', async () => {
    await sync(props());
    await batch("UPDATE dbo.Moving SET A = 'one' WHERE Id = 1");
    // The transaction shows what it began with; a version asked behind this would promise more than it has.
    at(/^SELECT t\.\[.*CHANGETABLE/s, async () => batch("UPDATE dbo.Moving SET A = 'two' WHERE Id = 2"));
    const second = await sync(props());
    expect(second).toMatchObject({ lagRows: 1 });
    const third = await sync(props());
    expect(await rowsOf(moving(third), 'changes', ['Id', 'A'])).toEqual(['2 two']);
    expect(moving(third).changes!.from).toEqual(moving(second).changes!.to);
    expect(await sync(props())).toMatchObject({ kind: 'nothing' });
  });

  test('nor is what is committed before a table is read that comes later in the same transaction', async () => {
    await sync(props());
    await batch("UPDATE dbo.Moving SET A = 'one' WHERE Id = 1; UPDATE dbo.Still SET A = 0 WHERE Id = 1");
    let later = '';
    at(/^SELECT t\.\[.*CHANGETABLE/s, async (sql) => {
      later = sql.includes('[Moving]') ? 'Still' : 'Moving';
      await batch(`UPDATE dbo.${later} SET A = NULL WHERE Id = 2`);
    });
    expect(await sync(props())).toMatchObject({ lagRows: 2, tables: [{ updates: 1 }, { updates: 1 }] });
    // A version asked outside the transaction would have promised it, and it would be lost.
    const third = await sync(props());
    expect(third).toMatchObject({ kind: 'changes', tables: [{ table: later, inserts: 0, updates: 1, deletes: 0 }] });
    expect(await rowsOf(manifestOf(third).tables[0], 'changes', ['Id', 'A'])).toEqual(['2 null']);
  });

  test('a first load that others write into has a mark from before its first row', async () => {
    let writes = 0;
    runs.server.faults.onRequest = async ({ sql }) => {
      if (!/^SELECT \[Id\], \[At\]/.test(sql) || writes++ > 0) return undefined;
      await batch("UPDATE dbo.Moving SET A = 'meanwhile' WHERE Id = 5");
      return undefined;
    };
    const first = await sync(props());
    expect(writes).toBe(1);
    runs.server.faults.onRequest = undefined;
    const second = await sync(props());
    expect(await rowsOf(moving(second), 'changes', ['Id', 'A'])).toEqual(['5 meanwhile']);
    expect(moving(second).changes!.from).toEqual(moving(first).base!.mark);
  });

  test.each([0, 1])('a least valid version that is the mark is enough, one above it is not (%s above)', async (above) => {
    const { mark } = moving(await sync(props())).base!;
    await batch("UPDATE dbo.Moving SET A = 'x' WHERE Id = 1; UPDATE dbo.Moving SET A = 'y' WHERE Id = 2");
    // Where clean-up comes after the look, the read finds it.
    at(new RegExp(BEGIN_PURPOSE), () => database().cleanUpChanges(BigInt(mark.order) + BigInt(above)));
    const done = sync(props());
    if (above === 0) expect(await done).toMatchObject({ kind: 'changes', lagRows: 2 });
    else await expect(done).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringContaining('least valid version') });
  });

  test('clean-up between the read and its end is seen by the second look', async () => {
    await sync(props());
    await batch("UPDATE dbo.Moving SET A = 'x' WHERE Id = 1; UPDATE dbo.Moving SET A = 'y' WHERE Id = 2");
    at(/^SELECT COUNT_BIG\(CASE/, () => database().cleanUpChanges(1_000_000n));
    await expect(sync(props())).rejects.toMatchObject({ code: expect.stringMatching(/CHANGES_GAP/) });
  });

  test('a gap that comes while tables are read is mended by the same sync', async () => {
    await sync(props());
    await batch("UPDATE dbo.Moving SET A = 'x' WHERE Id = 1");
    at(new RegExp(BEGIN_PURPOSE), async () => batch('TRUNCATE TABLE dbo.Moving'));
    expect(await sync(props({ onGap: OnGap.RELOAD }))).toMatchObject({ gaps: 1, tables: [{ table: 'Moving', way: 'whole', rows: 0 }] });
  });

  test('a version that went back is a gap', async () => {
    const { mark } = moving(await sync(props())).base!;
    const chain = join(runs.folder, `_state/changes=${encodeURIComponent(`${runs.server.host}:${runs.server.port}/${runs.server.database}`)}/chain.json`);
    const later = String(BigInt(mark.order) + 5n).padStart(20, '0');
    const kept = JSON.parse(readFileSync(chain, 'utf8')) as { tables: Record<string, { mark: { order: string } }>; idle?: string };
    delete kept.idle;
    for (const link of Object.values(kept.tables)) link.mark.order = later;
    writeFileSync(chain, JSON.stringify(kept));
    await expect(sync(props())).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringContaining('went back') });
  });
});

describe('what cannot be done rightly is refused', () => {
  test.each<[string, Partial<ExtractorProps>, string, RegExp]>([
    ['a readable secondary', {}, 'CHANGES_REFUSED', /22117/],
    ['another format', { format: ExtractFormat.csv() }, 'CHANGES_REFUSED', /Parquet alone/],
    ['another isolation', { consistency: 'readCommitted' as never }, 'CHANGES_REFUSED', /SNAPSHOT/],
    ['a query', { tables: undefined, query: { name: 'q', sql: 'SELECT 1 AS a' } }, 'INVALID_CONFIG', /no changes/],
  ])('%s', async (name, overrides, code, message) => {
    const source = name === 'a readable secondary' ? { source: { ...runs.endpoints.source, readOnlyIntent: true } } : {};
    await expect(sync(props({ ...overrides, ...source }))).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('a database without SNAPSHOT transactions, unless whole tables are read', async () => {
    await batch(`ALTER DATABASE [${runs.server.database}] SET ALLOW_SNAPSHOT_ISOLATION OFF`);
    try {
      await expect(sync(props())).rejects.toMatchObject({ code: 'CHANGES_REFUSED', message: expect.stringContaining(`ALTER DATABASE [${runs.server.database}] SET ALLOW_SNAPSHOT_ISOLATION ON`) });
    } finally {
      await batch(`ALTER DATABASE [${runs.server.database}] SET ALLOW_SNAPSHOT_ISOLATION ON`);
    }
  });

  test('counts that the source does not confirm', async () => {
    await sync(props());
    await batch("UPDATE dbo.Moving SET A = 'x' WHERE Id = 1");
    runs.server.faults.onRequest = ({ sql }) => (/^SELECT COUNT_BIG\(CASE/.test(sql) ? { kind: 'error', number: 50000, severity: 16 } : undefined);
    await expect(sync(props())).rejects.toMatchObject({ code: 'SOURCE_QUERY_FAILED' });
  });
});

test('tables without a way are read whole each time, by name; some do not follow', async () => {
  await batch('ALTER TABLE dbo.Still DISABLE CHANGE_TRACKING');
  await sync(props());
  const again = await sync(props());
  expect(again).toMatchObject({ tables: [{ table: 'Still', way: 'whole', rows: 10, why: expect.stringContaining('the table does not track changes') }] });
  expect(await sync(props({ tableOptions: [{ table: 'Still', changes: Changes.NONE }] }))).toMatchObject({ kind: 'nothing' });
  const { tables } = await plan(props());
  expect(tables).toMatchObject([
    { table: 'Moving', changes: { way: ChangeWay.CHANGE_TRACKING, key: ['At', 'Id'] } },
    { table: 'Still', changes: { way: ChangeWay.WHOLE, enable: ['ALTER TABLE [dbo].[Still] ENABLE CHANGE_TRACKING'] } },
  ]);
});

test('one version: a transaction over several tables lands whole, read by one reader', async () => {
  await sync(props());
  await batch("BEGIN TRAN; UPDATE dbo.Moving SET A = 'a' WHERE Id = 1; UPDATE dbo.Still SET A = 0 WHERE Id = 1; COMMIT");
  const result = await sync(props({ readers: undefined, threads: undefined, oneVersion: true, countEvery: CountEvery.NEVER }));
  const marks = manifestOf(result).tables.map(({ changes }) => changes!.to.order);
  expect(new Set(marks).size).toBe(1);
  expect(result.tables.map(({ updates }) => updates)).toEqual([1, 1]);
  for (const { changes } of manifestOf(result).tables) expect(changes).not.toHaveProperty('sourceRows');
});

test('one version: what was stopped is not gone on with, since its transaction has ended', async () => {
  const stop = new AbortController();
  const onEvent = (event: ExtractEvent) => { if (event.type === 'run-verified') stop.abort(); };
  const one = props({ oneVersion: true });
  await expect(sync(one, { signal: stop.signal, onEvent })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await batch('DELETE FROM dbo.Still WHERE Id = 1; DELETE FROM dbo.Moving WHERE Id = 1');
  const result = await sync(one);
  expect(result).toMatchObject({ kind: 'firstLoad', tables: [{ rows: 99 }, { rows: 9 }] });
  expect(new Set(manifestOf(result).tables.map(({ base }) => base!.mark.order)).size).toBe(1);
});

test('a run of all rows beside the syncs moves the chain on, since the landed tables show it', async () => {
  await sync(props());
  await batch("UPDATE dbo.Moving SET A = 'x' WHERE Id = 1");
  const { runId } = await extract(props());
  await batch("UPDATE dbo.Moving SET A = 'y' WHERE Id = 2");
  const next = await sync(props());
  expect(moving(next).changes).toMatchObject({ previousRun: runId, updates: 1 });
});

test('a sync that read tables whole anew and was stopped is gone on with, though tables are named', async () => {
  await sync(props());
  await batch(`TRUNCATE TABLE dbo.Moving; INSERT INTO dbo.Moving SELECT value, ${AT}, 'anew' FROM GENERATE_SERIES(1, 100); TRUNCATE TABLE dbo.Still; INSERT INTO dbo.Still VALUES (1, 1)`);
  const stop = new AbortController();
  let stopped = '';
  const onEvent = (event: ExtractEvent) => {
    if (event.type === 'run-started') stopped = event.runId;
    if (event.type === 'run-verified') stop.abort();
  };
  const reloading = props({ onGap: OnGap.RELOAD });
  await expect(sync(reloading, { signal: stop.signal, onEvent })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(await sync(reloading)).toMatchObject({ kind: 'changes', run: { runId: stopped, tables: [{ table: 'Moving', rows: 100 }, { table: 'Still', rows: 1 }] } });
  expect(await sync(props())).toMatchObject({ kind: 'nothing' });
});

test('a run that died between its manifest and the chain is added to it', async () => {
  await sync(props());
  await batch("UPDATE dbo.Moving SET A = 'x' WHERE Id = 1");
  const stop = new AbortController();
  const onEvent = (event: ExtractEvent) => { if (event.type === 'run-verified') stop.abort(); };
  await expect(sync(props(), { signal: stop.signal, onEvent })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  // What an interrupted sync read is read anew.
  expect(await sync(props())).toMatchObject({ kind: 'changes', tables: [{ table: 'Moving', updates: 1 }] });
  expect(await sync(props())).toMatchObject({ kind: 'nothing' });
});
