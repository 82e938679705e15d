/**
 * Load on the recorder's code: events arrive at a steady rate and wait, as in Lambda's queue, for one of a number of
 * environments, each of which handles one at a time. The handler, its telemetry and the SDK run as they are; in place of
 * the network, S3 and DynamoDB answer from memory after a few milliseconds. One event in ten repeats an earlier one. Tells
 * whether every object got exactly one item, whether the rate was kept, and whether the heap grew.
 *
 *     npx tsx bench/recorder-load.ts [--rate 1000] [--seconds 60] [--processes <cores>] [--json]
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { HANDLER_ENV } from '../src/contract';

/** What to measure. */
export interface LoadOptions {
  /** Events a second, in all. */
  readonly rate: number;
  readonly seconds: number;
  /** Processes the events are dealt to. @default one for each core */
  readonly processes?: number;
}

/** What was measured. */
export interface LoadFigures {
  readonly events: number;
  /** From the first event to the end of the last. */
  readonly seconds: number;
  readonly failed: number;
  /** Different objects among the events. */
  readonly objects: number;
  /** Items in the table. */
  readonly items: number;
  /** Events that waited at once, at most. */
  readonly mostWaiting: number;
  /** Of an invocation, without the wait, in milliseconds; of the slowest process. */
  readonly p50: number;
  readonly p99: number;
  /** Heap in use after a collection, after a quarter of the time and at the end, in MB; of the process that grew most. */
  readonly heapEarly: number;
  readonly heapLate: number;
}

/** Runs the load in processes of their own, whose log lines go nowhere. */
export async function measureRecorderLoad({ rate, seconds, processes = availableParallelism() }: LoadOptions): Promise<LoadFigures> {
  const workers = Array.from({ length: processes }, async () => runWorker(Math.ceil(rate / processes), seconds));
  const all = await Promise.all(workers);
  const sum = (of: (figures: LoadFigures) => number) => all.reduce((total, figures) => total + of(figures), 0);
  const most = (of: (figures: LoadFigures) => number) => Math.max(...all.map(of));
  const grown = [...all].sort((a, b) => (b.heapLate - b.heapEarly) - (a.heapLate - a.heapEarly))[0];
  return {
    events: sum(({ events }) => events),
    seconds: most((figures) => figures.seconds),
    failed: sum(({ failed }) => failed),
    objects: sum(({ objects }) => objects),
    items: sum(({ items }) => items),
    mostWaiting: sum(({ mostWaiting }) => mostWaiting),
    p50: most(({ p50 }) => p50),
    p99: most(({ p99 }) => p99),
    heapEarly: grown.heapEarly,
    heapLate: grown.heapLate,
  };
}

async function runWorker(rate: number, seconds: number): Promise<LoadFigures> {
  const worker = path.join(__dirname, 'contenders/recorder-load-worker.ts');
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', worker, String(rate), String(seconds)], {
    cwd: path.resolve(__dirname, '..'),
    env: {
      PATH: process.env.PATH,
      NODE_NO_WARNINGS: '1',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      [HANDLER_ENV.metricsNamespace]: 'bench',
      [HANDLER_ENV.serviceName]: 'bench',
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaint = '';
  // Failed events are lines here too: the first ones say enough.
  child.stderr!.on('data', (data) => { if (complaint.length < 4_000) complaint += data; });
  try {
    return await new Promise<LoadFigures>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the worker ended with ${code}: ${complaint}`)));
      child.once('message', (message) => resolve(message as LoadFigures));
    });
  } finally {
    child.removeAllListeners('exit');
    child.kill();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '60' },
      processes: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
    },
  });
  const [rate, seconds, processes] = [values.rate, values.seconds, values.processes].map(Number);
  for (const [name, value] of Object.entries({ rate, seconds, processes })) {
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: expected a whole number >= 1, got '${value}'`);
  }
  const figures = await measureRecorderLoad({ rate, seconds, processes });
  if (values.json) return console.log(JSON.stringify(figures));
  const { events, failed, objects, items, mostWaiting, p50, p99, heapEarly, heapLate } = figures;
  console.log(`${events} events in ${figures.seconds.toFixed(1)} s (${rate}/s for ${seconds} s wanted), ${processes} processes of Node ${process.versions.node}`);
  console.log(`  ${failed} failed; ${objects} objects, ${items} items; at most ${mostWaiting} events waited`);
  console.log(`  invocation p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  console.log(`  heap ${heapEarly.toFixed(1)} MB after a quarter, ${heapLate.toFixed(1)} MB at the end`);
}

if (require.main === module) {
  main().catch((error) => {
    console.error(`recorder-load: ${(error as Error).message}`);
    process.exitCode = 1;
  });
}
