import { DatabaseEntry, TableEntry } from '../../engine/catalog';
import { quoteName } from '../../engine/identifiers';
import { CommonTable, Expr, ObjectName, Query, QueryBody, Select, SelectItem, TableSource } from '../ast';
import { SqlError, invalidObject } from '../errors';
import { StatementParser } from '../parser/statement-parser';
import { BIGINT, INT, MAX, nvarchar } from '../types';
import { Bound, BoundColumn, BoundQuery, outputName } from './bound';
import { convert, widen } from './conversions';
import { ExpressionBinder } from './expression-binder';
import { Scope, ScopeTable } from './scope';

interface BoundCommonTable {
  readonly name: string;
  readonly columns: BoundColumn[];
  readonly duckName: string;
}

/** A select list item after `*` was expanded. */
interface OutputItem {
  readonly bound: Bound;
  readonly name: string;
  readonly variable?: string;
}

/** Turns queries into DuckDB SQL. One binder serves one statement. */
export class QueryBinder extends ExpressionBinder {
  /** Variables a SELECT assigns, by its output column. */
  readonly assigned: string[] = [];
  private common: BoundCommonTable[] = [];
  private aliases = 0;

  query(query: Query, outer?: Scope): BoundQuery {
    const visible = this.common;
    const definitions = query.with.map((table) => this.commonTable(table));
    const bound = this.ordered(query, outer);
    this.common = visible;
    return definitions.length === 0 ? bound : { ...bound, sql: `WITH ${definitions.join(', ')} ${bound.sql}` };
  }

  subquery(query: Query, outer: Scope): BoundQuery {
    return this.query(query, outer);
  }

  /** The FROM clause; fills `scope` with its tables. */
  from(source: TableSource, scope: Scope): string {
    switch (source.kind) {
      case 'table': return this.namedTable(source, scope);
      case 'derived': {
        const query = this.query(source.query, scope.parent);
        return this.addDerived(`(${query.sql})`, query.columns, source.alias, source.columns, scope);
      }
      case 'function': return this.tableFunction(source, scope);
      case 'join': {
        const left = this.from(source.left, scope);
        if (source.type === 'CROSS APPLY' || source.type === 'OUTER APPLY') {
          const inner = new Scope(scope);
          const right = this.from(source.right, inner);
          inner.tables.forEach((table) => scope.add(table, 0));
          return `${left} ${source.type === 'CROSS APPLY' ? 'CROSS JOIN' : 'LEFT JOIN'} LATERAL (SELECT * FROM ${right}) ${inner.tables[0].duckAlias}${source.type === 'OUTER APPLY' ? ' ON true' : ''}`;
        }
        const right = this.from(source.right, scope);
        if (source.type === 'CROSS') {
          return `${left} CROSS JOIN ${right}`;
        }
        const on = this.predicate(source.on!, scope);
        return `(${left} ${source.type} JOIN ${right} ON ${on})`;
      }
    }
  }

  /** The table a name means, with the permission checked. */
  resolveTable(name: ObjectName, permission: 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'): TableEntry {
    const table = this.findTable(name);
    if (!table) {
      throw invalidObject(name.parts.join('.'), name.line);
    }
    if (table.kind === 'U' && !table.name.startsWith('#')) {
      this.context.checkPermission(table, permission, name.line);
    }
    return table;
  }

  findTable(name: ObjectName): TableEntry | undefined {
    const parts = [...name.parts].reverse();
    if (parts[0].startsWith('#')) {
      return this.context.temporaryTable(parts[0]);
    }
    const database: DatabaseEntry | undefined = parts[2] ? this.context.databaseNamed(parts[2]) : this.context.database;
    const table = database?.table(parts[1] || 'dbo', parts[0]);
    if (table?.kind === 'S') {
      this.context.useSystemViews(database!);
    }
    return table;
  }

  newAlias(): string {
    this.aliases += 1;
    return `t${this.aliases}`;
  }

