import { type Figure, figuresOf, isEqual } from '../../../../tools/demo/trino/figures';
import { requireTrino } from '../../../../tools/demo/trino/require-trino';
import type { SourceTable } from '../../../../tools/demo/trino/source-figures';
import { compareTables } from '../../../../tools/demo/trino/trino-figures';

const what = (type: string) => figuresOf({ name: 'c', type, scale: 2 }).map((figure) => figure.what);

test('every number has a sum and bounds, every time stamp its microseconds', () => {
  for (const type of ['tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'money', 'smallmoney', 'real', 'float']) {
    expect([type, what(type)]).toEqual([type, ['values', 'sum', 'min', 'max']]);
  }
  for (const type of ['smalldatetime', 'datetime', 'datetime2', 'datetimeoffset']) expect([type, what(type)]).toEqual([type, ['values', 'min', 'max', 'microseconds']]);
  expect(what('date')).toEqual(['values', 'min', 'max']);
  expect(what('varbinary')).toEqual(['values', 'bytes']);
  expect(what('nvarchar')).toEqual(['values']);
});

test('names are quoted as each side has it', () => {
  expect(figuresOf({ name: 'Unit ]"Price', type: 'bit', scale: 0 })[1]).toMatchObject({
    source: 'CONVERT(varchar(60), SUM(CAST([Unit ]]"Price] AS bigint)))', trino: 'sum(CAST("unit ]""price" AS bigint))',
  });
});

test('only sums of floats may differ, and by what the order of addition makes', () => {
  const [, sum, least] = figuresOf({ name: 'c', type: 'float', scale: 0 });
  expect([isEqual(sum, '0.30000000000000004', '0.3'), isEqual(sum, '0.3', '0.31'), isEqual(sum, null, '0')]).toEqual([true, false, false]);
  expect([isEqual(least, '0.1', '0.1'), isEqual(least, '0.30000000000000004', '0.3'), isEqual(least, null, null)]).toEqual([true, false, true]);
});

describe('comparing a table', () => {
  const figures: readonly Figure[] = [{ column: 'Amount', what: 'sum', source: '', trino: 'sum("amount")' }];
  const source: readonly SourceTable[] = [{ dataset: 'D/dbo/T', name: 'dbo.T', rows: '3', figures, answers: ['6.00'] }];
  const trino = (row: readonly string[]) => {
    const asked: string[] = [];
    return { asked, query: async (sql: string) => { asked.push(sql); return { names: [], types: [], rows: [row] }; } };
  };

  test('what is equal has no differences; the tag names the version', async () => {
    const session = trino(['3', '6.00']);
    expect(await compareTables(session, source, { database: 'lake', names: new Map([['D/dbo/T', 'd_dbo_t']]), tag: 'run-1' }))
      .toEqual([{ table: 'dbo.T', rows: '3', figures: 1, differences: [] }]);
    expect(session.asked).toEqual(['SELECT count(*), sum("amount") FROM "glue"."lake"."d_dbo_t" FOR VERSION AS OF \'run-1\'']);
  });

  test('rows, figures and tables that differ are told', async () => {
    expect(await compareTables(trino(['2', '5.00']), source, { database: 'lake', names: new Map([['D/dbo/T', 'd_dbo_t']]) }))
      .toMatchObject([{ differences: ['2 rows, in the source 3', 'sum of Amount is 5.00, in the source 6.00'] }]);
    expect(await compareTables(trino([]), source, { database: 'lake', names: new Map() })).toMatchObject([{ differences: ['the catalog has no table of it'] }]);
  });
});

test('what is missing of Trino is said', () => {
  expect(() => requireTrino(undefined)).not.toThrow();
  expect(() => requireTrino('no Java 24 or newer')).toThrow('--trino needs Trino, which is not here: no Java 24 or newer; ');
});
