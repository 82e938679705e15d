import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { codeBlocks, markdownFiles, ROOT } from './markdown-files';
import { extract, ExtractFormat } from '../../src/extractor/doors/public';
import { type StandIn, startStandIn } from '../../tools/stand-in';

const PAGE = markdownFiles().find(({ file }) => file === 'docs/reading.md')!;
const BLOCKS = codeBlocks(PAGE).filter(({ language }) => language === 'python').map(({ code }) => code);
const blockWith = (text: string) => BLOCKS.filter((code) => code.includes(text));

let server: StandIn;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'reading-'));
  server = await startStandIn({ transactions: 1000 });
  const { host, port, database, user, password, caFile } = server;
  const run = { source: { server: host, port, database, user, password, caFile }, target: pathToFileURL(path.join(folder, 'landing')).href };
  await extract({ ...run, tables: ['dbo.Customers'], format: ExtractFormat.csv() });
  await extract({ ...run, tables: ['dbo.Transactions', 'dbo.Customers'] });
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

/** What a block prints that runs where `landing` is. */
function printed(code: string): string {
  return execFileSync(path.join(ROOT, '.venv', 'bin', 'python'), ['-c', code], { cwd: folder, encoding: 'utf8' });
}

test('every Python block of the page is run here', () => {
  expect(BLOCKS.filter((code) => !/hive_partitioning|pyarrow|__100ns|read_csv/.test(code))).toEqual([]);
  expect(BLOCKS).toHaveLength(4);
});

test('Parquet by DuckDB: the columns of the path are there', () => {
  expect(printed(blockWith('hive_partitioning')[0])).toMatch(/20\d{6}T\d{9}Z-[0-9a-f]{6} .* 1000 /);
});

test('Parquet by pyarrow and the manifest: all rows', () => {
  expect(printed(blockWith('import pyarrow')[0])).toBe('dbo Customers 25\ndbo Transactions 1000\n');
});

test('the seventh digit is the text of the source', () => {
  const first = readFileSync(execFileSync('find', [folder, '-name', '*.csv'], { encoding: 'utf8' }).trim(), 'utf8').split('\n')[1];
  const created = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}/.exec(first)![0];
  const ordered = blockWith('__100ns')[0].replace(/\n"""\)\.show/, '\n ORDER BY CustomerId""").show');
  expect(printed(ordered)).toContain(created);
});

test('CSV by DuckDB: NULL and the empty string stay apart', () => {
  const [block] = blockWith('read_csv');
  const parquet = 'import duckdb; print(duckdb.sql("SELECT count(Email) FROM \'landing/database=*/schema=dbo/table=Customers/run=*/*.parquet\'").fetchall()[0][0])';
  expect(printed(block)).toMatch(new RegExp(` 25 .* ${printed(parquet).trim()} `));
  // Notes has both.
  const notes = (from: string) => printed(`import duckdb; print(duckdb.sql("""SELECT count(*) FILTER (Notes IS NULL), count(*) FILTER (Notes = '') FROM ${from}""").fetchall()[0])`);
  const csv = /read_csv\([\s\S]*?true\)/.exec(block)![0];
  expect(notes(csv)).toBe(notes("'landing/database=*/schema=dbo/table=Customers/run=*/*.parquet'"));
  expect(notes(csv)).not.toMatch(/\b0\b/);
});
