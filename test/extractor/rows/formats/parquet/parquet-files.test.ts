import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { LARGEST_VALUE } from '../../../../../src/extractor/rows/columns/bytes-buffer';
import { BATCH_ROWS } from '../../../../../src/extractor/rows/columns/column-buffer';
import { done } from '../../../../../tools/replay-server/tds-packets';
import { TRANSACTION_COLUMNS, transactionRows } from '../../../../../tools/replay-server/transactions';
import { colMetadata, nbcRow, row, wireColumn } from '../../../../../tools/replay-server/wire-rows';
import { canonical, sourceValue } from '../../../../support/tds/canonical';
import { capturePayload, parseCsv } from '../../../../support/tds/captures';
import { landPayload } from '../../../../support/tds/land';
import { readWithDuckDb, readWithPyArrow } from '../../../../support/tds/parquet-readers';
import { le } from '../../../../support/tds/typed-values';

/** Enough rows for several batches; CSV, tested on the captures, is what Parquet is compared with. */
const ROWS = 2 * BATCH_ROWS + 777;

describe('a table of several batches', () => {
  const payload = Buffer.concat([colMetadata(TRANSACTION_COLUMNS), transactionRows(0, ROWS), done(0x10, ROWS)]);
  let expected: (string | null)[][];

  beforeAll(async () => {
    const { columns, objects: [csv] } = await landPayload(payload, { name: 'csv', compression: 'none' });
    expected = parseCsv(csv.toString('utf8')).slice(1).map((cells) => cells.map((cell, i) => canonical(cell, columns[i].sourceType)));
    expect(expected).toHaveLength(ROWS);
  });

  test.each([
    ['one row group, DuckDB', undefined, Infinity, readWithDuckDb, 1],
    ['one row group, pyarrow', undefined, Infinity, readWithPyArrow, 1],
    ['a row group a batch', 1, Infinity, readWithDuckDb, 1],
    ['several files', 1, 1_000_000, readWithPyArrow, 3],
  ] as const)('%s', async (_, rowGroupBytes, targetFileBytes, read, files) => {
    const landing = await landPayload(payload, { name: 'parquet', compression: 'snappy', rowGroupBytes }, { targetFileBytes });
    expect(landing.objects).toHaveLength(files);
    const got: (string | null)[][] = [];
    for (const [i, object] of landing.objects.entries()) {
      const { rows } = await read(object);
      expect(rows).toHaveLength(landing.files[i].rows);
      got.push(...rows.map((landed) => TRANSACTION_COLUMNS.map((__, c) => sourceValue(landing.columns, landed, c + 1))));
    }
    expect(got.length).toBe(ROWS);
    for (let i = 0; i < ROWS; i++) if (String(got[i]) !== String(expected[i])) expect(got[i]).toEqual(expected[i]);
  }, 120_000);
});

