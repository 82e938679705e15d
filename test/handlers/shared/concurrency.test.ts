import { mapConcurrently } from '../../../src/handlers/shared/concurrency';

/** Lets all that is ready to run do so. */
const settle = async () => new Promise((resolve) => setImmediate(resolve));

test('results keep the order of the items, and no more calls than the limit are under way', async () => {
  const waiting: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const done = mapConcurrently([...Array(10).keys()], 3, async (item, index) => {
    expect(index).toBe(item);
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => { waiting.push(resolve); });
    running -= 1;
    return item * 2;
  });
  for (let released = 0; released < 10;) {
    await settle();
    // The latest first, so that the calls end out of order.
    waiting.pop()?.();
    released += 1;
  }
  expect(await done).toEqual([...Array(10).keys()].map((item) => item * 2));
  expect(most).toBe(3);
});

test('after a failure no further call starts, and it is thrown when those under way have ended', async () => {
  const started: number[] = [];
  let slowEnded = false;
  const failing = mapConcurrently([0, 1, 2, 3], 2, async (item) => {
    started.push(item);
    if (item === 0) throw new Error('first');
    await settle();
    slowEnded = true;
  });
  await expect(failing).rejects.toThrow('first');
  expect(started).toEqual([0, 1]);
  expect(slowEnded).toBe(true);
});

test('nothing to do is done', async () => {
  expect(await mapConcurrently([], 4, async () => 1)).toEqual([]);
});
