import { existsSync } from 'node:fs';
import { TABLE_PROPERTIES } from '../../../../src/contract';
import { changeTable } from '../../../../src/iceberg/commit/change-table';
import { commitRun } from '../../../../src/iceberg/commit/commit-run';
import { compactTable } from '../../../../src/iceberg/commit/compact/compact-table';
import { rollbackTable, withdrawRun } from '../../../../src/iceberg/commit/rollback';
import { countRows } from '../../../../src/iceberg/rows/count-rows';
import { StoredRows } from '../../../../src/iceberg/rows/stored/file-writer';
import { Page, PlainValues } from '../../../../src/iceberg/rows/stored/page';
import { currentSnapshot, withProperties } from '../../../../src/iceberg/spec/table-metadata';
import { CHANGED, ChangedTable, EVERY_TYPE, everyTypeRows, TestColumn } from '../../../support/iceberg/changed-table';
import { foreignCommit } from '../../../support/iceberg/foreign-writer';
import { runId } from '../../../support/iceberg/landed-table';

let table: ChangedTable;
beforeEach(async () => { table = await ChangedTable.make(); });
afterEach(() => {
  jest.restoreAllMocks();
  table.close();
});

const COLUMNS: readonly TestColumn[] = [['id', 'INT32', 1], ['name', 'STRING', 2]];
const ids = (from: number, to: number, name = 'n') => `SELECT i::INT AS id, '${name}' AS name FROM range(${from}, ${to}) t(i)`;

const live = async () => table.live();
const rows = async () => table.rows();
const paths = async (part: string) => (await live()).map(({ filePath }) => filePath).filter((file) => file.includes(part));
const inDataFolder = async () => table.workplace.files.list(`${(await table.metadata()).location}/data/`);

test('every type: what is read afterwards, by us and by DuckDB, is what was there before, and landed files stay', async () => {
  await table.land(EVERY_TYPE, [everyTypeRows(0, 700), everyTypeRows(700, 1000)]);
  await table.change({ rows: everyTypeRows(5, 8), keys: 'SELECT i::BIGINT AS big FROM range(5, 600, 3) t(i)', by: ['big'] });
  await changeTable(table.workplace, CHANGED, ({ metadata }) => withProperties(metadata, { 'cdk-legacy-to-s3.applied-mark': '{"order":"7"}' }));
  const [before, properties, landed] = [await rows(), (await table.metadata()).properties, await paths('run=')];
  expect(before).toHaveLength(1000 - 199 + 3);
  const done = await compactTable(table.workplace, CHANGED);
  expect(done).toMatchObject({ state: 'COMPACTED', deleteFiles: 1, deletedRows: 199, filesBefore: 3, filesAfter: 1, rowsWritten: 804 });
  expect(await rows()).toEqual(before);
  const metadata = await table.metadata();
  expect(metadata.properties).toEqual(properties);
  expect(currentSnapshot(metadata)!.summary).toMatchObject({ 'operation': 'replace', 'total-records': '804', 'total-delete-files': '0', 'total-data-files': '1' });
  const [file] = await live();
  const names = EVERY_TYPE.map(([name]) => name).join(', ');
  const expected = `SELECT ${names} FROM (${everyTypeRows(0, 1000)}) WHERE big < 5 OR big >= 600 OR big % 3 <> 2 UNION ALL SELECT ${names} FROM (${everyTypeRows(5, 8)})`;
  const written = `SELECT ${names} FROM read_parquet('${file.filePath.slice('file://'.length)}')`;
  expect(await table.sql(`(${written}) EXCEPT ALL (${expected})`)).toEqual([]);
  expect(await table.sql(`(${expected}) EXCEPT ALL (${written})`)).toEqual([]);
  expect(await table.sql(`SELECT column_type FROM (DESCRIBE ${written})`)).toEqual(await table.sql(`SELECT column_type FROM (DESCRIBE ${expected})`));
  expect(await table.sql(`SELECT name, field_id FROM parquet_schema('${file.filePath.slice('file://'.length)}') OFFSET 1`)).toEqual(EVERY_TYPE.map(([name, , id]) => [name, String(id)]));
  // Statistics leave out what they should: each bound is the least and the greatest that is there.
  const big = EVERY_TYPE.find(([name]) => name === 'big')![2];
  expect([file.lowerBounds.get(big)!.readBigInt64LE(), file.upperBounds.get(big)!.readBigInt64LE()]).toEqual([0n, 999n]);
  expect(landed.every((uri) => existsSync(uri.slice('file://'.length)))).toBe(true);
});

