import { TableEntry } from '../../engine/catalog';
import { invalidColumn, unboundIdentifier, SqlError } from '../errors';
import { Bound, BoundColumn } from './bound';

/** One table, derived table or function in a FROM clause. */
export interface ScopeTable {
  /** Alias, or the table's own name. */
  readonly name: string;
  /** Schema and database, when it may also be called by them. */
  readonly qualifiers: readonly string[];
  readonly columns: ReadonlyArray<BoundColumn & { readonly sql: string; readonly graph?: GraphName }>;
  readonly table?: TableEntry;
  /** Its name in the DuckDB statement. */
  readonly duckAlias: string;
}

/** How a query may call a column of a graph table. */
export interface GraphName {
  /** Whether no query may read it. */
  readonly internal: boolean;
  /** As `$node_id`. */
  readonly pseudo?: string;
}

const same = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();

/** The tables a column may come from; a subquery's scope has the enclosing query's behind it. */
export class Scope {
  readonly tables: ScopeTable[] = [];

  constructor(readonly parent?: Scope) {}

  add(table: ScopeTable, line: number): void {
    if (this.tables.some((other) => same(other.name, table.name) && other.qualifiers.join() === table.qualifiers.join())) {
      throw new SqlError(1013, `The objects "${table.name}" and "${table.name}" in the FROM clause have the same exposed names. Use correlation names to distinguish them.`, { line });
    }
    this.tables.push(table);
  }

  /**
   * The column a reference of one to four parts means.
   *
   * @throws SqlError 207 for an unknown column, 209 for an ambiguous one, 4104 for an unknown table
   */
  resolve(parts: string[], line: number): Bound {
    const column = parts[parts.length - 1];
    const qualifier = parts.slice(0, -1);
    let knownTable = false;
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) {
      const candidates = scope.tables.filter((table) => matches(table, qualifier));
      knownTable ||= candidates.length > 0 && qualifier.length > 0;
      const found = candidates.flatMap((table) => table.columns.filter((candidate) => same(candidate.name, column) || same(candidate.graph?.pseudo ?? '', column)));
      if (found.length > 1) {
        throw new SqlError(209, `Ambiguous column name '${column}'.`, { line });
      }
      if (found.length === 1) {
        if (found[0].graph?.internal) {
          throw new SqlError(13908, `Cannot access internal graph column '${column}'.`, { line });
        }
        return found[0];
      }
      if (knownTable) {
        break;
      }
    }
    throw qualifier.length > 0 && !knownTable ? unboundIdentifier(parts.join('.'), line) : invalidColumn(column, line);
  }

  /** Tables of this scope that `*` or `qualifier.*` stands for. */
  star(qualifier: string[] | undefined, line: number): ScopeTable[] {
    const tables = qualifier ? this.tables.filter((table) => matches(table, qualifier)) : this.tables;
    if (tables.length === 0) {
      throw qualifier
        ? new SqlError(107, `The column prefix '${qualifier.join('.')}' does not match with a table name or alias name used in the query.`, { severity: 15, line })
        : new SqlError(263, 'Must specify table to select from.', { line });
    }
    return tables;
  }
}

function matches(table: ScopeTable, qualifier: string[]): boolean {
  if (qualifier.length === 0) {
    return true;
  }
  const [name, ...outer] = [...qualifier].reverse();
  return same(table.name, name) && outer.every((part, index) => part === '' || same(part, table.qualifiers[index] ?? ''));
}
