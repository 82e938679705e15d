import { setTimeout as delay } from 'node:timers/promises';
import { TableCommitState } from '../../../src/contract';
import { commitTables } from '../../../src/handlers/tables/commit-tables';
import { GluePace } from '../../../src/handlers/tables/glue-pace';
import { TableCatalog } from '../../../src/iceberg/catalogs/table-catalog';
import { TableFiles } from '../../../src/iceberg/files/table-files';
import { appendForeignFile } from '../../support/tables/foreign-writer';
import { BUCKET, MemoryTables, ROOT } from '../../support/tables/memory-tables';
import { ParquetRuns } from '../../support/tables/parquet-runs';
import { seeded } from '../../support/tables/seeded';
import { shownFiles, shownTable, unnamedFiles } from '../../support/tables/table-folder';
import { VirtualClock } from '../../support/tables/virtual-clock';

const NAME = 'ledger_dbo_accounts';
const RUNS = 100;
const COMPLETIONS = 4;
const INSERTS = 15;

/** Requests that take effect in an order of chance, which a seed repeats. */
function shuffled<T extends object>(services: T, random: () => number): T {
  return new Proxy(services, {
    get: (target, name) => {
      const method = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        if (random() < 0.5) await delay(random() * 2);
        return method.apply(target, args);
      };
    },
  });
}

test('a hundred runs by four completions, and two others that insert, lose nothing they may not', async () => {
  const random = seeded(17);
  const [tables, runs] = [new MemoryTables(), await ParquetRuns.make()];
  const wrap = (files: TableFiles, catalog: TableCatalog): [TableFiles, TableCatalog] => [shuffled(files, random), shuffled(catalog, random)];
  const services = () => tables.services({ pace: new GluePace(new VirtualClock()), wrap, settings: { kind: 'iceberg', foreignRows: 'keep' } });
  const all = Array.from({ length: RUNS }, (_each, at) => runs.run({ at }));
  await commitTables(services(), ...tables.land(all[0]));

  const queue = all.slice(1).map((run) => ({ run, landed: tables.land(run) }));
  let tries = 0;
  const complete = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      // As Lambda repeats an event.
      for (let done = false; !done; tries++) done = await commitTables(services(), ...next.landed).then(() => true, () => false);
    }
  };
  const inserted: string[] = [];
  const insert = async (writer: number) => {
    for (let at = 0; at < INSERTS; at++) {
      await delay(random() * 40);
      inserted.push(await appendForeignFile(services().workplaceOf(BUCKET), NAME, runs.bytes, 1_000_000 * writer + at));
    }
  };
  await Promise.all([...Array.from({ length: COMPLETIONS }, complete), insert(1), insert(2)]);
  for (const { landed } of all.map((run) => ({ landed: tables.land(run) }))) await commitTables(services(), ...landed);

  const workplace = tables.services({ pace: new GluePace(new VirtualClock()) }).workplaceOf(BUCKET);
  expect(await shownFiles(workplace, NAME)).toEqual([...inserted, ...all.at(-1)!.files.map(({ key }) => ROOT + key)].sort());
  const states = all.map(({ runId }) => tables.item(runId)!.commitState);
  const count = (state: TableCommitState) => states.filter((each) => each === state).length;
  expect(count('COMMITTED') + count('SUPERSEDED')).toBe(RUNS);
  const metadata = (await shownTable(workplace, NAME))!;
  expect(metadata.snapshots).toHaveLength(count('COMMITTED') + inserted.length);
  const ofRuns = metadata.snapshots!.map(({ summary }) => summary['cdk-legacy-to-s3.run']).filter((run) => run !== undefined);
  expect(ofRuns).toEqual([...ofRuns].sort());
  const unnamed = await unnamedFiles(workplace, `${ROOT}lake-tables/`);
  // Those of others that lost a race are not ours to delete.
  expect(unnamed.filter((uri) => !uri.includes('/theirs-') && !uri.includes('-theirs-') && !uri.includes('/data/'))).toEqual([]);
  expect(tries).toBeGreaterThanOrEqual(RUNS - 1);
}, 120_000);
