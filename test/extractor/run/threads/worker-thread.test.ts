import os from 'node:os';
import { LegacyToS3Error } from '../../../../src/extractor/api/errors';
import { fromPlainError, threadCount, toPlainError } from '../../../../src/extractor/run/threads/worker-thread';

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

const copied = (error: unknown) => fromPlainError(structuredClone(toPlainError(error)));

test('an error of ours keeps class, code, message and causes', () => {
  const error = new LegacyToS3Error('INVALID_VALUE', 'row 7', { cause: new RangeError('out of bounds') });
  const copy = copied(error);
  expect(copy).toBeInstanceOf(LegacyToS3Error);
  expect(copy).toMatchObject({ code: 'INVALID_VALUE', message: 'row 7', stack: error.stack, cause: { name: 'RangeError', message: 'out of bounds' } });
});

test('another error keeps its name, and what is no error becomes one', () => {
  expect(copied(new TypeError('no'))).toMatchObject({ name: 'TypeError', message: 'no' });
  expect(copied('text')).toMatchObject({ name: 'Error', message: 'text' });
});
