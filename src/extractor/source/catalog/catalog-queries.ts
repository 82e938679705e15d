import type { SourceFeatures } from './source-features';

/** Bits of `flags` in {@link columnsSql}. */
export const COLUMN_FLAGS = {
  nullable: 1, computed: 2, masked: 4, encrypted: 8, nondeterministic: 16, columnSet: 32, fileStream: 64, droppedLedger: 128,
} as const;

/** Bits of `flags` in {@link tablesSql}. */
export const TABLE_FLAGS = { fileTable: 1, memoryOptimized: 2, external: 4, node: 8, edge: 16, droppedLedger: 32 } as const;

/** create_date of an object, as ISO 8601 without an offset. */
const created = (object: string) => `CONVERT(varchar(23), ${object}.create_date, 126) AS created`;

/**
 * Asks for the user tables, what kind each is of, and which object: ids of dropped columns count in max_column_id_used, the "Maximum
 * column ID ever used by this table" ("sys.tables (Transact-SQL)").
 */
export function tablesSql({ memoryTables, externalTables, graphs, ledgers }: Pick<SourceFeatures, 'memoryTables' | 'externalTables' | 'graphs' | 'ledgers'>): string {
  const flags = [
    flag('t.is_filetable', TABLE_FLAGS.fileTable),
    ...(memoryTables ? [flag('t.is_memory_optimized', TABLE_FLAGS.memoryOptimized)] : []),
    ...(externalTables ? [flag('t.is_external', TABLE_FLAGS.external)] : []),
    ...(graphs ? [flag('t.is_node', TABLE_FLAGS.node), flag('t.is_edge', TABLE_FLAGS.edge)] : []),
    ...(ledgers ? [flag('t.is_dropped_ledger_table', TABLE_FLAGS.droppedLedger)] : []),
  ];
  return `
SELECT t.object_id, s.name AS schema_name, t.name AS table_name, ${flags.join(' + ')} AS flags, ${created('t')}, t.max_column_id_used
FROM sys.tables AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0
ORDER BY s.name, t.name`;
}

function flag(column: string, bit: number): string {
  return `CASE WHEN ${column} = 1 THEN ${bit} ELSE 0 END`;
}

/** Asks for the views. */
export const VIEWS_SQL = `
SELECT v.object_id, s.name AS schema_name, v.name AS table_name, ${created('v')}
FROM sys.views AS v
JOIN sys.schemas AS s ON s.schema_id = v.schema_id
WHERE v.is_ms_shipped = 0
ORDER BY s.name, v.name`;

/** Asks which tables and views each view names, as far as the login may see definitions. */
export const VIEW_SOURCES_SQL = `
SELECT d.referencing_id, d.referenced_id
FROM sys.sql_expression_dependencies AS d
JOIN sys.views AS v ON v.object_id = d.referencing_id
WHERE d.referenced_id IS NOT NULL`;

/** Asks for the clustered indexes that are disabled: nothing can be read of their tables (error 8655). */
export const DISABLED_SQL = `
SELECT i.object_id, i.name AS index_name
FROM sys.indexes AS i
WHERE i.index_id = 1 AND i.is_disabled = 1`;

/**
 * Asks for history tables that lack their newest rows: of a memory-optimised table these are in an internal table until a
 * task moves them ("System-versioned temporal tables with memory-optimized tables"). Not before 2016.
 */
export const STAGED_HISTORY_SQL = `
SELECT t.history_table_id AS object_id, t.name AS table_name
FROM sys.tables AS t
WHERE t.is_memory_optimized = 1 AND t.temporal_type = 2`;

/** Asks for the memory of memory-optimised tables, which have no pages. Needs VIEW DATABASE (PERFORMANCE) STATE. Not before 2014. */
export const MEMORY_SIZES_SQL = `
SELECT m.object_id, m.memory_used_by_table_kb AS used_kb
FROM sys.dm_db_xtp_table_memory_stats AS m`;

