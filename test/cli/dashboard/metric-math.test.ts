import * as fc from 'fast-check';
import { evaluateExpression } from '../../../src/cli/dashboard/metric-math/evaluate';
import { Series } from '../../../src/cli/dashboard/metric-math/series';
import { MetricMathError } from '../../../src/cli/dashboard/metric-math/syntax';

const range = { start: 0, end: 300, period: 60 };
const metrics = new Map([
  ['m1', Series.of([0, 60, 120], [1, 2, 3])],
  ['m2', Series.of([60, 120, 180], [10, 20, 0])],
  ['errors', Series.of([], [])],
]);

function evaluate(expression: string, others: Record<string, string> = {}): Record<number, number>[] {
  const expressions = new Map([['result', expression], ...Object.entries(others)]);
  return evaluateExpression('result', { range, metrics, expressions })
    .map((series) => Object.fromEntries(series.times.map((time) => [time, series.at(time)!])));
}

test.each([
  ['m1 + m2', { 60: 12, 120: 23 }],
  ['m1 * 100', { 0: 100, 60: 200, 120: 300 }],
  ['100 * m1 / m2', { 60: 20, 120: 15 }],
  ['1 / m2', { 60: 0.1, 120: 0.05 }],
  ['-m1', { 0: -1, 60: -2, 120: -3 }],
  ['2 + 3 * 2 ^ 3 ^ 1', { 0: 26, 60: 26, 120: 26, 180: 26, 240: 26 }],
  ['(m1 + 1) * 2', { 0: 4, 60: 6, 120: 8 }],
  ['m1 > 1', { 0: 0, 60: 1, 120: 1 }],
  ['m1 > 1 AND m1 < 3', { 0: 0, 60: 1, 120: 0 }],
  ['m1 == 1 || m1 == 3', { 0: 1, 60: 0, 120: 1 }],
  ['SUM([m1, m2])', { 0: 1, 60: 12, 120: 23, 180: 0 }],
  ['SUM(METRICS())', { 0: 1, 60: 12, 120: 23, 180: 0 }],
  ['MAX(METRICS("m"))', { 0: 1, 60: 10, 120: 20, 180: 0 }],
  ['AVG([m1, m2])', { 0: 1, 60: 6, 120: 11.5, 180: 0 }],
  ['m1 / SUM(m1) * 6', { 0: 1, 60: 2, 120: 3 }],
  ['FILL(m1, 0)', { 0: 1, 60: 2, 120: 3, 180: 0, 240: 0 }],
  ['FILL(m2, REPEAT)', { 60: 10, 120: 20, 180: 0, 240: 0 }],
  ['FILL(errors, 0)', { 0: 0, 60: 0, 120: 0, 180: 0, 240: 0 }],
  ['IF(m2 > 0, m1 / m2, 0)', { 60: 0.2, 120: 0.15, 180: 0 }],
  ['IF(m1, 5)', { 0: 5, 60: 5, 120: 5 }],
  ['m1 / PERIOD(m1)', { 0: 1 / 60, 60: 2 / 60, 120: 3 / 60 }],
  ['RATE(m1)', { 60: 1 / 60, 120: 1 / 60 }],
  ['RUNNING_SUM(m1)', { 0: 1, 60: 3, 120: 6 }],
  ['m1 * 0 + LAST(m1)', { 0: 3, 60: 3, 120: 3 }],
  ['half * 2', { 0: 1, 60: 2, 120: 3 }],
])('%s', (expression, expected) => {
  expect(evaluate(expression, { half: 'm1 / 2' })).toEqual([expected]);
});

test('a list of series stays a list', () => {
  expect(evaluate('[m1, m2] * 2')).toEqual([{ 0: 2, 60: 4, 120: 6 }, { 60: 20, 120: 40, 180: 0 }]);
});

test('the success rate of nothing is no point, not a division by zero', () => {
  expect(evaluate('100 * m2 / (m2 * 0)')).toEqual([{}]);
});

test.each([
  ['m1 +', 'expected a value'],
  ['m1 m2', 'expected an operator'],
  ['nobody + 1', 'no query has this id'],
  ['ANOMALY_DETECTION_BAND(m1)', 'ANOMALY_DETECTION_BAND is not known'],
  ['result + 1', 'refers to itself'],
  ['SUM("text")', 'wrong arguments for SUM'],
  ['m1 ? 2', 'unexpected'],
])('%s is refused', (expression, problem) => {
  expect(() => evaluate(expression)).toThrow(MetricMathError);
  expect(() => evaluate(expression)).toThrow(problem);
});

test('sums do not depend on the order of the list', () => {
  const values = fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 3, maxLength: 3 });
  fc.assert(fc.property(values, values, (a, b) => {
    const input = { range, metrics: new Map([['a', Series.of([0, 60, 120], a)], ['b', Series.of([60, 0, 240], b)]]) };
    const result = (text: string) => evaluateExpression('r', { ...input, expressions: new Map([['r', text]]) })[0];
    expect(result('SUM([a, b])').values).toEqual(result('SUM([b, a])').values);
    expect(result('SUM([a, b]) - b').values.slice(0, 2)).toEqual(a.slice(0, 2));
  }));
});
