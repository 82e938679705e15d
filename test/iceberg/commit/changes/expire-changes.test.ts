import { randomUUID } from 'node:crypto';
import { historyTableName } from '../../../../src/contract';
import { commitMetadata } from '../../../../src/iceberg/commit/change-table';
import { applyChanges } from '../../../../src/iceberg/commit/changes/apply-changes';
import { addHistory, withdrawHistory } from '../../../../src/iceberg/commit/changes/history';
import { commitRun } from '../../../../src/iceberg/commit/commit-run';
import { expireTable } from '../../../../src/iceberg/commit/expire';
import { rollbackTable, withdrawRun } from '../../../../src/iceberg/commit/rollback';
import { currentSnapshot, withoutSnapshots } from '../../../../src/iceberg/spec/table-metadata';
import { livePaths, metadataOf } from '../../../support/iceberg/landed-table';
import { namedFiles, unnamedFiles } from '../../../support/iceberg/named-files';
import { HOUR, testLake, TestLake } from '../../../support/iceberg/workplace';
import { ChangedSource, landedTableRun, SourceRun } from '../../../support/tables/changed-source';

const TABLE = 'ledger_dbo_accounts';

let lake: TestLake;
let source: ChangedSource;
beforeEach(() => {
  lake = testLake();
  source = new ChangedSource(['Accounts'], 'landing/').write('Accounts', { 1: 'Ada', 2: 'Grace', 3: 'Edsger' });
});

const tableRun = (run: SourceRun) => landedTableRun(run, (key, bytes) => lake.files.put(lake.root + key, bytes));
const there = (run: SourceRun) => run.files.map(({ key }) => lake.files.all.has(lake.root + key));

/** Commits a whole run and runs of changes after it, each an hour after the one before. @param hasHistory whether these are added to a history */
async function chain(at: number, changes: number, hasHistory = true): Promise<SourceRun[]> {
  const runs = [source.load({ at })];
  await commitRun(lake, tableRun(runs[0]));
  for (let each = 1; each <= changes; each++) {
    lake.pass(HOUR);
    runs.push(source.write('Accounts', { 1: `v${at + each}`, 2: undefined, [at + each]: 'new' }).changes(runs.at(-1)!, { at: at + each }));
    await applyChanges(lake, tableRun(runs.at(-1)!));
    if (hasHistory) await addHistory(lake, tableRun(runs.at(-1)!));
  }
  return runs;
}

async function expectWhole(run: SourceRun): Promise<void> {
  expect(await source.shown(lake, TABLE)).toEqual(run.expected.get('Accounts'));
  for (const uri of [...await namedFiles(lake), ...await livePaths(lake, TABLE)]) expect([uri, lake.files.all.has(uri)]).toEqual([uri, true]);
}

test('snapshots of runs of changes go as others do, and no file goes that a later one needs', async () => {
  const runs = await chain(1, 5);
  expect(await expireTable(lake, TABLE, {})).toMatchObject({ snapshots: 0 });
  expect(await expireTable(lake, TABLE, { keepRuns: 2 })).toMatchObject({ runs: [], snapshots: 3, files: 0 });
  expect(runs.flatMap(there)).not.toContain(false);
  await expectWhole(runs[5]);
  const next = source.write('Accounts', { 9: 'next' }).changes(runs[5], { at: 7 });
  await applyChanges(lake, tableRun(next));
  await expectWhole(next);
  lake.pass(1000 * HOUR);
  expect(await expireTable(lake, TABLE, { keepForMs: HOUR })).toMatchObject({ runs: [runs[0].runId], files: 0 });
  await expectWhole(next);
  expect((await metadataOf(lake, TABLE)).snapshots).toHaveLength(1);
});

test('what a whole run replaced goes with the last snapshot that needs it; what landed of a run that was withdrawn stays', async () => {
  const runs = await chain(1, 3, false);
  await withdrawRun(lake, { name: TABLE, dataset: 'Ledger/dbo/Accounts', runId: runs[3].runId });
  const whole = source.load({ at: 9 });
  await commitRun(lake, tableRun(whole));
  const expiry = await expireTable(lake, TABLE, { keepRuns: 1 });
  expect(expiry.runs).toEqual(runs.slice(0, 3).map(({ runId }) => runId));
  expect(runs.map((run) => [...new Set(there(run).slice(0, 2))])).toEqual([[false], [false], [false], [true]]);
  await expectWhole(whole);
  expect(await unnamedFiles(lake)).toEqual([]);
});

