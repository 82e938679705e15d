import { donePacket, resultPackets, type Cell } from './result-packets';
import { aggregatePackets } from './source-aggregates';
import { CHANGE_FEATURES_SQL } from '../../../src/extractor/changes/change-facts';
import {
  COLUMN_FLAGS, columnsSql, DENIED_COLUMNS_SQL, DISABLED_SQL, FOREIGN_KEYS_SQL, INDEXES_SQL, keysSql, PARTITIONED_SQL, ROW_ESTIMATES_SQL,
  ROW_POLICIES_SQL, SIZES_SQL, tablesSql,
} from '../../../src/extractor/source/catalog/catalog-queries';
import { OTHER_OBJECTS_SQL } from '../../../src/extractor/source/catalog/other-objects';
import { FEATURES_SQL } from '../../../src/extractor/source/catalog/source-features';
import { READER_ADVICE_SQL } from '../../../src/extractor/source/connection/reader-count';
import { ReplayServer } from '../../../tools/replay-server/replay-server';
import type { ReplyPackets } from '../../../tools/replay-server/reply';

/** A table as a test wants the server to tell it. */
export interface ScriptedTable {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly primaryKey?: readonly string[];
  readonly rows: ReadonlyArray<readonly Cell[]>;
  /** What the catalog tells of its size; default the number of rows, and a page. */
  readonly size?: { readonly rows: number; readonly pages: number };
  /** What COUNT_BIG answers; default the number of rows. */
  readonly counted?: number;
  /** The rows that aggregates are of; default those that are read. */
  readonly aggregated?: ReadonlyArray<readonly Cell[]>;
}

export interface ScriptedDatabase {
  readonly tables: readonly ScriptedTable[];
  /** Default true. */
  readonly snapshotAllowed?: boolean;
  /** Cores; default not told. */
  readonly schedulers?: number;
  /** Agreed with every client (bytes); default what it asks for. */
  readonly packetSize?: number;
  /** Replaces the answer to a request. */
  readonly override?: (sql: string) => ReplyPackets | undefined;
}

/** What SQL Server 2022 has of the columns that are asked for. */
export const CATALOG_COLUMNS = [
  'columns.object_id', 'columns.is_masked', 'columns.encryption_type', 'computed_columns.is_persisted', 'security_policies.is_enabled', 'security_predicates.predicate_type',
  'tables.is_memory_optimized', 'tables.is_external', 'tables.temporal_type', 'tables.is_node', 'tables.is_dropped_ledger_table', 'columns.graph_type',
  'columns.is_dropped_ledger_column',
];

/** What statements are asked of such a catalog. */
export const EVERY_FEATURE = {
  masks: true, encryption: true, computedColumns: true, memoryTables: true, externalTables: true, temporalTables: true, graphs: true, ledgers: true,
};

const COLUMN_VIEW = ['object_id', 'name', 'type_id', 'user_type_id', 'max_length', 'precision', 'scale', 'collation_name', 'flags'];

/** Columns of texts are nvarchar(4000), others bigint, as {@link resultPackets} sends their rows. */
function columnCells(table: ScriptedTable, id: number, name: string, at: number): readonly Cell[] {
  const flags = table.primaryKey?.includes(name) ? 0 : COLUMN_FLAGS.nullable;
  return table.rows.some((row) => typeof row[at] === 'string')
    ? [id, name, 231, 231, 8000, 0, 0, 'Latin1_General_CI_AS', flags] : [id, name, 127, 127, 8, 19, 0, null, flags];
}

