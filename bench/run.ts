import { ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { CONTENDERS } from './contenders';

/**
 * `npm run bench -- [--rows N] [--json FILE] [--only NAME,...]`
 *
 * Every contender takes the same table from the same server, each in a fresh process; CPU is that process's, user and
 * system, all its threads.
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
  const rows = Number(option('--rows') ?? 1_000_000);
  if (!Number.isSafeInteger(rows) || rows < 10_000 || rows % 10_000 !== 0) {
    throw new Error(`--rows ${option('--rows')}: expected a multiple of 10000`);
  }
  const names = option('--only')?.split(',') ?? Object.keys(CONTENDERS);
  const unknown = names.filter((name) => !(name in CONTENDERS));
  if (unknown.length > 0) throw new Error(`--only ${unknown.join(',')}: allowed are ${Object.keys(CONTENDERS).join(', ')}`);

  // As the package ships the extractor: bundled, so that a call between modules is a plain call. Inside the tree, so
  // that the bundle finds node_modules.
  const folder = mkdtempSync(join(__dirname, '../.tmp/bench-'));
  const results: Result[] = [];
  let server: ChildProcess | undefined;
  try {
    await bundle(folder);
    server = spawn(process.execPath, [join(folder, 'replay-table.js')], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await firstLine(server);
    for (const name of names) {
      const result = await measure(name, join(folder, 'contender.js'), port, rows);
      if (result) results.push(result);
    }
  } finally {
    server?.kill();
    rmSync(folder, { recursive: true });
  }
  const json = option('--json');
  if (json) writeFileSync(json, `${JSON.stringify({ node: process.version, rows, results }, undefined, 2)}\n`);
}

async function measure(name: string, contender: string, port: string, rows: number): Promise<Result | undefined> {
  let output: string;
  try {
    ({ stdout: output } = await run(process.execPath, [contender, name, port, String(rows)]));
  } catch (error) {
    const { stderr = '' } = error as { readonly stderr?: string };
    if (!stderr.includes('Cannot find')) throw error;
    print(`${name.padEnd(24)} not installed`);
    return undefined;
  }
  const got = JSON.parse(output) as { readonly rows: number; readonly cpuSeconds: number; readonly seconds: number; readonly peakRssMb: number };
  if (got.rows !== rows) throw new Error(`${name} saw ${got.rows} of ${rows} rows`);
  const result: Result = {
    name,
    version: version(name),
    rows: got.rows,
    cpuSecondsPerMillionRows: round(got.cpuSeconds / rows * 1e6),
    rowsPerSecond: Math.round(rows / got.seconds),
    peakRssMb: Math.round(got.peakRssMb),
  };
  print(`${name.padEnd(24)} ${result.version.padEnd(24)} ${result.cpuSecondsPerMillionRows.toFixed(2).padStart(7)} CPU s/M rows `
    + `${String(result.rowsPerSecond).padStart(9)} rows/s ${String(result.peakRssMb).padStart(5)} MB`);
  return result;
}

async function bundle(folder: string): Promise<void> {
  await build({
    entryPoints: [join(__dirname, 'contender.ts'), join(__dirname, 'replay-table.ts')],
    outdir: folder,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
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

function firstLine(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface(server.stdout!).once('line', resolve);
    server.once('exit', (code) => reject(new Error(`the replay server ended with ${code}`)));
  });
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
