import { asOfSnapshots, namedTables, readStatement, type NamedSnapshot } from '../../../../src/cli/tables/query/athena-statement';

const SNAPSHOTS = new Map<string, NamedSnapshot>([
  ['bank_dbo_accounts', { table: 'bank_dbo_accounts', id: '7000000000000000001' }], ['bank_dbo_orders', { table: 'bank_dbo_orders_g1', id: '42' }],
]);
const A = '"bank_dbo_accounts" AS (SELECT * FROM "lake"."bank_dbo_accounts" FOR VERSION AS OF 7000000000000000001)';
const O = '"bank_dbo_orders" AS (SELECT * FROM "lake"."bank_dbo_orders_g1" FOR VERSION AS OF 42)';

function asOf(sql: string): string {
  const statement = readStatement(sql);
  const named = new Set(namedTables(statement, [...SNAPSHOTS.keys()]));
  return asOfSnapshots(statement, 'lake', new Map([...SNAPSHOTS].filter(([name]) => named.has(name))));
}

test.each([
  ['a plain query', 'SELECT * FROM bank_dbo_accounts', `WITH ${A} SELECT * FROM bank_dbo_accounts`],
  ['a semicolon at its end', 'SELECT * FROM bank_dbo_accounts ; ', `WITH ${A} SELECT * FROM bank_dbo_accounts`],
  ['upper case and an alias', 'select a.id from BANK_DBO_ACCOUNTS a', `WITH ${A} select a.id from BANK_DBO_ACCOUNTS a`],
  ['a quoted name', 'SELECT * FROM "bank_dbo_accounts"', `WITH ${A} SELECT * FROM "bank_dbo_accounts"`],
  ['two tables', 'SELECT * FROM bank_dbo_accounts JOIN bank_dbo_orders USING (id)', `WITH ${A}, ${O} SELECT * FROM bank_dbo_accounts JOIN bank_dbo_orders USING (id)`],
  ['the database before it, in columns too', 'SELECT lake.bank_dbo_accounts.id FROM "lake" . bank_dbo_accounts', `WITH ${A} SELECT bank_dbo_accounts.id FROM bank_dbo_accounts`],
  ['catalog and database before it', 'SELECT * FROM awsdatacatalog."lake".bank_dbo_accounts', `WITH ${A} SELECT * FROM bank_dbo_accounts`],
  ['a query of its own before it', 'WITH x AS (SELECT 1 FROM lake.bank_dbo_orders) SELECT * FROM x', `WITH ${O}, x AS (SELECT 1 FROM bank_dbo_orders) SELECT * FROM x`],
  ['a recursive one', 'WITH RECURSIVE x(n) AS (SELECT 1) SELECT * FROM x, bank_dbo_orders', `WITH RECURSIVE ${O},  x(n) AS (SELECT 1) SELECT * FROM x, bank_dbo_orders`],
  ['brackets around it', '(SELECT * FROM bank_dbo_orders)', `WITH ${O} (SELECT * FROM bank_dbo_orders)`],
])('%s is read as of snapshots', (_, sql, wanted) => {
  expect(asOf(sql).replace(/ +/g, ' ')).toBe(wanted.replace(/ +/g, ' '));
});

test.each([
  ['a string', "SELECT 'bank_dbo_accounts', 'it''s bank_dbo_accounts' FROM t"],
  ['a comment', 'SELECT 1 -- bank_dbo_accounts\n/* bank_dbo_accounts; */ FROM t'],
  ['part of a name', 'SELECT my_bank_dbo_accounts, bank_dbo_accounts2, "bank_dbo_accounts "'],
])('a name in %s is none of a table', (_, sql) => {
  expect(asOf(sql)).toBe(sql);
});

test("another database's table of the name stays that one", () => {
  expect(asOf('SELECT * FROM other.bank_dbo_accounts')).toContain('SELECT * FROM other.bank_dbo_accounts');
  expect(asOf('SELECT * FROM hive.lake.bank_dbo_accounts')).toContain('SELECT * FROM hive.lake.bank_dbo_accounts');
});

test.each([
  ['nothing', ' -- nothing\n', /it is empty/],
  ['two statements', 'SELECT 1; SELECT 2', /more than one statement/],
  ['two behind a string', "SELECT ';' ; DROP TABLE t", /more than one statement/],
  ['a change', 'DELETE FROM t', /it begins with DELETE; only SELECT, WITH, VALUES, TABLE are run/],
  ['an export', 'UNLOAD (SELECT 1) TO \'s3://x/\'', /it begins with UNLOAD/],
  ['a change behind a comment', '/* SELECT */ insert into t select 1', /it begins with insert/],
  ['a string without an end', "SELECT 'x", /what begins at character 8 with ' does not end/],
  ['a name without an end', 'SELECT "x', /with " does not end/],
  ['a comment without an end', 'SELECT 1 /* x', /the comment that begins at character 10 does not end/],
])('%s is refused', (_, sql, message) => {
  expect(() => readStatement(sql)).toThrow(message);
});

test.each(["SELECT ';'", 'SELECT ";" FROM t', 'SELECT 1 /* ; */;', 'SELECT 1 -- ;\n', "SELECT 'it''s;'", 'VALUES 1', 'TABLE t'])('%s is one statement', (sql) => {
  expect(() => readStatement(sql)).not.toThrow();
});
