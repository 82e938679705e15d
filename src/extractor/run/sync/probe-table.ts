import { isOneLineage, type ChangeMark } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { PlannedTable } from '../../api/extraction-plan';
import { gap } from '../../changes/changed-table';
import type { Probe } from '../../changes/probe-changes';
import { changesOf } from '../../changes/table-ways';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import { changedTable } from '../chunks/table-job';

/**
 * Looks whether the changes of a table can be read, and whether there can be any, of ways that are asked table by table. Captured changes
 * are left to a later sync until they have passed the time of the mark: a base may be newer than they are.
 *
 * @throws LegacyToS3Error as the source refuses it
 */
export async function probeTable(connection: SqlServerConnection, planned: PlannedTable, from: ChangeMark): Promise<Probe> {
  const table = changedTable(planned)!;
  const way = changesOf(planned.changes!.way, table);
  try {
    if (!from.lineage.startsWith(`${table.identity.database}/${table.identity.objectId}@${table.identity.created}/`)) {
      throw gap(table, from, `it is of ${from.lineage}: another table, or another database`);
    }
    await way.check(connection, from);
    if (!way.hasPassed) return { changed: true };
    const to = await way.mark(connection);
    if (!isOneLineage(from, to)) throw gap(table, from, `it is of ${from.lineage}, and the source is ${to.lineage} now`);
    return { changed: to.order > from.order && await way.hasPassed(connection, from.at) };
  } catch (error) {
    if (error instanceof LegacyToS3Error && error.code === 'CHANGES_GAP') return { changed: true, gap: error };
    throw error;
  }
}