  /** A table under an alias, with its columns; computed ones become their expressions. */
  tableColumns(table: TableEntry, name: string, duckAlias: string): ScopeTable {
    const scope = new Scope();
    const columns: Array<ScopeTable['columns'][number]> = [];
    const entry: ScopeTable = { name, qualifiers: name === table.name ? [table.schema, table.database] : [], columns, table, duckAlias };
    scope.tables.push(entry);
    for (const column of table.columns.filter((candidate) => !candidate.computed)) {
      columns.push({ name: column.name, type: column.type, nullable: column.nullable, source: { table, column }, sql: `${duckAlias}.${quoteName(column.name)}` });
    }
    for (const column of table.columns.filter((candidate) => candidate.computed)) {
      const bound = this.expression(parseExpression(column.computed!.text), scope);
      const { name: columnName, type, nullable } = column;
      columns.splice(column.id - 1, 0, { name: columnName, type, nullable, source: { table, column }, sql: convert(bound, type) });
    }
    return entry;
  }

  private commonTable(table: CommonTable): string {
    const duckName = `${this.newAlias()}_${this.common.length}`;
    const recursive = table.query.body.kind === 'set' && table.query.body.op === 'UNION ALL' && mentions(table.query.body.right, table.name);
    if (recursive && table.query.body.kind === 'set') {
      const anchor = this.query({ ...table.query, body: table.query.body.left, with: [] });
      const columns = renamed(anchor.columns, table.columns);
      this.common = [...this.common, { name: table.name, columns, duckName }];
      const step = this.query({ ...table.query, body: table.query.body.right, with: [] });
      const outputs = columns.map((_, at) => outputName(at)).join(', ');
      return `RECURSIVE ${duckName}(${outputs}) AS (${anchor.sql} UNION ALL ${step.sql})`;
    }
    const query = this.query(table.query);
    this.common = [...this.common, { name: table.name, columns: renamed(query.columns, table.columns), duckName }];
    return `${duckName} AS (${query.sql})`;
  }

  private ordered(query: Query, outer?: Scope): BoundQuery {
    if (query.body.kind === 'select' && !query.body.distinct) {
      return this.select(query.body, outer, query);
    }
    const body = this.body(query.body, outer);
    if (query.orderBy.length === 0 && query.offset === undefined) {
      return body;
    }
    // DISTINCT and set operations can be sorted by their outputs only.
    const sorts = query.orderBy.map(({ expr, descending }) => {
      const at = outputIndex(expr, body.columns, query.body.line);
      return this.sortItem(`q.${outputName(at)}`, body.columns[at].type, descending);
    });
    const limit = query.body.kind === 'select' ? this.limit(query.body, query, outer ?? new Scope()) : this.limit(undefined, query, outer ?? new Scope());
    return { ...body, sql: `SELECT * FROM (${body.sql}) q ORDER BY ${sorts.join(', ')}${limit}` };
  }

  private body(body: QueryBody, outer?: Scope): BoundQuery {
    switch (body.kind) {
      case 'select': return this.select(body, outer);
      case 'values': return this.valuesList(body.rows, outer);
      case 'set': {
        const left = this.body(body.left, outer);
        const right = this.body(body.right, outer);
        if (left.columns.length !== right.columns.length) {
          throw new SqlError(205, 'All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.', { line: body.line });
        }
        const columns = left.columns.map((column, at): BoundColumn => ({
          name: column.name, type: widen(column.type, right.columns[at].type), nullable: column.nullable || right.columns[at].nullable,
        }));
        const sides = [left, right].map((side) => `SELECT ${columns.map((column, at) => `${convert({ ...side.columns[at], sql: `q.${outputName(at)}` }, column.type)} AS ${outputName(at)}`).join(', ')} FROM (${side.sql}) q`);
        return { sql: `(${sides[0]}) ${body.op} (${sides[1]})`, columns };
      }
    }
  }