/** A server that answers the extractor's own requests from tables a test wrote down; it understands no SQL. */
export async function startScriptedDatabase(database: ScriptedDatabase): Promise<ReplayServer> {
  const { tables, snapshotAllowed = true, schedulers, override } = database;
  const perTable = (cells: (table: ScriptedTable, id: number) => ReadonlyArray<readonly Cell[]>) => tables.flatMap(cells);
  const answers = new Map<string, Buffer>([
    // It keeps no changes.
    [CHANGE_FEATURES_SQL, resultPackets(['catalog_column'], [])],
    [FEATURES_SQL, resultPackets(['product_version', 'engine_edition', 'snapshot_isolation_state', 'catalog_column'],
      CATALOG_COLUMNS.map((name) => ['16.0.1000.6', 3, snapshotAllowed ? 1 : 0, name]))],
    [tablesSql(EVERY_FEATURE), resultPackets(['object_id', 'schema_name', 'table_name'], perTable(({ schema, table }, id) => [[id, schema, table]]))],
    [ROW_ESTIMATES_SQL, resultPackets(['object_id', 'estimated_rows'], perTable(({ rows, size }, id) => [[id, size?.rows ?? rows.length]]))],
    [SIZES_SQL, resultPackets(['object_id', 'used_pages'], perTable(({ size }, id) => [[id, size?.pages ?? 1]]))],
    [columnsSql(EVERY_FEATURE),
      resultPackets(COLUMN_VIEW, perTable((table, id) => table.columns.map((name, at) => columnCells(table, id, name, at))))],
    [keysSql(EVERY_FEATURE), resultPackets(['object_id', 'index_type', 'is_primary_key', 'column_name'],
      perTable(({ primaryKey = [] }, id) => primaryKey.map((name) => [id, 1, 1, name])))],
    [PARTITIONED_SQL, resultPackets(['object_id', 'function_id', 'function_name', 'is_right', 'column_name'], [])],
    [DISABLED_SQL, resultPackets(['object_id', 'index_name'], [])],
    [OTHER_OBJECTS_SQL, resultPackets(['schema_name', 'object_name', 'type', 'base_object_name'], [])],
    [ROW_POLICIES_SQL, resultPackets(['view_definition', 'alter_policies', 'object_id'], [[1, 0, null]])],
    [INDEXES_SQL, resultPackets(['schema_name', 'table_name', 'index_name', 'index_type', 'is_unique', 'is_included', 'column_name'],
      perTable(({ schema, table, primaryKey = [] }) => primaryKey.map((name) => [schema, table, `PK_${table}`, 1, 1, 0, name])))],
    [FOREIGN_KEYS_SQL, resultPackets(['schema_name'], [])],
    [READER_ADVICE_SQL, resultPackets(['schedulers'], schedulers === undefined ? [] : [[schedulers]])],
    [DENIED_COLUMNS_SQL, resultPackets(['object_id', 'name'], [])],
  ]);
  const answer = (sql: string): Buffer => {
    const known = answers.get(sql);
    if (known) return known;
    if (sql.includes('OBJECT_ID(@name0)')) {
      const [id, table] = [...tables.entries()].find(([, { schema, table: name }]) => sql.includes(`[${schema}].[${name}]`))!;
      const names = ['name', 'type_id', 'user_type_id', 'max_length', 'precision', 'scale', 'collation_name', 'nullable'];
      return resultPackets(names, table.columns.map((name, at) => columnCells(table, id, name, at).slice(1)));
    }
    // Bounds that a test wrote down ascend; parameters follow the text of the statement.
    if (sql.includes(' AS disorder')) return resultPackets(['disorder'], [[null]]);
    if (sql === 'COMMIT TRANSACTION' || sql.includes('ROLLBACK')) return donePacket();
    if (sql.includes('SYSUTCDATETIME()')) return resultPackets(['instant'], [['2026-01-31T10:11:12.1234567Z']]);
    const table = tables.find((each) => sql.replace(/ OPTION \(MAXDOP \d+\)$/, '').endsWith(` FROM [${each.schema}].[${each.table}]`));
    if (!table) throw new Error(`the scripted database has no answer to: ${sql}`);
    if (sql.includes('COUNT_BIG')) return aggregatePackets(sql, table.aggregated ?? table.rows, table.counted);
    const names = [...sql.matchAll(/(?:AS )?\[([^\]]*)\](?=,| FROM)/g)].map(([, name]) => name);
    return resultPackets(names, table.rows);
  };
  return ReplayServer.start({ packetSize: database.packetSize, reply: (sql) => override?.(sql) ?? [answer(sql)] });
}
