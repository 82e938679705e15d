import { ManifestColumn } from '../../../src/contract';
import { glueColumns, partitionColumns, unitedColumns } from '../../../src/handlers/catalog/table-columns';

const column = (name: string, glueType: string): ManifestColumn => ({ name, ordinal: 1, sourceType: `source of ${name}`, nullable: true, outputType: 'X', glueType });
const glue = (...columns: readonly [string, string][]) => columns.map(([Name, Type]) => ({ Name, Type }));

test('names are in lower case, types the manifest\'s, comments the source\'s types', () => {
  expect(glueColumns([column('Id', 'int'), column('Straße Nr.', 'decimal(19,4)')], 'parquet')).toEqual([
    { Name: 'id', Type: 'int', Comment: 'source of Id' }, { Name: 'straße nr.', Type: 'decimal(19,4)', Comment: 'source of Straße Nr.' },
  ]);
});

test('columns of CSV are strings', () => {
  expect(glueColumns([column('Id', 'int')], 'csv').map(({ Type }) => Type)).toEqual(['string']);
});

test.each([
  [['Id', 'ID'], /the column 'ID' has the name of the column 'Id'/],
  [['Run'], /the column 'Run' has the name of the partition key 'run'/],
])('columns %j clash', (names, message) => {
  expect(() => glueColumns(names.map((name) => column(name, 'int')), 'parquet'))
    .toThrow(expect.objectContaining({ code: 'CATALOG_NAME_CLASH', message: expect.stringMatching(message) }));
});

test('over runs, added columns come at the end, dropped ones stay, changed ones widen', () => {
  expect(unitedColumns(glue(['a', 'int'], ['b', 'string'], ['c', 'date']), glue(['new', 'double'], ['a', 'bigint'], ['c', 'timestamp'])))
    .toEqual(glue(['a', 'bigint'], ['b', 'string'], ['c', 'string'], ['new', 'double']));
});

test('a partition has the table\'s columns in the table\'s order, with its own type where it can be turned into the table\'s', () => {
  expect(partitionColumns(glue(['a', 'bigint'], ['b', 'string'], ['c', 'string'], ['d', 'decimal(12,2)']), glue(['d', 'int'], ['c', 'date'], ['a', 'int'])))
    .toEqual(glue(['a', 'int'], ['b', 'string'], ['c', 'string'], ['d', 'decimal(12,2)']));
});
