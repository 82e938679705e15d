import fc from 'fast-check';
import { parseTablePattern, selectTables, splitPatterns } from '../../../../src/extractor/source/catalog/table-patterns';

const matches = (pattern: string, schema: string, table: string) => parseTablePattern(pattern).matches({ schema, table });

test.each([
  ['dbo.*', 'dbo', 'Orders', true],
  ['dbo.*', 'sales', 'Orders', false],
  ['*.Orders', 'sales', 'Orders', true],
  ['Orders', 'sales', 'Orders', true],
  ['Orders', 'sales', 'OrderLines', false],
  ['Order?', 'dbo', 'Orders', true],
  ['Order?', 'dbo', 'Order', false],
  ['DBO.orders', 'dbo', 'Orders', true],
  ['dbo.größe', 'dbo', 'GRÖSSE', false],
  ['dbo.GRÖßE', 'dbo', 'größe', true],
  ['dbo.a+b', 'dbo', 'aab', false],
  ['dbo.a+b', 'dbo', 'a+b', true],
  ['dbo.a$', 'dbo', 'a$', true],
  ['[a.b].[c]', 'a.b', 'c', true],
  ['[dbo].[*]', 'dbo', 'Orders', false],
  ['[dbo].[*]', 'dbo', '*', true],
  ['"dbo"."what?"', 'dbo', 'what?', true],
  ['"dbo"."what?"', 'dbo', 'whats', false],
  ['[od]]d].x', 'od]d', 'x', true],
  ['"say ""hi"""', 'dbo', 'say "hi"', true],
  ['dbo.Order Lines', 'dbo', 'Order Lines', true],
  ['dbo.*Lines', 'dbo', 'Order\nLines', true],
])('%s on %s.%s: %s', (pattern, schema, table, expected) => {
  expect(matches(pattern, schema, table)).toBe(expected);
});

test.each(['', '.', 'dbo.', '.x', 'a.b.c', '[a', 'a]b', 'dbo."x'])('%j is refused', (pattern) => {
  expect(() => parseTablePattern(pattern)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
});

test('a name in brackets matches itself, whatever its characters', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => text.trim() === text);
  fc.assert(fc.property(name, name, (schema, table) => {
    const quote = (text: string) => `[${text.replaceAll(']', ']]')}]`;
    expect(matches(`${quote(schema)}.${quote(table)}`, schema, table)).toBe(true);
  }));
});

test('splitPatterns leaves commas in quotes alone', () => {
  expect(splitPatterns('dbo.*, [a,b].c ,"d,e",')).toEqual(['dbo.*', '[a,b].c', '"d,e"']);
});

describe('selectTables', () => {
  const tables = ['dbo.Accounts', 'dbo.Customers', 'dbo.Transactions', 'audit.Log'].map((name) => {
    const [schema, table] = name.split('.');
    return { schema, table };
  });
  const names = (include?: string[], exclude?: string[]) => selectTables(tables, include, exclude).map(({ schema, table }) => `${schema}.${table}`);

  test('takes all tables without patterns', () => {
    expect(names()).toHaveLength(4);
  });

  test('takes what is included and not excluded, in the given order', () => {
    expect(names(['dbo.*', 'Log'], ['dbo.C*'])).toEqual(['dbo.Accounts', 'dbo.Transactions', 'audit.Log']);
  });

  test('a pattern that matches nothing fails although others match, and names the nearest tables', () => {
    expect(() => names(['dbo.Accounts', 'dbo.Transaction'])).toThrow(expect.objectContaining({
      code: 'NO_TABLE_MATCHED', message: expect.stringContaining("'dbo.Transaction'; did you mean 'dbo.Transactions'?"),
    }));
    expect(() => names(['zzzzzzzzzzzzzzzzzzzzzzz'])).toThrow('the login sees dbo.Accounts, dbo.Customers');
  });

  test('fails when nothing is left or nothing is there', () => {
    expect(() => names(['dbo.*'], ['dbo.*'])).toThrow(expect.objectContaining({ code: 'NO_TABLE_MATCHED' }));
    expect(() => selectTables([], undefined)).toThrow(expect.objectContaining({ code: 'NO_TABLE_MATCHED' }));
  });
});
