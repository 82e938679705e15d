import { conditionProblem } from '../../../src/extractor/options/check-condition';

test.each([
  "[BookedOn] >= '2020-01-01'",
  'Amount > 0 OR TransactionId < 100 -- large; DELETE',
  "Memo LIKE '%;DELETE FROM t) --%' AND [Update] = 1 AND \"a;)\" IS NULL",
  'Id IN (SELECT Id FROM dbo.Open_, dbo.u WITH (NOLOCK) WHERE a = 1 GROUP BY Id UNION SELECT 2)',
  'EXISTS (SELECT 1 FROM u WHERE u.Id = t.Id ORDER BY u.Id OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY)',
  '/* a /* b */ c */ (((Id = 1)))',
  'CASE WHEN Id = 1 THEN 1 ELSE 0 END = 1 AND @@SERVERNAME = N\'a\'',
  "[a]]b;] = 'it''s;' AND BookedOn BETWEEN {d '2020-01-01'} AND GETDATE() AND $PARTITION.f(Id) = 1",
])('%s: taken', (condition) => {
  expect(conditionProblem(condition)).toBeUndefined();
});

test.each<[string, string]>([
  ['1=1; DELETE FROM dbo.Accounts', 'has DELETE, which changes something'],
  ['1=1;', 'has a semicolon'],
  ["1=1; WAITFOR DELAY '1:00'", 'has a semicolon'],
  ['1=1) OR (1=1', 'closes a parenthesis that it does not open'],
  ['1=1) SELECT (1', 'closes a parenthesis that it does not open'],
  ['(1=1', 'opens a parenthesis that it does not close'],
  ["Memo = 'a", 'has a string that is not closed'],
  ['[a = 1', 'has a name in brackets that is not closed'],
  ['1=1 /*', 'has a comment (/*) that is not closed'],
  ['1=1 /* /* */', 'has a comment (/*) that is not closed'],
  ['-- all', 'has nothing but comments'],
  ['Id IN (SELECT 1 INTO t)', 'has INTO'],
  ["Id = 1 WAITFOR DELAY '1:00'", 'has WAITFOR'],
  ['1=1 OPTION (MAXDOP 8)', 'has OPTION'],
  ['1=1\nGO\n', 'has GO'],
  ['Id >= @lower0', 'has the variable @lower0'],
  ['WHERE Id = 1', 'has WHERE outside parentheses'],
  ['1=1 UNION SELECT 1', 'has UNION outside parentheses'],
  ['1=1 ORDER BY 1', 'has ORDER outside parentheses'],
  ['1, 2', 'has a comma outside parentheses'],
  ['Id = NEXT VALUE FOR dbo.s', 'has NEXT VALUE FOR'],
  ['0xDROP TABLE t', 'without a blank'],
])('%s: refused', (condition, problem) => {
  expect(conditionProblem(condition)).toContain(problem);
});
