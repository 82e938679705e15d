import { landDeletes } from './land-deletes';
import { landRows, objectsOf, type ChunkReading } from './land-rows';
import { landSpellings } from './land-spellings';
import { countedRows, laterRows } from './take-mark';
import {
  CHANGE_FIELD_IDS, CHANGE_ROLES, changeColumns, isChangeColumn, isOneLineage,
  type ChangeMark, type ChangeRole, type ManifestColumn, type ManifestObject,
} from '../../../contract';
import { counted } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';
import { gap, keyOf, type ChangedTable } from '../../changes/changed-table';
import { keyColumns } from '../../changes/key-equality';
import type { ChangeStatements } from '../../changes/table-changes';
import { changesOf } from '../../changes/table-ways';
import type { ReadRowsResult } from '../../rows/objects/read-rows';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import type { ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';
import { countOf } from '../tables/table-total';

/**
 * Reads what changed in a table since the mark of its job, in the open transaction: newest values, their keys, keys of deleted rows. Whether
 * the changes since then could all be learnt is asked before, and once more behind them.
 *
 * @returns what compares the rows with what the source counts of them, and tells what was landed
 * @throws LegacyToS3Error of code CHANGES_GAP; of code COUNT_MISMATCH by `check` where the source counts others
 */
export async function readChanges(context: RunContext, connection: SqlServerConnection, job: ReadJob, reading: ChunkReading) {
  const { planned, table } = job.changes!;
  const from = planned.from as ChangeMark;
  const way = changesOf(planned.way, table);
  const to = await way.mark(connection, reading.begin);
  refuseOtherLineage(table, from, to, planned.unchangedTo);
  const since = planned.unchangedTo === undefined ? from : { ...from, order: planned.unchangedTo };
  await way.check(connection, since);
  const statements = way.statements(since, to);
  const read: { [role in ChangeRole]?: ReadRowsResult } = {};
  for (const role of CHANGE_ROLES) {
    const statement = statements[role];
    if (!statement) continue;
    read[role] = await landRows(context, connection, job, { ...statement, role, columnIds: idsOf(job, role) }, reading.progress, reading.waits);
    refuseOtherColumns(job, role, read[role].columns);
  }
  const found = statements.all && read.keys && await landDeletes(context, connection, job, reading, {
    all: statements.all,
    from: planned.from as ChangeMark,
    to,
    columns: read.keys.columns,
    changed: objectsOf(context, job, read.keys, 'keys'),
    columnIds: idsOf(job, 'deletes'),
    keyIds: idsOf(job, 'keys'),
  });
  const spellings = statements.changed && read.keys
    && await landSpellings(context, connection, job, reading, {
      changed: statements.changed, firstFile: read.keys.files.length, columns: read.keys.columns, columnIds: idsOf(job, 'keys'),
    });
  return {
    check: async () => {
      const { keyRows, ...told } = await countChanges(connection, job, statements);
      await way.check(connection, since);
      refuseOtherCounts(job, read, told, { statements, keyRows });
      const hasChanges = told.inserts + told.updates + told.deletes + (found?.rows ?? 0) > 0;
      const sums = { ...told, deletes: told.deletes + (found?.rows ?? 0) };
      const allKeys = keyRows + (spellings?.rows ?? 0);
      const landedKeys = (spellings?.objects ?? []).reduce((sum, { rows }) => sum + rows, 0);
      if (landedKeys !== (spellings?.rows ?? 0)) throw new LegacyToS3Error('COUNT_MISMATCH', `${job.subject}: ${landedKeys} of ${counted(spellings!.rows, 'spelling')} landed`);
      const roles = CHANGE_ROLES.filter((role) => read[role]);
      const named = read.keys ?? read.deletes ? keyOf(table).map(({ landed }) => landed) : [];
      const changes = read.changes!;
      const later = await laterRows(context, connection, job, { from, to });
      const alterations = changes.alterations.filter(({ column }) => !changeColumns().some(({ name }) => name === column));
      return {
        columns: changes.columns.filter((column) => !isChangeColumn(column)),
        rows: changes.rows,
        sourceRows: String(sums.inserts + sums.updates),
        mark: hasChanges ? way.moved?.(from, to) ?? to : keptMark(from, to),
        changes: {
          from,
          keyColumns: keyColumns(changes.columns, named),
          ...sums,
          ...(read.keys && allKeys !== sums.inserts + sums.updates && { keyRows: allKeys }),
          deletesSeen: way.deletesSeen,
          ...later.seen,
        },
        ...later.counted,
        ...await countedRows(context, connection, job),
        wireBytes: roles.reduce((sum, role) => sum + read[role]!.wireBytes, (spellings?.wireBytes ?? 0) + (found?.wireBytes ?? 0)),
        ...(alterations.length > 0 && { alterations }),
        ...(Object.keys(changes.rowsOffKernel).length > 0 && { rowsOffKernel: changes.rowsOffKernel }),
        objects: CHANGE_ROLES.flatMap((role): readonly ManifestObject[] => [
          ...(read[role] ? objectsOf(context, job, read[role], role) : []), ...(role === 'keys' ? spellings?.objects ?? [] : []), ...(role === 'deletes' ? found?.objects ?? [] : []),
        ]),
      };
    },
  };
}

/** Of a run without changes, whose position may be that of the run before, with no number behind it. */
function keptMark(from: ChangeMark, to: ChangeMark): ChangeMark {
  return to.order < from.order ? { ...to, order: from.order } : to;
}

/** @throws LegacyToS3Error of code CHANGES_GAP */
function refuseOtherLineage(table: ChangedTable, from: ChangeMark, to: ChangeMark, seen = from.order): void {
  if (!isOneLineage(from, to)) {
    throw gap(table, from, `it is of ${from.lineage}, and the source is ${to.lineage} now: another table, database or recording of changes, or it was truncated`);
  }
  if (to.order < seen.split('.')[0]) throw gap(table, from, `the source is at ${to.order} now, and went back`);
}

/** Field ids of what a statement selects. */
export function idsOf({ columnIds, changes }: ReadJob, role: ChangeRole): number[] | undefined {
  if (!columnIds) return undefined;
  const { columns, key } = changes!.table;
  const own = role === 'changes' ? columnIds : key.map((name) => columnIds[columns.findIndex((column) => column.name === name)]);
  return role === 'keys' ? [...own] : [...own, ...Object.values(CHANGE_FIELD_IDS)];
}

/** The files of all runs and ways are of one shape. @throws LegacyToS3Error of code INTERNAL */
function refuseOtherColumns({ subject, columnIds }: ReadJob, role: ChangeRole, columns: readonly ManifestColumn[]): void {
  const shape = (of: readonly ManifestColumn[]) => JSON.stringify(of.map(({ name, sourceType, outputType }) => [name, sourceType, outputType]));
  const wanted = role === 'keys' ? [] : changeColumns();
  const found = columnIds ? columns.filter(isChangeColumn) : columns.slice(columns.length - wanted.length);
  if (shape(found) === shape(wanted)) return;
  throw new LegacyToS3Error('INTERNAL', `${subject}: the ${role} came with ${shape(found)}, expected ${shape(wanted)}`);
}

interface ChangeSums {
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
}

async function countChanges(
  connection: SqlServerConnection, { subject }: ReadJob, { counts }: ChangeStatements,
): Promise<ChangeSums & { readonly keyRows: number }> {
  const [row] = await connection.query(counts.sql, `count the changes of ${subject}`, counts.parameters);
  const of = (name: string) => Number(countOf(row?.[name], subject));
  const sums = { inserts: of('inserts'), updates: of('updates'), deletes: of('deletes') };
  return { ...sums, keyRows: row?.key_rows === undefined ? sums.inserts + sums.updates : of('key_rows') };
}

function refuseOtherCounts(
  { subject }: ReadJob, read: { readonly [role in ChangeRole]?: ReadRowsResult }, sums: ChangeSums,
  { statements, keyRows }: { readonly statements: ChangeStatements; readonly keyRows: number },
): void {
  const wanted: { readonly [role in ChangeRole]: number } = { changes: sums.inserts + sums.updates, keys: keyRows, deletes: sums.deletes };
  for (const role of CHANGE_ROLES) {
    const rows = read[role]?.rows;
    if (!statements[role] || rows === wanted[role]) continue;
    throw new LegacyToS3Error('COUNT_MISMATCH', `${subject}: ${counted(rows ?? 0, 'row')} of ${role} landed, but the source counts ${wanted[role]} in the same transaction `
      + `(${sums.inserts} inserts, ${sums.updates} updates, ${sums.deletes} deletes)`);
  }
}
