import { partitionNumber } from '../../engine/partitioning';
import { Expr, OrderItem, Predicate, Query } from '../ast';
import { findCollation } from '../collations';
import { SqlError, unsupported, withLine } from '../errors';
import { INT, SqlType, family, storageType } from '../types';
import { bindAggregate, bindWindow, isAggregate, isWindowOnly } from './aggregates';
import { BindContext, Bound, BoundQuery, StorageValue } from './bound';
import { bindCatalogFunction } from './catalog-functions';
import { convert, sortKey, tryConvert, widen } from './conversions';
import { bindFunction, takesDatePart } from './functions';
import { binaryLiteral, numberLiteral, stringLiteral } from './literals';
import { bindArithmetic, bindComparison } from './operators';
import { Scope } from './scope';

/** Turns expressions into typed DuckDB SQL; the queries and conditions within them are of the binders that extend this one. */
export abstract class ExpressionBinder {
  /** Values of the DuckDB statement's parameters, in their order. */
  readonly values: StorageValue[] = [];

  constructor(readonly context: BindContext) {}

  abstract subquery(query: Query, outer: Scope): BoundQuery;

  abstract predicate(predicate: Predicate, scope: Scope): string;

  expression(expr: Expr, scope: Scope): Bound {
    switch (expr.kind) {
      case 'null': return { sql: 'NULL', type: INT, nullable: true, untypedNull: true };
      case 'number': return numberLiteral(expr.text);
      case 'string': return stringLiteral(expr.value, expr.unicode);
      case 'binary': return binaryLiteral(expr.hex);
      case 'column': return scope.resolve(expr.parts, expr.line);
      case 'variable': return this.variable(expr.name, expr.line);
      case 'unary': return this.unary(expr.op, this.expression(expr.operand, scope), expr.line);
      case 'arithmetic':
        return withLine(expr.line, () => bindArithmetic(expr.op, this.expression(expr.left, scope), this.expression(expr.right, scope), expr.line));
      case 'collate': return this.collate(this.expression(expr.operand, scope), expr.collation);
      case 'cast': return withLine(expr.line, () => this.cast(expr, scope));
      case 'case': return this.caseExpression(expr, scope);
      case 'iif': {
        const branches = [this.expression(expr.then, scope), this.expression(expr.otherwise, scope)];
        const type = commonOf(branches);
        return {
          sql: `CASE WHEN ${this.predicate(expr.condition, scope)} THEN ${convert(branches[0], type)} ELSE ${convert(branches[1], type)} END`,
          type,
          nullable: branches.some((branch) => branch.nullable),
        };
      }
      case 'call': return withLine(expr.line, () => this.call(expr, scope));
      case 'subquery': {
        const query = this.subquery(expr.query, scope);
        if (query.columns.length !== 1) {
          throw new SqlError(116, 'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.', { line: expr.line });
        }
        return { sql: `(${query.sql})`, type: query.columns[0].type, nullable: true };
      }
      case 'method':
        if (expr.operand.kind === 'column' && expr.operand.parts[0].toUpperCase() === '$PARTITION') {
          return this.partition(expr.name, this.expression(expr.args[0], scope), expr.line);
        }
        throw unsupported(`the method .${expr.name}()`, expr.line);
    }
  }

  /** ORDER BY items; SQL Server sorts NULL before everything else. */
  sortItem(sql: string, type: SqlType, descending: boolean): string {
    return `${sortKey(sql, type)} ${descending ? 'DESC NULLS LAST' : 'ASC NULLS FIRST'}`;
  }

  private partition(name: string, value: Bound, line: number): Bound {
    const found = this.context.database.partitionFunctions.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (!found) {
      throw new SqlError(208, `Invalid object name '${name}'.`, { line });
    }
    return { sql: partitionNumber(convert(value, found.type), found), type: INT, nullable: false };
  }

  /** A parameter of the DuckDB statement holding a value of that type. */
  parameter(value: StorageValue, type: SqlType): string {
    if (value === null) {
      return `CAST(NULL AS ${storageType(type)})`;
    }
    this.values.push(value);
    return `CAST($${this.values.length} AS ${storageType(type)})`;
  }

  private variable(name: string, line: number): Bound {
    const system = name.startsWith('@@') ? this.context.systemValue(name, []) : undefined;
    const variable = system ?? this.context.variable(name);
    if (!variable) {
      throw new SqlError(137, `Must declare the scalar variable "${name}".`, { severity: 15, state: 2, line });
    }
    const constant = typeof variable.value === 'string' && variable.value.length < 8000 ? variable.value : undefined;
    return { sql: this.parameter(variable.value, variable.type), type: variable.type, nullable: true, constant };
  }

