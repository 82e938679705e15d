import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { ExtractFormat, TextCompression } from '../../src/extractor/api/extract-format';
import { openTarget } from '../../src/extractor/landing/open-target';
import type { ReadJob } from '../../src/extractor/run/context/read-job';
import type { RunContext } from '../../src/extractor/run/context/run-context';
import { fillOptions } from '../../src/extractor/run/context/run-options';
import { readAll } from '../../src/extractor/run/read-all';
import { serveWhereStarted } from '../../src/extractor/run/threads/serve-readers';
import { SqlServerConnection } from '../../src/extractor/source/connection/sql-server-connection';
import { SYSTEM_CLOCK } from '../../src/extractor/state/clock';
import { peakRssMb } from '../harness/measured';

/** What {@link ThreadsResult} is printed for: `threads-contender.ts FORMAT PORT READERS THREADS`. */
export interface ThreadsResult {
  readonly rowsPerSecond: number;
  readonly cpuSecondsPerMillionRows: number;
  readonly peakRssMb: number;
}

const CHUNKS = 8;
const CHUNK_ROWS = 500_000;
const WARM_UP_ROWS = 50_000;

const FORMATS: { readonly [name: string]: ExtractFormat } = {
  'csv': ExtractFormat.csv(),
  'csv-gzip': ExtractFormat.csv({ compression: TextCompression.GZIP }),
  'parquet': ExtractFormat.parquet(),
};

async function measure(format: string, port: number, readers: number, threads: number, rows: number): Promise<ThreadsResult> {
  const folder = mkdtempSync(join(process.env.BENCH_TMPDIR ?? tmpdir(), 'threads-'));
  try {
    const options = fillOptions({
      source: { server: '127.0.0.1', port, database: 'Ledger', user: 'reader', password: 'any', encrypt: false },
      target: pathToFileURL(folder).href,
      format: FORMATS[format],
      readers,
      threads,
    });
    const context: RunContext = {
      runId: 'bench',
      options,
      target: openTarget(options.target, options.targetOptions),
      database: 'Ledger',
      consistency: 'query',
      signal: new AbortController().signal,
      clock: SYSTEM_CLOCK,
      mayComplete: async () => undefined,
      emit: () => undefined,
      warn: () => undefined,
    };
    const jobs = Array.from({ length: CHUNKS }, (_, chunk): ReadJob => ({
      tableIndex: 0,
      schema: 'dbo',
      table: 'Transactions',
      chunk: { chunk, estimatedRows: rows, estimatedBytes: 200 * rows },
      chunks: CHUNKS,
      sql: `select top ${rows} * from dbo.Transactions`,
      parameters: [],
      subject: 'Transactions',
      keyColumns: [],
    }));
    const cpu = process.cpuUsage();
    const began = performance.now();
    const first = await SqlServerConnection.open(options.connection);
    const { chunks: landed } = await readAll(context, {
      jobs, finished: [], first, onFinished: async () => undefined, fail: (reason) => { throw reason; },
    });
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const total = landed.reduce((sum, chunk) => sum + chunk.rows, 0);
    if (total !== CHUNKS * rows) throw new Error(`${total} rows were landed, not ${CHUNKS * rows}`);
    return {
      rowsPerSecond: total / seconds, cpuSecondsPerMillionRows: (user + system) / total, peakRssMb: peakRssMb(),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function main([format, ...numbers]: readonly string[]): Promise<void> {
  const [port, readers, threads] = numbers.map(Number);
  await measure(format, port, readers, threads, WARM_UP_ROWS);
  process.stdout.write(JSON.stringify(await measure(format, port, readers, threads, CHUNK_ROWS)));
}

// The reader threads run this file too.
serveWhereStarted();
if (isMainThread) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  });
}