test('later deletes touch what was compacted, and runs that follow replace it', async () => {
  await table.land(COLUMNS, [ids(0, 10)]);
  await table.change({ keys: ids(0, 5), by: ['id'] });
  await compactTable(table.workplace, CHANGED);
  await table.change({ rows: ids(7, 9, 'new'), keys: ids(7, 9), by: ['id'] });
  expect(await rows()).toEqual(['n5 sn', 'n6 sn', 'n7 snew', 'n8 snew', 'n9 sn']);
  expect(await compactTable(table.workplace, CHANGED)).toMatchObject({ state: 'COMPACTED', filesBefore: 2, filesAfter: 1 });
  const full = await table.land(COLUMNS, [ids(20, 22)]);
  expect(await rows()).toEqual(['n20 sn', 'n21 sn']);
  expect((await commitRun(table.workplace, full)).repeated).toBe(true);
});

test('files that deletes do not touch stay, small ones go together, and without need nothing is done', async () => {
  await table.land(COLUMNS, [ids(0, 40_000, 'one'), ids(40_000, 80_000, 'two'), ids(80_000, 120_000, 'three')]);
  const [first] = await live();
  const compacting = { targetBytes: first.fileSizeBytes };
  expect(await compactTable(table.workplace, CHANGED, compacting)).toMatchObject({ state: 'LEFT', why: 'no run of changes was applied to it since it was written whole' });
  await table.change({ keys: ids(50_000, 50_010), by: ['id'] });
  expect(await compactTable(table.workplace, CHANGED, { ...compacting, whenDeletes: 2 })).toMatchObject({ state: 'LEFT', why: 'it has 1 delete files, fewer than 2' });
  const done = await compactTable(table.workplace, CHANGED, compacting);
  expect(done).toMatchObject({ deletedRows: 10, rowsWritten: 39_990, filesBefore: 3 });
  expect(await paths('part-0-0')).toHaveLength(1);
  expect(await paths('part-1-0')).toHaveLength(0);
  expect(await paths('part-2-0')).toHaveLength(1);
  await table.change({ rows: ids(1, 2, 'x') });
  await table.change({ rows: ids(2, 3, 'x') });
  const small = await compactTable(table.workplace, CHANGED, compacting);
  expect(small).toMatchObject({ state: 'COMPACTED', deleteFiles: 0, deletedRows: 0 });
  expect(await paths('changes-')).toEqual([]);
  await table.change({ rows: ids(3, 4, 'x') });
  expect(await compactTable(table.workplace, CHANGED, { targetBytes: 100 })).toMatchObject({ state: 'LEFT', why: 'no delete touches it, and none of its files are small' });
  expect((await countRows(table.workplace, await table.metadata())).rows).toBe(119_993);
});

test('deletes that touch no row any more go, and nothing is written', async () => {
  await table.land(COLUMNS, [ids(0, 10)]);
  await table.change({ keys: 'SELECT 7::INT AS id UNION ALL SELECT 7', by: ['id'] });
  await compactTable(table.workplace, CHANGED);
  await table.change({ keys: 'SELECT 7::INT AS id', by: ['id'] });
  const before = await rows();
  expect(await compactTable(table.workplace, CHANGED)).toMatchObject({ state: 'COMPACTED', deleteFiles: 1, deletedRows: 0, rowsWritten: 0 });
  expect([await rows(), (await live()).length]).toEqual([before, 1]);
});

