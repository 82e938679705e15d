import { randomUUID } from 'node:crypto';
import { TABLE_PROPERTIES, historyTableName } from '../../../../src/contract';
import { addSnapshot } from '../../../../src/iceberg/commit/add-snapshot';
import { commitMetadata, loadTable } from '../../../../src/iceberg/commit/change-table';
import { applyChanges } from '../../../../src/iceberg/commit/changes/apply-changes';
import { rewrittenSummary } from '../../../../src/iceberg/commit/changes/chain';
import { addHistory, withdrawHistory } from '../../../../src/iceberg/commit/changes/history';
import { commitRun } from '../../../../src/iceberg/commit/commit-run';
import { expireTable } from '../../../../src/iceberg/commit/expire';
import { rollbackTable, withdrawRun } from '../../../../src/iceberg/commit/rollback';
import { liveManifests } from '../../../../src/iceberg/commit/snapshot-files';
import { TableRun } from '../../../../src/iceberg/commit/table-run';
import { currentSnapshot } from '../../../../src/iceberg/spec/table-metadata';
import { foreignCommit } from '../../../support/iceberg/foreign-writer';
import { entriesOf, livePaths, metadataOf } from '../../../support/iceberg/landed-table';
import { unnamedFiles } from '../../../support/iceberg/named-files';
import { testLake, TestLake } from '../../../support/iceberg/workplace';
import { ChangedSource, landedTableRun, SourceRun } from '../../../support/tables/changed-source';

const TABLE = 'ledger_dbo_accounts';
const DATASET = 'Ledger/dbo/Accounts';

let lake: TestLake;
let source: ChangedSource;
let base: SourceRun;
beforeEach(() => {
  lake = testLake();
  source = new ChangedSource(['Accounts'], 'landing/').write('Accounts', { 1: 'Ada', 2: 'Grace', 3: 'Edsger' });
  base = source.load({ at: 1 });
});

const tableRun = (run: SourceRun): TableRun => landedTableRun(run, (key, bytes) => lake.files.put(lake.root + key, bytes));
const commit = async (run: SourceRun) => (run.manifest.tables[0].changes ? applyChanges(lake, tableRun(run)) : commitRun(lake, tableRun(run)));
const shown = async () => source.shown(lake, TABLE);
const expected = (run: SourceRun) => run.expected.get('Accounts');
const properties = async () => (await metadataOf(lake, TABLE)).properties!;

