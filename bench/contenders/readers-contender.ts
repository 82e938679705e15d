import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ExtractFormat } from '../../src/extractor/api/extract-format';
import type { extract } from '../../src/extractor/run/extract-run';
import { peakRssMb } from '../harness/measured';

/** What `readers-contender.ts ENGINE FORMAT PORT [READERS]` prints: a whole run of that engine by default settings but for these. */
export interface ReadersResult {
  readonly rows: number;
  readonly chunks: number;
  readonly readers: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
  /** Of the landed files but the manifest (bytes). */
  readonly fileBytes: readonly number[];
}

async function measure(engine: string, format: string, port: number, readers: number | undefined): Promise<ReadersResult> {
  const folder = mkdtempSync(join(process.env.BENCH_TMPDIR ?? tmpdir(), 'readers-'));
  try {
    // The bundle, which its threads start again.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const loaded = require(resolve(engine)) as { readonly extract: typeof extract };
    let planned = { chunks: 0, readers: 0 };
    const cpu = process.cpuUsage();
    const began = performance.now();
    const { rows } = await loaded.extract({
      source: { server: '127.0.0.1', port, database: 'Ledger', user: 'reader', password: 'any', encrypt: false },
      target: pathToFileURL(folder).href,
      format: format === 'csv' ? ExtractFormat.csv() : ExtractFormat.parquet(),
      readers,
    }, { onEvent: (event) => { if (event.type === 'run-planned') planned = event; } });
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      rows,
      chunks: planned.chunks,
      readers: planned.readers,
      seconds,
      cpuSeconds: (user + system) / 1e6,
      peakRssMb: peakRssMb(),
      fileBytes: landed(folder),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function landed(folder: string): number[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.startsWith('part-'))
    .map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).size);
}

const [engine, format, port, readers] = process.argv.slice(2);
measure(engine, format, Number(port), readers === undefined ? undefined : Number(readers))
  .then((result) => process.stdout.write(JSON.stringify(result)))
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  });
