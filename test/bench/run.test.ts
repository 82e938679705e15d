import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pythonClientProblem } from '../tools/stand-in/python-client';

interface Result {
  readonly name: string;
  readonly version: string;
  readonly rows: number;
  readonly cpuSecondsPerMillionRows: number;
  readonly coldCpuSecondsPerMillionRows?: number;
  readonly rowsPerSecond: number;
  readonly peakRssMb: number;
}

interface Figures {
  readonly results: Result[];
  readonly notInstalled: string[];
  readonly failed: unknown[];
  readonly ratios: ReadonlyArray<{ readonly name: string; readonly value: number }>;
}

const ROOT = path.join(__dirname, '../..');
const ROWS = 100_000;

function bench(...args: string[]): Figures {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-test-'));
  try {
    const json = path.join(folder, 'results.json');
    execFileSync(process.execPath, [path.join(ROOT, 'node_modules/tsx/dist/cli.mjs'), path.join(ROOT, 'bench/run.ts'), '--json', json, ...args], {
      cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'],
    });
    return JSON.parse(readFileSync(json, 'utf8')) as Figures;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// The full form asks for 1/14 and 1/6 of a million rows; few rows on a shared machine leave half of that.
/** It needs a library beside its wheel, which is unpacked here when the system has none. */
const withPython = pythonClientProblem() === undefined ? test : test.skip;

test('CSV takes at most 1/7 and zstd Parquet at most 1/3 of the CPU that mssql and csv-stringify take', () => {
  const { results } = bench('--table', 'transactions', '--rows', String(ROWS), '--warm-only', '--only', 'ours-csv,ours-parquet-zstd,mssql-csv-stringify');
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

const cpuOf = ({ results }: Figures, name: string) => results.find((result) => result.name === name)!.cpuSecondsPerMillionRows;
const isInstalled = (program: string) => (process.env.PATH ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, program)));
const LEDGER_ROWS = 200_000;

describe('rows recorded from another server', () => {
  // The ratios to reach are lower; few rows on a shared machine need room.
  const againstFreebcp = isInstalled('freebcp') ? test : test.skip;

  againstFreebcp('CSV takes at most 0.9 of the CPU that freebcp takes', () => {
    const figures = bench('--rows', String(LEDGER_ROWS), '--warm-only', '--only', 'ours-csv,freebcp');
    expect(figures.results.map(({ name, rows }) => [name, rows])).toEqual([['ours-csv', LEDGER_ROWS], ['freebcp', LEDGER_ROWS]]);
    expect(cpuOf(figures, 'ours-csv') / cpuOf(figures, 'freebcp')).toBeLessThanOrEqual(0.9);
  }, 120_000);

  withPython('zstd Parquet takes at most 1.2 times the CPU that mssql-python and pyarrow take', () => {
    const figures = bench('--rows', String(LEDGER_ROWS), '--warm-only', '--only', 'ours-parquet-zstd,mssql-python-zstd');
    expect(figures.results.map(({ name, rows }) => [name, rows])).toEqual([['ours-parquet-zstd', LEDGER_ROWS], ['mssql-python-zstd', LEDGER_ROWS]]);
    expect(cpuOf(figures, 'ours-parquet-zstd') / cpuOf(figures, 'mssql-python-zstd')).toBeLessThanOrEqual(1.2);
  }, 120_000);

  test('a cold process takes more than its rows do, and rows come through TLS and through a whole run', () => {
    const names = ['ours-csv', 'ours-csv-tls', 'ours-run-csv', 'tedious-rows', 'tedious-rows-tls', 'socket-read'];
    const { results, notInstalled, failed, ratios } = bench('--rows', '20000', '--packet-size', '8192', '--only', names.join());
    expect({ names: results.map(({ name }) => name), notInstalled, failed }).toEqual({ names, notInstalled: [], failed: [] });
    for (const { cpuSecondsPerMillionRows, coldCpuSecondsPerMillionRows } of results) {
      expect(coldCpuSecondsPerMillionRows).toBeGreaterThan(cpuSecondsPerMillionRows);
    }
    expect(ratios.map(({ name }) => name)).toEqual(['TLS: (ours-csv-tls - ours-csv) / (tedious-rows-tls - tedious-rows)']);
  }, 120_000);
});

test.each([
  ['wide', 1000], ['integers', 10_000], ['lob', 10], ['decimals', 10_000], ['rare', 1000], ['rare-text', 1000],
])('the %s table is read whole in both kinds of format', (table, rows) => {
  const { results } = bench('--table', table, '--rows', String(rows), '--warm-only', '--only', 'ours-csv,ours-parquet-zstd');
  expect(results.map(({ name, rows: seen }) => ({ name, seen }))).toEqual([{ name: 'ours-csv', seen: rows }, { name: 'ours-parquet-zstd', seen: rows }]);
}, 60_000);

withPython('a rival that cannot read a table is named with its reason and left out', () => {
  const { results, failed } = bench('--table', 'rare', '--rows', '1000', '--warm-only', '--only', 'mssql-python-zstd,tedious-rows');
  expect(results.map(({ name }) => name)).toEqual(['tedious-rows']);
  expect(failed).toEqual([{ name: 'mssql-python-zstd', reason: expect.stringMatching(/^RuntimeError: Unsupported data type/) }]);
}, 60_000);

test.each([
  [['--table', 'narrow'], '--table narrow: allowed are ledger, decimals, rare, rare-text, transactions, wide, integers, lob'],
  [['--rows', '15'], '--rows 15: expected a multiple of 20000'],
  [['--packet-size', '100'], '--packet-size 100: expected 512 to 32767 bytes'],
  [['--row', '15'], 'Unknown option \'--row\''],
  [['--only', 'ours'], '--only ours: allowed are ours-csv'],
])('refuses %j', (args, message) => {
  expect(() => bench(...args)).toThrow(message);
}, 60_000);
