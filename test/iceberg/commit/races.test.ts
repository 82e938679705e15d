import { commitRun } from '../../../src/iceberg/commit/commit-run';
import { expireTable } from '../../../src/iceberg/commit/expire';
import { IcebergError } from '../../../src/iceberg/spec/errors';
import { currentSnapshot } from '../../../src/iceberg/spec/table-metadata';
import { foreignCommit } from '../../support/iceberg/foreign-writer';
import { entriesOf, livePaths, metadataOf, pathsOfRun, runId, TABLE } from '../../support/iceberg/landed-table';
import { namedFiles, unnamedFiles } from '../../support/iceberg/named-files';
import { HOUR, testLake } from '../../support/iceberg/workplace';

/** Until it is not refused because of others: run completion tries a table again. */
async function untilDone<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof IcebergError) || !['COMMIT_CONTENTION', 'COMMIT_UNPROVEN'].includes(error.code)) throw error;
    }
  }
}

test('100 commits by four completions and two others who add rows: no run and no row is lost, and nothing is left', async () => {
  const lake = testLake();
  await commitRun(lake, lake.land({ run: 0 }));
  const days = Array.from({ length: 59 }, (_each, at) => at + 1);
  const states = new Map<number, string>();
  const completion = async () => {
    for (let day = days.shift(); day !== undefined; day = days.shift()) {
      const run = lake.land({ run: day, rows: [day, 1] });
      states.set(day, (await untilDone(async () => commitRun(lake, run, { foreignRows: 'keep' }))).state);
    }
  };
  const theirs: string[] = [];
  const other = async () => {
    for (let left = 20; left > 0;) {
      const added = await foreignCommit(lake, TABLE, { operation: 'append', rows: [10] });
      if (added) {
        theirs.push(...added);
        left--;
      }
    }
  };
  await Promise.all([completion(), completion(), completion(), completion(), other(), other()]);

  const metadata = await metadataOf(lake);
  const newest = { run: 59, rows: [59, 1] };
  expect(await livePaths(lake)).toEqual([...pathsOfRun(newest), ...theirs].sort());
  expect(theirs).toHaveLength(40);
  const { live } = await entriesOf(lake.files, currentSnapshot(metadata)!);
  const rows = live.reduce((sum, { file }) => sum + file.recordCount, 0);
  expect([rows, Number(currentSnapshot(metadata)!.summary['total-records'])]).toEqual([60 + 400, 60 + 400]);
  const committed = [...states].filter(([, state]) => state === 'COMMITTED').map(([day]) => day);
  expect([...states].filter(([, state]) => !['COMMITTED', 'SUPERSEDED'].includes(state))).toEqual([]);
  expect(Object.keys(metadata.refs!).sort()).toEqual(['main', ...[0, ...committed].map((day) => `run-${runId(day)}`)].sort());
  expect(metadata.snapshots).toHaveLength(1 + committed.length + 40);
  expect(new Set(metadata.snapshots!.map((each) => each['sequence-number'])).size).toBe(metadata.snapshots!.length);
  for (const snapshot of metadata.snapshots!) {
    const { live: then } = await entriesOf(lake.files, snapshot);
    expect(then.reduce((sum, { file }) => sum + file.recordCount, 0)).toBe(Number(snapshot.summary['total-records']));
  }
  for (const uri of await namedFiles(lake)) expect([uri, lake.files.all.has(uri)]).toEqual([uri, true]);
  lake.pass(25 * HOUR);
  await expireTable(lake, TABLE, {});
  expect(await unnamedFiles(lake)).toEqual([]);
  expect(await livePaths(lake)).toEqual([...pathsOfRun(newest), ...theirs].sort());
});

test('first commits at the same time: the newest run is shown, of one table', async () => {
  for (let late = 0; late < 30; late += 3) {
    const lake = testLake();
    const outcomes = await Promise.all([3, 1, 4, 2].map(async (run) => {
      for (let turn = 0; turn < late * (run - 1); turn++) await new Promise(setImmediate);
      return untilDone(async () => commitRun(lake, lake.land({ run })));
    }));
    expect(await livePaths(lake)).toEqual(pathsOfRun({ run: 4 }));
    expect((await metadataOf(lake)).snapshots).toHaveLength(outcomes.filter(({ state }) => state === 'COMMITTED').length);
    lake.pass(25 * HOUR);
    await expireTable(lake, TABLE, {});
    expect(await unnamedFiles(lake)).toEqual([]);
  }
});

test('the same run completed several times at once is one snapshot', async () => {
  const lake = testLake();
  await commitRun(lake, lake.land());
  const run = lake.land({ run: 2 });
  const outcomes = await Promise.all(Array.from({ length: 5 }, async () => commitRun(lake, run)));
  expect(new Set(outcomes.map(({ snapshotId }) => snapshotId)).size).toBe(1);
  expect(outcomes.filter(({ repeated }) => !repeated)).toHaveLength(1);
  expect((await metadataOf(lake)).snapshots).toHaveLength(2);
});

test('an attempt that a sweep takes for left, while it still writes, deletes what it wrote after that once it is too late', async () => {
  const lake = testLake();
  await commitRun(lake, lake.land({ run: 1 }));
  const { files } = lake;
  let overtaken = false;
  const slow = Object.create(files, {
    replace: {
      value: async (uri: string, bytes: Buffer | string) => {
        if (uri.endsWith('-m0.avro') && !overtaken) {
          overtaken = true;
          await commitRun(lake, lake.land({ run: 2 }));
        }
        return files.replace(uri, bytes);
      },
    },
  });
  expect((await commitRun({ ...lake, files: slow }, lake.land({ run: 3 }))).state).toBe('COMMITTED');
  expect([overtaken, await livePaths(lake)]).toEqual([true, pathsOfRun({ run: 3 })]);
  expect(await unnamedFiles(lake)).toEqual([]);
});
