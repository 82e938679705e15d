import {
  CHANGE_COLUMNS, CHANGE_FIELD_IDS, changeFileName, changesContradictions, companionFieldId, historyTableName, isChangeColumn, isStateKey,
  lowestMark, manifestProblems,
  objectsOfRole, type ChangeMark, type ChangeRole,
} from '../../src/contract';

const mark = (order: string, more: Partial<ChangeMark> = {}): ChangeMark => ({ way: 'changeTracking', lineage: 'fork:1 7 2026 3', order, at: '2026-01-02T03:04:05Z', ...more });

test('marks of one lineage compare by their order; of others there is no lowest', () => {
  expect(lowestMark([mark('02'), mark('01'), mark('03')])).toEqual(mark('01'));
  expect(lowestMark([])).toBeUndefined();
  expect(lowestMark([mark('01'), undefined])).toBeUndefined();
  expect(lowestMark([undefined, mark('01')])).toBeUndefined();
  expect(lowestMark([mark('02'), mark('01', { lineage: 'fork:2 7 2026 3' })])).toBeUndefined();
  expect(lowestMark([mark('02'), mark('01', { way: 'cdc' })])).toBeUndefined();
});

test('columns of changes have field ids that no column and no companion has, below those that Iceberg reserves', () => {
  const ids = CHANGE_COLUMNS.map((name) => CHANGE_FIELD_IDS[name]);
  expect(new Set(ids).size).toBe(3);
  for (const fieldId of ids) {
    expect(fieldId).toBeGreaterThan(companionFieldId(30_000, 'base_type'));
    expect(fieldId).toBeLessThan(2_147_483_447);
    expect(isChangeColumn({ fieldId })).toBe(true);
  }
  for (const fieldId of [undefined, 1, ids[0] - 1, ids[2] + 1]) expect(isChangeColumn({ fieldId })).toBe(false);
});

test('files are named by what they hold', () => {
  expect(changeFileName('deletes', 3, 14, 'parquet')).toBe('deletes-00003-0014.parquet');
  const objects: ReadonlyArray<{ readonly key: string; readonly role?: ChangeRole }> = [{ key: 'a' }, { key: 'b', role: 'keys' }, { key: 'c', role: 'changes' }, { key: 'd', role: 'keys' }];
  expect(objectsOfRole(objects, 'keys').map(({ key }) => key)).toEqual(['b', 'd']);
  expect(objectsOfRole(objects, 'rows').map(({ key }) => key)).toEqual(['a']);
  expect(historyTableName('ledger_dbo_accounts')).toBe('ledger_dbo_accounts_changes');
});

test.each(['landing-state/changes=Ledger/chain.json', '_state/changes=Ledger%20A/lease-000001.json'])('%s is state', (key) => {
  expect(isStateKey(key)).toBe(true);
});

test('keys are as many as inserted and updated rows, or more where the run says so, and no others', () => {
  const problems = (keyRows: number | undefined, keys: number) => changesContradictions({
    changes: { way: 'changeTracking', previousRun: 'r0', from: mark('01'), to: mark('02'), keyColumns: ['Id'], inserts: 1, updates: 1, deletes: 0, deletesSeen: true, ...(keyRows !== undefined && { keyRows }) },
    objects: [{ role: 'changes', rows: 2 }, { role: 'keys', rows: keys }],
  });
  expect([problems(undefined, 2), problems(5, 5)]).toEqual([[], []]);
  expect(problems(undefined, 3)).toEqual(['its files of keys have 3 rows, the source counted 2']);
  expect(problems(5, 2)).toEqual(['its files of keys have 2 rows, the source counted 5']);
  expect(problems(1, 1)).toEqual(['it has 1 keys of 2 inserted and updated rows']);
});

describe('a manifest of changes', () => {
  const object = (role?: string) => ({ key: 'k', rows: 1, sizeBytes: 1, checksum: { algorithm: 'SHA256', value: 'x' }, ...(role && { role }) });
  const changes = { way: 'changeTracking', previousRun: 'r0', from: mark('01'), to: mark('02'), keyColumns: ['Id'], inserts: 1, updates: 0, deletes: 2, deletesSeen: true };
  const table = (more: object) => ({ database: 'd', schema: 's', table: 't', schemaFingerprint: 'f', rows: 1, columns: [], objects: [object('changes'), object('keys'), object('deletes')], ...more });
  const manifest = (of: object, manifestVersion = 4) => ({ manifestVersion, runId: 'r1', startedAt: 'a', finishedAt: 'b', prefix: '', source: {}, tables: [table(of)] });

  test('is read, with tables that were read whole beside them', () => {
    expect(manifestProblems(manifest({ changes }))).toEqual([]);
    expect(manifestProblems(manifest({ changes: { ...changes, to: changes.from } }))).toEqual([]);
    expect(manifestProblems(manifest({ base: { mark: mark('01'), exact: true }, objects: [object()] }))).toEqual([]);
    expect(manifestProblems(manifest({ objects: [object()] }, 1))).toEqual([]);
  });

  test.each<[string, object, number, RegExp]>([
    ['whose version older readers take for all rows', { changes }, 1, /tables\[0\]\.changes: only a manifest of version 4 holds changes/],
    ['that goes back', { changes: { ...changes, to: mark('00') } }, 4, /changes\.to: expected 01 or later, got 00/],
    ['of two lineages', { changes: { ...changes, to: mark('02', { lineage: 'other' }) } }, 4, /expected a mark of the lineage 'fork:1 7 2026 3', got 'other'/],
    ['without a mark', { changes: { ...changes, from: { way: 'cdc' } } }, 4, /changes\.from\.order: expected a non-empty string/],
    ['without its predecessor', { changes: { ...changes, previousRun: '' } }, 4, /previousRun: expected a non-empty string/],
    ['of less than nothing', { changes: { ...changes, deletes: -1 } }, 4, /changes\.deletes: expected a whole number >= 0, got -1/],
    ['with rows of no role', { changes, objects: [object()] }, 4, /objects\[0\]\.role: expected changes, keys, deletes, got undefined/],
    ['with roles where the table is whole', { objects: [object('keys')] }, 4, /objects\[0\]\.role: expected none, got "keys"/],
    ['whose base has no mark', { base: { exact: true }, objects: [object()] }, 4, /base\.mark: expected an object/],
  ])('%s is refused', (_what, of, version, problem) => {
    expect(manifestProblems(manifest(of, version))).toContainEqual(expect.stringMatching(problem));
  });
});
