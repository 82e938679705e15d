import * as fc from 'fast-check';
import { conditionProblem } from '../../../src/extractor/options/check-condition';
import { checkSelect } from '../../../src/extractor/options/check-select';
import { StatementParser } from '../../../tools/stand-in/sql/parser/statement-parser';

/** What tokens, quotes, comments and statements are made of, in any order. */
const FRAGMENTS = [
  '\'', '\'\'', '"', '""', '[', ']', ']]', '(', ')', ';', '--', '/*', '*/', '\n', '\r\n', ' ', ',', '=', '<', '+', '-', '*', '/', '1', '0x', '1e', '.5', 'a', 'N', '[a]',
  '\'x\'', '\';\'', '1=1', 'a = 1', ' AND ', ' OR ', ' NOT ', ' IN ', ' EXISTS ', ' SELECT ', ' UNION ', ' ALL ', ' FROM t ', ' AS ', ' WITH ', ' CASE WHEN 1=1 THEN ', ' END ',
  ' DELETE FROM t ', ' DROP TABLE t ', ' EXEC p ', ' WAITFOR DELAY \'1\' ', ' SET XACT_ABORT ON ', ' USE d ', ' PRINT 1 ', ' INTO t ', ' GO ', ' OPTION (MAXDOP 1) ', 'f(', '@x', '\\',
];
const text = fc.oneof(
  fc.array(fc.constantFrom(...FRAGMENTS), { minLength: 1, maxLength: 14 }).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom('a = 1', 'a IN (SELECT 1)', '(a = 1)', '\'(\' = "a"'), fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 6 })).map(([start, parts]) => start + parts.join('')),
);
const RUNS = { numRuns: Number(process.env.FUZZ_RUNS ?? 1_500) };

/** Parenthesis levels outside quotes and comments by a reading of our own, character by character; undefined where something stays open. */
function levels(sql: string): { readonly least: number; readonly last: number; readonly semicolons: number } | undefined {
  let [level, least, semicolons, comment] = [0, 0, 0, 0];
  let quote = '';
  for (let at = 0; at < sql.length; at += 1) {
    const two = sql.slice(at, at + 2);
    if (quote !== '') {
      if (quote === '\n' ? sql[at] === '\n' : sql[at] === quote) {
        if (quote !== '\n' && sql[at + 1] === quote) at += 1;
        else quote = '';
      }
    } else if (two === '/*' || (comment > 0 && two === '*/')) {
      comment += two === '/*' ? 1 : -1;
      at += 1;
    } else if (comment > 0) {
      continue;
    } else if (two === '--') {
      quote = '\n';
    } else if ('\'"['.includes(sql[at])) {
      quote = sql[at] === '[' ? ']' : sql[at];
    } else {
      level += sql[at] === '(' ? 1 : sql[at] === ')' ? -1 : 0;
      semicolons += sql[at] === ';' ? 1 : 0;
      least = Math.min(least, level);
    }
  }
  return quote !== '' && quote !== '\n' || comment > 0 ? undefined : { least, last: level, semicolons };
}

/** The statements that the stand-in's parser finds; undefined where it finds none of its language. */
function statements(sql: string): readonly { readonly kind: string }[] | undefined {
  try {
    return StatementParser.parse(sql);
  } catch {
    return undefined;
  }
}

test('no filter that is taken leaves its place: the parentheses around it close where they should, and one statement stays one', () => {
  let taken = 0;
  let read = 0;
  fc.assert(fc.property(text, (filter) => {
    fc.pre(conditionProblem(filter) === undefined);
    taken += 1;
    expect(levels(filter)).toEqual({ least: 0, last: 0, semicolons: 0 });
    const found = statements(`SELECT [a] FROM [t] WHERE ([a] >= 1) AND (\n${filter}\n) OPTION (MAXDOP 1)`);
    if (!found) return;
    read += 1;
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ kind: 'query' });
  }), { ...RUNS, maxSkipsPerRun: 1000 });
  expect(taken).toBeGreaterThan(100);
  expect(read).toBeGreaterThan(100);
});

test('no query that is taken is more than one statement, or other than a SELECT', () => {
  let read = 0;
  fc.assert(fc.property(text, fc.constantFrom('SELECT ', 'SELECT 1 ', 'SELECT a FROM t WHERE ', '(SELECT 1) ', 'WITH c AS (SELECT 1 AS n) SELECT n FROM c '), (rest, start) => {
    const sql = start + rest;
    try {
      checkSelect(sql);
    } catch {
      return fc.pre(false);
    }
    expect(levels(sql)).toMatchObject({ least: 0, last: 0 });
    const found = statements(sql);
    if (!found) return;
    read += 1;
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ kind: 'query' });
  }), { ...RUNS, maxSkipsPerRun: 1000 });
  expect(read).toBeGreaterThan(100);
});
