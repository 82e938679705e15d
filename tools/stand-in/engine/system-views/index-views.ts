import { DatabaseEntry, IndexEntry, TableEntry } from '../catalog';
import { Cell, SystemView, ticks } from './system-view';

/** Each index of each table; a table without a clustered one has its heap, index 0, first. */
export function* storedIndexes(database: DatabaseEntry): Generator<[TableEntry, IndexEntry]> {
  for (const table of database.userTables()) {
    if (!table.indexes.some((index) => index.id === 1) && !table.facts?.memoryOptimized) {
      yield [table, { id: 0, name: null, unique: false, columns: [] }];
    }
    for (const index of table.indexes) {
      yield [table, index];
    }
  }
}

/** type of sys.indexes. */
function typeOf({ id, hash, hypothetical }: IndexEntry): number {
  return hash ? 7 : hypothetical?.clustered ? 1 : Math.min(id, 2);
}

const columnId = (table: TableEntry, name: string) => table.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())!.id;

export const INDEX_VIEWS: SystemView[] = [
  {
    schema: 'sys',
    name: 'indexes',
    columns: ['object_id int', 'name sysname null', 'index_id int', 'type tinyint', 'type_desc nvarchar(60) null', 'is_unique bit null', 'data_space_id int null',
      'ignore_dup_key bit null', 'is_primary_key bit null', 'is_unique_constraint bit null', 'fill_factor tinyint', 'is_padded bit null', 'is_disabled bit null',
      'is_hypothetical bit null', 'is_ignored_in_optimization bit null', 'allow_row_locks bit null', 'allow_page_locks bit null', 'has_filter bit null',
      'filter_definition nvarchar(max) null', 'compression_delay int null', 'auto_created bit null', 'optimize_for_sequential_key bit null'],
    rows: (database) => [...storedIndexes(database)].map(([table, index]): Cell[] => [
      table.objectId, index.name, index.id, typeOf(index), { 0: 'HEAP', 1: 'CLUSTERED', 2: 'NONCLUSTERED', 7: 'NONCLUSTERED HASH' }[typeOf(index)]!, index.unique,
      (index.id < 2 && table.partitioning?.scheme.id) || 1,
      false, index.constraint === 'primary', index.constraint === 'unique', 0, false, index.disabled ?? false, index.hypothetical !== undefined, false, true, true,
      index.filter !== undefined, index.filter === undefined ? null : `(${index.filter})`, null, false, false,
    ]),
  },
  {
    schema: 'sys',
    name: 'index_columns',
    columns: ['object_id int', 'index_id int', 'index_column_id int', 'column_id int', 'key_ordinal tinyint', 'partition_ordinal tinyint', 'is_descending_key bit null',
      'is_included_column bit null', 'column_store_order_ordinal tinyint'],
    rows: (database) => [...storedIndexes(database)].flatMap(([table, index]) => {
      const partitioned = index.id < 2 ? table.partitioning?.column.toLowerCase() : undefined;
      const isPartitioned = ({ name }: { readonly name: string }) => name.toLowerCase() === partitioned;
      const rows = index.columns.map((column, at): Cell[] => [
        table.objectId, index.id, at + 1, columnId(table, column.name), column.included ? 0 : at + 1, isPartitioned(column) ? 1 : 0,
        column.descending, column.included, 0,
      ]);
      // The column a heap, or an index of other columns, is partitioned by is told as well.
      if (partitioned !== undefined && !index.columns.some(isPartitioned)) {
        rows.push([table.objectId, index.id, rows.length + 1, columnId(table, partitioned), 0, 1, false, false, 0]);
      }
      return rows;
    }),
  },
  {
    schema: 'sys',
    name: 'key_constraints',
    columns: ['name sysname', 'object_id int', 'principal_id int null', 'schema_id int', 'parent_object_id int', 'type char(2)', 'type_desc nvarchar(60) null',
      'create_date datetime', 'modify_date datetime', 'is_ms_shipped bit', 'is_published bit', 'is_schema_published bit', 'unique_index_id int null',
      'is_system_named bit', 'is_enforced bit null'],
    rows: (database) => [...storedIndexes(database)].filter(([, index]) => index.constraint).map(([table, index]): Cell[] => [
      index.name!, index.keyObjectId!, null, database.schema(table.schema)!.id, table.objectId, index.constraint === 'primary' ? 'PK' : 'UQ',
      index.constraint === 'primary' ? 'PRIMARY_KEY_CONSTRAINT' : 'UNIQUE_CONSTRAINT', ticks(table.created), ticks(table.created), false, false, false, index.id,
      false, true,
    ]),
  },
  {
    schema: 'sys',
    name: 'foreign_keys',
    columns: ['name sysname', 'object_id int', 'principal_id int null', 'schema_id int', 'parent_object_id int', 'type char(2)', 'type_desc nvarchar(60) null',
      'create_date datetime', 'modify_date datetime', 'is_ms_shipped bit', 'is_published bit', 'is_schema_published bit', 'referenced_object_id int null',
      'key_index_id int null', 'is_disabled bit', 'is_not_for_replication bit', 'is_not_trusted bit', 'delete_referential_action tinyint null',
      'delete_referential_action_desc nvarchar(60) null', 'update_referential_action tinyint null', 'update_referential_action_desc nvarchar(60) null', 'is_system_named bit'],
    rows: (database) => database.userTables().flatMap((table) => table.foreignKeys.map((foreign): Cell[] => [
      foreign.name, foreign.objectId, null, database.schema(table.schema)!.id, table.objectId, 'F ', 'FOREIGN_KEY_CONSTRAINT', ticks(table.created), ticks(table.created),
      false, false, false, foreign.referencedTable.objectId, 1, false, false, false, 0, 'NO_ACTION', 0, 'NO_ACTION', false,
    ])),
  },
  {
    schema: 'sys',
    name: 'foreign_key_columns',
    columns: ['constraint_object_id int', 'constraint_column_id int', 'parent_object_id int', 'parent_column_id int', 'referenced_object_id int', 'referenced_column_id int'],
    rows: (database) => database.userTables().flatMap((table) => table.foreignKeys.flatMap((foreign) => foreign.columns.map((column, at): Cell[] => [
      foreign.objectId, at + 1, table.objectId, columnId(table, column), foreign.referencedTable.objectId,
      columnId(foreign.referencedTable, foreign.referencedColumns[at]),
    ]))),
  },
];
