import { keywordError, syntaxError } from '../errors';
import { Token, tokenize } from './lexer';

/** Words that cannot be a name or an alias unless quoted (Transact-SQL reference, "Reserved keywords"). */
const RESERVED = new Set(`ADD ALL ALTER AND ANY AS ASC AUTHORIZATION BACKUP BEGIN BETWEEN BREAK BROWSE BULK BY CASCADE CASE CHECK CHECKPOINT
CLOSE CLUSTERED COALESCE COLLATE COLUMN COMMIT COMPUTE CONSTRAINT CONTAINS CONTINUE CONVERT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME
CURRENT_TIMESTAMP CURRENT_USER CURSOR DATABASE DBCC DEALLOCATE DECLARE DEFAULT DELETE DENY DESC DISTINCT DISTRIBUTED DOUBLE DROP ELSE END
ERRLVL ESCAPE EXCEPT EXEC EXECUTE EXISTS EXIT EXTERNAL FETCH FILE FILLFACTOR FOR FOREIGN FREETEXT FROM FULL FUNCTION GOTO GRANT GROUP HAVING
HOLDLOCK IDENTITY IDENTITY_INSERT IDENTITYCOL IF IN INDEX INNER INSERT INTERSECT INTO IS JOIN KEY KILL LEFT LIKE LINENO MERGE NATIONAL NOCHECK
NONCLUSTERED NOT NULL NULLIF OF OFF OFFSETS ON OPEN OPTION OR ORDER OUTER OVER PERCENT PIVOT PLAN PRIMARY PRINT PROC PROCEDURE PUBLIC
RAISERROR READ RECONFIGURE REFERENCES REPLICATION RESTORE RESTRICT RETURN REVERT REVOKE RIGHT ROLLBACK ROWCOUNT ROWGUIDCOL RULE SAVE SCHEMA
SELECT SESSION_USER SET SETUSER SHUTDOWN SOME STATISTICS SYSTEM_USER TABLE TABLESAMPLE TEXTSIZE THEN TO TOP TRAN TRANSACTION TRIGGER TRUNCATE
TRY_CONVERT TSEQUAL UNION UNIQUE UNPIVOT UPDATE USE USER VALUES VARYING VIEW WAITFOR WHEN WHERE WHILE WITH`.split(/\s+/));

/** Looks ahead in and consumes the tokens of one batch. */
export class TokenCursor {
  protected readonly tokens: Token[];
  protected at = 0;

  constructor(protected readonly sql: string) {
    this.tokens = tokenize(sql);
  }

  protected get token(): Token {
    return this.tokens[this.at];
  }

  protected get line(): number {
    return this.token.line;
  }

  protected peek(ahead = 1): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)];
  }

  protected next(): Token {
    const token = this.token;
    if (token.kind !== 'end') {
      this.at += 1;
    }
    return token;
  }

  /** True when the coming tokens are these words or symbols. */
  protected is(...words: string[]): boolean {
    return words.every((word, index) => {
      const token = this.peek(index);
      return token.upper === word || (token.kind === 'symbol' && token.text === word);
    });
  }

  protected accept(...words: string[]): boolean {
    if (!this.is(...words)) {
      return false;
    }
    this.at += words.length;
    return true;
  }

  protected expect(...words: string[]): void {
    for (const word of words) {
      if (!this.accept(word)) {
        throw this.unexpected();
      }
    }
  }

  protected unexpected(): Error {
    const token = this.token;
    if (token.kind === 'end') {
      const last = this.tokens[this.at - 1];
      return last ? syntaxError(last.text, last.line) : syntaxError('', token.line);
    }
    return token.kind === 'word' && RESERVED.has(token.upper) ? keywordError(token.text, token.line) : syntaxError(token.text, token.line);
  }

  protected isName(token = this.token): boolean {
    return token.kind === 'quoted' || (token.kind === 'word' && !RESERVED.has(token.upper));
  }

  protected name(): string {
    if (!this.isName()) {
      throw this.unexpected();
    }
    return this.next().text;
  }

  /** Items separated by commas. */
  protected list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.accept(',')) {
      items.push(item());
    }
    return items;
  }

  protected parenthesised<T>(inner: () => T): T {
    this.expect('(');
    const result = inner();
    this.expect(')');
    return result;
  }

  /** Skips a bracketed group whose content does not matter to the stand-in, such as table hints. */
  protected skipParentheses(): void {
    this.expect('(');
    for (let depth = 1; depth > 0;) {
      const token = this.next();
      if (token.kind === 'end') {
        throw this.unexpected();
      }
      if (token.kind === 'symbol') {
        depth += token.text === '(' ? 1 : token.text === ')' ? -1 : 0;
      }
    }
  }

  /** The batch's own text from a token up to the one now reached. */
  protected textSince(start: Token): string {
    return this.sql.slice(start.start, this.tokens[this.at - 1].end);
  }
}
