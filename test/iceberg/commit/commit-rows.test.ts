import { commitRows } from '../../../src/iceberg/commit/commit-rows';
import { commitRun } from '../../../src/iceberg/commit/commit-run';
import { liveEntries, liveManifests } from '../../../src/iceberg/commit/snapshot-files';
import { DataFile, FileContent } from '../../../src/iceberg/spec/data-file';
import { currentSnapshot } from '../../../src/iceberg/spec/table-metadata';
import { foreignCommit, foreignFile } from '../../support/iceberg/foreign-writer';
import { livePaths, metadataOf, pathsOfRun, runId, TABLE } from '../../support/iceberg/landed-table';
import { unnamedFiles } from '../../support/iceberg/named-files';
import { testLake, TestLake } from '../../support/iceberg/workplace';

let lake: TestLake;
beforeEach(async () => {
  lake = testLake();
  await commitRun(lake, lake.land());
});

const fileOf = (name: string, rows: number): DataFile => ({ ...foreignFile('', rows), filePath: pathsOfRun({ run: 2 })[0].replace(/[^/]+$/, `changes-${name}.parquet`) });
const deletesOf = (name: string, rows: number): DataFile => ({ ...fileOf(name, rows), content: FileContent.equalityDeletes, equalityIds: [1] });
const entries = async () => (await liveManifests(lake.files, currentSnapshot(await metadataOf(lake)))).flatMap(liveEntries).map(({ entry }) => entry);

test('an append adds files, and all of before stay', async () => {
  const rows = fileOf('a', 7);
  const done = await commitRows(lake, TABLE, { runId: runId(2), added: [rows] });
  expect(await livePaths(lake)).toEqual([...pathsOfRun(), rows.filePath].sort());
  const { summary, 'snapshot-id': id } = currentSnapshot(await metadataOf(lake))!;
  expect([done.repeated, String(done.snapshotId), summary.operation, summary['added-records']]).toEqual([false, String(id), 'append', '7']);
});

test('a row delta: deletes of before and rows of now, by one sequence number that is later than theirs', async () => {
  await commitRows(lake, TABLE, { runId: runId(2), added: [fileOf('rows', 3), deletesOf('gone', 5)], properties: { mark: '42' } });
  const metadata = await metadataOf(lake);
  const { summary, 'sequence-number': sequence } = currentSnapshot(metadata)!;
  expect(summary).toMatchObject({ 'operation': 'overwrite', 'added-records': '3', 'added-delete-files': '1', 'added-equality-deletes': '5', 'total-equality-deletes': '5' });
  expect(metadata.properties).toMatchObject({ 'mark': '42', 'cdk-legacy-to-s3.applied-run': runId(2), 'cdk-legacy-to-s3.applied-sequence': String(sequence) });
  const [deletes] = (await entries()).filter(({ file }) => file.content !== 0);
  expect([deletes.file.equalityIds, deletes.sequenceNumber]).toEqual([[1], sequence]);
  for (const { file, sequenceNumber } of await entries()) {
    if (pathsOfRun().includes(file.filePath)) expect(Number(sequenceNumber)).toBeLessThan(Number(sequence));
  }
});

test('deletes alone', async () => {
  await commitRows(lake, TABLE, { runId: runId(2), added: [deletesOf('gone', 1)] });
  expect(currentSnapshot(await metadataOf(lake))!.summary.operation).toBe('delete');
});

test('a run is applied once', async () => {
  const first = await commitRows(lake, TABLE, { runId: runId(2), added: [fileOf('a', 1)] });
  const again = await commitRows(lake, TABLE, { runId: runId(2), added: [fileOf('b', 1)] });
  expect(again).toEqual({ ...first, repeated: true });
  expect((await metadataOf(lake)).snapshots).toHaveLength(2);
});

test('another writer in between: both are there', async () => {
  const { catalog } = lake;
  let theirs: string[] | undefined;
  const raced = Object.create(catalog, {
    commit: {
      value: async (commit: Parameters<typeof catalog.commit>[0]) => {
        theirs ??= await foreignCommit(lake, TABLE, { operation: 'append' });
        return catalog.commit(commit);
      },
    },
  });
  await commitRows({ ...lake, catalog: raced }, TABLE, { runId: runId(2), added: [fileOf('a', 1)] });
  expect(await livePaths(lake)).toEqual([...pathsOfRun(), ...theirs!, fileOf('a', 1).filePath].sort());
  expect(await unnamedFiles(lake)).toEqual([]);
});

test('a full run replaces rows and deletes', async () => {
  await commitRows(lake, TABLE, { runId: runId(2), added: [fileOf('rows', 3), deletesOf('gone', 5)] });
  await commitRun(lake, lake.land({ run: 3 }));
  expect(await livePaths(lake)).toEqual(pathsOfRun({ run: 3 }));
  expect(currentSnapshot(await metadataOf(lake))!.summary).toMatchObject({
    'removed-delete-files': '1', 'removed-equality-deletes': '5', 'total-delete-files': '0', 'total-equality-deletes': '0',
  });
});