describe('a run of changes', () => {
  test('is one row delta: deletes of before and rows of now, by one sequence number; files are named as they landed', async () => {
    await commit(base);
    const run = source.write('Accounts', { 1: 'Ada L.', 3: undefined, 4: 'Barbara' }).changes(base, { at: 2 });
    expect(await commit(run)).toMatchObject({ state: 'COMMITTED', rows: 2, provenRows: 2, repeated: false });
    expect(await shown()).toEqual([[1, 'Ada L.'], [2, 'Grace'], [4, 'Barbara']]);
    const metadata = await metadataOf(lake, TABLE);
    const snapshot = currentSnapshot(metadata)!;
    expect(snapshot.summary).toMatchObject({
      'operation': 'overwrite', 'added-records': '2', 'added-equality-deletes': '3', 'total-records': '5', 'total-data-files': '2', 'total-equality-deletes': '3',
    });
    expect(JSON.parse(metadata.properties![TABLE_PROPERTIES.appliedMark])).toEqual(run.marks.get('Accounts'));
    expect(metadata.properties).toMatchObject({
      [TABLE_PROPERTIES.appliedRun]: run.runId, [TABLE_PROPERTIES.appliedSequence]: String(snapshot['sequence-number']), [TABLE_PROPERTIES.manifest]: lake.root + run.manifestKey,
    });
    expect(Object.keys(metadata.refs!)).toEqual(['main', `run-${base.runId}`]);
    const { live } = await entriesOf(lake.files, snapshot);
    expect(live.map(({ file }) => [file.content, file.equalityIds]).sort()).toEqual([[0, undefined], [0, undefined], [2, [1]], [2, [1]]]);
    expect([...live[0].file.columnSizes.keys()].every((id) => id < 10)).toBe(true);
    expect(await livePaths(lake, TABLE)).toEqual([...base.files, ...run.files].map(({ key }) => lake.root + key).sort());
    expect(await unnamedFiles(lake)).toEqual([]);
  });

  test('of deletes, of rows alone, and of nothing', async () => {
    await commit(base);
    const gone = source.write('Accounts', { 2: undefined }).changes(base, { at: 2 });
    await commit(gone);
    expect(currentSnapshot(await metadataOf(lake, TABLE))!.summary.operation).toBe('delete');
    // Other tables moved the version on.
    source.write('Accounts', {});
    const none = source.changes(gone, { at: 3 });
    expect(await commit(none)).toMatchObject({ state: 'COMMITTED', provenRows: 0 });
    expect(await commit(none)).toMatchObject({ state: 'COMMITTED', repeated: true });
    expect([(await metadataOf(lake, TABLE)).snapshots!.length, JSON.parse((await properties())[TABLE_PROPERTIES.appliedMark]).order]).toEqual([2, none.marks.get('Accounts')!.order]);
    const idle = source.changes(none, { at: 4 });
    const { metadataLocation } = (await lake.catalog.load(TABLE))!;
    expect(await commit(idle)).toMatchObject({ state: 'COMMITTED', repeated: true, metadataLocation });
    expect(await commit(source.write('Accounts', { 9: 'last' }).changes(idle, { at: 5 }))).toMatchObject({ state: 'COMMITTED' });
    expect(await shown()).toEqual([[1, 'Ada'], [3, 'Edsger'], [9, 'last']]);
  });

  test('waits for the run before, and is applied once', async () => {
    const second = source.write('Accounts', { 1: 'b' }).changes(base, { at: 2 });
    const third = source.write('Accounts', { 1: 'c', 2: undefined }).changes(second, { at: 3 });
    expect(await commit(third)).toMatchObject({ state: 'WAITING', waitsFor: second.marks.get('Accounts')!.order });
    await commit(base);
    expect(await commit(third)).toMatchObject({ state: 'WAITING' });
    expect(await shown()).toEqual(expected(base));
    await commit(second);
    await commit(third);
    const after = await properties();
    for (const run of [second, third, base]) expect(await commit(run)).toMatchObject({ state: 'COMMITTED', repeated: true, snapshotId: expect.anything() });
    expect([await shown(), await properties()]).toEqual([expected(third), after]);
  });

  test('that another one contains is superseded; one that goes on from before is applied over it', async () => {
    await commit(base);
    const second = source.write('Accounts', { 1: 'b' }).changes(base, { at: 2 });
    const both = source.write('Accounts', { 2: 'c' }).changes(base, { at: 3 });
    const whole = source.write('Accounts', { 3: undefined }).load({ at: 4 });
    await commit(second);
    expect(await commit(both)).toMatchObject({ state: 'COMMITTED' });
    expect(await shown()).toEqual(expected(both));
    await commit(whole);
    expect(await commit(source.changes(base, { at: 5 }))).toMatchObject({ state: 'SUPERSEDED' });
    expect(await shown()).toEqual(expected(whole));
    expect(currentSnapshot(await metadataOf(lake, TABLE))!.summary).toMatchObject({ 'removed-delete-files': '2', 'total-delete-files': '0', 'total-equality-deletes': '0' });
  });

  test('of another lineage waits for its base, and an older one gives way to it', async () => {
    await commit(base);
    const old = source.write('Accounts', { 1: 'b' }).changes(base, { at: 2 });
    source.lineage = 'restored';
    const again = source.load({ at: 3 });
    const next = source.write('Accounts', { 1: 'c' }).changes(again, { at: 4 });
    expect(await commit(next)).toMatchObject({ state: 'WAITING' });
    await commit(again);
    expect(await commit(old)).toMatchObject({ state: 'SUPERSEDED' });
    await commit(next);
    expect(await shown()).toEqual(expected(next));
    // The mark is gone with a run that has none.
    await commit(source.load({ at: 5, marked: false }));
    expect([(await properties())[TABLE_PROPERTIES.appliedMark], (await commit(source.changes(again, { at: 6 }))).state]).toEqual([undefined, 'WAITING']);
  });

  test('a whole run that was read before changes which are applied does not bring older rows back; one that was read after them is shown, whatever its id', async () => {
    await commit(base);
    const slow = source.load({ at: 3 });
    const changes = source.write('Accounts', { 1: 'b' }).changes(base, { at: 4 });
    await commit(changes);
    expect(await commit(slow)).toMatchObject({ state: 'SUPERSEDED' });
    const late = source.write('Accounts', { 1: 'c' }).load({ at: 2 });
    expect(await commit(late)).toMatchObject({ state: 'COMMITTED' });
    expect([await shown(), (await properties())[TABLE_PROPERTIES.appliedRun]]).toEqual([expected(late), changes.runId]);
    for (const run of [changes, late]) expect(await commit(run)).toMatchObject({ state: 'COMMITTED', repeated: true });
    expect(await shown()).toEqual(expected(late));
  });

  test('two at the same time, and a whole run between: none is lost', async () => {
    await commit(base);
    const runs = [2, 3, 4, 5].map((at) => source.write('Accounts', { [at]: `v${at}` }).changes(base, { at }));
    await Promise.all([...runs, ...runs].map(async (run) => commit(run)));
    expect(await shown()).toEqual(expected(runs[3]));
    expect(await unnamedFiles(lake)).toEqual([]);
  });
});

