import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { scanSql } from '../../../../src/cli/tables/query/parquet-scan';
import type { AskedTable } from '../../../../src/cli/tables/query/tables-asked';
import { FolderFiles } from '../../../../src/iceberg/files/folder-files';
import type { Field } from '../../../../src/iceberg/spec/schema';
import { newTable, withFields } from '../../../../src/iceberg/spec/table-metadata';

let folder: string;
let connection: DuckDBConnection;
beforeAll(async () => { connection = await (await DuckDBInstance.create(':memory:')).connect(); });
afterAll(() => connection.closeSync());
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'it\'s [a] *scan-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const field = (id: number, name: string, type: string): Field => ({ id, name, required: false, type });

function asked(fields: readonly Field[], mapping: ReadonlyArray<{ readonly 'field-id': number; readonly 'names': readonly string[] }> = []): AskedTable {
  const metadata = withFields(newTable('7d2f0a52-31b5-4b6f-a0aa-6a8ee6b4b3a1', `file://${folder}`, 1), fields, mapping);
  return { name: 't', snapshot: undefined, table: { name: 't', metadata } as AskedTable['table'] };
}

/** @param ids FIELD_IDS of DuckDB; none where it is empty */
async function write(name: string, select: string, ids = ''): Promise<{ readonly uri: string; readonly sizeBytes: number }> {
  const path = join(folder, name);
  await connection.run(`COPY (${select}) TO '${path.replaceAll('\'', '\'\'')}' (FORMAT parquet${ids === '' ? '' : `, FIELD_IDS {${ids}}`})`);
  return { uri: `file://${path}`, sizeBytes: statSync(path).size };
}

const withoutDeletes = (file: { readonly uri: string; readonly sizeBytes: number }) => ({ ...file, equalityDeletes: [], positionDeletes: [] });

async function read(table: AskedTable, files: ReadonlyArray<{ readonly uri: string; readonly sizeBytes: number }>): Promise<unknown> {
  const result = await connection.runAndReadAll(`SELECT * FROM (${await scanSql(new FolderFiles(), { asked: table, files, rows: files.map(withoutDeletes) })}) ORDER BY 1`);
  return { types: Object.fromEntries(result.columnNames().map((name, at) => [name, String(result.columnTypes()[at])])), rows: result.getRowsJson() };
}

test('columns are found by field id: renamed, swapped, widened, added and dropped ones', async () => {
  const old = await write('old.parquet', 'SELECT 1::INT AS id, \'a\' AS x, \'b\' AS y, 9 AS dropped', 'id: 1, x: 2, y: 3, dropped: 4');
  const now = await write('now.parquet', 'SELECT 2::BIGINT AS id, \'c\' AS x, \'d\' AS y, DATE \'2020-02-29\' AS added', 'id: 1, x: 3, y: 2, added: 5');
  const table = asked([field(1, 'id', 'long'), field(3, 'x', 'string'), field(2, 'y', 'string'), field(5, 'added', 'date')]);
  expect(await read(table, [old, now])).toEqual({
    types: { id: 'BIGINT', x: 'VARCHAR', y: 'VARCHAR', added: 'DATE' },
    rows: [['1', 'b', 'a', null], ['2', 'c', 'd', '2020-02-29']],
  });
});

test('files without field ids are read by the name mapping', async () => {
  const file = await write('plain.parquet', 'SELECT 1 AS "Former Name", 1.50::DECIMAL(4, 2) AS amount');
  const table = asked([field(1, 'id', 'int'), field(2, 'amount', 'decimal(9, 2)')], [{ 'field-id': 1, 'names': ['id', 'Former Name'] }, { 'field-id': 2, 'names': ['amount'] }]);
  expect(await read(table, [file])).toEqual({ types: { id: 'INTEGER', amount: 'DECIMAL(9,2)' }, rows: [[1, '1.50']] });
});

test('a table without files has its columns', async () => {
  expect(await read(asked([field(1, 'a"b', 'boolean'), field(2, 'at', 'timestamp')]), [])).toEqual({ types: { 'a"b': 'BOOLEAN', 'at': 'TIMESTAMP' }, rows: [] });
});

test('a key of Hive in a path is no column', async () => {
  const file = await write('year=2020.parquet', 'SELECT 7 AS year', 'year: 1');
  expect(await read(asked([field(1, 'year', 'int')]), [file])).toEqual({ types: { year: 'INTEGER' }, rows: [[7]] });
});

test('a type that others have added is refused', async () => {
  const file = await write('f.parquet', 'SELECT 1 AS a', 'a: 1');
  await expect(scanSql(new FolderFiles(), { asked: asked([field(1, 'a', 'fixed[16]')]), files: [file], rows: [withoutDeletes(file)] })).rejects.toThrow('a column is fixed[16], which others have added');
});
