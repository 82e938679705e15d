import { ChangeRole, changesContradictions, columnsOfRole, objectsOfRole } from '../../../contract';
import { DataFile, dataFile, FileContent } from '../../spec/data-file';
import { IcebergError } from '../../spec/errors';
import { Field, LandedField } from '../../spec/schema';
import { ProvenFile, proveFiles, TableRun } from '../table-run';
import { Workplace } from '../workplace';

/** Files of a run of changes whose footers say what the manifest says; those without rows are left out. */
export type ProvenChanges = { readonly [role in ChangeRole]: readonly ProvenFile[] };

/**
 * Reads the footers of a run of changes.
 *
 * @throws IcebergError FILE_UNPROVEN when a file is not what the manifest says, or the files are not those of what the source counted
 */
export async function proveChanges(workplace: Workplace, run: TableRun): Promise<ProvenChanges> {
  const [problem] = changesContradictions(run.table);
  if (problem !== undefined) throw new IcebergError('FILE_UNPROVEN', `'${run.manifestKey}': ${problem}`);
  const prove = async (role: ChangeRole) => (
    proveFiles(workplace, { ...run, table: { ...run.table, objects: objectsOfRole(run.table.objects, role).filter(({ rows }) => rows > 0) } }));
  const [changes, keys, deletes] = [await prove('changes'), await prove('keys'), await prove('deletes')];
  return { changes, keys, deletes };
}

/**
 * Ids of the fields by which rows are the same.
 *
 * @param fields of the table, in the order of `landed`
 * @throws IcebergError COLUMN_REFUSED for a column by which no engine finds rows; FILE_UNPROVEN when the table has not the column
 */
function equalityIds({ manifestKey, table }: TableRun, fields: readonly Field[], landed: readonly LandedField[]): number[] {
  return table.changes!.keyColumns.map((name) => {
    const field = fields[landed.findIndex(({ fileName }) => fileName === name)];
    if (!field) throw new IcebergError('FILE_UNPROVEN', `'${manifestKey}' names the key column '${name}', which the table has not`);
    if (field.type === 'float' || field.type === 'double') {
      throw new IcebergError('COLUMN_REFUSED', `the key column '${name}' is ${field.type}, by which no rows are deleted (Iceberg spec, "Equality Delete Files"); the table is to be read whole`);
    }
    return field.id;
  });
}

/** The entries of files of a role; columns that the fields leave out, which tell of changes, are last in them. */
function filesOf(run: TableRun, proven: ProvenChanges, role: ChangeRole, fieldOf: ReadonlyMap<string, Field>): DataFile[] {
  const names = columnsOfRole(run.table, role).map(({ name }) => name);
  const fields = names.flatMap((name) => fieldOf.get(name) ?? []);
  return proven[role].map((file) => dataFile(file, fields, names));
}

function byFileName(fields: readonly Field[], landed: readonly LandedField[]): ReadonlyMap<string, Field> {
  return new Map(landed.map(({ fileName }, at) => [fileName, fields[at]]));
}

/** The entries of a run of changes in the landed table. */
export interface DeltaFiles {
  /** Equality deletes of what earlier runs landed of its rows, and of the rows that are gone. */
  readonly keys: readonly DataFile[];
  readonly deletes: readonly DataFile[];
  /** The newest rows. */
  readonly rows: readonly DataFile[];
}

/**
 * The entries of a run of changes in the landed table: equality deletes of all its keys, and the newest rows.
 *
 * @param fields of the table, in the order of `landed`
 */
export function deltaFiles(run: TableRun, proven: ProvenChanges, fields: readonly Field[], landed: readonly LandedField[]): DeltaFiles {
  const ids = equalityIds(run, fields, landed);
  const fieldOf = byFileName(fields, landed);
  const deletesOf = (role: ChangeRole) => filesOf(run, proven, role, fieldOf)
    .map((file): DataFile => ({ ...file, content: FileContent.equalityDeletes, equalityIds: ids }));
  return { keys: deletesOf('keys'), deletes: deletesOf('deletes'), rows: filesOf(run, proven, 'changes', fieldOf) };
}

/** The entries of a run of changes in its history. @param fields of the history, in the order of `landed` */
export function historyFiles(run: TableRun, proven: ProvenChanges, fields: readonly Field[], landed: readonly LandedField[]): DataFile[] {
  const fieldOf = byFileName(fields, landed);
  return (['changes', 'deletes'] as const).flatMap((role) => filesOf(run, proven, role, fieldOf));
}
