import { setTimeout as delay } from 'node:timers/promises';
import { historyTableName, TABLE_PROPERTIES } from '../../../src/contract';
import { LandedManifest } from '../../../src/handlers/complete/read-manifest';
import { commitTables, TablesServices } from '../../../src/handlers/tables/commit-tables';
import { GluePace } from '../../../src/handlers/tables/glue-pace';
import { goOnRequest } from '../../../src/handlers/tables/go-on';
import { TableCatalog } from '../../../src/iceberg/catalogs/table-catalog';
import { rollbackTable } from '../../../src/iceberg/commit/rollback';
import { TableFiles } from '../../../src/iceberg/files/table-files';
import { currentSchema } from '../../../src/iceberg/spec/table-metadata';
import { ChangedSource, SourceRun } from '../../support/tables/changed-source';
import { BUCKET, MemoryTables, ROOT } from '../../support/tables/memory-tables';
import { Mortal } from '../../support/tables/mortal';
import { seeded } from '../../support/tables/seeded';
import { shownFiles, shownTable, unnamedFiles } from '../../support/tables/table-folder';
import { VirtualClock } from '../../support/tables/virtual-clock';

const nameOf = (table: string) => `ledger_dbo_${table.toLowerCase()}`;
const paced = () => ({ pace: new GluePace(new VirtualClock()) });

let source: ChangedSource;
let tables: MemoryTables;
beforeEach(() => {
  source = new ChangedSource().write('Accounts', { 1: 'Ada', 2: 'Grace' });
  tables = new MemoryTables();
});

const workplace = () => tables.services(paced()).workplaceOf(BUCKET);
const shown = async (table = 'Accounts') => source.shown(workplace(), nameOf(table));
const complete = async (run: SourceRun) => commitTables(tables.services(paced()), ...tables.land(run));

/** Invokes run completion with what it has handed on, until there is nothing. */
async function goOn(runs: readonly SourceRun[]): Promise<number> {
  let invocations = 0;
  for (let event = tables.handedOn.shift(); event; event = tables.handedOn.shift(), invocations++) await continueWith(runs, event);
  return invocations;
}

async function continueWith(runs: readonly SourceRun[], event: unknown, services = tables.services(paced())): Promise<void> {
  const { runId, bucket, key, manifestETag, since } = goOnRequest(event)!;
  const { manifest } = runs.find((run) => run.runId === runId)!;
  const landed: LandedManifest = { manifest, bucket, key, versionId: 'null', eTag: manifestETag };
  const next = await commitTables(services, tables.runs.get(runId)!, landed, undefined, since);
  await next?.();
}

/** A whole run and runs of changes after it. */
function chain(length: number, write: (at: number) => void): SourceRun[] {
  const runs = [source.load({ at: 1 })];
  for (let at = 2; at <= length; at++) {
    write(at);
    runs.push(source.changes(runs.at(-1)!, { at }));
  }
  return runs;
}

test('a run of changes is applied, added to the history, counted and noted', async () => {
  const [base, run] = chain(2, () => source.write('Accounts', { 1: 'Ada L.', 2: undefined, 3: 'Edsger' }));
  await complete(base);
  await complete(run);
  expect(await shown()).toEqual([[1, 'Ada L.'], [3, 'Edsger']]);
  expect(await shownFiles(workplace(), historyTableName(nameOf('Accounts')))).toEqual(
    run.files.filter(({ key }) => !key.includes('/keys-')).map(({ key }) => ROOT + key).sort());
  expect(tables.item(run.runId)).toMatchObject({ commitState: 'COMMITTED', rows: 2, provenRows: 2, snapshotId: expect.stringMatching(/^\d+$/) });
  expect(tables.runs.get(run.runId)).toMatchObject({ tablesCommitted: 1, tablesNotCommitted: 0 });
  expect([tables.metrics.get('ChangesApplied'), tables.metrics.get('TablesCommitted')]).toEqual([3, 2]);
  expect(tables.metrics.get('ChangeLagSeconds')).toBeCloseTo((Date.now() - Date.parse('2026-01-01T00:00:02Z')) / 1000, -2);
  const asked = tables.glue.requests.length;
  await complete(run);
  expect([tables.glue.requests.length, tables.metrics.get('ChangesApplied')]).toEqual([asked, 3]);
});

