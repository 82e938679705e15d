/**
 * Wall and CPU time of a whole run by default settings, with one reader and with the default number of them.
 *
 *     npx tsx bench/readers.ts [--format parquet|csv] [--rows N] [--rounds N] [--readers N,N]
 *
 * The engine is the package's bundle, which `npm run build` makes. Each run is a process of its own, and the server one
 * more, which takes some of the cores; the runs take turns, so that what else the machine does falls on all of them. The
 * ratio is that of the medians.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ReadersResult } from './contenders/readers-contender';
import { bundle, firstLine } from './harness/bundle';

const ENGINE = join(__dirname, '../assets/extractor/index.js');

async function main(args: readonly string[]): Promise<void> {
  const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const [format, rows, rounds] = [option('--format') ?? 'parquet', option('--rows') ?? '2000000', Number(option('--rounds') ?? 5)];
  // Without a number, as many as there are by default.
  const contenders = option('--readers')?.split(',') ?? ['1', ''];
  const scratch = join(__dirname, '../.tmp');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'readers-'));
  try {
    await bundle(['contenders/readers-contender.ts', 'servers/replay-database.ts'], folder);
    const server = spawn(process.execPath, [join(folder, 'replay-database.js'), rows], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const port = await firstLine(server);
      const results = new Map<string, ReadersResult[]>(contenders.map((readers) => [readers, []]));
      for (let round = 0; round < rounds; round++) {
        for (const readers of contenders) {
          const contender = join(folder, 'readers-contender.js');
          const { stdout } = await promisify(execFile)(process.execPath, [contender, ENGINE, format, port, ...readers === '' ? [] : [readers]]);
          results.get(readers)!.push(JSON.parse(stdout) as ReadersResult);
        }
      }
      print(contenders.map((readers) => results.get(readers)!));
    } finally {
      server.kill();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function print(results: ReadonlyArray<readonly ReadersResult[]>): void {
  const wallOf = (runs: readonly ReadersResult[]) => median(runs.map(({ seconds }) => seconds));
  for (const runs of results) {
    const [{ rows, chunks, readers, fileBytes }] = runs;
    const wall = wallOf(runs);
    process.stdout.write(`${readers} reader(s), ${chunks} chunk(s), ${rows} rows: ${wall.toFixed(2)} s (${(wall / wallOf(results[0])).toFixed(2)} of the first), `
      + `CPU ${median(runs.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2)} s, peak RSS ${Math.round(Math.max(...runs.map(({ peakRssMb }) => peakRssMb)))} MB, `
      + `${fileBytes.length} file(s) of ${megabytes(Math.min(...fileBytes))} to ${megabytes(Math.max(...fileBytes))} MB\n`);
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
