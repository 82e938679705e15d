import { TableEntry } from '../engine/catalog';
import { DefinitionContext } from '../engine/definitions';
import { duckTableName, quoteName } from '../engine/identifiers';
import { SqlError } from '../sql/errors';

const same = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();

/** What sp_rename says where the new name is there already. */
function taken(name: string, kind: 'COLUMN' | 'OBJECT'): SqlError {
  return new SqlError(15335, `Error: The new name '${name}' is already in use as a ${kind} name and would cause a duplicate that is not permitted.`, { severity: 11 });
}

/** Gives a column another name; it keeps its id, and its place in indexes. */
export async function renameColumn(table: TableEntry, from: string, to: string, context: DefinitionContext): Promise<void> {
  const column = table.columns.find((each) => same(each.name, from));
  if (!column) {
    throw new SqlError(15248, 'Either the parameter @objname is ambiguous or the claimed @objtype (COLUMN) is wrong.', { severity: 11 });
  }
  if (table.columns.some((each) => each !== column && same(each.name, to))) {
    throw taken(to, 'COLUMN');
  }
  if (!column.computed) {
    await context.connection.run(`ALTER TABLE ${table.duckName} RENAME COLUMN ${quoteName(column.name)} TO ${quoteName(to)}`);
  }
  const renamed = (name: string) => (same(name, from) ? to : name);
  context.databaseNamed(table.database)!.put({
    ...table,
    columns: table.columns.map((each) => (each === column ? { ...each, name: to } : each)),
    indexes: table.indexes.map((index) => ({ ...index, columns: index.columns.map((each) => ({ ...each, name: renamed(each.name) })) })),
    foreignKeys: table.foreignKeys.map((foreign) => ({ ...foreign, columns: foreign.columns.map(renamed) })),
    ...(table.partitioning && { partitioning: { ...table.partitioning, column: renamed(table.partitioning.column) } }),
  });
}

/** Gives a table another name; it stays the same object. */
export async function renameTable(table: TableEntry, to: string, context: DefinitionContext): Promise<void> {
  const database = context.databaseNamed(table.database)!;
  if (database.table(table.schema, to)) {
    throw taken(to, 'OBJECT');
  }
  await context.connection.run(`ALTER TABLE ${table.duckName} RENAME TO ${quoteName(to)}`);
  database.remove(table);
  database.put({ ...table, name: to, duckName: duckTableName(table.database, table.schema, to), firstName: table.firstName ?? table.name });
}
