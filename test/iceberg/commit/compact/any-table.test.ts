import { compactTable } from '../../../../src/iceberg/commit/compact/compact-table';
import { scanOf } from '../../../../src/iceberg/rows/read-rows';
import { CHANGED, ChangedTable, EVERY_TYPE, everyTypeRows, TestColumn } from '../../../support/iceberg/changed-table';

let table: ChangedTable;
beforeEach(async () => { table = await ChangedTable.make(); });
afterEach(() => table.close());

const rows = async () => table.rows();

/** Rows of the file that is there, as DuckDB reads it. */
async function byDuckdb(names: readonly string[]): Promise<(string | null)[][]> {
  const plan = await scanOf(table.workplace.files, await table.metadata());
  const paths = plan.files.map(({ file }) => `'${file.filePath.slice('file://'.length)}'`);
  return table.sql(`SELECT ${names.map((name) => `"${name}"`).join(', ')} FROM read_parquet([${paths.join(', ')}]) ORDER BY ALL`);
}

/** Numbers that look random and are the same in each run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    yield (state >>> 0) / 2 ** 32;
  }
}

const FORMS = [
  '', ', ROW_GROUP_SIZE 2048', ', PARQUET_VERSION V2', ', COMPRESSION snappy', ', COMPRESSION gzip, ROW_GROUP_SIZE 2048', ', COMPRESSION uncompressed', ', DICTIONARY_SIZE_LIMIT 1',
];

test.each([1, 2, 3, 4, 5, 6])('any table, any deletes, files of any form: rows are the same after compaction, for us and for DuckDB (%i)', async (seed) => {
  const random = numbers(seed);
  const next = (below: number) => Math.floor(random.next().value * below);
  const rowsOf = (count: number) => {
    const from = next(2000);
    return everyTypeRows(from, from + count);
  };
  const form = () => FORMS[next(FORMS.length)];
  await table.land(EVERY_TYPE, Array.from({ length: 1 + next(3) }, () => rowsOf(1 + next(3000))), form());
  for (let change = 0; change < 3; change++) {
    const [step, start] = [1 + next(7), next(4000)];
    await table.change({
      ...(next(3) > 0 && { rows: rowsOf(1 + next(300)) }),
      keys: `SELECT i::BIGINT AS big FROM range(${start}, ${start + 1 + next(6000)}, ${step}) t(i)`,
      by: ['big'],
      deletes: next(2) === 0 ? 'equality' : 'position',
      options: form(),
    });
  }
  const before = await rows();
  const parts = next(2) === 0;
  let states = 0;
  while ((await compactTable(table.workplace, CHANGED, { targetBytes: [10_000, 50_000, 1 << 27][next(3)], ...(parts && { deadline: () => true }) })).state === 'PARTLY' && states < 20) states += 1;
  const names = EVERY_TYPE.map(([name]) => name);
  expect(await rows()).toEqual(before);
  const compacted = await byDuckdb(names);
  expect(compacted.length).toBe(before.length);
  // Once more, from files of our own.
  await table.change({ keys: 'SELECT i::BIGINT AS big FROM range(0, 12000, 11) t(i)', by: ['big'] });
  const less = await rows();
  await compactTable(table.workplace, CHANGED);
  expect(await rows()).toEqual(less);
});

const ONE: TestColumn = ['id', 'INT32', 1];

/** A file of before holds the first type, the table has the second. */
test.each<readonly [from: string, sql: string, to: string, sqlTo: string]>([
  ['INT32', '(CASE WHEN i % 7 = 0 THEN NULL ELSE i - 500 END)::INT', 'INT64', '9223372036854775807 - i'],
  ['FLOAT', '(CASE i % 7 WHEN 0 THEN NULL WHEN 1 THEN \'-0.0\' WHEN 2 THEN \'NaN\' WHEN 3 THEN \'Infinity\' ELSE (i / 7)::VARCHAR END)::FLOAT', 'DOUBLE', '(i / 3)::DOUBLE'],
  ['DECIMAL(9,2)', '(CASE WHEN i % 7 = 0 THEN NULL ELSE (i - 500) / 8 END)::DECIMAL(9,2)', 'DECIMAL(18,2)', '(i * 1000000000000)::DECIMAL(18,2)'],
  ['DECIMAL(9,2)', '(CASE WHEN i % 7 = 0 THEN NULL ELSE (i - 500) / 8 END)::DECIMAL(9,2)', 'DECIMAL(38,2)', '(-i::HUGEINT * 100000000000000000)::DECIMAL(38,2)'],
  ['DECIMAL(18,2)', '((i - 500) * 1000000000000)::DECIMAL(18,2)', 'DECIMAL(25,2)', '(i * 100000000000000)::DECIMAL(25,2)'],
  ['DECIMAL(25,2)', '((i - 500)::HUGEINT * 100000000000000000)::DECIMAL(25,2)', 'DECIMAL(38,2)', '(i * 100000000000000)::DECIMAL(38,2)'],
])('files from before a column was widened, added, renamed and dropped: %s (%s) as %s', async (from, sql, to, sqlTo) => {
  await table.land([ONE, ['worth', from, 2], ['old', 'STRING', 3], ['name', 'STRING', 4]], [`SELECT i::INT AS id, ${sql} AS worth, 'gone' AS old, 'n' || i AS name FROM range(0, 1000) t(i)`]);
  const columns: readonly TestColumn[] = [ONE, ['worth', to, 2], ['label', 'STRING', 4], ['added', 'TIMESTAMP(MICROS)', 5]];
  await table.evolve(columns);
  await table.change({
    rows: `SELECT i::INT AS id, ${sqlTo} AS worth, 'l' || i AS label, TIMESTAMP '2020-01-01' + to_microseconds(i) AS added FROM range(990, 1010) t(i)`, keys: 'SELECT i::INT AS id FROM range(3, 1010, 9) t(i)', by: ['id'],
  });
  const before = await rows();
  expect(await compactTable(table.workplace, CHANGED)).toMatchObject({ state: 'COMPACTED', filesAfter: 1, deletedRows: 111 });
  expect(await rows()).toEqual(before);
  expect((await byDuckdb(['id', 'worth', 'label', 'added'])).length).toBe(before.length);
});
