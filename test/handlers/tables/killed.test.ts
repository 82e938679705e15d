import { commitTables, TablesServices } from '../../../src/handlers/tables/commit-tables';
import { GluePace } from '../../../src/handlers/tables/glue-pace';
import { BUCKET, MemoryTables, ROOT } from '../../support/tables/memory-tables';
import { Death, Mortal } from '../../support/tables/mortal';
import { ParquetRun, ParquetRuns } from '../../support/tables/parquet-runs';
import { shownFiles, shownTable, unnamedFiles } from '../../support/tables/table-folder';
import { VirtualClock } from '../../support/tables/virtual-clock';

let runs: ParquetRuns;
beforeAll(async () => { runs = await ParquetRuns.make(); });

/** Commits a run in a process that ends at a request. @returns whether it ended before its work did */
async function dies(tables: MemoryTables, run: ParquetRun, death: Death): Promise<boolean> {
  const mortal = new Mortal(death);
  const services: TablesServices = {
    ...tables.services({ pace: new GluePace(new VirtualClock()), wrap: (files, catalog) => [mortal.with(files), mortal.with(catalog)] }),
  };
  const { items, runs: store } = services;
  return mortal.diesDuring(commitTables({ ...services, items: mortal.with(items), runs: mortal.with(store) }, ...tables.land(run)));
}

async function commit(tables: MemoryTables, run: ParquetRun): Promise<void> {
  await commitTables(tables.services({ pace: new GluePace(new VirtualClock()) }), ...tables.land(run));
}

const workplaceOf = (tables: MemoryTables) => tables.services({ pace: new GluePace(new VirtualClock()) }).workplaceOf(BUCKET);
const NAME = 'ledger_dbo_accounts';

describe.each<[string, number]>([['the first run', 0], ['a later run', 1], ['a run after many', 25]])('%s', (_name, before) => {
  test.each(['before', 'after'] as const)('whose completion ends %s any request is one snapshot once it is repeated', async (when) => {
    let steps = 0;
    const earlier = new MemoryTables();
    for (let at = 1; at <= before; at++) await commit(earlier, runs.run({ at }));
    for (let request = 1; ; request++) {
      const tables = earlier.copy();
      const run = runs.run({ at: 100, files: 2 });
      if (!await dies(tables, run, { request, when })) break;
      steps += 1;
      await commit(tables, run);
      const workplace = workplaceOf(tables);
      const metadata = (await shownTable(workplace, NAME))!;
      const ofRun = metadata.snapshots!.filter(({ summary }) => summary['cdk-legacy-to-s3.run'] === run.runId);
      expect({ request, snapshots: metadata.snapshots!.length, ofRun: ofRun.length }).toEqual({ request, snapshots: before + 1, ofRun: 1 });
      expect(await shownFiles(workplace, NAME)).toEqual(run.files.map(({ key }) => ROOT + key).sort());
      expect({ request, unnamed: await unnamedFiles(workplace, `${ROOT}lake-tables/`) }).toEqual({ request, unnamed: [] });
      expect(tables.item(run.runId)).toMatchObject({ commitState: 'COMMITTED', snapshotId: String(ofRun[0]['snapshot-id']), rows: 6, provenRows: 6 });
      expect(tables.failures).toEqual([]);
    }
    expect(steps).toBeGreaterThan(15);
  }, 60_000);
});

test('a second repetition asks Glue nothing', async () => {
  const tables = new MemoryTables();
  const run = runs.run({ at: 1, tables: ['Accounts', 'Customers'] });
  await commit(tables, run);
  const asked = tables.glue.requests.length;
  expect(asked).toBe(6);
  await commit(tables, run);
  expect(tables.glue.requests).toHaveLength(asked);
  expect(tables.metrics.get('TablesCommitted')).toBe(2);
});
