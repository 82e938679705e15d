import type { ChangeMark, TableIdentity } from '../../contract';
import { LegacyToS3Error } from '../api/errors';
import { quoteTable } from '../source/catalog/identifiers';
import type { SelectedColumn } from '../source/catalog/selected-column';

/** What a way needs to know of a table. Plain data, so that it can go to a thread. */
export interface ChangedTable {
  readonly schema: string;
  readonly table: string;
  /** As it was planned: another object, or another database, is another lineage. */
  readonly identity: TableIdentity;
  /** Columns that are read, in their order. */
  readonly columns: readonly SelectedColumn[];
  /** Names in the source of the columns of the key that tells rows apart, in key order. */
  readonly key: readonly string[];
  /** Condition of the rows that are read; absent where all are. */
  readonly rowFilter?: string;
  /** ` OPTION (…)` of each statement; empty without one. */
  readonly hint: string;
  /** What the way was told when it was chosen, by names of its own. */
  readonly settings: { readonly [name: string]: string };
}

/**
 * What was asked of the database as the first thing of a transaction, before it read anything: whatever a function answers later, which
 * need not keep to the transaction, these come before all that the transaction shows.
 */
export interface TransactionBegin {
  /** The source's clock (ISO 8601, UTC). */
  readonly at: string;
  /** CHANGE_TRACKING_CURRENT_VERSION(), in digits; absent where the database tracks no changes. */
  readonly version?: string;
  /** MIN_ACTIVE_ROWVERSION(), 16 hexadecimal digits. */
  readonly rowversion?: string;
}

/** The columns of the key, in key order. */
export function keyOf({ columns, key }: Pick<ChangedTable, 'columns' | 'key'>): SelectedColumn[] {
  return key.map((name) => columns.find((column) => column.name === name)!);
}

/** A gap: what changed since the mark cannot be learnt any more. */
export function gap({ schema, table }: Pick<ChangedTable, 'schema' | 'table'>, from: Pick<ChangeMark, 'way' | 'order'>, why: string): LegacyToS3Error {
  return new LegacyToS3Error('CHANGES_GAP', `${quoteTable(schema, table)}: its changes since the mark ${from.order} (${from.way}) cannot be told: ${why}; `
    + 'read it whole (onGap: reload)');
}
