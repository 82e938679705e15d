import { parseDemoArguments } from '../../../tools/demo/arguments';

test('defaults', () => {
  expect(parseDemoArguments([])).toEqual({ summary: undefined, keep: false, distributed: false, transactions: 100_000, screenshot: undefined });
});

test('each option', () => {
  expect(parseDemoArguments(['--summary', 'out.json', '--keep', '--transactions', '2000', '--screenshot', 'page.png', '--distributed']))
    .toEqual({ summary: 'out.json', keep: true, distributed: true, transactions: 2000, screenshot: 'page.png' });
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
