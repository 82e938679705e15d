import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAvro } from '../../../../src/iceberg/spec/avro-file';
import { WorkerEngine } from '../../../../tools/engines';
import { describeEngines } from '../../../support/engines';
import { landedCli } from '../../../support/runs/landed-cli';

const landed = landedCli();
const TABLE = 'legacyledger_dbo_moving';
const COUNT = `SELECT count(*) n, sum(id) s FROM ${TABLE}`;

beforeEach(async () => {
  await landed.sql(`IF OBJECT_ID('dbo.Moving') IS NOT NULL DROP TABLE dbo.Moving;
    CREATE TABLE dbo.Moving (Id int NOT NULL PRIMARY KEY, A int NULL)`);
  await landed.sql('INSERT INTO dbo.Moving SELECT value, value * 2 FROM GENERATE_SERIES(1, 3)');
});

/** Two runs: of ids 1 to 3, and of 1 to 4. */
async function twoRuns(): Promise<[string, string]> {
  const first = await landed.land('dbo.Moving');
  await landed.sql('INSERT INTO dbo.Moving VALUES (4, NULL)');
  return [first, await landed.land('dbo.Moving')];
}

const FIRST = [{ n: 3, s: 6 }];
const SECOND = [{ n: 4, s: 10 }];

const pathsIn = (folder: string) => readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));

test('rollback shows an earlier run or snapshot, and the next run comes as ever', async () => {
  const [first, second] = await twoRuns();
  const [{ snapshotId }] = await landed.tables();
  expect(await landed.ok(['rollback', TABLE, '--run', first])).toMatch(new RegExp(`^${TABLE} shows run ${first}, snapshot \\d+\n$`));
  expect(await landed.query(COUNT)).toEqual(FIRST);
  expect((await landed.tables())[0]).toMatchObject({ run: first, rows: 3, snapshots: 2 });
  expect(await landed.ok(['rollback', TABLE, '--snapshot', snapshotId, '--json'])).toBe(`${JSON.stringify({ name: TABLE, snapshotId, runId: second, changed: true })}\n`);
  expect(await landed.query(COUNT)).toEqual(SECOND);
  expect(await landed.ok(['rollback', TABLE, '--run', second])).toContain('showed already');
  await landed.ok(['rollback', TABLE, '--run', first]);
  const third = await landed.land('dbo.Moving');
  expect((await landed.tables())[0]).toMatchObject({ run: third, rows: 4, snapshots: 3 });
});

test('expire deletes the files of old runs, tells first with --dry-run, and ends when repeated', async () => {
  const [first, second] = await twoRuns();
  const before = pathsIn(landed.folder);
  expect(JSON.parse(await landed.ok(['expire', '--keep-runs', '1', '--dry-run', '--json']))).toMatchObject([{ name: TABLE, runs: [first], snapshots: 1, files: 1 }]);
  expect(pathsIn(landed.folder)).toEqual(before);
  expect(await landed.ok(['expire', '--keep-for', '30d'])).toBe('nothing to expire in 1 table\n');
  expect(await landed.ok(['expire', '--keep-runs', '1'])).toMatch(/ freed\n$/);
  const parts = pathsIn(landed.folder).filter((path) => path.endsWith('.parquet'));
  expect(parts.map((path) => path.includes(`run=${second}`))).toEqual([true]);
  expect(await landed.query(COUNT)).toEqual(SECOND);
  expect(await landed.cli(['query', COUNT, '--run', first])).toMatchObject({ code: 4, stderr: expect.stringContaining('RUN_NOT_FOUND') });
  expect(await landed.ok(['expire', '--keep-runs', '1'])).toBe('nothing to expire in 1 table\n');
});

