/** Landed tables: committed, listed, changed and asked; entry of the bundle `assets/tables`. */
export { expire, relocate, rollback, type ExpiredTable, type MovedTable, type Rollback, type TableState } from './change-tables';
export { checkFolder, commitLanded, commitPending, type CommittedTable, type PendingRun } from './commit-landed';
export { compact, type CompactedTable } from './compact-tables';
export type { RowComparison, RowDifference } from './current/compare-rows';
export { verifyCurrent, type ComparisonCost, type CurrentTable, type VerifyCurrentOptions } from './current/verify-current';
export { landedTables, type LandedTable } from './list-tables';
export type { TablesSource } from './place';
export type { QueryOptions, QueryResult, QueryValue } from './query/query-result';
export { query } from './query/query-tables';
export { rebuild, type RebuildEvent, type RebuiltName } from './rebuild-tables';