describe('is refused by name', () => {
  test.each<[string, string, (run: SourceRun) => TableRun | Promise<TableRun>]>([
    ['a key of float', 'COLUMN_REFUSED', (run) => {
      const one = tableRun(run);
      const columns = one.table.columns.map((column) => (column.name === 'Name' ? { ...column, outputType: 'DOUBLE' } : column));
      return { ...one, table: { ...one.table, columns: columns.map((column) => ({ ...column, fieldId: column.fieldId! + 2 })), changes: { ...one.table.changes!, keyColumns: ['Name'] } } };
    }],
    ['rows without their keys', 'FILE_UNPROVEN', (run) => {
      const one = tableRun(run);
      return { ...one, table: { ...one.table, objects: one.table.objects.filter(({ role }) => role !== 'keys') } };
    }],
    ['a source that went back', 'CHAIN_BROKEN', (run) => {
      const one = tableRun(run);
      const mark = { ...one.table.changes!.from, order: '0'.repeat(20) };
      return { ...one, table: { ...one.table, changes: { ...one.table.changes!, from: mark, to: { ...mark, at: '2026-01-02T00:00:00.000Z' } } } };
    }],
    ['a table that was rolled back', 'CHAIN_BROKEN', async (run) => {
      const whole = source.load({ at: 3 });
      await commit(whole);
      await rollbackTable(lake, TABLE, { runId: base.runId });
      return tableRun(source.write('Accounts', { 7: 'x' }).changes(whole, { at: 4 }) ?? run);
    }],
    ['rows of others', 'FOREIGN_ROWS', async (run) => {
      await foreignCommit(lake, TABLE, { operation: 'append' });
      return tableRun(run);
    }],
  ])('%s', async (_name, code, make) => {
    await commit(base);
    const run = await make(source.write('Accounts', { 1: 'b' }).changes(base, { at: 2 }));
    const before = await lake.catalog.load(TABLE);
    await expect(applyChanges(lake, run)).rejects.toMatchObject({ code });
    expect(await lake.catalog.load(TABLE)).toEqual(before);
  });

  test('rows that are added without a key, where the table may have them', async () => {
    source.keyColumns = [];
    const inexact = source.load({ at: 1, exact: false });
    await commit(inexact);
    const second = source.write('Accounts', { 4: 'd' }).changes(inexact, { at: 2 });
    await expect(commit(second)).rejects.toMatchObject({ code: 'CHAIN_BROKEN' });
    const exact = source.load({ at: 3 });
    await commit(exact);
    const third = source.write('Accounts', { 5: 'e' }).changes(exact, { at: 4 });
    await commit(third);
    expect([await shown(), currentSnapshot(await metadataOf(lake, TABLE))!.summary.operation]).toEqual([expected(third), 'append']);
    await expect(commit(source.write('Accounts', { 6: 'f' }).changes(exact, { at: 5 }))).rejects.toMatchObject({ code: 'CHAIN_BROKEN' });
  });
});

describe('beside rows of others', () => {
  test('that were appended, changes are applied when these are to be kept, and a whole run keeps or drops them still', async () => {
    await commit(base);
    const theirs = await foreignCommit(lake, TABLE, { operation: 'append' });
    const run = source.write('Accounts', { 1: 'b' }).changes(base, { at: 2 });
    await applyChanges(lake, tableRun(run), { foreignRows: 'keep' });
    expect(await livePaths(lake, TABLE)).toEqual(expect.arrayContaining(theirs!));
    const whole = source.load({ at: 3 });
    await expect(commit(whole)).rejects.toMatchObject({ code: 'FOREIGN_ROWS' });
    await commitRun(lake, tableRun(whole), { foreignRows: 'keep' });
    expect(await livePaths(lake, TABLE)).toEqual([...theirs!, lake.root + whole.files[0].key].sort());
  });

  test('files that others wrote anew are no rows of theirs, and are not kept beside a whole run', async () => {
    await commit(base);
    await foreignCommit(lake, TABLE, { operation: 'replace', goes: () => true });
    const run = source.write('Accounts', { 1: 'b' }).changes(base, { at: 2 });
    await commit(run);
    const whole = source.load({ at: 3 });
    await commit(whole);
    expect(await livePaths(lake, TABLE)).toEqual([lake.root + whole.files[0].key]);
  });
});

