import { openPages } from '../../../../src/iceberg/rows/stored/column-pages';
import { StoredRows } from '../../../../src/iceberg/rows/stored/file-writer';
import { keptRows, Page, PlainValues } from '../../../../src/iceberg/rows/stored/page';
import { RowSums } from '../../../../src/iceberg/rows/stored/row-sums';
import { RowValue } from '../../../../src/iceberg/rows/values';
import { ParquetRows } from '../../../../src/iceberg/rows/write-parquet';
import { dataFile } from '../../../../src/iceberg/spec/data-file';
import { readFooter } from '../../../../src/iceberg/spec/parquet-footer';
import { Field } from '../../../../src/iceberg/spec/schema';

const field = (id: number, type: string, required = false): Field => ({ id, name: `c${id}`, required, type });

/** One file in memory. */
function opened(bytes: Buffer, fields: readonly Field[]) {
  const file = dataFile({ uri: 'file:///f', sizeBytes: bytes.length, footer: readFooter(bytes, 'f') }, fields, fields.map(({ name }) => name));
  const files = {
    readEnd: async (_uri: string, length: number) => ({ end: bytes.subarray(Math.max(0, bytes.length - length)), sizeBytes: bytes.length }),
    readRange: async (_uri: string, from: number, length: number) => bytes.subarray(from, from + length),
  };
  return { file, pages: openPages(files, file, fields, new Map()) };
}

async function sumsOf(bytes: Buffer, fields: readonly Field[]): Promise<string> {
  const pages = await opened(bytes, fields).pages;
  const sums = new RowSums();
  for (const [group, rows] of pages.groups.entries()) {
    sums.begin(rows);
    for await (const column of pages.group(group)) {
      let row = 0;
      for (const page of column.pages) {
        sums.add(page, row);
        row += page.rows;
      }
    }
    sums.end();
  }
  return String(sums);
}

/** As an earlier version wrote compacted files: pages of version 2, dictionaries, gzip or zstd. */
function byHyparquet(columns: ReadonlyArray<readonly RowValue[]>, codec: string): Buffer {
  /* eslint-disable @typescript-eslint/no-require-imports */
  const { ByteWriter } = require('hyparquet-writer/src/bytewriter.js');
  const { ParquetWriter } = require('hyparquet-writer/src/parquet-writer.js');
  const { gzipSync } = require('node:zlib');
  /* eslint-enable @typescript-eslint/no-require-imports */
  const writer = new ByteWriter();
  const element = (id: number, type: object) => ({ name: `c${id}`, repetition_type: 'OPTIONAL', field_id: id, ...type });
  const schema = [
    { name: 'schema', num_children: 3 }, element(1, { type: 'INT64' }), element(2, { type: 'BYTE_ARRAY', converted_type: 'UTF8' }), element(3, { type: 'DOUBLE' }),
  ];
  const parquet = new ParquetWriter({ writer, schema, codec, compressors: { GZIP: (bytes: Uint8Array) => gzipSync(bytes) }, createdBy: 'test' });
  parquet.write({ columnData: columns.map((data, at) => ({ name: `c${at + 1}`, data: data.map((value) => (typeof value === 'string' ? Buffer.from(value) : value)) })), rowGroupSize: 700 });
  parquet.finish();
  return Buffer.from(writer.getBytes());
}

const FIELDS = [field(1, 'long'), field(2, 'string'), field(3, 'double')];

test.each(['GZIP', 'SNAPPY', 'UNCOMPRESSED'])('files that an earlier version compacted have the sums of the same rows written now (%s)', async (codec) => {
  const rows = Array.from({ length: 2000 }, (_, at): RowValue[] => [at % 3 === 0 ? null : BigInt(at) - 1000n, at % 7 === 0 ? null : `value ${at % 50}`, at / 7]);
  const columns = FIELDS.map((_, at) => rows.map((row) => row[at]));
  const now = new ParquetRows(FIELDS);
  now.add(columns);
  const [before, after] = [await sumsOf(byHyparquet(columns, codec), FIELDS), await sumsOf(now.finish(), FIELDS)];
  expect(before).toMatch(/^2000 rows/);
  expect(after).toBe(before);
});

