import { MAX_ITEM_BYTES, MAX_ITEMS, type ExtractionLimits, type ItemChunk, type WorkItem } from '../../../contract';
import { counted } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';
import type { ExtractionPlan } from '../../api/extraction-plan';
import { among } from '../../state/chunk-claims';
import type { LandedChunk } from '../../state/landed-chunk';
import type { ReadJob } from '../context/read-job';

/** Chunks of a table that are to be read, by the table's index in the plan. */
export interface TableWork {
  readonly index: number;
  readonly chunks: readonly ItemChunk[];
}

/** How large items are. */
interface Packing {
  /** Items for each worker: what is left alone at the end is then a small part of the run. */
  readonly itemsAWorker: number;
  /** Least bytes of an item: less is read while a worker starts. */
  readonly leastBytes: number;
}

const MIB = 1024 * 1024;
const FUNCTIONS: Packing = { itemsAWorker: 8, leastBytes: 32 * MIB };

/** A task starts within a minute or so: its address is made, its image fetched. */
const TASKS: Packing = { itemsAWorker: 3, leastBytes: 512 * MIB };

/** What a chunk weighs besides its bytes: statements and requests take the time of about as many. */
const CHUNK_WEIGHT = 2 * MIB;

const weightOf = ({ estimatedBytes }: ItemChunk) => estimatedBytes + CHUNK_WEIGHT;

/** Whether a chunk is reckoned to take longer than a function may read it. */
export function isLong({ estimatedBytes }: ItemChunk, { bytesPerSecond, maxChunkSeconds }: ExtractionLimits): boolean {
  return maxChunkSeconds !== undefined && estimatedBytes / bytesPerSecond > maxChunkSeconds;
}

/**
 * The items of an execution: those of tasks first, which take longest.
 *
 * @param together what one worker reads in one transaction
 * @throws LegacyToS3Error of code INVALID_CONFIG when there are more than a Map can have, or what is to be read together cannot be
 */
export function itemsOf(tables: readonly TableWork[], limits: ExtractionLimits, together: readonly TableWork[] = []): WorkItem[] {
  const one = together.length === 0 ? undefined : togetherItem(together, limits);
  const { tasks, functions } = spreadOver(tables, limits);
  const numbered = (items: readonly WorkItem[]) => items.map((item, task): WorkItem => ({ ...item, task }));
  if (!one) return [...numbered(tasks), ...functions];
  return one.isTask ? [...numbered([one.item, ...tasks]), ...functions] : [...numbered(tasks), one.item, ...functions];
}

/** The item of what is read in one transaction, and whether a task reads it. */
function togetherItem(tables: readonly TableWork[], limits: ExtractionLimits): { readonly item: WorkItem; readonly isTask: boolean } {
  const { bytesPerSecond, maxChunkSeconds, maxTasks } = limits;
  const [packed, ...rest] = packedBy(tables, Infinity);
  if (rest.length > 0) {
    throw new LegacyToS3Error('INVALID_CONFIG', `oneVersion: the ${counted(tables.length, 'table')} that have changes are read together by one worker, and are more than can be told to one `
      + `(${MAX_ITEM_BYTES} bytes): follow fewer tables by this extraction, or leave oneVersion out`);
  }
  const seconds = tables.reduce((sum, { chunks }) => chunks.reduce((bytes, chunk) => bytes + chunk.estimatedBytes, sum), 0) / bytesPerSecond;
  const isLongForFunction = maxChunkSeconds !== undefined && seconds > maxChunkSeconds;
  if (isLongForFunction && maxTasks === undefined) {
    throw new LegacyToS3Error('INVALID_CONFIG', `oneVersion: the ${counted(tables.length, 'table')} that have changes, those among them that are read whole, are read together by one worker in one `
      + `transaction, which takes about ${minutes(seconds)} at a reckoned ${Math.round(bytesPerSecond / 1e6)} MB/s; a function may read for ${minutes(maxChunkSeconds)}: `
      + 'take workers: ExtractionWorkers.auto() or fargate(), or leave oneVersion out');
  }
  return { item: { ...packed, oneVersion: true }, isTask: maxTasks !== undefined && (maxChunkSeconds === undefined || isLongForFunction) };
}

