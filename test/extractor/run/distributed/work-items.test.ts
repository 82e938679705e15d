import fc from 'fast-check';
import { MAX_ITEM_BYTES, MAX_ITEMS, type ExtractionLimits, type ItemChunk } from '../../../../src/contract';
import { itemsOf, packItems, type TableWork } from '../../../../src/extractor/run/distributed/work-items';

const MIB = 1024 * 1024;
const chunkOf = (chunk: number, mib: number, bound = 'x'.repeat(20)): ItemChunk => ({
  chunk, lower: [bound], upper: [bound], estimatedRows: 1000, estimatedBytes: mib * MIB,
});
const tableOf = (index: number, count: number, mib: number): TableWork => ({
  index, chunks: Array.from({ length: count }, (_, chunk) => chunkOf(chunk, mib)),
});
const weights = (items: ReturnType<typeof packItems>) => items.map(({ tables }) => (
  tables.flatMap(({ chunks }) => chunks).reduce((sum, { estimatedBytes }) => sum + estimatedBytes / MIB + 2, 0)
));

test('every chunk is in one item, whatever the tables, and no item is longer than a Map takes', () => {
  fc.assert(fc.property(
    fc.array(fc.record({ count: fc.integer({ min: 0, max: 40 }), mib: fc.integer({ min: 0, max: 2000 }) }), { maxLength: 8 }),
    fc.integer({ min: 1, max: 64 }),
    (tables, workers) => {
      const work = tables.map(({ count, mib }, index) => tableOf(index, count, mib));
      const items = packItems(work, workers);
      const packed = items.flatMap((item) => item.tables.flatMap(({ index, chunks }) => chunks.map((chunk) => [index, chunk] as const)));
      const given = work.flatMap(({ index, chunks }) => chunks.map((chunk) => [index, chunk] as const));
      const sorted = (chunks: ReadonlyArray<readonly [number, ItemChunk]>) => chunks.map((each) => JSON.stringify(each)).sort();
      expect(sorted(packed).join()).toBe(sorted(given).join());
      for (const item of items) expect(Buffer.byteLength(JSON.stringify(item))).toBeLessThanOrEqual(MAX_ITEM_BYTES + 64);
    },
  ));
});

test('a hundred small tables are a few items of about equal bytes', () => {
  const items = packItems(Array.from({ length: 100 }, (_, index) => tableOf(index, 1, 1)), 4);
  expect(items.length).toBeLessThan(15);
  const by = weights(items);
  expect(Math.max(...by)).toBeLessThanOrEqual(32);
  expect(by).toEqual([...by].sort((a, b) => b - a));
});

test('each worker has several items, so that none is left alone at the end', () => {
  const items = packItems([tableOf(0, 256, 512)], 16);
  expect(items.length).toBeGreaterThanOrEqual(16 * 8);
  expect(Math.max(...weights(items))).toBeLessThanOrEqual((256 * 514) / (16 * 8) + 1);
});

test('200,000 chunks are not more items than a Map\'s output has room for', () => {
  const items = packItems(Array.from({ length: 20 }, (_, index) => tableOf(index, 10_000, 512)), 16);
  expect(items.length).toBeLessThanOrEqual(MAX_ITEMS);
  // The empty result of each, as the Map puts them into one array.
  expect(Buffer.byteLength(JSON.stringify(items.map(() => ({}))))).toBeLessThan(256 * 1024);
  expect(Math.max(...items.map((item) => Buffer.byteLength(JSON.stringify(item))))).toBeLessThanOrEqual(MAX_ITEM_BYTES + 64);
});

test('more items than a Map takes are refused with what helps', () => {
  const bound = 'b'.repeat(MAX_ITEM_BYTES);
  const table: TableWork = { index: 0, chunks: Array.from({ length: 11 }, (_, chunk) => chunkOf(chunk, 0, bound)) };
  expect(() => packItems([table], 1, 10)).toThrow(/would have 11 items of work, an execution has 10 at most: give a larger targetChunkBytes/);
});

describe('workers that are tasks', () => {
  const limits = (more: Partial<ExtractionLimits>): ExtractionLimits => ({ maxConcurrency: 16, bytesPerSecond: MIB, ...more });
  /** Tables of one chunk each, of so many MiB: a second each MiB. */
  const single = (...mib: number[]) => mib.map((each, index) => tableOf(index, 1, each));

  test('get what takes a function too long, no more of them than may run, the heaviest first', () => {
    const items = itemsOf(single(900, 10, 2000, 1000, 20, 901), limits({ maxChunkSeconds: 899, maxTasks: 2 }));
    // 2000 to one task; 1000, and then 901 and 900, to the one that has less by then.
    expect(items.map(({ task }) => task)).toEqual([0, 1, ...items.slice(2).map(() => undefined)]);
    expect(items.slice(0, 2).map(({ tables }) => tables.map(({ index }) => index).sort())).toEqual([[2], [0, 3, 5]]);
    expect(items.slice(2).flatMap(({ tables }) => tables.map(({ index }) => index)).sort()).toEqual([1, 4]);
    expect(items.slice(2).every((item) => !('task' in item))).toBe(true);
  });

  test('get nothing where all is short', () => {
    const items = itemsOf(single(1, 2, 3), limits({ maxChunkSeconds: 899, maxTasks: 2 }));
    expect(items).toEqual(packItems(single(1, 2, 3), 14));
  });

  test('are numbered from 0 where there are no others, and their items are large', () => {
    const items = itemsOf([tableOf(0, 64, 256)], limits({ maxConcurrency: 4, maxTasks: 4 }));
    expect(items.map(({ task }) => task)).toEqual(items.map((_, at) => at));
    expect(items.length).toBeLessThanOrEqual(4 * 3 + 4);
    expect(itemsOf([tableOf(0, 64, 256)], limits({ maxConcurrency: 4 }))).toEqual(packItems([tableOf(0, 64, 256)], 4));
  });

  test('have every chunk once, whatever the tables, also where texts are too long for so few items', () => {
    fc.assert(fc.property(
      fc.array(fc.record({
        count: fc.integer({ min: 0, max: 12 }), mib: fc.integer({ min: 0, max: 3000 }), bound: fc.integer({ min: 1, max: 30_000 }),
      }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 5 }),
      (tables, maxTasks) => {
        const work = tables.map(({ count, mib, bound }, index): TableWork => (
          { index, chunks: Array.from({ length: count }, (_, chunk) => chunkOf(chunk, mib, 'b'.repeat(bound))) }));
        const items = itemsOf(work, limits({ maxChunkSeconds: 899, maxTasks }));
        const packed = items.flatMap((item) => item.tables.flatMap(({ index, chunks }) => chunks.map(({ chunk }) => `${index} ${chunk}`))).sort();
        expect(packed).toEqual(work.flatMap(({ index, chunks }) => chunks.map(({ chunk }) => `${index} ${chunk}`)).sort());
        for (const item of items) {
          expect(Buffer.byteLength(JSON.stringify(item))).toBeLessThanOrEqual(MAX_ITEM_BYTES + 64);
          const seconds = item.tables.flatMap(({ chunks }) => chunks.map(({ estimatedBytes }) => estimatedBytes / MIB));
          expect(seconds.every((each) => (each > 899) === (item.task !== undefined))).toBe(true);
        }
      },
    ));
  });
});
