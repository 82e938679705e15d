import { ForeignRows } from '../../../src/contract';
import { commitRun } from '../../../src/iceberg/commit/commit-run';
import { expireTable } from '../../../src/iceberg/commit/expire';
import { withdrawRun } from '../../../src/iceberg/commit/rollback';
import { foreignCommit } from '../../support/iceberg/foreign-writer';
import { livePaths, metadataOf, pathsOfRun, runId, TABLE } from '../../support/iceberg/landed-table';
import { testLake, TestLake } from '../../support/iceberg/workplace';

let lake: TestLake;
beforeEach(async () => {
  lake = testLake();
  await commitRun(lake, lake.land());
});

const next = async (run: number, foreignRows?: ForeignRows) => commitRun(lake, lake.land({ run }), { foreignRows });
const append = async () => (await foreignCommit(lake, TABLE, { operation: 'append' }))![0];
const both = (run: number, ...theirs: string[]) => [...pathsOfRun({ run }), ...theirs].sort();

test('rows that others added are refused unless there was a choice, by whom is told', async () => {
  await append();
  const before = await metadataOf(lake);
  await expect(next(2)).rejects.toMatchObject({ code: 'FOREIGN_ROWS', message: expect.stringMatching(new RegExp(`since run '${runId(1)}', by the snapshots \\d+ \\(append\\).*keep.*drop`)) });
  expect(await metadataOf(lake)).toEqual(before);
});

test('drop replaces all', async () => {
  await append();
  await next(2, 'drop');
  expect(await livePaths(lake)).toEqual(both(2));
});

test('keep keeps what others added, in every run after, also after their snapshots expired', async () => {
  const theirs = [await append(), await append()];
  await next(2, 'keep');
  expect(await livePaths(lake)).toEqual(both(2, ...theirs));
  await next(3, 'keep');
  expect(await livePaths(lake)).toEqual(both(3, ...theirs));
  theirs.push(await append());
  await expireTable(lake, TABLE, { keepRuns: 1 });
  await next(4, 'keep');
  expect(await livePaths(lake)).toEqual(both(4, ...theirs));
  await expireTable(lake, TABLE, { keepRuns: 1 });
  expect(await livePaths(lake)).toEqual(both(4, ...theirs));
  theirs.forEach((uri) => expect(lake.files.all.has(uri)).toBe(true));
});

test('rows that a run kept are refused by the next one that is to refuse, and dropped by choice', async () => {
  await append();
  await next(2, 'keep');
  await expect(next(3)).rejects.toMatchObject({ code: 'FOREIGN_ROWS', message: expect.stringContaining(`kept by run '${runId(2)}'`) });
  await next(3, 'drop');
  expect(await livePaths(lake)).toEqual(both(3));
  await next(4);
  expect(await livePaths(lake)).toEqual(both(4));
});

test('of several appends with an expiry between none is lost', async () => {
  const theirs = [await append(), await append(), await append()];
  lake.pass(10);
  await expireTable(lake, TABLE, { keepForMs: 1 });
  await next(2, 'keep');
  expect(await livePaths(lake)).toEqual(both(2, ...theirs));
});

test('compaction alone is no row of others', async () => {
  await foreignCommit(lake, TABLE, { operation: 'replace', rows: [5], goes: () => true });
  await next(2);
  expect(await livePaths(lake)).toEqual(both(2));
});

test.each([
  ['compaction after an append', async () => {
    await append();
    await foreignCommit(lake, TABLE, { operation: 'replace', rows: [6], goes: () => true });
  }],
  ['an update that writes the run’s files anew', async () => foreignCommit(lake, TABLE, { operation: 'overwrite', rows: [5], goes: ({ filePath }) => filePath.includes('part-00000') })],
  ['compaction of rows that a run has kept', async () => {
    await append();
    await next(2, 'keep');
    await foreignCommit(lake, TABLE, { operation: 'replace', rows: [6], goes: () => true });
  }],
])('after %s nobody can tell whose rows are whose: keep refuses, drop does not', async (_what, change) => {
  await change();
  const before = await livePaths(lake);
  await expect(next(3, 'keep')).rejects.toMatchObject({ code: 'FOREIGN_ROWS', message: expect.stringContaining('cannot be told') });
  expect(await livePaths(lake)).toEqual(before);
  await next(3, 'drop');
  expect(await livePaths(lake)).toEqual(both(3));
});

test('manifests that others wrote anew keep nobody from telling', async () => {
  const theirs = await append();
  await foreignCommit(lake, TABLE, { operation: 'replace', rows: [] });
  await next(2, 'keep');
  expect(await livePaths(lake)).toEqual(both(2, theirs));
});

test('others’ deletion of a run’s files does not outlive the next run', async () => {
  await foreignCommit(lake, TABLE, { operation: 'delete', rows: [], goes: ({ filePath }) => filePath.includes('part-00000') });
  await next(2, 'keep');
  expect(await livePaths(lake)).toEqual(both(2));
});

test('a run that others wrote on is not taken back, also after an expiry between', async () => {
  const withdraw = async () => withdrawRun(lake, { name: TABLE, dataset: 'Bank/dbo/Accounts', runId: runId(1) });
  await append();
  await append();
  expect(await withdraw()).toMatchObject({ state: 'BROKEN' });
  lake.pass(10);
  await expireTable(lake, TABLE, { keepForMs: 1 });
  expect(await withdraw()).toMatchObject({ state: 'BROKEN' });
});
