import { commitLanded, verifyCurrent, type ComparisonCost, type CurrentTable, type VerifyCurrentOptions } from '../../../../src/cli/tables';
import { openFolder } from '../../../../src/cli/tables/place';
import { askRepair } from '../../../../src/extractor/doors/landed-tables';
import { sync, type ExtractorProps, type SyncResult } from '../../../../src/extractor/doors/public';
import { rollbackTable } from '../../../../src/iceberg/commit/rollback';
import { forgeRows, type NamedRow } from '../../../support/iceberg/forged-rows';
import { standInRuns } from '../../../support/source/stand-in-runs';

const runs = standInRuns();
const batch = async (sql: string) => runs.client.batch(sql);
const props = (overrides: Partial<ExtractorProps> = {}): ExtractorProps => ({ ...runs.endpoints, tables: ['Moving', 'Still'], readers: 1, threads: 0, ...overrides });
const MOVING = 'legacyledger_dbo_moving';
const STILL = 'legacyledger_dbo_still';
const AT = "'2020-01-01T00:00:00.1234567'";

beforeAll(async () => {
  await batch(`ALTER DATABASE [${runs.server.database}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = OFF)`);
});
beforeEach(async () => {
  await batch('DROP TABLE IF EXISTS dbo.Moving; DROP TABLE IF EXISTS dbo.Still');
  await batch('CREATE TABLE dbo.Moving (Id int NOT NULL, At datetime2(7) NOT NULL, A nvarchar(20) NULL, B decimal(9,2) NULL, PRIMARY KEY (At, Id))');
  await batch('CREATE TABLE dbo.Still (Id bigint NOT NULL PRIMARY KEY, A int NULL)');
  await batch('ALTER TABLE dbo.Moving ENABLE CHANGE_TRACKING; ALTER TABLE dbo.Still ENABLE CHANGE_TRACKING');
  await batch(`INSERT INTO dbo.Moving SELECT value, ${AT}, 'row', 1.25 FROM GENERATE_SERIES(1, 1000)`);
  await batch('INSERT INTO dbo.Still SELECT value, value FROM GENERATE_SERIES(1, 10)');
});
afterEach(() => { runs.server.faults.onRequest = undefined; });

/** A sync whose landed tables are committed. */
async function follow(given = props()): Promise<SyncResult> {
  const result = await sync(given);
  if (!result.run) return result;
  const committed = await commitLanded(given.target, result.run.runId, { foreignRows: 'drop' });
  expect(committed.map(({ problem }) => problem)).toEqual(committed.map(() => undefined));
  return result;
}

async function verify(names: readonly string[] = [], given = props(), more: Partial<VerifyCurrentOptions> = {}): Promise<CurrentTable[]> {
  return verifyCurrent({ target: given.target }, names, given, { most: 20, ...more });
}

const forge = async (change: (rows: NamedRow[]) => NamedRow[]) => forgeRows(openFolder(props().target).workplace, MOVING, change);
const where = (id: number) => (row: NamedRow) => row.id === id;

test('rows are equal at any moment: what changed since the mark is left out, by number, also what is written meanwhile', async () => {
  await follow();
  await batch(`UPDATE dbo.Moving SET A = 'new' WHERE Id <= 10; DELETE FROM dbo.Moving WHERE Id = 11; INSERT INTO dbo.Moving VALUES (1001, ${AT}, NULL, 9999999.99)`);
  await follow();
  expect(await verify()).toMatchObject([
    { name: MOVING, state: 'EQUAL', landedRows: 1000, sourceRows: 1000, changedKeys: 0, differences: [] }, { name: STILL, state: 'EQUAL', landedRows: 10, changedKeys: 0 },
  ]);
  await batch(`UPDATE dbo.Moving SET A = 'later' WHERE Id <= 5; DELETE FROM dbo.Moving WHERE Id = 12; INSERT INTO dbo.Moving VALUES (1002, ${AT}, 'x', 0)`);
  let writes = 0;
  runs.server.faults.onRequest = async ({ sql }) => {
    if (!/^SELECT \[Id\], \[At\]/.test(sql) || writes++ > 0) return undefined;
    await batch("UPDATE dbo.Moving SET A = 'meanwhile' WHERE Id BETWEEN 100 AND 200; DELETE FROM dbo.Moving WHERE Id = 300");
    return undefined;
  };
  // 5 updated, 1 deleted, 1 inserted: that one alone is not among the landed rows.
  const [found] = await verify(['dbo.Moving']);
  expect(writes).toBeGreaterThan(0);
  expect(found).toMatchObject({ name: MOVING, state: 'EQUAL', landedRows: 994, sourceRows: 994, changedKeys: 7 });
  expect((found as { sourceMark: string }).sourceMark > (found as { mark: string }).mark).toBe(true);
});

