import { parseDemoArguments } from '../../../tools/demo/arguments';

test('defaults', () => {
  expect(parseDemoArguments([])).toEqual({ keep: false, distributed: false, trino: false, transactions: 100_000 });
});

test('each option', () => {
  expect(parseDemoArguments(['--summary', 'out.json', '--keep', '--transactions', '2000', '--screenshot', 'page.png']))
    .toEqual({ summary: 'out.json', keep: true, distributed: false, trino: false, transactions: 2000, screenshot: 'page.png' });
  expect(parseDemoArguments(['--distributed'])).toMatchObject({ distributed: true, trino: false });
  expect(parseDemoArguments(['--trino', '--keep'])).toMatchObject({ distributed: false, trino: true, keep: true });
});

test('demos that exclude each other, and a picture of a page that is not shown, are refused', () => {
  expect(() => parseDemoArguments(['--trino', '--distributed'])).toThrow('--distributed and --trino are two demos');
  expect(() => parseDemoArguments(['--trino', '--screenshot', 'page.png'])).toThrow('--screenshot is of the dashboard, which --trino does not show');
});

test('help', () => {
  expect(parseDemoArguments(['-h'])).toBe('help');
});

test.each(['999', '10000001', '1e', '-5', '2000.5'])('--transactions=%s is refused', (value) => {
  expect(() => parseDemoArguments([`--transactions=${value}`])).toThrow(`from 1000 to 10000000, got '${value}'`);
});

test('an unknown option is refused', () => {
  expect(() => parseDemoArguments(['--sumary'])).toThrow(/'--sumary'/);
});