  private valuesList(rows: Expr[][], outer?: Scope): BoundQuery {
    const bound = rows.map((row) => row.map((expr) => this.expression(expr, outer ?? new Scope())));
    const columns = bound[0].map((_, at): BoundColumn => {
      const typed = bound.map((row) => row[at]).filter((cell) => !cell.untypedNull);
      return { name: '', type: typed.length ? typed.map((cell) => cell.type).reduce(widen) : INT, nullable: bound.some((row) => row[at].nullable) };
    });
    const tuples = bound.map((row) => `(${row.map((cell, at) => convert(cell, columns[at].type)).join(', ')})`);
    return { sql: `SELECT * FROM (VALUES ${tuples.join(', ')}) v(${columns.map((_, at) => outputName(at)).join(', ')})`, columns };
  }

  private select(select: Select, outer?: Scope, order?: Query): BoundQuery {
    const scope = new Scope(outer);
    const from = select.from ? ` FROM ${this.from(select.from, scope)}` : '';
    const items = select.items.flatMap((item) => this.outputItems(item, scope));
    const where = select.where ? ` WHERE ${this.predicate(select.where, scope)}` : '';
    const groupBy = select.groupBy ? ` GROUP BY ${select.groupBy.map((expr) => this.expression(expr, scope).sql).join(', ')}` : '';
    const having = select.having ? ` HAVING ${this.predicate(select.having, scope)}` : '';
    const list = items.map((item, at) => `${item.bound.untypedNull ? 'CAST(NULL AS INTEGER)' : item.bound.sql} AS ${outputName(at)}`).join(', ');
    const sorts = (order?.orderBy ?? []).map(({ expr, descending }) => this.selectSort(expr, descending, items, scope));
    const orderBy = sorts.length > 0 ? ` ORDER BY ${sorts.join(', ')}` : '';
    const limit = select.distinct && order ? '' : this.limit(select, order, scope);
    this.assigned.push(...items.flatMap((item) => (item.variable ? [item.variable] : [])));
    return {
      sql: `SELECT ${select.distinct ? 'DISTINCT ' : ''}${list}${from}${where}${groupBy}${having}${orderBy}${limit}`,
      columns: items.map(({ bound, name }) => ({ name, type: bound.type, nullable: bound.nullable, source: bound.source })),
    };
  }

  private selectSort(expr: Expr, descending: boolean, items: OutputItem[], scope: Scope): string {
    const at = expr.kind === 'number' || (expr.kind === 'column' && expr.parts.length === 1)
      ? findOutput(expr, items.map((item) => item.name)) : -1;
    const bound = at >= 0 ? items[at].bound : this.expression(expr, scope);
    return this.sortItem(bound.sql, bound.type, descending);
  }

  private limit(select: Select | undefined, order: Query | undefined, scope: Scope): string {
    const whole = (expr: Expr) => convert(this.expression(expr, new Scope(scope.parent)), BIGINT);
    if (select?.top) {
      const bound = this.expression(select.top.count, new Scope());
      return select.top.percent ? ` LIMIT (${bound.sql}) %` : ` LIMIT ${bound.constant !== undefined && /^\d+$/.test(bound.constant ?? '') ? bound.constant : convert(bound, BIGINT)}`;
    }
    const fetch = order?.fetch ? ` LIMIT ${whole(order.fetch)}` : '';
    return order?.offset ? `${fetch} OFFSET ${whole(order.offset)}` : fetch;
  }

  private outputItems(item: SelectItem, scope: Scope): OutputItem[] {
    switch (item.kind) {
      case 'star':
        return scope.star(item.qualifier, item.line).flatMap((table) => table.columns.map((column) => ({ bound: column, name: column.name })));
      case 'assign': {
        const variable = this.context.variable(item.variable);
        if (!variable) {
          throw new SqlError(137, `Must declare the scalar variable "${item.variable}".`, { severity: 15, state: 2, line: item.line });
        }
        const bound = this.expression(item.expr, scope);
        return [{ bound: { sql: convert(bound, variable.type), type: variable.type, nullable: true }, name: '', variable: item.variable }];
      }
      case 'expr': {
        const bound = this.expression(item.expr, scope);
        const name = item.alias ?? (item.expr.kind === 'column' ? bound.source?.column.name ?? item.expr.parts[item.expr.parts.length - 1] : '');
        return [{ bound, name }];
      }
    }
  }