/** Asks for the rows of memory-optimised tables, whichever of their indexes tells them. Not before 2014. */
export const MEMORY_ROWS_SQL = `
SELECT p.object_id, MAX(p.rows) AS estimated_rows
FROM sys.partitions AS p
JOIN sys.tables AS t ON t.object_id = p.object_id
WHERE t.is_memory_optimized = 1
GROUP BY p.object_id`;

/** Asks for the rows of heaps (index 0) and clustered indexes (index 1). */
export const ROW_ESTIMATES_SQL = `
SELECT p.object_id, SUM(p.rows) AS estimated_rows
FROM sys.partitions AS p
WHERE p.index_id IN (0, 1)
GROUP BY p.object_id`;

/** Asks for the pages of heaps and clustered indexes; LOB units (type 2) belong to the partition, others to its rowset. */
export const SIZES_SQL = `
SELECT p.object_id, SUM(a.used_pages) AS used_pages
FROM sys.partitions AS p
JOIN sys.allocation_units AS a ON a.container_id = CASE WHEN a.type = 2 THEN p.partition_id ELSE p.hobt_id END
WHERE p.index_id IN (0, 1)
GROUP BY p.object_id`;

/**
 * Asks for the key columns of primary keys and clustered row-store indexes, in key order; of memory-optimised tables also of
 * the other range indexes, each of which has all columns. Hypothetical indexes hold no rows and disabled ones keep nothing in
 * order, nor unique.
 */
export function keysSql({ memoryTables }: Pick<SourceFeatures, 'memoryTables'>): string {
  const isRange = memoryTables ? 'i.type = 2 AND t.is_memory_optimized = 1' : undefined;
  const [range, told] = isRange === undefined ? ['', '0'] : [` OR (${isRange})`, `CASE WHEN ${isRange} THEN 1 ELSE 0 END`];
  return `
SELECT i.object_id, i.index_id, CAST(i.type AS int) AS index_type, CAST(i.is_primary_key AS int) AS is_primary_key, ${told} AS is_range, c.name AS column_name
FROM sys.indexes AS i
JOIN sys.tables AS t ON t.object_id = i.object_id
JOIN sys.index_columns AS ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id
JOIN sys.columns AS c ON c.object_id = ic.object_id AND c.column_id = ic.column_id
WHERE (i.type = 1 OR i.is_primary_key = 1${range}) AND ic.key_ordinal > 0 AND i.is_hypothetical = 0 AND i.is_disabled = 0
ORDER BY i.object_id, i.index_id, ic.key_ordinal`;
}

/**
 * Asks for the key columns, in order, of the indexes that a range of all rows can be sought in: clustered and nonclustered row-store
 * ones, of memory-optimised tables the range indexes, that are enabled and have all rows.
 */
export const SOUGHT_INDEXES_SQL = `
SELECT i.object_id, i.index_id, c.name AS column_name
FROM sys.indexes AS i
JOIN sys.tables AS t ON t.object_id = i.object_id
JOIN sys.index_columns AS ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id
JOIN sys.columns AS c ON c.object_id = ic.object_id AND c.column_id = ic.column_id
WHERE t.is_ms_shipped = 0 AND i.type IN (1, 2) AND ic.key_ordinal > 0 AND i.is_hypothetical = 0 AND i.is_disabled = 0 AND i.has_filter = 0
ORDER BY i.object_id, i.index_id, ic.key_ordinal`;

/** Asks for the columns of all named indexes, key columns in their order before included ones. */
export const INDEXES_SQL = `
SELECT s.name AS schema_name, t.name AS table_name, i.name AS index_name, CAST(i.type AS int) AS index_type, CAST(i.is_unique AS int) AS is_unique,
  CAST(ic.is_included_column AS int) AS is_included, c.name AS column_name
FROM sys.indexes AS i
JOIN sys.tables AS t ON t.object_id = i.object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
JOIN sys.index_columns AS ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id
JOIN sys.columns AS c ON c.object_id = ic.object_id AND c.column_id = ic.column_id
WHERE t.is_ms_shipped = 0 AND i.name IS NOT NULL AND i.is_hypothetical = 0
ORDER BY i.object_id, i.index_id, ic.is_included_column, ic.key_ordinal, ic.index_column_id`;

