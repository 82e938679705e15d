import { type SourceLogin, withSource } from './source-connection';

/** Rows of each table by `schema.table`, counted by COUNT_BIG over a client that is not the extractor. */
export async function countSource(login: SourceLogin): Promise<ReadonlyMap<string, number>> {
  return withSource(login, async (pool) => {
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
  });
}