  private namedTable(source: TableSource & { kind: 'table' }, scope: Scope): string {
    const { name } = source;
    const last = name.parts[name.parts.length - 1];
    const common = name.parts.length === 1 ? [...this.common].reverse().find((table) => table.name.toLowerCase() === last.toLowerCase()) : undefined;
    if (common) {
      return this.addDerived(common.duckName, common.columns, source.alias ?? last, undefined, scope);
    }
    const table = this.resolveTable(name, 'SELECT');
    const duckAlias = this.newAlias();
    scope.add(this.tableColumns(table, source.alias ?? table.name, duckAlias), name.line);
    const sample = source.sample ? ` TABLESAMPLE ${source.sample.unit === 'ROWS' ? 'reservoir' : 'system'}(${this.expression(source.sample.amount, scope).constant}${source.sample.unit === 'ROWS' ? ' ROWS' : '%'})${source.sample.seed ? ` REPEATABLE (${this.expression(source.sample.seed, scope).constant})` : ''}` : '';
    return `${table.duckName} AS ${duckAlias}${sample}`;
  }

  private addDerived(sql: string, columns: BoundColumn[], alias: string, names: string[] | undefined, scope: Scope): string {
    const duckAlias = this.newAlias();
    scope.add({
      name: alias,
      qualifiers: [],
      duckAlias,
      columns: renamed(columns, names).map((column, at) => ({ ...column, source: undefined, sql: `${duckAlias}.${outputName(at)}` })),
    }, 0);
    return `${sql} AS ${duckAlias}`;
  }

  private tableFunction(source: TableSource & { kind: 'function' }, scope: Scope): string {
    const name = source.name.parts[source.name.parts.length - 1].toUpperCase();
    const args = source.args.map((arg) => this.expression(arg, scope));
    const alias = source.alias ?? name;
    switch (name) {
      case 'STRING_SPLIT':
        return this.addDerived(
          `(SELECT unnest(string_split(${convert(args[0], nvarchar(MAX))}, ${args[1].sql})) AS c1)`, [{ name: 'value', type: nvarchar(args[0].type.length ?? MAX), nullable: false }], alias, source.columns, scope);
      case 'GENERATE_SERIES': {
        const type = widen(args[0].type, args[1].type);
        return this.addDerived(`(SELECT ${convert({ sql: 'g.v', type: BIGINT, nullable: false }, type)} AS c1 FROM generate_series(${args.map((arg) => convert(arg, BIGINT)).join(', ')}) g(v))`,
          [{ name: 'value', type, nullable: false }], alias, source.columns, scope);
      }
      default:
        throw invalidObject(source.name.parts.join('.'), source.name.line);
    }
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

function renamed(columns: BoundColumn[], names: string[] | undefined): BoundColumn[] {
  return names ? columns.map((column, at) => ({ ...column, name: names[at] })) : columns;
}

function findOutput(expr: Expr, names: string[]): number {
  if (expr.kind === 'number') {
    return Number(expr.text) - 1;
  }
  const wanted = expr.kind === 'column' ? expr.parts[expr.parts.length - 1].toLowerCase() : undefined;
  return names.findIndex((name) => name.toLowerCase() === wanted);
}

function outputIndex(expr: Expr, columns: BoundColumn[], line: number): number {
  const at = findOutput(expr, columns.map((column) => column.name));
  if (at < 0 || at >= columns.length) {
    throw new SqlError(104, 'ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT operator, or if SELECT DISTINCT is specified.', { line });
  }
  return at;
}

function mentions(body: QueryBody, name: string): boolean {
  const inSource = (source: TableSource): boolean => {
    switch (source.kind) {
      case 'table': return source.name.parts.length === 1 && source.name.parts[0].toLowerCase() === name.toLowerCase();
      case 'join': return inSource(source.left) || inSource(source.right);
      default: return false;
    }
  };
  return body.kind === 'select' ? body.from !== undefined && inSource(body.from) : body.kind === 'set' && (mentions(body.left, name) || mentions(body.right, name));
}
