import { sqlTokens } from './sql-tokens';
import { beginningWord, changingWord } from './statement-words';

/** They begin clauses of a statement, and stand in a condition only within parentheses. */
const CLAUSES = new Set([
  'COMPUTE', 'EXCEPT', 'FOR', 'FROM', 'GROUP', 'HAVING', 'INTERSECT', 'ORDER', 'SELECT', 'UNION', 'VALUES', 'WHERE', 'WITH',
]);

/**
 * Why a text is not one condition and nothing else, as a phrase; undefined when it is. A condition that this lets pass leaves the
 * statement that it stands in, between parentheses on lines of its own, one statement.
 */
export function conditionProblem(sql: string): string | undefined {
  const { tokens, problem } = sqlTokens(sql);
  if (problem !== undefined) return `it ${problem}`;
  if (tokens.length === 0) return 'it has nothing but comments';
  const changing = changingWord(tokens);
  if (changing !== undefined) return `it has ${changing}, which changes something; a name that is spelled so needs quotes`;
  if (tokens.some(({ word }) => word === ';')) return 'it has a semicolon, which ends a statement';
  const other = beginningWord(tokens) ?? tokens.find(({ word }) => word === 'OPTION' || word === 'GO')?.word;
  if (other !== undefined) return `it has ${other}, which is no part of a condition; a name that is spelled so needs quotes`;
  // Those there are name the bounds of chunks: rows would be missing without a word.
  const variable = tokens.find(({ word }) => /^@(?!@)/.test(word));
  if (variable) return `it has the variable ${variable.word.toLowerCase()}, and no variable can be given; write the value`;
  const clause = tokens.find(({ word, depth }) => depth === 0 && (CLAUSES.has(word) || word === ','));
  return clause && `it has ${clause.word === ',' ? 'a comma' : clause.word} outside parentheses; write what would follow WHERE, without it`;
}
