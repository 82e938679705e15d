import { renameSync } from 'node:fs';
import { commitLanded, query, rebuild, relocate, verifyCurrent, type QueryValue } from '../../../src/cli/tables';
import { openFolder } from '../../../src/cli/tables/place';
import { Changes, FoundDeletes, OnGap, plan, sync, type ExtractorProps } from '../../../src/extractor/doors/public';
import { countRows } from '../../../src/iceberg/rows/count-rows';
import { currentSchema } from '../../../src/iceberg/spec/table-metadata';
import { standInRuns } from '../../support/source/stand-in-runs';
import { shownTable } from '../../support/tables/table-folder';

/* From a source that deletes rows to what a query of the landed tables shows, in a folder. */

const runs = standInRuns();
const batch = async (sql: string) => runs.client.batch(sql);
const TABLE = 'legacyledger_dbo_fading';
const SOFT = { softDeletes: true } as const;
const props = (more: Partial<ExtractorProps> = {}): ExtractorProps => ({ ...runs.endpoints, tables: ['Fading'], readers: 1, threads: 0, ...more });

/** Syncs and commits. @returns the run, whose mark was taken after a time */
async function follow(options: { readonly softDeletes?: boolean } = {}, more: Partial<ExtractorProps> = {}) {
  const before = Date.now();
  const { run } = await sync(props(more));
  const committed = await commitLanded(runs.endpoints.target, run!.runId, options);
  expect(committed.map(({ state, problem }) => [state, problem])).toEqual([['COMMITTED', undefined]]);
  return { before, runId: run!.runId };
}

async function asked(sql: string): Promise<ReadonlyArray<readonly QueryValue[]>> {
  const all: Array<readonly QueryValue[]> = [];
  await query({ target: runs.endpoints.target }, sql, {}, async ({ rows }) => {
    for await (const some of rows) all.push(...some);
  });
  return all;
}

const shown = async () => (await asked(`SELECT k, v, __deleted_at IS NOT NULL FROM ${TABLE} ORDER BY k, v`)).map((row) => row.map(String).join(' '));

async function counts() {
  const { workplace } = openFolder(runs.endpoints.target);
  const { rows, softDeleted } = await countRows(workplace, (await shownTable(workplace, TABLE))!);
  const [{ n }] = (await runs.client.query('SELECT COUNT_BIG(*) AS n FROM dbo.Fading')).recordset as Array<{ n: number | string }>;
  return { rows, softDeleted, source: Number(n) };
}

const verified = async () => (
  (await verifyCurrent({ target: runs.endpoints.target }, [], props(), { most: 20 })).map((table) => [table.name, table.state]));

beforeAll(async () => {
  await batch(`ALTER DATABASE [${runs.server.database}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = OFF)`);
});

async function create(key: string, rows: string): Promise<void> {
  await batch('DROP TABLE IF EXISTS dbo.Fading');
  await batch(`CREATE TABLE dbo.Fading (K ${key} NOT NULL PRIMARY KEY, V datetime2(7) NULL)`);
  await batch('ALTER TABLE dbo.Fading ENABLE CHANGE_TRACKING');
  await batch(`INSERT INTO dbo.Fading (K) VALUES ${rows}`);
}

