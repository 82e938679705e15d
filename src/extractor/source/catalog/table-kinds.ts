/* eslint-disable no-bitwise */
import {
  DISABLED_SQL, MEMORY_ROWS_SQL, MEMORY_SIZES_SQL, STAGED_HISTORY_SQL, TABLE_FLAGS, tablesSql,
  VIEW_SOURCES_SQL, VIEWS_SQL,
} from './catalog-queries';
import type { SourceFeatures } from './source-features';
import type { NamedTable } from './table-patterns';
import { LegacyToS3Error } from '../../api/errors';
import type { SqlServerConnection } from '../connection/sql-server-connection';

/** What a table is, apart from its columns. */
export interface TableKind {
  /** What a view shows, directly or by other views: ids of tables; absent for a table. */
  readonly viewOf?: ReadonlySet<number>;
  readonly memoryOptimized: boolean;
  /** Its rows are elsewhere: PolyBase, elastic queries, data virtualization. */
  readonly external: boolean;
  readonly fileTable: boolean;
  /** Of a graph; undefined for any other table. */
  readonly graph?: 'node' | 'edge';
  /** Dropped by its name; the server keeps it as proof. */
  readonly droppedLedger: boolean;
  /** Name of its clustered index where that is disabled, so that nothing can be read. */
  readonly disabledIndex?: string;
  /** Name of the memory-optimised table whose history it is, and whose newest history is not yet in it. */
  readonly stagedHistoryOf?: string;
}

/** A table the login may see. */
export interface FoundTable extends NamedTable {
  readonly objectId: number;
  readonly kind: TableKind;
  /** create_date, ISO 8601 without an offset; absent where it is not told. */
  readonly created?: string;
  /** Greatest id that a column ever had; absent for a view. */
  readonly maxColumnId?: number;
}

/** Rows and bytes of memory-optimised tables, which the storage views do not tell. */
export interface MemorySizes {
  readonly rows: ReadonlyMap<number, number>;
  /** Undefined where the login may not ask. */
  readonly bytes?: ReadonlyMap<number, number>;
}

const KILOBYTE = 1024;

/** All user tables the login may see, by schema and name. */
export async function findTables(connection: SqlServerConnection, features: SourceFeatures): Promise<FoundTable[]> {
  const rows = await connection.query(tablesSql(features), 'list the tables');
  const flagsOf = (row: { readonly flags?: unknown }) => Number(row.flags ?? 0);
  const disabled = await namesByObject(connection, DISABLED_SQL, 'index_name', 'list the disabled indexes');
  const hasMemory = rows.some((row) => (flagsOf(row) & TABLE_FLAGS.memoryOptimized) !== 0);
  const staged = hasMemory && features.temporalTables ? await namesByObject(connection, STAGED_HISTORY_SQL, 'table_name', 'list the histories') : new Map<number, string>();
  return rows.map((row): FoundTable => {
    const objectId = Number(row.object_id);
    const has = (bit: number) => (flagsOf(row) & bit) !== 0;
    const [disabledIndex, stagedHistoryOf] = [disabled.get(objectId), staged.get(objectId)];
    return {
      objectId,
      schema: String(row.schema_name),
      table: String(row.table_name),
      ...createdField(row),
      ...(typeof row.max_column_id_used === 'number' && { maxColumnId: row.max_column_id_used }),
      kind: {
        memoryOptimized: has(TABLE_FLAGS.memoryOptimized),
        external: has(TABLE_FLAGS.external),
        fileTable: has(TABLE_FLAGS.fileTable),
        ...(has(TABLE_FLAGS.node) && { graph: 'node' as const }),
        ...(has(TABLE_FLAGS.edge) && { graph: 'edge' as const }),
        droppedLedger: has(TABLE_FLAGS.droppedLedger),
        ...(disabledIndex !== undefined && { disabledIndex }),
        ...(stagedHistoryOf !== undefined && { stagedHistoryOf }),
      },
    };
  });
}

const PLAIN: TableKind = { memoryOptimized: false, external: false, fileTable: false, droppedLedger: false };

/** All views the login may see, by schema and name. */
export async function findViews(connection: SqlServerConnection): Promise<FoundTable[]> {
  const rows = await connection.query(VIEWS_SQL, 'list the views');
  const sources = new Map<number, number[]>();
  await connection.stream(VIEW_SOURCES_SQL, 'list what the views show', ([view, of]) => {
    sources.set(Number(view), [...sources.get(Number(view)) ?? [], Number(of)]);
  });
  const shown = (id: number, seen: Set<number>): Set<number> => {
    for (const source of sources.get(id) ?? []) {
      if (!seen.has(source)) shown(source, seen.add(source));
    }
    return seen;
  };
  return rows.map((row) => {
    const objectId = Number(row.object_id);
    return {
      objectId,
      schema: String(row.schema_name),
      table: String(row.table_name),
      ...createdField(row),
      kind: { ...PLAIN, viewOf: shown(objectId, new Set()) },
    };
  });
}

function createdField({ created }: { readonly created?: unknown }): Pick<FoundTable, 'created'> {
  return typeof created === 'string' ? { created } : {};
}

/** Sizes of the memory-optimised tables; nothing is asked where there are none. */
export async function readMemorySizes(
  connection: SqlServerConnection, { memoryTables }: SourceFeatures, tables: readonly FoundTable[],
): Promise<MemorySizes> {
  if (!memoryTables || !tables.some(({ kind }) => kind.memoryOptimized)) return { rows: new Map(), bytes: new Map() };
  const rows = await numbersByObject(connection, MEMORY_ROWS_SQL, 'read the rows of the memory-optimised tables');
  try {
    const kilobytes = await numbersByObject(connection, MEMORY_SIZES_SQL, 'read the memory of the memory-optimised tables');
    return { rows, bytes: new Map([...kilobytes].map(([id, kb]) => [id, kb * KILOBYTE])) };
  } catch (error) {
    // Tables can be read without knowing how large they are.
    if (error instanceof LegacyToS3Error && error.code === 'SOURCE_PERMISSION_DENIED') return { rows };
    throw error;
  }
}

/** A number by the id of its object. */
export async function numbersByObject(connection: SqlServerConnection, sql: string, purpose: string): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  await connection.stream(sql, purpose, ([objectId, value]) => found.set(Number(objectId), Number(value)));
  return found;
}

async function namesByObject(connection: SqlServerConnection, sql: string, column: string, purpose: string): Promise<Map<number, string>> {
  const rows = await connection.query(sql, purpose);
  return new Map(rows.map((row) => [Number(row.object_id), String(row[column])]));
}
