import mssql from 'mssql';
import { connect, ConnectOptions } from '../mssql-client';
import { Running } from '../running';

/** Connections of their own, each one session, closed after the tests of the file. */
export function sessions(running: Running): (options?: ConnectOptions) => Promise<mssql.ConnectionPool> {
  const pools: mssql.ConnectionPool[] = [];
  afterAll(async () => {
    await Promise.all(pools.map(async (pool) => pool.close()));
  });
  return async (options = {}) => {
    const pool = await connect(running.standIn, { ...options, pool: 1 });
    pools.push(pool);
    return pool;
  };
}

/** Rows of a query, as arrays of their values. */
export async function rows(pool: mssql.ConnectionPool, sql: string): Promise<unknown[][]> {
  const request = pool.request();
  request.arrayRowMode = true;
  return (await request.query(sql)).recordset as unknown as unknown[][];
}

/** The one value of a query. */
export async function scalar(pool: mssql.ConnectionPool, sql: string): Promise<unknown> {
  return (await rows(pool, sql))[0][0];
}

/** Number of the error that a batch ends with. */
export async function errorOf(pool: mssql.ConnectionPool, sql: string): Promise<number | undefined> {
  try {
    await pool.request().batch(sql);
    return undefined;
  } catch (error) {
    return (error as { number?: number }).number;
  }
}
