import { Expr, Statement } from '../ast';
import { SqlError } from '../errors';
import { SettingParser } from './setting-parser';

/** A batch: which statement it is, control of flow, transactions, messages. The other statements are of the parsers below. */
export class StatementParser extends SettingParser {
  /** @throws SqlError 102 or 156 at the first thing that is not T-SQL the stand-in knows */
  static parse(sql: string): Statement[] {
    return new StatementParser(sql).batch();
  }

  private batch(): Statement[] {
    const statements = this.statementsUntil(() => this.token.kind === 'end');
    return statements;
  }

  private statementsUntil(done: () => boolean): Statement[] {
    const statements: Statement[] = [];
    for (;;) {
      while (this.accept(';'));
      if (done()) {
        return statements;
      }
      statements.push(this.statement(statements.length === 0));
    }
  }

  private statement(first = false): Statement {
    const line = this.line;
    const keyword = this.token.upper;
    switch (keyword) {
      case 'SELECT':
      case 'VALUES':
        return { kind: 'query', query: this.query(), line };
      case 'WITH':
        return this.withStatement();
      case 'INSERT': return this.insert();
      case 'UPDATE': return this.update();
      case 'DELETE': return this.delete();
      case 'TRUNCATE':
        this.expect('TRUNCATE', 'TABLE');
        return { kind: 'truncate', table: this.objectName(), line };
      case 'CREATE': return this.create();
      case 'ALTER': return this.alter();
      case 'DROP': return this.drop();
      case 'GRANT':
      case 'DENY':
      case 'REVOKE': return this.permission();
      case 'SET': return this.set();
      case 'DECLARE': return this.declare();
      case 'IF': return this.ifStatement();
      case 'WHILE': {
        this.next();
        const condition = this.predicate();
        return { kind: 'while', condition, body: this.statement(), line };
      }
      case 'BREAK':
      case 'CONTINUE':
        this.next();
        return { kind: keyword === 'BREAK' ? 'break' : 'continue', line };
      case 'BEGIN': return this.begin();
      case 'COMMIT':
      case 'ROLLBACK':
      case 'SAVE': return this.endTransaction();
      case 'PRINT':
        this.next();
        return { kind: 'print', value: this.expression(), line };
      case 'RAISERROR': return this.raiserror();
      case 'THROW': return this.throwStatement();
      case 'EXEC':
      case 'EXECUTE': return this.execute();
      case 'USE':
        this.next();
        return { kind: 'use', database: this.name(), line };
      case 'WAITFOR':
        this.expect('WAITFOR', 'DELAY');
        return { kind: 'waitFor', delay: this.expression(), line };
      case 'KILL':
        this.next();
        if (this.token.kind !== 'number') {
          throw this.unexpected();
        }
        return { kind: 'kill', spid: Number(this.next().text), line };
      case 'RETURN':
        this.next();
        return { kind: 'return', value: this.token.kind === 'number' ? this.expression() : undefined, line };
      case 'CHECKPOINT':
        this.next();
        return { kind: 'nothing', line };
      default:
        if (first && (this.isName())) {
          // A batch may begin with a procedure's name alone.
          return this.procedureCall(line);
        }
        if (this.is('(')) {
          return { kind: 'query', query: this.query(), line };
        }
        throw this.unexpected();
    }
  }

  private withStatement(): Statement {
    const line = this.line;
    if (this.accept('WITH', 'CHANGE_TRACKING_CONTEXT')) {
      const context = this.parenthesised(() => this.expression());
      const statement = this.statement();
      if (statement.kind !== 'insert' && statement.kind !== 'update' && statement.kind !== 'delete') {
        throw new SqlError(22108, 'The CHANGE_TRACKING_CONTEXT WITH clause cannot be used with a SELECT statement.', { line });
      }
      return { ...statement, context };
    }
    return { kind: 'query', query: this.query(), line };
  }

  private ifStatement(): Statement {
    const line = this.line;
    this.expect('IF');
    const condition = this.predicate();
    const then = this.statement();
    while (this.is(';') && (this.peek().upper === 'ELSE')) {
      this.next();
    }
    const otherwise = this.accept('ELSE') ? this.statement() : undefined;
    return { kind: 'if', condition, then, otherwise, line };
  }

  private begin(): Statement {
    const line = this.line;
    this.expect('BEGIN');
    if (this.accept('TRAN') || this.accept('TRANSACTION')) {
      return { kind: 'transaction', action: 'begin', name: this.transactionName(), line };
    }
    if (this.accept('TRY')) {
      const body = this.statementsUntil(() => this.accept('END', 'TRY'));
      this.accept(';');
      this.expect('BEGIN', 'CATCH');
      const handler = this.statementsUntil(() => this.accept('END', 'CATCH'));
      return { kind: 'tryCatch', body, handler, line };
    }
    const statements = this.statementsUntil(() => this.accept('END'));
    return { kind: 'block', statements, line };
  }

  private endTransaction(): Statement {
    const line = this.line;
    const action = this.next().upper.toLowerCase() as 'commit' | 'rollback' | 'save';
    if (!this.accept('TRAN') && !this.accept('TRANSACTION')) {
      this.accept('WORK');
    }
    return { kind: 'transaction', action, name: this.transactionName(), line };
  }

  private transactionName(): string | undefined {
    if (this.token.kind === 'variable' || (this.isName() && !this.startsStatement())) {
      return this.next().text;
    }
    return undefined;
  }

  /** THROW is not reserved, so `COMMIT THROW` needs this. */
  private startsStatement(): boolean {
    return this.token.upper === 'THROW';
  }

  private raiserror(): Statement {
    const line = this.line;
    this.expect('RAISERROR');
    const args = this.parenthesised(() => this.list(() => this.expression()));
    let nowait = false;
    if (this.accept('WITH')) {
      this.list(() => { nowait = this.next().upper === 'NOWAIT' || nowait; });
    }
    const [message, severity, state, ...rest] = args;
    return { kind: 'raiserror', message, severity, state, args: rest, nowait, line };
  }

  private throwStatement(): Statement {
    const line = this.line;
    this.expect('THROW');
    if (this.token.kind !== 'number' && this.token.kind !== 'variable') {
      return { kind: 'throw', line };
    }
    const [number, message, state] = this.list(() => this.expression());
    return { kind: 'throw', number, message, state, line };
  }
}

/** An expression written on its own, as a computed column's or a default's is kept. */
export function parseExpression(text: string): Expr {
  const [statement] = StatementParser.parse(`SELECT ${text}`);
  const item = statement.kind === 'query' && statement.query.body.kind === 'select' ? statement.query.body.items[0] : undefined;
  if (item?.kind !== 'expr') {
    throw new SqlError(102, `Incorrect syntax near '${text}'.`, { severity: 15 });
  }
  return item.expr;
}
