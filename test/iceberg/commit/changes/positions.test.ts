import { TABLE_PROPERTIES } from '../../../../src/contract';
import { applyChanges } from '../../../../src/iceberg/commit/changes/apply-changes';
import { compactTable } from '../../../../src/iceberg/commit/compact/compact-table';
import { TableRebuild } from '../../../../src/iceberg/commit/rebuild';
import { liveEntries, liveManifests } from '../../../../src/iceberg/commit/snapshot-files';
import { readRows, scanOf } from '../../../../src/iceberg/rows/read-rows';
import { currentSnapshot } from '../../../../src/iceberg/spec/table-metadata';
import { CHANGED, ChangedTable, TestColumn } from '../../../support/iceberg/changed-table';

let table: ChangedTable;
beforeEach(async () => { table = await ChangedTable.make(); });
afterEach(() => table.close());

const COLUMNS: readonly TestColumn[] = [['id', 'INT32', 1], ['name', 'STRING', 2]];
const POSITION = { deletes: 'position' } as const;
const ids = (from: number, to: number, name = 'n') => `SELECT i::INT AS id, '${name}' AS name FROM range(${from}, ${to}) t(i)`;

async function rows(): Promise<string[]> {
  const found = [];
  for await (const { values } of readRows(table.workplace.files, await scanOf(table.workplace.files, await table.metadata()))) found.push(values.join(' '));
  return found.sort();
}

const contents = async () => (await liveManifests(table.workplace.files, currentSnapshot(await table.metadata())))
  .flatMap(liveEntries).map(({ entry: { file } }) => [file.content, file.recordCount]).sort();

test('changes are applied with the places of rows in place of keys, once, and equal those by keys', async () => {
  await table.land(COLUMNS, [ids(0, 5), ids(5, 10)]);
  const first = await table.changes({ rows: ids(2, 4, 'new'), gone: ids(7, 8), by: ['id'] });
  expect(await applyChanges(table.workplace, first, POSITION)).toMatchObject({ state: 'COMMITTED', provenRows: 2, repeated: false });
  const expected = ['0 n', '1 n', '2 new', '3 new', '4 n', '5 n', '6 n', '8 n', '9 n'];
  expect([await rows(), await contents()]).toEqual([expected, [[0, 2], [0, 5], [0, 5], [1, 3]]]);
  expect(await applyChanges(table.workplace, first, POSITION)).toMatchObject({ state: 'COMMITTED', provenRows: 2, repeated: true });
  // Rows that are deleted already are not named again.
  const second = await table.changes({ rows: ids(3, 4, 'newer'), gone: ids(7, 9), by: ['id'] });
  await applyChanges(table.workplace, second, POSITION);
  expect([await rows(), (await contents()).filter(([content]) => content === 1)]).toEqual([['0 n', '1 n', '2 new', '3 newer', '4 n', '5 n', '6 n', '9 n'], [[1, 2], [1, 3]]]);
  await compactTable(table.workplace, CHANGED);
  const third = await table.changes({ rows: ids(9, 10, 'last'), by: ['id'] });
  expect(await applyChanges(table.workplace, third, POSITION)).toMatchObject({ state: 'COMMITTED' });
  expect(await rows()).toEqual(['0 n', '1 n', '2 new', '3 newer', '4 n', '5 n', '6 n', '9 last']);
});

test('keys that no row has leave no file, and the run is applied all the same', async () => {
  await table.land(COLUMNS, [ids(0, 5)]);
  const run = await table.changes({ gone: ids(50, 60), by: ['id'] });
  expect(await applyChanges(table.workplace, run, POSITION)).toMatchObject({ state: 'COMMITTED' });
  expect(await contents()).toEqual([[0, 5]]);
  expect(JSON.parse((await table.metadata()).properties![TABLE_PROPERTIES.appliedMark])).toEqual(run.table.changes!.to);
  expect(await applyChanges(table.workplace, run, POSITION)).toMatchObject({ state: 'COMMITTED', repeated: true });
});

test('a compaction in between: the places are looked for anew, and the files of before go', async () => {
  await table.land(COLUMNS, [ids(0, 5), ids(5, 10)]);
  await applyChanges(table.workplace, await table.changes({ rows: ids(4, 5, 'new'), by: ['id'] }), POSITION);
  const run = await table.changes({ rows: ids(5, 6, 'new'), gone: ids(0, 1), by: ['id'] });
  const { catalog } = table.workplace;
  let raced = 0;
  const racing = Object.create(catalog, {
    commit: {
      value: async (commit: Parameters<typeof catalog.commit>[0]) => {
        if (raced++ === 0) await compactTable(table.workplace, CHANGED);
        return catalog.commit(commit);
      },
    },
  });
  await applyChanges({ ...table.workplace, catalog: racing }, run, POSITION);
  expect(raced).toBe(2);
  expect(await rows()).toEqual(['1 n', '2 n', '3 n', '4 new', '5 new', '6 n', '7 n', '8 n', '9 n']);
  const { location } = await table.metadata();
  const left = (await table.workplace.files.list(`${location}/data/`)).filter(({ uri }) => uri.includes('/positions-'));
  expect(left).toHaveLength(2);
});

test('metadata that is made again has deletes as the table of before: readers that have none by keys go on reading it', async () => {
  const base = await table.land(COLUMNS, [ids(0, 5)]);
  const first = await table.changes({ rows: ids(2, 4, 'new'), gone: ids(0, 1), by: ['id'] });
  const second = await table.changes({ gone: ids(3, 4), by: ['id'] });
  for (const run of [first, second]) await applyChanges(table.workplace, run, POSITION);
  const [before, deletes] = [await rows(), await contents()];
  const rebuild = new TableRebuild(table.workplace);
  for (const run of [base, first, second]) expect(await rebuild.add(run)).toMatchObject({ state: 'COMMITTED' });
  await rebuild.finish(true);
  expect([await rows(), await contents()]).toEqual([before, deletes]);
});
