import fc from 'fast-check';
import { chunkCount, LEAST_CHUNK_BYTES, spreadChunks, USUAL_CHUNK_BYTES } from '../../../src/extractor/plan/chunk-size';
import type { SourceTable } from '../../../src/extractor/source/catalog/read-catalog';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const tableOf = (estimatedBytes: number) => ({ estimatedBytes, estimatedRows: 1 }) as SourceTable;

/** @returns how many chunks the table gets; alone, where nothing else is said */
function chunksOf(bytes: number, readers: number, totalBytes = bytes): number {
  const table = tableOf(bytes);
  return chunkCount(table, spreadChunks(table, { readers, totalBytes }));
}

test.each([
  ['two readers share what one read alone', 350 * MIB, 2, 2],
  ['as many for one reader as for the other', 700 * MIB, 2, 4],
  ['four for each reader', GIB, 2, 8],
  ['not more than four for each', 3 * GIB, 2, 8],
  ['as many as there can be of a table too small for all readers', 700 * MIB, 8, 5],
  ['four for each of many readers', 4 * GIB, 8, 32],
  ['of a large table as many as usual', 100 * GIB, 2, 200],
  ['readers of an odd number', 2 * GIB, 3, 12],
  ['one byte too few for two', 256 * MIB - 1, 8, 1],
  ['just enough for two', 256 * MIB, 8, 2],
])('%s: %d bytes, %d readers', (_, bytes, readers, chunks) => expect(chunksOf(bytes, readers)).toBe(chunks));

test('one reader gains nothing by more chunks', () => {
  expect(chunksOf(700 * MIB, 1)).toBe(1);
  expect(chunksOf(2 * GIB, 1)).toBe(4);
});

test('a table whose size nobody knows stays whole', () => {
  expect(chunksOf(0, 8)).toBe(1);
  expect(chunksOf(0, 8, 100 * GIB)).toBe(1);
});

test('among many, tables stay as they are: the readers have enough of them', () => {
  expect(chunksOf(350 * MIB, 2, 20 * 350 * MIB)).toBe(1);
  expect(chunksOf(350 * MIB, 2, 3 * 350 * MIB)).toBe(2);
  expect(chunksOf(300 * MIB, 8, 100 * GIB)).toBe(1);
});

test('there are never fewer chunks than usual, and none is cut for the readers below the least size', () => {
  const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  fc.assert(fc.property(number(0, 44), fc.integer({ min: 1, max: 64 }), number(1, 1000), (exponent, readers, times) => {
    const bytes = Math.floor(2 ** exponent);
    const [chunks, usual] = [chunksOf(bytes, readers, bytes * times), chunkCount(tableOf(bytes), { bytes: USUAL_CHUNK_BYTES })];
    expect(chunks).toBeGreaterThanOrEqual(usual);
    if (chunks === usual) return;
    expect(bytes / chunks).toBeGreaterThanOrEqual(LEAST_CHUNK_BYTES);
    expect(chunks).toBeLessThanOrEqual(4 * readers);
    if (chunks >= readers) expect(chunks % readers).toBe(0);
  }));
});