test('changes applied meanwhile are not lost: it starts anew, and leaves nothing of the first attempt', async () => {
  await table.land(COLUMNS, [ids(0, 10), ids(10, 20)]);
  await table.change({ keys: ids(0, 2), by: ['id'] });
  const { catalog } = table.workplace;
  let raced = 0;
  const racing = Object.create(catalog, {
    commit: {
      value: async (commit: Parameters<typeof catalog.commit>[0]) => {
        if (raced++ === 0) await table.change({ rows: ids(12, 13, 'new'), keys: ids(10, 13), by: ['id'] });
        return catalog.commit(commit);
      },
    },
  });
  await compactTable({ ...table.workplace, catalog: racing }, CHANGED);
  expect(raced).toBe(2);
  expect(await rows()).toEqual([...Array.from({ length: 8 }, (_, at) => `n${at + 2} sn`), 'n12 snew', ...Array.from({ length: 7 }, (_, at) => `n${at + 13} sn`)].sort());
  expect((await inDataFolder()).map(({ uri }) => uri)).toEqual(await paths('/data/'));
});

test('a commit whose answer says that another writer was faster, and which was made: its files stay', async () => {
  await table.land(COLUMNS, [ids(0, 10), ids(10, 20)]);
  await table.change({ keys: ids(0, 2), by: ['id'] });
  const { catalog } = table.workplace;
  const before = await rows();
  let lost = 0;
  const repeating = Object.create(catalog, {
    commit: {
      value: async (commit: Parameters<typeof catalog.commit>[0]) => {
        const done = await catalog.commit(commit);
        return lost++ === 0 ? undefined : done;
      },
    },
  });
  expect((await compactTable({ ...table.workplace, catalog: repeating }, CHANGED)).state).toBe('LEFT');
  expect([await rows(), (await live()).length]).toEqual([before, 1]);
});

test('what an attempt left that was killed is taken away by the next commit', async () => {
  await table.land(COLUMNS, [ids(0, 10), ids(10, 20)]);
  await table.change({ keys: ids(0, 2), by: ['id'] });
  const { catalog } = table.workplace;
  const dying = Object.create(catalog, { commit: { value: async () => { throw new Error('killed'); } } });
  await expect(compactTable({ ...table.workplace, catalog: dying }, CHANGED)).rejects.toThrow('killed');
  expect(await inDataFolder()).toHaveLength(1);
  await table.change({ keys: ids(3, 4), by: ['id'] });
  await table.change({ keys: ids(4, 5), by: ['id'] });
  expect(await inDataFolder()).toEqual([]);
});

test('rows written that are not those read: nothing is committed, and it is said', async () => {
  const named = (from: number, to: number) => `SELECT i::INT AS id, 'n' || i AS name FROM range(${from}, ${to}) t(i)`;
  await table.land(COLUMNS, [named(0, 10), named(10, 20)]);
  await table.change({ keys: ids(0, 2), by: ['id'] });
  const add = StoredRows.prototype.add;
  const before = await table.metadata();
  const change = (of: (page: Page) => Page) => jest.spyOn(StoredRows.prototype, 'add').mockImplementationOnce(function (this: StoredRows, field, page) {
    add.call(this, field, of({ ...page, values: plain(page) }));
  });
  // A value of one row, two rows that change places in one column, NULL for a value.
  for (const of of [
    (page: Page): Page => ({ ...page, values: { ...plain(page), bytes: plain(page).bytes.map((byte, at) => (at === 4 ? byte + 1 : byte)) } }),
    swapped,
    firstNull,
  ]) {
    const spy = change(of);
    await expect(compactTable(table.workplace, CHANGED)).rejects.toMatchObject({ code: 'CONTENT_DIFFERS', message: expect.stringMatching(/: 18 rows \w+ before, 18 rows \w+ after; nothing was committed/) });
    expect(spy).toHaveBeenCalled();
    spy.mockRestore();
    expect([await table.metadata(), await inDataFolder()]).toEqual([before, []]);
  }
});

