import fc from 'fast-check';
import type { ExtractionLimits, WorkItem } from '../../../../src/contract';
import { estimateOf, readersOfWorker, refuseCostly } from '../../../../src/extractor/run/distributed/execution-estimate';

const MIB = 1024 * 1024;
const PRICES = { lambdaGbSecond: 0.0000133334, lambdaRequest: 0.0000002, s3Write: 0.000005, s3Read: 0.0000004, stateTransition: 0.000025 };
const LIMITS: ExtractionLimits = { maxConcurrency: 16, bytesPerSecond: 10 * MIB, maxChunkSeconds: 840, worker: { memorySize: 2048, prices: PRICES } };
const OPTIONS = { readers: 2, targetFileBytes: 256 * MIB };

const item = (...sizes: number[]): WorkItem => ({
  tables: [{ index: 0, chunks: sizes.map((estimatedBytes, chunk) => ({ chunk, estimatedRows: 1, estimatedBytes })) }],
});

test('a hundred items of two chunks of 100 MiB, by hand', () => {
  const { text, ...estimate } = estimateOf(Array.from({ length: 100 }, () => item(100 * MIB, 100 * MIB)), LIMITS, OPTIONS);
  // Each item: two streams of 10 s beside each other, and 4 s to start: 14 s of 2 GB. Parts of 8 MiB: 13, and two requests more.
  expect(estimate).toEqual({
    workers: 16,
    readers: 2,
    connections: 32,
    seconds: 63,
    cost: {
      usd: 0.0626,
      prices: PRICES,
      units: {
        lambdaGbSecond: 2800, lambdaRequest: 100, s3Write: 20 + 1 + 200 * (2 + 15), s3Read: 8 + 1 + 200 * 3 + 100 * 5, stateTransition: 6 + 100 * 3,
      },
    },
  });
  expect(text).toBe('16 workers × 2 readers = 32 connections, about 63 s, about US$0.0626 (2,800 GB-seconds of Lambda × US$0.0000133334 = US$0.0373, '
    + '100 requests of Lambda × US$0.0000002 = US$0.0000, 3,421 writing requests of S3 × US$0.000005 = US$0.0171, '
    + '1,109 reading requests of S3 × US$0.0000004 = US$0.0004, 306 state transitions × US$0.000025 = US$0.0077)');
});

test('fewer items than workers have fewer connections; without prices there is no cost', () => {
  expect(estimateOf([item(MIB), item(MIB)], { ...LIMITS, worker: undefined }, { ...OPTIONS, readers: 4 })).toEqual({
    workers: 2, readers: 4, connections: 8, seconds: 0, text: '2 workers × 4 readers = 8 connections, about 0 s',
  });
  expect(estimateOf([], LIMITS, OPTIONS)).toMatchObject({ workers: 0, connections: 0, seconds: 0 });
});

test('an item that takes longer than a worker has is several invocations', () => {
  const { cost } = estimateOf([item(...Array.from({ length: 40 }, () => 1000 * MIB))], LIMITS, OPTIONS);
  // 40,000 MiB by two streams: 2,000 s, of which each invocation reads 840.
  expect(cost!.units).toMatchObject({ lambdaRequest: 3, lambdaGbSecond: 2 * (2000 + 3 * 4), stateTransition: 6 + 1 + 2 * 3 });
});

test('more bytes, more memory and higher prices cost more; more workers cost the same', () => {
  const size = fc.integer({ min: 0, max: 2 ** 34 });
  const items = fc.array(fc.array(size, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 20 });
  const worker = (memorySize: number, prices = PRICES) => ({ worker: { memorySize, prices } });
  const usd = (of: readonly number[][], limits: Partial<ExtractionLimits> = {}) => (
    estimateOf(of.map((each) => item(...each)), { ...LIMITS, ...limits }, OPTIONS).cost!.usd
  );
  fc.assert(fc.property(items, size, fc.integer({ min: 512, max: 10240 }), (sizes, more, memorySize) => {
    expect(usd([...sizes, [more]])).toBeGreaterThan(usd(sizes));
    expect(usd(sizes, worker(memorySize + 64))).toBeGreaterThanOrEqual(usd(sizes, worker(memorySize)));
    expect(usd(sizes, worker(2048, { ...PRICES, stateTransition: 0.01 }))).toBeGreaterThan(usd(sizes));
    expect(usd(sizes, { maxConcurrency: 100 })).toBe(usd(sizes));
  }), { numRuns: 100 });
});

test('what may cost less is refused with the arithmetic, what costs as much is not', () => {
  const estimate = estimateOf(Array.from({ length: 100 }, () => item(100 * MIB, 100 * MIB)), LIMITS, OPTIONS);
  expect(() => refuseCostly(estimate, { ...LIMITS, maxCost: 0.06 })).toThrow(expect.objectContaining({
    code: 'INVALID_CONFIG', message: expect.stringMatching(/^the run would cost about US\$0\.0626, allowed are US\$0\.0600 \(maxCost\): 2,800 GB-seconds of Lambda × US\$0\.0000133334 = /),
  }));
  expect(() => refuseCostly(estimate, { ...LIMITS, maxCost: 0.0626 })).not.toThrow();
  expect(() => refuseCostly(estimate, LIMITS)).not.toThrow();
});

test('a worker has the readers that were chosen, else one for each of its own vCPUs', () => {
  const readers = (readersChosen: boolean, memorySize: number) => (
    readersOfWorker({ readers: 5, readersChosen }, { ...LIMITS, worker: { memorySize, prices: PRICES } })
  );
  expect([1769, 3538, 7076, 10240].map((memory) => readers(false, memory))).toEqual([2, 2, 4, 5]);
  expect(readers(true, 10240)).toBe(5);
  expect(readersOfWorker({ readers: 3, readersChosen: false }, { ...LIMITS, worker: undefined })).toBe(3);
});