test('sums tell a value that changed, NULL from what is empty, and values that changed places; not the order of rows', async () => {
  const fields = [field(1, 'string'), field(2, 'string')];
  const sum = async (...rows: RowValue[][]) => {
    const file = new ParquetRows(fields);
    file.add(fields.map((_, at) => rows.map((row) => row[at])));
    return sumsOf(file.finish(), fields);
  };
  const first = await sum(['a', 'b'], ['c', 'd']);
  expect(await sum(['c', 'd'], ['a', 'b'])).toBe(first);
  const others = await Promise.all([
    sum(['a', 'd'], ['c', 'b']), sum(['b', 'a'], ['c', 'd']), sum(['a', 'b'], ['c', '']), sum(['a', 'b'], ['c', null]), sum(['a', 'b'], ['c', 'e']),
    sum(['ab', ''], ['c', 'd']), sum(['a', 'b'], ['a', 'b']), sum(['a', 'b\0'], ['c', 'd']), sum(['a', 'b'], ['c', 'd'], [null, null]), sum(['a', 'b']),
  ]);
  expect(new Set([first, ...others]).size).toBe(1 + others.length);
});

test('statistics: least and greatest, none with a NaN, zero on both sides, long texts cut', async () => {
  const fields = [field(1, 'double'), field(2, 'double'), field(3, 'string'), field(4, 'decimal(30, 0)'), field(5, 'boolean'), field(6, 'int')];
  const file = new ParquetRows(fields);
  file.add([[1, NaN], [0, -0], ['b'.repeat(100), 'a'.repeat(100)], [-5n, 7n], [true, null], [null, null]]);
  const { lowerBounds, upperBounds, nullValueCounts } = opened(file.finish(), fields).file;
  expect([lowerBounds.get(1), upperBounds.get(1), lowerBounds.get(6)]).toEqual([undefined, undefined, undefined]);
  expect([lowerBounds.get(2)!.readDoubleLE(), upperBounds.get(2)!.readDoubleLE()]).toEqual([-0, 0]);
  expect([String(lowerBounds.get(3)), String(upperBounds.get(3))]).toEqual(['a'.repeat(16), `${'b'.repeat(15)}c`]);
  expect([[...lowerBounds.get(4)!], [...upperBounds.get(4)!]]).toEqual([[0xfb], [7]]);
  expect([[...lowerBounds.get(5)!], [...upperBounds.get(5)!]]).toEqual([[1], [1]]);
  expect([nullValueCounts.get(5), nullValueCounts.get(6)]).toEqual([1, 2]);
});

test('a dictionary has the values that are left, and where it is full the rest is plain', async () => {
  const fields = [field(1, 'string')];
  const text = (count: number, of: (at: number) => string): PlainValues => {
    const bytes: Buffer[] = [];
    const starts = Uint32Array.of(0, ...Array.from({ length: count }, () => 0));
    for (let at = 0; at < count; at++) {
      const value = Buffer.from(of(at));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(value.length);
      bytes.push(length, value);
      starts[at + 1] = starts[at] + 4 + value.length;
    }
    return { bytes: Buffer.concat(bytes), count, width: 0, starts };
  };
  const page = (dictionary: PlainValues, rows: number, of: (at: number) => number): Page => (
    { rows, values: { dictionary, indices: Uint32Array.from({ length: rows }, (_, at) => of(at)), count: rows } });
  const file = new StoredRows(fields);
  const small = text(3, (at) => `secret ${at}`);
  file.add(0, keptRows(page(small, 9, (at) => at % 3), Uint32Array.of(0, 1, 3, 4, 6), 0));
  const large = text(40_000, (at) => `a rather long value ${at}`);
  for (let from = 0; from < 40_000; from += 10_000) file.add(0, page(large, 10_000, (at) => from + at));
  file.add(0, page(small, 2, () => 1));
  file.endRows(40_007);
  const bytes = file.finish();
  const values = [0, 1, 0, 1, 0].map((at) => `secret ${at}`).concat(Array.from({ length: 40_000 }, (_, at) => `a rather long value ${at}`), 'secret 1', 'secret 1');
  const expected = new ParquetRows(fields);
  expected.add([values]);
  expect(await sumsOf(bytes, fields)).toBe(await sumsOf(expected.finish(), fields));
  const { file: { lowerBounds, upperBounds } } = opened(bytes, fields);
  // What was left out, the third, is in no dictionary and no statistic.
  expect([String(lowerBounds.get(1)), String(upperBounds.get(1))]).toEqual(['a rather long va', 'secret 1']);
});

test('damaged files are refused by name, never read as other rows', async () => {
  const file = new ParquetRows(FIELDS);
  file.add([[1n, null, 3n], ['a', 'b', null], [1, 2, 3]]);
  const bytes = file.finish();
  const whole = await sumsOf(bytes, FIELDS);
  for (let length = 4; length < bytes.length - 1; length += 9) {
    await expect(async () => sumsOf(bytes.subarray(0, length), FIELDS)).rejects.toMatchObject({ code: 'TABLE_UNREADABLE' });
  }
  expect(await sumsOf(bytes, FIELDS)).toBe(whole);
});
