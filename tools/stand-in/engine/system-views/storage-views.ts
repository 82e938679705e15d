import { maxLength } from '../../sql/type-declaration';
import { TableEntry } from '../catalog';
import { storedIndexes } from './index-views';
import { SystemView } from './system-view';

/** Bytes of data on an 8 KB page. */
const PAGE_BYTES = 8096;

/** Partition ids are made from the object and index, so that the views agree with each other. */
const hobtId = (table: TableEntry, indexId: number, partition: number) =>
  72057594037927936n + BigInt(partition - 1) * 1099511627776n + BigInt(table.objectId) * 64n + BigInt(indexId)
  + BigInt(table.switches ?? 0) * 1_125_899_906_842_624n;

/** An estimate: fixed columns in full, half of a bounded variable one, 200 bytes for a (max) one. */
function rowBytes(table: TableEntry): number {
  return 11 + table.columns.reduce((bytes, { type }) => {
    const length = maxLength(type);
    const variable = /^n?varchar$|^varbinary$|^sysname$|^sql_variant$/.test(type.name);
    return bytes + (length < 0 ? 200 : variable ? Math.min(length, 200) / 2 : length);
  }, 0);
}

const isLob = (table: TableEntry) => table.columns.some(({ type }) => maxLength(type) < 0 || ['text', 'ntext', 'image'].includes(type.name));

/** Row counts are DuckDB's own estimates, joined in when the view is read. */
const COUNTED = `
  SELECT p.*, coalesce(p.counted_rows, d.estimated_size, 0)::BIGINT AS row_count,
    ceil(coalesce(p.counted_rows, d.estimated_size, 0) * p.row_bytes / ${PAGE_BYTES})::BIGINT AS pages
  FROM {db}.sys.stand_in_partitions p
  LEFT JOIN duckdb_tables() d ON d.database_name = {dbtext} AND d.schema_name = p.schema_name AND d.table_name = p.table_name`;

export const STORAGE_VIEWS: SystemView[] = [
  {
    schema: 'sys',
    name: 'filegroups',
    columns: ['name sysname', 'data_space_id int', 'type char(2)', 'type_desc nvarchar(60) null', 'is_default bit null', 'is_system bit null'],
    rows: (database) => [
      ['PRIMARY', 1, 'FG', 'ROWS_FILEGROUP', true, false],
      ...(database.userTables().some(({ facts }) => facts?.memoryOptimized) ? [['MEMORY', 2, 'FX', 'MEMORY_OPTIMIZED_DATA_FILEGROUP', false, false]] : []),
    ],
  },
  {
    schema: 'sys',
    name: 'partition_functions',
    columns: ['name sysname', 'function_id int', 'type char(2)', 'type_desc nvarchar(60) null', 'fanout int', 'boundary_value_on_right bit', 'is_system bit'],
    rows: (database) => database.partitionFunctions.map(({ name, id, boundaries, right }) => [name, id, 'R ', 'RANGE', boundaries.length + 1, right, false]),
  },
  {
    schema: 'sys',
    name: 'partition_schemes',
    columns: ['name sysname', 'data_space_id int', 'type char(2)', 'type_desc nvarchar(60) null', 'is_default bit null', 'is_system bit null', 'function_id int'],
    rows: (database) => database.partitionSchemes.map(({ name, id, partitionFunction }) => [name, id, 'PS', 'PARTITION_SCHEME', false, false, partitionFunction.id]),
  },
  {
    schema: 'sys',
    name: 'partition_range_values',
    columns: ['function_id int', 'boundary_id int', 'parameter_id int', 'value sql_variant null'],
    rows: (database) => database.partitionFunctions.flatMap(({ id, variants }) => variants.map((variant, at) => [id, at + 1, 1, variant])),
  },
  {
    schema: 'sys',
    name: 'stand_in_partitions',
    columns: ['object_id int', 'index_id int', 'hobt_id bigint', 'schema_name sysname', 'table_name sysname', 'row_bytes float', 'has_lob bit',
      'in_memory bit', 'partition_number int', 'counted_rows bigint null'],
    rows: (database) => [...storedIndexes(database)].flatMap(([table, index]) => {
      const counted: ReadonlyArray<bigint | null> = (index.id < 2 ? table.partitioning?.rows : undefined) ?? [null];
      return counted.map((rows, at) => [
        table.objectId, index.id, hobtId(table, index.id, at + 1), table.schema, table.name,
        index.id < 2 || table.facts?.memoryOptimized ? rowBytes(table) : 20 + 8 * index.columns.length, index.id < 2 && isLob(table),
        table.facts?.memoryOptimized ?? false, at + 1, rows,
      ]);
    }),
  },
  {
    schema: 'sys',
    name: 'partitions',
    columns: ['partition_id bigint', 'object_id int', 'index_id int', 'partition_number int', 'hobt_id bigint', 'rows bigint', 'filestream_filegroup_id smallint',
      'data_compression tinyint', 'data_compression_desc nvarchar(60) null', 'xml_compression bit null', 'xml_compression_desc varchar(3) null'],
    query: `SELECT hobt_id, object_id, index_id, partition_number, hobt_id, row_count, 0::SMALLINT, 0::UTINYINT, 'NONE', false, 'OFF' FROM (${COUNTED})`,
  },
  {
    schema: 'sys',
    name: 'dm_db_partition_stats',
    columns: ['partition_id bigint null', 'object_id int', 'index_id int', 'partition_number int', 'in_row_data_page_count bigint null', 'in_row_used_page_count bigint null',
      'in_row_reserved_page_count bigint null', 'lob_used_page_count bigint null', 'lob_reserved_page_count bigint null', 'row_overflow_used_page_count bigint null',
      'row_overflow_reserved_page_count bigint null', 'used_page_count bigint null', 'reserved_page_count bigint null', 'row_count bigint null'],
    query: `SELECT hobt_id, object_id, index_id, partition_number, pages, pages + 1, pages + 8, lob, lob, 0::BIGINT, 0::BIGINT, pages + 1 + lob, pages + 8 + lob, row_count
      FROM (SELECT *, CASE WHEN has_lob THEN pages // 2 ELSE 0 END::BIGINT AS lob FROM (${COUNTED}))`,
  },
  {
    schema: 'sys',
    name: 'allocation_units',
    columns: ['allocation_unit_id bigint', 'type tinyint', 'type_desc nvarchar(60) null', 'container_id bigint', 'data_space_id int null', 'total_pages bigint',
      'used_pages bigint', 'data_pages bigint'],
    query: `SELECT hobt_id * 4 + 1, 1::UTINYINT, 'IN_ROW_DATA', hobt_id, 1::INTEGER, pages + 8, pages + 1, pages FROM (${COUNTED}) WHERE NOT in_memory
      UNION ALL SELECT hobt_id * 4 + 2, 2::UTINYINT, 'LOB_DATA', hobt_id, 1::INTEGER, pages // 2, pages // 2, 0::BIGINT FROM (${COUNTED}) WHERE has_lob AND NOT in_memory`,
  },
  {
    schema: 'sys',
    name: 'dm_db_xtp_table_memory_stats',
    columns: ['object_id int null', 'memory_allocated_for_table_kb bigint null', 'memory_used_by_table_kb bigint null', 'memory_allocated_for_indexes_kb bigint null',
      'memory_used_by_indexes_kb bigint null'],
    query: `SELECT object_id, any_value(pages) * 8 + 64, any_value(pages) * 8, 128::BIGINT, 64::BIGINT FROM (${COUNTED}) WHERE in_memory GROUP BY object_id`,
  },
];