describe('a folder that moved', () => {
  async function moved(): Promise<{ readonly runs: [string, string]; readonly at: string; readonly tables: string }> {
    const runs = await twoRuns();
    const at = join(landed.folder, 'moved');
    cpSync(join(landed.folder), `${landed.folder}-copy`, { recursive: true });
    for (const name of readdirSync(landed.folder)) rmSync(join(landed.folder, name), { recursive: true });
    renameSync(`${landed.folder}-copy`, at);
    return { runs, at, tables: join(at, '_tables') };
  }

  test('is refused until its tables are relocated; then all snapshots are read, and no file names the place before', async () => {
    const { runs: [first], at, tables } = await moved();
    expect(await landed.cli(['query', COUNT], at)).toMatchObject({ code: 4, stderr: expect.stringMatching(/LANDED_TABLE_REFUSED.*tables relocate/) });
    expect(await landed.cli(landed.extractArgs('dbo.Moving', '--landed-tables', 'iceberg'), at)).toMatchObject({ code: 4, stderr: expect.stringContaining('tables relocate') });
    const parts = pathsIn(at).filter((path) => path.endsWith('.parquet')).map((path) => [path, readFileSync(path)]);
    expect(await landed.ok(['tables', 'relocate'], at)).toContain(TABLE);
    expect([await landed.query(COUNT, [], at), await landed.query(COUNT, ['--run', first], at)]).toEqual([SECOND, FIRST]);
    expect(pathsIn(at).filter((path) => path.endsWith('.parquet')).map((path) => [path, readFileSync(path)])).toEqual(parts);
    const text = (path: string) => (path.endsWith('.avro') ? JSON.stringify(readAvro(readFileSync(path), path).records, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
      : readFileSync(path, 'utf8'));
    const newest = pathsIn(tables).filter((path) => !/_names.*\.1\.json$/.test(path));
    expect(newest.filter((path) => path.endsWith('.avro')).length).toBeGreaterThan(2);
    for (const path of newest) expect([path, text(path).replaceAll(`file://${at}/`, '').includes(landed.folder)]).toEqual([path, false]);
    expect(JSON.parse(await landed.ok(['tables', 'relocate', '--json'], at))).toMatchObject([{ name: TABLE, state: 'HERE', snapshots: 2 }]);
    await landed.sql('DELETE FROM dbo.Moving WHERE Id = 1');
    await landed.ok(landed.extractArgs('dbo.Moving', '--landed-tables', 'iceberg'), at);
    expect(await landed.query(COUNT, [], at)).toEqual([{ n: 3, s: 9 }]);
  });

  test('and lacks a landed file is left as it was', async () => {
    const { at } = await moved();
    rmSync(pathsIn(at).find((path) => path.endsWith('.parquet'))!);
    expect(await landed.cli(['tables', 'relocate'], at)).toMatchObject({ code: 4, stderr: expect.stringMatching(/FILE_UNPROVEN: .* is missing: move landed files and tables together/) });
    expect(pathsIn(at).filter((path) => path.endsWith('v3.metadata.json'))).toEqual([]);
  });

  describeEngines(['pyiceberg', 'duckdb'], (name) => {
    test('is read after relocation, both snapshots', async () => {
      const { at } = await moved();
      await landed.ok(['tables', 'relocate'], at);
      const [{ metadataLocation, snapshotId }] = await landed.tables(at);
      const engine = await WorkerEngine.start(name as 'pyiceberg' | 'duckdb');
      try {
        const address = { metadataLocation };
        expect((await engine.rows(address)).rows).toHaveLength(4);
        expect((await engine.rows(address, { version: { snapshotId } })).rows).toHaveLength(4);
      } finally {
        await engine.stop();
      }
    });
  });
});

describe('rebuild', () => {
  test('makes metadata again that is damaged, with every complete run, and leaves out those whose files are gone', async () => {
    const [first, second] = await twoRuns();
    const [{ metadataLocation }] = await landed.tables();
    writeFileSync(fileURLToPath(metadataLocation), '{');
    expect((await landed.cli(['query', COUNT])).stderr).toContain('TABLE_UNREADABLE');
    const dry = await landed.cli(['tables', 'rebuild', '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(new RegExp(`^would make .*stays\nrun ${first}: 1 table\nrun ${second}: 1 table\n$`)) });
    expect((await landed.cli(['query', COUNT])).stderr).toContain('TABLE_UNREADABLE');
    await landed.ok(['tables', 'rebuild']);
    expect([await landed.query(COUNT), await landed.query(COUNT, ['--run', first])]).toEqual([SECOND, FIRST]);
    rmSync(join(landed.folder, 'database=LegacyLedger/schema=dbo/table=Moving', `run=${first}`), { recursive: true });
    const again = await landed.cli(['tables', 'rebuild']);
    expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(new RegExp(`run ${first} is left out of ${TABLE}: FILE_UNPROVEN: .* is missing`)) });
    expect((await landed.tables())[0]).toMatchObject({ run: second, snapshots: 1 });
  });

  test('keeps the metadata of before unless it is told otherwise', async () => {
    await twoRuns();
    const folders = () => readdirSync(join(landed.folder, '_tables')).filter((name) => name.startsWith(TABLE));
    await landed.ok(['tables', 'rebuild']);
    const [{ metadataLocation }] = await landed.tables();
    expect(folders()).toHaveLength(2);
    const of = (path: string) => pathsIn(join(landed.folder, '_tables', path)).length;
    expect(Math.min(...folders().map(of))).toBeGreaterThan(3);
    await landed.ok(['tables', 'rebuild', '--delete-old']);
    expect(of(metadataLocation.split('/').at(-3)!)).toBe(0);
    expect(await landed.query(COUNT)).toEqual(SECOND);
  });
});

test('of a table that was dropped and made again, an earlier run is of the generation before, also after rebuilding', async () => {
  const first = await landed.land('dbo.Moving');
  await landed.sql('DROP TABLE dbo.Moving; CREATE TABLE dbo.Moving (Id int NOT NULL PRIMARY KEY, Other varchar(9) NULL)');
  await landed.sql("INSERT INTO dbo.Moving VALUES (7, 'new')");
  const told = await landed.ok(landed.extractArgs('dbo.Moving', '--landed-tables', 'iceberg'));
  expect(told).toMatch(new RegExp(`^${TABLE} began anew, .*: the source's table was`, 'm'));
  for (const rebuilt of [false, true]) {
    if (rebuilt) await landed.ok(['tables', 'rebuild', '--delete-old']);
    expect((await landed.tables()).map(({ name, generation, newest, rows }) => [name, generation, newest, rows])).toEqual([[TABLE, 2, true, 1], [`${TABLE}_g1`, 1, false, 3]]);
    expect(await landed.query(`SELECT * FROM ${TABLE}`)).toEqual([{ id: 7, other: 'new' }]);
    expect(await landed.query(`SELECT * FROM ${TABLE} ORDER BY id LIMIT 1`, ['--run', first])).toEqual([{ id: 1, a: 2 }]);
    expect(await landed.query(`SELECT count(*) n FROM ${TABLE}_g1`)).toEqual([{ n: 3 }]);
  }
});

test.each([
  ['neither run nor snapshot', ['rollback', TABLE], /pass one of --run RUN and --snapshot ID/],
  ['a snapshot that is no number', ['rollback', TABLE, '--snapshot', 'x1'], /--snapshot takes the id of a snapshot, a whole number; got 'x1'/],
  ['no run kept', ['expire', '--keep-runs', '0'], /--keep-runs takes a whole number of at least 1/],
  ['a time without a unit', ['expire', '--keep-for', '30'], /expected a time such as 90s, 15m, 3h or 2d/],
  ['tables of the source with a target', ['tables'], /--to and --stack need --landed/],
])('%s is refused', async (_, args, message) => {
  expect(await landed.cli(args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
});

test('a table that is not there is told with those that are', async () => {
  await landed.land('dbo.Moving');
  expect(await landed.cli(['rollback', 'nope', '--run', 'x'])).toMatchObject({ code: 4, stderr: expect.stringMatching(new RegExp(`has no landed table 'nope'; it has ${TABLE}`)) });
  expect(await landed.cli(['rollback', TABLE, '--run', 'x'])).toMatchObject({ code: 4, stderr: expect.stringMatching(/LANDED_TABLE_REFUSED.*NOT_THERE/) });
});
