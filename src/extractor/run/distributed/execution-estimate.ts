import { isLong, minutes } from './work-items';
import type { ExtractionEstimate, ExtractionLimits, ExtractionPrices, WorkItem } from '../../../contract';
import { counted } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';
import type { ExtractionPlan } from '../../api/extraction-plan';
import { partBytes } from '../../landing/s3/multipart-upload';
import { USUAL_CHUNK_BYTES } from '../../plan/chunk-size';
import { quoteTable } from '../../source/catalog/identifiers';
import type { RunOptions } from '../context/run-options';

/** Memory of one vCPU (MB; Lambda, "Configure Lambda function memory"). */
const VCPU_MB = 1769;

/** Readers of a worker that nobody chose. */
const READERS = { least: 2, most: 8 };

/** From the begin of an invocation to its first chunk, with the start of a function that was not there (seconds). */
const START_SECONDS = 4;

/**
 * Requests of S3 about a chunk beside its objects: claim and outcome are written; both are looked at once more when it is finished,
 * and the outcome is read at the end. The test counts those of a whole execution.
 */
const A_CHUNK = { writes: 2, reads: 3 };

/** What an invocation reads before its first chunk: lease, pause, record; and of each of its tables the text. */
const AN_INVOCATION = { reads: 4 };

/** The text of a table is written once, and read once more at the end. */
const A_TABLE = { writes: 1, reads: 1 };

/** Transitions of a child beside those of its invocations, each of which has two. */
const A_CHILD = { transitions: 1, ofInvocation: 2 };

/** Transitions of the execution itself, and requests of begin and end. */
const AN_EXECUTION = { transitions: 6, writes: 20, reads: 8 };

/** What the size of an execution is reckoned by. */
export interface EstimateOptions {
  /** Of each worker. */
  readonly readers: number;
  readonly targetFileBytes: number;
}

/** Readers of each worker: as chosen, else one for each vCPU of its own, which are not those of who plans. */
export function readersOfWorker(
  { readers, readersChosen }: { readonly readers: number; readonly readersChosen: boolean }, { worker }: ExtractionLimits,
): number {
  if (readersChosen || !worker) return readers;
  return Math.max(READERS.least, Math.min(READERS.most, Math.floor(worker.memorySize / VCPU_MB)));
}

/** Reckons what the items take: connections of the source, time, and, where prices are known, money. */
export function estimateOf(items: readonly WorkItem[], limits: ExtractionLimits, options: EstimateOptions): ExtractionEstimate {
  const { bytesPerSecond, worker } = limits;
  const work = items.map((item) => workOf(item, limits, options));
  const chunks = totalOf(work, (each) => each.chunks);
  const workers = Math.min(limits.maxConcurrency, items.length);
  const connections = workers * options.readers;
  const seconds = totalOf(work, ({ bytes }) => bytes) / bytesPerSecond / Math.max(1, Math.min(chunks, limits.maxConcurrency * options.readers));
  const cost = worker && costOf(work, tablesOf(items), worker);
  const estimate = { workers, readers: options.readers, connections, seconds: Math.round(seconds), ...(cost && { cost }) };
  return { ...estimate, text: describeEstimate(estimate) };
}

/** What an item takes. */
interface ItemWork {
  readonly bytes: number;
  readonly chunks: number;
  /** Of a worker, its starts among them. */
  readonly seconds: number;
  readonly invocations: number;
  readonly writes: number;
  readonly reads: number;
}

function workOf(
  { tables }: WorkItem, { bytesPerSecond, maxChunkSeconds = Infinity }: ExtractionLimits, { readers, targetFileBytes }: EstimateOptions,
): ItemWork {
  const sizes = tables.flatMap(({ chunks }) => chunks.map(({ estimatedBytes }) => estimatedBytes));
  const bytes = totalOf(sizes, (size) => size);
  // The largest chunk has one stream, whatever the number of readers.
  const reading = Math.max(bytes / Math.min(readers, sizes.length), Math.max(...sizes)) / bytesPerSecond;
  const invocations = Math.max(1, Math.ceil(reading / maxChunkSeconds));
  return {
    bytes,
    chunks: sizes.length,
    seconds: reading + invocations * START_SECONDS,
    invocations,
    writes: totalOf(sizes, (size) => A_CHUNK.writes + writesOf(size, targetFileBytes)),
    reads: sizes.length * A_CHUNK.reads + invocations * (AN_INVOCATION.reads + tables.length),
  };
}

/** Requests that write a chunk's objects, which are taken to be no smaller than its pages. */
function writesOf(bytes: number, targetFileBytes: number): number {
  const whole = Math.floor(bytes / targetFileBytes);
  return whole * writesOfObject(targetFileBytes) + (whole === 0 || bytes % targetFileBytes > 0 ? writesOfObject(bytes % targetFileBytes) : 0);
}

/** One, or the parts of an upload, its begin and its end. */
function writesOfObject(bytes: number): number {
  let parts = 0;
  for (let left = bytes; left > 0; parts++) left -= partBytes(parts);
  return parts <= 1 ? 1 : parts + 2;
}

function costOf(work: readonly ItemWork[], tables: number, { memorySize, prices }: NonNullable<ExtractionLimits['worker']>): NonNullable<ExtractionEstimate['cost']> {
  const invocations = totalOf(work, (each) => each.invocations);
  const units: { readonly [name in keyof ExtractionPrices]: number } = {
    lambdaGbSecond: Math.ceil(totalOf(work, ({ seconds }) => seconds) * memorySize / 1024),
    lambdaRequest: invocations,
    s3Write: AN_EXECUTION.writes + tables * A_TABLE.writes + totalOf(work, ({ writes }) => writes),
    s3Read: AN_EXECUTION.reads + tables * A_TABLE.reads + totalOf(work, ({ reads }) => reads),
    stateTransition: AN_EXECUTION.transitions + work.length * A_CHILD.transitions + invocations * A_CHILD.ofInvocation,
  };
  const names = Object.keys(units) as Array<keyof ExtractionPrices>;
  return { usd: Number(totalOf(names, (name) => units[name] * prices[name]).toFixed(4)), units, prices };
}

