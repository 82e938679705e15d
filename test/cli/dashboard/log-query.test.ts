import { runLogQuery, splitSources } from '../../../src/cli/dashboard/log-query/log-query';
import { LogQueryError } from '../../../src/cli/dashboard/log-query/words';

const events: Record<string, string>[] = [
  { '@timestamp': '2026-01-01 00:00:01.000', '@message': 'Error: one', 'level': 'ERROR', 'ms': '20', 'user.id': '7' },
  { '@timestamp': '2026-01-01 00:00:02.000', '@message': 'fine', 'level': 'INFO', 'ms': '3' },
  { '@timestamp': '2026-01-01 00:06:00.000', '@message': 'a | b Failure', 'level': 'CRITICAL', 'ms': '100' },
  { '@timestamp': '2026-01-01 00:06:01.000', '@message': 'no level' },
];
const records = events.map((fields) => ({ get: (name: string) => fields[name] }));

const times = (query: string) => runLogQuery(`fields @timestamp | ${query}`, records).rows.map(([time]) => time.slice(14, 19));

test.each([
  ['filter level = "ERROR"', ['00:01']],
  ['filter level in ["ERROR", "CRITICAL"] or @message like /no/', ['00:01', '06:00', '06:01']],
  ['filter level not in ["ERROR", "CRITICAL"]', ['00:02', '06:01']],
  ['filter @message like /error|failure/i', ['00:01', '06:00']],
  ["filter @message like 'a | b'", ['06:00']],
  ['filter @message not like /Error|Failure/', ['00:02', '06:01']],
  ['filter ms > 9 and not (level = "ERROR")', ['06:00']],
  ['filter ms <= 20 and ms >= 3', ['00:01', '00:02']],
  ['filter ispresent(user.id)', ['00:01']],
  ['filter level != "INFO"', ['00:01', '06:00']],
  ['sort ms desc | limit 2', ['06:00', '00:01']],
  ['sort @timestamp desc | limit 1', ['06:01']],
])('%s', (query, expected) => {
  expect(times(query)).toEqual(expected);
});

test('columns are those named; what a record lacks is empty', () => {
  expect(runLogQuery('fields level, ms | filter @message = "no level"', records)).toEqual({ columns: ['level', 'ms'], rows: [['', '']] });
  expect(runLogQuery('limit 1', records).columns).toEqual(['@timestamp', '@message']);
});

test('stats by time and field', () => {
  expect(runLogQuery('stats count(*) as n, max(ms) by bin(5m)', records)).toEqual({
    columns: ['bin(5m)', 'n', 'max(ms)'],
    rows: [['2026-01-01 00:00:00.000', '2', '20'], ['2026-01-01 00:05:00.000', '2', '100']],
  });
  expect(runLogQuery('filter level = "NONE" | stats count() as n, avg(ms) as a', records).rows).toEqual([['0', '']]);
  expect(runLogQuery('stats sum(ms) as total, pct(ms, 50) as half by level | sort total desc | limit 2', records).rows)
    .toEqual([['CRITICAL', '100', '100'], ['ERROR', '20', '20']]);
});

test('log groups stand in front of the query', () => {
  expect(splitSources("SOURCE '/aws/a' | SOURCE 'b' | fields @message\n| filter @message like /a|b/")).toEqual({
    logGroups: ['/aws/a', 'b'], text: 'fields @message | filter @message like /a|b/',
  });
});

test.each([
  ['unmask @message', "'unmask' is not known"], ['filter level', 'an operator'], ['fields level,', 'a field'],
  ['stats stddev(ms)', 'stddev() is not known'], ['filter level = "a" "b"', "unexpected 'b'"],
])('%s is refused', (query, problem) => {
  expect(() => runLogQuery(query, records)).toThrow(LogQueryError);
  expect(() => runLogQuery(query, records)).toThrow(problem);
});
