import * as fc from 'fast-check';
import { comparableSequencer, LOG_KEYWORDS, METRICS, metricNamespace, RUN_ID_PATTERN, runIdAt, SERVICES } from '../../src/contract';

test('no metric or service name holds a keyword the log filters look for', () => {
  for (const name of [...Object.values(METRICS), ...Object.values(SERVICES), metricNamespace('Ledger')]) {
    for (const keyword of Object.values(LOG_KEYWORDS)) expect(name).not.toContain(keyword);
  }
});

test('each metric has a name of its own', () => {
  expect(new Set(Object.values(METRICS)).size).toBe(Object.values(METRICS).length);
});

test('a sequencer is compared right-padded with zeros, in one case', () => {
  expect(comparableSequencer('00A1') < comparableSequencer('00a10001')).toBe(true);
  expect(comparableSequencer('0055AED6DCD90281E5')).toHaveLength(32);
  expect(comparableSequencer(undefined)).toBe('0'.repeat(32));
});

test('run ids sort by time', () => {
  const time = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
  fc.assert(fc.property(time, time, (a, b) => {
    const [first, second] = [runIdAt(a, '000000'), runIdAt(b, '000000')];
    expect(first).toMatch(RUN_ID_PATTERN);
    expect(Math.sign(Number(a) - Number(b))).toBe(first < second ? -1 : Number(first > second));
  }));
});

test.each(['', 'ABCDEF', '12345', '1234567'])('the suffix %j is refused', (suffix) => {
  expect(() => runIdAt(new Date(0), suffix)).toThrow(/suffix of six/);
});
