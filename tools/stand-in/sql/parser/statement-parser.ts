import { Assignment, Expr, ObjectName, SelectItem, Statement, TableSource } from '../ast';
import { DefinitionParser } from './definition-parser';
import { unsupported } from '../errors';

/** The statements of a batch, apart from those that define objects. */
export class StatementParser extends DefinitionParser {
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
    return { kind: 'query', query: this.query(), line };
  }

  private insert(): Statement {
    const line = this.line;
    this.expect('INSERT');
    this.accept('INTO');
    const table = this.objectName();
    this.skipTableHints();
    const columns = this.is('(') && !this.is('(', 'SELECT') ? this.parenthesised(() => this.list(() => this.name())) : undefined;
    const output = this.output();
    if (this.accept('DEFAULT', 'VALUES')) {
      return { kind: 'insert', table, columns, defaults: true, output, line };
    }
    if (this.is('EXEC') || this.is('EXECUTE')) {
      return { kind: 'insert', table, columns, exec: this.execute(), line };
    }
    if (this.accept('VALUES')) {
      const rows = this.list(() => this.parenthesised(() => this.list((): Expr | 'default' => (this.accept('DEFAULT') ? 'default' : this.expression()))));
      return { kind: 'insert', table, columns, rows, output, line };
    }
    return { kind: 'insert', table, columns, query: this.query(), output, line };
  }

  private output(): SelectItem[] | undefined {
    return this.accept('OUTPUT') ? this.selectItems() : undefined;
  }

  private update(): Statement {
    const line = this.line;
    this.expect('UPDATE');
    const top = this.top()?.count;
    const table = this.objectName();
    this.skipTableHints();
    this.expect('SET');
    const assignments = this.list((): Assignment => {
      const target = this.objectName();
      const operator = this.next();
      const column = target.parts[target.parts.length - 1];
      if (operator.text !== '=' && /^[-+*/%&|^]=$/.test(operator.text)) {
        const left: Expr = { kind: 'column', parts: [column], line: operator.line };
        return { column, value: { kind: 'arithmetic', op: operator.text[0], left, right: this.expression(), line: operator.line } };
      }
      return { column, value: this.accept('DEFAULT') ? 'default' : this.expression() };
    });
    const { from, where } = this.fromWhere();
    return { kind: 'update', table, top, assignments, from, where, line };
  }

  private delete(): Statement {
    const line = this.line;
    this.expect('DELETE');
    const top = this.top()?.count;
    this.accept('FROM');
    const table = this.objectName();
    this.skipTableHints();
    const { from, where } = this.fromWhere();
    return { kind: 'delete', table, top, from, where, line };
  }

  private fromWhere(): { from?: TableSource; where?: ReturnType<StatementParser['predicate']> } {
    const from = this.accept('FROM') ? this.tableSource() : undefined;
    const where = this.accept('WHERE') ? this.predicate() : undefined;
    this.skipQueryOptions();
    return { from, where };
  }

  private set(): Statement {
    const line = this.line;
    this.expect('SET');
    if (this.token.kind === 'variable') {
      const variable = this.next().text;
      const op = this.next().text;
      return { kind: 'setVariable', variable, op, value: this.expression(), line };
    }
    const words = [this.next().text];
    if (/^(TRANSACTION|STATISTICS|IDENTITY_INSERT)$/i.test(words[0])) {
      if (words[0].toUpperCase() === 'IDENTITY_INSERT') {
        words.push(this.objectName().parts.join('.'));
      } else if (this.accept('ISOLATION', 'LEVEL')) {
        words.push('ISOLATION', 'LEVEL');
      } else {
        words.push(this.next().text);
      }
    }
    while (this.accept(',')) {
      words.push(this.next().text);
    }
    const value = [this.next().text];
    if (value[0] === '-' || (/^(READ|REPEATABLE)$/i.test(value[0]) && this.token.kind === 'word')) {
      value.push(this.next().text);
    }
    return { kind: 'setOption', option: words.join(' ').toUpperCase(), value: value.join(value[0] === '-' ? '' : ' ').toUpperCase(), line };
  }

  private declare(): Statement {
    const line = this.line;
    this.expect('DECLARE');
    const variables = this.list(() => {
      if (this.token.kind !== 'variable') {
        throw this.unexpected();
      }
      const name = this.next().text;
      this.accept('AS');
      if (this.is('TABLE')) {
        throw unsupported('table variables', line);
      }
      const type = this.typeName(1);
      return { name, type, value: this.accept('=') ? this.expression() : undefined };
    });
    return { kind: 'declare', variables, line };
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

  private execute(): Statement {
    const line = this.line;
    this.next();
    if (this.is('(')) {
      return { kind: 'execute', text: this.parenthesised(() => this.expression()), args: [], line };
    }
    return this.procedureCall(line);
  }

  private procedureCall(line: number): Statement {
    let result: string | undefined;
    if (this.token.kind === 'variable') {
      result = this.next().text;
      this.expect('=');
    }
    const procedure: ObjectName = this.objectName();
    const args: Array<{ name?: string; value: Expr; output: boolean }> = [];
    if (this.token.kind !== 'end' && !this.is(';') && this.startsArgument()) {
      args.push(...this.list(() => {
        const name = this.token.kind === 'variable' && this.peek().text === '=' ? this.next().text : undefined;
        if (name) {
          this.next();
        }
        const value = this.argument();
        return { name, value, output: this.accept('OUTPUT') || this.accept('OUT') };
      }));
    }
    return { kind: 'execute', procedure, args, result, line };
  }

  private startsArgument(): boolean {
    return ['variable', 'string', 'nstring', 'number', 'hex'].includes(this.token.kind) || this.is('-') || this.is('NULL') || this.isName() || this.is('DEFAULT');
  }

  /** A bare word is a string there, as in `EXEC sp_help Orders`. */
  private argument(): Expr {
    if (this.accept('DEFAULT')) {
      return { kind: 'null' };
    }
    if (this.isName() && this.peek().text !== '(') {
      return { kind: 'string', value: this.objectName().parts.join('.'), unicode: true };
    }
    return this.expression();
  }
}
