import type { TableKind } from './table-kinds';

/**
 * The columns that SQL Server adds to node and edge tables, by `graph_type` of sys.columns ("SQL Graph Architecture"). Their
 * names end with digits that differ from database to database. The computed ones, JSON text, are selected by the names of
 * their pseudo-columns; the others cannot be selected at all.
 */
const INTERNAL: ReadonlySet<number> = new Set([1, 3, 4, 6, 7]);
const [OWN_ID, FROM_ID, TO_ID] = [2, 5, 8];

/** Names of pseudo-columns. */
export const PSEUDO_COLUMNS: ReadonlySet<string> = new Set(['$node_id', '$edge_id', '$from_id', '$to_id']);

/** Whether no query can name the column. @param graphType of sys.columns, 0 for a column that the graph did not add */
export function isInternal(graphType: number): boolean {
  return INTERNAL.has(graphType);
}

/** Name of the pseudo-column; undefined for columns that have a name of their own. */
export function pseudoColumn(graphType: number, graph: TableKind['graph']): string | undefined {
  switch (graphType) {
    case OWN_ID: return graph === 'edge' ? '$edge_id' : '$node_id';
    case FROM_ID: return '$from_id';
    case TO_ID: return '$to_id';
    default: return undefined;
  }
}
