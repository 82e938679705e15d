import { DELETED_AT_FIELD_ID, TABLE_PROPERTIES } from '../../../../src/contract';
import { applyChanges } from '../../../../src/iceberg/commit/changes/apply-changes';
import { commitRun } from '../../../../src/iceberg/commit/commit-run';
import { compactTable } from '../../../../src/iceberg/commit/compact/compact-table';
import { TableRebuild } from '../../../../src/iceberg/commit/rebuild';
import { rollbackTable, withdrawRun } from '../../../../src/iceberg/commit/rollback';
import { TableRun } from '../../../../src/iceberg/commit/table-run';
import { countRows } from '../../../../src/iceberg/rows/count-rows';
import { readLiveBatches, readRows, scanOf } from '../../../../src/iceberg/rows/read-rows';
import { RowValue } from '../../../../src/iceberg/rows/values';
import { currentSchema } from '../../../../src/iceberg/spec/table-metadata';
import { CHANGED, ChangedTable, EVERY_TYPE, everyTypeRows, markOf, TestColumn } from '../../../support/iceberg/changed-table';

let table: ChangedTable;
beforeEach(async () => { table = await ChangedTable.make(); });
afterEach(() => table.close());

const COLUMNS: readonly TestColumn[] = [['id', 'INT32', 1], ['name', 'STRING', 2]];
const SOFT = { softDeletes: true } as const;
const BOTH = [['equality', SOFT], ['position', { ...SOFT, deletes: 'position' }]] as const;
const ids = (from: number, to: number, name = 'n') => `SELECT i::INT AS id, '${name}' AS name FROM range(${from}, ${to}) t(i)`;
const instant = (micros: bigint) => new Date(Number(micros / 1000n)).toISOString().slice(11, 19);

/** Each row as text; of deleted ones the time of day ends it. */
async function rows(): Promise<string[]> {
  const { files } = table.workplace;
  const plan = await scanOf(files, await table.metadata());
  const at = plan.fields.findIndex(({ id }) => id === DELETED_AT_FIELD_ID);
  const found = [];
  for await (const { values } of readRows(files, plan)) {
    found.push(values.map((value, column) => (column !== at ? String(value) : value === null ? '' : `- ${instant(value as bigint)}`)).join(' ').trim());
  }
  return found.sort();
}

/** Each row as text, exactly. */
async function cells(): Promise<string[]> {
  const found = [];
  const text = (value: RowValue) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : Object.is(value, -0) ? '-0' : String(value));
  for await (const { values } of readRows(table.workplace.files, await scanOf(table.workplace.files, await table.metadata()))) found.push(values.map(text).join('|'));
  return found.sort();
}

const names = async () => currentSchema(await table.metadata())!.fields.map(({ name }) => name);
const since = async () => (await table.metadata()).properties![TABLE_PROPERTIES.softDeletesSince];
const count = async () => countRows(table.workplace, await table.metadata());
const land = async (queries: readonly string[], options: object = SOFT) => table.land(COLUMNS, queries, '', options);
const apply = async (run: TableRun, options: object = SOFT) => applyChanges(table.workplace, run, options);

describe.each(BOTH)('deleted rows stay, with the time of their deletion, by %s deletes', (_mode, options) => {
  test('as they were, until their key comes back; what is deleted once more keeps its time', async () => {
    await land([ids(0, 5), ids(5, 10)]);
    expect([await names(), await since(), await count()]).toEqual([['id', 'name', '__deleted_at'], markOf(1).at, { rows: 10, deleted: 0, softDeleted: 0, filesRead: 0 }]);
    const first = await table.changes({ rows: ids(2, 4, 'new'), gone: 'SELECT unnest([7, 8, 50])::INT AS id', by: ['id'], committedAt: '2026-01-01 00:01:30' });
    expect(await apply(first, options)).toMatchObject({ state: 'COMMITTED', provenRows: 2, repeated: false });
    expect(await apply(first, options)).toMatchObject({ state: 'COMMITTED', provenRows: 2, repeated: true });
    const expected = ['0 n', '1 n', '2 new', '3 new', '4 n', '5 n', '6 n', '7 n - 00:01:30', '8 n - 00:01:30', '9 n'];
    expect([await rows(), await count()]).toMatchObject([expected, { rows: 8, softDeleted: 2 }]);
    // One goes that a run before changed, one is back, one is told once more as it is when a run goes on from before.
    const second = await table.changes({ rows: ids(8, 9, 'back'), gone: 'SELECT unnest([3, 7])::INT AS id', by: ['id'], since: 1 });
    await apply(second, options);
    expect([await rows(), await count()]).toMatchObject([
      ['0 n', '1 n', '2 new', '3 new - 00:03:00', '4 n', '5 n', '6 n', '7 n - 00:01:30', '8 back', '9 n'], { rows: 8, softDeleted: 2 },
    ]);
    await compactTable(table.workplace, CHANGED);
    expect(await count()).toMatchObject({ rows: 8, softDeleted: 2, deleted: 0 });
    await apply(await table.changes({ rows: ids(3, 4, 'again'), gone: ids(7, 9), by: ['id'] }), options);
    expect([await rows(), await count()]).toMatchObject([
      ['0 n', '1 n', '2 new', '3 again', '4 n', '5 n', '6 n', '7 n - 00:01:30', '8 back - 00:04:00', '9 n'], { rows: 8, softDeleted: 2 },
    ]);
  });

  test('of each type, from files of several row groups, by keys of two columns', async () => {
    await table.land(EVERY_TYPE, [everyTypeRows(0, 3000), everyTypeRows(3000, 3100)], ', ROW_GROUP_SIZE 2048', options);
    const gone = everyTypeRows(0, 3100).replace(/$/, ' WHERE i % 700 = 3 OR i = 3050');
    const before = await cells();
    await apply(await table.changes({ gone, by: ['big', 'note'] }), options);
    const isGone = (id: number) => id % 700 === 3 || id === 3050;
    const time = String(Date.parse(markOf(2).at) * 1000);
    expect(await cells()).toEqual(before.map((row) => row.replace(/null$/, isGone(Number(row.split('|')[0])) ? time : 'null')).sort());
    const plan = await scanOf(table.workplace.files, await table.metadata());
    let live = 0;
    for await (const { fields, columns } of readLiveBatches(table.workplace.files, plan)) {
      live += columns[0].length;
      expect(fields).toHaveLength(EVERY_TYPE.length);
    }
    expect([live, await count()]).toMatchObject([3094, { rows: 3094, softDeleted: 6 }]);
  });
});

