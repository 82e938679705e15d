import { countRows } from '../../../src/iceberg/rows/count-rows';
import { readRows, scanOf } from '../../../src/iceberg/rows/read-rows';
import { RowValue } from '../../../src/iceberg/rows/values';
import { IcebergError } from '../../../src/iceberg/spec/errors';
import { ChangedTable, TestColumn } from '../../support/iceberg/changed-table';

let table: ChangedTable;
beforeEach(async () => { table = await ChangedTable.make(); });
afterEach(() => table.close());

const COLUMNS: readonly TestColumn[] = [['id', 'INT32', 1], ['name', 'STRING', 2]];

async function rows(columns?: readonly string[]): Promise<(readonly RowValue[])[]> {
  const found = [];
  const plan = await scanOf(table.workplace.files, await table.metadata());
  for await (const row of readRows(table.workplace.files, plan, columns)) found.push(row.values);
  return found;
}

const texts = async (columns?: readonly string[]) => (await rows(columns)).map((row) => row.map(String).join(' ')).sort();

test('values are exact: what numbers and dates would lose is kept', async () => {
  const columns: readonly TestColumn[] = [
    ['flag', 'BOOLEAN', 1], ['small', 'INT32', 2], ['big', 'INT64', 3], ['single', 'FLOAT', 4], ['precise', 'DOUBLE', 5], ['d9', 'DECIMAL(9,2)', 6],
    ['d18', 'DECIMAL(18,4)', 7], ['d38', 'DECIMAL(38,10)', 8], ['day', 'DATE', 9], ['clock', 'TIME(MICROS)', 10], ['moment', 'TIMESTAMP(MICROS)', 11],
    ['instant', 'TIMESTAMP(MICROS,UTC)', 12], ['text', 'STRING', 13], ['raw', 'BINARY', 14], ['uid', 'UUID', 15],
  ];
  const one = `SELECT true, 2147483647::INT, 9223372036854775807::BIGINT, 1.1::FLOAT, '-0.0'::DOUBLE, 9999999.99::DECIMAL(9,2), -99999999999999.9999::DECIMAL(18,4),
    '9999999999999999999999999999.9999999999'::DECIMAL(38,10), DATE '9999-12-31', TIME '23:59:59.999999', TIMESTAMP '9999-12-31 23:59:59.999999',
    TIMESTAMPTZ '0001-01-01 00:00:00.000001+00', 'a' || chr(128512) || ' ', '\\x00\\xFF'::BLOB, '6f9619ff-8b86-d011-b42d-00cf4fc964ff'::UUID`;
  const other = 'SELECT false, \'-2147483648\'::INT, \'-9223372036854775808\'::BIGINT, NULL, NULL, -0.01, NULL, -0.0000000001, DATE \'0001-01-01\', NULL, NULL, NULL, \'\', NULL, NULL';
  await table.land(columns, [`SELECT * FROM (${one} UNION ALL ${other}) t(${columns.map(([name]) => name).join(', ')})`]);
  const [first, second] = await rows();
  expect(first.slice(0, 13)).toEqual([
    true, 2147483647, 9223372036854775807n, Math.fround(1.1), -0, 999999999n, -999999999999999999n, 99999999999999999999999999999999999999n, 2932896,
    86399999999n, 253402300799999999n, -62135596799999999n, 'a\u{1F600} ',
  ]);
  expect(first.slice(13).map((bytes) => Buffer.from(bytes as Uint8Array).toString('hex'))).toEqual(['00ff', '6f9619ff8b86d011b42d00cf4fc964ff']);
  expect(second).toEqual([false, -2147483648, -9223372036854775808n, null, null, -1n, null, -1n, -719162, null, null, null, '', null, null]);
});

test('deletes touch rows of files before theirs, and none of their own or later ones', async () => {
  await table.land(COLUMNS, ['SELECT i::INT AS id, \'first\' AS name FROM range(0, 6) t(i)']);
  await table.change({ rows: 'SELECT 1::INT AS id, \'second\' AS name', keys: 'SELECT i::INT AS id FROM range(1, 3) t(i)', by: ['id'] });
  await table.change({ rows: 'SELECT i::INT AS id, \'third\' AS name FROM range(2, 4) t(i)', keys: 'SELECT i::INT AS id FROM range(3, 5) t(i)', by: ['id'] });
  expect(await texts()).toEqual(['0 first', '1 second', '2 third', '3 third', '5 first']);
  expect(await countRows(table.workplace, await table.metadata())).toEqual({ rows: 5, deleted: 4, filesRead: 1 });
  await table.change({ keys: 'SELECT i::INT AS id FROM range(0, 99) t(i)', by: ['id'] });
  expect([await texts(), (await countRows(table.workplace, await table.metadata())).rows]).toEqual([[], 0]);
});

