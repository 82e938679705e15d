import { putLatencyObserver } from '../../../src/handlers/shared/put-latency';

test('writes that began before the first answer are first ones, all later are not', () => {
  const told: [string, number][] = [];
  const observe = putLatencyObserver({ metric: (name, value) => told.push([name, value]) });
  const now = jest.spyOn(performance, 'now');
  const answered = (at: number, milliseconds: number) => {
    now.mockReturnValue(at);
    observe(milliseconds);
  };
  answered(200, 150);
  answered(210, 160);
  answered(300, 101);
  answered(301, 100);
  answered(310, 5);
  now.mockRestore();
  expect(told).toEqual([
    ['firstPutItemLatency', 150], ['firstPutItemLatency', 160], ['firstPutItemLatency', 101], ['putItemLatency', 100], ['putItemLatency', 5],
  ]);
});
