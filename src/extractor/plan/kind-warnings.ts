import { quoteTable } from '../source/catalog/identifiers';
import type { SourceTable, UnreadColumn } from '../source/catalog/read-catalog';

/** What is to be known of tables that are not plain ones. */
export function kindWarnings(table: SourceTable): string[] {
  const { kind, sizeUnknown, unread } = table;
  const subject = quoteTable(table.schema, table.table);
  return [
    ...(kind.viewOf ? [`${subject} is a view: one stream without a key reads it, which is begun anew when it fails, and it is computed once more to be compared; `
      + 'columns that depend on the time or on chance (GETDATE, NEWID) differ then, and must be left out (excludeColumns of tableOptions)'] : []),
    ...(kind.memoryOptimized ? [`${subject} is memory-optimised, which no SNAPSHOT transaction reads (error 41332): it is read in a transaction of its own under `
      + 'the table hint SNAPSHOT, and shows an instant of its own'] : []),
    ...(sizeUnknown ? [`${subject}: the login may not see how large this memory-optimised table is, so that it is not cut by its size; GRANT VIEW DATABASE STATE`] : []),
    ...(kind.stagedHistoryOf !== undefined ? [`${subject} is the history of the memory-optimised table '${kind.stagedHistoryOf}', the newest of which is not in it yet; `
      + 'EXEC sys.sp_xtp_flush_temporal_history before the run moves it there'] : []),
    ...unreadWarning(subject, unread, 'columnSet', 'is a column set, which repeats the sparse columns that land themselves'),
    ...unreadWarning(subject, unread, 'droppedLedger', 'was dropped, and is kept by the ledger alone'),
  ];
}

/** Tables that are left out since they were dropped ("sys.tables (Transact-SQL)", is_dropped_ledger_table). */
export function droppedWarnings(tables: readonly SourceTable[]): string[] {
  return tables.filter(({ kind }) => kind.droppedLedger).map(({ schema, table }) =>
    `${quoteTable(schema, table)} is left out: it was dropped, and is kept by the ledger alone; a query (query) reads it`);
}

function unreadWarning(subject: string, unread: readonly UnreadColumn[], why: UnreadColumn['why'], because: string): string[] {
  return unread.filter((column) => column.why === why).map(({ name }) => `${subject}: column '${name}' is left out: it ${because}`);
}
