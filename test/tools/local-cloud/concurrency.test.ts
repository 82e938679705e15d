import { ConcurrencyCounter, type Invocation } from '../../../tools/local-cloud/observer/concurrency';

const run = (start: number, end: number, functionName = 'f'): Invocation => ({ functionName, start, end });
const told = (counter: ConcurrencyCounter, ...ended: Invocation[]) =>
  counter.count(ended).map(({ datum }) => [datum.Timestamp!.getTime(), datum.Value]);

test('one after the other is one at once', () => {
  expect(told(new ConcurrencyCounter(), run(0, 10), run(10, 20), run(25, 30))).toEqual([[0, 1], [10, 1], [25, 1]]);
});

test('those that overlap count together, whatever their order', () => {
  expect(told(new ConcurrencyCounter(), run(8, 9), run(0, 10), run(5, 20))).toEqual([[0, 1], [5, 2], [8, 3]]);
});

test('one that ran long raises what was told of those within it', () => {
  const counter = new ConcurrencyCounter();
  expect(told(counter, run(5, 6), run(30, 31))).toEqual([[5, 1], [30, 1]]);
  expect(told(counter, run(0, 10))).toEqual([[0, 1], [5, 2]]);
});

test('each function has its own count, and one without length counts itself', () => {
  const data = new ConcurrencyCounter().count([run(0, 10), run(1, 9, 'g'), run(5, 5)]);
  expect(data.map(({ namespace, datum }) => [namespace, datum.MetricName, datum.Dimensions![0].Value, datum.Value])).toEqual([
    ['AWS/Lambda', 'ConcurrentExecutions', 'f', 1], ['AWS/Lambda', 'ConcurrentExecutions', 'f', 2], ['AWS/Lambda', 'ConcurrentExecutions', 'g', 1],
  ]);
});