test('runs that the history of a table names stay whole when the table needs them no more, as those do that a table needs beside its history', async () => {
  const runs = await chain(1, 3);
  const history = historyTableName(TABLE);
  const before = await livePaths(lake, history);
  await commitRun(lake, tableRun(source.load({ at: 9 })));
  expect(await expireTable(lake, TABLE, { keepRuns: 1 }, { dryRun: true })).toMatchObject({ runs: [runs[0].runId], files: 1 });
  expect(await expireTable(lake, TABLE, { keepRuns: 1 })).toMatchObject({ runs: [runs[0].runId], snapshots: 4, files: 1 });
  expect(runs.map((run) => [...new Set(there(run))])).toEqual([[false], [true], [true], [true]]);
  expect(await livePaths(lake, history)).toEqual(before);
  // An expiry of before that was stopped, and noted them when the history did not have them.
  const { location } = await metadataOf(lake, TABLE);
  lake.files.put(`${location}/attempts/expire-${randomUUID()}.json`, JSON.stringify({ expired: before }));
  await expireTable(lake, TABLE, {});
  expect(runs.slice(1).flatMap(there)).not.toContain(false);
});

test('of a table that was rolled back, what its mark was set by stays, and what is kept before it: it can be shown again, and takes changes', async () => {
  const runs = await chain(1, 4);
  const applied = await metadataOf(lake, TABLE);
  await rollbackTable(lake, TABLE, { runId: runs[0].runId });
  expect(await expireTable(lake, TABLE, { keepRuns: 100 })).toMatchObject({ snapshots: 0 });
  expect(await expireTable(lake, TABLE, { keepRuns: 2 })).toMatchObject({ runs: [], snapshots: 2, files: 0 });
  lake.pass(1000 * HOUR);
  expect(await expireTable(lake, TABLE, { keepForMs: HOUR })).toMatchObject({ runs: [], snapshots: 1, files: 0 });
  await rollbackTable(lake, TABLE, { snapshotId: currentSnapshot(applied)!['snapshot-id'] });
  await expectWhole(runs[4]);
  const next = source.write('Accounts', { 9: 'next' }).changes(runs[4], { at: 7 });
  await applyChanges(lake, tableRun(next));
  await expectWhole(next);
});

test('of a history that was rolled back nothing is lost', async () => {
  const runs = await chain(1, 3);
  const history = historyTableName(TABLE);
  const added = await metadataOf(lake, history);
  const before = await livePaths(lake, history);
  await rollbackTable(lake, history, { snapshotId: added.snapshots![0]['snapshot-id'] });
  await commitRun(lake, tableRun(source.load({ at: 9 })));
  lake.pass(1000 * HOUR);
  for (const name of [history, TABLE, history]) await expireTable(lake, name, { keepForMs: HOUR });
  await rollbackTable(lake, history, { snapshotId: currentSnapshot(added)!['snapshot-id'] });
  expect([await livePaths(lake, history), runs.slice(1).flatMap(there)]).toEqual([before, expect.not.arrayContaining([false])]);
});

test('what landed of a run that was taken out of a history stays, so that it can be added again', async () => {
  const runs = await chain(1, 3);
  const history = historyTableName(TABLE);
  await withdrawRun(lake, { name: TABLE, dataset: 'Ledger/dbo/Accounts', runId: runs[3].runId });
  await withdrawHistory(lake, tableRun(runs[3]));
  await expireTable(lake, TABLE, { keepRuns: 1 });
  expect(await expireTable(lake, history, { keepRuns: 1 })).toMatchObject({ runs: [], snapshots: 3, files: 0 });
  expect(there(runs[3])).not.toContain(false);
});

test('a history loses snapshots and no rows, and knows its runs still', async () => {
  const runs = await chain(1, 4);
  const history = historyTableName(TABLE);
  const before = await livePaths(lake, history);
  expect(await expireTable(lake, history, { keepRuns: 1 })).toMatchObject({ runs: [], snapshots: 3, files: 0 });
  for (const run of runs.slice(1)) expect(await addHistory(lake, tableRun(run))).toBe(false);
  expect(await livePaths(lake, history)).toEqual(before);
});

test('a sweep leaves manifests that later snapshots carry on, also of an attempt whose own snapshot others have expired', async () => {
  const runs = await chain(1, 2);
  const before = await metadataOf(lake, TABLE);
  const attempts = before.snapshots!.map((each) => /-([0-9a-f-]{36})\.avro$/.exec(each['manifest-list'])![1]);
  // Processes that ended between their commit and the end of their note.
  for (const attempt of attempts) lake.files.put(`${before.location}/attempts/${attempt}.json`, Buffer.from(JSON.stringify({ attempt, runId: 'r', base: 'older' })));
  const base = (await lake.catalog.load(TABLE))!;
  const gone = before.snapshots!.filter((each) => each !== currentSnapshot(before)).map((each) => each['snapshot-id']);
  const expired = withoutSnapshots(before, gone, before['last-updated-ms'] + 1);
  await commitMetadata(lake, { ...expired, refs: { main: before.refs!.main } }, { name: TABLE, base, before, attempt: randomUUID() });
  const next = source.write('Accounts', { 9: 'next' }).changes(runs[2], { at: 7 });
  await applyChanges(lake, tableRun(next));
  await expectWhole(next);
  expect(lake.files.below(`${before.location}/attempts/`)).toEqual([]);
});
