import { CommonTable, Expr, Query, QueryBody, Select, SelectItem, SetOperation } from '../ast';
import { TableSourceParser } from './table-source-parser';

/** SELECT and everything below it. */
export abstract class QueryParser extends TableSourceParser {
  protected query(): Query {
    const common = this.accept('WITH') ? this.list(() => this.commonTable()) : [];
    const body = this.union();
    const orderBy = this.accept('ORDER', 'BY') ? this.orderItems() : [];
    let offset: Expr | undefined;
    let fetch: Expr | undefined;
    if (this.accept('OFFSET')) {
      offset = this.expression();
      this.acceptRows();
      if (this.accept('FETCH')) {
        this.next();
        fetch = this.expression();
        this.acceptRows();
        this.expect('ONLY');
      }
    }
    this.skipQueryOptions();
    return { with: common, body, orderBy, offset, fetch };
  }

  protected top(): Select['top'] {
    if (!this.accept('TOP')) {
      return undefined;
    }
    const line = this.line;
    const count: Expr = this.is('(')
      ? this.parenthesised(() => this.expression())
      : { kind: 'number', text: this.next().text, line };
    const percent = this.accept('PERCENT');
    this.accept('WITH', 'TIES');
    return { count, percent };
  }

  protected selectItems(): SelectItem[] {
    return this.list(() => this.selectItem());
  }

  protected skipQueryOptions(): void {
    if (this.is('OPTION', '(')) {
      this.next();
      this.skipParentheses();
    }
    if (this.is('FOR', 'BROWSE')) {
      this.at += 2;
    }
  }

  private acceptRows(): void {
    if (!this.accept('ROWS')) {
      this.expect('ROW');
    }
  }

  private commonTable(): CommonTable {
    const name = this.name();
    const columns = this.is('(') ? this.parenthesised(() => this.list(() => this.name())) : undefined;
    this.expect('AS');
    return { name, columns, query: this.parenthesised(() => this.query()) };
  }

  private union(): QueryBody {
    let left = this.intersect();
    while (this.is('UNION') || this.is('EXCEPT')) {
      const line = this.line;
      const word = this.next().upper;
      const op: SetOperation['op'] = word === 'EXCEPT' ? 'EXCEPT' : this.accept('ALL') ? 'UNION ALL' : 'UNION';
      left = { kind: 'set', op, left, right: this.intersect(), line };
    }
    return left;
  }

  private intersect(): QueryBody {
    let left = this.queryTerm();
    while (this.is('INTERSECT')) {
      const line = this.line;
      this.next();
      left = { kind: 'set', op: 'INTERSECT', left, right: this.queryTerm(), line };
    }
    return left;
  }

  private queryTerm(): QueryBody {
    const line = this.line;
    if (this.is('(')) {
      return this.parenthesised(() => this.union());
    }
    if (this.accept('VALUES')) {
      return { kind: 'values', rows: this.list(() => this.parenthesised(() => this.list(() => this.expression()))), line };
    }
    this.expect('SELECT');
    const distinct = this.accept('DISTINCT');
    if (!distinct) {
      this.accept('ALL');
    }
    const top = this.top();
    const items = this.selectItems();
    const into = this.accept('INTO') ? this.objectName() : undefined;
    const from = this.accept('FROM') ? this.tableSource() : undefined;
    const where = this.accept('WHERE') ? this.predicate() : undefined;
    const groupBy = this.accept('GROUP', 'BY') ? this.list(() => this.expression()) : undefined;
    const having = this.accept('HAVING') ? this.predicate() : undefined;
    return { kind: 'select', distinct, top, items, into, from, where, groupBy, having, line };
  }

  private selectItem(): SelectItem {
    const line = this.line;
    if (this.accept('*')) {
      return { kind: 'star', line };
    }
    if (this.token.kind === 'variable' && this.peek().text === '=' && this.peek().kind === 'symbol') {
      const variable = this.next().text;
      this.next();
      return { kind: 'assign', variable, expr: this.expression(), line };
    }
    if (this.isName() && this.peek().text === '=' && this.peek().kind === 'symbol') {
      const alias = this.name();
      this.next();
      return { kind: 'expr', alias, expr: this.expression(), line };
    }
    const start = this.at;
    const parts: string[] = [];
    while (this.isName() && this.peek().text === '.' && this.peek().kind === 'symbol') {
      parts.push(this.name());
      this.next();
      if (this.accept('*')) {
        return { kind: 'star', qualifier: parts, line };
      }
    }
    this.at = start;
    const expr = this.expression();
    return { kind: 'expr', expr, alias: this.alias(), line };
  }

  private alias(): string | undefined {
    if (this.accept('AS')) {
      return this.token.kind === 'string' || this.token.kind === 'nstring' ? this.next().text : this.name();
    }
    return this.isName() || this.token.kind === 'string' ? this.next().text : undefined;
  }
}
