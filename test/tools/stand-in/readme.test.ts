import { readFileSync } from 'fs';
import path from 'path';
import { withPool } from './mssql-client';
import { withStandIn } from './running';
import { SYSTEM_VIEWS } from '../../../tools/stand-in/engine/system-views';
import { PRODUCT_PROPERTIES, SERVER_PROPERTIES, SYSTEM_VALUES } from '../../../tools/stand-in/session/system-values';
import { AGGREGATES, WINDOW_FUNCTIONS } from '../../../tools/stand-in/sql/binder/aggregates';
import { CATALOG_FUNCTIONS } from '../../../tools/stand-in/sql/binder/catalog-functions';
import { FUNCTIONS } from '../../../tools/stand-in/sql/binder/functions';
import { TABLE_FUNCTIONS } from '../../../tools/stand-in/sql/binder/table-functions';
import { StatementParser } from '../../../tools/stand-in/sql/parser/statement-parser';
import { KNOWN, SYNONYMS } from '../../../tools/stand-in/sql/type-declaration';

const FOLDER = path.resolve(__dirname, '..', '..', '..', 'tools', 'stand-in');
const source = (...files: string[]) => files.map((file) => readFileSync(path.join(FOLDER, file), 'utf8')).join('\n');
const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name);
const README = source('README.md');
const [, STATEMENTS] = /```text\n(.*?)```/s.exec(README)!;

/** Names in a row of the README's table. */
function listed(row: string): string[] {
  const line = README.split('\n').find((each) => each.startsWith(`| ${row} |`))!;
  return found(line.slice(row.length + 4), /`([^`]+)`/g);
}

const ofSchema = (schema: string) => SYSTEM_VIEWS.filter((view) => view.schema === schema).map(({ name }) => name);

test.each([
  ['Scalar functions', Object.keys(FUNCTIONS)],
  ['Functions of the catalog', Object.keys(CATALOG_FUNCTIONS)],
  ['Aggregates', [...AGGREGATES]],
  ['Window functions', [...WINDOW_FUNCTIONS]],
  ['Functions of a FROM clause', Object.keys(TABLE_FUNCTIONS)],
  ['Values of the server and the session', Object.keys(SYSTEM_VALUES)],
  ['Types', [...KNOWN]],
  ['Other names of types', Object.keys(SYNONYMS)],
  ['Views of `sys`', ofSchema('sys')],
  ['Views of `INFORMATION_SCHEMA`', ofSchema('INFORMATION_SCHEMA')],
  ['Procedures', found(source('session/procedures.ts', 'connection/rpc.ts'), /case '(sp_\w+)'/g)],
  ['Settings with an effect', found(source('session/interpreter.ts', 'session/data-runner.ts', 'session/transactions.ts', 'session/system-values.ts'),
    /(?:isOn|options\.get)\('(\w+)'/g)],
  ['Faults', found(source('faults/faults.ts'), /\{ readonly kind: '(\w+)'/g)],
])('%s: the README lists those of the code', (row, names) => {
  expect(listed(row)).toEqual([...new Set(names)].sort());
});

test('SERVERPROPERTY: the README lists those of the code', () => {
  expect(listed('`SERVERPROPERTY`').map((name) => name.toLowerCase())).toEqual([...Object.keys(SERVER_PROPERTIES), ...Object.keys(PRODUCT_PROPERTIES)].sort());
});

test('every kind of statement is shown, and runs', async () => {
  const kinds = found(/type Statement = .*/s.exec(source('sql/ast.ts'))![0], /\{ kind: ((?:'\w+'(?: \| )?)+)/g).flatMap((each) => found(each, /'(\w+)'/g));
  const shown = found(JSON.stringify(StatementParser.parse(STATEMENTS), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)), /"kind":"(\w+)"/g);
  expect(kinds.filter((kind) => !shown.includes(kind))).toEqual(['permission']);

  await withStandIn({ transactions: 10 }, async (standIn) => withPool(standIn, async (pool) => pool.request().batch(STATEMENTS), { pool: 1 }));
});
