import { commitTables, TablesServices } from '../../../src/handlers/tables/commit-tables';
import { GluePace } from '../../../src/handlers/tables/glue-pace';
import { goOnRequest } from '../../../src/handlers/tables/go-on';
import { appendForeignFile } from '../../support/tables/foreign-writer';
import { MemoryGlue, RequestLimit } from '../../support/tables/memory-glue';
import { BUCKET, MemoryTables, ROOT } from '../../support/tables/memory-tables';
import { ParquetRun, ParquetRuns } from '../../support/tables/parquet-runs';
import { shownFiles, shownTable, unnamedFiles } from '../../support/tables/table-folder';
import { VirtualClock } from '../../support/tables/virtual-clock';

const NAME = 'ledger_dbo_accounts';
const paced = () => ({ pace: new GluePace(new VirtualClock()) });

let runs: ParquetRuns;
let tables: MemoryTables;
beforeAll(async () => { runs = await ParquetRuns.make(); });
beforeEach(() => { tables = new MemoryTables(); });

async function commit(run: ParquetRun, services: Partial<TablesServices> = {}): Promise<void> {
  await commitTables(tables.services({ ...paced(), ...services }), ...tables.land(run));
}

const withdraw = async (run: ParquetRun) => commitTables(tables.services(paced()), ...tables.land(run, 'INCOMPLETE'));
const shown = async (name = NAME) => shownFiles(tables.services(paced()).workplaceOf(BUCKET), name);
const filesOf = (run: ParquetRun, table = 'Accounts') => run.files.map(({ key }) => ROOT + key).filter((uri) => uri.includes(`table=${table}/`)).sort();

/** Somebody else's snapshot on top of what is shown, with one more file. */
const insertForeignRows = async () => appendForeignFile(tables.services(paced()).workplaceOf(BUCKET), NAME, runs.bytes, 4711);

test('a run becomes a snapshot of each table, and is noted by table, in its lines and its item', async () => {
  const run = runs.run({ at: 1, tables: ['Accounts', 'Customers'], files: 2 });
  await commit(run);
  expect(await shown()).toEqual(filesOf(run));
  expect(await shown('ledger_dbo_customers')).toEqual(filesOf(run, 'Customers'));
  expect(tables.item(run.runId)).toMatchObject({
    versionId: 'table#Ledger/dbo/Accounts', commitState: 'COMMITTED', tableName: NAME, rows: 6, provenRows: 6, snapshotId: expect.stringMatching(/^\d+$/),
  });
  expect(tables.written.at(-1)!.map(({ tableName, commitState }) => [tableName, commitState]))
    .toEqual([[NAME, 'COMMITTED'], ['ledger_dbo_customers', 'COMMITTED']]);
  expect(tables.runs.get(run.runId)).toMatchObject({ tablesCommitted: 2, tablesNotCommitted: 0 });
});

test('an older run that completes late is superseded', async () => {
  const [older, newer] = [runs.run({ at: 1 }), runs.run({ at: 2 })];
  await commit(newer);
  await commit(older);
  expect(await shown()).toEqual(filesOf(newer));
  expect(tables.item(older.runId)).toMatchObject({ commitState: 'SUPERSEDED' });
  expect(tables.runs.get(older.runId)).toMatchObject({ tablesCommitted: 1, tablesNotCommitted: 0 });
});

test('an older run does not take the place of a newer one that an earlier version registered; a newer run does', async () => {
  const hive = (run: string) => tables.glue.tables.set(NAME, {
    Name: NAME, VersionId: '3', Parameters: { 'cdk-legacy-to-s3.dataset': 'Ledger/dbo/Accounts', 'cdk-legacy-to-s3.kind': 'newest', 'cdk-legacy-to-s3.run': run },
  });
  const [older, newer, newest] = [1, 2, 3].map((at) => runs.run({ at }));
  hive(newer.runId);
  await commit(older);
  expect([tables.item(older.runId)!.commitState, await shown()]).toEqual(['SUPERSEDED', []]);
  await commit(newest);
  expect(await shown()).toEqual(filesOf(newest));
});

test('four completions of one run at the same time are one snapshot, and leave nothing that nothing names', async () => {
  const all = Array.from({ length: 20 }, (_each, at) => `Table${at}`);
  for (const at of [1, 2, 3]) {
    const run = runs.run({ at, tables: all });
    const landed = tables.land(run);
    await Promise.all([1, 2, 3, 4].map(async () => commitTables(tables.services(paced()), ...landed)));
    const workplace = tables.services(paced()).workplaceOf(BUCKET);
    for (const table of all) {
      const metadata = (await shownTable(workplace, `ledger_dbo_${table.toLowerCase()}`))!;
      expect(metadata.snapshots).toHaveLength(at);
      expect(tables.item(run.runId, table)).toMatchObject({ commitState: 'COMMITTED', provenRows: 3 });
    }
    await commitTables(tables.services(paced()), ...landed);
    expect(await unnamedFiles(workplace, `${ROOT}lake-tables/`)).toEqual([]);
  }
  expect(tables.metrics.get('TablesCommitted')).toBe(60);
  expect(tables.failures).toEqual([]);
}, 60_000);

