/** A piece of a statement. */
export interface SqlToken {
  readonly kind: 'word' | 'quoted' | 'string' | 'symbol';
  /** As it stands in the statement. */
  readonly text: string;
  /** Name that a word or quoted identifier stands for, in lower case, as Athena compares names. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** One piece at a time: comments, strings, quoted names, words, numbers, all else a character each. */
const PIECES = /(\s+|--[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^']|'')*')|("(?:[^"]|"")*"|`(?:[^`]|``)*`)|([\p{L}_][\p{L}\p{N}_$]*)|(\d[\w.]*)|([\s\S])/uy;

/**
 * The tokens of a statement of Athena's SQL (Trino's grammar, `SqlBase.g4`), comments and blanks left out.
 *
 * @returns why the text cannot be cut into tokens, where it cannot
 */
export function sqlTokens(sql: string): readonly SqlToken[] | string {
  const tokens: SqlToken[] = [];
  PIECES.lastIndex = 0;
  for (let from = 0; from < sql.length; from = PIECES.lastIndex) {
    const [text, blank, string, quoted, word, number] = PIECES.exec(sql)!;
    if (blank !== undefined) continue;
    const kind = string !== undefined ? 'string' : quoted !== undefined ? 'quoted' : word !== undefined ? 'word' : 'symbol';
    if (kind === 'symbol' && number === undefined && /['"`]/.test(text)) return `what begins at character ${from + 1} with ${text} does not end`;
    if (kind === 'symbol' && sql.startsWith('/*', from)) return `the comment that begins at character ${from + 1} does not end`;
    const name = kind === 'quoted' ? text.slice(1, -1).replaceAll(text[0] + text[0], text[0]).toLowerCase() : kind === 'word' ? text.toLowerCase() : '';
    tokens.push({ kind, text, name, from, to: from + text.length });
  }
  return tokens;
}
