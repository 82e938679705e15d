import { Expr, ObjectName, TableSource } from '../ast';
import { PredicateParser } from './predicate-parser';

/** Names of objects, and what a FROM clause is made of. */
export abstract class TableSourceParser extends PredicateParser {
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

  /** Locking and index hints change nothing in the stand-in: its readers always see one snapshot. SNAPSHOT is asked for of memory-optimised tables. */
  protected tableHints(): string[] {
    if (!this.is('WITH', '(')) {
      return [];
    }
    this.next();
    const from = this.at;
    this.skipParentheses();
    return this.tokens.slice(from, this.at).map((token) => token.upper).filter((word) => word !== '');
  }

  private partAfterDot(): string {
    // A word after a dot is a name even when it is reserved.
    if (this.token.kind !== 'word' && this.token.kind !== 'quoted') {
      throw this.unexpected();
    }
    return this.next().text;
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
    if (this.is('CHANGETABLE', '(')) {
      return this.changeTable();
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
    const hints = this.tableHints();
    return { kind: 'table', name, alias, sample, hints };
  }

  /** CHANGETABLE (CHANGES table, version) or (VERSION table, (columns), (values)). */
  private changeTable(): TableSource {
    const line = this.line;
    this.next();
    const source = this.parenthesised(() => {
      if (this.accept('CHANGES')) {
        const name = this.objectName();
        this.expect(',');
        const since = this.expression();
        this.accept(',', 'FORCESEEK');
        return { name, since };
      }
      this.expect('VERSION');
      const name = this.objectName();
      this.expect(',');
      const columns = this.parenthesised(() => this.list(() => this.name()));
      this.expect(',');
      const values = this.parenthesised(() => this.list(() => this.expression()));
      this.accept(',', 'FORCESEEK');
      return { name, keys: { columns, values } };
    });
    const alias = this.tableAlias();
    const columns = alias && this.is('(') ? this.parenthesised(() => this.list(() => this.name())) : undefined;
    return { kind: 'changeTable', ...source, alias, columns, line };
  }

  private tableAlias(): string | undefined {
    if (this.accept('AS')) {
      return this.name();
    }
    return this.isName() && !this.is('OFFSET') ? this.next().text : undefined;
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