test('two first runs at the same time leave one folder', async () => {
  const both = [runs.run({ at: 1 }), runs.run({ at: 2 })];
  await Promise.all(both.map(commit.bind(undefined) as (run: ParquetRun) => Promise<void>));
  const workplace = tables.services(paced()).workplaceOf(BUCKET);
  expect(await shown()).toEqual(filesOf(both[1]));
  expect(await unnamedFiles(workplace, `${ROOT}lake-tables/`)).toEqual([]);
});

describe('a table that cannot be committed', () => {
  test('because others have its name is refused alone, not tried again, and counted once', async () => {
    tables.glue.tables.set(NAME, { Name: NAME, VersionId: '0', Parameters: {} });
    const run = runs.run({ at: 1, tables: ['Accounts', 'Customers'] });
    await commit(run);
    expect(tables.item(run.runId)).toMatchObject({ commitState: 'REFUSED', problem: expect.stringContaining('NAME_TAKEN') });
    expect(tables.item(run.runId, 'Customers')).toMatchObject({ commitState: 'COMMITTED' });
    expect(tables.runs.get(run.runId)).toMatchObject({ tablesCommitted: 1, tablesNotCommitted: 1 });
    await commit(run);
    expect([tables.metrics.get('TablesNotCommitted'), tables.failures.map(({ message }) => message)])
      .toEqual([1, [1, 2].map(() => expect.stringContaining('somebody else made a table of this name'))]);
    tables.glue.tables.delete(NAME);
    await commit(run);
    expect(tables.item(run.runId)).toMatchObject({ commitState: 'COMMITTED' });
  });

  test('for now is tried again alone', async () => {
    let broken = true;
    const services = (): Partial<TablesServices> => tables.services({
      ...paced(),
      wrap: (files, catalog) => [files, {
        load: async (name) => {
          if (broken && name === NAME) throw Object.assign(new Error('Insufficient Lake Formation permission(s)'), { name: 'AccessDeniedException' });
          return catalog.load(name);
        },
        names: async (prefix) => catalog.names(prefix),
        commit: async (change) => catalog.commit(change),
        register: async (...of) => catalog.register(...of),
        drop: async (table) => catalog.drop(table),
      }],
    });
    const run = runs.run({ at: 1, tables: ['Accounts', 'Customers'] });
    await expect(commit(run, services())).rejects.toMatchObject({ code: 'TABLES_NOT_COMMITTED', message: expect.stringContaining('1 of 2 tables') });
    expect(tables.item(run.runId)).toMatchObject({ commitState: 'FAILED', problem: expect.stringContaining('Lake Formation') });
    expect(tables.item(run.runId, 'Customers')).toMatchObject({ commitState: 'COMMITTED' });
    broken = false;
    const asked = tables.glue.requests.length;
    await commit(run, services());
    expect(tables.item(run.runId)).toMatchObject({ commitState: 'COMMITTED' });
    expect(tables.glue.requests.slice(asked).every(({ table }) => table === NAME)).toBe(true);
  });

  test.each<['refuse' | 'keep' | 'drop']>([['refuse'], ['keep'], ['drop']])('because others added rows: foreignRows %s', async (foreignRows) => {
    const [first, second] = [runs.run({ at: 1 }), runs.run({ at: 2 })];
    await commit(first);
    const theirs = await insertForeignRows();
    await commit(second, { settings: { kind: 'iceberg', foreignRows } });
    const expected = { refuse: [...filesOf(first), theirs], keep: [...filesOf(second), theirs], drop: filesOf(second) }[foreignRows];
    expect(await shown()).toEqual([...expected].sort());
    expect(tables.item(second.runId)).toMatchObject(foreignRows === 'refuse'
      ? { commitState: 'REFUSED', problem: expect.stringContaining('4711 (append)') } : { commitState: 'COMMITTED', provenRows: 3 });
  });
});