  private unary(op: string, operand: Bound, line: number): Bound {
    if (op === '+') {
      return operand;
    }
    if (!['integer', 'decimal', 'money', 'float', 'bit'].includes(family(operand.type))) {
      throw new SqlError(8117, `Operand data type ${operand.type.name} is invalid for ${op === '-' ? 'minus' : "'~'"} operator.`, { line });
    }
    const { source: _source, constant: _constant, ...rest } = operand;
    if (operand.type.name === 'tinyint' && op === '-') {
      return { ...rest, sql: `(-CAST(${operand.sql} AS SMALLINT))`, type: { name: 'smallint' } };
    }
    return { ...rest, sql: operand.type.name === 'bit' ? `(NOT ${operand.sql})` : `(${op}${operand.sql})` };
  }

  private collate(operand: Bound, collation: string): Bound {
    const known = /^database_default$/i.test(collation) ? this.context.database.collation : findCollation(collation)?.name;
    if (!known) {
      throw new SqlError(448, `Invalid collation '${collation}'.`);
    }
    return { ...operand, type: { ...operand.type, collation: known }, source: undefined };
  }

  private cast(expr: Expr & { kind: 'cast' }, scope: Scope): Bound {
    const operand = this.expression(expr.operand, scope);
    const style = expr.style ? Number(this.expression(expr.style, scope).constant ?? 0) : 0;
    const type = family(expr.type) === 'string' && operand.type.collation && !expr.type.collation
      ? { ...expr.type, collation: operand.type.collation } : expr.type;
    const sql = (expr.tolerant ? tryConvert : convert)(operand, type, style);
    return { sql, type, nullable: operand.nullable || expr.tolerant, aggregate: operand.aggregate };
  }

  private caseExpression(expr: Expr & { kind: 'case' }, scope: Scope): Bound {
    const results = expr.branches.map((branch) => this.expression(branch.then, scope));
    const otherwise: Bound = expr.otherwise ? this.expression(expr.otherwise, scope) : { sql: 'NULL', type: INT, nullable: true, untypedNull: true };
    const type = commonOf([...results, otherwise]);
    const subject = expr.subject ? this.expression(expr.subject, scope) : undefined;
    const branches = expr.branches.map((branch, at) => {
      const condition = subject ? bindComparison('=', subject, this.expression(branch.when as Expr, scope)) : this.predicate(branch.when as Predicate, scope);
      return `WHEN ${condition} THEN ${convert(results[at], type)}`;
    });
    return {
      sql: `CASE ${branches.join(' ')} ELSE ${convert(otherwise, type)} END`,
      type,
      nullable: otherwise.nullable || results.some((each) => each.nullable),
    };
  }

  private call(expr: Expr & { kind: 'call' }, scope: Scope): Bound {
    const { name, line } = expr;
    const over = expr.over ? ` OVER (${this.window(expr.over, scope)})` : '';
    if (isAggregate(name) || isWindowOnly(name)) {
      const args = expr.args.map((arg) => this.expression(arg, scope));
      const orderBy = expr.withinGroup ? ` ORDER BY ${this.sortItems(expr.withinGroup, scope)}` : '';
      const call = { name, args, star: expr.star, distinct: expr.distinct, over, orderBy, line };
      return isAggregate(name) ? bindAggregate(call) : bindWindow(call);
    }
    const before = this.values.length;
    const args = expr.args.map((arg, at): Bound => (at === 0 && takesDatePart(name) && arg.kind === 'column'
      ? { ...stringLiteral(arg.parts[0], false) }
      : this.expression(arg, scope)));
    const bound = bindFunction(name, args, line);
    if (bound) {
      return bound;
    }
    const system = this.context.systemValue(name, args.map((arg) => arg.constant ?? null));
    if (system) {
      // DuckDB takes no value that the statement does not name, and the arguments are not in it.
      this.values.length = before;
      return { sql: this.parameter(system.value, system.type), type: system.type, nullable: true, constant: typeof system.value === 'string' ? system.value : undefined };
    }
    const viaCatalog = bindCatalogFunction(this.context, name, args);
    if (viaCatalog) {
      return viaCatalog;
    }
    throw new SqlError(195, `'${name}' is not a recognized built-in function name.`, { severity: 15, state: 10, line });
  }

  private window(window: { partitionBy: Expr[]; orderBy: OrderItem[]; frame?: string }, scope: Scope): string {
    const parts: string[] = [];
    if (window.partitionBy.length > 0) {
      parts.push('PARTITION BY ' + window.partitionBy.map((expr) => this.expression(expr, scope)).map((bound) => sortKey(bound.sql, bound.type)).join(', '));
    }
    if (window.orderBy.length > 0) {
      parts.push('ORDER BY ' + this.sortItems(window.orderBy, scope));
    }
    if (window.frame) {
      parts.push(window.frame);
    }
    return parts.join(' ');
  }

  private sortItems(items: OrderItem[], scope: Scope): string {
    return items.map(({ expr, descending }) => {
      // ORDER BY (SELECT NULL) is how T-SQL asks for no order at all.
      const bound = this.expression(expr, scope);
      return this.sortItem(bound.sql, bound.type, descending);
    }).join(', ');
  }
}

function commonOf(branches: Bound[]): SqlType {
  const typed = branches.filter((branch) => !branch.untypedNull);
  return typed.length === 0 ? INT : typed.map((branch) => branch.type).reduce(widen);
}
