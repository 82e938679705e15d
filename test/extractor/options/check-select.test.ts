import { checkSelect } from '../../../src/extractor/options/check-select';

test.each([
  'SELECT * FROM dbo.Accounts',
  '  -- DELETE\n select 1',
  "/* don't /* DROP */ INTO */ (SELECT [delete], \"update\", 'INSERT INTO it''s' FROM t)",
  ';WITH a AS (SELECT 1 AS n) SELECT n FROM a',
  'SELECT @into, #drop.x, DeletedAt, updated FROM t',
  'SELECT * FROM a INNER MERGE JOIN b ON a.i = b.i OPTION (MERGE UNION)',
])('%s: taken', (sql) => {
  expect(() => checkSelect(sql)).not.toThrow();
});

test.each<[string, string]>([
  ['DELETE FROM dbo.Accounts', 'starts with DELETE'],
  ['EXEC dbo.Report', 'starts with EXEC'],
  ['/* SELECT */', 'starts with nothing'],
  ['/* never ends', 'starts with nothing'],
  ['SELECT 1; DROP TABLE t', 'has DROP'],
  ['SELECT * INTO copy FROM t', 'has INTO'],
  ['WITH a AS (SELECT 1 AS n) delete FROM a', 'has DELETE'],
  ['SELECT 1 MERGE t USING s ON 1 = 1', 'has MERGE'],
  ["SELECT '--' UPDATE t SET n = 1", 'has UPDATE'],
  ['SELECT 1 -- /*\nTRUNCATE TABLE t', 'has TRUNCATE'],
])('%s: refused', (sql, message) => {
  expect(() => checkSelect(sql)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringContaining(message) }));
});
