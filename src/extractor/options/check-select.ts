import { invalid } from './validate-value';

/** One token of Transact-SQL; strings and quoted names are tokens of one piece. */
const TOKEN = /--[^\n]*|\/\*|'(?:[^']|'')*'|"(?:[^"]|"")*"|\[(?:[^\]]|\]\])*\]|[\p{L}_@#][\p{L}\p{N}_@#$]*|\S/gu;

/** Reserved words of statements that change something; a SELECT has them in quotes or not at all. */
const CHANGING = new Set([
  'ALTER', 'BACKUP', 'CREATE', 'DBCC', 'DELETE', 'DENY', 'DROP', 'EXEC', 'EXECUTE', 'GRANT', 'INSERT', 'INTO', 'KILL', 'MERGE', 'RECONFIGURE', 'RESTORE',
  'REVOKE', 'SHUTDOWN', 'TRUNCATE', 'UPDATE', 'UPDATETEXT', 'WRITETEXT',
]);

/**
 * Refuses what is not a SELECT, so that a slip does not change the source. It is no guard against intent: what the login
 * may do is for the server to say.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export function checkSelect(sql: string): void {
  const words = wordsOf(sql);
  const first = words.find((word) => word !== '(' && word !== ';') ?? 'nothing';
  if (first !== 'SELECT' && first !== 'WITH') throw invalid(`query.sql must be one SELECT, which WITH may come before, but it starts with ${first}`);
  // MERGE JOIN and MERGE UNION are hints.
  const changing = words.find((word, at) => CHANGING.has(word) && !(word === 'MERGE' && ['JOIN', 'UNION'].includes(words[at + 1])));
  if (changing !== undefined) {
    throw invalid(`query.sql must be one SELECT that changes nothing, but it has ${changing}; a name that is spelled so needs quotes: [${changing.toLowerCase()}]`);
  }
}

/** The tokens outside comments, in upper case. */
function wordsOf(sql: string): string[] {
  const words: string[] = [];
  const tokens = new RegExp(TOKEN);
  for (let match = tokens.exec(sql); match; match = tokens.exec(sql)) {
    const [token] = match;
    if (token === '/*') tokens.lastIndex = afterComment(sql, tokens.lastIndex);
    else if (!token.startsWith('--')) words.push(token.toUpperCase());
  }
  return words;
}

/** Where a comment ends whose text begins at `from`. Comments nest, as they do on the server. */
function afterComment(sql: string, from: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  for (let depth = 1; depth > 0;) {
    const mark = marks.exec(sql);
    if (!mark) return sql.length;
    depth += mark[0] === '/*' ? 1 : -1;
  }
  return marks.lastIndex;
}
