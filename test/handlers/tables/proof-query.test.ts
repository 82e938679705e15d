import { ManifestColumn } from '../../../src/contract';
import { differenceOf, proofQueries } from '../../../src/handlers/tables/proof-query';

const column = (name: string, outputType: string): ManifestColumn => ({ name, ordinal: 1, sourceType: 'x', nullable: true, outputType, glueType: 'x' });
const AT = { database: 'lake', tableName: 'ledger_dbo_accounts', snapshotId: '9007199254740993001' };

test('rows and values of each column are counted, what has an exact sum is summed, floats are not', () => {
  const [query, ...others] = proofQueries(AT, {
    rows: 10,
    columns: [
      column('Id', 'INT64'), column('Small', 'INT16'), column('Is "new"', 'BOOLEAN'), column('Amount', 'DECIMAL(19,4)'), column('Rate', 'DOUBLE'),
      column('Name', 'STRING'), column('AsText', 'STRING'), column('At', 'TIMESTAMP(MICROS)'), column('At__100ns', 'INT32'),
    ],
    tallies: [
      { column: 'Id', nulls: 0, sum: '55' }, { column: 'Small', nulls: 1, sum: '-3' }, { column: 'Is "new"', nulls: 2, sum: '4' },
      { column: 'Amount', nulls: 3, sum: '123.4500' }, { column: 'Rate', nulls: 0 }, { column: 'Name', nulls: 10, bytes: '0' },
      { column: 'AsText', nulls: 0, sum: '7' }, { column: 'At', nulls: 1 },
    ],
  });
  expect(others).toEqual([]);
  expect(query.sql).toBe('SELECT count(*), count("id"), sum(CAST("id" AS decimal(38, 0))), count("small"), sum(CAST("small" AS decimal(38, 0))), '
    + 'count("is ""new"""), count_if("is ""new"""), count("amount"), sum(CAST("amount" AS decimal(38, 4))), count("rate"), count("name"), '
    + 'count("astext"), count("at") FROM "lake"."ledger_dbo_accounts" FOR VERSION AS OF 9007199254740993001');
  expect(query.expected.map(({ value }) => value)).toEqual(['10', '10', '55', '9', '-3', '8', '4', '7', '123.4500', '10', '0', '10', '9']);
});

test('many columns take several queries, each of which counts the rows too; others\' rows are left out by the files\' names', () => {
  const columns = Array.from({ length: 450 }, (_each, at) => column(`C${at}`, 'INT32'));
  const queries = proofQueries({ ...AT, folder: "s3://b/o'k/run=1/" }, { rows: 1, columns, tallies: columns.map(({ name }) => ({ column: name, nulls: 0, sum: '1' })) });
  expect(queries.map(({ expected }) => expected.length)).toEqual([401, 401, 101]);
  for (const { sql } of queries) {
    expect(sql).toMatch(/^SELECT count\(\*\), .* WHERE starts_with\("\$path", 's3:\/\/b\/o''k\/run=1\/'\)$/);
    expect(Buffer.byteLength(sql)).toBeLessThan(262_144);
  }
  expect(proofQueries(AT, { rows: 3, columns: [] })).toMatchObject([{ sql: expect.stringMatching(/^SELECT count\(\*\) FROM/), expected: [{ value: '3' }] }]);
});

test.each<[string, string | undefined, boolean]>([
  ['123.4500', '123.45', true], ['-0.5', '-.50', true], ['0', '-0.00', true], ['100', '100', true], ['100', '10', false], ['1', '-1', false],
  ['9007199254740993', '9007199254740992', false], ['7', undefined, false], ['0.10', '0.1', true], ['0.1', '0.01', false], ['1000', '1000.0', true],
])('%s of the manifest and %s of Athena: %s', (value, read, same) => {
  const difference = differenceOf({ sql: '', expected: [{ what: 'rows', value: '1' }, { what: "the sum of 'Id'", value }] }, ['1', read]);
  if (same) expect(difference).toBeUndefined();
  else expect(difference).toBe(`Athena reads the sum of 'Id' as ${read ?? 'nothing'}, the manifest says ${value}`);
});
