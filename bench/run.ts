import { ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle, firstLine } from './harness/bundle';
import { checkLedger } from './harness/check-ledger';
import type { Job, Measured } from './harness/measured';
import { BenchOptions, HELP, parseOptions } from './harness/options';
import { Ratio, ratios } from './harness/ratios';
import { PACKET_SIZE_ENV } from './harness/request';
import { RIVALS } from './rivals';
import { TABLES } from './tables';
import { LEDGER_CAPTURE_ENV, ledgerCaptureFile, readLedgerCapture } from './tables/ledger-table';
import { surviveClosedOutputs } from '../tools/closed-outputs';

/**
 * `npm run bench -- --help`
 *
 * Every contender takes the same table from the same server, each in fresh processes; CPU is that process's, user and
 * system, all its threads. Of Node and Python clients the first figure is of rows after a warm-up, and the cold one of a
 * second process from its start to its last row; of other programs both are of the whole process. What is not installed
 * is named and left out.
 */

interface Result {
  readonly name: string;
  readonly version: string;
  readonly rows: number;
  readonly cpuSecondsPerMillionRows: number;
  /** Of a process that is cold, its start-up included; absent with --warm-only. */
  readonly coldCpuSecondsPerMillionRows?: number;
  readonly rowsPerSecond: number;
  readonly peakRssMb: number;
}

export interface Figures {
  readonly table: string;
  readonly rows: number;
  readonly packetSize: number;
  readonly results: readonly Result[];
  readonly notInstalled: readonly string[];
  /** Rivals that cannot read the table, and why. */
  readonly failed: ReadonlyArray<{ readonly name: string; readonly reason: string }>;
  readonly ratios: readonly Ratio[];
}

const run = promisify(execFile);

async function main(args: readonly string[]): Promise<void> {
  surviveClosedOutputs();
  const options = parseOptions(args);
  if (!options) return print(HELP);
  // Inside the tree, so that the bundle finds node_modules.
  const scratch = join(__dirname, '../.tmp');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'bench-'));
  process.env[PACKET_SIZE_ENV] = String(options.packetSize);
  process.env[LEDGER_CAPTURE_ENV] = ledgerCaptureFile();
  let server: ChildProcess | undefined;
  let figures: Figures;
  try {
    await bundle(['contenders/contender.ts', 'servers/replay-table.ts'], folder);
    server = spawn(process.execPath, [join(folder, 'replay-table.js'), options.table], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await firstLine(server);
    if (options.table === 'ledger') await sayChecked(port, options.packetSize);
    figures = await measureAll(options, port, join(folder, 'contender.js'));
  } finally {
    server?.kill();
    rmSync(folder, { recursive: true });
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
}

async function sayChecked(port: string, packetSize: number): Promise<void> {
  const { packetBytes, nbcRowShare, decimals } = await checkLedger(Number(port), readLedgerCapture(), packetSize);
  const lengths = decimals.map(({ column, announced, lengths: shares }) => `${column} announced with ${announced} bytes, sent in `
    + Object.entries(shares).map(([bytes, share]) => `${bytes} (${percent(share)})`).join(' and ')).join('; ');
  print(`rows are the capture's but for the key: NBCROW ${percent(nbcRowShare)}; ${lengths}; packets of ${packetBytes} bytes`);
}

async function measureAll({ table, rows, names, packetSize, cold }: BenchOptions, port: string, contender: string): Promise<Figures> {
  const results: Result[] = [];
  const notInstalled: string[] = [];
  const failed: Array<{ name: string; reason: string }> = [];
  for (const name of names) {
    const measure = (warmUpRows: number) => take(name, contender, { port, rows, warmUpRows, packetSize });
    const warm = await measure(TABLES[table].chunkRows).catch((error: unknown) => {
      if (name.startsWith('ours')) throw error;
      return { reason: reasonOf(error) };
    });
    if (warm && 'reason' in warm) {
      failed.push({ name, reason: warm.reason });
      print(`${name.padEnd(21)} failed: ${warm.reason}`);
      continue;
    }
    if (!warm) {
      notInstalled.push(name);
      print(`${name.padEnd(21)} not installed`);
      continue;
    }
    // A program without a warm-up was cold already.
    const whole = warm.processCpuSeconds === warm.cpuSeconds ? warm : cold ? await measure(0) : undefined;
    const perMillion = (seconds: number) => round(seconds / rows * 1e6);
    const result: Result = {
      name,
      version: warm.version ?? version(name),
      rows: warm.rows,
      cpuSecondsPerMillionRows: perMillion(warm.cpuSeconds),
      ...(cold && whole && { coldCpuSecondsPerMillionRows: perMillion(whole.processCpuSeconds) }),
      rowsPerSecond: Math.round(rows / warm.seconds),
      peakRssMb: Math.round(warm.peakRssMb),
    };
    results.push(result);
    const { cpuSecondsPerMillionRows, coldCpuSecondsPerMillionRows } = result;
    print(`${name.padEnd(21)} ${String(rows).padStart(9)} rows ${cpuSecondsPerMillionRows.toFixed(2).padStart(8)} CPU s/M rows `
      + (coldCpuSecondsPerMillionRows === undefined ? '' : `${coldCpuSecondsPerMillionRows.toFixed(2).padStart(8)} cold CPU s/M rows `)
      + `${String(result.rowsPerSecond).padStart(9)} rows/s ${String(result.peakRssMb).padStart(5)} MB  ${result.version}`);
  }
  const quotients = ratios(new Map(results.map(({ name, cpuSecondsPerMillionRows }) => [name, cpuSecondsPerMillionRows])));
  for (const { name, value } of quotients) print(`${name}: ${value.toFixed(2)}`);
  return { table, rows, packetSize, results, notInstalled, failed, ratios: quotients.map(({ name, value }) => ({ name, value: round(value) })) };
}

/** The last line of what a program complained of, or how it ended. */
function reasonOf(error: unknown): string {
  const { stderr = '', message = String(error) } = error as { readonly stderr?: string; readonly message?: string };
  return (stderr.trim() || message).split('\n').map((line) => line.trim()).filter((line) => line !== '').pop() ?? 'no reason was given';
}

/** @returns nothing when the client is not installed */
async function take(name: string, contender: string, job: Job): Promise<Measured | undefined> {
  const got = Object.hasOwn(RIVALS, name) ? await RIVALS[name](job) : await takeInNode(name, contender, job);
  if (got && got.rows !== job.rows) throw new Error(`${name} saw ${got.rows} of ${job.rows} rows`);
  return got;
}

async function takeInNode(name: string, contender: string, { port, rows, warmUpRows }: Job): Promise<Measured | undefined> {
  try {
    return JSON.parse((await run(process.execPath, [contender, name, port, String(rows), String(warmUpRows)])).stdout) as Measured;
  } catch (error) {
    const { stderr = '' } = error as { readonly stderr?: string };
    if (name.startsWith('ours') || !stderr.includes('Cannot find')) throw error;
    return undefined;
  }
}

const PACKAGES: { readonly [name: string]: readonly string[] } = {
  'tedious-rows': ['tedious'], 'tedious-rows-tls': ['tedious'], 'mssql-csv-stringify': ['mssql', 'csv-stringify'],
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

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
