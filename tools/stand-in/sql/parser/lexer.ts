import { SqlError, syntaxError } from '../errors';

export type TokenKind = 'word' | 'quoted' | 'string' | 'nstring' | 'number' | 'hex' | 'variable' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Identifier without its quotes, string without its quotes, otherwise as written. */
  readonly text: string;
  /** Upper-case text of a word; empty for anything else, so that a quoted name is never a keyword. */
  readonly upper: string;
  /** Line of the batch, from 1. */
  readonly line: number;
  /** Offsets in the batch. */
  readonly start: number;
  readonly end: number;
}

const SYMBOLS = ['<>', '!=', '<=', '>=', '!<', '!>', '+=', '-=', '*=', '/=', '%=', '&=', '^=', '|=', '::'];
const WORD_START = /[\p{L}_#]/u;
const WORD_PART = /[\p{L}\p{N}_#$@]/u;

/** Splits a batch into tokens; comments and white space are dropped. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;

  const add = (kind: TokenKind, text: string, start: number) => {
    tokens.push({ kind, text, upper: kind === 'word' ? text.toUpperCase() : '', line, start, end: at });
    for (let index = start; index < at; index++) {
      if (sql[index] === '\n') {
        line += 1;
      }
    }
  };

  /** Reads to the closing quote; a doubled one stands for itself. */
  const quoted = (close: string, start: number): string => {
    let text = '';
    for (;;) {
      const next = sql.indexOf(close, at);
      if (next < 0) {
        throw new SqlError(105, `Unclosed quotation mark after the character string '${sql.slice(start + 1)}'.`, { severity: 15, line });
      }
      text += sql.slice(at, next);
      at = next + 1;
      if (sql[at] !== close) {
        return text;
      }
      text += close;
      at += 1;
    }
  };

  while (at < sql.length) {
    const start = at;
    const char = sql[at];
    if (char === '\n') {
      line += 1;
      at += 1;
    } else if (/\s|\u0000/.test(char)) {
      at += 1;
    } else if (sql.startsWith('--', at)) {
      const end = sql.indexOf('\n', at);
      at = end < 0 ? sql.length : end;
    } else if (sql.startsWith('/*', at)) {
      let depth = 0;
      do {
        if (sql.startsWith('/*', at)) {
          depth += 1;
          at += 2;
        } else if (sql.startsWith('*/', at)) {
          depth -= 1;
          at += 2;
        } else {
          line += sql[at] === '\n' ? 1 : 0;
          at += 1;
        }
      } while (depth > 0 && at < sql.length);
      if (depth > 0) {
        throw new SqlError(113, "Missing end comment mark '*/'.", { severity: 15, line });
      }
    } else if (char === "'" || ((char === 'N' || char === 'n') && sql[at + 1] === "'")) {
      const unicode = char !== "'";
      at += unicode ? 2 : 1;
      add(unicode ? 'nstring' : 'string', quoted("'", unicode ? start + 1 : start), start);
    } else if (char === '[' || char === '"') {
      at += 1;
      add('quoted', quoted(char === '[' ? ']' : '"', start), start);
    } else if (char === '0' && /[xX]/.test(sql[at + 1] ?? '')) {
      at += 2;
      while (/[0-9a-fA-F]/.test(sql[at] ?? '')) {
        at += 1;
      }
      add('hex', sql.slice(start + 2, at), start);
    } else if (/[0-9]/.test(char) || (char === '.' && /[0-9]/.test(sql[at + 1] ?? ''))) {
      const match = /^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/.exec(sql.slice(at, at + 100))!;
      at += match[0].length;
      add('number', match[0], start);
    } else if (char === '$' && /[0-9]/.test(sql[at + 1] ?? '')) {
      at += 1 + /^\d+(\.\d*)?/.exec(sql.slice(at + 1, at + 40))![0].length;
      add('number', sql.slice(start, at), start);
    } else if (char === '@') {
      at += 1;
      while (WORD_PART.test(sql[at] ?? '')) {
        at += 1;
      }
      add('variable', sql.slice(start, at), start);
    } else if (WORD_START.test(char) || /^\$(PARTITION|node_id|edge_id|from_id|to_id)\b/i.test(sql.slice(at, at + 12))) {
      at += 1;
      while (WORD_PART.test(sql[at] ?? '')) {
        at += 1;
      }
      add('word', sql.slice(start, at), start);
    } else {
      const symbol = SYMBOLS.find((candidate) => sql.startsWith(candidate, at)) ?? char;
      if (!/[-+*/%&|^~=<>!(),.;:{}?]/.test(symbol[0])) {
        throw syntaxError(symbol, line);
      }
      at += symbol.length;
      add('symbol', symbol, start);
    }
  }
  tokens.push({ kind: 'end', text: '', upper: '', line, start: at, end: at });
  return tokens;
}
