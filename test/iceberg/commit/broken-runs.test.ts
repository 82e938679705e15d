import { brokenRuns } from '../../../src/iceberg/commit/broken-runs';
import { applyChanges } from '../../../src/iceberg/commit/changes/apply-changes';
import { commitRun } from '../../../src/iceberg/commit/commit-run';
import { compactTable } from '../../../src/iceberg/commit/compact/compact-table';
import { expireTable } from '../../../src/iceberg/commit/expire';
import { withdrawRun } from '../../../src/iceberg/commit/rollback';
import { metadataOf } from '../../support/iceberg/landed-table';
import { HOUR, testLake, TestLake } from '../../support/iceberg/workplace';
import { ChangedSource, landedTableRun, SourceRun } from '../../support/tables/changed-source';
import { rowsShown } from '../../support/tables/with-pages';

const TABLE = 'ledger_dbo_accounts';

let lake: TestLake;
let source: ChangedSource;
let runs: SourceRun[];

const commit = async (run: SourceRun) => {
  const tableRun = landedTableRun(run, (key, bytes) => lake.files.put(lake.root + key, bytes));
  return run.manifest.tables[0].changes ? applyChanges(lake, tableRun) : commitRun(lake, tableRun);
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

test('a run whose snapshot has expired, and whose files later ones show, is noted no more once it holds again', async () => {
  lake.pass(30 * HOUR);
  expect(await expireTable(lake, TABLE, { keepForMs: HOUR })).toMatchObject({ snapshots: 2 });
  for (const run of runs.slice(0, 2)) expect(await withdraw(run)).toMatchObject({ state: 'BROKEN' });
  expect(await broken()).toEqual(ids(...runs.slice(0, 2)));
  for (const run of runs.slice(0, 2)) expect(await commit(run)).toMatchObject({ state: 'SUPERSEDED' });
  expect(await broken()).toEqual([]);
});
