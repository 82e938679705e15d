import { ColumnEntry, TableEntry } from '../../../engine/catalog';

/** DuckDB's table of the rows that a statement changes, of one session. */
export const STAGED = 'temp.main.stand_in_staged';

/** What stands for the rowversion before the first that a statement gives, which is known when its rows are counted. */
export const ROW_VERSION_BASE = '{row version base}';

/** A change in steps: the rows it is about are put into {@link STAGED}, then applied, so that both of their states can be recorded. */
export interface StagedChange {
  /** Query of the rows, with what they were and are to be. */
  readonly rows: string;
  readonly apply: string;
  /** What each stored column was and is, in the terms of {@link STAGED}; `before` is absent of an INSERT, `after` of a DELETE. */
  readonly before?: ReadonlyMap<ColumnEntry, string>;
  readonly after?: ReadonlyMap<ColumnEntry, string>;
  /** Columns that SET names. */
  readonly assigned?: readonly ColumnEntry[];
}

export const beforeName = ({ id }: ColumnEntry) => `b${id}`;
export const afterName = ({ id }: ColumnEntry) => `a${id}`;

export const isRowVersion = ({ type }: ColumnEntry) => type.name === 'timestamp';

export const hasRowVersion = ({ columns }: TableEntry) => columns.some(isRowVersion);

/** Rows are numbered where each gets a rowversion. */
export const numbered = (table: TableEntry) => (hasRowVersion(table) ? ['row_number() OVER () AS n'] : []);

export const rowVersion = `bigint_to_bytes(${ROW_VERSION_BASE} + n, 8)`;

export const beforeRow = (stored: readonly ColumnEntry[]) => new Map(stored.map((column) => [column, beforeName(column)]));

export function afterRow(
  stored: readonly ColumnEntry[], assigned: readonly ColumnEntry[], before?: ReadonlyMap<ColumnEntry, string>,
): Map<ColumnEntry, string> {
  const after = (column: ColumnEntry) => (assigned.includes(column) ? afterName(column) : before!.get(column)!);
  return new Map(stored.map((column) => [column, isRowVersion(column) ? rowVersion : after(column)]));
}