/** A time as people read it. */
export function minutes(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

function spreadOver(
  tables: readonly TableWork[], limits: ExtractionLimits,
): { readonly tasks: readonly WorkItem[]; readonly functions: readonly WorkItem[] } {
  const { maxConcurrency, maxChunkSeconds, maxTasks } = limits;
  if (maxTasks === undefined) return { tasks: [], functions: packItems(tables, maxConcurrency) };
  if (maxChunkSeconds === undefined) return { tasks: packItems(tables, maxTasks, MAX_ITEMS, TASKS), functions: [] };
  const chosen = (long: boolean) => tables.map(({ index, chunks }): TableWork => (
    { index, chunks: chunks.filter((chunk) => isLong(chunk, limits) === long) }));
  const tasks = spreadItems(chosen(true), maxTasks);
  return { tasks, functions: packItems(chosen(false), Math.max(1, maxConcurrency - maxTasks), MAX_ITEMS - tasks.length) };
}

/**
 * Spreads chunks over a number of items, each to the one that has least: no more tasks run at a time than there are items, unless the
 * texts of the chunks are too long for so few.
 */
function spreadItems(tables: readonly TableWork[], count: number): WorkItem[] {
  const chunks = tables.flatMap(({ index, chunks: of }) => of.map((chunk) => ({ index, chunk })));
  chunks.sort((a, b) => weightOf(b.chunk) - weightOf(a.chunk));
  for (let most = count; ; most *= 2) {
    const bins = Array.from({ length: Math.min(most, chunks.length) }, () => ({ weight: 0, chunks: [] as typeof chunks }));
    for (const each of chunks) {
      const lightest = bins.reduce((least, bin) => bin.weight < least.weight ? bin : least);
      lightest.weight += weightOf(each.chunk);
      lightest.chunks.push(each);
    }
    const items = bins.flatMap((bin) => packedBy(byTable(bin.chunks), Infinity));
    if (items.length <= bins.length || most >= chunks.length) return items;
  }
}

function byTable(chunks: ReadonlyArray<{ readonly index: number; readonly chunk: ItemChunk }>): TableWork[] {
  const tables = new Map<number, ItemChunk[]>();
  for (const { index, chunk } of chunks) tables.set(index, [...tables.get(index) ?? [], chunk]);
  return [...tables].map(([index, of]) => ({ index, chunks: of }));
}

/**
 * Packs chunks into items of about equal bytes, the heaviest first; small tables share one.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG when there are more than a Map can have
 */
export function packItems(
  tables: readonly TableWork[], workers: number, mostItems = MAX_ITEMS, { itemsAWorker, leastBytes }: Packing = FUNCTIONS,
): WorkItem[] {
  const total = tables.reduce((sum, { chunks }) => chunks.reduce((weight, chunk) => weight + weightOf(chunk), sum), 0);
  for (let most = Math.max(leastBytes, total / (itemsAWorker * workers)), last = Infinity; ; most *= 2) {
    const items = packedBy(tables, most);
    if (items.length <= mostItems) return items;
    // Then the length of their texts bounds them.
    if (items.length >= last) {
      throw new LegacyToS3Error('INVALID_CONFIG', `the run would have ${counted(items.length, 'item')} of work, an execution has ${mostItems} at most: `
        + 'give a larger targetChunkBytes, or extract the tables in several runs');
    }
    last = items.length;
  }
}

function packedBy(tables: readonly TableWork[], most: number): WorkItem[] {
  const items: Array<{ readonly tables: Array<{ readonly index: number; readonly chunks: ItemChunk[] }>; weight: number; bytes: number }> = [];
  for (const { index, chunks } of tables) {
    for (const { chunk, lower, upper, nullKey, estimatedRows, estimatedBytes } of chunks) {
      const own: ItemChunk = { chunk, lower, upper, nullKey, estimatedRows, estimatedBytes };
      const [weight, bytes] = [weightOf(own), Buffer.byteLength(JSON.stringify(own)) + 1];
      let item = items.at(-1);
      if (!item || item.weight + weight > most || item.bytes + bytes > MAX_ITEM_BYTES) items.push(item = { tables: [], weight: 0, bytes: 0 });
      if (item.tables.at(-1)?.index !== index) {
        item.tables.push({ index, chunks: [] });
        item.bytes += `{"index":${index},"chunks":[]},`.length;
      }
      item.tables.at(-1)!.chunks.push(own);
      item.weight += weight;
      item.bytes += bytes;
    }
  }
  return items.sort((a, b) => b.weight - a.weight).map(({ tables: of }) => ({ tables: of }));
}

/** For each table that is not finished the job of a chunk that is not. */
export function openJobs(jobs: readonly ReadJob[], { tables }: ExtractionPlan, finished: readonly LandedChunk[]): ReadJob[] {
  const isFinished = among(finished);
  return jobs.flatMap((job) => {
    const chunk = tables[job.tableIndex].chunks.find((each) => !isFinished({ tableIndex: job.tableIndex, chunk: each.chunk }));
    return chunk ? [{ ...job, chunk }] : [];
  });
}
