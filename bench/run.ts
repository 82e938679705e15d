import { ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle, firstLine } from './bundle';
import { CONTENDERS } from './contenders';
import { Measured, RIVALS } from './rivals';
import { TABLES } from './tables';

/**
 * `npm run bench -- [--table NAME] [--rows N] [--json FILE] [--only NAME,...]`
 *
 * Every contender takes the same table from the same server, each in a fresh process; CPU is that process's, user and
 * system, all its threads. What is not installed is named and left out.
 */

interface Result {
  readonly name: string;
  readonly version: string;
  readonly rows: number;
  readonly cpuSecondsPerMillionRows: number;
  readonly rowsPerSecond: number;
  readonly peakRssMb: number;
}

const run = promisify(execFile);

async function main(args: readonly string[]): Promise<void> {
  const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const tableName = option('--table') ?? 'transactions';
  if (!Object.hasOwn(TABLES, tableName)) throw new Error(`--table ${tableName}: allowed are ${Object.keys(TABLES).join(', ')}`);
  const table = TABLES[tableName];
  const rows = Number(option('--rows') ?? table.defaultRows);
  if (!Number.isSafeInteger(rows) || rows < table.chunkRows || rows % table.chunkRows !== 0) {
    throw new Error(`--rows ${option('--rows')}: expected a multiple of ${table.chunkRows}`);
  }
  const all = [...Object.keys(CONTENDERS), ...Object.keys(RIVALS)];
  const names = option('--only')?.split(',') ?? all;
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`--only ${unknown.join(',')}: allowed are ${all.join(', ')}`);

  // Inside the tree, so that the bundle finds node_modules.
  const scratch = join(__dirname, '../.tmp');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'bench-'));
  const results: Result[] = [];
  let server: ChildProcess | undefined;
  try {
    await bundle(['contender.ts', 'replay-table.ts'], folder);
    server = spawn(process.execPath, [join(folder, 'replay-table.js'), tableName], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await firstLine(server);
    for (const name of names) {
      const result = await measure(name, join(folder, 'contender.js'), port, rows, table.chunkRows);
      if (result) results.push(result);
    }
  } finally {
    server?.kill();
    rmSync(folder, { recursive: true });
  }
  const json = option('--json');
  if (json) writeFileSync(json, `${JSON.stringify({ table: tableName, rows, results }, undefined, 2)}\n`);
}

async function measure(name: string, contender: string, port: string, rows: number, warmUpRows: number): Promise<Result | undefined> {
  const got = Object.hasOwn(RIVALS, name)
    ? await RIVALS[name](port, rows, warmUpRows)
    : await measureNode(name, [contender, name, port, String(rows), String(warmUpRows)]);
  if (!got) {
    print(`${name.padEnd(20)} not installed`);
    return undefined;
  }
  if (got.rows !== rows) throw new Error(`${name} saw ${got.rows} of ${rows} rows`);
  const result: Result = {
    name,
    version: got.version ?? version(name),
    rows: got.rows,
    cpuSecondsPerMillionRows: round(got.cpuSeconds / rows * 1e6),
    rowsPerSecond: Math.round(rows / got.seconds),
    peakRssMb: Math.round(got.peakRssMb),
  };
  print(`${name.padEnd(20)} ${String(rows).padStart(9)} rows ${result.cpuSecondsPerMillionRows.toFixed(2).padStart(8)} CPU s/M rows `
    + `${String(result.rowsPerSecond).padStart(9)} rows/s ${String(result.peakRssMb).padStart(5)} MB  ${result.version}`);
  return result;
}

async function measureNode(name: string, args: readonly string[]): Promise<Measured | undefined> {
  try {
    return JSON.parse((await run(process.execPath, args)).stdout) as Measured;
  } catch (error) {
    const { stderr = '' } = error as { readonly stderr?: string };
    if (name.startsWith('ours') || !stderr.includes('Cannot find')) throw error;
    return undefined;
  }
}

const PACKAGES: { readonly [name: string]: readonly string[] } = {
  'tedious-rows': ['tedious'], 'mssql-csv-stringify': ['mssql', 'csv-stringify'],
};

function version(name: string): string {
  const packages = PACKAGES[name];
  if (!packages) return `node ${process.version}`;
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return packages.map((id) => `${id} ${(require(join(__dirname, '../node_modules', id, 'package.json')) as { version: string }).version}`).join(', ');
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
