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

describe('a mark that stands still, and orders that are numbered behind it', () => {
  const STILL = '00000000000007d1';
  /** A run whose marks have these numbers behind the rowversion, each taken at the second of its run. */
  const numbered = (run: SourceRun, number: number, from?: { readonly number: number; readonly at: number }): SourceRun => {
    const mark = (at: string, each: number) => ({ way: 'rowversion' as const, lineage: 'rows', order: each === 0 ? STILL : `${STILL}.${String(each).padStart(8, '0')}`, at });
    const tables = run.manifest.tables.map((table) => ({
      ...table,
      ...(table.base && { base: { ...table.base, mark: mark(table.base.mark.at, number) } }),
      ...(table.changes && { changes: { ...table.changes, way: 'rowversion' as const, from: mark(source.mark(from!.at).at, from!.number), to: mark(table.changes.to.at, number) } }),
    }));
    return { ...run, manifest: { ...run.manifest, tables } };
  };

  test('one that comes after a later run that read the table whole changes nothing, and takes no place of one that follows it', async () => {
    await commit(numbered(base, 0));
    const late = numbered(source.write('Accounts', { 1: 'b', 3: 'new' }).changes(base, { at: 2 }), 1, { number: 0, at: 1 });
    const load = source.write('Accounts', { 1: 'c' }).load({ at: 3 });
    const whole = numbered(load, 0);
    expect(await commit(whole)).toMatchObject({ state: 'COMMITTED', repeated: false });
    expect(await commit(late)).toMatchObject({ state: 'SUPERSEDED' });
    expect(await shown()).toEqual(expected(whole));
    const next = numbered(source.write('Accounts', { 2: undefined }).changes(load, { at: 4 }), 1, { number: 0, at: 3 });
    expect(await commit(next)).toMatchObject({ state: 'COMMITTED', repeated: false });
    expect(await commit(numbered(source.changes(base, { at: 2 }), 2, { number: 1, at: 2 }))).toMatchObject({ state: 'SUPERSEDED' });
    expect(await shown()).toEqual(expected(next));
  });
});

test('deletes that were found by comparing what had landed are refused where the table shows a later run: its rows were not compared', async () => {
  const whole = source.write('Accounts', { 3: 'came' }).load({ at: 2 });
  const compared = source.write('Accounts', { 3: undefined, 4: 'new' }).changes(base, { at: 3 });
  const next = source.changes(whole, { at: 4 });
  for (const run of [base, whole]) await commit(withWay(run, 'rowversion'));
  await expect(commit(withWay(compared, 'rowversion'))).rejects.toMatchObject({
    code: 'CHAIN_BROKEN', message: expect.stringContaining(`it is as of ${whole.marks.get('Accounts')!.order}`),
  });
  expect(await commit(withWay(next, 'rowversion'))).toMatchObject({ state: 'COMMITTED' });
  expect(await shown()).toEqual(expected(next));
});

describe('what was found among landed rows, on a table that shows a run of the same mark whose last rows were read later', () => {
  const beside = () => source.load({ at: 2, exact: false });
  const after = (run: SourceRun, at: number) => withWay(source.changes(run, { at }), 'rowversion');

  test('is refused where the chain goes on from another run: its rows were not looked at', async () => {
    const other = beside();
    for (const run of [base, other]) await commit(withWay(run, 'rowversion'));
    source.write('Accounts', { 3: 'new' });
    await expect(commit(after(base, 3))).rejects.toMatchObject({ code: 'CHAIN_BROKEN', message: expect.stringContaining(`it is as of ${other.marks.get('Accounts')!.order} or later`) });
  });

  test('is applied where the chain goes on from that run, directly or behind one without rows', async () => {
    for (const between of [false, true]) {
      lake = testLake();
      source = new ChangedSource(['Accounts'], 'landing/').write('Accounts', { 1: 'Ada' });
      base = source.load({ at: 1 });
      const other = beside();
      for (const run of [base, other]) await commit(withWay(run, 'rowversion'));
      const empty = source.changes(other, { at: 3 });
      if (between) expect(await commit(withWay(empty, 'rowversion'))).toMatchObject({ state: 'COMMITTED' });
      source.write('Accounts', { 3: 'new' });
      const next = after(between ? empty : other, 4);
      expect(await commit(next)).toMatchObject({ state: 'COMMITTED' });
      expect(await shown()).toEqual(expected(next));
    }
  });

  test('changes that the source told itself are applied', async () => {
    for (const run of [base, beside()]) await commit(run);
    const next = source.write('Accounts', { 3: 'new' }).changes(base, { at: 3 });
    expect(await commit(next)).toMatchObject({ state: 'COMMITTED' });
    expect(await shown()).toEqual(expected(next));
  });
});

describe('changes by Change Tracking whose other spellings of keys were looked for among what had landed', () => {
  const spelled = (run: SourceRun, sourceType = 'varchar(10)', collation = 'Latin1_General_CI_AS'): SourceRun => ({
    ...run,
    manifest: {
      ...run.manifest,
      tables: run.manifest.tables.map(({ columns: [id, ...rest], ...table }) => ({ ...table, columns: [{ ...id, sourceType, collation }, ...rest] })),
    },
  });
  const between = () => source.write('Accounts', { 1: 'b' }).load({ at: 2 });
  const after = () => source.write('Accounts', { 1: 'c' }).changes(base, { at: 3 });

  test('are refused where the table shows a later run, whose spellings were not looked for; what follows that one is applied', async () => {
    const [whole, changes] = [between(), after()];
    const next = source.write('Accounts', { 3: 'd' }).changes(whole, { at: 4 });
    for (const run of [base, whole]) await commit(spelled(run));
    await expect(commit(spelled(changes))).rejects.toMatchObject({ code: 'CHAIN_BROKEN', message: expect.stringContaining('its other spellings of keys') });
    expect(await commit(spelled(next))).toMatchObject({ state: 'COMMITTED' });
    expect(await shown()).toEqual(expected(next));
  });

  test('are refused where the table shows changes that went on from before another run, which came too late', async () => {
    const [whole, changes] = [between(), after()];
    const next = source.write('Accounts', { 3: 'd' }).changes(whole, { at: 4 });
    for (const run of [base, changes]) await commit(spelled(run));
    expect(await commit(spelled(whole))).toMatchObject({ state: 'SUPERSEDED' });
    await expect(commit(spelled(next))).rejects.toMatchObject({ code: 'CHAIN_BROKEN', message: expect.stringMatching(/is to be read whole$/) });
  });

  test('of a key that has one spelling are applied, as captured ones are', async () => {
    const [whole, changes] = [between(), after()];
    for (const run of [base, whole]) await commit(spelled(run, 'nchar(4)', 'Latin1_General_BIN2'));
    expect(await commit(spelled(changes, 'nchar(4)', 'Latin1_General_BIN2'))).toMatchObject({ state: 'COMMITTED' });
    lake = testLake();
    for (const run of [base, whole]) await commit(withWay(spelled(run), 'cdc'));
    expect(await commit(withWay(spelled(changes), 'cdc'))).toMatchObject({ state: 'COMMITTED' });
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

/** The run, its changes learnt in another way. */
function withWay(run: SourceRun, way: 'rowversion' | 'cdc'): SourceRun {
  const tables = run.manifest.tables.map(({ base: own, changes, ...table }) => ({
    ...table,
    ...(own && { base: { ...own, mark: { ...own.mark, way } } }),
    ...(changes && { changes: { ...changes, way, from: { ...changes.from, way }, to: { ...changes.to, way } } }),
  }));
  return { ...run, manifest: { ...run.manifest, tables } };
}

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
