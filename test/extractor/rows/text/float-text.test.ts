import * as fc from 'fast-check';
import { floatText, realText } from '../../../../src/extractor/rows/text/float-text';

const out = new Uint8Array(64);

function double(value: number): string {
  const b = Buffer.alloc(11);
  b.writeDoubleLE(value, 3);
  return Buffer.from(out.subarray(4, floatText(new DataView(b.buffer, b.byteOffset), 3, 8, out, 4))).toString('latin1');
}

function single(value: number): string {
  const b = Buffer.alloc(7);
  b.writeFloatLE(value, 3);
  return Buffer.from(out.subarray(4, realText(new DataView(b.buffer, b.byteOffset), 3, 4, out, 4))).toString('latin1');
}

/** The definition: fewest digits that read back as the same single, then the nearest. */
function shortestSingle(value: number): string {
  for (let digits = 1; digits <= 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  throw new Error('nine digits are enough for any single');
}

describe('float', () => {
  test.each([
    [0, '0'], [-0, '-0'], [1, '1'], [-1.5, '-1.5'], [0.1, '0.1'], [0.3, '0.3'], [1 / 3, '0.3333333333333333'], [1e-6, '0.000001'],
    [1e16, '10000000000000000'], [9999999999999998, '9999999999999998'], [1.7976931348623157e308, '1.7976931348623157e+308'],
    [5e-324, '5e-324'], [0.9999999999999999, '0.9999999999999999'], [99.99999999999999, '99.99999999999999'], [NaN, 'NaN'],
    [Infinity, 'Infinity'], [123456789.125, '123456789.125'], [9007199254740993, '9007199254740992'], [1.0000000000000002, '1.0000000000000002'],
  ])('%p', (value, text) => {
    expect(double(value)).toBe(text);
  });

  test('is the shortest text for any double', () => {
    fc.assert(fc.property(fc.double({ noDefaultInfinity: false }), (value) => {
      expect(double(value)).toBe(Object.is(value, -0) ? '-0' : String(value));
    }), { numRuns: 20000 });
  });

  test('is the shortest text for doubles of everyday size and few digits', () => {
    const random = fc.double({ min: 1e-7, max: 1e17, noNaN: true });
    const decimals = fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 12 })).map(([units, scale]) => units / 10 ** scale);
    const sums = fc.tuple(decimals, decimals).map(([a, b]) => a + b);
    fc.assert(fc.property(fc.oneof(random, decimals, sums), (value) => {
      expect(double(value)).toBe(Object.is(value, -0) ? '-0' : String(value));
    }), { numRuns: 30000 });
  });

  test('is the shortest text for neighbours of powers of ten and of two', () => {
    const view = new DataView(new ArrayBuffer(8));
    for (let exponent = -20; exponent <= 60; exponent++) {
      for (const base of [2 ** exponent, Number(`1e${exponent / 2 | 0}`)]) {
        view.setFloat64(0, base);
        const bits = view.getBigInt64(0);
        for (let step = -50n; step <= 50n; step++) {
          view.setBigInt64(0, bits + step);
          const value = view.getFloat64(0);
          expect(double(value)).toBe(String(value));
        }
      }
    }
  });
});

describe('real', () => {
  test.each([[3.4e38, '3.4e+38'], [1.18e-38, '1.18e-38'], [0.1, '0.1'], [16777216, '16777216'], [0.33333334, '0.33333334'], [-0, '-0'], [1e-6, '0.000001']])('%p', (value, text) => {
    expect(single(Math.fround(value))).toBe(text);
  });

  test('is the shortest text for any single', () => {
    const everyday = fc.double({ min: 1e-7, max: 1e17, noNaN: true }).map(Math.fround);
    fc.assert(fc.property(fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), everyday), (value) => {
      expect(single(value)).toBe(Object.is(value, -0) ? '-0' : value === 0 ? '0' : shortestSingle(value));
    }), { numRuns: 30000 });
  });
});
