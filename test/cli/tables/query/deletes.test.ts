import { pathToFileURL } from 'node:url';
import { query, type QueryValue } from '../../../../src/cli/tables';
import { readRows, scanOf } from '../../../../src/iceberg/rows/read-rows';
import { CHANGED, ChangedTable, EVERY_TYPE, everyTypeRows, TestColumn } from '../../../support/iceberg/changed-table';

let table: ChangedTable;
beforeEach(async () => { table = await ChangedTable.make(); });
afterEach(() => table.close());

async function asked(sql: string): Promise<(readonly QueryValue[])[]> {
  const rows: (readonly QueryValue[])[] = [];
  await query({ target: pathToFileURL(table.folder).href }, sql, {}, async (result) => {
    for await (const some of result.rows) rows.push(...some);
  });
  return rows;
}

/** Each row that our reader sees, by two columns of it. */
async function read(first: string, second: string): Promise<string[]> {
  const seen = [];
  for await (const { values } of readRows(table.workplace.files, await scanOf(table.workplace.files, await table.metadata()), [first, second])) seen.push(values.map(String).join(' '));
  return seen.sort();
}

test('rows of a table of every type are those that deletes by key and by position leave, as our reader sees them', async () => {
  await table.land(EVERY_TYPE, [everyTypeRows(0, 500), everyTypeRows(500, 1000)]);
  await table.change({ rows: everyTypeRows(3, 5), keys: 'SELECT i::BIGINT AS big FROM range(3, 600, 2) t(i)', by: ['big'] });
  await table.change({ rows: everyTypeRows(4, 5), keys: 'SELECT i::BIGINT AS big FROM range(4, 7) t(i)', by: ['big'], deletes: 'position' });
  for (const by of ['d38', 'moment', 'note', 'uid', 'raw', 'clock', 'flag', 'day', 'd9', 'd18', 'instant']) {
    await table.change({ keys: `SELECT ${by}, big FROM (${everyTypeRows(700, 720)})`, by: [by, 'big'] });
  }
  const gone = (big: number) => (big >= 3 && big < 600 && big % 2 === 1) || (big >= 4 && big < 7) || (big >= 700 && big < 720);
  const left = Array.from({ length: 1000 }, (_, big) => big).filter((big) => !gone(big));
  const expected = [...left, 3, 4].sort((a, b) => a - b);
  expect((await asked(`SELECT big FROM ${CHANGED} ORDER BY 1`)).map(([big]) => big)).toEqual(expected);
  expect(await read('big', 'small')).toEqual((await asked(`SELECT big, small FROM ${CHANGED}`)).map((row) => row.map(String).join(' ')).sort());
});

test('NULL keys, keys of several columns and columns that files have not, deletes before and after', async () => {
  const columns: readonly TestColumn[] = [['file', 'STRING', 1], ['b', 'STRING', 2]];
  const values = (list: string) => `SELECT * FROM (VALUES ${list}) t(file, b)`;
  await table.land(columns, [values('(\'x\', NULL), (\'x\', \'\'), (NULL, NULL), (\'ab\', \'c\'), (\'a\', \'bc\'), (\'X\', NULL), (\'x \', NULL)')]);
  await table.change({ rows: values('(\'x\', NULL::VARCHAR)'), keys: values('(\'x\', NULL), (\'ab\', \'c\')'), by: ['file', 'b'] });
  await table.change({ keys: 'SELECT NULL::VARCHAR AS file', by: ['file'], deletes: 'position' });
  expect((await asked(`SELECT file, b FROM ${CHANGED}`)).map((row) => row.map(String).join(' ')).sort()).toEqual(['X null', 'a bc', 'x ', 'x  null', 'x null']);
  expect(await read('file', 'b')).toEqual(['X null', 'a bc', 'x ', 'x  null', 'x null']);
  await table.change({ keys: 'SELECT NULL::VARCHAR AS b', by: ['b'] });
  expect((await asked(`SELECT file FROM ${CHANGED} ORDER BY 1`))).toEqual([['a'], ['x']]);
});