test('by default nothing of it is there', async () => {
  await table.land(COLUMNS, [ids(0, 5)]);
  await applyChanges(table.workplace, await table.changes({ gone: ids(1, 2), by: ['id'] }));
  expect([await rows(), await names(), await since(), await count()]).toMatchObject([['0 n', '2 n', '3 n', '4 n'], ['id', 'name'], undefined, { rows: 4, deleted: 1, filesRead: 1 }]);
  expect(await count()).not.toHaveProperty('softDeleted');
  expect((await table.metadata())['last-column-id']).toBe(2);
});

test('switched on, off and on: what was kept stays, and the table tells since when all is', async () => {
  await table.land(COLUMNS, [ids(0, 9)]);
  await apply(await table.changes({ gone: ids(1, 2), by: ['id'] }), {});
  await apply(await table.changes({ gone: ids(2, 3), by: ['id'] }));
  expect([await names(), await since()]).toEqual([['id', 'name', '__deleted_at'], markOf(2).at]);
  // It goes on as it is.
  await apply(await table.changes({ gone: ids(3, 4), by: ['id'] }), {});
  await apply(await table.changes({ gone: ids(4, 5), by: ['id'] }), { softDeletes: false });
  expect([await rows(), await names(), await since(), await count()]).toMatchObject([
    ['0 n', '2 n - 00:03:00', '3 n - 00:04:00', '5 n', '6 n', '7 n', '8 n'], ['id', 'name', '__deleted_at'], undefined, { rows: 5, softDeleted: 2 },
  ]);
  await apply(await table.changes({ gone: ids(5, 6), by: ['id'] }), {});
  await apply(await table.changes({ gone: ids(6, 7), by: ['id'] }));
  expect([await rows(), await since()]).toEqual([['0 n', '2 n - 00:03:00', '3 n - 00:04:00', '6 n - 00:07:00', '7 n', '8 n'], markOf(6).at]);
  // Read whole: rows of then are gone, also where others' rows are to be kept.
  await table.land(COLUMNS, [ids(7, 9)], '', { ...SOFT, foreignRows: 'keep' });
  expect([await rows(), await names(), await since()]).toEqual([['7 n', '8 n'], ['id', 'name', '__deleted_at'], markOf(8).at]);
  await land([ids(7, 9)], { softDeletes: false });
  expect([await rows(), await names(), await since()]).toEqual([['7 n', '8 n'], ['id', 'name'], undefined]);
});

test('a way that does not see deletes keeps none, until one does', async () => {
  await table.land(COLUMNS, [ids(0, 3)], '', SOFT, 'rowversion');
  const run = await table.changes({ rows: ids(2, 3, 'new'), by: ['id'], way: 'rowversion' });
  await apply({ ...run, table: { ...run.table, changes: { ...run.table.changes!, deletesSeen: false } } });
  expect([await names(), await since(), await rows()]).toEqual([['id', 'name'], 'pending', ['0 n', '1 n', '2 new']]);
  await apply(await table.changes({ gone: ids(1, 2), by: ['id'], way: 'rowversion' }), {});
  expect([await rows(), await since()]).toEqual([['0 n', '1 n - 00:03:00', '2 new'], markOf(2).at]);
});

