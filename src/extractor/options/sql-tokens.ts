/** One token of Transact-SQL outside comments. Strings and quoted names are tokens of one piece. */
export interface SqlToken {
  /** In upper case. */
  readonly word: string;
  /** Parentheses that are open around it. */
  readonly depth: number;
}

/** A text of Transact-SQL in tokens, or why it cannot be told how a server would read it. */
export interface SqlTokens {
  readonly tokens: readonly SqlToken[];
  /** What is wrong, as a phrase. */
  readonly problem?: string;
}

/** What ends with the mark that follows it, which doubled stands for itself ("Constants", "Database identifiers"). */
const QUOTED = [
  { opens: '\'', text: /'[^']*(?:''[^']*)*/y, closes: '\'', name: 'a string' },
  { opens: '"', text: /"[^"]*(?:""[^"]*)*/y, closes: '"', name: 'a name in double quotes' },
  { opens: '[', text: /\[[^\]]*(?:\]\][^\]]*)*/y, closes: ']', name: 'a name in brackets' },
];

/** Identifiers have letters and decimal digits of Unicode 3.2, none of them beyond the basic plane ("Database identifiers"). */
const WORD = /(?:(?![\u{10000}-\u{10FFFF}])[\p{L}_@#])(?:(?![\u{10000}-\u{10FFFF}])[\p{L}\p{Nd}_@#$])*/uy;
const NUMBER = /0x[0-9a-f]*|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d*)?/iy;

/**
 * Splits Transact-SQL into tokens as SQL Server does. What servers and readers might read differently is a problem, not a
 * guess: so no word hides from whoever looks through the tokens.
 */
export function sqlTokens(sql: string): SqlTokens {
  const tokens: SqlToken[] = [];
  let at = 0;
  let depth = 0;
  const failed = (problem: string): SqlTokens => ({ tokens, problem });
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(sql)?.[0];
  };
  if (sql.includes('\0')) return failed('has a character NUL');
  while (at < sql.length) {
    const character = sql[at];
    const quoted = QUOTED.find(({ opens }) => opens === character);
    if (/\s/.test(character)) {
      at += 1;
    } else if (sql.startsWith('--', at)) {
      const comment = take(/--[^\n]*/y)!;
      // Whether these end the comment is not documented.
      if (/\r(?!$)|[\u0085\u2028\u2029]/.test(comment)) return failed('has a comment (--) with an end of line that is no line feed');
      at += comment.length;
    } else if (sql.startsWith('/*', at)) {
      const end = afterComment(sql, at + 2);
      if (end === undefined) return failed('has a comment (/*) that is not closed');
      at = end;
    } else if (quoted) {
      const text = take(quoted.text)!;
      if (sql[at + text.length] !== quoted.closes) return failed(`has ${quoted.name} that is not closed`);
      at += text.length + 1;
      tokens.push({ word: `${text}${quoted.closes}`.toUpperCase(), depth });
    } else if (character === '(' || character === ')') {
      if (character === ')') depth -= 1;
      if (depth < 0) return failed('closes a parenthesis that it does not open');
      tokens.push({ word: character, depth });
      if (character === '(') depth += 1;
      at += 1;
    } else {
      const number = take(NUMBER);
      const token = number ?? take(WORD) ?? String.fromCodePoint(sql.codePointAt(at)!);
      at += token.length;
      // 0xDELETE is 0xDE and LETE to the server, 1EXEC is 1E and XEC: nobody means that.
      const word = number === undefined ? undefined : take(WORD);
      if (word !== undefined) return failed(`has the number ${number} and the word ${word} without a blank between them`);
      tokens.push({ word: token.toUpperCase(), depth });
    }
  }
  return depth > 0 ? failed('opens a parenthesis that it does not close') : { tokens };
}

/** Where a comment ends whose text begins at `from`; nowhere when it is open. Comments nest ("Slash Star (Block Comment)"). */
function afterComment(sql: string, from: number): number | undefined {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  for (let depth = 1; depth > 0;) {
    const mark = marks.exec(sql);
    if (!mark) return undefined;
    depth += mark[0] === '/*' ? 1 : -1;
  }
  return marks.lastIndex;
}
