import { CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand, type FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import { LogReader } from '../../../tools/local-cloud/observer/log-reader';

const PAGE = 10_000;

/** A log service as the emulator is: no tokens, no ids for lines of functions, at most a page at once. */
function reader(events: FilteredLogEvent[]): LogReader {
  const mock = mockClient(CloudWatchLogsClient);
  mock.on(DescribeLogGroupsCommand).resolves({ logGroups: [{ logGroupName: 'g' }] });
  mock.on(FilterLogEventsCommand).callsFake(({ startTime }: { startTime: number }) => ({
    events: events.filter(({ timestamp }) => timestamp! >= startTime).sort((a, b) => a.timestamp! - b.timestamp!).slice(0, PAGE),
  }));
  return new LogReader(new CloudWatchLogsClient({}));
}

const event = (timestamp: number, message: string, logStreamName = 's'): FilteredLogEvent => ({ timestamp, message, logStreamName });

test('every line is read once, equal ones too', async () => {
  const events = [event(1, 'a'), event(1, 'a'), event(1, 'a', 't'), event(2, 'b')];
  const reads = reader(events);
  expect((await reads.read()).map(({ message }) => message)).toEqual(['a', 'a', 'a', 'b']);
  expect(await reads.read()).toEqual([]);
  events.push(event(2, 'b'), event(3, 'c'));
  expect((await reads.read()).map(({ message }) => message)).toEqual(['b', 'c']);
});

test('a line stored after a later one is read too', async () => {
  const events = [event(20_000, 'late')];
  const reads = reader(events);
  await reads.read();
  events.push(event(6_000, 'early'));
  expect((await reads.read()).map(({ message }) => message)).toEqual(['early']);
  expect(await reads.read()).toEqual([]);
});

test('more lines than a page holds are all read once', async () => {
  const events = Array.from({ length: 2.5 * PAGE }, (_, index) => event(1_000 + Math.floor(index / 7), `${index}`));
  const lines = await reader(events).read();
  expect(lines).toHaveLength(events.length);
  expect(new Set(lines.map(({ message }) => message)).size).toBe(events.length);
});