/** Asks for the columns of all foreign keys, in their order. */
export const FOREIGN_KEYS_SQL = `
SELECT s.name AS schema_name, t.name AS table_name, f.name AS key_name, rs.name AS referenced_schema, r.name AS referenced_table,
  c.name AS column_name, rc.name AS referenced_column
FROM sys.foreign_keys AS f
JOIN sys.tables AS t ON t.object_id = f.parent_object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
JOIN sys.tables AS r ON r.object_id = f.referenced_object_id
JOIN sys.schemas AS rs ON rs.schema_id = r.schema_id
JOIN sys.foreign_key_columns AS k ON k.constraint_object_id = f.object_id
JOIN sys.columns AS c ON c.object_id = k.parent_object_id AND c.column_id = k.parent_column_id
JOIN sys.columns AS rc ON rc.object_id = k.referenced_object_id AND rc.column_id = k.referenced_column_id
ORDER BY f.parent_object_id, f.object_id, k.constraint_column_id`;

/** Asks for the partition functions of heaps and clustered indexes, and the column each is partitioned by. */
export const PARTITIONED_SQL = `
SELECT i.object_id, pf.function_id, pf.name AS function_name, pf.boundary_value_on_right AS is_right, c.name AS column_name
FROM sys.indexes AS i
JOIN sys.partition_schemes AS ps ON ps.data_space_id = i.data_space_id
JOIN sys.partition_functions AS pf ON pf.function_id = ps.function_id
JOIN sys.index_columns AS ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id AND ic.partition_ordinal = 1
JOIN sys.columns AS c ON c.object_id = ic.object_id AND c.column_id = ic.column_id
WHERE i.index_id IN (0, 1) AND i.is_hypothetical = 0`;

/** Asks for the rows and pages of the partitions of one table, by its quoted name. */
export const PARTITION_SIZES_SQL = `
SELECT p.partition_number, p.rows AS partition_rows, SUM(a.used_pages) AS used_pages
FROM sys.partitions AS p
JOIN sys.allocation_units AS a ON a.container_id = CASE WHEN a.type = 2 THEN p.partition_id ELSE p.hobt_id END
WHERE p.object_id = OBJECT_ID(@name0) AND p.index_id IN (0, 1)
GROUP BY p.partition_number, p.rows
ORDER BY p.partition_number`;

/**
 * Asks for the boundaries of a partition function, ascending.
 *
 * @param toText gives the text of the expression
 */
export function partitionBoundariesSql(functionId: number, type: string, toText: (expression: string) => string): string {
  return `
SELECT ${toText(`CONVERT(${type}, v.value)`)} AS boundary
FROM sys.partition_range_values AS v
WHERE v.function_id = ${Math.trunc(functionId)} AND v.parameter_id = 1
ORDER BY v.boundary_id`;
}

/**
 * Asks for the columns of the user tables, or of the views, in order; of what the catalog does not have nothing is asked. Persisted
 * columns repeat; of other computed ones COLUMNPROPERTY tells whether they are deterministic, or NULL to who may not know, which
 * counts as no.
 */
