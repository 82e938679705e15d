import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle, firstLine } from './harness/bundle';
import { TABLES } from './tables';
import { LEDGER_CAPTURE_ENV, ledgerCaptureFile } from './tables/ledger-table';

/**
 * `npx tsx bench/verify.ts [--table NAME] [--rows N] [--format csv|jsonl|parquet] [--compression none|gzip|snappy|zstd]
 * [--json FILE]`
 *
 * Lands a table with its manifest and verifies it, each in a fresh process; CPU is that process's, user and system, all its
 * threads, from its start on. Without a format, each with and without compression.
 */

interface Measured {
  readonly rows: number;
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly peakRssMb: number;
}

const VARIANTS: ReadonlyArray<readonly [format: string, compression: string]> = [
  ['parquet', 'zstd'], ['parquet', 'snappy'], ['parquet', 'gzip'], ['parquet', 'none'],
  ['csv', 'none'], ['csv', 'gzip'], ['csv', 'zstd'], ['jsonl', 'none'], ['jsonl', 'gzip'], ['jsonl', 'zstd'],
];

const run = promisify(execFile);

async function main(args: readonly string[]): Promise<void> {
  const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const tableName = option('--table') ?? 'ledger';
  if (!Object.hasOwn(TABLES, tableName)) throw new Error(`--table ${tableName}: allowed are ${Object.keys(TABLES).join(', ')}`);
  const { chunkRows, defaultRows } = TABLES[tableName];
  const rows = Number(option('--rows') ?? defaultRows);
  if (!Number.isSafeInteger(rows) || rows < chunkRows || rows % chunkRows !== 0) throw new Error(`--rows ${option('--rows')}: expected a multiple of ${chunkRows}`);
  const variants = VARIANTS.filter(([format, compression]) => (
    (option('--format') ?? format) === format && (option('--compression') ?? compression) === compression));
  if (variants.length === 0) throw new Error(`--format ${option('--format')} --compression ${option('--compression')}: allowed are ${VARIANTS.map((each) => each.join(' ')).join(', ')}`);

  // Inside the tree, so that the bundle finds node_modules.
  const scratch = join(__dirname, '../.tmp');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'bench-verify-'));
  // The bundled server does not know where it is from.
  process.env[LEDGER_CAPTURE_ENV] = ledgerCaptureFile();
  const results: unknown[] = [];
  let server: ChildProcess | undefined;
  try {
    await bundle(['contenders/verify-contender.ts', 'servers/replay-table.ts'], folder);
    server = spawn(process.execPath, [join(folder, 'replay-table.js'), tableName], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await firstLine(server);
    for (const [format, compression] of variants) {
      const to = mkdtempSync(join(folder, 'run-'));
      const landed = await measure(folder, ['land', to, port, String(rows), format, compression]);
      const verified = await measure(folder, ['verify', to]);
      rmSync(to, { recursive: true });
      if (landed.rows !== rows || verified.rows !== rows) throw new Error(`${format} ${compression}: ${landed.rows} rows landed and ${verified.rows} verified of ${rows}`);
      const perMillion = ({ cpuSeconds }: Measured) => cpuSeconds / rows * 1e6;
      const figure = (measured: Measured) => `${perMillion(measured).toFixed(2).padStart(6)} CPU s/M rows`;
      results.push({
        format, compression, landedCpuSecondsPerMillionRows: perMillion(landed), verifiedCpuSecondsPerMillionRows: perMillion(verified),
      });
      process.stdout.write(`${`${format} ${compression}`.padEnd(15)} ${String(rows).padStart(9)} rows  landed ${figure(landed)}, verified ${figure(verified)} `
        + `(${verified.seconds.toFixed(1)} s, ${verified.peakRssMb.toFixed(0)} MB), ratio ${(verified.cpuSeconds / landed.cpuSeconds).toFixed(2)}\n`);
    }
  } finally {
    server?.kill();
    rmSync(folder, { recursive: true });
  }
  const json = option('--json');
  if (json) writeFileSync(json, `${JSON.stringify({ table: tableName, rows, results }, undefined, 2)}\n`);
}

async function measure(folder: string, args: readonly string[]): Promise<Measured> {
  return JSON.parse((await run(process.execPath, [join(folder, 'verify-contender.js'), ...args])).stdout) as Measured;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
