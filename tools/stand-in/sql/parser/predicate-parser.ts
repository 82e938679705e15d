import { Predicate } from '../ast';
import { ExpressionParser } from './expression-parser';

const COMPARISONS: Record<string, string> = { '=': '=', '<>': '<>', '!=': '<>', '<': '<', '>': '>', '<=': '<=', '>=': '>=', '!<': '>=', '!>': '<=' };

/** Search conditions. */
export abstract class PredicateParser extends ExpressionParser {
  protected predicate(): Predicate {
    let left = this.conjunction();
    while (this.accept('OR')) {
      left = { kind: 'or', left, right: this.conjunction() };
    }
    return left;
  }

  private conjunction(): Predicate {
    let left = this.negation();
    while (this.accept('AND')) {
      left = { kind: 'and', left, right: this.negation() };
    }
    return left;
  }

  private negation(): Predicate {
    if (this.accept('NOT')) {
      return { kind: 'not', operand: this.negation() };
    }
    if (this.accept('EXISTS')) {
      return { kind: 'exists', query: this.parenthesised(() => this.query()) };
    }
    if (this.is('(') && this.opensPredicate()) {
      return this.parenthesised(() => this.predicate());
    }
    return this.comparison();
  }

  /** Tells `(a = 1 OR ...)` from `(a + 1) = 2` by trying it as a condition. */
  private opensPredicate(): boolean {
    const start = this.at;
    try {
      this.parenthesised(() => this.predicate());
      return true;
    } catch {
      return false;
    } finally {
      this.at = start;
    }
  }

  private comparison(): Predicate {
    const line = this.line;
    const left = this.expression();
    const symbol = this.token.kind === 'symbol' ? COMPARISONS[this.token.text] : undefined;
    if (symbol) {
      this.next();
      if (this.is('ALL', '(') || this.is('ANY', '(') || this.is('SOME', '(')) {
        const quantifier = this.next().upper === 'ALL' ? 'ALL' : 'ANY';
        return { kind: 'quantified', op: symbol, quantifier, left, query: this.parenthesised(() => this.query()), line };
      }
      return { kind: 'compare', op: symbol, left, right: this.expression(), line };
    }
    if (this.accept('IS')) {
      const negated = this.accept('NOT');
      this.expect('NULL');
      return { kind: 'isNull', negated, operand: left };
    }
    const negated = this.accept('NOT');
    if (this.accept('BETWEEN')) {
      const low = this.expression();
      this.expect('AND');
      return { kind: 'between', negated, operand: left, low, high: this.expression(), line };
    }
    if (this.accept('LIKE')) {
      const pattern = this.expression();
      const braced = this.accept('{');
      const escape = this.accept('ESCAPE') ? this.expression() : undefined;
      if (braced) {
        this.expect('}');
      }
      return { kind: 'like', negated, operand: left, pattern, escape, line };
    }
    if (this.accept('IN')) {
      return this.parenthesised((): Predicate => (this.is('SELECT') || this.is('WITH')
        ? { kind: 'in', negated, operand: left, query: this.query(), line }
        : { kind: 'in', negated, operand: left, list: this.list(() => this.expression()), line }));
    }
    throw this.unexpected();
  }
}
