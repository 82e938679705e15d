import { commitRun } from '../../../src/iceberg/commit/commit-run';
import { expireTable } from '../../../src/iceberg/commit/expire';
import { rollbackTable, withdrawRun } from '../../../src/iceberg/commit/rollback';
import { Workplace } from '../../../src/iceberg/commit/workplace';
import { FaultPlace, Faults } from '../../support/iceberg/faults';
import { livePaths, metadataOf, pathsOfRun, runId, TABLE } from '../../support/iceberg/landed-table';
import { namedFiles, unnamedFiles } from '../../support/iceberg/named-files';
import { HOUR, testLake, TestLake } from '../../support/iceberg/workplace';

const DATASET = 'Bank/dbo/Accounts';

/**
 * Kills a task at each of its calls, before it took effect and after, each time on a lake of its own; then `then` says what has to hold.
 *
 * @param ready what is there before
 */
async function killedEverywhere(
  ready: (lake: TestLake) => Promise<unknown>, task: (lake: TestLake, workplace: Workplace) => Promise<unknown>,
  then: (lake: TestLake, at: { readonly call: number; readonly place: FaultPlace }) => Promise<void>,
): Promise<number> {
  const whole = testLake();
  await ready(whole);
  const counted = new Faults();
  await task(whole, { ...whole, files: counted.over(whole.files), catalog: counted.over(whole.catalog) });
  for (const place of ['before', 'after'] as const) {
    for (let call = 1; call <= counted.calls; call++) {
      const lake = testLake();
      await ready(lake);
      const faults = new Faults(call, place);
      await expect(task(lake, { ...lake, files: faults.over(lake.files), catalog: faults.over(lake.catalog) })).rejects.toThrow();
      await then(lake, { call, place });
    }
  }
  return counted.calls;
}

/** After this nothing is under way any more. */
async function cleanUp(lake: TestLake): Promise<void> {
  lake.pass(25 * HOUR);
  await expireTable(lake, TABLE, {});
  expect(await unnamedFiles(lake)).toEqual([]);
}

test.each([['the first', 0], ['a second', 1], ['a fourth', 3]])('%s commit: repeated, it is there once, and nothing is left', async (_which, before) => {
  const run = (lake: TestLake) => lake.land({ run: 9 });
  const calls = await killedEverywhere(async (lake) => {
    for (let day = 1; day <= before; day++) await commitRun(lake, lake.land({ run: day }));
  }, async (lake, workplace) => commitRun(workplace, run(lake)), async (lake, { call, place }) => {
    const seen = await lake.catalog.load(TABLE) && await livePaths(lake);
    if (seen) expect([[`${call} ${place}`, ...pathsOfRun({ run: 9 })], [`${call} ${place}`, ...pathsOfRun({ run: before })]]).toContainEqual([`${call} ${place}`, ...seen]);
    await commitRun(lake, run(lake));
    expect(await livePaths(lake)).toEqual(pathsOfRun({ run: 9 }));
    const { snapshots, refs } = await metadataOf(lake);
    expect([snapshots!.length, Object.keys(refs!).length]).toEqual([before + 1, before + 2]);
    await cleanUp(lake);
  });
  expect(calls).toBeGreaterThan(10);
});

test('expiry: whenever it is killed nothing that is named is gone, and the next one ends it', async () => {
  await killedEverywhere(async (lake) => {
    for (const day of [1, 2, 3]) await commitRun(lake, lake.land({ run: day }));
    lake.pass(HOUR);
  }, async (_lake, workplace) => expireTable(workplace, TABLE, { keepRuns: 1 }), async (lake) => {
    const named = await namedFiles(lake);
    for (const uri of named) expect([uri, lake.files.all.has(uri)]).toEqual([uri, true]);
    for (const day of (await metadataOf(lake)).snapshots!.map(({ 'sequence-number': sequence }) => Number(sequence))) {
      pathsOfRun({ run: day }).forEach((uri) => expect(lake.files.all.has(uri)).toBe(true));
    }
    await expireTable(lake, TABLE, { keepRuns: 1 });
    expect((await metadataOf(lake)).snapshots).toHaveLength(1);
    expect(await livePaths(lake)).toEqual(pathsOfRun({ run: 3 }));
    await cleanUp(lake);
  });
});

test('expiry deletes landed files of runs that went, also when it was killed before', async () => {
  await killedEverywhere(async (lake) => {
    for (const day of [1, 2, 3]) await commitRun(lake, lake.land({ run: day }));
  }, async (_lake, workplace) => expireTable(workplace, TABLE, { keepRuns: 1 }), async (lake) => {
    await expireTable(lake, TABLE, { keepRuns: 1 });
    expect(lake.files.below('s3://lake/landing/')).toEqual(lake.files.below('s3://lake/landing/').filter((uri) => uri.includes(runId(3))));
    expect(lake.files.below('s3://lake/landing/')).toHaveLength(2);
  });
});

test('rollback: repeated, the earlier run is shown', async () => {
  await killedEverywhere(async (lake) => {
    for (const day of [1, 2]) await commitRun(lake, lake.land({ run: day }));
  }, async (_lake, workplace) => rollbackTable(workplace, TABLE, { runId: runId(1) }), async (lake) => {
    await rollbackTable(lake, TABLE, { runId: runId(1) });
    expect(await livePaths(lake)).toEqual(pathsOfRun());
    expect((await metadataOf(lake)).snapshots).toHaveLength(2);
    await cleanUp(lake);
  });
});

test.each([['with one before it', 1], ['that is alone', 0]])('withdrawal of a run %s: repeated, it is not shown', async (_which, before) => {
  await killedEverywhere(async (lake) => {
    for (let day = 1; day <= before + 1; day++) await commitRun(lake, lake.land({ run: day }));
  }, async (_lake, workplace) => withdrawRun(workplace, { name: TABLE, dataset: DATASET, runId: runId(before + 1) }), async (lake) => {
    await withdrawRun(lake, { name: TABLE, dataset: DATASET, runId: runId(before + 1) });
    if (before === 0) expect(await lake.catalog.load(TABLE)).toBeUndefined();
    else expect(await livePaths(lake)).toEqual(pathsOfRun());
    await commitRun(lake, lake.land({ run: before + 1 }));
    expect(await livePaths(lake)).toEqual(pathsOfRun({ run: before + 1 }));
  });
});
