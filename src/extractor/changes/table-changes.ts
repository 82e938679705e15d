import type { TransactionBegin } from './changed-table';
import type { ChangeMark, ChangeWay, SeenRows } from '../../contract';
import type { QueryParameter } from '../rows/objects/read-rows';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';

/** One statement of a way. */
export interface ChangeStatement {
  readonly sql: string;
  readonly parameters: readonly QueryParameter[];
}

/** Statements that read the changes of a table between two marks, all to be sent in one transaction. */
export interface ChangeStatements {
  /** Newest values of inserted and updated rows: columns of the table as a full read selects them, then CHANGE_COLUMNS. */
  readonly changes: ChangeStatement;
  /** Keys of these rows. Absent where rows are added only. */
  readonly keys?: ChangeStatement;
  /** Keys of deleted rows, then CHANGE_COLUMNS. Absent where deletes are not seen. */
  readonly deletes?: ChangeStatement;
  /**
   * What has all changed and deleted keys, by the names of their columns in the source, as `ct`. Present where landed spellings of them, which
   * the source holds equal, are to be looked for: these are deleted too.
   */
  readonly changed?: ChangeStatement;
  /**
   * Keys of all rows, and how many rows there are: present where deletes are found by comparing them with the keys that landed.
   */
  readonly all?: { readonly keys: ChangeStatement; readonly count: ChangeStatement };
  /**
   * One row of `bigint`: inserts, updates, deletes, as the source counts what the statements above return; and `key_rows` where the keys are
   * more than those of the inserted and updated rows, since a key has several spellings.
   */
  readonly counts: ChangeStatement;
}

/** What a way to learn of changes does for one table. */
export interface TableChanges {
  readonly way: ChangeWay;
  /** Whether deletes are seen. */
  readonly deletesSeen: boolean;
  /**
   * Whether the table that the transaction shows is that of the mark, so that its rows can be counted there; it is where this says nothing.
   * Captured changes are older than the table.
   */
  readonly countsRows?: boolean;
  /**
   * Rows of the table at a mark, from those that an earlier transaction saw, which read the changes up to the mark before; of ways whose
   * transaction shows a later table than the mark. Undefined where it cannot be told.
   *
   * @param to as {@link mark} gave it in this transaction
   */
  rowsAt?(connection: SqlServerConnection, seen: SeenRows, from: ChangeMark, to: ChangeMark): Promise<bigint | undefined>;
  /**
   * The mark of what a transaction that began before shows; to be asked in that transaction, before the first row is read.
   *
   * @param begin what the transaction began with; it says the position where it can, since a function asked later may tell a later one
   * @throws LegacyToS3Error of code CHANGES_REFUSED where the way is not to be had, or as the source refuses it
   */
  mark(connection: SqlServerConnection, begin?: TransactionBegin): Promise<ChangeMark>;
  /**
   * Looks whether all changes after a mark can still be learnt. Asked before the changes are read and after, since what cleans them up
   * keeps to no transaction.
   *
   * @throws LegacyToS3Error of code CHANGES_GAP, which names the table, the mark and why
   */
  check(connection: SqlServerConnection, from: ChangeMark): Promise<void>;
  /**
   * Whether all that was committed up to a time of the source's clock (ISO 8601, UTC) is in the changes up to a mark taken now; where there
   * is no such question it always is. Changes that follow a base are applied when it has passed the base's end.
   */
  hasPassed?(connection: SqlServerConnection, instant: string): Promise<boolean>;
  /** Whether the table has any change between two marks; where there is no such question it may have. */
  hasChanged?(connection: SqlServerConnection, from: ChangeMark, to: ChangeMark): Promise<boolean>;
  /**
   * The mark of a run that has changes: above the one before, though the position that {@link mark} tells may be the same. Absent where it never is.
   *
   * @param to as {@link mark} gave it
   */
  moved?(from: ChangeMark, to: ChangeMark): ChangeMark;
  /**
   * Whether the table that the transaction shows is as of its mark, and of nothing later; where there is no such question it is. It may look at
   * the whole table.
   */
  isExact?(connection: SqlServerConnection, mark: ChangeMark): Promise<boolean>;
  /** @param to as {@link mark} gave it in the transaction that sends the statements */
  statements(from: ChangeMark, to: ChangeMark): ChangeStatements;
}
