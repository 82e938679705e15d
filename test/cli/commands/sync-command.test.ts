import { pathToFileURL } from 'node:url';
import { waitAfter } from '../../../src/cli/commands/sync-command';
import { chainKey } from '../../../src/extractor/state/chain-store';
import { SYSTEM_CLOCK } from '../../../src/extractor/state/clock';
import { openStore } from '../../../src/extractor/state/open-store';
import { chainFolder } from '../../../src/extractor/state/run-folder';
import { LEASE_MS, RunLease } from '../../../src/extractor/state/run-lease';
import { landedCli } from '../../support/runs/landed-cli';

const landed = landedCli();
const syncArgs = (tables: string, ...more: readonly string[]) => ['sync', ...landed.extractArgs(tables, ...more).slice(1)];

beforeAll(async () => {
  await landed.sql('ALTER DATABASE LegacyLedger SET ALLOW_SNAPSHOT_ISOLATION ON');
  await landed.sql('ALTER DATABASE LegacyLedger SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)');
});

const made: string[] = [];
/** Tables of one row, with Change Tracking. */
async function make(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await landed.sql(`CREATE TABLE dbo.${name} (Id int NOT NULL PRIMARY KEY, V nvarchar(20) NULL); ALTER TABLE dbo.${name} ENABLE CHANGE_TRACKING; INSERT INTO dbo.${name} VALUES (1, N'old')`);
    made.push(name);
  }
}
afterEach(async () => {
  for (const name of made.splice(0)) await landed.sql(`DROP TABLE IF EXISTS dbo.${name}`);
});

const valuesOf = async (name: string) => (await landed.query(`SELECT id, v FROM legacyledger_dbo_${name.toLowerCase()} ORDER BY id`)).map((row) => Object.values(row as object).join(' '));

test('what a sync landed that ended before it could commit is committed by the next one, though nothing has changed', async () => {
  await make('One', 'Two');
  const args = syncArgs('dbo.One,dbo.Two', '--landed-tables', 'iceberg');
  await landed.ok(args);
  await landed.sql('UPDATE dbo.One SET V = N\'new\' WHERE Id = 1; UPDATE dbo.Two SET V = N\'new\' WHERE Id = 1');
  // As far as one gets that is killed there.
  await landed.ok(syncArgs('dbo.One,dbo.Two'));
  expect([await valuesOf('One'), await valuesOf('Two')]).toEqual([['1 old'], ['1 old']]);
  const { code, stderr } = await landed.cli(args);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/was landed before and not committed; it is now: legacyledger_dbo_\w+, legacyledger_dbo_\w+[\s\S]*nothing has changed/) });
  expect([await valuesOf('One'), await valuesOf('Two')]).toEqual([['1 new'], ['1 new']]);
  // Changes of one do not let those of another be forgotten.
  await landed.sql('UPDATE dbo.One SET V = N\'third\' WHERE Id = 1; DELETE FROM dbo.Two WHERE Id = 1');
  await landed.ok(syncArgs('dbo.One,dbo.Two'));
  await landed.sql('INSERT INTO dbo.One VALUES (2, NULL)');
  await landed.ok(args);
  expect([await valuesOf('One'), await valuesOf('Two')]).toEqual([['1 third', '2 '], []]);
  expect((await landed.cli(args)).stderr).toBe('nothing has changed\n');
}, 120_000);

test('rows that the source deletes are kept where that is asked for, and from then on, also of what is committed late', async () => {
  await make('Kept');
  const kept = async () => (await landed.query('SELECT id, __deleted_at IS NOT NULL AS gone FROM legacyledger_dbo_kept ORDER BY id')).map((row) => Object.values(row as object).join(' '));
  await landed.ok(syncArgs('dbo.Kept', '--landed-tables', 'iceberg', '--soft-deletes', 'true'));
  await landed.sql('INSERT INTO dbo.Kept (Id) VALUES (2), (3); DELETE FROM dbo.Kept WHERE Id = 1');
  await landed.ok(syncArgs('dbo.Kept'));
  await landed.ok(syncArgs('dbo.Kept', '--landed-tables', 'iceberg'));
  expect(await kept()).toEqual(['1 true', '2 false', '3 false']);
  await landed.sql('DELETE FROM dbo.Kept WHERE Id = 2');
  await landed.ok(syncArgs('dbo.Kept', '--landed-tables', 'iceberg', '--soft-deletes', 'false'));
  expect(await kept()).toEqual(['1 true', '3 false']);
  const { code, stderr } = await landed.cli(syncArgs('dbo.Kept', '--soft-deletes', 'true'));
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('--soft-deletes is of tables of a folder, and needs --landed-tables iceberg') });
}, 120_000);

