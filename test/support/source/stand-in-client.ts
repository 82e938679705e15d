import sql from 'mssql';
import type { StandIn } from '../../../tools/stand-in';

/** A client of the stand-in's own database, for tests that change what is in it. */
export async function connectClient({ host, port, user, password, database }: StandIn): Promise<sql.ConnectionPool> {
  return new sql.ConnectionPool({ server: host, port, user, password, database, options: { encrypt: false } }).connect();
}
