/**
 * An execution of very many chunks: its functions as processes of the bundle that is deployed, a source that answers at once with
 * few rows, and S3 that takes 15 ms more for each request. Tells seconds, memory, items and requests, at a tenth of the chunks and
 * at all of them, and fails where a limit does not hold.
 *
 *     npx tsx bench/scale.ts [--chunks 20000] [--read 2000] [--tables 8] [--workers 2] [--json]
 *
 * Of more than `--read` chunks only so many are read, in whole items; of the others the state is kept that one of the same table has.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ServerProcess } from './harness/server-process';
import type { ChunkSource } from './servers/chunk-source';
import type { RequestCounts, SlowS3 } from './servers/slow-s3';
import { manifestKey, parseManifest, stateFolder, withPages, type Manifest, type WorkItem } from '../src/contract';
import type { ExtractionPlan } from '../src/extractor/doors/public';
import { plan } from '../src/extractor/run/plan-run';
import { removeHandlerBundles } from '../test/support/cloud/handler-bundle';
import { executionNamed, ExtractionProcess, itemsOf, type Begun, type DeployedExtraction } from '../test/support/runs/extraction-processes';

/** Most bytes of an item: input of a state ("Quotas related to state machine executions"). */
const MOST_ITEM_BYTES = 256 * 1024;
const MOST_COMPLETE_SECONDS = 180;
/** Of the memory at a tenth of the chunks. */
const MOST_GROWTH = 1.3;

const S3_MILLISECONDS = 15;
const BUCKET = 'landing';
const TARGET = { prefix: 'sql/' };
const PLAN_KEY = 'plans/scale.json';
const CHUNK_BYTES = 512 * 1024 * 1024;
const CHUNK_ROWS = 3_000_000;

export interface ScaleOptions {
  readonly chunks: number;
  /** Chunks that workers read, at least; of the others the state is made like theirs. */
  readonly read: number;
  readonly tables: number;
  /** Processes of workers. */
  readonly workers: number;
}

/** A function of the execution. */
interface StepFigures {
  readonly seconds: number;
  /** Of a worker: the most of any. */
  readonly peakRssMb: number;
  readonly requests: RequestCounts;
}

export interface ScaleFigures {
  readonly chunks: number;
  readonly readChunks: number;
  readonly items: number;
  readonly largestItemBytes: number;
  readonly stateObjects: number;
  readonly manifestPages: number;
  readonly begin: StepFigures;
  readonly work: StepFigures;
  readonly complete: StepFigures;
  /** What is not as it must be, in words; should be empty. */
  readonly wrong: readonly string[];
}