describe('dictionaries', () => {
  const column = wireColumn.nvarchar('c', 100);

  async function roundTrip(values: readonly (string | null)[], rowGroupBytes?: number) {
    const rows = values.map((value) => nbcRow([column], [value === null ? null : Buffer.from(value, 'utf16le')]));
    const payload = Buffer.concat([colMetadata([column]), ...rows, done(0x10, rows.length)]);
    const { objects: [object] } = await landPayload(payload, { name: 'parquet', compression: 'none', rowGroupBytes });
    const got = (await readWithDuckDb(object)).rows.map(([value]) => value);
    expect(got.length).toBe(values.length);
    for (let i = 0; i < got.length; i++) if (got[i] !== values[i]) expect([i, got[i]]).toEqual([i, values[i]]);
    return object;
  }

  test('few values are stored once', async () => {
    const values = Array.from({ length: 40_000 }, (_, i) => (i % 7 === 0 ? null : `value number ${i % 5} – ü`));
    const object = await roundTrip(values);
    expect(object.length).toBeLessThan(40_000 * 2);
    expect(object.toString('latin1').split('value number 3').length - 1).toBeLessThanOrEqual(3);
  });

  test('one value only', () => roundTrip(Array.from({ length: 100 }, () => 'same')));

  test('the empty string beside NULL', () => roundTrip(['', null, '', 'a', null]));

  test('all distinct values', () => roundTrip(Array.from({ length: 40_000 }, (_, i) => `distinct ${i}`)));

  test('values that stop to repeat after a while', () => roundTrip(
    Array.from({ length: 60_000 }, (_, i) => (i < 30_000 ? `few ${i % 10}` : `many ${i}`)),
  ));

  test('more values than a dictionary takes', () => roundTrip(
    Array.from({ length: 150_000 }, (_, i) => `some ${(i * 7919) % 40_000}`),
  ));

  test('each row group has its own', () => roundTrip(Array.from({ length: 50_000 }, (_, i) => `group ${i % 100} of ${Math.floor(i / 16384)}`), 1));

  test('the base types of sql_variant, whatever the values', async () => {
    const variant = wireColumn.variant('v');
    const values = Array.from({ length: 5000 }, (_, i) => (
      i % 2 === 0 ? Buffer.concat([Buffer.from([0x6a, 2, 19, 4, 1]), le(BigInt(i), 8)]) : Buffer.concat([Buffer.from([0x38, 0]), le(BigInt(i), 4)])
    ));
    const payload = Buffer.concat([colMetadata([variant]), ...values.map((value) => row([variant], [value])), done(0x10, values.length)]);
    const { objects: [object] } = await landPayload(payload, { name: 'parquet', compression: 'none' });
    const types = (await readWithDuckDb(object)).rows.map(([, type]) => type);
    expect(types).toEqual(values.map((_, i) => (i % 2 === 0 ? 'decimal(19,4)' : 'int')));
    // In the dictionary, and as the greatest and the least value; there are two of each.
    expect(object.toString('latin1').split('decimal(19,4)').length - 1).toBeLessThanOrEqual(3);
  });

  test('a long value among short ones', () => roundTrip(Array.from({ length: 2000 }, (_, i) => (i === 1000 ? 'x'.repeat(100) : `v${i % 3}`))));
});

test('statistics bound the values, negative ones and years before 1970 among them', async () => {
  const columns = [wireColumn.intN('i', 8), wireColumn.decimal('d', 38, 2), wireColumn.datetime2('t', 6), wireColumn.floatN('f', 8)];
  const values = [-5n, 0n, 7n, -(2n ** 62n), 2n ** 62n, null];
  const rows = values.map((value, i) => row(columns, value === null ? [null, null, null, null] : [
    le(value, 8),
    Buffer.concat([Buffer.from([value < 0n ? 0 : 1]), le(value < 0n ? -value : value, 16)]),
    Buffer.concat([le(BigInt(i), 5), le(BigInt(700000 + i * 10000), 3)]),
    (() => {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(Number(value) / 3);
      return bytes;
    })(),
  ]));
  const { objects: [object] } = await landPayload(
    Buffer.concat([colMetadata(columns), ...rows, done(0x10, rows.length)]), { name: 'parquet', compression: 'none' });
  const folder = mkdtempSync(join(tmpdir(), 'tds-statistics-'));
  try {
    writeFileSync(`${folder}/o.parquet`, object);
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const read = await connection.runAndReadAll(
      `select path_in_schema, stats_min_value, stats_max_value, stats_null_count from parquet_metadata('${folder}/o.parquet')`);
    expect(read.getRows().map((cells) => cells.map(String))).toEqual([
      ['i', '-4611686018427387904', '4611686018427387904', '1'],
      ['d', '-46116860184273879.04', '46116860184273879.04', '1'],
      ['t', '1917-07-16 00:00:00', '2027-01-20 00:00:00.000004', '1'],
      ['f', '-1.5372286728091292e+18', '1.5372286728091292e+18', '1'],
    ]);
    connection.closeSync();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('an empty result has the schema and no rows', async () => {
  const { columns, objects: [object] } = await landPayload(capturePayload('empty-result'), { name: 'parquet', compression: 'zstd' });
  for (const read of [readWithDuckDb, readWithPyArrow]) {
    await expect(read(object)).resolves.toEqual({ names: columns.map(({ name }) => name), rows: [] });
  }
});

test('a value beyond what a page can hold is refused by column and row', async () => {
  const column = wireColumn.varbinaryMax('Document');
  const payload = Buffer.concat([colMetadata([column]), row([column], [Buffer.alloc(LARGEST_VALUE + 1)]), done(0x10, 1)]);
  await expect(landPayload(payload, { name: 'parquet', compression: 'none' }, { cuts: [0x1000000] })).rejects.toMatchObject({
    code: 'INVALID_VALUE', message: expect.stringContaining('column "Document" (varbinary(max)), row 1: a value of 134217729 bytes'),
  });
});
