import { compactionEvent, compactionRequest, CompactionRequest } from '../../../src/contract';
import { compactLanded, CompactServices } from '../../../src/handlers/compact/compact-landed';
import { commitTables } from '../../../src/handlers/tables/commit-tables';
import { GluePace } from '../../../src/handlers/tables/glue-pace';
import { compactTable } from '../../../src/iceberg/commit/compact/compact-table';
import { liveEntries, liveManifests } from '../../../src/iceberg/commit/snapshot-files';
import { currentSnapshot } from '../../../src/iceberg/spec/table-metadata';
import { ChangedSource, SourceRun } from '../../support/tables/changed-source';
import { BUCKET, MemoryTables, ROOT } from '../../support/tables/memory-tables';
import { Mortal } from '../../support/tables/mortal';
import { seeded } from '../../support/tables/seeded';
import { shownTable, unnamedFiles } from '../../support/tables/table-folder';
import { VirtualClock } from '../../support/tables/virtual-clock';
import { rowsShown } from '../../support/tables/with-pages';

const NAME = 'ledger_dbo_accounts';
const MINUTE = 60_000;
const REQUEST: CompactionRequest = { bucket: BUCKET, tableName: NAME, whenDeletes: 2 };
const paced = () => ({ pace: new GluePace(new VirtualClock()) });

let source: ChangedSource;
let tables: MemoryTables;
let clock: number;
let invocations: number;
beforeEach(() => {
  source = new ChangedSource(undefined, undefined, true).write('Accounts', Object.fromEntries(Array.from({ length: 8 }, (_each, id) => [id, 'first'])));
  [tables, clock, invocations] = [new MemoryTables(), 0, 0];
});

const workplace = () => tables.services(paced()).workplaceOf(BUCKET);
const apply = async (run: SourceRun) => commitTables(tables.services(paced()), ...tables.land(run));

/** @param over whether a part ends after each file */
function services(over = false): CompactServices {
  const { telemetry } = tables.services(paced());
  return {
    workplaceOf: workplace,
    items: tables.compactions,
    telemetry,
    compact: async (place, name, compacting) => compactTable(place, name, { ...compacting, ...(over && { deadline: () => true }) }),
    targetBytes: 1024 * 1024,
    invokeAgain: async (event) => { tables.handedOn.push(event); },
    now: () => clock,
  };
}

const compact = async (each: CompactServices, request = REQUEST) => compactLanded(each, request, { id: `${++invocations}`, remaining: () => 15 * MINUTE });

/** Goes on with what was handed on, until there is nothing. */
async function goOn(each: () => CompactServices): Promise<number> {
  let parts = 0;
  for (let event = tables.handedOn.shift(); event; event = tables.handedOn.shift(), parts++) await compact(each(), compactionRequest(event));
  return parts;
}

/** A whole run, and runs of changes that touch its rows and those of each other. */
function chain(length: number): SourceRun[] {
  const runs = [source.load({ at: 1 })];
  for (let at = 2; at <= length; at++) runs.push(source.write('Accounts', { 1: `v${at}`, [at]: at % 3 ? `v${at}` : undefined, [at + 20]: 'new' }).changes(runs.at(-1)!, { at }));
  return runs;
}

const deleteFiles = async () => Number(currentSnapshot((await shownTable(workplace(), NAME))!)!.summary['total-delete-files']);
const expected = (run: SourceRun) => run.expected.get('Accounts')!.map((row) => [...row]);

