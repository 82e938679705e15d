import { quoteTable } from './identifiers';
import type { OtherObject } from './table-patterns';
import type { SqlServerConnection } from '../connection/sql-server-connection';

/** Views, synonyms and table-valued functions (inline, of several statements, of an assembly), by `type` of sys.objects. */
export const OTHER_OBJECTS_SQL = `
SELECT s.name AS schema_name, o.name AS object_name, RTRIM(o.type) AS type, y.base_object_name
FROM sys.objects AS o
JOIN sys.schemas AS s ON s.schema_id = o.schema_id
LEFT JOIN sys.synonyms AS y ON y.object_id = o.object_id
WHERE o.is_ms_shipped = 0 AND o.type IN ('V', 'SN', 'IF', 'TF', 'FT')
ORDER BY s.name, o.name`;

/** What the login sees beside tables. */
export async function readOtherObjects(connection: SqlServerConnection): Promise<OtherObject[]> {
  const rows = await connection.query(OTHER_OBJECTS_SQL, 'list what is no table');
  return rows.map((row) => {
    const [schema, table] = [String(row.schema_name), String(row.object_name)];
    return { schema, table, advice: `${quoteTable(schema, table)} is ${adviceOf(String(row.type).trim(), row.base_object_name)}` };
  });
}

function adviceOf(type: string, base: unknown): string {
  switch (type) {
    case 'V': return 'a view, which lands with includeViews (--include-views)';
    case 'SN': return `a synonym of ${String(base)}: name that, where it is a table of this database, or read it by a query (query, --query)`;
    default: return 'a table-valued function, which a query (query, --query) reads';
  }
}
