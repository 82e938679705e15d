import { applyChanges } from '../../../../src/iceberg/commit/changes/apply-changes';
import { commitRun } from '../../../../src/iceberg/commit/commit-run';
import { testLake, TestLake } from '../../../support/iceberg/workplace';
import { ChangedSource, landedTableRun, SourceRun } from '../../../support/tables/changed-source';

const TABLE = 'ledger_dbo_accounts';

let lake: TestLake;
let source: ChangedSource;
let base: SourceRun;
beforeEach(() => {
  lake = testLake();
  source = new ChangedSource(['Accounts'], 'landing/').write('Accounts', { 1: 'Ada', 2: 'Grace' });
  base = source.load({ at: 1 });
});

const commit = async (run: SourceRun) => {
  const tableRun = landedTableRun(run, (key, bytes) => lake.files.put(lake.root + key, bytes));
  return run.manifest.tables[0].changes ? applyChanges(lake, tableRun) : commitRun(lake, tableRun);
};
const shown = async () => source.shown(lake, TABLE);
const expected = (run: SourceRun) => run.expected.get('Accounts');

describe('a mark that stands still, as a rowversion does while a transaction is open', () => {
  /** Rows above the mark, which does not move. */
  const held = (at: number) => source.changes(base, {
    at, alter: (table) => ({ ...table, changes: { ...table.changes!, to: table.changes!.from } }),
  });

  test('rows above it are shown, the newest of them whatever comes first, each run once', async () => {
    await commit(base);
    const first = (source.write('Accounts', { 1: 'b' }), held(2));
    const second = (source.write('Accounts', { 1: 'c', 3: 'new' }), held(3));
    expect(await commit(first)).toMatchObject({ state: 'COMMITTED', repeated: false });
    expect(await shown()).toEqual(expected(first));
    expect(await commit(second)).toMatchObject({ state: 'COMMITTED', repeated: false });
    for (const run of [first, second]) expect(await commit(run)).toMatchObject({ state: 'COMMITTED', repeated: true });
    expect(await shown()).toEqual(expected(second));
    const third = source.write('Accounts', { 2: 'd' }).changes(base, { at: 4 });
    await commit(third);
    expect(await commit(second)).toMatchObject({ repeated: true });
    expect(await shown()).toEqual(expected(third));
  });

  test('an older one that comes late changes nothing', async () => {
    await commit(base);
    const first = (source.write('Accounts', { 1: 'b' }), held(2));
    const second = (source.write('Accounts', { 1: 'c' }), held(3));
    await commit(second);
    expect(await commit(first)).toMatchObject({ state: 'SUPERSEDED', repeated: true });
    expect(await shown()).toEqual(expected(second));
  });
});

describe('runs whose ids were made by a clock that is behind', () => {
  test('a table that was read whole after a gap is shown: its mark was taken later, by the clock of the source', async () => {
    const changes = source.write('Accounts', { 1: 'b' }).changes(base, { at: 100 });
    await commit(base);
    await commit(changes);
    source.lineage = 'truncated';
    const behind = withMarkAt(source.write('Accounts', { 2: undefined }).load({ at: 50 }), 110);
    const next = withMarkAt(source.write('Accounts', { 3: 'c' }).changes(behind, { at: 60 }), 120, 110);
    expect(await commit(next)).toMatchObject({ state: 'WAITING' });
    expect(await commit(behind)).toMatchObject({ state: 'COMMITTED', repeated: false });
    expect(await shown()).toEqual(expected(behind));
    expect(await commit(next)).toMatchObject({ state: 'COMMITTED' });
    expect(await shown()).toEqual(expected(next));
  });
});

/** The run, its marks taken at other seconds of the source's clock than its id says. */
function withMarkAt(run: SourceRun, at: number, from = at): SourceRun {
  const taken = <T extends object>(mark: T, second: number) => ({ ...mark, at: source.mark(second).at });
  const tables = run.manifest.tables.map(({ base: own, changes, ...table }) => ({
    ...table,
    ...(own && { base: { ...own, mark: taken(own.mark, at) } }),
    ...(changes && { changes: { ...changes, from: taken(changes.from, from), to: taken(changes.to, at) } }),
  }));
  return { ...run, manifest: { ...run.manifest, tables } };
}
