import fc from 'fast-check';
import { coercible, widerType } from '../../../src/handlers/catalog/widen-type';

test.each([
  ['int', 'int', 'int'],
  ['smallint', 'int', 'int'],
  ['bigint', 'tinyint', 'bigint'],
  ['float', 'double', 'double'],
  ['decimal(10,2)', 'decimal(12,2)', 'decimal(12,2)'],
  ['decimal(10,2)', 'decimal(8,4)', 'decimal(12,4)'],
  ['decimal(38,0)', 'decimal(38,10)', 'string'],
  ['int', 'decimal(5,2)', 'decimal(12,2)'],
  ['bigint', 'double', 'string'],
  ['date', 'timestamp', 'string'],
  ['int', 'string', 'string'],
  ['binary', 'string', 'string'],
  ['boolean', 'int', 'string'],
])('%s and %s fit into %s, in either order', (a, b, wider) => {
  expect([widerType(a, b), widerType(b, a)]).toEqual([wider, wider]);
});

const type = fc.oneof(
  fc.constantFrom('tinyint', 'smallint', 'int', 'bigint', 'float', 'double', 'string', 'binary', 'boolean', 'date', 'timestamp'),
  fc.integer({ min: 1, max: 38 }).chain((p) => fc.integer({ min: 0, max: p }).map((s) => `decimal(${p},${s})`)),
);

test('widening is the same in any order of the runs but for string, and never goes back', () => {
  fc.assert(fc.property(type, type, (a, b) => {
    const both = widerType(a, b);
    expect(widerType(b, a)).toBe(both);
    expect(widerType(both, a)).toBe(both);
    expect(widerType(both, b)).toBe(both);
  }));
});

test.each([
  ['int', 'bigint', true], ['bigint', 'int', false], ['float', 'double', true], ['double', 'float', false], ['int', 'string', true],
  ['date', 'string', false], ['decimal(10,2)', 'decimal(12,4)', true], ['decimal(10,2)', 'decimal(10,4)', false], ['int', 'decimal(12,2)', false],
  ['binary', 'binary', true],
])('%s is read as %s: %s', (from, to, can) => {
  expect(coercible(from, to)).toBe(can);
});
