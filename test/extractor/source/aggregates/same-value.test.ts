import { isCongruent, isSameNumber, isSameTime, wholeNumber } from '../../../../src/extractor/source/aggregates/same-value';

test.each([
  ['1.0', '1.00'], ['.5', '0.5'], ['-.50', '-0.5'], ['1E+2', '100'], ['1e2', '100.000'], ['12.5e-1', '1.25'], ['0.00', '-0'], ['+7', '7'], ['007', '7'], ['5.', '5'],
  ['99999999999999999999999999999999999999', '99999999999999999999999999999999999999.0'], [12, '12.0'], ['a', 'a'],
])('%s and %s are one number', (one, other) => {
  expect(isSameNumber(one, other)).toBe(true);
  expect(isSameNumber(other, one)).toBe(true);
});

test.each([['1.0', '1.01'], ['1', '-1'], ['10', '1'], ['1E+2', '1E-2'], ['99999999999999999999999999999999999999', '99999999999999999999999999999999999998'], ['a', '1'], ['', '0']])(
  '%s and %s are two numbers', (one, other) => {
    expect(isSameNumber(one, other)).toBe(false);
    expect(isSameNumber(other, one)).toBe(false);
  });

test.each([
  ['2024-02-29T12:00:00.5000000', '2024-02-29 12:00:00.5'],
  ['2024-02-29T12:00:00.0000000+00:00', '2024-02-29T12:00:00Z'],
  ['2024-02-29 12:00:00 +00:00', '2024-02-29T12:00:00-00:00'],
  ['2024-03-01T00:30:00+01:00', '2024-02-29 23:30:00.000 Z'],
  ['2024-02-29T12:00:00+0000', '2024-02-29T12:00:00Z'],
  ['0001-01-01', '0001-01-01'],
  ['12:00:00', '12:00:00.000'],
  ['12:00', '12:00:00'],
])('%s and %s are one time', (one, other) => {
  expect(isSameTime(one, other)).toBe(true);
  expect(isSameTime(other, one)).toBe(true);
});

test.each([
  ['2024-02-29T12:00:00.5', '2024-02-29T12:00:00.05'],
  ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00'],
  ['2024-02-29T12:00:00+01:00', '2024-02-29T12:00:00Z'],
  ['0001-01-01', '1901-01-01'],
  ['1970-01-01T12:00:00', '12:00:00'],
  ['never', '12:00:00'],
])('%s and %s are two times', (one, other) => {
  expect(isSameTime(one, other)).toBe(false);
  expect(isSameTime(other, one)).toBe(false);
});

test('sums of which only the last digits are known are equal by those', () => {
  expect(isCongruent('1.00', '100000000000000000000000001.01', 2, 28)).toBe(false);
  expect(isCongruent('1.0', '100000000000000000000000001.00', 2, 28)).toBe(true);
  expect(isCongruent('1.001', '1.00', 2, 28)).toBe(false);
  expect(isCongruent('-1E+1', '99999999999999999999999990', 2, 28)).toBe(true);
});

test('a count may be spelled as a decimal', () => {
  expect([wholeNumber('12.000'), wholeNumber(12), wholeNumber(12n), wholeNumber('1E+3'), wholeNumber('1.5'), wholeNumber(null)])
    .toEqual([12n, 12n, 12n, 1000n, undefined, undefined]);
});
