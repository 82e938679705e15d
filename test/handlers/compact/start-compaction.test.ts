import { compactionRequest, CompactionSettings } from '../../../src/contract';
import { commitTables } from '../../../src/handlers/tables/commit-tables';
import { GluePace } from '../../../src/handlers/tables/glue-pace';
import { compactionSettings, isDue } from '../../../src/handlers/tables/start-compaction';
import { compactTable } from '../../../src/iceberg/commit/compact/compact-table';
import { foldableOf } from '../../../src/iceberg/commit/compact/foldable';
import { ChangedSource, SourceRun } from '../../support/tables/changed-source';
import { BUCKET, MemoryTables } from '../../support/tables/memory-tables';
import { shownTable } from '../../support/tables/table-folder';
import { VirtualClock } from '../../support/tables/virtual-clock';

const NAME = 'ledger_dbo_accounts';
const HOUR = 3_600_000;

let source: ChangedSource;
let tables: MemoryTables;
let started: unknown[];
beforeEach(() => {
  source = new ChangedSource(undefined, undefined, true).write('Accounts', { 1: 'Ada', 2: 'Grace', 3: 'Edsger' });
  [tables, started] = [new MemoryTables(), []];
});

const workplace = () => tables.services({ pace: new GluePace(new VirtualClock()) }).workplaceOf(BUCKET);

async function complete(run: SourceRun, settings?: Omit<CompactionSettings, 'functionName'>, invoke = async (event: object) => void started.push(compactionRequest(event))) {
  const compaction = settings && { settings: { functionName: 'compactor', ...settings }, invoke };
  await commitTables(tables.services({ pace: new GluePace(new VirtualClock()), compaction }), ...tables.land(run));
}

/** A whole run and runs of changes after it, each with two delete files. @returns the runs */
function chain(length: number): SourceRun[] {
  const runs = [source.load({ at: 1 })];
  for (let at = 2; at <= length; at++) runs.push(source.write('Accounts', { 1: `v${at}`, [at]: undefined }).changes(runs.at(-1)!, { at }));
  return runs;
}

test('a table is started that has as many delete files as are asked for, by its name', async () => {
  const [base, second, third] = chain(3);
  await complete(base, { whenDeletes: 4 });
  await complete(second, { whenDeletes: 4 });
  expect(started).toEqual([]);
  await complete(third, { whenDeletes: 4, atMostEverySeconds: 0 });
  expect(started).toEqual([{ bucket: BUCKET, tableName: NAME, whenDeletes: 4, atMostEverySeconds: 0 }]);
});

test('by time alone after the first changes, and not while nothing was applied', async () => {
  const [base, second] = chain(2);
  await complete(base, {});
  expect(started).toEqual([]);
  await complete(second, {});
  expect(started).toHaveLength(1);
});

test('without settings nothing is started, and no metadata is read for it', async () => {
  for (const run of chain(3)) await complete(run);
  expect(started).toEqual([]);
});

test('not while another is at it, and not before its time', async () => {
  const [base, second, third, fourth] = chain(4);
  await complete(base);
  await tables.compactions.take(NAME, 'other', '2026', new Date(Date.now() + HOUR).toISOString());
  await complete(second, {});
  await tables.compactions.release(NAME, 'other', { notBefore: new Date(Date.now() + HOUR).toISOString() });
  await complete(third, {});
  expect(started).toEqual([]);
  await tables.compactions.take(NAME, 'killed', '2026', new Date(Date.now() - 1).toISOString());
  await tables.compactions.release(NAME, 'killed', { notBefore: new Date(Date.now() - 1).toISOString() });
  await tables.compactions.take(NAME, 'killed', '2026', new Date(Date.now() - 1).toISOString());
  await complete(fourth, {});
  expect(started).toHaveLength(1);
});

test('a start that fails is told, and the run is applied all the same', async () => {
  const [base, second] = chain(2);
  await complete(base);
  await complete(second, {}, async () => { throw new Error('not authorized'); });
  expect([tables.item(second.runId)!.commitState, tables.failures]).toEqual(['COMMITTED', [expect.objectContaining({ message: 'not authorized' })]]);
});

test('what there is to fold: nothing after a whole run or a compaction, deletes and changes after runs of changes', async () => {
  const [base, second, third] = chain(3);
  const foldable = async () => foldableOf((await shownTable(workplace(), NAME))!);
  await complete(base);
  const first = await foldable();
  expect(first).toEqual({ deleteFiles: 0, isChanged: false, wholeAt: expect.any(Number) });
  await complete(second);
  expect(await foldable()).toEqual({ ...first, deleteFiles: 2, isChanged: true });
  await compactTable(workplace(), NAME);
  const compacted = await foldable();
  expect(compacted).toEqual({ deleteFiles: 0, isChanged: false, wholeAt: expect.any(Number) });
  expect(compacted.wholeAt).toBeGreaterThan(first.wholeAt!);
  await complete(third);
  expect(await foldable()).toEqual({ ...compacted, deleteFiles: 2, isChanged: true });
});

test.each<[Omit<CompactionSettings, 'functionName'>, number, number, boolean]>([
  [{ whenDeletes: 5 }, 4, 0, false],
  [{ whenDeletes: 5 }, 5, 0, true],
  [{ whenDeletes: 5, atMostEverySeconds: 60 }, 5, 59_999, false],
  [{ whenDeletes: 5, atMostEverySeconds: 60 }, 5, 60_000, true],
  [{ atMostEverySeconds: 60 }, 0, 59_999, false],
  [{ atMostEverySeconds: 60 }, 0, 60_000, true],
])('%j of %d delete files, %d ms after it was whole: %s', (settings, deleteFiles, after, due) => {
  expect(isDue(settings, { deleteFiles, isChanged: true, wholeAt: HOUR }, HOUR + after)).toBe(due);
  expect(isDue(settings, { deleteFiles, isChanged: false, wholeAt: HOUR }, HOUR + after)).toBe(false);
});

test('settings come as JSON with the name of a function', () => {
  expect([compactionSettings(undefined), compactionSettings('')]).toEqual([undefined, undefined]);
  expect(compactionSettings('{"functionName":"f","whenDeletes":3}')).toEqual({ functionName: 'f', whenDeletes: 3 });
  for (const text of ['{', '{}', '{"functionName":3}']) {
    expect(() => compactionSettings(text)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  }
});
