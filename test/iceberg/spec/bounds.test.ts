import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { icebergBound, minimalTwosComplement } from '../../../src/iceberg/spec/bounds';
import { plain } from '../../support/iceberg/parquet-end';

const text = (value: string, end: 'lower' | 'upper') => icebergBound('string', 'BYTE_ARRAY', Buffer.from(value), end);
const binary = (value: Uint8Array, end: 'lower' | 'upper') => icebergBound('binary', 'BYTE_ARRAY', value, end);
const hex = (value: Buffer | undefined) => value?.toString('hex') ?? null;

/** Big-endian two's complement of so many bytes. */
function fixed(value: bigint, width: number): Buffer {
  return Buffer.from(BigInt.asUintN(8 * width, value).toString(16).padStart(2 * width, '0'), 'hex');
}

describe('values of PyIceberg', () => {
  /** What follows the character that was made greater PyIceberg keeps; Java's writer cuts it off, as is done here: less, and as right. */
  const expectUpper = (value: string, ours: string | null, theirs: string | null) => {
    if (ours !== theirs) expect([value, ours! > value && theirs!.startsWith(ours!)]).toEqual([value, true]);
  };
  const others = JSON.parse(readFileSync(path.join(__dirname, '../fixtures/pyiceberg/bounds.json'), 'utf8'));

  test('texts are cut by code points, the upper one made greater', () => {
    for (const { value, lower, upper } of others.texts) {
      const given = Buffer.from(value, 'hex').toString();
      expect([given, hex(text(given, 'lower'))]).toEqual([given, lower]);
      if (upper !== 'surrogate') expectUpper(value, hex(text(given, 'upper')), upper);
    }
    expect(others.texts.length).toBeGreaterThan(10);
  });

  test('binary is cut by bytes', () => {
    for (const { value, lower, upper } of others.binaries) {
      expect([value, hex(binary(Buffer.from(value, 'hex'), 'lower'))]).toEqual([value, lower]);
      expectUpper(value, hex(binary(Buffer.from(value, 'hex'), 'upper')), upper);
    }
  });

  test('decimals have the fewest bytes', () => {
    for (const { unscaled, bytes } of others.decimals) {
      const value = BigInt(unscaled);
      expect([unscaled, hex(minimalTwosComplement(fixed(value, 17)))]).toEqual([unscaled, bytes]);
      expect(hex(icebergBound('decimal(38, 0)', 'FIXED_LEN_BYTE_ARRAY', fixed(value, 16), 'lower'))).toBe(bytes);
      if (BigInt.asIntN(64, value) === value) expect(hex(icebergBound('decimal(18, 2)', 'INT64', plain('INT64', value), 'upper'))).toBe(bytes);
      if (BigInt.asIntN(32, value) === value) expect(hex(icebergBound('decimal(9, 2)', 'INT32', plain('INT32', value), 'upper'))).toBe(bytes);
    }
  });

  test('numbers are as they are', () => {
    for (const { value, int, long } of others.ints) {
      expect(hex(icebergBound('int', 'INT32', plain('INT32', Number(value)), 'lower'))).toBe(int);
      expect(hex(icebergBound('long', 'INT64', plain('INT64', BigInt(value)), 'upper'))).toBe(long);
    }
    for (const { value, float, double } of others.floats) {
      expect(hex(icebergBound('float', 'FLOAT', plain('FLOAT', value), 'lower'))).toBe(float);
      expect(hex(icebergBound('double', 'DOUBLE', plain('DOUBLE', value), 'upper'))).toBe(double);
    }
  });
});

test.each([
  ['boolean', 'BOOLEAN', Buffer.from([1]), '01'],
  ['date', 'INT32', plain('INT32', 17_486), '4e440000'],
  ['time', 'INT64', plain('INT64', 81_068_000_000n), hex(plain('INT64', 81_068_000_000n))],
  ['timestamptz', 'INT64', plain('INT64', -1n), 'ffffffffffffffff'],
  ['uuid', 'FIXED_LEN_BYTE_ARRAY', Buffer.from('f79c3e09677c4bbda4793f349cb785e7', 'hex'), 'f79c3e09677c4bbda4793f349cb785e7'],
] as const)('%s as Appendix D has it', (type, physical, value, expected) => {
  expect(hex(icebergBound(type, physical, value, 'lower'))).toBe(expected);
  expect(hex(icebergBound(type, physical, value, 'upper'))).toBe(expected);
});

