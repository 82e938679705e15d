import { TABLE_PROPERTIES, CATALOG_PARAMETERS } from '../../../src/contract';
import { commitRun } from '../../../src/iceberg/commit/commit-run';
import { rollbackTable, withdrawRun } from '../../../src/iceberg/commit/rollback';
import { currentSchema } from '../../../src/iceberg/spec/table-metadata';
import { foreignCommit } from '../../support/iceberg/foreign-writer';
import { livePaths, metadataOf, pathsOfRun, runId, TABLE } from '../../support/iceberg/landed-table';
import { testLake, TestLake } from '../../support/iceberg/workplace';

let lake: TestLake;
beforeEach(async () => {
  lake = testLake();
  await commitRun(lake, lake.land({ columns: [['a', 'INT32', 1]] }));
  await commitRun(lake, lake.land({ run: 2, columns: [['b', 'INT32', 1]] }));
});
const withdraw = async (run: number, dataset = 'Bank/dbo/Accounts') => withdrawRun(lake, { name: TABLE, dataset, runId: runId(run) });

test('an earlier run is shown by its own schema, and the later one again', async () => {
  expect(await rollbackTable(lake, TABLE, { runId: runId(1) })).toMatchObject({ runId: runId(1), changed: true });
  const metadata = await metadataOf(lake);
  expect([currentSchema(metadata)!.fields[0].name, metadata.properties![CATALOG_PARAMETERS.run]]).toEqual(['a', runId(1)]);
  expect(await livePaths(lake)).toEqual(pathsOfRun());
  expect(await rollbackTable(lake, TABLE, { runId: runId(1) })).toMatchObject({ changed: false });
  const later = metadata.snapshots![1]['snapshot-id'];
  expect(await rollbackTable(lake, TABLE, { snapshotId: BigInt(later) })).toMatchObject({ runId: runId(2), changed: true });
  expect(currentSchema(await metadataOf(lake))!.fields[0].name).toBe('b');
  expect((await metadataOf(lake))['snapshot-log']!.length).toBe(4);
});

test('what is not there is told, with what is', async () => {
  await expect(rollbackTable(lake, TABLE, { runId: 'x' })).rejects.toMatchObject({ code: 'NOT_THERE', message: expect.stringContaining(`of run 'x'; it has those of the runs ${runId(1)}, ${runId(2)}`) });
  await expect(rollbackTable(lake, 'none', { runId: 'x' })).rejects.toMatchObject({ code: 'NOT_THERE' });
});

test('a run that is withdrawn is not shown, by its name neither, and applied again when it is whole', async () => {
  expect(await withdraw(2)).toMatchObject({ state: 'ROLLED_BACK', runId: runId(1) });
  const { properties } = await metadataOf(lake);
  expect(properties).toMatchObject({
    [TABLE_PROPERTIES.appliedRun]: runId(1), [TABLE_PROPERTIES.manifestETag]: 'etag-1', [TABLE_PROPERTIES.manifest]: expect.stringContaining(`run=${runId(1)}/`), [CATALOG_PARAMETERS.run]: runId(1),
  });
  await expect(rollbackTable(lake, TABLE, { runId: runId(2) })).rejects.toMatchObject({ code: 'NOT_THERE' });
  expect((await commitRun(lake, lake.land({ run: 2, columns: [['b', 'INT32', 1]] }))).repeated).toBe(false);
  expect(await livePaths(lake)).toEqual(pathsOfRun({ run: 2 }));
});

test('one that is not shown loses its tag alone', async () => {
  expect(await withdraw(1)).toEqual({ state: 'UNTOUCHED' });
  expect(await livePaths(lake)).toEqual(pathsOfRun({ run: 2 }));
  expect(await withdraw(2)).toEqual({ state: 'DROPPED' });
  expect(await lake.catalog.load(TABLE)).toBeUndefined();
  expect(await withdraw(2)).toEqual({ state: 'UNTOUCHED' });
});

test('one that others wrote on is left as it is; another dataset’s table too', async () => {
  await foreignCommit(lake, TABLE, { operation: 'append' });
  const before = await metadataOf(lake);
  expect(await withdraw(2)).toMatchObject({ state: 'BROKEN', why: expect.stringContaining('(append)') });
  expect(await withdraw(2, 'Bank/dbo/Other')).toEqual({ state: 'UNTOUCHED' });
  expect(await metadataOf(lake)).toEqual(before);
});

test('a run that is committed while the last one is withdrawn is not lost', async () => {
  for (let turns = 0; turns < 24; turns++) {
    lake = testLake();
    await commitRun(lake, lake.land());
    const late = async () => {
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      return commitRun(lake, lake.land({ run: 2 })).catch(async () => commitRun(lake, lake.land({ run: 2 })));
    };
    await Promise.all([withdraw(1), late()]);
    expect(await livePaths(lake)).toEqual(pathsOfRun({ run: 2 }));
  }
});
