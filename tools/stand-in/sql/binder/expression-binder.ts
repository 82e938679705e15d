import { quoteText } from '../../engine/identifiers';
import { partitionNumber } from '../../engine/partitioning';
import { Expr, OrderItem, Predicate, Query } from '../ast';
import { findCollation } from '../collations';
import { SqlError, unsupported } from '../errors';
import { INT, MAX, SqlType, decimal, family, isUnicode, nvarchar, storageType, varbinary, varchar } from '../types';
import { bindAggregate, bindWindow, isAggregate, isWindowOnly } from './aggregates';
import { BindContext, Bound, BoundQuery, StorageValue } from './bound';
import { convert, sortKey, tryConvert, widen } from './conversions';
import { bindFunction, takesDatePart } from './functions';
import { bindArithmetic, bindComparison, comparable } from './operators';
import { Scope } from './scope';

/** Turns expressions and search conditions into typed DuckDB SQL. */
export abstract class ExpressionBinder {
  /** Values of the DuckDB statement's parameters, in their order. */
  readonly values: StorageValue[] = [];

  constructor(readonly context: BindContext) {}

  abstract subquery(query: Query, outer: Scope): BoundQuery;

  expression(expr: Expr, scope: Scope): Bound {
    switch (expr.kind) {
      case 'null': return { sql: 'NULL', type: INT, nullable: true, untypedNull: true };
      case 'number': return numberLiteral(expr.text);
      case 'string': return stringLiteral(expr.value, expr.unicode);
      case 'binary': return {
        sql: `unhex(${quoteText(expr.hex.length % 2 ? '0' + expr.hex : expr.hex)})`, type: varbinary(Math.max(1, Math.ceil(expr.hex.length / 2))), nullable: false,
      };
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
        const sensitive = sortKey('x', operand.type) !== 'fold_case(x)';
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
    const viaCatalog = this.catalogFunction(name, args);
    if (viaCatalog) {
      return viaCatalog;
    }
    throw new SqlError(195, `'${name}' is not a recognized built-in function name.`, { severity: 15, state: 10, line });
  }

  /** Metadata functions whose argument is a column, as SCHEMA_NAME(schema_id): looked up in the system views. */
  private catalogFunction(name: string, args: Bound[]): Bound | undefined {
    const database = this.context.database;
    const lookup = (view: string, result: string, type: SqlType, conditions: string): Bound => {
      this.context.useSystemViews(database);
      return { sql: `(SELECT any_value(v.${result}) FROM "${database.name}".sys.${view} v WHERE ${conditions})`, type, nullable: true };
    };
    const key = (at: number) => convert(args[at], INT);
    const text = (at: number) => `fold_case(${convert(args[at], nvarchar(MAX))})`;
    switch (name) {
      case 'SCHEMA_NAME': return lookup('schemas', 'name', nvarchar(128), `v.schema_id = ${key(0)}`);
      case 'SCHEMA_ID': return lookup('schemas', 'schema_id', INT, `fold_case(v.name) = ${text(0)}`);
      case 'OBJECT_NAME': return lookup('objects', 'name', nvarchar(128), `v.object_id = ${key(0)}`);
      case 'OBJECT_SCHEMA_NAME':
        return {
          ...lookup('objects', 'name', nvarchar(128), 'true'),
          sql: `(SELECT any_value(s.name) FROM "${database.name}".sys.objects v JOIN "${database.name}".sys.schemas s ON s.schema_id = v.schema_id WHERE v.object_id = ${key(0)})`,
        };
      case 'OBJECT_ID':
        return {
          ...lookup('objects', 'object_id', INT, 'true'),
          sql: `(SELECT any_value(v.object_id) FROM "${database.name}".sys.objects v JOIN "${database.name}".sys.schemas s ON s.schema_id = v.schema_id
            WHERE fold_case(s.name) || '.' || fold_case(v.name) = fold_case(object_path(${convert(args[0], nvarchar(MAX))})))`,
        };
      case 'TYPE_NAME': return lookup('types', 'name', nvarchar(128), `v.user_type_id = ${key(0)}`);
      case 'TYPE_ID': return lookup('types', 'user_type_id', INT, `fold_case(v.name) = ${text(0)}`);
      case 'COL_NAME': return lookup('columns', 'name', nvarchar(128), `v.object_id = ${key(0)} AND v.column_id = ${key(1)}`);
      case 'DB_NAME': return lookup('databases', 'name', nvarchar(128), `v.database_id = ${key(0)}`);
      case 'DB_ID': return lookup('databases', 'database_id', INT, `fold_case(v.name) = ${text(0)}`);
      case 'HAS_PERMS_BY_NAME': {
        // Never empty, since a parameter that is bound must be used.
        const denied = ['', ...this.context.deniedTables()].map(quoteText).join(', ');
        const sql = args[0].untypedNull ? '1' : `CASE WHEN lower(object_path(${convert(args[0], nvarchar(MAX))})) IN (${denied}) THEN 0 ELSE 1 END`;
        return { sql: `CAST(${sql} AS INTEGER)`, type: INT, nullable: true };
      }
      case 'COLUMNPROPERTY':
        return lookup('columns', { isidentity: 'is_identity::INTEGER', iscomputed: 'is_computed::INTEGER', allowsnull: 'is_nullable::INTEGER', precision: 'precision::INTEGER', charmaxlen: 'max_length::INTEGER' }[(args[2].constant ?? '').toLowerCase()] ?? 'is_sparse::INTEGER',
          INT, `v.object_id = ${key(0)} AND fold_case(v.name) = ${text(1)}`);
      default: return undefined;
    }
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

export function numberLiteral(text: string): Bound {
  if (/\$/.test(text)) {
    const value = text.replace('$', '');
    return { sql: `CAST(${value} AS DECIMAL(19,4))`, type: { name: 'money' }, nullable: false, constant: value };
  }
  if (/[eE]/.test(text)) {
    return { sql: `CAST('${text}' AS DOUBLE)`, type: { name: 'float' }, nullable: false, constant: text };
  }
  const digits = text.replace(/^-/, '');
  const [whole, fraction = ''] = digits.split('.');
  const significant = whole.replace(/^0+(?=\d)/, '');
  if (!digits.includes('.') && BigInt(text) >= -2147483648n && BigInt(text) <= 2147483647n) {
    return { sql: text.startsWith('-') ? `(${text})` : `CAST(${text} AS INTEGER)`, type: INT, nullable: false, constant: text, integerDigits: significant.length };
  }
  const precision = Math.max(1, (significant === '0' ? 0 : significant.length) + fraction.length);
  if (precision > 38) {
    throw new SqlError(1007, `The number '${text}' is out of the range for numeric representation (maximum precision 38).`, { severity: 15 });
  }
  const type: SqlType = { ...decimal(precision, fraction.length), name: 'numeric' };
  return { sql: `CAST('${text}' AS ${storageType(type)})`, type, nullable: false, constant: text };
}

export function stringLiteral(value: string, unicode: boolean): Bound {
  const limit = unicode ? 4000 : 8000;
  const length = value.length > limit ? MAX : Math.max(1, value.length);
  return { sql: quoteText(value), type: unicode ? nvarchar(length) : varchar(length), nullable: false, constant: value };
}

function commonOf(branches: Bound[]): SqlType {
  const typed = branches.filter((branch) => !branch.untypedNull);
  return typed.length === 0 ? INT : typed.map((branch) => branch.type).reduce(widen);
}

/** Errors found below an expression get its line unless they have one. */
export function withLine<T>(line: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof SqlError && error.line === 0) {
      error.line = line;
    }
    throw error;
  }
}

