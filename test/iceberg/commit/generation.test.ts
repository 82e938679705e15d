import { CATALOG_PARAMETERS, generationTableName, TABLE_PROPERTIES, TableIdentity } from '../../../src/contract';
import { commitRun } from '../../../src/iceberg/commit/commit-run';
import { expireTable } from '../../../src/iceberg/commit/expire';
import { rollbackTable } from '../../../src/iceberg/commit/rollback';
import { Faults } from '../../support/iceberg/faults';
import { livePaths, metadataOf, pathsOfRun, runId, TABLE } from '../../support/iceberg/landed-table';
import { HOUR, testLake, TestLake } from '../../support/iceberg/workplace';

const first: TableIdentity = { objectId: 10, created: '2020-01-01T00:00:00', database: 'fork:a', maxColumnId: 4 };
const anew: TableIdentity = { ...first, created: '2026-01-01T00:00:00' };
const COLUMNS = [['Id', 'INT32', 1]] as const;
const G1 = generationTableName(TABLE, 1);

let lake: TestLake;
beforeEach(() => {
  lake = testLake();
});
const land = (run: number, identity?: TableIdentity, columns: readonly (readonly [string, string, number?])[] = identity ? COLUMNS : [['Id', 'INT32']]) => (
  lake.land({ run, identity, columns }));
const pathsOfLand = (run: number, identity: TableIdentity) => pathsOfRun({ run, identity, columns: COLUMNS });
const commit = async (...of: Parameters<typeof land>) => commitRun(lake, land(...of));
const generation = async (name = TABLE) => (await metadataOf(lake, name)).properties![TABLE_PROPERTIES.generation];

test.each([
  ['dropped and made again', { ...first, objectId: 11, created: '2026-01-01T00:00:00' }, /dropped and made again/],
  ['made anew under its id', anew, /made anew/],
  ['of a restored database', { ...first, database: 'fork:b' }, /another database, or was restored/],
  ['of another server', { ...first, database: 'created:2001', objectId: 11 }, /dropped and made again/],
])('a table %s begins a new generation; the old one stays under a name of its own, with its snapshots', async (_how, identity, why) => {
  await commit(1, first);
  await commit(2, first);
  const old = await metadataOf(lake);
  const { began } = await commit(3, identity);
  expect(began).toMatch(why);
  const metadata = await metadataOf(lake);
  expect([metadata['table-uuid'] === old['table-uuid'], metadata.location === old.location, metadata.snapshots!.length]).toEqual([false, false, 1]);
  expect(await livePaths(lake)).toEqual(pathsOfLand(3, identity));
  expect(await metadataOf(lake, G1)).toEqual(old);
  expect([await generation(), await generation(G1)]).toEqual(['2', '1']);
  expect(metadata['last-column-id']).toBe(4);
});

test('the same object under another name of a column, or of its database, goes on', async () => {
  await commit(1, first);
  expect((await commit(2, { ...first, database: 'created:2001', maxColumnId: 9 }, [['Renamed', 'INT32', 1]])).began).toBeUndefined();
  expect((await metadataOf(lake))['last-column-id']).toBe(9);
});

test('a type that Iceberg cannot widen to begins a new generation', async () => {
  await commit(1, first);
  expect((await commit(2, first, [['Id', 'STRING', 1]])).began).toMatch(/'id' was int and is string/);
  expect(await livePaths(lake, G1)).toEqual(pathsOfLand(1, first));
});

test('the first run with ids of columns begins one, a later run without goes on by name', async () => {
  await commit(1);
  expect((await commit(2, first)).began).toMatch(/ids of the source since this run/);
  expect((await commit(3)).began).toBeUndefined();
  expect((await commit(4, first)).began).toBeUndefined();
  expect(await generation()).toBe('2');
});

test('generations follow each other, each with its number', async () => {
  for (const [at, objectId] of [1, 2, 3, 4].entries()) await commit(at + 1, { ...first, objectId });
  expect(await lake.catalog.names(TABLE)).toEqual([TABLE, 1, 2, 3].map((each) => (typeof each === 'number' ? generationTableName(TABLE, each) : each)));
  for (const number of [1, 2, 3]) {
    expect(await livePaths(lake, generationTableName(TABLE, number))).toEqual(pathsOfLand(number, { ...first, objectId: number }));
  }
});

