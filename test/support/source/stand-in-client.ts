import sql from 'mssql';
import type { SqlServerSource } from '../../../src/extractor/doors/public';
import type { StandIn } from '../../../tools/stand-in';

/** A client of the stand-in's own database, for tests that change what is in it. @param requestTimeout milliseconds */
export async function connectClient({ host, port, user, password, database }: StandIn, requestTimeout = 15_000): Promise<sql.ConnectionPool> {
  return new sql.ConnectionPool({ server: host, port, user, password, database, requestTimeout, options: { encrypt: false } }).connect();
}

/** The stand-in's own database, as the extractor is told of it. */
export function sourceOf({ host, port, user, password, database }: StandIn): SqlServerSource {
  return { server: host, port, database, user, password, encrypt: false };
}
