import { availableParallelism } from 'node:os';
import { threadCount } from '../../../../src/extractor/run/threads/thread-count';

const LARGE = 1024 ** 3;

test('a large run has a thread for each core, but none without a reader', () => {
  expect(threadCount(undefined, 64, LARGE)).toBe(Math.min(64, availableParallelism()));
  expect(threadCount(undefined, 2, LARGE)).toBe(Math.min(2, availableParallelism()));
});

test('one reader, or little to read, needs no thread', () => {
  expect(threadCount(undefined, 1, LARGE)).toBe(0);
  expect(threadCount(undefined, 4, 127 * 1024 * 1024)).toBe(0);
});

test('the number asked for wins, up to one for each reader', () => {
  expect(threadCount(0, 8, LARGE)).toBe(0);
  expect(threadCount(3, 8, 0)).toBe(3);
  expect(threadCount(16, 8, 0)).toBe(8);
});
