import { runTag, TABLE_PROPERTIES } from '../../../src/contract';
import { commitRun } from '../../../src/iceberg/commit/commit-run';
import { expireTable } from '../../../src/iceberg/commit/expire';
import { rollbackTable } from '../../../src/iceberg/commit/rollback';
import { EntryStatus } from '../../../src/iceberg/spec/manifest';
import { currentSchema, currentSnapshot } from '../../../src/iceberg/spec/table-metadata';
import { foreignCommit } from '../../support/iceberg/foreign-writer';
import { entriesOf, livePaths, metadataOf, pathsOf, pathsOfRun, runId, TABLE } from '../../support/iceberg/landed-table';
import { testLake, TestLake } from '../../support/iceberg/workplace';

let lake: TestLake;
beforeEach(() => {
  lake = testLake();
});

const rowsOf = async () => (await entriesOf(lake.files, currentSnapshot(await metadataOf(lake))!)).live
  .reduce((sum, { file }) => sum + file.recordCount, 0);

describe('a full run', () => {
  test('the first makes the table, with its files as they landed', async () => {
    const run = lake.land();
    const outcome = await commitRun(lake, run);
    expect(outcome).toMatchObject({ name: TABLE, state: 'COMMITTED', rows: 5, provenRows: 5, repeated: false });
    expect(outcome.began).toBeUndefined();
    expect(await livePaths(lake)).toEqual(pathsOf(run));
    const metadata = await metadataOf(lake);
    expect(metadata.properties).toMatchObject({
      [TABLE_PROPERTIES.appliedRun]: runId(1),
      [TABLE_PROPERTIES.manifestETag]: 'etag-1',
      [TABLE_PROPERTIES.appliedSequence]: '1',
      [TABLE_PROPERTIES.generation]: '1',
      [TABLE_PROPERTIES.manifest]: `s3://lake/${run.manifestKey}`,
      'gc.enabled': 'false',
    });
    expect(metadata.refs![runTag(runId(1))]).toEqual({ 'snapshot-id': outcome.snapshotId, 'type': 'tag' });
    expect(metadata.location).toMatch(/^s3:\/\/lake\/landing-tables\/bank_dbo_accounts-[0-9a-f-]{36}$/);
    expect(currentSnapshot(metadata)!.summary).toMatchObject({ 'operation': 'append', 'added-data-files': '2', 'added-records': '5', 'total-records': '5', 'total-data-files': '2' });
  });

  test('the next replaces its files: DELETED in that snapshot, with the numbers they came with, gone from the one after', async () => {
    const [first, second, third] = [lake.land(), lake.land({ run: 2, rows: [4] }), lake.land({ run: 3, rows: [1, 1] })];
    await commitRun(lake, first);
    const firstId = currentSnapshot(await metadataOf(lake))!['snapshot-id'];
    const { snapshotId } = await commitRun(lake, second);
    const metadata = await metadataOf(lake);
    const { all } = await entriesOf(lake.files, currentSnapshot(metadata)!);
    const gone = all.filter(({ status }) => status === EntryStatus.deleted);
    expect(gone.map(({ file }) => file.filePath).sort()).toEqual(pathsOf(first));
    expect(gone.map(({ snapshotId: by, sequenceNumber, fileSequenceNumber }) => [by, sequenceNumber, fileSequenceNumber]))
      .toEqual([[snapshotId, 1, 1], [snapshotId, 1, 1]]);
    expect(all.filter(({ status }) => status === EntryStatus.added)).toMatchObject([{ sequenceNumber: null, fileSequenceNumber: null }]);
    expect(currentSnapshot(metadata)).toMatchObject({
      'parent-snapshot-id': firstId,
      'sequence-number': 2,
      'summary': { 'operation': 'overwrite', 'deleted-data-files': '2', 'deleted-records': '5', 'added-records': '4', 'total-records': '4' },
    });
    await commitRun(lake, third);
    const last = await entriesOf(lake.files, currentSnapshot(await metadataOf(lake))!);
    expect(last.all.filter(({ status }) => status === EntryStatus.deleted).map(({ file }) => file.filePath)).toEqual(pathsOf(second));
    expect((await metadataOf(lake)).snapshots).toHaveLength(3);
  });

  test('no rows, and no objects', async () => {
    await commitRun(lake, lake.land({ rows: [0] }));
    expect([(await livePaths(lake)).length, await rowsOf()]).toEqual([1, 0]);
    expect(await commitRun(lake, lake.land({ run: 2, rows: [] }))).toMatchObject({ rows: 0, provenRows: 0 });
    expect(await livePaths(lake)).toEqual([]);
    expect(await commitRun(lake, lake.land({ run: 3, rows: [2] }))).toMatchObject({ provenRows: 2 });
  });

  test('many objects fill more than one manifest', async () => {
    const run = lake.land({ rows: Array.from({ length: 2100 }, () => 1) });
    expect(await commitRun(lake, run)).toMatchObject({ provenRows: 2100 });
    await commitRun(lake, lake.land({ run: 2, rows: [1] }));
    expect(await rowsOf()).toBe(1);
  });
});

