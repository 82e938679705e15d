import sql from 'mssql';
import { ChangedRows, Changes, CountEvery, FoundDeletes, sync, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { idleSql, tellsAll } from '../../../../src/extractor/run/sync/idle';
import { standInRuns } from '../../../support/source/stand-in-runs';

/* What a look costs at which nothing changed, by the ways of the tables, and what it may not pass over. */

const runs = standInRuns();
const batch = async (text: string) => runs.client.batch(text);
const database = () => runs.server.engine.catalog.database(runs.server.database)!;
const capture = async () => runs.server.engine.runCapture(database());

const WAYS: NonNullable<ExtractorProps['tableOptions']> = [
  { table: 'Tracked', changes: Changes.CHANGE_TRACKING },
  { table: 'Captured', changes: Changes.CDC },
  { table: 'Versioned', changes: Changes.ROWVERSION, deletes: FoundDeletes.UNSEEN },
  { table: 'Marked', changes: Changes.WATERMARK, watermark: 'Seen', changedRows: ChangedRows.APPEND },
];

beforeAll(async () => {
  await batch(`ALTER DATABASE [${runs.server.database}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = OFF); EXEC sys.sp_cdc_enable_db`);
});
beforeEach(async () => {
  for (const { table } of WAYS) {
    await batch(`DROP TABLE IF EXISTS dbo.${table}; CREATE TABLE dbo.${table} (Id int NOT NULL PRIMARY KEY, A int NULL, Seen datetime2(7) NULL, V rowversion)`);
    await batch(`INSERT dbo.${table} (Id, A, Seen) SELECT value, 0, '2024-01-01' FROM GENERATE_SERIES(1, 20)`);
  }
  await batch('ALTER TABLE dbo.Tracked ENABLE CHANGE_TRACKING');
  await batch("EXEC sys.sp_cdc_enable_table @source_schema = N'dbo', @source_name = N'Captured', @role_name = NULL");
  await capture();
  database().changes.capture!.automatic = false;
});
afterEach(() => {
  runs.server.faults.onRequest = undefined;
  database().changes.capture!.automatic = true;
});

function props(...names: readonly string[]): ExtractorProps {
  const tableOptions = WAYS.filter(({ table }) => names.includes(table));
  return { ...runs.endpoints, tables: [...names], tableOptions, readers: 1, threads: 0, countEvery: CountEvery.NEVER };
}

/** Syncs, and tells what came of it and what the source was asked beside the login. */
async function look(asked: ExtractorProps): Promise<{ readonly tables: string[]; readonly statements: string[] }> {
  const statements: string[] = [];
  runs.server.faults.onRequest = ({ sql: text }) => void (text !== '' && !/^set ansi_nulls/.test(text) && statements.push(text));
  const { tables } = await sync(asked);
  runs.server.faults.onRequest = undefined;
  return { tables: tables.map(({ table }) => table), statements };
}

/** Until nothing more comes: what a way needs is known after the first load, and capture is to pass the base. */
async function settle(asked: ExtractorProps): Promise<void> {
  for (let n = 0; n < 12; n++) {
    // Each time it notes how far it is, which is a change to look at.
    if (n % 4 === 0) await capture();
    if ((await look(asked)).statements.length === 1) return;
  }
}

const CHANGE: { readonly [table: string]: () => Promise<unknown> } = {
  Tracked: async () => batch('UPDATE dbo.Tracked SET A = 1 WHERE Id = 1'),
  Captured: async () => { await batch('UPDATE dbo.Captured SET A = 1 WHERE Id = 1'); await capture(); },
  Versioned: async () => batch('UPDATE dbo.Versioned SET A = 1 WHERE Id = 1'),
};

test.each([
  [['Tracked'], ['changeTracking']],
  [['Captured'], ['cdc']],
  [['Versioned'], ['rowversion']],
  [['Tracked', 'Captured', 'Versioned'], ['changeTracking', 'cdc', 'rowversion']],
] as const)('of %j a look at which nothing changed is one statement; each change ends that', async (names, ways) => {
  const asked = props(...names);
  await sync(asked);
  await settle(asked);
  for (const name of names) {
    expect(await look(asked)).toEqual({ tables: [], statements: [idleSql(ways)] });
    await CHANGE[name]();
    const { tables, statements } = await look(asked);
    expect(tables).toContain(name);
    expect(statements.length).toBeGreaterThan(1);
    await settle(asked);
  }
  // So does a table that is altered, of which capture knows nothing.
  await batch(`ALTER TABLE dbo.${names[0]} ADD More int NULL`);
  await expect(look(asked)).rejects.toMatchObject({ code: expect.stringMatching(/^CHANGES_(GAP|REFUSED)$/) });
});

test('while a transaction is open that has taken rowversions, each look is one at the tables: what it commits shows in no later value', async () => {
  const asked = props('Versioned');
  await sync(asked);
  await settle(asked);
  const open = new sql.Transaction(runs.client);
  await open.begin();
  await new sql.Request(open).batch('UPDATE dbo.Versioned SET A = 2 WHERE Id = 2');
  for (let n = 0; n < 2; n++) expect((await look(asked)).statements.length).toBeGreaterThan(1);
  await open.commit();
  const { statements } = await look(asked);
  expect(statements.length).toBeGreaterThan(1);
  await settle(asked);
  expect(await look(asked)).toEqual({ tables: [], statements: [idleSql(['rowversion'])] });
});

test('deletes move no rowversion: where they are found by comparing keys, each look is one at the tables, from the first load on', async () => {
  const asked = { ...props('Versioned'), tableOptions: [{ table: 'Versioned', changes: Changes.ROWVERSION, deletes: FoundDeletes.KEYS }] };
  await sync(asked);
  for (const id of [3, 4, 5]) {
    await batch(`DELETE dbo.Versioned WHERE Id = ${id}`);
    expect((await sync(asked)).tables).toMatchObject([{ table: 'Versioned', deletes: 1 }]);
  }
});

test('a watermark shows in its table alone, so that a database with one is looked at whole each time', async () => {
  const asked = props('Tracked', 'Marked');
  await sync(asked);
  for (let n = 0; n < 2; n++) expect((await look(asked)).statements.length).toBeGreaterThan(1);
  expect([tellsAll('version:1/', ['changeTracking']), tellsAll('version:1/', ['cdc']), tellsAll('version:1/captured:1', ['watermark']), tellsAll('version:1/', ['whole'])])
    .toEqual([true, false, false, false]);
});
