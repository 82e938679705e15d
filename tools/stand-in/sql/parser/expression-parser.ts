import { Expr, OrderItem, Predicate, Query, Window } from '../ast';
import { TypeParser } from './type-parser';
import { SqlType } from '../types';

/** Functions written without parentheses. */
const NILADIC = new Set(['CURRENT_TIMESTAMP', 'CURRENT_USER', 'SESSION_USER', 'SYSTEM_USER', 'USER']);
/** Reserved words that are nevertheless called like functions. */
const CALLABLE = new Set(['COALESCE', 'NULLIF', 'LEFT', 'RIGHT', 'CONVERT', 'TRY_CONVERT', 'IDENTITY']);

/** Expressions; the queries and conditions within them are of the parsers that extend this one. */
export abstract class ExpressionParser extends TypeParser {
  protected abstract query(): Query;
  protected abstract predicate(): Predicate;

  protected expression(): Expr {
    return this.bitwise();
  }

  protected orderItems(): OrderItem[] {
    return this.list(() => {
      const expr = this.expression();
      const descending = this.accept('DESC');
      if (!descending) {
        this.accept('ASC');
      }
      return { expr, descending };
    });
  }

  private bitwise(): Expr {
    return this.binary(['&', '|', '^'], () => this.additive());
  }

  private additive(): Expr {
    return this.binary(['+', '-'], () => this.multiplicative());
  }

  private multiplicative(): Expr {
    return this.binary(['*', '/', '%'], () => this.unary());
  }

  private binary(operators: string[], operand: () => Expr): Expr {
    let left = operand();
    while (this.token.kind === 'symbol' && operators.includes(this.token.text)) {
      const { text: op, line } = this.next();
      left = { kind: 'arithmetic', op, left, right: operand(), line };
    }
    return left;
  }

  private unary(): Expr {
    const line = this.line;
    for (const op of ['-', '+', '~'] as const) {
      if (this.accept(op)) {
        const operand = this.unary();
        return op === '-' && operand.kind === 'number' && !operand.text.startsWith('-')
          ? { ...operand, text: '-' + operand.text }
          : { kind: 'unary', op, operand, line };
      }
    }
    return this.postfix(this.primary());
  }

  private postfix(operand: Expr): Expr {
    let result = operand;
    for (;;) {
      if (this.accept('COLLATE')) {
        result = { kind: 'collate', operand: result, collation: this.name() };
      } else if (result.kind !== 'column' && this.is('.') && this.peek(2).text === '(') {
        this.next();
        const line = this.line;
        const name = this.next().text;
        result = { kind: 'method', operand: result, name, args: this.args(), line };
      } else {
        return result;
      }
    }
  }

  private primary(): Expr {
    const token = this.token;
    const line = token.line;
    switch (token.kind) {
      case 'number':
        this.next();
        return { kind: 'number', text: token.text, line };
      case 'string':
      case 'nstring':
        this.next();
        return { kind: 'string', value: token.text, unicode: token.kind === 'nstring' };
      case 'hex':
        this.next();
        return { kind: 'binary', hex: token.text };
      case 'variable':
        this.next();
        return { kind: 'variable', name: token.text, line };
      default:
    }
    if (this.accept('{')) {
      return this.escapeClause();
    }
    if (this.is('(')) {
      return this.parenthesised((): Expr => (this.is('SELECT') || this.is('WITH')
        ? { kind: 'subquery', query: this.query(), line }
        : this.expression()));
    }
    if (this.accept('NULL')) {
      return { kind: 'null' };
    }
    if (this.accept('CASE')) {
      return this.caseExpression(line);
    }
    if (NILADIC.has(token.upper) && !this.isCall()) {
      this.next();
      return { kind: 'call', name: token.upper, args: [], star: false, distinct: false, line };
    }
    if (CALLABLE.has(token.upper) || this.isName()) {
      return this.isCall() ? this.call() : this.columnOrCall();
    }
    throw this.unexpected();
  }

