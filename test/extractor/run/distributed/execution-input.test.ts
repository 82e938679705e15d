import { isScheduledTime, scheduleLag } from '../../../../src/extractor/run/distributed/execution-input';

const started = (input: object) => ({ input, execution: { arn: 'arn', startTime: '2026-01-31T01:00:42.500Z' } });

test('the lag is from the scheduled time to the start, never less than nothing', () => {
  expect(scheduleLag(started({ scheduledAt: '2026-01-31T01:00:00Z' }))).toBe(42.5);
  expect(scheduleLag(started({ scheduledAt: '2026-01-31T02:00:00+01:00' }))).toBe(42.5);
  expect(scheduleLag(started({ scheduledAt: '2026-01-31T01:01:00Z' }))).toBe(0);
});

test('an execution that no schedule started has none', () => {
  expect(scheduleLag(started({ tables: ['dbo.*'] }))).toBeUndefined();
});

test.each(['2026-01-31', '2026-01-31T01:00:00', 'Sat Jan 31 2026', '2026-13-31T01:00:00Z', '<aws.scheduler.scheduled-time>', 1769821200000, undefined])('%s is no such time', (text) => {
  expect(isScheduledTime(text)).toBe(false);
});

test.each(['2026-01-31T01:00:00Z', '2026-01-31T01:00Z', '2026-01-31T01:00:00.123+05:30'])('%s is one', (text) => {
  expect(isScheduledTime(text)).toBe(true);
});
