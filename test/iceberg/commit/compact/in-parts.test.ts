import { compactTable } from '../../../../src/iceberg/commit/compact/compact-table';
import { StoredRows } from '../../../../src/iceberg/rows/stored/file-writer';
import { CHANGED, ChangedTable, TestColumn } from '../../../support/iceberg/changed-table';

let table: ChangedTable;
beforeEach(async () => { table = await ChangedTable.make(); });
afterEach(() => {
  jest.restoreAllMocks();
  table.close();
});

const COLUMNS: readonly TestColumn[] = [['id', 'INT32', 1], ['name', 'STRING', 2]];
const ids = (from: number, to: number, name = 'n') => `SELECT i::INT AS id, '${name}' AS name FROM range(${from}, ${to}) t(i)`;
/** No time from the beginning: files are not even looked into once there is one to be written anew. */
const atOnce = { deadline: () => true };

/** Time until rows of so many row groups are written; all files are looked into. */
function afterGroups(groups: number) {
  const written = jest.spyOn(StoredRows.prototype, 'endRows').mockClear();
  return { deadline: () => written.mock.calls.length >= groups };
}

const live = async () => table.live();
const rows = async () => table.rows();
const names = async (of: RegExp) => (await live()).map(({ filePath }) => filePath).filter((file) => of.test(file)).map((file) => file.split('/').pop()!).sort();

test('no time: one file a part, that with most deleted rows first; a delete file stays as long as a file is left that it may touch', async () => {
  await table.land(COLUMNS, [ids(0, 1000), ids(1000, 2000), ids(2000, 3000)]);
  await table.change({ keys: ids(1100, 1110), by: ['id'] });
  await table.change({ keys: `${ids(2990, 3000)} UNION ALL ${ids(0, 5)}`, by: ['id'] });
  await table.change({ keys: ids(2000, 2100), by: ['id'] });
  const before = await rows();
  const first = await compactTable(table.workplace, CHANGED, afterGroups(1));
  const second = await names(/./);
  const third = await compactTable(table.workplace, CHANGED, afterGroups(1));
  expect(first).toMatchObject({ state: 'PARTLY', deletedRows: 110, rowsWritten: 890, deleteFiles: 3, deleteFilesLeft: 2, filesLeft: 2, filesAfter: 3, why: 'there was no time for 2 of its files' });
  expect(second).toEqual([expect.stringMatching(/^compacted-/), 'keys-0-0.parquet', 'keys-0-1.parquet', 'part-0-0.parquet', 'part-1-0.parquet']);
  expect(third).toMatchObject({ state: 'PARTLY', deletedRows: 10, rowsWritten: 990, deleteFiles: 2, deleteFilesLeft: 1 });
  expect(await rows()).toEqual(before);
  const last = await compactTable(table.workplace, CHANGED, atOnce);
  expect(last).toMatchObject({ deletedRows: 5, rowsWritten: 995, deleteFilesLeft: 0 });
  expect([await rows(), await names(/keys-|part-/)]).toEqual([before, []]);
});

test('parts come to an end, and put small files together too', async () => {
  await table.land(COLUMNS, [0, 1, 2, 3, 4, 5].map((at) => ids(at * 10, at * 10 + 10)));
  await table.change({ rows: ids(10, 12, 'new'), keys: ids(10, 12), by: ['id'] });
  const before = await rows();
  const states = [];
  do states.push((await compactTable(table.workplace, CHANGED, atOnce)).state); while (states[states.length - 1] === 'PARTLY' && states.length < 20);
  expect(['COMPACTED', 'LEFT']).toContain(states[states.length - 1]);
  expect([await rows(), (await live()).length]).toEqual([before, 1]);
});

test('a later delete touches what a part has written, and an earlier one does not: rows that came back stay', async () => {
  await table.land(COLUMNS, [ids(0, 100), ids(100, 200)]);
  await table.change({ keys: `${ids(0, 50)} UNION ALL ${ids(100, 110)}`, by: ['id'] });
  await table.change({ rows: ids(3, 5, 'again') });
  expect(await compactTable(table.workplace, CHANGED, atOnce)).toMatchObject({ state: 'PARTLY', deleteFilesLeft: 1 });
  await table.change({ keys: ids(60, 61), by: ['id'] });
  const expected = [...Array.from({ length: 50 }, (_, at) => at + 50).filter((id) => id !== 60), ...Array.from({ length: 90 }, (_, at) => at + 110)].map((id) => `n${id} sn`);
  expect(await rows()).toEqual([...expected, 'n3 sagain', 'n4 sagain'].sort());
  await compactTable(table.workplace, CHANGED);
  expect(await rows()).toEqual([...expected, 'n3 sagain', 'n4 sagain'].sort());
});

test('position deletes stay in the same way', async () => {
  await table.land(COLUMNS, [ids(0, 100), ids(100, 200)]);
  await table.change({ keys: `${ids(0, 50)} UNION ALL ${ids(100, 110)}`, by: ['id'], deletes: 'position' });
  const before = await rows();
  expect(await compactTable(table.workplace, CHANGED, atOnce)).toMatchObject({ state: 'PARTLY', deletedRows: 50, deleteFilesLeft: 1 });
  expect([await rows(), await names(/positions-/)]).toEqual([before, [expect.any(String)]]);
  await compactTable(table.workplace, CHANGED, atOnce);
  expect([await rows(), await names(/positions-/)]).toEqual([before, []]);
});

test('time that lasts for some files: what is written until then is committed', async () => {
  await table.land(COLUMNS, [0, 1, 2, 3, 4].map((at) => ids(at * 100, at * 100 + 100)));
  await table.change({ keys: 'SELECT (100 * i)::INT AS id FROM range(0, 5) t(i)', by: ['id'] });
  const before = await rows();
  expect(await compactTable(table.workplace, CHANGED, afterGroups(3))).toMatchObject({ state: 'PARTLY', deleteFilesLeft: 1, deletedRows: 3, filesLeft: 2 });
  expect(await rows()).toEqual(before);
});

test('changes applied while a part is written: nothing of it is committed where there is no time to start anew', async () => {
  await table.land(COLUMNS, [ids(0, 100), ids(100, 200)]);
  await table.change({ keys: `${ids(0, 2)} UNION ALL ${ids(100, 101)}`, by: ['id'] });
  const { catalog } = table.workplace;
  let raced = 0;
  const racing = Object.create(catalog, {
    commit: {
      value: async (commit: Parameters<typeof catalog.commit>[0]) => {
        if (raced++ === 0) await table.change({ keys: ids(5, 6), by: ['id'] });
        return catalog.commit(commit);
      },
    },
  });
  expect(await compactTable({ ...table.workplace, catalog: racing }, CHANGED, atOnce))
    .toMatchObject({ state: 'PARTLY', why: 'another writer was faster, and there is no time to start anew', rowsWritten: 0, filesLeft: 2 });
  expect(await names(/compacted-/)).toEqual([]);
  expect((await rows()).length).toBe(196);
  raced = 0;
  let turns = 0;
  const done = await compactTable({ ...table.workplace, catalog: racing }, CHANGED, { deadline: () => turns++ > 100 });
  expect(done).toMatchObject({ state: 'COMPACTED', deleteFilesLeft: 0 });
  expect(raced).toBe(2);
  expect((await rows()).length).toBe(196);
});
