import fc from 'fast-check';
import { dataFile } from '../../../src/iceberg/spec/data-file';
import { footerBytes, readFooter } from '../../../src/iceberg/spec/parquet-footer';
import { Field } from '../../../src/iceberg/spec/schema';
import { EndColumn, parquetEnd, plain } from '../../support/iceberg/parquet-end';

const field = (id: number, name: string, type: string): Field => ({ id, name, required: false, type });

function entry(columns: readonly EndColumn[], fields: readonly Field[], groups: readonly number[]) {
  const bytes = parquetEnd(columns, groups);
  return dataFile({ uri: 's3://lake/a.parquet', sizeBytes: bytes.length, footer: readFooter(bytes, 'a.parquet') }, fields, columns.map(({ name }) => name));
}

/** A column's bounds, of row groups with these statistics. */
function bounds(type: string, physical: EndColumn['physical'], groups: readonly (readonly [Uint8Array, Uint8Array] | undefined)[], rows = 2) {
  const statistics = groups.map((each) => each && { min: each[0], max: each[1], nulls: 0 });
  const { lowerBounds, upperBounds } = entry([{ name: 'c', physical, statistics }], [field(1, 'c', type)], groups.map(() => rows));
  return [lowerBounds.get(1), upperBounds.get(1)] as const;
}

test('counts are sums over the row groups, bounds the least and the greatest of all', () => {
  const statistics = [{ min: plain('INT32', -5), max: plain('INT32', 2), nulls: 1 }, { min: plain('INT32', -7), max: plain('INT32', -6), nulls: 0 }];
  const { recordCount, columnSizes, valueCounts, nullValueCounts, lowerBounds, upperBounds, splitOffsets } = entry(
    [{ name: 'c', physical: 'INT32', statistics }], [field(9, 'c', 'int')], [3, 4]);
  expect({ recordCount, splitOffsets }).toEqual({ recordCount: 7, splitOffsets: [4, 5] });
  expect([columnSizes.get(9), valueCounts.get(9), nullValueCounts.get(9)]).toEqual([20, 7, 1]);
  expect([lowerBounds.get(9), upperBounds.get(9)]).toEqual([plain('INT32', -7), plain('INT32', 2)]);
});

test.each([['INT32', 4], ['INT64', 8], ['FIXED_LEN_BYTE_ARRAY', 15]] as const)('decimals in %s compare by their value, negative ones below', (physical, width) => {
  const bytes = (value: bigint) => {
    if (physical !== 'FIXED_LEN_BYTE_ARRAY') return plain(physical, value);
    return Buffer.from(BigInt.asUintN(128, value).toString(16).padStart(32, '0'), 'hex');
  };
  const most = 2n ** BigInt(8 * width - 1) - 1n;
  const one = fc.bigInt({ min: -most, max: most });
  fc.assert(fc.property(fc.array(fc.tuple(one, one), { minLength: 1, maxLength: 4 }), (pairs) => {
    const [lower, upper] = bounds('decimal(38, 0)', physical, pairs.map(([a, b]) => [bytes(a < b ? a : b), bytes(a < b ? b : a)]));
    const value = (of: Buffer) => BigInt.asIntN(8 * of.length, BigInt(`0x${of.toString('hex')}`));
    const all = pairs.flat();
    expect(value(lower!)).toBe(all.reduce((a, b) => (a < b ? a : b)));
    expect(value(upper!)).toBe(all.reduce((a, b) => (a > b ? a : b)));
  }), { numRuns: 100 });
});

test('NaN in the statistics of any row group leaves no bound', () => {
  for (const physical of ['FLOAT', 'DOUBLE'] as const) {
    const nan = [plain(physical, NaN), plain(physical, NaN)] as const;
    const one = [plain(physical, 1), plain(physical, 2)] as const;
    const type = physical.toLowerCase();
    expect(bounds(type, physical, [nan, one])).toEqual([undefined, undefined]);
    expect(bounds(type, physical, [one, nan])).toEqual([undefined, undefined]);
    expect(bounds(type, physical, [one])).toEqual([...one]);
  }
});