/** What a compaction of ours commits, whose files have the rows of before. */
async function writeAnew(): Promise<void> {
  const { table, metadata: before } = await loadTable(lake, TABLE);
  const present = await liveManifests(lake.files, currentSnapshot(before));
  const { metadata } = await addSnapshot(lake.files, before, {
    runId: 'compaction', attempt: randomUUID(), now: before['last-updated-ms'] + 1, added: [], present, stays: () => true, operation: 'replace', summary: rewrittenSummary(before),
  });
  await commitMetadata(lake, metadata, { name: TABLE, base: table, before, attempt: randomUUID() });
}

describe('after rows were written anew by us', () => {
  test('the chain goes on, also when snapshots below have expired', async () => {
    await commit(base);
    const second = source.write('Accounts', { 1: 'b' }).changes(base, { at: 2 });
    await commit(second);
    await writeAnew();
    await writeAnew();
    await expireTable(lake, TABLE, { keepRuns: 1 });
    const third = source.write('Accounts', { 1: 'c' }).changes(second, { at: 3 });
    expect(await commit(third)).toMatchObject({ state: 'COMMITTED' });
    expect(await shown()).toEqual(expected(third));
    await commit(source.load({ at: 4 }));
    expect(await shown()).toEqual(expected(third));
  });

  test('a base that is later than its mark stays one, and what is below is not taken back', async () => {
    source.keyColumns = [];
    const inexact = source.load({ at: 1, exact: false });
    await commit(inexact);
    await writeAnew();
    await expect(commit(source.write('Accounts', { 4: 'd' }).changes(inexact, { at: 2 }))).rejects.toMatchObject({ code: 'CHAIN_BROKEN' });
    expect(await withdrawRun(lake, { name: TABLE, dataset: DATASET, runId: inexact.runId })).toMatchObject({ state: 'BROKEN' });
  });
});

describe('a run of changes that does not hold', () => {
  const withdraw = async (run: SourceRun) => withdrawRun(lake, { name: TABLE, dataset: DATASET, runId: run.runId });

  test('is taken back where it was applied last, and applied again when it is whole again', async () => {
    await commit(base);
    const before = await properties();
    const run = source.write('Accounts', { 1: 'b' }).changes(base, { at: 2 });
    await commit(run);
    expect(await withdraw(run)).toMatchObject({ state: 'ROLLED_BACK', runId: base.runId });
    expect([await shown(), await properties()]).toEqual([expected(base), before]);
    expect(await commit(run)).toMatchObject({ state: 'COMMITTED', repeated: false });
    expect(await shown()).toEqual(expected(run));
  });

  test.each<[string, (second: SourceRun) => SourceRun]>([
    ['of rows', () => base],
    ['of changes', (second) => second],
  ])('is broken below others: %s', async (_name, which) => {
    await commit(base);
    const second = source.write('Accounts', { 1: 'b' }).changes(base, { at: 2 });
    await commit(second);
    await commit(source.write('Accounts', { 1: 'c' }).changes(second, { at: 3 }));
    expect(await withdraw(which(second))).toMatchObject({ state: 'BROKEN', why: expect.stringContaining('on top of run') });
  });
});

test('a whole run that does not hold, and that a table was rolled back to, takes back what was applied on top of it', async () => {
  await commit(base);
  const whole = source.write('Accounts', { 1: 'a' }).load({ at: 2 });
  const third = source.write('Accounts', { 1: 'b' }).changes(whole, { at: 3 });
  for (const run of [whole, third]) await commit(run);
  await rollbackTable(lake, TABLE, { runId: whole.runId });
  expect(await withdrawRun(lake, { name: TABLE, dataset: DATASET, runId: whole.runId })).toMatchObject({ state: 'ROLLED_BACK', runId: base.runId });
  expect(JSON.parse((await properties())[TABLE_PROPERTIES.appliedMark])).toEqual(base.marks.get('Accounts'));
  expect(await commit(third)).toMatchObject({ state: 'WAITING' });
});

