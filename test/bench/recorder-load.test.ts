import { measureRecorderLoad } from '../../bench/recorder-load';

test('under a steady rate of events no object is lost or recorded twice, and the heap does not grow', async () => {
  const figures = await measureRecorderLoad({ rate: 200, seconds: 6, processes: 1 });
  expect(figures).toMatchObject({ events: 1_200, failed: 0, objects: 1_080, items: 1_080 });
  expect(figures.heapLate - figures.heapEarly).toBeLessThan(5);
});