test('deleted rows are shown with their time until their key is back; all else counts and compares what is there', async () => {
  await create('int', '(1), (2), (3), (4), (5)');
  await follow(SOFT);
  await batch("UPDATE dbo.Fading SET V = '2020-01-01T00:00:00.1234567' WHERE K = 2");
  await follow();
  await batch('DELETE FROM dbo.Fading WHERE K IN (1, 2); UPDATE dbo.Fading SET K = 30 WHERE K = 3; INSERT INTO dbo.Fading (K) VALUES (6); DELETE FROM dbo.Fading WHERE K = 6');
  const { before: from } = await follow();
  expect(await shown()).toEqual(['1 null true', '2 2020-01-01 00:00:00.123456 true', '3 null true', '4 null false', '5 null false', '30 null false']);
  expect(await asked(`SELECT v__100ns FROM ${TABLE} WHERE k = 2`)).toEqual([[7]]);
  expect([await counts(), await verified()]).toEqual([{ rows: 3, softDeleted: 3, source: 3 }, [[TABLE, 'EQUAL']]]);
  // The source's clock is that of this machine.
  const times = (await asked(`SELECT epoch_ms(__deleted_at) FROM ${TABLE} WHERE __deleted_at IS NOT NULL`)).map(([time]) => Number(time));
  for (const time of times) expect(Math.abs(time - from)).toBeLessThan(60_000);
  await batch("INSERT INTO dbo.Fading VALUES (1, '2021-01-01'); DELETE FROM dbo.Fading WHERE K = 4");
  // What the table keeps it goes on to keep.
  const { runId: last } = await follow();
  expect((await shown()).filter((row) => /^[14] /.test(row))).toEqual(['1 2021-01-01 00:00:00 false', '4 null true']);
  expect([await counts(), await verified()]).toEqual([{ rows: 3, softDeleted: 3, source: 3 }, [[TABLE, 'EQUAL']]]);
  const all = await shown();
  await rebuild({ target: runs.endpoints.target }, { deleteOld: true, dryRun: false }, () => undefined);
  expect(await shown()).toEqual(all);
  // The folder moves, and the run is committed once more.
  const { target } = runs.endpoints;
  renameSync(runs.folder, `${runs.folder}-moved`);
  try {
    const moved = `${target}-moved`;
    await relocate({ target: moved });
    expect(await commitLanded(moved, last)).toMatchObject([{ state: 'COMMITTED' }]);
  } finally {
    renameSync(`${runs.folder}-moved`, runs.folder);
  }
  await relocate({ target });
  expect(await shown()).toEqual(all);
  // A gap: read whole, it begins anew.
  await batch('TRUNCATE TABLE dbo.Fading; INSERT INTO dbo.Fading (K) VALUES (7), (8)');
  await follow({}, { onGap: OnGap.RELOAD });
  expect(await shown()).toEqual(['7 null false', '8 null false']);
  await batch('DELETE FROM dbo.Fading WHERE K = 7');
  await follow();
  expect([await shown(), await counts()]).toEqual([['7 null true', '8 null false'], { rows: 1, softDeleted: 1, source: 1 }]);
});

test('keys in spellings that the source holds equal: what went by another one is kept by the one that landed', async () => {
  await create('nvarchar(20) COLLATE Latin1_General_CI_AS', "(N'abc'), (N'gone'), (N'new'), (N'stays')");
  await follow(SOFT);
  await batch("UPDATE dbo.Fading SET K = N'ABC' WHERE K = N'abc'; UPDATE dbo.Fading SET K = N'GONE' WHERE K = N'gone'; DELETE FROM dbo.Fading WHERE K = N'gone'; UPDATE dbo.Fading SET V = '2020-01-01' WHERE K = N'NEW'");
  await follow();
  expect(await shown()).toEqual(['ABC null false', 'abc null true', 'gone null true', 'new 2020-01-01 00:00:00 false', 'stays null false']);
  expect([await counts(), await verified()]).toEqual([{ rows: 3, softDeleted: 2, source: 3 }, [[TABLE, 'EQUAL']]]);
});

test('by default there is no such column', async () => {
  await create('int', '(1), (2)');
  await follow();
  await batch('DELETE FROM dbo.Fading WHERE K = 1');
  await follow();
  const { workplace } = openFolder(runs.endpoints.target);
  expect(currentSchema((await shownTable(workplace, TABLE))!)!.fields.map(({ name }) => name)).toEqual(['k', 'v', 'v__100ns']);
  expect(await counts()).toEqual({ rows: 1, softDeleted: undefined, source: 1 });
});

test('a way that does not see deletes says so in the plan', async () => {
  await create('int', '(1)');
  await batch('ALTER TABLE dbo.Fading ADD R rowversion');
  const tableOptions = [{ table: 'Fading', changes: Changes.ROWVERSION, deletes: FoundDeletes.UNSEEN }];
  const { tables: [unseen] } = await plan(props({ tableOptions }));
  expect(unseen.changes!.why).toMatch(/; rows that the source deletes stay, unmarked also with soft deletes: it does not see them$/);
  const { tables: [seen] } = await plan(props());
  expect(seen.changes!.why).not.toContain('soft deletes');
});
