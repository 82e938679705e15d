import { CommonTable, Expr, Query, QueryBody, Select, SelectItem, TableSource } from '../ast';
import { SqlError } from '../errors';
import { BIGINT, INT } from '../types';
import { Bound, BoundColumn, BoundQuery, MASKED, outputName } from './bound';
import { convert, widen } from './conversions';
import { Scope } from './scope';
import { TableSourceBinder, renamed } from './table-source-binder';

/** A select list item after `*` was expanded. */
interface OutputItem {
  readonly bound: Bound;
  readonly name: string;
  readonly variable?: string;
}

/** Turns queries into DuckDB SQL. One binder serves one statement. */
export class QueryBinder extends TableSourceBinder {
  /** Variables a SELECT assigns, by its output column. */
  readonly assigned: string[] = [];

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
      columns: items.map(({ bound, name }) => ({
        name, type: bound.type, nullable: bound.nullable, source: bound.source, ...(bound.sql.includes(MASKED) && { masked: true }),
      })),
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
        return scope.star(item.qualifier, item.line).flatMap((table) => table.columns.filter(({ graph }) => !graph?.internal)
          .map((column) => ({ bound: column, name: column.name })));
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
