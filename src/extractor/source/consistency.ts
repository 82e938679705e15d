import type { ConsistencyMode } from '../../contract';

/** The modes a run can have now. */
export type RunConsistency = Extract<ConsistencyMode, 'snapshot' | 'readCommitted' | 'query'>;

/** What each mode guarantees, as manifests state it. */
export const GUARANTEES: { readonly [mode in RunConsistency]: string } = {
  snapshot: 'each reader reads all its chunks in one SNAPSHOT transaction, so each chunk is as it was at the instant stated with it; '
    + 'chunks with the same instant, and with one reader the whole run, show one state of the database',
  readCommitted: 'each chunk is read by one statement under READ COMMITTED: only committed rows, but rows changed while it runs may be missing or doubled',
  query: 'the query is sent as it is, outside any transaction, under the isolation level of the session (READ COMMITTED)',
};
