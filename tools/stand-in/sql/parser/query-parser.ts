import { CommonTable, Expr, ObjectName, Query, QueryBody, Select, SelectItem, SetOperation, TableSource } from '../ast';
import { ExpressionParser } from './expression-parser';

/** SELECT and everything below it. */
export abstract class QueryParser extends ExpressionParser {
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

  protected objectName(): ObjectName {
    const line = this.line;
    const parts = [this.name()];
    while (this.accept('.')) {
      parts.push(this.is('.') ? '' : this.partAfterDot());
    }
    return { parts, line };
  }

  protected tableSource(): TableSource {
    let left = this.joined();
    while (this.accept(',')) {
      left = { kind: 'join', type: 'CROSS', left, right: this.joined() };
    }
    return left;
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

  /** Locking and index hints change nothing in the stand-in: its readers always see one snapshot. */
  protected skipTableHints(): void {
    if (this.is('WITH', '(')) {
      this.next();
      this.skipParentheses();
    }
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

  private partAfterDot(): string {
    // A word after a dot is a name even when it is reserved.
    if (this.token.kind !== 'word' && this.token.kind !== 'quoted') {
      throw this.unexpected();
    }
    return this.next().text;
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

  private tableAlias(): string | undefined {
    if (this.accept('AS')) {
      return this.name();
    }
    return this.isName() && !this.is('OFFSET') ? this.next().text : undefined;
  }

  private joined(): TableSource {
    let left = this.tablePrimary();
    for (;;) {
      if (this.accept('CROSS', 'JOIN')) {
        left = { kind: 'join', type: 'CROSS', left, right: this.tablePrimary() };
      } else if (this.accept('CROSS', 'APPLY')) {
        left = { kind: 'join', type: 'CROSS APPLY', left, right: this.tablePrimary() };
      } else if (this.accept('OUTER', 'APPLY')) {
        left = { kind: 'join', type: 'OUTER APPLY', left, right: this.tablePrimary() };
      } else {
        const type = this.joinType();
        if (!type) {
          return left;
        }
        const right = this.joined();
        this.expect('ON');
        left = { kind: 'join', type, left, right, on: this.predicate() };
      }
    }
  }

  private joinType(): 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | undefined {
    const word = this.token.upper;
    if (word === 'JOIN') {
      this.next();
      return 'INNER';
    }
    if (word !== 'INNER' && word !== 'LEFT' && word !== 'RIGHT' && word !== 'FULL') {
      return undefined;
    }
    this.next();
    this.accept('OUTER');
    if (!this.is('JOIN')) {
      // INNER HASH JOIN and the like
      this.next();
    }
    this.expect('JOIN');
    return word;
  }

  private tablePrimary(): TableSource {
    if (this.is('(')) {
      return this.derivedOrGroup();
    }
    const name = this.objectName();
    if (this.is('(') && !this.is('(', 'NOLOCK', ')')) {
      const args = this.parenthesised(() => (this.is(')') ? [] : this.list(() => this.expression())));
      const alias = this.tableAlias();
      const columns = alias && this.is('(') ? this.parenthesised(() => this.list(() => this.name())) : undefined;
      return { kind: 'function', name, args, alias, columns };
    }
    const alias = this.tableAlias();
    const sample = this.accept('TABLESAMPLE') ? this.sample() : undefined;
    this.accept('(', 'NOLOCK', ')');
    this.skipTableHints();
    return { kind: 'table', name, alias, sample };
  }

  private sample(): { amount: Expr; unit: 'PERCENT' | 'ROWS'; seed?: Expr } {
    this.accept('SYSTEM');
    return {
      ...this.parenthesised(() => {
        const amount = this.expression();
        const unit = this.accept('ROWS') ? 'ROWS' as const : 'PERCENT' as const;
        this.accept('PERCENT');
        return { amount, unit };
      }),
      seed: this.accept('REPEATABLE') ? this.parenthesised(() => this.expression()) : undefined,
    };
  }

  private derivedOrGroup(): TableSource {
    const start = this.at;
    this.expect('(');
    let depth = 0;
    while (this.is('(')) {
      this.next();
      depth += 1;
    }
    const isQuery = this.is('SELECT') || this.is('VALUES') || this.is('WITH');
    this.at = start;
    if (!isQuery || (depth > 0 && !this.parsesAsQuery())) {
      return this.parenthesised(() => this.tableSource());
    }
    const query = this.parenthesised(() => this.query());
    this.accept('AS');
    const alias = this.name();
    const columns = this.is('(') ? this.parenthesised(() => this.list(() => this.name())) : undefined;
    return { kind: 'derived', query, alias, columns };
  }

  private parsesAsQuery(): boolean {
    const start = this.at;
    try {
      this.parenthesised(() => this.query());
      return true;
    } catch {
      return false;
    } finally {
      this.at = start;
    }
  }
}