test('an altered, a missing, a doubled and an invented row are found by key and column, and a repair makes the table right', async () => {
  await follow();
  await follow();
  await forge((rows) => [
    ...rows.filter((row) => !where(500)(row)).map((row) => (where(7)(row) ? { ...row, a: 'ROW', b: 126n } : where(8)(row) ? { ...row, a: null } : row)),
    rows.find(where(9))!, { ...rows.find(where(10))!, id: 4711 },
  ]);
  await batch("UPDATE dbo.Moving SET A = 'since' WHERE Id = 8");
  const before = await verify([MOVING]);
  const key = (id: number) => ({ at: '2020-01-01T00:00:00.123456', at__100ns: '7', id: String(id) });
  // Key 8 changed since the mark: the next sync mends it.
  expect(before).toMatchObject([{ state: 'DIFFERENT', landedRows: 1000, sourceRows: 999, changedKeys: 1, differing: 4, isWhole: true }]);
  const { differences } = before[0] as Extract<CurrentTable, { readonly differences: unknown }>;
  expect([...differences].sort((a, b) => Number(a.key.id) - Number(b.key.id))).toEqual([
    { key: key(7), what: 'value', columns: ['a', 'b'] }, { key: key(9), what: 'doubled', copies: 2 }, { key: key(500), what: 'missingInLanded' }, { key: key(4711), what: 'missingInSource' },
  ]);
  expect(await verify([MOVING], props(), { most: 1 })).toMatchObject([{ differing: 4, differences: [expect.anything()] }]);

  await expect(askRepair(props(), ['dbo.Nothing'])).rejects.toMatchObject({ code: 'NO_TABLE_MATCHED', message: expect.stringMatching(/'dbo.Nothing' follows here; those that do: dbo.Moving, dbo.Still/) });
  expect(await askRepair(props(), ['dbo.Moving'])).toEqual([{ schema: 'dbo', table: 'Moving' }]);
  expect(await askRepair(props(), ['Moving'])).toEqual([{ schema: 'dbo', table: 'Moving' }]);
  const repaired = await follow();
  expect(repaired).toMatchObject({ gaps: 0, tables: [{ table: 'Moving', way: 'whole', why: 'repair', rows: 1000 }] });
  expect(await verify([MOVING])).toMatchObject([{ state: 'EQUAL', landedRows: 1000, changedKeys: 0 }]);
  // Once, and it follows again.
  expect(await follow()).toMatchObject({ kind: 'nothing' });
  await batch('DELETE FROM dbo.Moving WHERE Id = 1');
  expect(await follow()).toMatchObject({ tables: [{ table: 'Moving', way: 'changeTracking', deletes: 1 }] });
  expect(await verify([MOVING])).toMatchObject([{ state: 'EQUAL', landedRows: 999 }]);
});

test('a repair that was asked for stays until the table was read whole, also where nothing changed', async () => {
  await follow();
  await askRepair(props(), ['Still']);
  // A sync that leaves the table out does not take the repair from it.
  await batch("UPDATE dbo.Moving SET A = 'x' WHERE Id = 1");
  expect(await follow(props({ tables: ['Moving'] }))).toMatchObject({ tables: [{ table: 'Moving', updates: 1 }] });
  expect(await follow()).toMatchObject({ tables: [{ table: 'Still', way: 'whole', why: 'repair' }] });
  await expect(askRepair(props({ target: `${props().target}/other` }), ['Still'])).rejects.toMatchObject({ code: 'NO_TABLE_MATCHED', message: expect.stringContaining('no sync of') });
});