test('deleted rows are kept where settings say so, and no more where they do not', async () => {
  const [base, first, second] = chain(3, (at) => source.write('Accounts', { [at]: `v${at}` }));
  const completeWith = async (run: SourceRun, softDeletes?: boolean) => commitTables(
    tables.services({ ...paced(), settings: { kind: 'iceberg', ...(softDeletes && { softDeletes }) } }), ...tables.land(run));
  const kept = async () => {
    const metadata = (await shownTable(workplace(), nameOf('Accounts')))!;
    return [currentSchema(metadata)!.fields.map(({ name }) => name), metadata.properties![TABLE_PROPERTIES.softDeletesSince]];
  };
  await completeWith(base, true);
  await completeWith(first, true);
  expect(await kept()).toEqual([['id', 'name', '__deleted_at'], base.marks.get('Accounts')!.at]);
  await completeWith(second);
  expect(await kept()).toEqual([['id', 'name', '__deleted_at'], undefined]);
  await completeWith(source.load({ at: 4 }));
  expect(await kept()).toEqual([['id', 'name'], undefined]);
});

test('a run whose predecessor is missing waits as an item; whoever applies that starts it, one after the other, each once', async () => {
  const runs = chain(4, (at) => source.write('Accounts', { [at]: `v${at}` }));
  for (const run of [...runs].slice(1).reverse()) await complete(run);
  expect(runs.slice(1).map(({ runId }) => tables.item(runId))).toEqual(runs.slice(0, -1).map(({ marks }) => (
    expect.objectContaining({ commitState: 'WAITING', waitsFor: marks.get('Accounts')!.order }))));
  expect([tables.waiting.size, tables.metrics.get('TablesWaiting'), tables.handedOn.length]).toEqual([3, 3, 0]);
  await complete(runs[1]);
  expect([tables.metrics.get('TablesWaiting'), tables.glue.tables.size]).toEqual([3, 0]);
  await complete(runs[0]);
  expect(await goOn(runs)).toBe(3);
  expect(await shown()).toEqual(runs[3].expected.get('Accounts'));
  expect([tables.waiting.size, runs.map(({ runId }) => tables.item(runId)!.commitState)]).toEqual([0, runs.map(() => 'COMMITTED')]);
  expect(runs.map(({ runId }) => tables.runs.get(runId)!.tablesNotCommitted)).toEqual([0, 0, 0, 0]);
});

test('a table that is refused stops neither the others nor their successors; once it is not, all of it goes on', async () => {
  source = new ChangedSource(['Accounts', 'Customers']);
  const runs = chain(3, (at) => source.names.forEach((table) => source.write(table, { [at]: `v${at}` })));
  tables.glue.tables.set(nameOf('Customers'), { Name: nameOf('Customers'), VersionId: '0', Parameters: {} });
  for (const run of runs) await complete(run);
  expect(await shown()).toEqual(runs[2].expected.get('Accounts'));
  expect(runs.map(({ runId }) => tables.item(runId, 'Customers')!.commitState)).toEqual(['REFUSED', 'WAITING', 'WAITING']);
  tables.glue.tables.delete(nameOf('Customers'));
  await complete(runs[0]);
  await goOn(runs);
  expect(await shown('Customers')).toEqual(runs[2].expected.get('Customers'));
});

test('of an incomplete run whose tables hold they are applied, in their turn, and taken back once something else is wrong', async () => {
  const runs = chain(3, (at) => source.write('Accounts', { [at]: `v${at}` }));
  const hold = { tablesHold: true } as const;
  for (const run of [runs[2], runs[1]]) await commitTables(tables.services(paced()), ...tables.land(run, 'INCOMPLETE', hold));
  expect([tables.waiting.size, tables.metrics.get('TablesWaiting')]).toEqual([2, 2]);
  await complete(runs[0]);
  expect(goOnRequest(tables.handedOn[0])).toMatchObject({ runId: runs[1].runId, runState: 'INCOMPLETE' });
  await goOn(runs);
  expect([await shown(), tables.waiting.size]).toEqual([runs[2].expected.get('Accounts'), 0]);
  await commitTables(tables.services(paced()), ...tables.land(runs[2], 'INCOMPLETE'));
  expect(tables.item(runs[2].runId)!.commitState).toBe('WITHDRAWN');
  expect(await shown()).toEqual(runs[1].expected.get('Accounts'));
});

