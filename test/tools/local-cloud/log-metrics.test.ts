import { embeddedMetrics } from '../../../tools/local-cloud/observer/embedded-metrics';
import { lambdaMetrics } from '../../../tools/local-cloud/observer/lambda-metrics';
import { compileFilter, MetricFilterEvaluator } from '../../../tools/local-cloud/observer/metric-filters';

const MINUTE = 60_000;
const line = (message: unknown, timestamp = MINUTE, logGroup = 'group') =>
  ({ logGroup, timestamp, message: typeof message === 'string' ? message : JSON.stringify(message) });

describe('metric filters', () => {
  const filter = (filterPattern: string, transformation: object = {}) => compileFilter({
    logGroupName: 'group',
    filterPattern,
    metricTransformations: [{ metricName: 'M', metricNamespace: 'N', metricValue: '1', ...transformation }],
  });
  const values = (...args: Parameters<MetricFilterEvaluator['evaluate']>) =>
    new MetricFilterEvaluator().evaluate(...args).map(({ datum }) => datum.Value);

  test('one datum for each match, at the time of its line', () => {
    const data = new MetricFilterEvaluator().evaluate(
      [filter('Error')], [line('Error 1', 5), line('fine', 6), line('an Error', 7), line('Error', 8, 'other')],
    );
    expect(data.map(({ namespace, datum }) => [namespace, datum.MetricName, datum.Value, datum.Timestamp?.getTime()]))
      .toEqual([['N', 'M', 1, 5], ['N', 'M', 1, 7]]);
  });

  test('the value may come from the line; what is no number gives nothing', () => {
    const latency = filter('{ $.latency = * }', { metricValue: '$.latency', unit: 'Milliseconds' });
    expect(values([latency], [line({ latency: 12.5 }), line({ latency: 'slow' }), line({ latency: '7' })])).toEqual([12.5, 7]);
    expect(new MetricFilterEvaluator().evaluate([latency], [line({ latency: 1 })])[0].datum.Unit).toBe('Milliseconds');
  });

  test('dimensions come from the line; without one of them there is no datum', () => {
    const coded = filter('{ $.level = "ERROR" }', { dimensions: { Code: '$.code' } });
    const data = new MetricFilterEvaluator().evaluate([coded], [line({ level: 'ERROR', code: 500 }), line({ level: 'ERROR' })]);
    expect(data.map(({ datum }) => datum.Dimensions)).toEqual([[{ Name: 'Code', Value: '500' }]]);
  });

  test('the default value is given once a minute, and not in one with a match', () => {
    const counted = filter('Error', { defaultValue: 0 });
    const evaluator = new MetricFilterEvaluator();
    const run = (...lines: ReturnType<typeof line>[]) => evaluator.evaluate([counted], lines).map(({ datum }) => datum.Value);
    expect(run(line('fine', 1), line('fine', 2))).toEqual([0]);
    expect(run(line('fine', 3))).toEqual([]);
    expect(run(line('fine', MINUTE), line('Error', MINUTE + 1))).toEqual([1]);
    expect(run(line('fine', MINUTE + 2), line('fine', 2 * MINUTE))).toEqual([0]);
  });
});

describe('embedded metric format', () => {
  const emf = (directive: object, members: object) =>
    embeddedMetrics(line({ _aws: { Timestamp: 1234, CloudWatchMetrics: [{ Namespace: 'N', ...directive }] }, ...members }));

  test('namespace, dimensions, unit, time and value', () => {
    const [datum, ...others] = emf({ Dimensions: [['service']], Metrics: [{ Name: 'Latency', Unit: 'Milliseconds' }] }, { service: 's', Latency: 7 });
    expect(datum).toEqual({
      namespace: 'N',
      datum: {
        MetricName: 'Latency', Timestamp: new Date(1234), Unit: 'Milliseconds', Value: 7, Dimensions: [{ Name: 'service', Value: 's' }],
      },
    });
    expect(others).toEqual([]);
  });

  test('a list of values, and a datum for each set of dimensions', () => {
    const data = emf({ Dimensions: [['a'], ['a', 'b'], []], Metrics: [{ Name: 'M' }] }, { a: 'x', b: 'y', M: [1, 2, 2] });
    expect(data.map(({ datum }) => datum.Dimensions?.map(({ Value }) => Value))).toEqual([['x'], ['x', 'y'], []]);
    expect(data[0].datum).toMatchObject({ Values: [1, 2, 2], Counts: [1, 1, 1], Unit: 'None' });
  });

  test('what breaks the specification is left out, the rest counts', () => {
    const Metrics = [{ Name: 'Missing' }, { Name: 'Text' }, { Name: 'Good' }, { Name: 'TooMany' }];
    const data = emf({ Dimensions: [['a'], ['gone']], Metrics }, { a: 'x', Text: '1', Good: 1, TooMany: Array(101).fill(1) });
    expect(data.map(({ datum }) => [datum.MetricName, datum.Dimensions])).toEqual([['Good', [{ Name: 'a', Value: 'x' }]]]);
  });

  test.each(['{"level":"INFO"}', 'text with "_aws" in it', '{"_aws": 3}', '{"_aws":'])('%s holds no metric', (message) => {
    expect(embeddedMetrics(line(message))).toEqual([]);
  });
});

describe('reports of functions', () => {
  const names = (message: unknown, name: string | undefined = 'f') =>
    lambdaMetrics(line(message), name).map(({ datum }) => [datum.MetricName, datum.Value]);

  test('a report line says that an invocation was, and how long it took', () => {
    expect(names('REPORT RequestId: 1-2\tDuration: 12.5 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB'))
      .toEqual([['Invocations', 1], ['Duration', 12.5]]);
  });

  test.each([['success', 0], ['error', 1], ['timeout', 1]])('in JSON it says also that it ended in %s', (status, errors) => {
    expect(names({ type: 'platform.report', record: { status, metrics: { durationMs: 3 } } }))
      .toEqual([['Invocations', 1], ['Duration', 3], ['Errors', errors]]);
  });

  test('other lines, and lines of no function, say nothing', () => {
    expect(names('a REPORT RequestId: 1 Duration: 12 ms')).toEqual([]);
    expect(lambdaMetrics(line('REPORT RequestId: 1 Duration: 12 ms'), undefined)).toEqual([]);
  });
});
