import type { ChangedTable } from '../../../src/extractor/changes/changed-table';
import { Encryption } from '../../../src/extractor/doors/public';
import { readTables } from '../../../src/extractor/source/catalog/read-catalog';
import { readFeatures } from '../../../src/extractor/source/catalog/source-features';
import { SqlServerConnection } from '../../../src/extractor/source/connection/sql-server-connection';
import type { StandIn } from '../../../tools/stand-in';

/** A connection of the extractor to a database of the stand-in. */
export async function openConnection({ host, port, user, password }: StandIn, database: string): Promise<SqlServerConnection> {
  return SqlServerConnection.open({
    host, port, user, password, database, encryption: Encryption.NONE, trustServerCertificate: true, connectTimeoutMs: 5000, connectRetryMs: 0,
  });
}

/** What a way is told of a table, from the catalog. */
export async function changedTable(connection: SqlServerConnection, name: string, settings: ChangedTable['settings'] = {}, rowFilter?: string): Promise<ChangedTable> {
  const tables = await readTables(connection, await readFeatures(connection));
  const { schema, table, identity, columns, primaryKey } = tables.find((each) => each.table === name)!;
  return {
    schema,
    table,
    identity: identity!,
    columns: columns.map((column) => ({ name: column.name, landed: column.name })),
    key: primaryKey,
    hint: '',
    settings,
    ...(rowFilter !== undefined && { rowFilter }),
  };
}
