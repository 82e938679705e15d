import os from 'node:os';
import { threadCount } from '../../../../src/extractor/run/threads/thread-count';

const MIB = 1024 ** 2;
const LARGE = Array.from({ length: 64 }, () => 512 * MIB);

beforeEach(() => { jest.spyOn(os, 'availableParallelism').mockReturnValue(4); });
afterEach(() => jest.restoreAllMocks());

test('a large run has a thread for each core, but none without a reader', () => {
  expect(threadCount(undefined, 64, LARGE)).toBe(4);
  expect(threadCount(undefined, 2, LARGE)).toBe(2);
});

test('one reader, or one core, needs no thread', () => {
  expect(threadCount(undefined, 1, LARGE)).toBe(0);
  jest.mocked(os.availableParallelism).mockReturnValue(1);
  expect(threadCount(undefined, 4, LARGE)).toBe(0);
});

test('what is small is read without, and so is a chunk that is nearly all', () => {
  expect(threadCount(undefined, 2, [128 * MIB, 128 * MIB])).toBe(2);
  expect(threadCount(undefined, 2, [128 * MIB, 127 * MIB])).toBe(0);
  expect(threadCount(undefined, 4, [4096 * MIB, 100 * MIB, 0])).toBe(0);
  expect(threadCount(undefined, 4, [])).toBe(0);
});

test('the number asked for wins, up to one for each reader', () => {
  expect(threadCount(0, 8, LARGE)).toBe(0);
  expect(threadCount(3, 8, [])).toBe(3);
  expect(threadCount(16, 8, [])).toBe(8);
});
