import { ColumnEntry, DatabaseEntry, TableEntry } from '../../engine/catalog';
import { quoteName } from '../../engine/identifiers';
import { ObjectName, Query, TableSource } from '../ast';
import { SqlError, invalidObject } from '../errors';
import { BoundColumn, BoundQuery, MASKED, Permission, outputName } from './bound';
import { capturedChanges } from './changes/capture-functions';
import { changesOf, versionOf } from './changes/change-tables';
import { convert } from './conversions';
import { PredicateBinder } from './predicate-binder';
import { GraphName, Scope, ScopeTable } from './scope';
import { TABLE_FUNCTIONS } from './table-functions';
import { parseExpression } from '../parser/statement-parser';

interface BoundCommonTable {
  readonly name: string;
  readonly columns: BoundColumn[];
  readonly duckName: string;
}

/** Turns what a FROM clause is made of into DuckDB SQL, and finds the tables that names mean. */
export abstract class TableSourceBinder extends PredicateBinder {
  /** Common tables in sight; the last of a name is meant. */
  protected common: BoundCommonTable[] = [];
  /** Tables and views that FROM clauses name. */
  readonly named = new Set<TableEntry>();
  private aliases = 0;

  abstract query(query: Query, outer?: Scope): BoundQuery;

  /** The FROM clause; fills `scope` with its tables. */
  from(source: TableSource, scope: Scope): string {
    switch (source.kind) {
      case 'table': return this.namedTable(source, scope);
      case 'derived': {
        const query = this.query(source.query, scope.parent);
        return this.addDerived(`(${query.sql})`, query.columns, source.alias, source.columns, scope);
      }
      case 'function': return this.tableFunction(source, scope);
      case 'changeTable': return this.changeTable(source, scope);
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
  resolveTable(name: ObjectName, permission: Permission): TableEntry {
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
      columns.push({
        graph: graphName(column),
        name: column.name,
        type: column.type,
        nullable: column.nullable,
        source: { table, column },
        sql: `${duckAlias}.${quoteName(column.name)}${column.maskingFunction && this.context.masks ? MASKED : ''}`,
      });
    }
    for (const column of table.columns.filter((candidate) => candidate.computed)) {
      // What the server computes may come of internal columns.
      const open = new Scope();
      open.tables.push({ ...entry, columns: columns.map(({ graph: _, ...rest }) => rest) });
      const bound = this.expression(parseExpression(column.computed!.text), column.graphType === undefined ? scope : open);
      const { name: columnName, type, nullable } = column;
      const entryOf = { graph: graphName(column), name: columnName, type, nullable };
      columns.splice(column.id - 1, 0, { ...entryOf, source: { table, column }, sql: convert(bound, type) });
    }
    return entry;
  }

  private namedTable(source: TableSource & { kind: 'table' }, scope: Scope): string {
    const { name } = source;
    const last = name.parts[name.parts.length - 1];
    const common = name.parts.length === 1 ? [...this.common].reverse().find((table) => table.name.toLowerCase() === last.toLowerCase()) : undefined;
    if (common) {
      return this.addDerived(common.duckName, common.columns, source.alias ?? last, undefined, scope);
    }
    const table = this.resolveTable(name, 'SELECT');
    this.context.checkRead(table, { hints: source.hints ?? [], sampled: source.sample !== undefined }, name.line);
    this.named.add(table);
    if (table.view) {
      const { sql, columns } = this.query(table.view.query);
      return this.addDerived(`(${sql})`, columns, source.alias ?? table.name, table.columns.map((column) => column.name), scope);
    }
    const duckAlias = this.newAlias();
    scope.add(this.tableColumns(table, source.alias ?? table.name, duckAlias), name.line);
    const sample = source.sample ? ` TABLESAMPLE ${source.sample.unit === 'ROWS' ? 'reservoir' : 'system'}(${this.expression(source.sample.amount, scope).constant}${source.sample.unit === 'ROWS' ? ' ROWS' : '%'})${source.sample.seed ? ` REPEATABLE (${this.expression(source.sample.seed, scope).constant})` : ''}` : '';
    const visible = this.context.visibleRows(table);
    const live = this.context.liveRows(table);
    const rows = live !== undefined ? live : visible === undefined ? table.duckName : `(SELECT * FROM ${table.duckName} WHERE ${visible})`;
    return `${rows} AS ${duckAlias}${sample}`;
  }

  private addDerived(sql: string, columns: BoundColumn[], alias: string, names: string[] | undefined, scope: Scope): string {
    const duckAlias = this.newAlias();
    scope.add({
      name: alias,
      qualifiers: [],
      duckAlias,
      columns: renamed(columns, names).map((column, at) => ({ ...column, source: undefined, sql: `${duckAlias}.${outputName(at)}${column.masked ? MASKED : ''}` })),
    }, 0);
    return `${sql} AS ${duckAlias}`;
  }

  private changeTable(source: TableSource & { kind: 'changeTable' }, scope: Scope): string {
    const { name, since, keys, alias, line } = source;
    if (!alias) {
      throw new SqlError(22104, 'A table returned by the CHANGETABLE function must be aliased.', { line });
    }
    this.context.checkPrimary(line);
    const table = this.resolveTable(name, 'SELECT');
    if (table.kind !== 'U' || table.name.startsWith('#')) {
      throw new SqlError(22107, `Object '${table.name}' is of a data type that is not supported by the CHANGETABLE function. The object must be a user-defined table.`, { line });
    }
    this.context.checkPermission(table, 'VIEW CHANGE TRACKING', line);
    const database = this.context.databaseNamed(table.database)!;
    const { sql, columns } = since ? changesOf(database, table, this.expression(since, scope), line)
      : versionOf(database, table, keys!.columns.map((column, at) => ({ name: column, value: this.expression(keys!.values[at], scope) })), line);
    return this.addDerived(`(${sql})`, columns, alias, source.columns, scope);
  }

  private tableFunction(source: TableSource & { kind: 'function' }, scope: Scope): string {
    const name = source.name.parts[source.name.parts.length - 1].toUpperCase();
    const args = source.args.map((arg) => this.expression(arg, scope));
    const captured = source.name.parts.length > 1 && source.name.parts[source.name.parts.length - 2].toLowerCase() === 'cdc'
      ? capturedChanges(this.context.database, name, args) : undefined;
    if (captured) {
      return this.addDerived(`(${captured.sql})`, captured.columns, source.alias ?? name, source.columns, scope);
    }
    const bind = TABLE_FUNCTIONS[name];
    if (!bind) {
      throw invalidObject(source.name.parts.join('.'), source.name.line);
    }
    const { sql, columns } = bind(args);
    return this.addDerived(`(${sql})`, columns, source.alias ?? name, source.columns, scope);
  }
}

function graphName({ name, graphType }: ColumnEntry): GraphName | undefined {
  if (graphType === undefined) {
    return undefined;
  }
  const isPseudo = [2, 5, 8].includes(graphType);
  return { internal: !isPseudo, ...(isPseudo && { pseudo: name.slice(0, name.lastIndexOf('_')) }) };
}

export function renamed(columns: BoundColumn[], names: string[] | undefined): BoundColumn[] {
  return names ? columns.map((column, at) => ({ ...column, name: names[at] })) : columns;
}