test.each([['at once', false], ['in parts', true]])('killed at any request and repeated %s: rows are those of before, deletes are gone, and the next run leaves no file that nothing names', async (_name, inParts) => {
  const runs = chain(5);
  for (const run of runs.slice(0, 4)) await apply(run);
  const before = tables;
  let steps = 0;
  for (const when of ['before', 'after'] as const) {
    for (let request = 1; ; request++) {
      tables = before.copy();
      clock = 0;
      const mortal = new Mortal({ request, when });
      const alive = services(inParts);
      const place = workplace();
      const dying: CompactServices = {
        ...alive,
        items: mortal.with(alive.items),
        workplaceOf: () => ({ ...place, files: mortal.with(place.files), catalog: mortal.with(place.catalog) }),
        invokeAgain: mortal.with({ invokeAgain: alive.invokeAgain }).invokeAgain,
      };
      if (!await mortal.diesDuring(compact(dying))) break;
      steps += 1;
      // The one that was killed may have the table as long as it could have run.
      clock += 20 * MINUTE;
      await compact(services(inParts), { ...REQUEST, whenDeletes: undefined });
      await goOn(() => services(inParts));
      const at = { request, when };
      const compacted = { ...at, rows: await rowsShown(workplace(), NAME), deletes: await deleteFiles() };
      expect(compacted).toEqual({ ...at, rows: expected(runs[3]), deletes: 0 });
      await apply(runs[4]);
      expect({ ...at, rows: await rowsShown(workplace(), NAME) }).toEqual({ ...at, rows: expected(runs[4]) });
      const named = new Set(await namedData());
      const unnamed = (await unnamedFiles(workplace(), `${ROOT}lake-tables/`)).filter((uri) => !named.has(uri));
      expect({ ...at, unnamed }).toEqual({ ...at, unnamed: [] });
      const { owner } = tables.compactions.items.get(NAME)!;
      expect({ ...at, owner, failures: tables.failures }).toEqual({ ...at, owner: undefined, failures: [] });
    }
  }
  expect(steps).toBeGreaterThan(40);
}, 120_000);

/** Data files that any snapshot names. */
async function namedData(): Promise<string[]> {
  const { files } = workplace();
  const manifests = await Promise.all((await shownTable(workplace(), NAME))!.snapshots!.map(async (snapshot) => liveManifests(files, snapshot)));
  return manifests.flat().flatMap(liveEntries).map(({ entry }) => entry.file.filePath);
}

/** Requests that take effect in an order of chance, of several at once. */
function shuffled<T extends object>(each: T, random: () => number): T {
  return new Proxy(each, {
    get: (target, name) => {
      const method = Reflect.get(target, name);
      return typeof method !== 'function' ? method : async (...args: unknown[]) => {
        for (let turns = Math.floor(random() * 4); turns > 0; turns--) await new Promise((resolve) => { setImmediate(resolve); });
        return method.apply(target, args);
      };
    },
  });
}

test.each([[1], [2], [3], [4]])('compactions and runs of changes at the same time: none fails, and after each nothing is lost: chance %d', async (seed) => {
  const random = seeded(seed);
  const runs = chain(14);
  await apply(runs[0]);
  let isOver = false;
  let compactions = 0;
  const wrap = () => {
    const place = workplace();
    return { ...place, files: shuffled(place.files, random), catalog: shuffled(place.catalog, random) };
  };
  const writer = async () => {
    for (const run of runs.slice(1)) {
      const writing = tables.services({ ...paced(), wrap: (files, catalog) => [shuffled(files, random), shuffled(catalog, random)] });
      await commitTables(writing, ...tables.land(run));
      expect(tables.item(run.runId)).toMatchObject({ commitState: 'COMMITTED' });
    }
    isOver = true;
  };
  const compactor = async () => {
    while (!isOver) {
      const { state } = await compact({ ...services(random() < 0.5), workplaceOf: wrap });
      compactions += state === 'COMPACTED' || state === 'PARTLY' ? 1 : 0;
      const next = tables.handedOn.shift();
      if (next) await compact({ ...services(), workplaceOf: wrap }, compactionRequest(next));
      await new Promise((resolve) => { setImmediate(resolve); });
    }
  };
  await Promise.all([writer(), compactor(), compactor()]);
  tables.handedOn.push(compactionEvent({ bucket: BUCKET, tableName: NAME }));
  await goOn(services);
  expect(await rowsShown(workplace(), NAME)).toEqual(expected(runs.at(-1)!));
  expect([await deleteFiles(), tables.failures, compactions > 0]).toEqual([0, [], true]);
}, 60_000);