test('a run that a history refuses is added once that is mended and the run is replayed', async () => {
  const runs = chain(4, (at) => source.write('Accounts', { [at]: `v${at}` }));
  const history = historyTableName(nameOf('Accounts'));
  for (const run of runs.slice(0, 3)) await complete(run);
  const { snapshots } = (await shownTable(workplace(), history))!;
  await rollbackTable(workplace(), history, { snapshotId: snapshots![0]['snapshot-id'] });
  await complete(runs[3]);
  expect(await shown()).toEqual(runs[3].expected.get('Accounts'));
  expect([tables.item(runs[3].runId), tables.metrics.get('TablesNotCommitted')]).toMatchObject([{ commitState: 'COMMITTED', problem: expect.stringMatching(/^history: CHAIN_BROKEN/) }, 1]);
  await rollbackTable(workplace(), history, { snapshotId: snapshots![1]['snapshot-id'] });
  await complete(runs[3]);
  expect(tables.item(runs[3].runId)!.problem).toBeUndefined();
  expect((await shownFiles(workplace(), history)).filter((file) => file.includes('/changes-'))).toHaveLength(3);
});

/*
 * The first run is applied at each of the moments there are between two requests of the second, which waits or does not. However it
 * falls, the second is applied at the end, without another event.
 */
test('where a table was rolled back to a run that was taken back and mended, later runs wait until it is read whole', async () => {
  const runs = chain(3, (at) => source.write('Accounts', { [at]: `v${at}` }));
  await complete(runs[0]);
  await complete(runs[1]);
  await rollbackTable(workplace(), nameOf('Accounts'), { runId: runs[0].runId });
  await commitTables(tables.services(paced()), ...tables.land(runs[0], 'INCOMPLETE'));
  await complete(runs[0]);
  await complete(runs[2]);
  expect([tables.item(runs[2].runId)!.commitState, await shown()]).toEqual(['WAITING', runs[0].expected.get('Accounts')]);
  const whole = source.load({ at: 4 });
  await complete(whole);
  await goOn([...runs, whole]);
  expect([tables.waiting.size, await shown()]).toEqual([0, whole.expected.get('Accounts')]);
  source.write('Accounts', { 9: 'v9' });
  const after = source.changes(whole, { at: 5 });
  await complete(after);
  expect(await shown()).toEqual(after.expected.get('Accounts'));
});

test('no call is lost, whenever the predecessor is applied while a run finds that it waits', async () => {
  const runs = chain(3, (at) => source.write('Accounts', { [at]: `v${at}` }));
  let waited = 0;
  for (let moment = 0; ; moment++) {
    tables = new MemoryTables();
    await complete(runs[0]);
    let requests = 0;
    let between: Promise<unknown> | undefined;
    const interrupted = <T extends object>(services: T): T => new Proxy(services, {
      get: (target, name) => {
        const method = Reflect.get(target, name);
        return typeof method !== 'function' ? method : async (...args: unknown[]) => {
          if (requests++ === moment) await (between = complete(runs[1]));
          return method.apply(target, args);
        };
      },
    });
    const services = tables.services({ ...paced(), wrap: (files, catalog) => [interrupted(files), interrupted(catalog)] });
    await commitTables({ ...services, items: interrupted(services.items) }, ...tables.land(runs[2]));
    if (!between) break;
    waited += tables.metrics.get('TablesWaiting') ?? 0;
    await goOn(runs);
    expect({ moment, rows: await shown() }).toEqual({ moment, rows: runs[2].expected.get('Accounts') });
    expect({ moment, waiting: tables.waiting.size }).toEqual({ moment, waiting: 0 });
  }
  expect(waited).toBeGreaterThan(3);
});

test('a completion that is killed at any request, and repeated, applies each run once and starts who waits', async () => {
  const runs = chain(3, (at) => source.write('Accounts', { 1: `v${at}`, [at]: `v${at}` }));
  for (const when of ['before', 'after'] as const) {
    for (let request = 1; ; request++) {
      tables = new MemoryTables();
      await complete(runs[0]);
      await complete(runs[2]);
      const mortal = new Mortal({ request, when });
      const services = tables.services({ ...paced(), wrap: (files, catalog) => [mortal.with(files), mortal.with(catalog)] });
      const { invokeAgain } = mortal.with({ invokeAgain: services.invokeAgain });
      const dying = { ...services, invokeAgain, items: mortal.with(services.items), runs: mortal.with(services.runs) };
      const died = await mortal.diesDuring(commitTables(dying, ...tables.land(runs[1])));
      if (!died) break;
      await complete(runs[1]);
      await goOn(runs);
      const at = { request, when };
      expect({ ...at, rows: await shown() }).toEqual({ ...at, rows: runs[2].expected.get('Accounts') });
      const metadata = (await shownTable(workplace(), nameOf('Accounts')))!;
      expect({ ...at, snapshots: metadata.snapshots!.length }).toEqual({ ...at, snapshots: 3 });
      const history = (await shownTable(workplace(), historyTableName(nameOf('Accounts'))))!;
      expect({ ...at, snapshots: history.snapshots!.length }).toEqual({ ...at, snapshots: 2 });
      const unnamed = await unnamedFiles(workplace(), `${ROOT}lake-tables/`);
      expect({ ...at, waiting: tables.waiting.size, unnamed }).toEqual({ ...at, waiting: 0, unnamed: [] });
    }
  }
}, 120_000);

