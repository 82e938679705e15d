import { FOREIGN_KEYS_SQL, INDEXES_SQL } from './catalog-queries';
import type { NamedTable } from './table-patterns';
import type { ManifestForeignKey, ManifestIndex } from '../../../contract';
import type { SqlServerConnection } from '../connection/sql-server-connection';

/** What the catalog says of a table that does not bear on how it is read. */
export interface TableRelations {
  readonly indexes: readonly ManifestIndex[];
  readonly foreignKeys: readonly ManifestForeignKey[];
}

/** Reads indexes and foreign keys of all tables the login may see. @returns a lookup */
export async function readRelations(connection: SqlServerConnection): Promise<(table: NamedTable) => TableRelations> {
  const indexes = new Grouped<ManifestIndex>();
  await connection.stream(INDEXES_SQL, 'list the indexes', ([schema, table, name, type, unique, included, column]) => {
    const isIncluded = Number(included) === 1;
    indexes.add(schema, table, name, isIncluded ? undefined : column, isIncluded ? column : undefined, (keyColumns, includedColumns) => ({
      name: String(name),
      unique: Number(unique) === 1,
      clustered: Number(type) === 1,
      keyColumns,
      ...(includedColumns.length > 0 && { includedColumns }),
    }));
  });
  const foreignKeys = new Grouped<ManifestForeignKey>();
  await connection.stream(FOREIGN_KEYS_SQL, 'list the foreign keys', ([schema, table, name, referencedSchema, referencedTable, column, referenced]) => {
    foreignKeys.add(schema, table, name, column, referenced, (columns, referencedColumns) => ({
      name: String(name), columns, referencedSchema: String(referencedSchema), referencedTable: String(referencedTable), referencedColumns,
    }));
  });
  return (table) => ({ indexes: indexes.of(table), foreignKeys: foreignKeys.of(table) });
}

/** Things of tables that come as one row a column. */
class Grouped<Thing> {
  private readonly tables = new Map<string, Map<string, () => Thing>>();
  private readonly lists = new Map<() => Thing, [string[], string[]]>();

  /** @param make makes the thing of its two lists of columns, when all have come */
  public add(
    schema: unknown, table: unknown, name: unknown, first: unknown, second: unknown, make: (first: string[], second: string[]) => Thing,
  ): void {
    const key = keyOf({ schema: String(schema), table: String(table) });
    const things = this.tables.get(key) ?? new Map<string, () => Thing>();
    this.tables.set(key, things);
    let thing = things.get(String(name));
    if (!thing) {
      const lists: [string[], string[]] = [[], []];
      thing = () => make(...lists);
      things.set(String(name), thing);
      this.lists.set(thing, lists);
    }
    const [firsts, seconds] = this.lists.get(thing)!;
    if (first !== undefined) firsts.push(String(first));
    if (second !== undefined) seconds.push(String(second));
  }

  public of(table: NamedTable): Thing[] {
    return [...this.tables.get(keyOf(table))?.values() ?? []].map((make) => make());
  }
}

function keyOf({ schema, table }: NamedTable): string {
  return JSON.stringify([schema, table]);
}
