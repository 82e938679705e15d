import { sqlTokens, type SqlToken } from './sql-tokens';
import { beginningWord, changingWord } from './statement-words';
import { invalid } from './validate-value';

/** Between two SELECTs they make one statement of them. */
const COMBINING = new Set(['UNION', 'EXCEPT', 'INTERSECT']);

/** Reserved words and operators that an operand follows; behind another token a SELECT in parentheses begins a statement. */
const BEFORE_OPERAND = new Set([
  ',', '=', '<', '>', '+', '-', '*', '/', '%', '&', '|', '^', '~', '!', 'ALL', 'AND', 'ANY', 'APPLY', 'AS', 'BETWEEN', 'BY', 'CASE', 'DISTINCT', 'ELSE',
  'EXCEPT', 'EXISTS', 'FIRST', 'FROM', 'HAVING', 'IN', 'INTERSECT', 'JOIN', 'LIKE', 'NEXT', 'NOT', 'OFFSET', 'ON', 'OR', 'SELECT', 'SOME', 'THEN', 'TOP', 'UNION', 'USING',
  'WHEN', 'WHERE',
]);

/**
 * Refuses what is not one SELECT, so that a slip neither changes the source nor is passed over. It is no guard against intent
 * (OPENQUERY sends any text to another server): what the login may do is for the server to say.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export function checkSelect(sql: string): void {
  const { tokens: all, problem } = sqlTokens(sql);
  if (problem !== undefined) throw invalid(`query.sql must be one SELECT, but it ${problem}`);
  const begin = all.findIndex(({ word }) => word !== ';');
  const tokens = begin < 0 ? [] : all.slice(begin);
  const first = tokens.find(({ word }) => word !== '(')?.word ?? 'nothing';
  if (first !== 'SELECT' && first !== 'WITH') throw invalid(`query.sql must be one SELECT, which WITH may come before, but it starts with ${first}`);
  const changing = changingWord(tokens);
  if (changing !== undefined) throw invalid(`query.sql must be one SELECT that changes nothing, but it has ${changing}; ${quotesAdvice(changing)}`);
  const end = tokens.findIndex(({ word }) => word === ';');
  const behind = end < 0 ? undefined : tokens.slice(end).find(({ word }) => word !== ';');
  if (behind) throw invalid(`query.sql must be one SELECT and nothing else, but behind its semicolon it goes on with ${behind.word}`);
  const beginning = beginningWord(tokens);
  if (beginning !== undefined) {
    throw invalid(`query.sql must be one SELECT and nothing else, but it has ${beginning}, which begins a statement; ${quotesAdvice(beginning)}`);
  }
  if (hasSecondSelect(tokens)) throw invalid('query.sql must be one SELECT and nothing else, but a second SELECT begins in it; UNION ALL joins two');
}

/** Whether a second SELECT begins behind the first: semicolons between statements may be left out. */
function hasSecondSelect(tokens: readonly SqlToken[]): boolean {
  const words = tokens.map(({ word }) => word);
  let begun = false;
  return tokens.some(({ word, depth }, at) => {
    if (word !== 'SELECT') return false;
    let before = at - 1;
    while (words[before] === '(') before -= 1;
    if (depth > 0 && tokens[before + 1].depth > 0) return false;
    // WITH a AS (…) SELECT …, which may stand in parentheses, as any first SELECT may.
    const isFirst = !begun && (before < 0 || words[before] === ')');
    if (isFirst || depth === 0) {
      const second = begun && !COMBINING.has(words[before] === 'ALL' ? words[before - 1] : words[before]);
      begun = true;
      return second;
    }
    // An operand, or a function's argument: ISNULL((SELECT …), 0).
    return !BEFORE_OPERAND.has(words[before]) && !(at - before > 2 && /^[\p{L}_@#[" ]/u.test(words[before]));
  });
}

function quotesAdvice(word: string): string {
  return `a name that is spelled so needs quotes: [${word.toLowerCase()}]`;
}