function tablesOf(items: readonly WorkItem[]): number {
  return new Set(items.flatMap(({ tables }) => tables.map(({ index }) => index))).size;
}

const UNIT_NAMES: { readonly [name in keyof ExtractionPrices]: string } = {
  lambdaGbSecond: 'GB-seconds of Lambda',
  lambdaRequest: 'requests of Lambda',
  s3Write: 'writing requests of S3',
  s3Read: 'reading requests of S3',
  stateTransition: 'state transitions',
};

function describeEstimate({ workers, readers, connections, seconds, cost }: Omit<ExtractionEstimate, 'text'>): string {
  const size = `${counted(workers, 'worker')} × ${counted(readers, 'reader')} = ${counted(connections, 'connection')}, about ${minutes(seconds)}`;
  return cost ? `${size}, about ${dollars(cost.usd)} (${arithmetic(cost)})` : size;
}

function arithmetic({ units, prices }: NonNullable<ExtractionEstimate['cost']>): string {
  const names = Object.keys(UNIT_NAMES) as Array<keyof ExtractionPrices>;
  return names.map((name) => `${units[name].toLocaleString('en-US')} ${UNIT_NAMES[name]} × US$${price(prices[name])} = ${dollars(units[name] * prices[name])}`).join(', ');
}

/** Without an exponent. */
const price = (usd: number) => usd.toFixed(12).replace(/\.?0+$/, '');
const dollars = (usd: number) => `US$${usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2)}`;

/** @throws LegacyToS3Error of code INVALID_CONFIG when the execution is reckoned to cost more than it may */
export function refuseCostly({ cost }: ExtractionEstimate, { maxCost }: ExtractionLimits): void {
  if (maxCost === undefined || cost === undefined || cost.usd <= maxCost) return;
  throw new LegacyToS3Error('INVALID_CONFIG', `the run would cost about ${dollars(cost.usd)}, allowed are ${dollars(maxCost)} (maxCost): ${arithmetic(cost)}`);
}

/** @throws LegacyToS3Error of code INVALID_CONFIG when something cannot be read in the time there is */
export function refuseLong(plan: ExtractionPlan, limits: ExtractionLimits, readers: number): void {
  const { maxChunkSeconds, bytesPerSecond, maxSeconds, maxConcurrency, maxTasks } = limits;
  if (maxChunkSeconds !== undefined && maxTasks === undefined) {
    const long = plan.tables.flatMap((table) => {
      const longest = table.chunks.reduce((most, { estimatedBytes }) => Math.max(most, estimatedBytes), 0);
      return table.chunks.some((chunk) => isLong(chunk, limits)) ? [{ table, seconds: longest / bytesPerSecond }] : [];
    });
    if (long.length > 0) {
      const named = long.slice(0, 10).map(({ table: { schema, table, chunkKey: key }, seconds }) => (
        `${quoteTable(schema, table)} has ${key.length === 0 ? 'no key to be cut by, and takes' : 'a chunk that takes'} about ${minutes(seconds)}`
      ));
      const more = long.length > 10 ? ` and ${long.length - 10} more` : '';
      throw new LegacyToS3Error('INVALID_CONFIG', `a worker may read one chunk for ${minutes(maxChunkSeconds)}, at a reckoned `
        + `${Math.round(bytesPerSecond / 1e6)} MB/s: ${named.join('; ')}${more}; give such a table a key (tableOptions chunkBy), `
        + 'a smaller targetChunkBytes, or workers: ExtractionWorkers.auto()');
    }
  }
  if (maxSeconds === undefined) return;
  const bytes = plan.tables.reduce((sum, { estimatedBytes }) => sum + estimatedBytes, 0);
  const chunks = plan.tables.reduce((sum, table) => sum + table.chunks.length, 0);
  const longest = plan.tables.reduce((most, table) => table.chunks.reduce((least, { estimatedBytes }) => Math.max(least, estimatedBytes), most), 0);
  const seconds = Math.max(longest, bytes / Math.max(1, Math.min(chunks, maxConcurrency * readers))) / bytesPerSecond;
  if (seconds > maxSeconds) {
    throw new LegacyToS3Error('INVALID_CONFIG', `the run would take about ${minutes(seconds)} (${counted(bytes, 'byte')} by ${maxConcurrency} workers of `
      + `${counted(readers, 'reader')} at ${Math.round(bytesPerSecond / 1e6)} MB/s each), allowed are ${minutes(maxSeconds)} (maxSeconds)`);
  }
}

function totalOf<T>(of: readonly T[], value: (each: T) => number): number {
  return of.reduce((total, each) => total + value(each), 0);
}

/** Options to plan by, for all workers together. */
export function spreadOptions(options: RunOptions, { maxConcurrency, maxChunkSeconds, bytesPerSecond }: ExtractionLimits): RunOptions {
  const readers = maxConcurrency * options.readers;
  if (options.chunkTarget || options.plan || maxChunkSeconds === undefined) return { ...options, readers };
  // A worker is to end a few chunks, also where the source is slower than it was reckoned.
  const most = Math.floor(bytesPerSecond * maxChunkSeconds / 4);
  return { ...options, readers, ...(most < USUAL_CHUNK_BYTES && { chunkTarget: { bytes: most } }) };
}
