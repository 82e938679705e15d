/**
 * Rows a second, CPU and memory by the number of reader threads, for 8 chunks of the transactions table.
 *
 *     npx tsx bench/threads.ts [csv,csv-gzip,parquet]
 *
 * Each measurement is a process of its own. The server is one more, and takes some of the cores.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ThreadsResult } from './contenders/threads-contender';
import { bundle, firstLine } from './harness/bundle';

async function main(formats: readonly string[]): Promise<void> {
  const scratch = join(__dirname, '../.tmp');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'threads-'));
  const cores = availableParallelism();
  try {
    await bundle(['contenders/threads-contender.ts', 'servers/replay-table.ts'], folder);
    const server = spawn(process.execPath, [join(folder, 'replay-table.js'), 'transactions'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const port = await firstLine(server);
      for (const format of formats) {
        for (let threads = 0; threads <= cores; threads = Math.max(1, 2 * threads)) {
          const args = [join(folder, 'threads-contender.js'), format, port, String(Math.max(2, cores)), String(threads)];
          const { stdout } = await promisify(execFile)(process.execPath, args);
          const { rowsPerSecond, cpuSecondsPerMillionRows, peakRssMb } = JSON.parse(stdout) as ThreadsResult;
          process.stdout.write(`${format.padEnd(8)} ${threads} thread(s): ${Math.round(rowsPerSecond)} rows/s, `
            + `${cpuSecondsPerMillionRows.toFixed(2)} CPU s/M rows, peak RSS ${Math.round(peakRssMb)} MB\n`);
        }
      }
    } finally {
      server.kill();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

main(process.argv[2]?.split(',') ?? ['csv', 'csv-gzip', 'parquet']).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
