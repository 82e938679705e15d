import sql from 'mssql';

/** How to reach the source, as the stand-in says. */
export interface SourceLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Rows of each table by `schema.table`, counted by COUNT_BIG over a client that is not the extractor. */
export async function countSource(login: SourceLogin): Promise<ReadonlyMap<string, number>> {
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
    const { recordset: tables } = await pool.request().query<{ schema: string; name: string; quoted: string }>(`
      SELECT s.name AS [schema], t.name AS name, QUOTENAME(s.name) + N'.' + QUOTENAME(t.name) AS quoted
      FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id
      WHERE t.is_ms_shipped = 0
      ORDER BY s.name, t.name`);
    const counts = new Map<string, number>();
    for (const table of tables) {
      const { recordset } = await pool.request().query<{ rows: string }>(`SELECT COUNT_BIG(*) AS rows FROM ${table.quoted}`);
      counts.set(`${table.schema}.${table.name}`, Number(recordset[0].rows));
    }
    return counts;
  } finally {
    await pool.close();
  }
}
