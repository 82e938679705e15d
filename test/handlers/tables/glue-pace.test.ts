import { GluePace } from '../../../src/handlers/tables/glue-pace';
import { RequestLimit } from '../../support/tables/memory-glue';
import { VirtualClock } from '../../support/tables/virtual-clock';

const clockOf = () => {
  const clock = new VirtualClock();
  return { clock, pace: new GluePace(clock) };
};

test('requests that Glue refuses for their number are repeated until it answers, and come no faster than it takes them, about', async () => {
  const { clock, pace } = clockOf();
  const limit = new RequestLimit(10, clock.now);
  const requests = Array.from({ length: 600 }, async () => pace.paced(async () => limit.admit()));
  await Promise.all(requests);
  expect(clock.now()).toBeGreaterThan(59_000);
  expect(clock.now()).toBeLessThan(100_000);
  expect(limit.refused).toBeLessThan(60);
});

test('a request is given up when the invocation ends, and what else goes wrong is not repeated', async () => {
  const { clock, pace } = clockOf();
  const until = 30_000;
  pace.begin(() => until - clock.now());
  const throttled = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
  await expect(pace.paced(async () => { throw throttled; })).rejects.toBe(throttled);
  expect(clock.now()).toBeGreaterThan(24_000);
  expect(clock.now()).toBeLessThan(until);
  let asked = 0;
  await expect(pace.paced(async () => {
    asked += 1;
    throw new Error('denied');
  })).rejects.toThrow('denied');
  expect(asked).toBe(1);
});