test('an older run that comes after a new generation changes nothing', async () => {
  await commit(1, first);
  await commit(3, anew);
  expect(await commit(2, first)).toMatchObject({ state: 'SUPERSEDED' });
  expect(await livePaths(lake)).toEqual(pathsOfLand(3, anew));
});

test('killed between the swap and the registration, the repetition keeps the old one; so does the run after', async () => {
  for (const next of [2, 3]) {
    lake = testLake();
    await commit(1, first);
    let swapped = false;
    const catalog = new Proxy(lake.catalog, {
      get: (target, key) => (key === 'register' ? async () => { throw new Error('killed'); }
        : (...args: unknown[]) => (Reflect.get(target, key) as (...given: unknown[]) => unknown).apply(target, args)),
    });
    await expect(commitRun({ ...lake, catalog }, land(2, anew))).rejects.toThrow('killed');
    swapped = (await generation()) === '2';
    expect([swapped, await lake.catalog.load(G1)]).toEqual([true, undefined]);
    expect((await commit(next, anew)).repeated).toBe(next === 2);
    expect(await livePaths(lake, G1)).toEqual(pathsOfLand(1, first));
  }
});

test('an old generation that somebody dropped does not come back, and one whose files were deleted is in nobody’s way', async () => {
  await commit(1, first);
  await commit(2, anew);
  await commit(3, anew);
  const g1 = (await lake.catalog.load(G1))!;
  const { location } = await metadataOf(lake, G1);
  expect(await lake.catalog.drop(g1)).toBe(true);
  await lake.files.delete(lake.files.below(location));
  await commit(4, anew);
  expect((await commit(4, anew)).repeated).toBe(true);
  expect(await lake.catalog.load(G1)).toBeUndefined();
});

test('files that were deleted before the next run either', async () => {
  await commit(1, first);
  await commit(2, anew);
  const { location } = await metadataOf(lake, G1);
  await lake.catalog.drop((await lake.catalog.load(G1))!);
  await lake.files.delete(lake.files.below(location));
  expect((await commit(3, anew)).state).toBe('COMMITTED');
});

test('where the name of the old generation is taken it gets the next one', async () => {
  await commitRun(lake, lake.land({ table: 'Accounts_g1' }));
  await commit(1, first);
  await commit(2, anew);
  expect(await livePaths(lake, G1)).toEqual(pathsOfRun({ table: 'Accounts_g1' }));
  expect(await livePaths(lake, generationTableName(TABLE, 2))).toEqual(pathsOfLand(1, first));
});

test('expiry and rollback of an old generation are its own affair, and of the new one too', async () => {
  await commit(1, first);
  await commit(2, first);
  await commit(3, anew);
  await commit(4, anew);
  await rollbackTable(lake, G1, { runId: runId(1) });
  lake.pass(30 * HOUR);
  await expireTable(lake, TABLE, { keepRuns: 1 });
  expect(await livePaths(lake, G1)).toEqual(pathsOfLand(1, first));
  for (const run of [1, 2]) pathsOfLand(run, first).forEach((uri) => expect(lake.files.all.has(uri)).toBe(true));
  const before = await metadataOf(lake);
  expect(await expireTable(lake, G1, { keepRuns: 0 })).toMatchObject({ runs: [runId(2)] });
  expect(await metadataOf(lake)).toEqual(before);
  expect(await livePaths(lake, G1)).toEqual(pathsOfLand(1, first));
  expect((await lake.catalog.load(TABLE))!.parameters[CATALOG_PARAMETERS.run]).toBe(runId(4));
});

test('killed at every step of a change of generation, and repeated: both tables are there, and nothing else', async () => {
  const steps = new Faults();
  await commit(1, first);
  await commitRun({ ...lake, files: steps.over(lake.files), catalog: steps.over(lake.catalog) }, land(2, anew));
  expect(steps.calls).toBeGreaterThan(10);
  for (const place of ['before', 'after'] as const) {
    for (let at = 1; at <= steps.calls; at++) {
      lake = testLake();
      await commit(1, first);
      const faults = new Faults(at, place);
      await expect(commitRun({ ...lake, files: faults.over(lake.files), catalog: faults.over(lake.catalog) }, land(2, anew))).rejects.toThrow();
      await commit(2, anew);
      expect([await livePaths(lake), await livePaths(lake, G1), await lake.catalog.names('')]).toEqual([pathsOfLand(2, anew), pathsOfLand(1, first), [TABLE, G1]]);
      expect((await metadataOf(lake)).snapshots).toHaveLength(1);
    }
  }
});