test('NULL equals NULL, and a key of several columns is no other one whose texts run together', async () => {
  const columns: readonly TestColumn[] = [['a', 'STRING', 1], ['b', 'STRING', 2]];
  const values = (list: string) => `SELECT * FROM (VALUES ${list}) t(a, b)`;
  await table.land(columns, [values('(\'x\', NULL), (\'x\', \'\'), (NULL, NULL), (\'ab\', \'c\'), (\'a\', \'bc\'), (\'X\', NULL), (\'x \', NULL)')]);
  await table.change({ keys: values('(\'x\', NULL), (\'ab\', \'c\')'), by: ['a', 'b'] });
  expect(await texts()).toEqual(['X null', 'a bc', 'null null', 'x ', 'x  null']);
  await table.change({ keys: 'SELECT NULL::VARCHAR AS a', by: ['a'] });
  expect(await texts()).toEqual(['X null', 'a bc', 'x ', 'x  null']);
});

test('keys of each type, by column types that were widened since, and by columns that files have not', async () => {
  await table.land([['id', 'INT32', 1], ['price', 'DECIMAL(5,2)', 2]], ['SELECT i::INT AS id, (i / 4)::DECIMAL(5,2) AS price FROM range(0, 8) t(i)']);
  const wider: readonly TestColumn[] = [['id', 'INT64', 1], ['price', 'DECIMAL(12,2)', 2], ['extra', 'STRING', 3]];
  await table.land(wider, ['SELECT i::BIGINT AS id, (i / 4)::DECIMAL(12,2) AS price, NULL::VARCHAR AS extra FROM range(0, 8) t(i)']);
  await table.change({ keys: 'SELECT 3::BIGINT AS id', by: ['id'] });
  await table.change({ keys: 'SELECT 1.50::DECIMAL(12,2) AS price', by: ['price'] });
  expect(await texts(['id'])).toEqual(['0', '1', '2', '4', '5', '7']);
  await table.change({ keys: 'SELECT NULL::VARCHAR AS extra', by: ['extra'] });
  expect(await texts()).toEqual([]);
});

test('deletes by position', async () => {
  await table.land(COLUMNS, ['SELECT i::INT AS id, \'n\' AS name FROM range(0, 60000) t(i)', 'SELECT 60000::INT AS id, \'n\' AS name'], ', ROW_GROUP_SIZE 2048');
  const keys = 'SELECT (i * 7)::INT AS id FROM range(0, 8572) t(i)';
  await table.change({ rows: 'SELECT 7::INT AS id, \'again\' AS name', keys, by: ['id'], deletes: 'position' });
  await table.change({ keys: `SELECT id FROM (${keys}) UNION ALL SELECT 8`, by: ['id'], deletes: 'position' });
  expect(await countRows(table.workplace, await table.metadata())).toEqual({ rows: 60001 - 8572 - 1, deleted: 8574, filesRead: 3 });
  const found = (await rows(['id'])).map(([id]) => Number(id));
  expect(found.filter((id) => id % 7 === 0 || id === 8)).toEqual([]);
  expect(new Set(found).size).toBe(51428);
});

test('files that no delete may touch count by their manifest, and keys of too many bytes are not read', async () => {
  await table.land(COLUMNS, [0, 1, 2].map((at) => `SELECT i::INT AS id, 'n' AS name FROM range(${at * 100}, ${at * 100 + 100}) t(i)`));
  expect(await countRows(table.workplace, await table.metadata())).toEqual({ rows: 300, deleted: 0, filesRead: 0 });
  await table.change({ keys: 'SELECT i::INT AS id FROM range(110, 120) t(i)', by: ['id'] });
  const metadata = await table.metadata();
  expect(await countRows(table.workplace, metadata)).toEqual({ rows: 290, deleted: 10, filesRead: 1 });
  expect(await countRows(table.workplace, metadata, { maxBytes: 100 })).toEqual({ why: expect.stringMatching(/^its delete files and key columns have \d+ bytes, more than the 100/) });
  let asked = 0;
  expect(await countRows(table.workplace, metadata, { isOver: () => ++asked > 1 })).toEqual({ why: 'there was no time left for all of its files' });
});

test('every file is counted where several are read at the same time', async () => {
  await table.land(COLUMNS, Array.from({ length: 12 }, (_, at) => `SELECT i::INT AS id, 'n' AS name FROM range(${at * 1000}, ${at * 1000 + 1000}) t(i)`));
  await table.change({ keys: 'SELECT i::INT AS id FROM range(0, 12000, 10) t(i)', by: ['id'] });
  expect((await countRows(table.workplace, await table.metadata())).rows).toBe(10800);
});

test('deletes by floats are refused, by name', async () => {
  await table.land([['x', 'DOUBLE', 1]], ['SELECT 1::DOUBLE AS x']);
  await table.change({ keys: 'SELECT 1::DOUBLE AS x', by: ['x'] });
  await expect(countRows(table.workplace, await table.metadata())).rejects.toThrow(IcebergError);
  await expect(countRows(table.workplace, await table.metadata())).rejects.toThrow(/deletes by the column 'x', which is double/);
});