describe('a run that does not hold any more', () => {
  test('gives way to the newest other complete run, and is applied again when it is whole again', async () => {
    const [first, second, third] = [1, 2, 3].map((at) => runs.run({ at }));
    for (const run of [first, second, third]) await commit(run);
    await withdraw(third);
    expect([await shown(), tables.item(third.runId)!.commitState]).toEqual([filesOf(second), 'WITHDRAWN']);
    await withdraw(second);
    expect(await shown()).toEqual(filesOf(first));
    await commit(third);
    expect([await shown(), tables.item(third.runId)!.commitState]).toEqual([filesOf(third), 'COMMITTED']);
    const asked = tables.glue.requests.length;
    await withdraw(second);
    expect(tables.glue.requests).toHaveLength(asked);
  });

  test('takes the name with it where there is no other, and the files stay', async () => {
    const run = runs.run({ at: 1 });
    await commit(run);
    await withdraw(run);
    expect([tables.glue.tables.has(NAME), tables.files.content.has(filesOf(run)[0])]).toEqual([false, true]);
    await commit(run);
    expect(await shown()).toEqual(filesOf(run));
  });

  test('stays where others wrote on top of it, with a line and a metric', async () => {
    const run = runs.run({ at: 1 });
    await commit(run);
    const theirs = await insertForeignRows();
    await withdraw(run);
    expect(await shown()).toEqual([...filesOf(run), theirs].sort());
    expect(tables.item(run.runId)).toMatchObject({ commitState: 'BROKEN', problem: expect.stringContaining('4711') });
    expect([tables.metrics.get('TablesNotProven'), tables.failures.length]).toEqual([1, 1]);
  });

  test('that never was shown changes nothing', async () => {
    const [first, second] = [runs.run({ at: 1 }), runs.run({ at: 2 })];
    await commit(first);
    await withdraw(second);
    expect([await shown(), tables.item(second.runId)!.commitState]).toEqual([filesOf(first), 'WITHDRAWN']);
  });
});

describe('with more tables than one invocation has time for', () => {
  /** bench/table-commits.ts does the same with 10,000 tables and the time that Lambda gives. */
  test.each([[300, 10]])('%d tables and %d requests of Glue a second take several invocations, and no table is done twice', async (count, perSecond) => {
    const clock = new VirtualClock();
    const limit = new RequestLimit(perSecond, clock.now);
    tables = new MemoryTables(new MemoryGlue(limit.admit));
    const run = runs.run({ at: 1, tables: Array.from({ length: count }, (_each, at) => `Table${at}`) });
    const landed = tables.land(run);
    const services = () => tables.services({ pace: new GluePace(clock) });
    let invocations = 0;
    let since: string | undefined;
    for (let more = true; more; invocations++) {
      const end = clock.now() + 40_000;
      const goOn = await commitTables(services(), ...landed, () => end - clock.now(), since);
      expect(clock.now()).toBeLessThan(end);
      await goOn?.();
      more = goOn !== undefined;
      since = goOnRequest(tables.handedOn.at(-1))?.since;
    }
    expect(invocations).toBeGreaterThan(2);
    expect(invocations).toBeLessThan(8);
    expect(tables.handedOn).toHaveLength(invocations - 1);
    const commits = tables.glue.requests.filter(({ command }) => command === 'CreateTableCommand' || command === 'UpdateTableCommand');
    expect([commits.length, new Set(commits.map(({ table }) => table)).size]).toEqual([count, count]);
    expect(tables.runs.get(run.runId)).toMatchObject({ tablesCommitted: count, tablesNotCommitted: 0 });
    expect(tables.failures).toEqual([]);
    expect(limit.refused).toBeGreaterThan(0);
  }, 120_000);

  test('those that failed wait for the others, and are tried again when only they are left', async () => {
    const names = ['Accounts', 'Customers', 'Orders'];
    tables.glue.tables.set(NAME, { Name: NAME, VersionId: '0', Parameters: {} });
    const run = runs.run({ at: 1, tables: names });
    const landed = tables.land(run);
    const since = '2000-01-01T00:00:00.000Z';
    const asked = () => tables.glue.requests.filter(({ table }) => table === NAME).length;
    await commitTables(tables.services(paced()), ...landed);
    const before = asked();
    await commitTables(tables.services(paced()), ...landed, undefined, since);
    expect(asked()).toBe(before);
  });

  test('an invocation without time for any says so', async () => {
    const clock = { left: 100 };
    const landed = tables.land(runs.run({ at: 1 }));
    await expect(commitTables(tables.services(paced()), ...landed, () => (clock.left /= 10)))
      .rejects.toMatchObject({ code: 'TABLES_NOT_COMMITTED', message: expect.stringContaining('none of 1 tables') });
  });

  test('a run that was checked again meanwhile is left to that check', async () => {
    const run = runs.run({ at: 1 });
    const landed = tables.land(run);
    tables.land(run, 'INCOMPLETE');
    expect(await commitTables(tables.services(paced()), ...landed)).toBeUndefined();
    expect([tables.glue.requests, tables.items.size]).toEqual([[], 0]);
  });
});