test('a whole run that does not hold, and that a table was rolled back to, does not take back what was applied since: the chain goes on once that is shown', async () => {
  await commit(base);
  const whole = source.write('Accounts', { 1: 'a' }).load({ at: 2 });
  const third = source.write('Accounts', { 1: 'b' }).load({ at: 3 });
  const fourth = source.write('Accounts', { 1: 'c' }).changes(third, { at: 4 });
  for (const run of [whole, third, fourth]) await commit(run);
  const { snapshots } = await metadataOf(lake, TABLE);
  const before = await properties();
  await rollbackTable(lake, TABLE, { runId: whole.runId });
  expect(await withdrawRun(lake, { name: TABLE, dataset: DATASET, runId: whole.runId })).toMatchObject({ state: 'ROLLED_BACK', runId: third.runId });
  expect(await shown()).toEqual(expected(third));
  expect((await properties())[TABLE_PROPERTIES.appliedMark]).toBe(before[TABLE_PROPERTIES.appliedMark]);
  const fifth = source.write('Accounts', { 2: undefined }).changes(fourth, { at: 5 });
  await expect(commit(fifth)).rejects.toMatchObject({ code: 'CHAIN_BROKEN', message: expect.stringContaining(`roll it back to snapshot ${snapshots![3]['snapshot-id']}`) });
  await rollbackTable(lake, TABLE, { snapshotId: snapshots![3]['snapshot-id'] });
  expect(await commit(fifth)).toMatchObject({ state: 'COMMITTED' });
  expect(await shown()).toEqual(expected(fifth));
});

describe('the history', () => {
  const HISTORY = historyTableName(TABLE);

  test('has the changes and the deletes of each run once, in whatever order they come', async () => {
    const second = source.write('Accounts', { 1: 'b', 2: undefined }).changes(base, { at: 2 });
    const third = source.write('Accounts', { 1: 'c' }).changes(second, { at: 3 });
    for (const run of [third, second, third, second]) await addHistory(lake, tableRun(run));
    const files = (run: SourceRun) => run.files.filter(({ key, bytes }) => !key.includes('/keys-') && bytes && source.content.get(key)!.length > 0).map(({ key }) => lake.root + key);
    expect(await livePaths(lake, HISTORY)).toEqual([...files(second), ...files(third)].sort());
    const metadata = await metadataOf(lake, HISTORY);
    expect(metadata.schemas.at(-1)!.fields.map(({ name, required }) => [name, required])).toEqual(
      ['id', 'name', '__op', '__version', '__committed_at'].map((name) => [name, false]));
    expect(currentSnapshot(metadata)!.summary).toMatchObject({ 'operation': 'append', 'total-data-files': '3' });
    expect(await withdrawHistory(lake, tableRun(second))).toBe(true);
    expect(await livePaths(lake, HISTORY)).toEqual(files(third));
    await addHistory(lake, tableRun(second));
    expect(await livePaths(lake, HISTORY)).toEqual([...files(second), ...files(third)].sort());
    expect(await unnamedFiles(lake)).toEqual([]);
  });

  test('that was rolled back is added to again once it shows its newest run: none is missing in silence', async () => {
    const second = source.write('Accounts', { 1: 'b' }).changes(base, { at: 2 });
    const third = source.write('Accounts', { 1: 'c' }).changes(second, { at: 3 });
    const fourth = source.write('Accounts', { 1: 'd' }).changes(third, { at: 4 });
    for (const run of [second, third]) await addHistory(lake, tableRun(run));
    const { snapshots } = await metadataOf(lake, HISTORY);
    await rollbackTable(lake, HISTORY, { snapshotId: snapshots![0]['snapshot-id'] });
    const refused = { code: 'CHAIN_BROKEN', message: expect.stringMatching(`its history '${HISTORY}' shows snapshot .* it was rolled back; roll it back to snapshot ${snapshots![1]['snapshot-id']}$`) };
    await expect(addHistory(lake, tableRun(fourth))).rejects.toMatchObject(refused);
    await expect(withdrawHistory(lake, tableRun(third))).rejects.toMatchObject(refused);
    await rollbackTable(lake, HISTORY, { snapshotId: snapshots![1]['snapshot-id'] });
    await addHistory(lake, tableRun(fourth));
    await withdrawHistory(lake, tableRun(second));
    expect(await addHistory(lake, tableRun(source.write('Accounts', { 1: 'e' }).changes(fourth, { at: 5 })))).toBe(true);
    expect((await livePaths(lake, HISTORY)).map((path) => Number(/T0000(\d\d)/.exec(path)![1]))).toEqual([3, 4, 5]);
  });
});