/** Requests that take effect in an order of chance. */
function shuffled<T extends object>(services: T, random: () => number): T {
  return new Proxy(services, {
    get: (target, name) => {
      const method = Reflect.get(target, name);
      return typeof method !== 'function' ? method : async (...args: unknown[]) => {
        if (random() < 0.3) await delay(0);
        return method.apply(target, args);
      };
    },
  });
}

describe('a chain of runs, delivered out of order, twice, and by completions that are killed', () => {
  test.each([[1], [2], [3], [4], [5], [6]])('is applied in order, each once: chance %d', async (seed) => {
    const random = seeded(seed);
    source = new ChangedSource(['Accounts', 'Customers', 'Orders']);
    const runs = chain(8, () => source.names.forEach((table) => random() < 0.8 && source.writeSome(table, random)));
    const landed = new Map(runs.map((run) => [run, tables.land(run)]));
    const queue = [...runs, ...runs].map((run) => ({ run, order: random() })).sort((a, b) => a.order - b.order).map(({ run }) => run);
    const services = () => tables.services({
      ...paced(),
      wrap: (files: TableFiles, catalog: TableCatalog): [TableFiles, TableCatalog] => [shuffled(files, random), shuffled(catalog, random)],
    });
    /** As Lambda repeats an event, also of a process that was killed. */
    const invoke = async (work: (services: TablesServices) => Promise<void | (() => Promise<void>)>) => {
      for (let done = false; !done;) {
        const mortal = new Mortal({ request: 1 + Math.floor(random() * 120), when: random() < 0.5 ? 'before' : 'after' });
        const each = services();
        const dying = random() < 0.5 ? each : {
          ...each,
          items: mortal.with(each.items),
          runs: mortal.with(each.runs),
          invokeAgain: mortal.with({ invokeAgain: each.invokeAgain }).invokeAgain,
          workplaceOf: (bucket: string) => {
            const place = each.workplaceOf(bucket);
            return { ...place, files: mortal.with(place.files), catalog: mortal.with(place.catalog) };
          },
        };
        let failed = false;
        const died = await mortal.diesDuring(work(dying).then(async (next) => next?.()).catch(() => { failed = true; }));
        done = !died && !failed;
      }
    };
    const lambda = async () => {
      for (;;) {
        const event = tables.handedOn.shift();
        const run = event ? undefined : queue.shift();
        if (event) await invoke(async (each) => continueWith(runs, event, each));
        else if (run) await invoke(async (each) => commitTables(each, ...landed.get(run)!));
        else return;
      }
    };
    await Promise.all([lambda(), lambda(), lambda()]);
    await lambda();
    for (const table of source.names) {
      expect(await shown(table)).toEqual(runs.at(-1)!.expected.get(table));
      const metadata = (await shownTable(workplace(), nameOf(table)))!;
      const applied = metadata.snapshots!.map(({ summary }) => summary['cdk-legacy-to-s3.run']);
      expect(applied).toEqual([...new Set(applied)].sort());
      expect(JSON.parse(metadata.properties![TABLE_PROPERTIES.appliedMark])).toEqual(runs.at(-1)!.marks.get(table));
      const changed = runs.slice(1).filter((run) => run.manifest.tables.find((each) => each.table === table)!.objects.some(({ rows }) => rows > 0));
      expect(applied).toEqual([runs[0], ...changed].map(({ runId }) => runId));
      const history = (await shownTable(workplace(), historyTableName(nameOf(table))))!;
      expect(history.snapshots!.map(({ summary }) => summary['cdk-legacy-to-s3.run']).sort()).toEqual(changed.map(({ runId }) => runId));
      expect(runs.map(({ runId }) => tables.item(runId, table)!.commitState)).toEqual(runs.map(() => expect.stringMatching(/^COMMITTED|SUPERSEDED$/)));
    }
    expect(tables.waiting.size).toBe(0);
    expect(tables.failures).toEqual([]);
  }, 60_000);
});
