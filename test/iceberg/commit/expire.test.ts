import { randomUUID } from 'node:crypto';
import { runTag } from '../../../src/contract';
import { commitMetadata } from '../../../src/iceberg/commit/change-table';
import { commitRun } from '../../../src/iceberg/commit/commit-run';
import { expireTable } from '../../../src/iceberg/commit/expire';
import { snapshotOfRun, withdrawRun } from '../../../src/iceberg/commit/rollback';
import { SnapshotRef, TableMetadata, withRefs } from '../../../src/iceberg/spec/table-metadata';
import { foreignCommit } from '../../support/iceberg/foreign-writer';
import { livePaths, metadataOf, pathsOfRun, runId, TABLE, TABLES } from '../../support/iceberg/landed-table';
import { namedFiles, unnamedFiles } from '../../support/iceberg/named-files';
import { HOUR, testLake, TestLake } from '../../support/iceberg/workplace';

let lake: TestLake;
beforeEach(() => {
  lake = testLake();
});

async function runs(...days: readonly number[]): Promise<void> {
  for (const run of days) {
    await commitRun(lake, lake.land({ run }));
    lake.pass(HOUR);
  }
}

/** Somebody changes metadata. */
async function change(to: (metadata: TableMetadata) => TableMetadata): Promise<void> {
  const base = (await lake.catalog.load(TABLE))!;
  const before = await metadataOf(lake);
  await commitMetadata(lake, to(before), { name: TABLE, base, before, attempt: randomUUID() });
}
const refer = async (name: string, run: number, type: SnapshotRef['type']) => change((metadata) => (
  withRefs(metadata, { [name]: { 'snapshot-id': snapshotOfRun(metadata, runId(run))!['snapshot-id'], type } })));
const expire = async (retention: Parameters<typeof expireTable>[2], options?: Parameters<typeof expireTable>[3]) => (
  expireTable(lake, TABLE, retention, options));
const there = (...days: readonly number[]) => days.map((run) => pathsOfRun({ run }).every((uri) => lake.files.all.has(uri)));

test('of so many runs the newest stay, with their files, and no others', async () => {
  await runs(1, 2, 3, 4);
  expect(await expire({ keepRuns: 2 })).toMatchObject({ runs: [runId(1), runId(2)], snapshots: 2, files: 4, heldByVersions: false });
  expect(there(1, 2, 3, 4)).toEqual([false, false, true, true]);
  const { refs, snapshots } = await metadataOf(lake);
  expect([Object.keys(refs!).sort(), snapshots!.length]).toEqual([['main', runTag(runId(3)), runTag(runId(4))], 2]);
  for (const uri of await namedFiles(lake)) expect([uri, lake.files.all.has(uri)]).toEqual([uri, true]);
});

test('bytes are those of the landed files', async () => {
  await runs(1, 2);
  const bytes = pathsOfRun({ run: 1 }).reduce((sum, uri) => sum + lake.files.all.get(uri)!.bytes.length, 0);
  expect((await expire({ keepRuns: 1 })).bytes).toBe(bytes);
});

test('by age; what readers see stays however old', async () => {
  await runs(1, 2, 3);
  expect((await expire({ keepForMs: 2 * HOUR })).runs).toEqual([runId(1)]);
  lake.pass(1000 * HOUR);
  expect((await expire({ keepForMs: HOUR })).runs).toEqual([runId(2)]);
  expect((await expire({ keepForMs: HOUR, keepRuns: 0 })).snapshots).toBe(0);
  expect(await livePaths(lake)).toEqual(pathsOfRun({ run: 3 }));
});

test('by a tag’s own age', async () => {
  await commitRun(lake, lake.land({ run: 1 }), { keepForMs: 5 * HOUR });
  await runs(2);
  lake.pass(3 * HOUR);
  expect((await expire({})).runs).toEqual([]);
  lake.pass(3 * HOUR);
  expect((await expire({})).runs).toEqual([runId(1)]);
});

test('a dry run tells the same, and changes nothing', async () => {
  await runs(1, 2, 3);
  const before = new Map(lake.files.all);
  const told = await expire({ keepRuns: 1 }, { dryRun: true });
  expect(lake.files.all).toEqual(before);
  expect(await expire({ keepRuns: 1 })).toEqual(told);
});

test('runs are marked before anything goes, and nothing goes when that fails', async () => {
  await runs(1, 2);
  const before = new Map(lake.files.all);
  await expect(expire({ keepRuns: 1 }, { marked: async (marked) => { throw new Error(`not ${marked.join()}`); } })).rejects.toThrow(`not ${runId(1)}`);
  expect(lake.files.all).toEqual(before);
});

test('others’ tags and branches keep what they name, a branch all that it follows', async () => {
  await runs(1, 2, 3, 4, 5);
  await refer('audit', 1, 'tag');
  await refer('dev', 3, 'branch');
  // The run's own tags go, snapshots stay by other names.
  expect((await expire({ keepRuns: 1 })).runs).toEqual([runId(4)]);
  expect(there(1, 2, 3, 4, 5)).toEqual([true, true, true, false, true]);
  const { snapshots, refs } = await metadataOf(lake);
  expect(snapshots!.map((each) => each['sequence-number'])).toEqual([1, 2, 3, 5]);
  expect(Object.keys(refs!)).toEqual(expect.arrayContaining(['audit', 'dev', 'main']));
  await change((metadata) => withRefs(metadata, { audit: undefined, dev: undefined }));
  expect((await expire({ keepRuns: 1 })).runs).toEqual([runId(1), runId(2), runId(3)]);
  expect(there(1, 2, 3)).toEqual([false, false, false]);
});

