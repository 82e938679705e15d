import { measurePlan } from '../../support/runs/plan-figures';

test('a plan of 10,000 tables of 100 columns takes less than 30 s of the client', async () => {
  const { tables, columns, cpuSeconds } = await measurePlan({ tables: 10_000, columns: 100, chunksPerTable: 1 });
  expect({ tables, columns }).toEqual({ tables: 10_000, columns: 1_000_000 });
  expect(cpuSeconds).toBeLessThan(30);
}, 120_000);

test('a process that plans 100,000 chunks stays below 200 MB', async () => {
  // On a busy machine a collector with threads of its own comes late.
  const { chunks, rssMegabytes } = await measurePlan({ tables: 100, columns: 20, chunksPerTable: 1000 }, ['--single-threaded-gc']);
  expect(chunks).toBe(100_000);
  expect(rssMegabytes).toBeLessThan(200);
}, 60_000);