describe('again', () => {
  test('changes nothing', async () => {
    const run = lake.land();
    const { snapshotId, metadataLocation } = await commitRun(lake, run);
    const before = lake.files.below('');
    expect(await commitRun(lake, run)).toMatchObject({ state: 'COMMITTED', repeated: true, snapshotId, metadataLocation });
    expect(lake.files.below('')).toEqual(before);
  });

  test('nor after its snapshot expired', async () => {
    const run = lake.land();
    await commitRun(lake, run);
    await commitRun(lake, lake.land({ run: 2 }));
    await expireTable(lake, TABLE, { keepRuns: 1 });
    const after = lake.files.below('');
    expect(await commitRun(lake, run)).toMatchObject({ state: 'SUPERSEDED', repeated: true });
    await foreignCommit(lake, TABLE, { operation: 'append' });
    lake.pass(10);
    await expireTable(lake, TABLE, { keepForMs: 1 });
    expect((await commitRun(lake, lake.land({ run: 2 }))).repeated).toBe(true);
    expect(after.length).toBeGreaterThan(0);
  });

  test('by another manifest of the same run it is another commit, and its tag moves', async () => {
    await commitRun(lake, lake.land());
    const again = lake.land({ eTag: 'other', rows: [9] });
    const { snapshotId, repeated } = await commitRun(lake, again);
    const metadata = await metadataOf(lake);
    expect([repeated, await rowsOf(), metadata.refs![runTag(runId(1))]['snapshot-id']]).toEqual([false, 9, snapshotId]);
    expect(metadata.snapshots).toHaveLength(2);
  });

  test('an older run that comes late changes nothing, and is only told to be committed where it was, by this manifest', async () => {
    const older = lake.land();
    await commitRun(lake, lake.land({ run: 2 }));
    expect(await commitRun(lake, older)).toMatchObject({ state: 'SUPERSEDED', repeated: true });
    await commitRun(lake, lake.land({ run: 3 }));
    expect(await commitRun(lake, lake.land({ run: 2 }))).toMatchObject({ state: 'COMMITTED', repeated: true });
    expect(await commitRun(lake, lake.land({ run: 2, eTag: 'other' }))).toMatchObject({ state: 'SUPERSEDED' });
    expect(await livePaths(lake)).toEqual(pathsOfRun({ run: 3 }));
  });

  test('a run that was rolled back is not applied again, the next one is', async () => {
    const [first, second, third] = [1, 2, 3].map((run) => lake.land({ run }));
    await commitRun(lake, first);
    await commitRun(lake, second);
    await rollbackTable(lake, TABLE, { runId: runId(1) });
    expect((await commitRun(lake, second)).repeated).toBe(true);
    expect(await livePaths(lake)).toEqual(pathsOf(first));
    await commitRun(lake, third);
    expect(await livePaths(lake)).toEqual(pathsOf(third));
  });
});

