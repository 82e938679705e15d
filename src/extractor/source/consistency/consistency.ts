import type { ConsistencyMode } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import { Consistency } from '../../api/extractor-props';
import type { SourceFeatures } from '../catalog/source-features';

/** The modes a run can have: those to choose from, and that of a query. */
export type RunConsistency = ConsistencyMode;

/** What each mode guarantees, as manifests state it. */
export const GUARANTEES: { readonly [mode in RunConsistency]: string } = {
  snapshot: 'each reader reads all its chunks in one SNAPSHOT transaction, so each chunk is as it was at the instant stated with it; '
    + 'chunks with the same instant, and with one reader the whole run, show one state of the database',
  databaseSnapshot: 'all readers read one database snapshot, so that all tables show one state of the database: that of the instant stated with the chunks',
  readCommitted: 'each chunk is read by one statement under READ COMMITTED: only committed rows, but rows changed while it runs may be missing or doubled',
  noLock: 'each chunk is read by one statement under READ UNCOMMITTED: rows that were never committed may be there, and rows may be missing or doubled',
  query: 'the query is sent as it is, outside any transaction, under the isolation level of the session (READ COMMITTED)',
};

/** What holds of the rows of a memory-optimised table, whatever the mode ("Transactions with Memory-Optimized Tables"). */
export const MEMORY_OPTIMIZED_GUARANTEE = 'memory-optimised: no SNAPSHOT transaction reads it, so each reader reads its chunks in one transaction of their own '
  + 'under the table hint SNAPSHOT; chunks with the same instant, and with one reader all memory-optimised tables, show one state';

/** What each reader sends before it reads; SNAPSHOT transactions begin apart, so that one that is refused is told as such. */
export const ISOLATION_SQL: { readonly [mode in RunConsistency]?: string } = {
  readCommitted: 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
  noLock: 'SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED',
};

/** Begins a transaction that reads memory-optimised tables under the hint SNAPSHOT: a session of SNAPSHOT may not (error 41332). */
export const MEMORY_OPTIMIZED_SQL = 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN TRANSACTION';

/** Whether a count asked of the source must equal the rows that were read. */
export function isRepeatable(mode: RunConsistency): boolean {
  return mode === 'snapshot' || mode === 'databaseSnapshot';
}

/** The mode of a run. @throws LegacyToS3Error of code INVALID_CONFIG when the source does not allow the one asked for */
export function chooseConsistency(
  requested: Consistency | undefined, { snapshotAllowed, databaseSnapshots, product }: SourceFeatures, database: string,
): RunConsistency {
  if (requested === undefined) return snapshotAllowed ? 'snapshot' : 'readCommitted';
  if (requested === Consistency.SNAPSHOT && !snapshotAllowed) {
    throw new LegacyToS3Error('INVALID_CONFIG', `consistency snapshot is not to be had: database '${database}' does not allow SNAPSHOT transactions; `
      + 'ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON, or choose databaseSnapshot or readCommitted');
  }
  if (requested === Consistency.DATABASE_SNAPSHOT && !databaseSnapshots) {
    throw new LegacyToS3Error('INVALID_CONFIG', `consistency databaseSnapshot is not to be had: ${product} has no database snapshots; `
      + 'choose snapshot, with one reader where all tables must show one instant');
  }
  return requested;
}

/** Told by plans of a database without SNAPSHOT transactions. */
export function snapshotAdvice(database: string): string {
  return `database '${database}' does not allow SNAPSHOT transactions, so tables are read under READ COMMITTED unless another consistency is chosen; `
    + 'ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON makes each table consistent';
}

/** SYSUTCDATETIME in ISO 8601 (CONVERT's style 127 adds no zone to a datetime2). */
export const INSTANT_SQL = 'SELECT CONVERT(varchar(40), SYSUTCDATETIME(), 126) + \'Z\' AS instant';