test('every type is compared by its values', async () => {
  await batch('ALTER TABLE dbo.AllTypes ENABLE CHANGE_TRACKING');
  const given = props({ tables: ['AllTypes'] });
  try {
    await follow(given);
    const [found] = await verify([], given);
    expect(found).toMatchObject({ state: 'EQUAL', notCompared: [] });
    const { landedRows } = found as { landedRows: number };
    expect(landedRows).toBeGreaterThan(100);
    const seen = new Set<string>();
    await forgeRows(openFolder(given.target).workplace, 'legacyledger_dbo_alltypes', (rows) => rows.map((row) => {
      // The first value of each column is lost.
      const lost = Object.keys(row).find((column) => row[column] !== null && !seen.has(column) && !/^(id|label)$/.test(column) && !/__/.test(column));
      if (lost === undefined) return row;
      seen.add(lost);
      return { ...row, [lost]: null };
    }));
    const [forged] = await verify([], given, { most: 1000 });
    expect(forged).toMatchObject({ state: 'DIFFERENT', landedRows, differing: seen.size });
    const { differences } = forged as Extract<CurrentTable, { readonly differences: unknown }>;
    expect(differences.flatMap(({ columns }) => columns).sort()).toEqual([...seen].sort());
    expect(seen.size).toBeGreaterThan(30);
  } finally {
    await batch('ALTER TABLE dbo.AllTypes DISABLE CHANGE_TRACKING');
  }
});

describe('what cannot be compared now is told by name', () => {
  test('a table of no mark, one that was truncated, or is of other columns', async () => {
    await batch('ALTER TABLE dbo.Still DISABLE CHANGE_TRACKING');
    await follow();
    await batch('ALTER TABLE dbo.Still ENABLE CHANGE_TRACKING');
    expect(await verify([STILL])).toMatchObject([{ state: 'NOT_COMPARED', code: 'CHANGES_REFUSED', why: expect.stringContaining('of no mark') }]);
    expect(await verify([MOVING], props({ tables: ['Still'] }))).toMatchObject([{ state: 'NOT_COMPARED', code: 'NO_TABLE_MATCHED' }]);
    expect(await verify([MOVING], props({ tableOptions: [{ table: 'Moving', excludeColumns: ['A'] }] }))).toMatchObject([{ state: 'NOT_COMPARED', code: 'SCHEMA_CHANGED' }]);
    await batch('TRUNCATE TABLE dbo.Moving');
    expect(await verify()).toMatchObject([{ name: MOVING, state: 'NOT_COMPARED', code: 'CHANGES_GAP', why: expect.stringContaining('Moving') }, { name: STILL, state: 'NOT_COMPARED' }]);
  });

  test('a table that was rolled back', async () => {
    const { run } = await follow();
    await batch("UPDATE dbo.Moving SET A = 'x' WHERE Id = 1");
    await follow();
    await rollbackTable(openFolder(props().target).workplace, MOVING, { runId: run!.runId });
    expect(await verify([MOVING])).toMatchObject([{ state: 'NOT_COMPARED', why: expect.stringContaining('rolled back') }]);
  });

  test('names that are no tables are refused, and what it costs is told before, without a read', async () => {
    await follow();
    await expect(verify(['dbo.Other'])).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND', message: expect.stringContaining(MOVING) });
    const asked: string[] = [];
    runs.server.faults.onRequest = ({ sql }) => void asked.push(sql);
    const costs: ComparisonCost[] = [];
    expect(await verify([], props(), { dryRun: true, onCost: (cost) => costs.push(cost) })).toEqual([{ name: MOVING, state: 'PLANNED' }, { name: STILL, state: 'PLANNED' }]);
    expect(costs).toMatchObject([
      { name: MOVING, landedRows: 1000, landedFiles: 1, sourceRows: 1000 }, { name: STILL, landedRows: 10, sourceRows: 10 },
    ]);
    expect(asked.filter((sql) => /CHANGETABLE|FROM \[dbo\]\.\[/.test(sql))).toEqual([]);
  });
});
