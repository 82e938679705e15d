import { Predicate } from '../ast';
import { collationOf } from '../collations';
import { withLine } from '../errors';
import { MAX, family, isUnicode, nvarchar, varchar } from '../types';
import { convert } from './conversions';
import { ExpressionBinder } from './expression-binder';
import { bindComparison, comparable } from './operators';
import { Scope } from './scope';

/** Turns search conditions into DuckDB SQL. */
export abstract class PredicateBinder extends ExpressionBinder {
  predicate(predicate: Predicate, scope: Scope): string {
    switch (predicate.kind) {
      case 'and':
      case 'or':
        return `(${this.predicate(predicate.left, scope)} ${predicate.kind.toUpperCase()} ${this.predicate(predicate.right, scope)})`;
      case 'not': return `(NOT ${this.predicate(predicate.operand, scope)})`;
      case 'compare':
        return withLine(predicate.line, () =>
          bindComparison(predicate.op, this.expression(predicate.left, scope), this.expression(predicate.right, scope)));
      case 'between': {
        const [operand, low, high] = comparable([predicate.operand, predicate.low, predicate.high].map((each) => this.expression(each, scope)));
        return `(${operand} ${predicate.negated ? 'NOT ' : ''}BETWEEN ${low} AND ${high})`;
      }
      case 'isNull': return `(${this.expression(predicate.operand, scope).sql} IS ${predicate.negated ? 'NOT ' : ''}NULL)`;
      case 'exists': return `EXISTS (${this.subquery(predicate.query, scope).sql})`;
      case 'like': {
        const operand = this.expression(predicate.operand, scope);
        const pattern = this.expression(predicate.pattern, scope);
        const escape = predicate.escape ? this.expression(predicate.escape, scope).sql : "''";
        const [subject, wanted] = [operand, pattern].map((each) => convert(each, isUnicode(each.type) ? nvarchar(MAX) : varchar(MAX)));
        const sensitive = family(operand.type) !== 'string' || collationOf(operand.type.collation).caseSensitive;
        return `(${predicate.negated ? 'NOT ' : ''}regexp_full_match(${subject}, like_to_regexp(${wanted}, ${escape}), '${sensitive ? 's' : 'si'}'))`;
      }
      case 'in': return this.inList(predicate, scope);
      case 'quantified': {
        const { sql, columns } = this.subquery(predicate.query, scope);
        const [left, right] = comparable([this.expression(predicate.left, scope), { sql: 'q.c1', ...columns[0] }]);
        return `(${left} ${predicate.op} ${predicate.quantifier} (SELECT ${right} FROM (${sql}) q))`;
      }
    }
  }

  private inList(predicate: Predicate & { kind: 'in' }, scope: Scope): string {
    const operand = this.expression(predicate.operand, scope);
    const not = predicate.negated ? 'NOT ' : '';
    if (predicate.list) {
      const [subject, ...members] = comparable([operand, ...predicate.list.map((member) => this.expression(member, scope))]);
      return `(${subject} ${not}IN (${members.join(', ')}))`;
    }
    const query = this.subquery(predicate.query!, scope);
    const [subject, member] = comparable([operand, { sql: 'q.c1', ...query.columns[0] }]);
    return `(${subject} ${not}IN (SELECT ${member} FROM (${query.sql}) q))`;
  }
}
