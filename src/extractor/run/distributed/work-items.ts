import { MAX_ITEM_BYTES, MAX_ITEMS, type ItemChunk, type WorkItem } from '../../../contract';
import { counted } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';

/** Chunks of a table that are to be read, by the table's index in the plan. */
export interface TableWork {
  readonly index: number;
  readonly chunks: readonly ItemChunk[];
}

/** Items for each worker: what is left alone at the end is then a small part of the run. */
const ITEMS_A_WORKER = 8;

/** Least bytes of an item: less is read while a worker starts. */
const LEAST_BYTES = 32 * 1024 * 1024;

/** What a chunk weighs besides its bytes: statements and requests take the time of about as many. */
const CHUNK_WEIGHT = 2 * 1024 * 1024;

const weightOf = ({ estimatedBytes }: ItemChunk) => estimatedBytes + CHUNK_WEIGHT;

/**
 * Packs chunks into items of about equal bytes, the heaviest first; small tables share one.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG when there are more than a Map can have
 */
export function packItems(tables: readonly TableWork[], workers: number, mostItems = MAX_ITEMS): WorkItem[] {
  const total = tables.reduce((sum, { chunks }) => chunks.reduce((weight, chunk) => weight + weightOf(chunk), sum), 0);
  for (let most = Math.max(LEAST_BYTES, total / (ITEMS_A_WORKER * workers)), last = Infinity; ; most *= 2) {
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
