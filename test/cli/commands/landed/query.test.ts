import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cliBundle } from '../../../support/packages/cli-bundle';
import { landedCli } from '../../../support/runs/landed-cli';

const landed = landedCli();
const TABLE = 'legacyledger_dbo_asked';

beforeEach(async () => {
  await landed.sql(`IF OBJECT_ID('dbo.Asked') IS NOT NULL DROP TABLE dbo.Asked;
    CREATE TABLE dbo.Asked (Id bigint NOT NULL PRIMARY KEY, Name nvarchar(40) NULL, Price decimal(19,4) NULL)`);
  await landed.sql('INSERT INTO dbo.Asked VALUES (1, N\'a "b", c\', 1.5), (2, N\'\', NULL), (9007199254740993, NULL, 0)');
  await landed.land('dbo.Asked');
});

const SELECT = `SELECT * FROM ${TABLE} ORDER BY id`;

test('prints a table, JSON lines that keep large numbers exact, or CSV that tells NULL from empty', async () => {
  expect(await landed.ok(['query', SELECT])).toBe('              id  name      price\n               1  a "b", c  1.5000\n               2            NULL\n9007199254740993  NULL      0.0000\n');
  expect(await landed.query(SELECT)).toEqual([
    { id: 1, name: 'a "b", c', price: '1.5000' }, { id: 2, name: '', price: null }, { id: '9007199254740993', name: null, price: '0.0000' },
  ]);
  expect(await landed.ok(['query', SELECT, '--csv'])).toBe('id,name,price\r\n1,"a ""b"", c",1.5000\r\n2,"",\r\n9007199254740993,,0.0000\r\n');
});

test('a table of text ends at 1,000 rows and says so, JSON has all', async () => {
  const { stdout, stderr } = await landed.cli(['query', 'SELECT range FROM range(5000)']);
  expect([stdout.split('\n').length, stderr]).toEqual([1002, 'the first 1000 rows are shown; --json and --csv print all\n']);
  expect(await landed.query('SELECT range FROM range(5000)')).toHaveLength(5000);
});

test('--max-bytes is of the files of the tables that are named', async () => {
  expect(await landed.cli(['query', SELECT, '--max-bytes', '100'])).toMatchObject({ code: 4, stdout: '', stderr: expect.stringMatching(/error QUERY_FAILED: the files of legacyledger_dbo_asked have \d+ bytes, more than the 100 that --max-bytes allows/) });
  await landed.ok(['query', SELECT, '--max-bytes', '1MB']);
  await landed.ok(['query', `SELECT '${TABLE}'`, '--max-bytes', '1']);
});

test.each([
  ['two statements', 'SELECT 1; SELECT 2', 2, /it is 2 statements, not one/],
  ['a table made', 'CREATE TABLE t (a int)', 2, /it is CREATE; only queries that read are run/],
  ['a setting', 'SET threads = 1', 2, /it is SET/],
  ['a database attached', "ATTACH '/tmp/nowhere.db'", 2, /it is ATTACH/],
  ['a file written', "COPY (SELECT 1) TO '/tmp/cdk-legacy-to-s3-must-not-be'", 4, /Permission Error/],
  ['another file read', "SELECT * FROM read_text('/etc/hostname')", 4, /Permission Error/],
  ['names of files', "SELECT * FROM glob('/etc/*')", 4, /Permission Error/],
  ['an extension', 'INSTALL httpfs', 2, /only queries that read are run/],
  ['no SQL', 'SELEC 1', 4, /DuckDB refused the query: Parser Error: syntax error at or near "SELEC"/],
  ['an unknown table', 'SELECT * FROM nope', 4, /Table with name nope does not exist!; landed tables are legacyledger_dbo_asked/],
  ['an unknown column', `SELECT nope FROM ${TABLE}`, 4, /Binder Error: Referenced column "nope" not found/],
])('%s is refused', async (_, sql, code, message) => {
  expect(await landed.cli(['query', sql])).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
  expect(existsSync('/tmp/cdk-legacy-to-s3-must-not-be')).toBe(false);
});

test('two forms of output exclude each other', async () => {
  expect(await landed.cli(['query', SELECT, '--json', '--csv'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--json and --csv exclude each other') });
});

test('a landed file that the query may read cannot be written', async () => {
  const part = readdirSync(landed.folder, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.parquet'))!;
  const path = join(landed.folder, part);
  const bytes = readFileSync(path);
  expect((await landed.cli(['query', `COPY (SELECT * FROM ${TABLE}) TO '${path}'`])).stderr).toContain('it is COPY; only queries that read are run');
  expect(readFileSync(path)).toEqual(bytes);
});

test('where DuckDB is not installed, the command that installs it is told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'no-duckdb-'));
  try {
    for (const name of ['bin', 'assets']) symlinkSync(join(cliBundle(), name), join(folder, name));
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'bin', 'cdk-legacy-to-s3.js'), 'query', 'SELECT 1', '--to', `file://${landed.folder}`], { cwd: folder, encoding: 'utf8' });
    expect([status, stderr]).toEqual([2, 'error INVALID_CONFIG: queries of a folder are answered by DuckDB, which is not installed here: npm install @duckdb/node-api\n']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