test('a landed table that the source has no more is named, and deleted rows are told not to be counted', async () => {
  await make('Gone1', 'Gone2');
  const args = syncArgs('dbo.Gone*', '--landed-tables', 'iceberg');
  await landed.ok(args);
  await landed.sql('DELETE FROM dbo.Gone1 WHERE Id = 1; DROP TABLE dbo.Gone2');
  const { code, stderr } = await landed.cli(args);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('warning: dbo.Gone2, which was landed before, is not in the source any more') });
  expect(stderr).not.toContain('dbo.Gone1, which');
  expect(await valuesOf('Gone1')).toEqual([]);
  expect(await landed.ok(['tables', '--landed'])).toMatch(/legacyledger_dbo_gone1 .*≤ 1 /);
}, 120_000);

test('a table that fails keeps the others neither from being read nor from being committed; once it is mended it catches up', async () => {
  await make('Good', 'Poor');
  const args = syncArgs('dbo.Good,dbo.Poor', '--landed-tables', 'iceberg', '--on-table-error', 'continue');
  await landed.ok(args);
  await landed.sql('UPDATE dbo.Poor SET V = NCHAR(0xD800) WHERE Id = 1');
  for (const id of [2, 3]) {
    await landed.sql(`INSERT INTO dbo.Good VALUES (${id}, N'new'); INSERT INTO dbo.Poor VALUES (${id}, N'new')`);
    const { code, stdout, stderr } = await landed.cli(args);
    expect({ code, stderr }).toEqual({ code: 6, stderr: expect.stringMatching(/error TABLES_MISSING: run \S+ lacks dbo\.Poor \(INVALID_VALUE\); the other tables are landed, and the next sync reads the missing ones from where they stand/) });
    expect(stdout).toContain('legacyledger_dbo_good');
    expect([(await valuesOf('Good')).length, await valuesOf('Poor')]).toEqual([id, ['1 old']]);
  }
  await landed.sql('UPDATE dbo.Poor SET V = N\'mended\' WHERE Id = 1');
  await landed.ok(args);
  expect([await valuesOf('Good'), await valuesOf('Poor')]).toEqual([['1 old', '2 new', '3 new'], ['1 mended', '2 new', '3 new']]);
}, 120_000);

/** What a sync leaves that was killed some time ago. */
async function killedSync(args: readonly string[], agoMs: number): Promise<void> {
  const of = (name: string) => args[args.indexOf(name) + 1];
  const key = chainKey(`${of('--server')}:${of('--port')}`, of('--database'));
  const { store, close } = openStore(pathToFileURL(landed.folder).href, {});
  await RunLease.acquire(store, `sync of ${key}`, { ...SYSTEM_CLOCK, now: () => Date.now() - agoMs }, { takeOver: false, folder: chainFolder(key) });
  close();
}

test('after a sync that was killed one is told how long its lease lasts, --take-over does not wait, and --every goes on by itself', async () => {
  await make('Held');
  const args = syncArgs('dbo.Held');
  await killedSync(args, LEASE_MS - 40_000);
  const refused = await landed.cli(args);
  expect(refused).toMatchObject({ code: 4, stderr: expect.stringMatching(/^error RUN_IN_USE: sync of .* is in use: .* process \d+ .* holds it until \S+Z, which is in (3\d|40) s, and longer if it is at work; wait until then, or take it over \(--take-over\)/m) });
  expect(await landed.cli([...args, '--take-over'])).toMatchObject({ code: 0 });
  await landed.sql('UPDATE dbo.Held SET V = N\'new\' WHERE Id = 1');
  await killedSync(args, LEASE_MS - 4_000);
  const loop = landed.start([...args, '--every', '1s']);
  await loop.seen('1 update');
  loop.process.kill('SIGINT');
  expect(await loop.ended).toMatchObject({ code: 130, stderr: expect.stringMatching(/warning: RUN_IN_USE: .*; the next sync is in 1 s/) });
}, 120_000);

test('a loop goes on after tables that fail, and waits for a dead process no longer than its lease lasts', async () => {
  const minutes = 60_000;
  expect([[], ['TABLES_MISSING'], ['TABLES_MISSING', 'TABLES_MISSING']].map((failures) => waitAfter(5 * minutes, failures))).toEqual([5, 5, 5].map((each) => each * minutes));
  expect(['SOURCE_UNREACHABLE', 'SOURCE_STALLED'].map((code) => waitAfter(5 * minutes, [code, code]))).toEqual([20 * minutes, 20 * minutes]);
  expect(waitAfter(5 * minutes, Array<string>(30).fill('SOURCE_UNREACHABLE'))).toBe(60 * minutes);
  expect([waitAfter(5 * minutes, ['RUN_IN_USE']), waitAfter(1000, ['RUN_IN_USE']), waitAfter(5 * minutes, ['RUN_IN_USE', 'RUN_IN_USE'])]).toEqual([61_000, 1000, 5 * minutes]);
});
