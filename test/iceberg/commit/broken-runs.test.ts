import { brokenRuns } from '../../../src/iceberg/commit/broken-runs';
import { applyChanges, ApplyOptions } from '../../../src/iceberg/commit/changes/apply-changes';
import { commitRun } from '../../../src/iceberg/commit/commit-run';
import { compactTable } from '../../../src/iceberg/commit/compact/compact-table';
import { expireTable } from '../../../src/iceberg/commit/expire';
import { withdrawRun } from '../../../src/iceberg/commit/rollback';
import { metadataOf } from '../../support/iceberg/landed-table';
import { HOUR, testLake, TestLake } from '../../support/iceberg/workplace';
import { ChangedSource, landedTableRun, SourceRun } from '../../support/tables/changed-source';
import { appendForeignFile } from '../../support/tables/foreign-writer';
import { rowsShown, withPages } from '../../support/tables/with-pages';

const TABLE = 'ledger_dbo_accounts';

let lake: TestLake;
let source: ChangedSource;
let runs: SourceRun[];

const commit = async (run: SourceRun, options: ApplyOptions = {}) => {
  const tableRun = landedTableRun(run, (key, bytes) => lake.files.put(lake.root + key, bytes));
  return run.manifest.tables[0].changes ? applyChanges(lake, tableRun, options) : commitRun(lake, tableRun, options);
};
/** As many bytes, of the same rows in another order, and of other names. */
const damage = ({ files: [{ key, bytes }] }: SourceRun) => {
  const rows = [...source.content.get(key)!].reverse().map(([id, name]) => [id, name.toUpperCase()] as const);
  const other = withPages(/\/changes-/.test(key) ? 'changes' : undefined, rows, ['Id']);
  expect(other).toHaveLength(bytes.length);
  lake.files.put(lake.root + key, other);
};
const withdraw = async (run: SourceRun) => withdrawRun(lake, { name: TABLE, dataset: 'Ledger/dbo/Accounts', runId: run.runId });
const broken = async () => brokenRuns(await metadataOf(lake, TABLE));
const ids = (...some: readonly SourceRun[]) => some.map(({ runId }) => runId);

beforeEach(async () => {
  lake = testLake();
  source = new ChangedSource(['Accounts'], 'landing/', true).write('Accounts', { 1: 'Ada', 2: 'Grace', 3: 'Edsger' });
  runs = [source.load({ at: 1 })];
  for (const at of [2, 3]) runs.push(source.write('Accounts', { 1: `v${at}`, [at]: undefined }).changes(runs.at(-1)!, { at }));
  for (const run of runs) await commit(run);
});

test('rows of a run are not written anew while its files are not what they were, and are once it holds again', async () => {
  // The same bytes in number, of other rows: no size tells.
  const [{ key, bytes }] = runs[2].files;
  const other = runs[1].files[0].bytes;
  expect(other).toHaveLength(bytes.length);
  lake.files.put(lake.root + key, other);
  expect(await withdraw(runs[2])).toMatchObject({ state: 'ROLLED_BACK' });
  await commit(runs[2]);
  await commit(source.write('Accounts', { 4: 'new' }).changes(runs[2], { at: 4 }));
  lake.files.put(lake.root + key, other);
  for (const run of [runs[2], runs[0], runs[2]]) expect(await withdraw(run)).toMatchObject({ state: 'BROKEN' });
  expect(await broken()).toEqual(ids(runs[2], runs[0]));
  expect(await compactTable(lake, TABLE)).toMatchObject({ state: 'LEFT', why: expect.stringContaining(`'${runs[2].runId}', '${runs[0].runId}'`) });
  await commit(runs[2]);
  expect(await broken()).toEqual(ids(runs[0]));
  await commit(runs[0]);
  expect(await broken()).toEqual([]);
  expect(await compactTable(lake, TABLE)).toMatchObject({ state: 'COMPACTED' });
  expect(await rowsShown(lake, TABLE)).toEqual([[1, 'v3'], [4, 'new']]);
});

test('a run that reads the table whole leaves none of them', async () => {
  await withdraw(runs[1]);
  expect(await broken()).toEqual(ids(runs[1]));
  await commit(source.load({ at: 5 }));
  expect(await broken()).toEqual([]);
});

test.each<[string, ApplyOptions, readonly string[]]>([
  ['places of rows are looked for', { deletes: 'position' }, ['4 newer']],
  ['deleted rows are kept', { softDeletes: true }, ['1 v3 deleted', '4 newer']],
])('where %s in files that are not what they were, a run is refused until they are mended', async (_what, options, shown) => {
  const next = source.write('Accounts', { 1: undefined, 4: 'new' }).changes(runs[2], { at: 4 });
  const last = source.write('Accounts', { 4: 'newer' }).changes(next, { at: 5 });
  damage(runs[0]);
  await withdraw(runs[0]);
  await expect(commit(next, options)).rejects.toMatchObject({ code: 'CHAIN_BROKEN', message: expect.stringContaining(`files of run '${runs[0].runId}'`) });
  expect(await commit(last, options)).toMatchObject({ state: 'WAITING' });
  for (const run of [runs[0], next, last]) expect(await commit(run, options)).toMatchObject({ state: 'COMMITTED' });
  const textOf = ([id, name, deletedAt]: readonly unknown[]) => `${id} ${name}${deletedAt === undefined || deletedAt === null ? '' : ' deleted'}`;
  expect((await rowsShown(lake, TABLE)).map(textOf)).toEqual(shown);
});

test('changes that look for no rows are applied though files are not what they were', async () => {
  await withdraw(runs[0]);
  const next = source.write('Accounts', { 4: 'new' }).changes(runs[2], { at: 4 });
  expect(await commit(next)).toMatchObject({ state: 'COMMITTED' });
  expect(await broken()).toEqual(ids(runs[0]));
});

test('files that a compaction in part has left are not written anew while they are not what they were', async () => {
  const next = source.write('Accounts', { 1: undefined, 4: 'new', 5: 'more' }).changes(runs[2], { at: 4 });
  await commit(next);
  expect(await compactTable(lake, TABLE, { deadline: () => true })).toMatchObject({ state: 'PARTLY' });
  damage(next);
  expect(await withdraw(next)).toMatchObject({ state: 'BROKEN', why: expect.stringContaining('by the compaction') });
  expect(await compactTable(lake, TABLE)).toMatchObject({ state: 'LEFT', why: expect.stringContaining(next.runId) });
  await commit(next);
  expect(await compactTable(lake, TABLE)).toMatchObject({ state: 'COMPACTED' });
  expect(await rowsShown(lake, TABLE)).toEqual([[4, 'new'], [5, 'more']]);
});

test('a run that others added rows on top of is noted where changes may follow', async () => {
  await appendForeignFile(lake, TABLE, runs[2].files[0].bytes, 99);
  expect(await withdraw(runs[2])).toMatchObject({ state: 'BROKEN', why: expect.stringContaining('others wrote') });
  expect(await broken()).toEqual(ids(runs[2]));
});

test('a run whose snapshot has expired, and whose files later ones show, is noted no more once it holds again', async () => {
  lake.pass(30 * HOUR);
  expect(await expireTable(lake, TABLE, { keepForMs: HOUR })).toMatchObject({ snapshots: 2 });
  for (const run of runs.slice(0, 2)) expect(await withdraw(run)).toMatchObject({ state: 'BROKEN' });
  expect(await broken()).toEqual(ids(...runs.slice(0, 2)));
  for (const run of runs.slice(0, 2)) expect(await commit(run)).toMatchObject({ state: 'SUPERSEDED' });
  expect(await broken()).toEqual([]);
});
