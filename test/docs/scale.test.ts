import { readFileSync } from 'node:fs';
import { MAX_ITEM_BYTES, MAX_ITEMS } from '../../src/contract';
import { PAGE_FILE, reckon, scalePage } from '../../tools/docs/scale';

test('docs/scale.md is what is reckoned', () => {
  expect(readFileSync(PAGE_FILE, 'utf8')).toBe(scalePage());
});

test.each([1e11, 1e13, 1e14])('an execution of %d bytes stays within what Step Functions and the engine allow', (bytes) => {
  const { items, itemBytes, childEvents, chunks } = reckon(bytes);
  expect(items).toBeLessThanOrEqual(MAX_ITEMS);
  expect(itemBytes).toBeLessThanOrEqual(MAX_ITEM_BYTES + 64);
  expect(childEvents).toBeLessThan(25_000);
  expect(chunks).toBe(Math.ceil(bytes / 0x20000000));
});

test('the sums of money are those of the units', () => {
  const { costs, sum, transitions, items, invocations, puts, gets } = reckon(1e13);
  expect(sum).toBeCloseTo(costs.transitions + costs.lambda + costs.s3, 9);
  expect(transitions).toBe(6 + 2 * items + 2 * invocations);
  expect(costs.s3).toBeCloseTo(puts * 5e-6 + gets * 4e-7, 9);
});
