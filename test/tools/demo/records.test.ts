import { textTable } from '../../../tools/demo/records';

test('columns are as wide as their widest cell, numbers to the right', () => {
  expect(textTable(['name', 'rows'], [['a', 1], ['longer', 100_000], ['none', '']])).toBe([
    '  name      rows',
    '  ------  ------',
    '  a            1',
    '  longer  100000',
    '  none',
  ].join('\n'));
});