/** Numbers, whether they have a dictionary or not. */
function plain({ values }: Page): PlainValues {
  if (!('dictionary' in values)) return values;
  const { dictionary: { bytes, width }, indices, count } = values;
  return { bytes: Buffer.concat([...indices].map((index) => bytes.subarray(index * width, (index + 1) * width))), count, width };
}

/** The first two rows have each other's value. */
function swapped(page: Page): Page {
  const { bytes, ...rest } = plain(page);
  return { ...page, values: { ...rest, bytes: Buffer.concat([bytes.subarray(4, 8), bytes.subarray(0, 4), bytes.subarray(8)]) } };
}

/** The first row is NULL. */
function firstNull(page: Page): Page {
  const { rows: count } = page;
  const { bytes, width } = plain(page);
  return { rows: count, valid: new Uint8Array(count).fill(1, 1), values: { bytes: bytes.subarray(width), count: count - 1, width } };
}

test('bytes that the store has changed: nothing is committed, and it is said', async () => {
  await table.land(COLUMNS, [ids(0, 10), ids(10, 20)]);
  await table.change({ keys: ids(0, 2), by: ['id'] });
  const { files } = table.workplace;
  const before = await table.metadata();
  let size = 5;
  for (let at = 4; at < size; at += 5) {
    const replace = async (uri: string, bytes: Buffer | string) => {
      const stored = Buffer.from(bytes);
      if (uri.includes('compacted-')) {
        size = stored.length;
        stored[at] ^= 0x10;
      }
      return files.replace(uri, stored);
    };
    const changing = Object.create(files, { replace: { value: replace } });
    await expect(compactTable({ ...table.workplace, files: changing }, CHANGED)).rejects.toMatchObject({ code: 'CONTENT_DIFFERS' });
  }
  expect(size).toBeGreaterThan(100);
  expect([await table.metadata(), await inDataFolder()]).toEqual([before, []]);
});

test('rows of others are not written anew', async () => {
  await table.land(COLUMNS, [ids(0, 10)]);
  await table.change({ keys: ids(2, 3), by: ['id'] });
  await foreignCommit(table.workplace, CHANGED, { operation: 'append' });
  await expect(compactTable(table.workplace, CHANGED)).rejects.toMatchObject({ code: 'FOREIGN_ROWS', message: expect.stringMatching(/^others wrote snapshot \d+ \(append\)/) });
});

test('changes follow what was compacted, and a run whose rows were written anew is not taken back in silence', async () => {
  const full = await table.land(COLUMNS, [ids(0, 10), ids(10, 20)]);
  await table.change({ keys: ids(0, 2), by: ['id'] });
  await compactTable(table.workplace, CHANGED);
  const metadata = await table.metadata();
  // What it shows is what the commit before has applied.
  const shown = (of: typeof metadata) => [of.properties!, currentSnapshot(of)!.summary].map((entries) => entries[TABLE_PROPERTIES.appliedSequence]);
  expect(new Set(shown(metadata)).size).toBe(1);
  const before = await rows();
  for (const run of [full.manifest.runId, runId(2)]) {
    expect(await withdrawRun(table.workplace, { name: CHANGED, dataset: 'Bank/dbo/Changed', runId: run }))
      .toEqual({ state: 'BROKEN', why: expect.stringMatching(/^rows of run '\w+-abcdef' were written anew since, by the compaction of snapshot \d+$/) });
  }
  await table.change({ rows: ids(30, 31) });
  expect((await withdrawRun(table.workplace, { name: CHANGED, dataset: 'Bank/dbo/Changed', runId: runId(2) })).state).toBe('BROKEN');
  expect(await rows()).toEqual([...before, 'n30 sn'].sort());
  await rollbackTable(table.workplace, CHANGED, full.manifest);
  await compactTable(table.workplace, CHANGED);
  // It was rolled back, and stays a table that no changes may follow.
  const rolled = await table.metadata();
  expect(new Set(shown(rolled)).size).toBe(2);
});
