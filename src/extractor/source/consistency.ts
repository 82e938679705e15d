import type { SqlServerConnection } from './sql-server-connection';
import type { ConsistencyMode } from '../../contract';

/** The modes a run can have now. */
export type RunConsistency = Extract<ConsistencyMode, 'snapshot' | 'readCommitted' | 'query'>;

/** What each mode guarantees, as manifests state it. */
export const GUARANTEES: { readonly [mode in RunConsistency]: string } = {
  snapshot: 'each table is as it was at one instant, read in a SNAPSHOT transaction of its own; different tables may show different instants',
  readCommitted: 'each table is read by one statement under READ COMMITTED: only committed rows, but rows changed while it runs may be missing or doubled',
  query: 'the query is sent as it is, outside any transaction, under the isolation level of the session (READ COMMITTED)',
};

/** Starts what `read` needs and ends it; the connection is of no further use when `read` fails. */
export async function withConsistency<T>(connection: SqlServerConnection, mode: RunConsistency, read: () => Promise<T>): Promise<T> {
  if (mode !== 'snapshot') return read();
  await connection.query('SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION', 'start a SNAPSHOT transaction');
  const result = await read();
  await connection.query('COMMIT TRANSACTION', 'end the SNAPSHOT transaction');
  return result;
}