/** Runs one execution. */
export async function measureScale(options: ScaleOptions): Promise<ScaleFigures> {
  const source = await ServerProcess.start<ChunkSource>(join(__dirname, 'servers', 'chunk-source.ts'), [String(options.tables)]);
  const s3 = await ServerProcess.start<SlowS3>(join(__dirname, 'servers', 'slow-s3.ts'), [BUCKET, String(S3_MILLISECONDS)]);
  try {
    const [port, endpointUrl] = [await source.call('port'), await s3.call('endpoint')];
    const extraction: DeployedExtraction = {
      source: { server: '127.0.0.1', port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
      landing: { target: `s3://${BUCKET}/${TARGET.prefix}`, endpointUrl },
      reading: { readers: 8, threads: 0 },
      limits: { maxConcurrency: 16, bytesPerSecond: 10 * 1024 * 1024, maxChunkSeconds: 855 },
    };
    await s3.call('put', PLAN_KEY, JSON.stringify(cutInto(options.chunks, await plan({ source: extraction.source, target: 'file:///nowhere' }))));
    return await new Scale(extraction, s3, options).run();
  } finally {
    await s3.stop();
    await source.stop();
    removeHandlerBundles();
  }
}

/** The first table has half of the chunks, the others share the rest. */
function cutInto(chunks: number, made: ExtractionPlan): ExtractionPlan {
  const others = made.tables.length - 1;
  const first = others === 0 ? chunks : Math.ceil(chunks / 2);
  const tables = made.tables.map((table, index) => {
    const rest = chunks - first;
    const own = index === 0 ? first : Math.floor(rest * index / others) - Math.floor(rest * (index - 1) / others);
    return { ...table, ...sizesOf(own), chunkKey: ['Id'], chunks: Array.from({ length: own }, (_, chunk) => ({ chunk, ...boundsOf(chunk, own), ...sizesOf(1) })) };
  });
  return { ...made, tables };
}

function sizesOf(chunks: number) {
  return { estimatedRows: chunks * CHUNK_ROWS, estimatedBytes: chunks * CHUNK_BYTES };
}

function boundsOf(chunk: number, chunks: number) {
  const bound = (at: number) => [String(at * CHUNK_ROWS)];
  return { ...(chunk > 0 && { lower: bound(chunk) }), ...(chunk < chunks - 1 && { upper: bound(chunk + 1) }) };
}

class Scale {
  private readonly wrong: string[] = [];
  private readonly execution = executionNamed('scale');

  public constructor(
    private readonly extraction: DeployedExtraction, private readonly s3: ServerProcess<SlowS3>, private readonly options: ScaleOptions,
  ) {}

  public async run(): Promise<ScaleFigures> {
    const { chunks } = this.options;
    const { result: begun, ...begin } = await this.step('control', async (control) => control.begin(this.execution, { plan: PLAN_KEY }));
    const text = await this.s3.call('text', begun.items.key);
    const items = itemsOf(text!);
    const largestItemBytes = Math.max(...text!.split('\n').map((line) => Buffer.byteLength(line)));
    this.demand(largestItemBytes <= MOST_ITEM_BYTES, `an item has ${largestItemBytes} bytes, allowed are ${MOST_ITEM_BYTES}`);
    this.demand(begun.counts.chunks === chunks, `the items have ${begun.counts.chunks} of ${chunks} chunks`);
    const read = someOf(items, this.options.read);
    const work = await this.work(begun, read);
    await this.repeat(begun, items, read);
    const stateObjects = (await this.s3.call('keys', stateFolder(TARGET.prefix))).length;
    await this.s3.call('takeCounts');
    const { result: answer, ...complete } = await this.step('control', async (control) => control.complete(this.execution, begun));
    this.demand(complete.seconds <= MOST_COMPLETE_SECONDS, `Complete took ${complete.seconds.toFixed(1)} s, allowed are ${MOST_COMPLETE_SECONDS} s`);
    const manifest = await this.manifest(answer.runId);
    this.check(manifest, chunks);
    const left = (await this.s3.call('keys', `${stateFolder(TARGET.prefix)}run=`)).length;
    this.demand(left === 0, `${left} objects of the run's state are left`);
    const { length: manifestPages } = manifest.pages ?? [];
    const counts = { chunks, readChunks: chunksOf(read), items: items.length, largestItemBytes, stateObjects, manifestPages };
    return { ...counts, begin, work, complete, wrong: this.wrong };
  }

  /** One function, in a new process. */
  private async step<T>(entry: 'control' | 'work', act: (process: ExtractionProcess) => Promise<T>): Promise<StepFigures & { readonly result: T }> {
    const process = await ExtractionProcess.start(entry, this.extraction);
    try {
      const began = performance.now();
      const result = await act(process);
      const seconds = (performance.now() - began) / 1000;
      return { result, seconds, peakRssMb: (await process.usage()).peakRssMb, requests: await this.s3.call('takeCounts') };
    } finally {
      await process.stop();
    }
  }

  private async work(begun: Begun, items: readonly WorkItem[]): Promise<StepFigures> {
    const workers = await Promise.all(Array.from({ length: this.options.workers }, async () => ExtractionProcess.start('work', this.extraction)));
    try {
      const began = performance.now();
      const queue = [...items];
      await Promise.all(workers.map(async (worker) => {
        for (let item = queue.shift(); item; item = queue.shift()) await worker.work(this.execution, begun, item);
      }));
      const seconds = (performance.now() - began) / 1000;
      const used = await Promise.all(workers.map(async (worker) => worker.usage()));
      return { seconds, peakRssMb: Math.max(...used.map(({ peakRssMb }) => peakRssMb)), requests: await this.s3.call('takeCounts') };
    } finally {
      await Promise.all(workers.map(async (worker) => worker.stop()));
    }
  }

  /** Keeps state of the chunks that nobody read. */
  private async repeat({ run }: Begun, items: readonly WorkItem[], read: readonly WorkItem[]): Promise<void> {
    const like = new Map(read.flatMap(({ tables }) => tables.map(({ index, chunks }) => [index, chunks[0].chunk] as const)));
    for (const item of items) {
      if (read.includes(item)) continue;
      for (const { index, chunks } of item.tables) await this.s3.call('repeat', stateFolder(TARGET.prefix), run.runId, index, like.get(index)!, chunks);
    }
  }

  private async manifest(runId: string): Promise<Manifest> {
    const root = parseManifest(await this.s3.call('text', manifestKey(TARGET.prefix, runId)) ?? '');
    const load = async ({ key }: { readonly key: string }) => {
      const text = await this.s3.call('text', key);
      return text === undefined ? undefined : Buffer.from(text);
    };
    return withPages(root, load, (bytes) => createHash('sha256').update(bytes).digest('hex'));
  }

  /** Each chunk once, with the object that is there. */
  private check({ tables }: Manifest, chunks: number): void {
    const named = tables.flatMap(({ table, chunks: own = [] }) => own.map(({ chunk }) => `${table} ${chunk}`));
    const keys = tables.flatMap(({ objects }) => objects.map(({ key }) => key));
    this.demand(named.length === chunks && new Set(named).size === chunks, `the manifest has ${named.length} chunks, ${new Set(named).size} of them distinct, of ${chunks}`);
    this.demand(keys.length === chunks && new Set(keys).size === chunks, `the manifest has ${keys.length} objects, ${new Set(keys).size} of them distinct, of ${chunks}`);
  }

  private demand(holds: boolean, otherwise: string): void {
    if (!holds) this.wrong.push(otherwise);
  }
}

const chunksOf = (items: readonly WorkItem[]) => items.reduce((sum, { tables }) => tables.reduce((own, { chunks }) => own + chunks.length, sum), 0);

/** Items all over the run, of so many chunks at least and of every table. */
function someOf(items: readonly WorkItem[], chunks: number): WorkItem[] {
  const share = Math.min(1, chunks / chunksOf(items));
  const some = items.filter((_, at) => Math.floor((at + 1) * share) > Math.floor(at * share));
  const seen = new Set(some.flatMap(({ tables }) => tables.map(({ index }) => index)));
  for (const item of items) {
    if (some.includes(item) || chunksOf(some) >= chunks && item.tables.every(({ index }) => seen.has(index))) continue;
    some.push(item);
    item.tables.forEach(({ index }) => seen.add(index));
  }
  return some;
}

/** Where memory grows by more than it may. */
export function growthOf(less: ScaleFigures, more: ScaleFigures): string[] {
  return (['begin', 'work', 'complete'] as const).flatMap((step) => {
    const growth = more[step].peakRssMb / less[step].peakRssMb;
    return growth <= MOST_GROWTH ? [] : [`${step} has ${growth.toFixed(2)} times the memory with ${more.chunks} chunks that it has with ${less.chunks}, allowed are ${MOST_GROWTH} times`];
  });
}

function told({ chunks, readChunks, items, largestItemBytes, stateObjects, manifestPages, ...steps }: ScaleFigures): string {
  const lines = [
    `${chunks} chunks${readChunks < chunks ? `, ${readChunks} of them read, state of the others repeated` : ', all read'}: ${items} items, the largest of ${largestItemBytes} bytes; `
      + `${stateObjects} state objects, ${manifestPages} manifest pages`,
  ];
  for (const step of ['begin', 'work', 'complete'] as const) {
    const { seconds, peakRssMb, requests } = steps[step];
    const total = Object.values(requests).reduce((sum, count) => sum + count, 0);
    const each = Object.entries(requests).sort(([, a], [, b]) => b - a).map(([name, count]) => `${count} ${name}`).join(', ');
    lines.push(`  ${step.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s  ${peakRssMb.toFixed(0).padStart(4)} MB  ${total} requests: ${each}`);
  }
  return lines.join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      chunks: { type: 'string', default: '20000' },
      read: { type: 'string', default: '2000' },
      tables: { type: 'string', default: '8' },
      workers: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
    },
  });
  const [chunks, read, tables, workers] = (['chunks', 'read', 'tables', 'workers'] as const).map((name) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: expected a whole number >= 1, got '${values[name]}'`);
    return value;
  });
  if (chunks < 20 * tables) throw new Error(`--chunks: expected 20 for each of ${tables} tables or more, got ${chunks}`);
  const figures: ScaleFigures[] = [];
  for (const count of [Math.ceil(chunks / 10), chunks]) {
    figures.push(await measureScale({ chunks: count, read, tables, workers }));
    if (!values.json) console.log(told(figures.at(-1)!));
  }
  const wrong = [...figures.flatMap((each) => each.wrong), ...growthOf(figures[0], figures[1])];
  if (values.json) console.log(JSON.stringify({ figures, wrong }));
  else console.log(wrong.length === 0 ? 'every limit holds' : wrong.join('\n'));
  if (wrong.length > 0) process.exitCode = 1;
}

if (require.main === module) {
  main().catch((error) => {
    console.error(`scale: ${(error as Error).message}`);
    process.exitCode = 1;
  });
}
