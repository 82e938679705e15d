import type { ChangeChain } from '../../../contract';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import { linkKey } from '../../state/chain-store';

const NAMES_SQL = 'SELECT s.name AS [schema], o.name AS [table] FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id WHERE o.type IN (\'U\', \'V\')';

/**
 * What earlier runs landed and the source has no more, or shows no more to this login; what it has and these options leave out is not
 * among it. In `schema.table`.
 *
 * @param seen the tables that the options choose, by {@link linkKey}
 */
export async function goneTables(connection: SqlServerConnection, { tables }: ChangeChain, seen: ReadonlySet<string>): Promise<string[]> {
  const missing = Object.keys(tables).filter((key) => !seen.has(key));
  if (missing.length === 0) return [];
  const there = new Set((await connection.query(NAMES_SQL, 'look which landed tables are still there')).map(({ schema, table }) => (
    linkKey({ schema: String(schema), table: String(table) }))));
  return missing.filter((key) => !there.has(key)).map((key) => (JSON.parse(key) as string[]).join('.'));
}
