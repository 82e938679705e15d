import type { SqlToken } from './sql-tokens';

// All are reserved ("Reserved Keywords (Transact-SQL)"): a name that is spelled so needs quotes wherever it stands.

/** Of statements that change something. */
const CHANGING = new Set([
  'ALTER', 'BACKUP', 'CREATE', 'DBCC', 'DELETE', 'DENY', 'DROP', 'EXEC', 'EXECUTE', 'GRANT', 'INSERT', 'INTO', 'KILL', 'MERGE', 'RECONFIGURE', 'RESTORE',
  'REVOKE', 'SHUTDOWN', 'TRIGGER', 'TRUNCATE', 'UPDATE', 'UPDATETEXT', 'WRITETEXT',
]);

/** They begin other statements, and are no part of a SELECT. */
const BEGINNING = new Set([
  'ADD', 'BEGIN', 'BREAK', 'CHECKPOINT', 'CLOSE', 'COMMIT', 'CONTINUE', 'DEALLOCATE', 'DECLARE', 'DISK', 'DUMP', 'ERRLVL', 'EXIT', 'GOTO', 'IF', 'LOAD', 'OPEN',
  'PRINT', 'RAISERROR', 'READTEXT', 'RETURN', 'REVERT', 'ROLLBACK', 'SAVE', 'SET', 'SETUSER', 'WAITFOR', 'WHILE',
]);

/** They begin statements too, but within parentheses they are hints or functions: OPTION (USE HINT …), OPENROWSET(BULK …). */
const BEGINNING_OUTSIDE = new Set(['BULK', 'USE']);

/** ODBC's escapes that are values; `{call …}` is none. */
const ESCAPES = new Set(['FN', 'D', 'T', 'TS', 'GUID', 'OJ']);

/** The first word of a statement that changes something, or of what changes something within a SELECT. */
export function changingWord(tokens: readonly SqlToken[]): string | undefined {
  const words = tokens.map(({ word }) => word);
  const found = words.find((word, at) => {
    // MERGE JOIN and MERGE UNION are hints.
    if (word === 'MERGE') return !['JOIN', 'UNION'].includes(words[at + 1]);
    return CHANGING.has(word) || word === '{' && !ESCAPES.has(words[at + 1]) || isNextValue(words, at);
  });
  return found === '{' ? `{${words[words.indexOf('{') + 1] ?? ''}` : found === 'NEXT' ? 'NEXT VALUE FOR' : found;
}

/** The first word that begins another statement. */
export function beginningWord(tokens: readonly SqlToken[]): string | undefined {
  const words = tokens.map(({ word }) => word);
  return tokens.find(({ word, depth }, at) => {
    // OFFSET … ROWS FETCH NEXT … ROWS ONLY
    if (word === 'FETCH') return !(['ROW', 'ROWS'].includes(words[at - 1]) && ['NEXT', 'FIRST'].includes(words[at + 1]));
    if (word === 'END') return words[at + 1] === 'CONVERSATION';
    return BEGINNING.has(word) || BEGINNING_OUTSIDE.has(word) && depth === 0;
  })?.word;
}

/** It moves a sequence on. */
function isNextValue(words: readonly string[], at: number): boolean {
  return words[at] === 'NEXT' && words[at + 1] === 'VALUE' && words[at + 2] === 'FOR';
}