describe('files that are not proven', () => {
  const refused = async (message: RegExp) => {
    await expect(commitRun(lake, run)).rejects.toMatchObject({ code: 'FILE_UNPROVEN', message: expect.stringMatching(message) });
    expect(await livePaths(lake)).toEqual(pathsOfRun());
    expect((await metadataOf(lake)).snapshots).toHaveLength(1);
  };
  let run: ReturnType<TestLake['land']>;
  beforeEach(async () => {
    await commitRun(lake, lake.land());
    run = lake.land({ run: 2, columns: [['Id', 'INT32']] });
  });
  const second = () => pathsOf(run)[1];

  test('missing', async () => {
    lake.files.all.delete(second());
    await refused(/part-00001-0000\.parquet' is missing/);
  });

  test('another size', async () => {
    lake.files.put(second(), Buffer.concat([Buffer.alloc(3), lake.files.all.get(second())!.bytes]));
    await refused(/has \d+ bytes, the manifest says \d+/);
  });

  test('other rows', async () => {
    run = { ...run, table: { ...run.table, objects: run.table.objects.map((object) => ({ ...object, rows: object.rows + 1 })) } };
    await refused(/has \d rows by its footer, the manifest says \d/);
  });

  test('other columns', async () => {
    run = { ...run, table: { ...run.table, columns: run.table.columns.map((column) => ({ ...column, name: 'other' })) } };
    await refused(/has the columns Id; the manifest names other/);
  });

  test('other field ids', async () => {
    const landed = lake.land({ run: 2, columns: [['Id', 'INT32', 3]] });
    run = { ...landed, table: { ...landed.table, columns: landed.table.columns.map((column) => ({ ...column, fieldId: 4 })) } };
    await refused(/has the field id 3 for the column 'id', which has 4/);
  });

  test('nothing is left of what was refused, once the next run is committed', async () => {
    run = { ...run, table: { ...run.table, columns: run.table.columns.map((column) => ({ ...column, name: 'other' })) } };
    await refused(/other/);
    await commitRun(lake, lake.land({ run: 3 }));
    expect(lake.files.below((await metadataOf(lake)).location).filter((uri) => uri.includes('/attempts/'))).toEqual([]);
  });
});

test('a footer longer than the first guess is read again', async () => {
  const columns = Array.from({ length: 900 }, (_each, at): [string, string] => [`column_with_a_long_name_${at}`, 'INT32']);
  const asked: number[] = [];
  const { readEnd } = lake.files;
  lake.files.readEnd = async (uri, bytes) => {
    if (uri.endsWith('.parquet')) asked.push(bytes);
    return readEnd.call(lake.files, uri, bytes);
  };
  await commitRun(lake, lake.land({ columns, rows: [1] }));
  expect(asked).toEqual([32 * 1024, expect.any(Number)]);
  const { file } = (await entriesOf(lake.files, currentSnapshot(await metadataOf(lake))!)).live[0];
  expect([file.lowerBounds.size, currentSchema(await metadataOf(lake))!.fields.length]).toEqual([100, 900]);
});

test('columns by type: a manifest of other types than the table goes on as metadata', async () => {
  await commitRun(lake, lake.land({ columns: [['Id', 'INT32'], ['Old', 'STRING']] }));
  await commitRun(lake, lake.land({ run: 2, columns: [['New', 'DATE'], ['Id', 'INT64']] }));
  const metadata = await metadataOf(lake);
  expect(currentSchema(metadata)!.fields.map(({ id, name, type }) => `${id} ${name} ${type}`)).toEqual(['3 new date', '1 id long']);
  expect(metadata.snapshots!.map((each) => each['schema-id'])).toEqual([0, 1]);
  expect(metadata['last-column-id']).toBe(3);
});

test('a name that is another dataset’s is refused', async () => {
  await commitRun(lake, lake.land({ table: 'a b' }));
  await expect(commitRun(lake, lake.land({ table: 'a_b' }))).rejects.toMatchObject({ code: 'NAME_TAKEN', message: expect.stringContaining('Bank/dbo/a b') });
});

test('writers that are always faster end in contention, and the table is theirs', async () => {
  await commitRun(lake, lake.land());
  const catalog = Object.assign(Object.create(lake.catalog) as TestLake['catalog'], { commit: async () => undefined });
  await expect(commitRun({ ...lake, catalog }, lake.land({ run: 2 }))).rejects.toMatchObject({ code: 'COMMIT_CONTENTION' });
  expect(await livePaths(lake)).toEqual(pathsOfRun());
});
