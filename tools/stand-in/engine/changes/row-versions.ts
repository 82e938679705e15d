import { DuckDBConnection } from '@duckdb/node-api';
import { ColumnEntry, DatabaseEntry, TableEntry } from '../catalog';
import { quoteName } from '../identifiers';

/** Rows that are there when a table gets a rowversion get theirs one after the other. */
export async function giveRowVersions(
  connection: DuckDBConnection, { changes }: DatabaseEntry, { duckName }: TableEntry, { name }: ColumnEntry,
): Promise<void> {
  const [[last]] = (await connection.runAndReadAll(`SELECT max(rowid) FROM ${duckName}`)).getRows();
  const taker = {};
  const base = changes.takeRowVersions(taker, last === null ? 0 : Number(last) + 1);
  await connection.run(`UPDATE ${duckName} SET ${quoteName(name)} = bigint_to_bytes(${base} + 1 + rowid, 8)`);
  changes.releaseRowVersions(taker);
}
