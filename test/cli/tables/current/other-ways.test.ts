import { commitLanded, verifyCurrent, type CurrentTable, type VerifyCurrentOptions } from '../../../../src/cli/tables';
import { openFolder } from '../../../../src/cli/tables/place';
import { Changes, FoundDeletes, sync, type ExtractorProps, type SyncResult } from '../../../../src/extractor/doors/public';
import { forgeRows, type NamedRow } from '../../../support/iceberg/forged-rows';
import { standInRuns } from '../../../support/source/stand-in-runs';

/* Landed tables of other ways than Change Tracking, compared with their source: what each tells of changes is left out, and no more is claimed than it tells. */

const runs = standInRuns();
const batch = async (sql: string) => runs.client.batch(sql);
const NAME = 'legacyledger_dbo_other';
const database = () => runs.server.engine.catalog.database(runs.server.database)!;
const capture = async () => runs.server.engine.runCapture(database());

const props = (changes: Changes, more: Partial<NonNullable<ExtractorProps['tableOptions']>[number]> = {}): ExtractorProps => ({
  ...runs.endpoints, tables: ['Other'], tableOptions: [{ table: 'Other', changes, ...more }], readers: 1, threads: 0,
});

async function follow(given: ExtractorProps): Promise<SyncResult> {
  const result = await sync(given);
  if (!result.run) return result;
  const committed = await commitLanded(given.target, result.run.runId);
  expect(committed.map(({ state, problem }) => [state, problem])).toEqual([['COMMITTED', undefined]]);
  return result;
}

async function verify(given: ExtractorProps, more: Partial<VerifyCurrentOptions> = {}): Promise<CurrentTable> {
  const [found] = await verifyCurrent({ target: given.target }, [], given, { most: 20, ...more });
  return found;
}

const forge = async ({ target }: ExtractorProps, change: (row: NamedRow) => NamedRow) => (
  forgeRows(openFolder(target).workplace, NAME, (rows) => rows.map(change)));

beforeEach(async () => {
  await batch('CREATE TABLE dbo.Other (Id int NOT NULL PRIMARY KEY, A nvarchar(20) NULL, Seen int NULL, V rowversion)');
  await batch("INSERT dbo.Other (Id, A, Seen) SELECT value, 'row', value FROM GENERATE_SERIES(1, 100)");
});
afterEach(async () => {
  runs.server.faults.onRequest = undefined;
  await batch('DROP TABLE dbo.Other');
});

describe('change data capture', () => {
  beforeAll(async () => { await batch('EXEC sys.sp_cdc_enable_db'); });
  beforeEach(async () => {
    await batch("EXEC sys.sp_cdc_enable_table @source_schema = N'dbo', @source_name = N'Other', @role_name = NULL, @supports_net_changes = 0");
    await capture();
    database().changes.capture!.automatic = false;
  });
  afterEach(async () => {
    database().changes.capture!.automatic = true;
    await batch("EXEC sys.sp_cdc_disable_table @source_schema = N'dbo', @source_name = N'Other', @capture_instance = 'all'");
  });

  test('what the rows show and capture has not told yet is waited for, and left out', async () => {
    const given = props(Changes.CDC);
    await follow(given);
    // Committed, shown by the rows, and not captured.
    await batch("UPDATE dbo.Other SET A = 'new' WHERE Id = 1; DELETE dbo.Other WHERE Id = 2; INSERT dbo.Other (Id, A) VALUES (200, 'added'); UPDATE dbo.Other SET Id = 300 WHERE Id = 3");
    expect(await verify(given, { captureWaitMs: 300 })).toMatchObject({ state: 'NOT_COMPARED', code: 'CHANGES_REFUSED', why: expect.stringMatching(/capture has not passed .* within 0 s; look whether SQL Server Agent/) });
    let looks = 0;
    runs.server.faults.onRequest = async ({ sql }) => {
      // Changes that the rows do not show are captured with the others: they are left out as well.
      if (/SELECT TOP \(0\)/.test(sql)) await batch("UPDATE dbo.Other SET A = 'later' WHERE Id = 50");
      if (/FROM cdc.lsn_time_mapping/.test(sql) && ++looks > 1) {
        if (looks === 2) await batch("UPDATE dbo.Other SET A = 'after the view' WHERE Id = 60");
        await capture();
      }
      return undefined;
    };
    expect(await verify(given)).toMatchObject({ state: 'EQUAL', landedRows: 96, sourceRows: 96, changedKeys: 6 });
    expect(looks).toBeGreaterThan(1);
    await forge(given, (row) => (row.id === 7 ? { ...row, a: 'ROW' } : row));
    expect(await verify(given)).toMatchObject({ state: 'DIFFERENT', differing: 1, differences: [{ key: { id: '7' }, what: 'value', columns: ['a'] }] });
  });
});

