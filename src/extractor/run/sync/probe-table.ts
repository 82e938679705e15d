import { isOneLineage, type ChainLink, type ChangeMark } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import { gap } from '../../changes/changed-table';
import type { Probe } from '../../changes/probe-changes';
import { changesOf } from '../../changes/table-ways';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import type { ReadJob } from '../context/read-job';

/**
 * Looks whether the changes of a table can be read, and whether there can be any, of ways that are asked table by table. Captured changes
 * are older than the table: until capture has passed what a load shows, they would take rows back.
 *
 * @throws LegacyToS3Error as the source refuses it
 */
export async function probeTable(
  connection: SqlServerConnection, { planned, table }: NonNullable<ReadJob['changes']>, { mark, shows, unchangedTo }: ChainLink & { readonly mark: ChangeMark },
): Promise<Probe> {
  const way = changesOf(planned.way, table);
  // What is told to be unchanged may be cleaned up.
  const from: ChangeMark = unchangedTo === undefined ? mark : { ...mark, order: unchangedTo };
  try {
    if (!from.lineage.startsWith(`${table.identity.database}/${table.identity.objectId}@${table.identity.created}/`)) {
      throw gap(table, from, `it is of ${from.lineage}: another table, or another database`);
    }
    await way.check(connection, from);
    if (!way.hasPassed) return { changed: true };
    const to = await way.mark(connection);
    if (!isOneLineage(from, to)) throw gap(table, from, `it is of ${from.lineage}, and the source is ${to.lineage} now`);
    if (to.order <= from.order || (shows !== undefined && !await way.hasPassed(connection, shows))) return { changed: false };
    return await way.hasChanged?.(connection, from, to) === false ? { changed: false, unchangedTo: to.order } : { changed: true };
  } catch (error) {
    if (error instanceof LegacyToS3Error && error.code === 'CHANGES_GAP') return { changed: true, gap: error };
    throw error;
  }
}