test('keys in several spellings: each spelling is a row of its own', async () => {
  const key = (...texts: string[]) => `SELECT unnest([${texts.map((text) => `'${text}'`).join(', ')}]) AS name`;
  const row = (id: number, name: string) => `SELECT ${id}::INT AS id, '${name}' AS name`;
  await land([`${row(1, 'abc')} UNION ALL ${row(2, 'def')} UNION ALL ${row(3, 'ghi')} UNION ALL ${row(4, 'jkl')}`]);
  // abc was changed, def is called DEF now, and of ghi the source told another spelling when it went.
  const run = await table.changes({
    rows: `${row(11, 'abc')} UNION ALL ${row(2, 'DEF')}`, gone: key('GHI'), spellings: key('abc', 'def', 'ghi'), by: ['name'], committedAt: '2026-01-01 00:01:30',
  });
  await apply(run);
  expect([await rows(), await count()]).toMatchObject([['11 abc', '2 DEF', '2 def - 00:02:00', '3 ghi - 00:02:00', '4 jkl'], { rows: 3, softDeleted: 2 }]);
  await apply(await table.changes({ rows: row(33, 'ghi'), gone: key('JKL'), spellings: key('ghi', 'jkl'), by: ['name'] }));
  expect(await rows()).toEqual(['11 abc', '2 DEF', '2 def - 00:02:00', '33 ghi', '4 jkl - 00:03:00']);
});

test.each<[string, 'changeTracking' | 'cdc', string | undefined, string]>([
  ['as the source tells it', 'changeTracking', '2026-01-01 00:01:10', '00:01:10'],
  ['that of the mark, where it tells none', 'changeTracking', undefined, '00:02:00'],
  ['that of the mark, where it is of another time zone', 'changeTracking', '2026-01-01 01:01:10', '00:02:00'],
  ['that of a capture that lagged behind the mark before', 'cdc', '2025-12-31 23:00:00', '23:00:00'],
])('the time is %s', async (_which, way, committedAt, expected) => {
  await table.land(COLUMNS, [ids(0, 2)], '', SOFT, way);
  await apply(await table.changes({ gone: ids(1, 2), by: ['id'], committedAt, way }));
  expect(await rows()).toEqual(['0 n', `1 n - ${expected}`]);
});

test('a column of the source with the same name: the other has a number, also when it comes later', async () => {
  await land([ids(0, 3)]);
  await apply(await table.changes({ gone: ids(1, 2), by: ['id'] }));
  const own: readonly TestColumn[] = [...COLUMNS, ['__DELETED_AT', 'STRING', 3]];
  await table.land(own, ["SELECT i::INT AS id, 'n' AS name, 'own' AS __DELETED_AT FROM range(0, 3) t(i)"], '', SOFT);
  await apply(await table.changes({ gone: ids(2, 3), by: ['id'] }));
  expect([await names(), await rows()]).toEqual([['id', 'name', '__deleted_at', '__deleted_at_2'], ['0 n own', '1 n own', '2 n own - 00:04:00']]);
});

test('a run that is taken back, one that is rolled back, and metadata that is made again', async () => {
  const base = await land([ids(0, 4)]);
  const first = await table.changes({ gone: ids(1, 2), by: ['id'] });
  await apply(first);
  const second = await table.changes({ rows: ids(1, 2, 'back'), gone: ids(2, 3), by: ['id'] });
  await apply(second);
  const expected = ['0 n', '1 back', '2 n - 00:03:00', '3 n'];
  const dataset = 'Bank/dbo/Changed';
  expect(await withdrawRun(table.workplace, { name: CHANGED, dataset, runId: second.manifest.runId })).toMatchObject({ state: 'ROLLED_BACK' });
  expect(await rows()).toEqual(['0 n', '1 n - 00:02:00', '2 n', '3 n']);
  await apply(second);
  expect(await rows()).toEqual(expected);
  // Rows that are kept are of files that a run landed.
  expect(await withdrawRun(table.workplace, { name: CHANGED, dataset, runId: base.manifest.runId })).toMatchObject({ state: 'BROKEN' });
  const rebuild = new TableRebuild(table.workplace);
  for (const run of [base, first, second]) await rebuild.add(run);
  await rebuild.finish(true);
  expect([await rows(), await since()]).toEqual([expected, markOf(1).at]);
  const off = new TableRebuild(table.workplace, { softDeletes: false });
  for (const run of [base, first, second]) await off.add(run);
  await off.finish(true);
  expect([await rows(), await since()]).toEqual([['0 n', '1 back', '3 n'], undefined]);
  await rollbackTable(table.workplace, CHANGED, { runId: base.manifest.runId });
  expect((await rows()).length).toBe(4);
  expect(await commitRun(table.workplace, base, SOFT)).toMatchObject({ repeated: true });
});
