import { CHANGE_COLUMNS, CHANGE_FIELD_IDS, ChangeRole, changesContradictions, isChangeColumn, ManifestColumn, objectsOfRole } from '../../../contract';
import { DataFile, dataFile, FileContent } from '../../spec/data-file';
import { IcebergError } from '../../spec/errors';
import { Field, LandedField } from '../../spec/schema';
import { ProvenFile, proveFiles, TableRun } from '../table-run';
import { Workplace } from '../workplace';

/** Files of a run of changes whose footers say what the manifest says; those without rows are left out. */
export type ProvenChanges = { readonly [role in ChangeRole]: readonly ProvenFile[] };

/** Columns of the landed table, without those that tell of changes. */
export function tableColumns({ table }: TableRun): ManifestColumn[] {
  return table.columns.filter((column) => !isChangeColumn(column));
}

/** Columns that tell of changes, as history has them. */
export function changeColumns({ table }: TableRun): ManifestColumn[] {
  return CHANGE_COLUMNS.map((name, at): ManifestColumn => table.columns.find((column) => column.fieldId === CHANGE_FIELD_IDS[name]) ?? {
    name,
    ordinal: table.columns.length + at + 1,
    sourceType: name === '__committed_at' ? 'datetime2(3)' : 'varchar',
    nullable: true,
    outputType: name === '__committed_at' ? 'TIMESTAMP(MICROS)' : 'STRING',
    glueType: name === '__committed_at' ? 'timestamp' : 'string',
    fieldId: CHANGE_FIELD_IDS[name],
  });
}

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

/** Refuses a key by whose columns no engine finds rows. @throws IcebergError COLUMN_REFUSED, FILE_UNPROVEN when the table has not the column */
export function keyFields(run: TableRun, fields: readonly Field[], landed: readonly LandedField[]): { readonly fields: readonly Field[]; readonly names: readonly string[] } {
  const names = run.table.changes!.keyColumns;
  const found = names.map((name) => {
    const at = landed.findIndex(({ fileName }) => fileName === name);
    if (at < 0) throw new IcebergError('FILE_UNPROVEN', `'${run.manifestKey}' names the key column '${name}', which the table has not`);
    const { type } = fields[at];
    if (type === 'float' || type === 'double') {
      throw new IcebergError('COLUMN_REFUSED', `the key column '${name}' is ${type}, by which no rows are deleted (Iceberg spec, "Equality Delete Files"); the table is to be read whole`);
    }
    return fields[at];
  });
  return { fields: found, names };
}

/**
 * The entries of a run of changes in the landed table: equality deletes of all its keys, and the newest rows.
 *
 * @param fields of the table, in the order of `landed`
 */
export function deltaFiles(run: TableRun, proven: ProvenChanges, fields: readonly Field[], landed: readonly LandedField[]): DataFile[] {
  const key = keyFields(run, fields, landed);
  const deletes = (file: ProvenFile, names: readonly string[]): DataFile => (
    { ...dataFile(file, key.fields, names), content: FileContent.equalityDeletes, equalityIds: key.fields.map(({ id }) => id) });
  return [
    ...proven.keys.map((file) => deletes(file, key.names)),
    ...proven.deletes.map((file) => deletes(file, [...key.names, ...CHANGE_COLUMNS])),
    ...proven.changes.map((file) => dataFile(file, fields, [...landed.map(({ fileName }) => fileName), ...CHANGE_COLUMNS])),
  ];
}

/** The entries of a run of changes in its history. @param fields of the history, in the order of `landed`, those that tell of changes last */
export function historyFiles(run: TableRun, proven: ProvenChanges, fields: readonly Field[], landed: readonly LandedField[]): DataFile[] {
  const names = landed.map(({ fileName }) => fileName);
  const deleted = [...run.table.changes!.keyColumns, ...CHANGE_COLUMNS];
  return [
    ...proven.changes.map((file) => dataFile(file, fields, names)),
    ...proven.deletes.map((file) => dataFile(file, deleted.map((name) => fields[names.indexOf(name)]), deleted)),
  ];
}
