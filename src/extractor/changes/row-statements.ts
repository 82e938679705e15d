import type { ChangedTable } from './changed-table';
import type { ChangeStatement, ChangeStatements } from './table-changes';
import type { QueryParameter } from '../rows/objects/read-rows';
import { quoteTable } from '../source/catalog/identifiers';
import { selectionOf, type SelectedColumn } from '../source/catalog/selected-column';

/** Rows of a table that changed, told by a column of theirs. */
export interface ChangedRows {
  /** Columns of the key; none where rows are added only. */
  readonly keys: readonly SelectedColumn[];
  /** Which rows of `t`. */
  readonly condition: string;
  /** Text that orders a row's change. */
  readonly version: string;
  readonly parameters: readonly QueryParameter[];
}

/**
 * Statements that read rows which a condition on the table itself gives: added ones are inserts, all others updates, for they cannot be told
 * apart; and those by which deletes are found, where the table's settings say so.
 */
export function rowStatements(
  { schema, table, columns, rowFilter, hint, settings: { deletes } }: ChangedTable, { keys, condition, version, parameters }: ChangedRows,
): ChangeStatements {
  const isAdded = keys.length === 0;
  // On lines of its own, so that a comment it ends with swallows nothing.
  const filter = rowFilter === undefined ? '' : `(\n${rowFilter}\n)`;
  const every = `FROM ${quoteTable(schema, table)} AS t`;
  const from = `${every} WHERE ${condition}${filter && ` AND ${filter}`}`;
  const all = `${every}${filter && ` WHERE ${filter}`}`;
  const list = (selected: readonly SelectedColumn[]) => selected.map((column) => selectionOf(column, 't'));
  const own = [
    `CONVERT(nchar(1), '${isAdded ? 'I' : 'U'}') AS [__op]`, `CONVERT(nvarchar(41), ${version}) AS [__version]`, 'CONVERT(datetime2(3), NULL) AS [__committed_at]',
  ];
  const statement = (sql: string): ChangeStatement => ({ sql: `${sql}${hint}`, parameters });
  const [count, none] = ['COUNT_BIG(*)', 'CONVERT(bigint, 0)'];
  return {
    changes: statement(`SELECT ${[...list(columns), ...own].join(', ')} ${from}`),
    ...(!isAdded && { keys: statement(`SELECT ${list(keys).join(', ')} ${from}`) }),
    ...(deletes === 'keys' && {
      all: { keys: { sql: `SELECT ${list(keys).join(', ')} ${all}${hint}`, parameters: [] }, count: { sql: `SELECT COUNT_BIG(*) AS row_count ${all}${hint}`, parameters: [] } },
    }),
    counts: statement(`SELECT ${isAdded ? count : none} AS inserts, ${isAdded ? none : count} AS updates, ${none} AS deletes ${from}`),
  };
}