test.each([['float', 'FLOAT'], ['double', 'DOUBLE']] as const)('%s: NaN is no bound, either zero is -0 below and 0 above', (type, physical) => {
  expect(icebergBound(type, physical, plain(physical, NaN), 'lower')).toBeUndefined();
  expect(icebergBound(type, physical, plain(physical, NaN), 'upper')).toBeUndefined();
  for (const zero of [0, -0]) {
    expect(icebergBound(type, physical, plain(physical, zero), 'lower')).toEqual(plain(physical, -0));
    expect(icebergBound(type, physical, plain(physical, zero), 'upper')).toEqual(plain(physical, 0));
  }
  expect(icebergBound(type, physical, plain(physical, -Infinity), 'lower')).toEqual(plain(physical, -Infinity));
});

test('what lies between U+D7FF and U+E000 is passed over', () => {
  expect(text('\ud7ff'.repeat(17), 'upper')!.toString()).toBe(`${'\ud7ff'.repeat(15)}\ue000`);
  expect(text(`${'a'.repeat(15)}\uffffb`, 'upper')!.toString()).toBe(`${'a'.repeat(15)}\u{10000}`);
});

test('bytes that are no text have no bound: what stands for them may be greater', () => {
  for (const bad of [[0x61, 0xc3], [0xff], [0xed, 0xa0, 0x80], [...Buffer.from('x'.repeat(20)), 0xe2, 0x82]]) {
    const lower = icebergBound('string', 'BYTE_ARRAY', Uint8Array.from(bad), 'lower');
    const upper = icebergBound('string', 'BYTE_ARRAY', Uint8Array.from(bad), 'upper');
    if (lower) expect(Buffer.compare(lower, Buffer.from(bad))).toBeLessThanOrEqual(0);
    if (upper) expect(Buffer.compare(upper, Buffer.from(bad))).toBeGreaterThanOrEqual(0);
  }
});

const wideText = fc.array(fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), fc.constantFrom('\ud7ff', '\u{10ffff}', '\uffff', '\x7f')), { maxLength: 20, size: 'max' }).map((points) => points.join(''));

test('bounds of a text enclose it, by the order of bytes, and are no longer than 16 characters', () => {
  fc.assert(fc.property(wideText, (value) => {
    const [lower, upper] = [text(value, 'lower')!, text(value, 'upper')];
    expect(Buffer.compare(lower, Buffer.from(value))).toBeLessThanOrEqual(0);
    expect([...lower.toString()].length).toBeLessThanOrEqual(16);
    if (upper) {
      expect(Buffer.compare(upper, Buffer.from(value))).toBeGreaterThanOrEqual(0);
      expect(Buffer.from(upper.toString()).equals(upper)).toBe(true);
      expect([...upper.toString()].length).toBeLessThanOrEqual(16);
    } else {
      expect([...value].slice(0, 16).every((point) => point === '\u{10ffff}')).toBe(true);
    }
  }), { numRuns: 500 });
});

test('bounds of any bytes enclose them, text or not', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 70, size: 'max' }), fc.constantFrom('string', 'binary'), (value, type) => {
    const lower = icebergBound(type, 'BYTE_ARRAY', value, 'lower');
    const upper = icebergBound(type, 'BYTE_ARRAY', value, 'upper');
    if (lower) expect(Buffer.compare(lower, value)).toBeLessThanOrEqual(0);
    if (upper) expect(Buffer.compare(upper, value)).toBeGreaterThanOrEqual(0);
  }), { numRuns: 500 });
});

test('a decimal keeps its value in the fewest bytes', () => {
  fc.assert(fc.property(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), (value) => {
    const bytes = minimalTwosComplement(fixed(value, 16));
    expect(BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`))).toBe(value);
    if (bytes.length > 1) expect(BigInt.asIntN(8 * (bytes.length - 1), value)).not.toBe(value);
  }), { numRuns: 500 });
});