test('a row group with values and no statistics leaves no bound; one of NULLs alone takes none away', () => {
  const one = [plain('INT32', 1), plain('INT32', 2)] as const;
  expect(bounds('int', 'INT32', [one, undefined])).toEqual([undefined, undefined]);
  const statistics = [{ min: one[0], max: one[1], nulls: 0 }, { nulls: 5 }];
  const { lowerBounds } = entry([{ name: 'c', physical: 'INT32', statistics }], [field(1, 'c', 'int')], [2, 5]);
  expect(lowerBounds.get(1)).toEqual(one[0]);
});

test('an empty text is a value, and a bound', () => {
  expect(bounds('string', 'BYTE_ARRAY', [[Buffer.alloc(0), Buffer.alloc(0)]])).toEqual([Buffer.alloc(0), Buffer.alloc(0)]);
});

test('columns from the 101st on have no metrics', () => {
  const statistics = [{ min: plain('INT32', 1), max: plain('INT32', 2), nulls: 0 }];
  const columns = Array.from({ length: 130 }, (_each, at): EndColumn => ({ name: `c${at}`, physical: 'INT32', statistics }));
  const file = entry(columns, columns.map(({ name }, at) => field(at + 1, name, 'int')), [2]);
  for (const map of [file.columnSizes, file.valueCounts, file.nullValueCounts, file.lowerBounds, file.upperBounds]) {
    expect([...map.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_each, at) => at + 1));
  }
});

test('a file without rows has no row group, and no bound', () => {
  const { recordCount, lowerBounds, splitOffsets } = entry([{ name: 'c', physical: 'INT32' }], [field(1, 'c', 'int')], []);
  expect([recordCount, lowerBounds.size, splitOffsets]).toEqual([0, 0, []]);
});

test('other columns and other field ids are refused', () => {
  const columns: EndColumn[] = [{ name: 'a', physical: 'INT32', fieldId: 1 }, { name: 'b', physical: 'INT32', fieldId: 2 }];
  const bytes = parquetEnd(columns, [1]);
  const landed = { uri: 's3://lake/a.parquet', sizeBytes: bytes.length, footer: readFooter(bytes, 'a') };
  const fields = [field(1, 'a', 'int'), field(2, 'b', 'int')];
  expect(() => dataFile(landed, fields, ['a', 'c'])).toThrow(expect.objectContaining({ code: 'FILE_UNPROVEN', message: expect.stringContaining('a, b') }));
  expect(() => dataFile(landed, [field(2, 'a', 'int'), field(1, 'b', 'int')], ['a', 'b'])).toThrow(/field id 1 for the column 'a', which has 2/);
});

test.each([
  ['no Parquet', Buffer.from('something else'), /does not end with PAR1/],
  ['shorter than a tail', Buffer.from('PAR1'), /does not end with PAR1/],
  ['a footer that is none', Buffer.concat([Buffer.alloc(20, 0xff), Buffer.from([20, 0, 0, 0]), Buffer.from('PAR1')]), /cannot be read/],
])('%s is told', (_what, bytes, message) => {
  expect(() => readFooter(bytes, 'x.parquet')).toThrow(expect.objectContaining({ code: 'TABLE_UNREADABLE', message: expect.stringMatching(message) }));
});

test('a footer of any damage is read or told, never anything else', () => {
  const whole = parquetEnd([{ name: 'c', physical: 'INT32', statistics: [{ min: plain('INT32', 1), max: plain('INT32', 2), nulls: 0 }] }], [2]);
  const from = whole.length - footerBytes(whole, 'x');
  fc.assert(fc.property(fc.integer({ min: from, max: whole.length - 9 }), fc.integer({ min: 0, max: 255 }), (at, byte) => {
    const bytes = Buffer.from(whole);
    bytes[at] = byte;
    try {
      readFooter(bytes, 'x');
    } catch (error) {
      expect((error as { code?: string }).code).toBe('TABLE_UNREADABLE');
    }
  }), { numRuns: 200 });
});