export function columnsSql(
  { masks, encryption, computedColumns, graphs, ledgers }: Pick<SourceFeatures, 'masks' | 'encryption' | 'computedColumns' | 'graphs' | 'ledgers'>,
  of: 'tables' | 'views' = 'tables',
): string {
  const { nullable, computed, masked, encrypted, nondeterministic, columnSet, fileStream, droppedLedger } = COLUMN_FLAGS;
  const where = (condition: string, bit: number) => `CASE WHEN ${condition} THEN ${bit} ELSE 0 END`;
  const flags = [
    flag('c.is_nullable', nullable), flag('c.is_computed', computed), flag('c.is_column_set', columnSet), flag('c.is_filestream', fileStream),
    ...(masks ? [flag('c.is_masked', masked)] : []),
    ...(encryption ? [where('c.encryption_type IS NOT NULL', encrypted)] : []),
    ...(computedColumns
      ? [where("c.is_computed = 1 AND ISNULL(k.is_persisted, 0) = 0 AND ISNULL(COLUMNPROPERTY(c.object_id, c.name, 'IsDeterministic'), 0) = 0", nondeterministic)] : []),
    ...(ledgers ? [flag('c.is_dropped_ledger_column', droppedLedger)] : []),
  ];
  const persisted = computedColumns ? '\nLEFT JOIN sys.computed_columns AS k ON k.object_id = c.object_id AND k.column_id = c.column_id' : '';
  return `
SELECT c.object_id, c.name, CAST(c.system_type_id AS int) AS type_id, c.user_type_id, CAST(c.max_length AS int) AS max_length,
  CAST(c.precision AS int) AS [precision], CAST(c.scale AS int) AS scale, c.collation_name,
  ${flags.join(' + ')} AS flags,
  ${graphs ? 'ISNULL(c.graph_type, 0)' : '0'} AS graph_type, c.column_id
FROM sys.columns AS c
JOIN sys.${of} AS t ON t.object_id = c.object_id${persisted}
WHERE t.is_ms_shipped = 0
ORDER BY c.object_id, c.column_id`;
}

/** Asks for the columns of one table, by its quoted name, as far as the login may read them. */
export const TABLE_COLUMNS_SQL = `
SELECT c.name, CAST(c.system_type_id AS int) AS type_id, c.user_type_id, CAST(c.max_length AS int) AS max_length,
  CAST(c.precision AS int) AS [precision], CAST(c.scale AS int) AS scale, c.collation_name, CAST(c.is_nullable AS int) AS nullable, c.column_id, c.object_id
FROM sys.columns AS c
WHERE c.object_id = OBJECT_ID(@name0) AND HAS_PERMS_BY_NAME(@name0, 'OBJECT', 'SELECT', c.name, 'COLUMN') = 1
ORDER BY c.column_id`;

/** Asks whether the login sees through masks everywhere in the database. */
export const UNMASK_SQL = 'SELECT HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), \'DATABASE\', \'UNMASK\') AS unmask';

/**
 * Asks for the tables that an enabled policy filters, and whether the login may see policies: those with ALTER ANY SECURITY POLICY
 * or VIEW DEFINITION may (Transact-SQL reference, "sys.security_policies", Permissions). One row at least.
 */
export const ROW_POLICIES_SQL = `
SELECT HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), 'DATABASE', 'VIEW DEFINITION') AS view_definition,
  HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), 'DATABASE', 'ALTER ANY SECURITY POLICY') AS alter_policies, f.object_id
FROM (SELECT 1 AS one) AS o
LEFT JOIN (
  SELECT DISTINCT r.target_object_id AS object_id
  FROM sys.security_predicates AS r
  JOIN sys.security_policies AS p ON p.object_id = r.object_id
  WHERE r.predicate_type = 0 AND p.is_enabled = 1
) AS f ON 1 = 1`;

/** Asks which columns the login may not read, of the tables where SELECT was granted or denied on single columns. */
export const DENIED_COLUMNS_SQL = `
SELECT c.object_id, c.name
FROM sys.columns AS c
WHERE c.object_id IN (SELECT p.major_id FROM sys.database_permissions AS p WHERE p.class = 1 AND p.minor_id > 0 AND p.type = 'SL')
  AND HAS_PERMS_BY_NAME(QUOTENAME(OBJECT_SCHEMA_NAME(c.object_id)) + '.' + QUOTENAME(OBJECT_NAME(c.object_id)), 'OBJECT', 'SELECT', c.name, 'COLUMN') = 0`;
