import { versionOrder } from './change-tracking';
import { gap, type ChangedTable } from './changed-table';
import type { ChangeMark } from '../../contract';
import { LegacyToS3Error } from '../api/errors';
import type { QueryParameter } from '../rows/objects/read-rows';
import { quoteTable } from '../source/catalog/identifiers';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';

/** Tables of one statement. */
export const PROBED_AT_ONCE = 100;

/** A table that is looked at. */
export interface ProbedTable extends Pick<ChangedTable, 'schema' | 'table'> {
  readonly objectId: number;
  /** Mark of the run before. */
  readonly from: ChangeMark;
  /** Order from which changes are looked for: that of the mark, or a later one up to which there were none. */
  readonly since: string;
}

/** What a look at a table told. */
export interface Probe {
  /** Whether anything changed since. */
  readonly changed: boolean;
  /** Order of a mark up to which nothing changed, where this look tells it. */
  readonly unchangedTo?: string;
  /** Of code CHANGES_GAP, where what changed since cannot be told. */
  readonly gap?: LegacyToS3Error;
}

/**
 * Looks which tables with Change Tracking have changed since their marks, at most 100 by one statement. What is told to be unchanged was so
 * when the statement began; what is told to be changed is looked at again by whoever reads it.
 *
 * @returns in the order of the tables
 */
export async function probeTracked(connection: SqlServerConnection, tables: readonly ProbedTable[]): Promise<Probe[]> {
  const probes: Probe[] = [];
  for (let at = 0; at < tables.length; at += PROBED_AT_ONCE) probes.push(...await probeBatch(connection, tables.slice(at, at + PROBED_AT_ONCE)));
  return probes;
}

async function probeBatch(connection: SqlServerConnection, tables: readonly ProbedTable[]): Promise<Probe[]> {
  const parameters = tables.map(({ since }, at): QueryParameter => ({ name: `from${at}`, type: 'BigInt', value: String(BigInt(since)) }));
  const rows = await connection.query(probeSql(tables), 'look which tables have changed', parameters);
  const byNumber = new Map(rows.map((row) => [Number(row.n), row]));
  return tables.map((table, at) => {
    const { least_version: least, changed } = byNumber.get(at) ?? {};
    if (typeof least !== 'string') return { changed: true, gap: gap(table, table.from, 'the table tells no least valid version: its Change Tracking was disabled, or the login lacks VIEW CHANGE TRACKING') };
    if (table.since < versionOrder(least)) {
      return { changed: true, gap: gap(table, table.from, `the least valid version is ${least}: what came before was cleaned up, or the table was truncated`) };
    }
    return { changed: Number(changed) === 1 };
  });
}

/** One row a table; names go into the statement quoted, versions as parameters. */
export function probeSql(tables: ReadonlyArray<Pick<ProbedTable, 'schema' | 'table' | 'objectId'>>): string {
  return tables.map(({ schema, table, objectId }, at) => (
    `SELECT ${at} AS n, CONVERT(varchar(20), CHANGE_TRACKING_MIN_VALID_VERSION(${objectId})) AS least_version, `
    + `CASE WHEN EXISTS (SELECT 1 FROM CHANGETABLE(CHANGES ${quoteTable(schema, table)}, @from${at}) AS ct) THEN 1 ELSE 0 END AS changed`)).join('\nUNION ALL\n');
}