  /** ODBC escapes: {fn f(...)}, {d '...'}, {t '...'}, {ts '...'} and {guid '...'}. */
  private escapeClause(): Expr {
    const kind = this.next().upper;
    const inner = kind === 'FN' ? this.expression() : this.primary();
    this.expect('}');
    const types: Record<string, SqlType> = { D: { name: 'date' }, T: { name: 'time', scale: 7 }, TS: { name: 'datetime' }, GUID: { name: 'uniqueidentifier' } };
    return types[kind] ? { kind: 'cast', operand: inner, type: types[kind], tolerant: false, line: this.line } : inner;
  }

  private isCall(): boolean {
    return this.peek().kind === 'symbol' && this.peek().text === '(';
  }

  private columnOrCall(): Expr {
    const line = this.line;
    const parts = [this.name()];
    while (this.is('.') && this.peek().text !== '*') {
      this.next();
      if (this.is('.')) {
        parts.push('');
        continue;
      }
      if (this.token.kind !== 'word' && this.token.kind !== 'quoted') {
        throw this.unexpected();
      }
      if (this.isCall()) {
        return this.qualifiedCall(parts, line);
      }
      parts.push(this.next().text);
    }
    return { kind: 'column', parts, line };
  }

  /** `sys.fn_x(...)` is a function of a schema, `column.value(...)` a method of an xml or CLR value. */
  private qualifiedCall(parts: string[], line: number): Expr {
    if (['sys', 'dbo'].includes(parts[0].toLowerCase())) {
      return this.call();
    }
    const name = this.next().text;
    return { kind: 'method', operand: { kind: 'column', parts, line }, name, args: this.args(), line };
  }

  private call(): Expr {
    const { text, upper, line } = this.next();
    const name = upper || text.toUpperCase();
    if (name === 'CAST' || name === 'TRY_CAST') {
      return this.parenthesised(() => {
        const operand = this.expression();
        this.expect('AS');
        return { kind: 'cast', operand, type: this.typeName(30), tolerant: name === 'TRY_CAST', line };
      });
    }
    if (name === 'CONVERT' || name === 'TRY_CONVERT') {
      return this.parenthesised(() => {
        const type = this.typeName(30);
        this.expect(',');
        const operand = this.expression();
        const style = this.accept(',') ? this.expression() : undefined;
        return { kind: 'cast', operand, type, style, tolerant: name === 'TRY_CONVERT', line };
      });
    }
    if (name === 'IIF') {
      return this.parenthesised(() => {
        const condition = this.predicate();
        this.expect(',');
        const then = this.expression();
        this.expect(',');
        return { kind: 'iif', condition, then, otherwise: this.expression(), line };
      });
    }
    this.expect('(');
    const distinct = this.accept('DISTINCT');
    const star = this.accept('*');
    const args = star || this.is(')') ? [] : this.list(() => this.expression());
    this.expect(')');
    let withinGroup: OrderItem[] | undefined;
    if (this.accept('WITHIN', 'GROUP')) {
      withinGroup = this.parenthesised(() => {
        this.expect('ORDER', 'BY');
        return this.orderItems();
      });
    }
    const over = this.accept('OVER') ? this.parenthesised(() => this.window()) : undefined;
    return { kind: 'call', name, args, star, distinct, over, withinGroup, line };
  }

  private args(): Expr[] {
    return this.parenthesised(() => (this.is(')') ? [] : this.list(() => this.expression())));
  }

  private window(): Window {
    const partitionBy = this.accept('PARTITION', 'BY') ? this.list(() => this.expression()) : [];
    const orderBy = this.accept('ORDER', 'BY') ? this.orderItems() : [];
    if (!this.is('ROWS') && !this.is('RANGE')) {
      return { partitionBy, orderBy };
    }
    const start = this.token;
    while (!this.is(')') && this.token.kind !== 'end') {
      this.next();
    }
    return { partitionBy, orderBy, frame: this.textSince(start) };
  }

  private caseExpression(line: number): Expr {
    const subject = this.is('WHEN') ? undefined : this.expression();
    const branches: Array<{ when: Expr | Predicate; then: Expr }> = [];
    while (this.accept('WHEN')) {
      const when = subject ? this.expression() : this.predicate();
      this.expect('THEN');
      branches.push({ when, then: this.expression() });
    }
    const otherwise = this.accept('ELSE') ? this.expression() : undefined;
    this.expect('END');
    return { kind: 'case', subject, branches, otherwise, line };
  }
}