test('rowversion: changed rows are left out; keys that the source has no more are told, and decide nothing', async () => {
  const given = props(Changes.ROWVERSION, { deletes: FoundDeletes.KEYS });
  await follow(given);
  await batch("UPDATE dbo.Other SET A = 'new' WHERE Id <= 5; INSERT dbo.Other (Id, A) VALUES (200, 'added'); DELETE dbo.Other WHERE Id = 100");
  await follow(given);
  expect(await verify(given)).toMatchObject({ state: 'EQUAL', landedRows: 100, sourceRows: 100, changedKeys: 0 });
  let writes = 0;
  runs.server.faults.onRequest = async ({ sql }) => {
    if (/FROM \[dbo\]\.\[Other\]/.test(sql) && writes++ === 1) await batch("UPDATE dbo.Other SET A = 'meanwhile' WHERE Id = 50; DELETE dbo.Other WHERE Id = 51");
    return undefined;
  };
  await batch("UPDATE dbo.Other SET A = 'since' WHERE Id = 7");
  expect(await verify(given)).toMatchObject({ state: 'EQUAL', landedRows: 99, sourceRows: 99, changedKeys: 1 });
  runs.server.faults.onRequest = undefined;
  expect(writes).toBeGreaterThan(1);
  const undecided = await verify(given);
  expect(undecided).toMatchObject({ state: 'UNDECIDED', differing: 1, extra: 1, changedKeys: 2, why: expect.stringContaining('deleted since'), differences: [{ key: { id: '51' }, what: 'missingInSource' }] });
  await forge(given, (row) => (row.id === 9 ? { ...row, a: null } : row));
  expect(await verify(given)).toMatchObject({ state: 'DIFFERENT', differing: 2, extra: 1 });
});

test('a watermark: what its next window has is left out, what it will never see is a difference', async () => {
  const given = props(Changes.WATERMARK, { watermark: 'Seen', watermarkOverlap: 5, deletes: FoundDeletes.UNSEEN });
  await follow(given);
  await batch("INSERT dbo.Other (Id, A, Seen) VALUES (200, 'late', 95), (201, 'new', 101); UPDATE dbo.Other SET A = 'new', Seen = 102 WHERE Id = 1");
  // Keys 95 to 100 are in the window, and the three.
  expect(await verify(given)).toMatchObject({ state: 'EQUAL', changedKeys: 9, landedRows: 93 });
  await batch("INSERT dbo.Other (Id, A, Seen) VALUES (202, 'too late', 94)");
  expect(await verify(given)).toMatchObject({ state: 'DIFFERENT', differing: 1, differences: [{ key: { id: '202' }, what: 'missingInLanded' }] });
});

test('a table that is read whole is equal, or nothing is said', async () => {
  const given = props(Changes.WHOLE);
  await follow(given);
  const { run } = await follow(given);
  expect(await verify(given)).toMatchObject({ state: 'EQUAL', landedRows: 100, sourceRows: 100, mark: run!.runId, changedKeys: 0 });
  await batch("UPDATE dbo.Other SET A = 'since' WHERE Id = 7; DELETE dbo.Other WHERE Id = 8");
  expect(await verify(given)).toMatchObject({ state: 'UNDECIDED', differing: 2, extra: 1, why: expect.stringContaining('nothing tells what changed') });
  await follow(given);
  expect(await verify(given)).toMatchObject({ state: 'EQUAL', landedRows: 99 });
});

test('rows that no key tells apart are not compared', async () => {
  await batch('DROP TABLE dbo.Other; CREATE TABLE dbo.Other (Id int NOT NULL, A int NULL); INSERT dbo.Other VALUES (1, 1)');
  const given = props(Changes.WHOLE);
  await follow(given);
  expect(await verify(given)).toMatchObject({ state: 'NOT_COMPARED', code: 'CHANGES_REFUSED', why: expect.stringContaining('no primary key') });
  await batch('DROP TABLE dbo.Other; CREATE TABLE dbo.Other (Id float NOT NULL PRIMARY KEY, A int NULL); INSERT dbo.Other VALUES (1, 1)');
  await follow(given);
  expect(await verify(given)).toMatchObject({ state: 'NOT_COMPARED', code: 'CHANGES_REFUSED', why: expect.stringContaining('is of float') });
});
