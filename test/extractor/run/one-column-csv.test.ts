import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Manifest } from '../../../src/contract';
import { extract, ExtractFormat, plan, verifyRun, type CsvOptions, type ExtractorProps } from '../../../src/extractor/doors/public';
import { standInRuns } from '../../support/source/stand-in-runs';

const runs = standInRuns();
const PYTHON = path.join(__dirname, '../../../.venv/bin/python');
const python = (code: string): unknown => JSON.parse(execFileSync(PYTHON, ['-c', code], { cwd: runs.folder, encoding: 'utf8' }));
const manifestOf = (key: string) => JSON.parse(readFileSync(path.join(runs.folder, key), 'utf8')) as Manifest;
const csv = (options: CsvOptions = {}, more: Partial<ExtractorProps> = { tables: ['dbo.Notes'] }): ExtractorProps =>
  ({ ...runs.endpoints, format: ExtractFormat.csv({ compression: 'none', ...options } as CsvOptions), ...more });

beforeAll(async () => {
  await runs.client.query('CREATE TABLE dbo.Notes (Note nvarchar(20) NULL); CREATE TABLE dbo.Ids (Id int NOT NULL)');
  await runs.client.query('INSERT dbo.Notes VALUES (N\'a\'), (NULL), (N\'\'), (N\'\\N\'), (NULL); INSERT dbo.Ids VALUES (1)');
});

const VALUES = ['a', null, '', '\\N', null];
const sorted = (values: readonly (string | null)[]) => [...values].map((value) => JSON.stringify(value)).sort();

test.each<[string, Partial<ExtractorProps>]>([
  ['a table', { tables: ['dbo.Notes'] }], ['a query', { query: { sql: 'SELECT Note FROM dbo.Notes', name: 'adhoc.Notes' } }],
])('every row of %s of one column is a row for Python\'s csv, pyarrow and DuckDB, NULL, empty and \\N apart', async (_, which) => {
  const { manifestKey, runId } = await extract(csv({}, which));
  const [{ nullText, objects: [{ key }], rows }] = manifestOf(manifestKey).tables;
  expect([nullText, rows]).toEqual(['\\N', 5]);
  expect(python(`import csv, json; print(json.dumps([len(row) for row in csv.reader(open('${key}', newline=''))]))`)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(sorted(python(`
import json, pyarrow.csv as c
print(json.dumps(c.read_csv('${key}', convert_options=c.ConvertOptions(null_values=['${nullText!.replace('\\', '\\\\')}'], strings_can_be_null=True,
  quoted_strings_can_be_null=False))['Note'].to_pylist()))`) as string[])).toEqual(sorted(VALUES));
  expect(sorted(python(`
import duckdb, json
print(json.dumps([row[0] for row in duckdb.sql(r'''SELECT Note FROM read_csv('${key}', header=true, nullstr='${nullText}', allow_quoted_nulls=false, all_varchar=true, delim=',', quote='"')''').fetchall()]))`) as string[])).toEqual(sorted(VALUES));
  expect(await verifyRun(runs.endpoints, runId)).toMatchObject({ problems: [], rows: 5 });
});

test('the plan states it, of such tables alone', async () => {
  const { warnings } = await plan(csv({}, { tables: ['dbo.Notes', 'dbo.Ids', 'dbo.Accounts'] }));
  expect(warnings.filter((warning) => /NULL lands as/.test(warning)))
    .toEqual(["[dbo].[Notes] has one column, 'Note', which may be NULL: NULL lands as \\N, since readers of CSV skip blank lines"]);
  const { manifestKey } = await extract(csv({}, { tables: ['dbo.Ids', 'dbo.Accounts'] }));
  expect(manifestOf(manifestKey).tables.filter((table) => 'nullText' in table)).toEqual([]);
});

test('an empty nullText of the user\'s own is refused by plan and run; another is taken', async () => {
  const refused = { code: 'INVALID_CONFIG', message: expect.stringMatching(/\[dbo\]\.\[Notes\] has one column, which may be NULL: with an empty nullText .* leave nullText out/) };
  await expect(plan(csv({ nullText: '' }))).rejects.toMatchObject(refused);
  await expect(extract(csv({ nullText: '' }))).rejects.toMatchObject(refused);
  await expect(extract(csv({ nullText: '' }, { query: { sql: 'SELECT Note FROM dbo.Notes', name: 'q' } }))).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  await plan(csv({ nullText: '' }, { tables: ['dbo.Ids'] }));
  const { manifestKey, runId } = await extract(csv({ nullText: 'nil' }));
  expect(manifestOf(manifestKey)).toMatchObject({ format: { nullText: 'nil' } });
  expect(manifestOf(manifestKey).tables[0]).not.toHaveProperty('nullText');
  expect(await verifyRun(runs.endpoints, runId)).toMatchObject({ problems: [] });
});

test('where the delimiter is of its characters NULL is another text', async () => {
  const { manifestKey, runId } = await extract(csv({ delimiter: 'N' }));
  expect(manifestOf(manifestKey).tables[0].nullText).toBe('(null)');
  expect(await verifyRun(runs.endpoints, runId)).toMatchObject({ problems: [] });
});

test('blank lines, as runs of before have them, are no rows for verify, as they are none for readers', async () => {
  const { manifestKey, runId } = await extract(csv());
  const manifest = manifestOf(manifestKey);
  const [{ nullText: _, ...table }] = manifest.tables;
  const [object] = table.objects;
  const text = readFileSync(path.join(runs.folder, object.key), 'utf8').replace(/^\\N$/gm, '');
  writeFileSync(path.join(runs.folder, object.key), text);
  const sizes = { sizeBytes: Buffer.byteLength(text) };
  const checksum = { ...object.checksum, value: createHash('sha256').update(text).digest('base64') };
  writeFileSync(path.join(runs.folder, manifestKey), JSON.stringify({
    ...manifest, tables: [{ ...table, ...sizes, objects: [{ ...object, ...sizes, checksum }] }], totals: { ...manifest.totals, ...sizes },
  }));
  const { problems } = await verifyRun(runs.endpoints, runId);
  expect(problems).toContainEqual(expect.objectContaining({ expected: '5 rows', found: '3 rows' }));
});