test('a file that a kept snapshot names too stays', async () => {
  await runs(1);
  // The same run by another manifest: both snapshots name its files.
  await commitRun(lake, lake.land({ run: 1, eTag: 'other' }));
  await runs(2);
  await refer('audit', 1, 'tag');
  await expire({ keepRuns: 1 });
  expect(there(1, 2)).toEqual([true, true]);
  await change((metadata) => withRefs(metadata, { audit: undefined }));
  await expire({ keepRuns: 1 });
  expect(there(1, 2)).toEqual([false, true]);
});

test('landed files of a run that was withdrawn stay', async () => {
  await runs(1, 2);
  await withdrawRun(lake, { name: TABLE, dataset: 'Bank/dbo/Accounts', runId: runId(2) });
  expect(await expire({ keepRuns: 1 })).toMatchObject({ runs: [], snapshots: 1, files: 0 });
  expect(there(1, 2)).toEqual([true, true]);
});

test('files that others wrote go with the last snapshot that names them', async () => {
  await runs(1);
  const [theirs] = (await foreignCommit(lake, TABLE, { operation: 'append' }))!;
  await runs(2).catch(() => undefined);
  await commitRun(lake, lake.land({ run: 2 }), { foreignRows: 'drop' });
  await expire({});
  await expire({ keepRuns: 1 });
  lake.pass(25 * HOUR);
  await expire({});
  expect([lake.files.all.has(theirs), await unnamedFiles(lake)]).toEqual([false, []]);
});

test('of the table’s own folder only what is old and unnamed goes', async () => {
  await runs(1);
  const { location } = await metadataOf(lake);
  const [stray, young] = [`${location}/data/stray.parquet`, `${location}/metadata/young.avro`];
  const statistics = `${location}/metadata/1.stats`;
  [stray, statistics].forEach((uri) => lake.files.put(uri, 'x'));
  await change((metadata) => ({ ...metadata, statistics: [{ 'snapshot-id': metadata['current-snapshot-id']!, 'statistics-path': statistics }] }));
  lake.pass(25 * HOUR);
  lake.files.put(young, 'x');
  await expire({});
  expect([stray, young, statistics].map((uri) => lake.files.all.has(uri))).toEqual([false, true, true]);
});

test('folders of other tables, whose names begin alike, and of tables that were dropped are left alone', async () => {
  await runs(1);
  await commitRun(lake, lake.land({ table: 'Accounts-old' }));
  const dropped = lake.land({ table: 'gone' });
  await commitRun(lake, dropped);
  await withdrawRun(lake, { name: 'bank_dbo_gone', dataset: 'Bank/dbo/gone', runId: runId(1) });
  const uuid = randomUUID();
  const note = `${TABLES}${TABLE}-${uuid}/attempts/${uuid}.json`;
  const [left, alike, once] = [note, `${TABLES}${TABLE}-x-${uuid}/attempts/${uuid}.json`, `${TABLES}${TABLE}-${randomUUID()}/metadata/v1.metadata.json`];
  [left, alike, once].forEach((uri) => lake.files.put(uri, '{}'));
  const before = lake.files.below(TABLES).filter((uri) => uri !== left);
  await expire({});
  expect(lake.files.all.has(left)).toBe(true);
  lake.pass(25 * HOUR);
  await expire({});
  expect(lake.files.below(TABLES)).toEqual(before);
});

test('a table that is none of ours is not there', async () => {
  await expect(expireTable(lake, 'other', {})).rejects.toMatchObject({ code: 'NOT_THERE' });
});

test('an expiry that races a commit takes neither its files nor its snapshot', async () => {
  for (let round = 0; round < 15; round++) {
    lake = testLake();
    await runs(1, 2, 3);
    const late = async () => {
      for (let turn = 0; turn < round * 2; turn++) await new Promise(setImmediate);
      return commitRun(lake, lake.land({ run: 4 }));
    };
    await Promise.all([expire({ keepRuns: 1 }), late()]);
    expect(await livePaths(lake)).toEqual(pathsOfRun({ run: 4 }));
    for (const uri of await namedFiles(lake)) expect([round, uri, lake.files.all.has(uri)]).toEqual([round, uri, true]);
    const { snapshots } = await metadataOf(lake);
    for (const { 'sequence-number': sequence, summary } of snapshots!) expect([sequence, ...there(Number(/2026010(\d)/.exec(summary['cdk-legacy-to-s3.run'])![1]) - 1)]).toEqual([sequence, true]);
  }
});

test('what an orphan rule would remove below a table’s location is nothing that landed, of any run', async () => {
  await runs(1, 2);
  const incomplete = lake.land({ run: 3 });
  const { location } = await metadataOf(lake);
  const named = await namedFiles(lake);
  const removed = lake.files.below(location).filter((uri) => !named.has(uri));
  expect(removed.filter((uri) => uri.includes('database='))).toEqual([]);
  expect(there(1, 2, 3)).toEqual([true, true, true]);
  expect([...pathsOfRun({ run: 1 }), ...incomplete.table.objects.map(({ key }) => `s3://lake/${key}`)].filter((uri) => uri.startsWith(location) || location.startsWith(uri))).toEqual([]);
});

test.each(['', 'a/b/', 'landing/'])('with the prefix \'%s\' no landed file lies below the tables, nor a table below the prefix', async (prefix) => {
  const run = lake.land({ prefix });
  await commitRun(lake, run);
  const { location } = await metadataOf(lake);
  for (const { key } of run.table.objects) expect(`s3://lake/${key}`.startsWith(location.slice(0, location.lastIndexOf('/') + 1))).toBe(false);
  if (prefix !== '') expect(location.startsWith(`s3://lake/${prefix}`)).toBe(false);
});
