import sql from 'mssql';

/** How to reach the source, as the stand-in says. */
export interface SourceLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Connects to the source with a client that is not the extractor, for as long as `use` takes. */
export async function withSource<T>(login: SourceLogin, use: (pool: sql.ConnectionPool) => Promise<T>): Promise<T> {
  const pool = await new sql.ConnectionPool({
    // By name: TLS names a host, not an address.
    server: 'localhost',
    port: login.port,
    user: login.user,
    password: login.password,
    database: login.database,
    options: { encrypt: true, trustServerCertificate: true },
  }).connect();
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}
