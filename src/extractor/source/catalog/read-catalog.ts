/* eslint-disable no-bitwise */
import {
  COLUMN_FLAGS, columnsSql, DENIED_COLUMNS_SQL, keysSql, PARTITIONED_SQL, ROW_ESTIMATES_SQL, ROW_POLICIES_SQL, SIZES_SQL, SOUGHT_INDEXES_SQL,
  TABLE_COLUMNS_SQL, UNMASK_SQL,
} from './catalog-queries';
import { readDatabaseIdentity } from './database-identity';
import { isInternal, pseudoColumn } from './graph-columns';
import { quoteTable } from './identifiers';
import type { SourceFeatures } from './source-features';
import { findTables, findViews, numbersByObject, readMemorySizes, type TableKind } from './table-kinds';
import type { NamedTable } from './table-patterns';
import { typeName } from './type-names';
import type { HiddenRows, NotComparedReason, PlannedColumn, PlannedIdentity } from '../../api/extraction-plan';
import type { SqlServerConnection } from '../connection/sql-server-connection';

/** A column as the catalog views tell it. */
export interface SourceColumn {
  /** What it is selected by: its own name, or that of a graph's pseudo-column. */
  readonly name: string;
  /** Of a pseudo-column: its name in the catalog. */
  readonly catalogName?: string;
  /** `column_id`, which its table never uses again; absent of a view, which ALTER VIEW numbers anew. */
  readonly columnId?: number;
  /** As SQL Server spells it; an alias type's base type. */
  readonly type: string;
  readonly nullable: boolean;
  readonly computed: boolean;
  readonly masked: boolean;
  readonly encrypted: boolean;
  /** Computed anew each time it is read, perhaps to another value. */
  readonly nondeterministic: boolean;
  /** Told by the login's permissions as well; absent before they are known. */
  readonly notCompared?: NotComparedReason;
  /** Whether its bytes are in files (FILESTREAM). */
  readonly fileStream: boolean;
  readonly collation?: string;
}

/** A column that is left out of its table whatever is asked for. */
export interface UnreadColumn {
  /** In the catalog. */
  readonly name: string;
  /** Internal ones cannot be selected, a column set repeats the sparse columns, a dropped one is kept by a ledger as proof. */
  readonly why: 'internal' | 'columnSet' | 'droppedLedger';
}

/** A user table as the catalog views tell it. */
export interface SourceTable extends NamedTable {
  readonly objectId: number;
  readonly kind: TableKind;
  /** Absent where the source does not tell it. */
  readonly identity?: PlannedIdentity;
  /** From the server's statistics. */
  readonly estimatedRows: number;
  /** Pages of the heap or clustered index, with LOBs, or the memory of a memory-optimised table (bytes). */
  readonly estimatedBytes: number;
  /** Whether the login may not see how large it is; `estimatedBytes` is 0 then. */
  readonly sizeUnknown?: boolean;
  /** In the order of the table; without those that are never read. */
  readonly columns: readonly SourceColumn[];
  readonly unread: readonly UnreadColumn[];
  /** Told by the login's permissions as well; absent before they are known. */
  readonly hiddenRows?: HiddenRows;
  /** Columns of the primary key in key order; empty without one. */
  readonly primaryKey: readonly string[];
  /**
   * Columns of the clustered row-store index, or of a memory-optimised table's range index, in key order; empty without one.
   * An index that is disabled or hypothetical is none.
   */
  readonly clusteredKey: readonly string[];
  /** Absent when its heap or clustered index is not partitioned. */
  readonly partitioning?: SourcePartitioning;
}

/** How a table is partitioned. */
export interface SourcePartitioning {
  readonly functionId: number;
  readonly functionName: string;
  /** RANGE RIGHT: a boundary's own value begins the partition behind it. */
  readonly isRight: boolean;
  readonly column: string;
}

/** What the login may not see of the chosen tables. */
export interface SourceSecurity {
  /** Whether masks hide nothing from the login. */
  readonly unmask: boolean;
  /** Whether the login may know of all policies; also where the source has none. */
  readonly policiesTold: boolean;
  /** Ids of tables whose rows a policy filters. */
  readonly filtered: ReadonlySet<number>;
  /** Columns the login may not read, by table id. */
  readonly denied: ReadonlyMap<number, readonly string[]>;
}

const PAGE_BYTES = 8192;

/**
 * All user tables the login may see, by schema and name; behind them the views, where they are asked for. The number of requests
 * does not grow with that of tables.
 */
export async function readTables(connection: SqlServerConnection, features: SourceFeatures, includeViews = false): Promise<SourceTable[]> {
  const tables = await findTables(connection, features);
  const rows = await numbersByObject(connection, ROW_ESTIMATES_SQL, 'read the row estimates');
  const pages = await numbersByObject(connection, SIZES_SQL, 'read the sizes of the tables');
  const memory = await readMemorySizes(connection, features, tables);
  const columns = await readColumns(connection, columnsSql(features), new Map(tables.map(({ objectId, kind }) => [objectId, kind])));
  const views = includeViews ? await findViews(connection) : [];
  const shown = includeViews ? await readColumns(connection, columnsSql(features, 'views')) : undefined;
  const keys = await readKeys(connection, features);
  const partitioned = await readPartitioning(connection);
  const database = await readDatabaseIdentity(connection, features);
  return [...tables, ...views].map(({ created, maxColumnId, ...found }) => {
    const { objectId, kind: { memoryOptimized, viewOf } } = found;
    const { read = [], unread = [] } = (viewOf ? shown : columns)?.get(objectId) ?? {};
    return {
      ...found,
      ...(created !== undefined && database !== undefined && {
        identity: { objectId, created, database, ...(maxColumnId !== undefined && { maxColumnId }) },
      }),
      estimatedRows: (memoryOptimized ? memory.rows : rows).get(objectId) ?? 0,
      estimatedBytes: memoryOptimized ? memory.bytes?.get(objectId) ?? 0 : (pages.get(objectId) ?? 0) * PAGE_BYTES,
      ...(memoryOptimized && !memory.bytes && { sizeUnknown: true }),
      columns: read,
      unread,
      primaryKey: keys.primary.get(objectId) ?? [],
      clusteredKey: keys.clustered.get(objectId) ?? [],
      ...(partitioned.has(objectId) && !viewOf && { partitioning: partitioned.get(objectId) }),
    };
  });
}

/** A table as it is now. */
export interface CurrentTable {
  /** Those the login may not read left out; none when the table is gone. */
  readonly columns: readonly PlannedColumn[];
  readonly objectId?: number;
}

/** The columns of one table as they are now, and which object it is. */
export async function readCurrentTable(connection: SqlServerConnection, schema: string, table: string): Promise<CurrentTable> {
  const name = quoteTable(schema, table);
  const rows = await connection.query(TABLE_COLUMNS_SQL, `look at the columns of ${name}`, [{ name: 'name0', type: 'NVarChar', value: name, length: 1000 }]);
  const columns = rows.map((row): PlannedColumn => {
    const [typeId, userTypeId, maxLength, precision, scale] = [row.type_id, row.user_type_id, row.max_length, row.precision, row.scale].map(Number);
    return {
      name: String(row.name),
      type: typeName({ typeId, userTypeId, maxLength, precision, scale }),
      nullable: Number(row.nullable) === 1,
      ...(typeof row.collation_name === 'string' && { collation: row.collation_name }),
      ...(typeof row.column_id === 'number' && { columnId: row.column_id }),
    };
  });
  const objectId = rows[0]?.object_id;
  return { columns, ...(typeof objectId === 'number' && { objectId }) };
}

/** Key columns of the indexes that a range can be sought in, by table id. */
export type SoughtIndexes = ReadonlyMap<number, ReadonlyArray<readonly string[]>>;

export async function readSoughtIndexes(connection: SqlServerConnection): Promise<SoughtIndexes> {
  const byTable = new Map<number, string[][]>();
  let last: readonly [id: number, index: number] | undefined;
  await connection.stream(SOUGHT_INDEXES_SQL, 'list the indexes that can be sought', (row) => {
    const [id, index, name] = [Number(row[0]), Number(row[1]), String(row[2])];
    if (last?.[0] === id && last[1] === index) byTable.get(id)!.at(-1)!.push(name);
    else push(byTable, id, [name]);
    last = [id, index];
  });
  return byTable;
}

/** What the source would hide from the login. Security policies are told only to logins that may see them. */
export async function readSecurity(
  connection: SqlServerConnection, features: SourceFeatures, tables: readonly SourceTable[],
): Promise<SourceSecurity> {
  const masked = tables.some(({ columns }) => columns.some((column) => column.masked));
  const [unmask] = masked ? await connection.query(UNMASK_SQL, 'ask for the permission UNMASK') : [];
  const policies = features.rowPolicies ? await connection.query(ROW_POLICIES_SQL, 'list the security policies') : [];
  const filtered = policies.flatMap(({ object_id: id }) => (id === null ? [] : [Number(id)]));
  const mayKnow = policies.some((row) => Number(row.view_definition) === 1 || Number(row.alter_policies) === 1);
  const denied = new Map<number, string[]>();
  for (const row of await connection.query(DENIED_COLUMNS_SQL, 'list the columns that may not be read')) {
    push(denied, Number(row.object_id), String(row.name));
  }
  return {
    unmask: !masked || Number(unmask?.unmask) === 1, policiesTold: !features.rowPolicies || mayKnow, filtered: new Set(filtered), denied,
  };
}

/** Columns of a table as they are found. */
interface FoundColumns {
  readonly read: SourceColumn[];
  readonly unread: UnreadColumn[];
}

/** @param kinds of tables; absent for views */
async function readColumns(connection: SqlServerConnection, sql: string, kinds?: ReadonlyMap<number, TableKind>): Promise<Map<number, FoundColumns>> {
  const tables = new Map<number, FoundColumns>();
  // Types and collations repeat, so each text is kept once.
  const types = new Map<string, string>();
  await connection.stream(sql, 'list the columns', (row) => {
    const [objectId, typeId, userTypeId, maxLength, precision, scale, flags, graphType] = [0, 2, 3, 4, 5, 6, 8, 9].map((at) => Number(row[at] ?? 0));
    const id = `${typeId} ${userTypeId} ${maxLength} ${precision} ${scale}`;
    let type = types.get(id);
    if (type === undefined) types.set(id, type = typeName({ typeId, userTypeId, maxLength, precision, scale }));
    const has = (flag: number) => (flags & flag) !== 0;
    const [name, collation] = [String(row[1]), row[7]];
    const found = tables.get(objectId) ?? { read: [], unread: [] };
    tables.set(objectId, found);
    const why = isInternal(graphType) ? 'internal' : has(COLUMN_FLAGS.columnSet) ? 'columnSet' : has(COLUMN_FLAGS.droppedLedger) ? 'droppedLedger' : undefined;
    if (why) return void found.unread.push({ name, why });
    const pseudo = pseudoColumn(graphType, kinds?.get(objectId)?.graph);
    found.read.push({
      name: pseudo ?? name,
      ...(pseudo !== undefined && { catalogName: name }),
      ...(kinds && typeof row[10] === 'number' && { columnId: row[10] }),
      type,
      nullable: has(COLUMN_FLAGS.nullable),
      computed: has(COLUMN_FLAGS.computed),
      masked: has(COLUMN_FLAGS.masked),
      encrypted: has(COLUMN_FLAGS.encrypted),
      nondeterministic: has(COLUMN_FLAGS.nondeterministic),
      fileStream: has(COLUMN_FLAGS.fileStream),
      ...(typeof collation === 'string' && { collation }),
    });
  });
  return tables;
}

async function readPartitioning(connection: SqlServerConnection): Promise<Map<number, SourcePartitioning>> {
  const found = new Map<number, SourcePartitioning>();
  for (const row of await connection.query(PARTITIONED_SQL, 'list the partitioned tables')) {
    const [functionName, column] = [String(row.function_name), String(row.column_name)];
    found.set(Number(row.object_id), { functionId: Number(row.function_id), functionName, isRight: Boolean(row.is_right), column });
  }
  return found;
}

async function readKeys(connection: SqlServerConnection, features: SourceFeatures) {
  const keys = { primary: new Map<number, string[]>(), clustered: new Map<number, string[]>() };
  // Of several range indexes of a memory-optimised table one is taken, that of the primary key before others.
  const sought = new Map<number, number>();
  for (const row of await connection.query(keysSql(features), 'list the keys')) {
    const [id, index, name] = [Number(row.object_id), Number(row.index_id), String(row.column_name)];
    const isPrimary = Number(row.is_primary_key) === 1;
    if (isPrimary) push(keys.primary, id, name);
    if (Number(row.index_type) === 1) push(keys.clustered, id, name);
    if (Number(row.is_range) !== 1) continue;
    const taken = sought.get(id);
    if (taken !== undefined && taken !== index && !isPrimary) continue;
    if (taken !== index) keys.clustered.delete(id);
    sought.set(id, index);
    push(keys.clustered, id, name);
  }
  return keys;
}

function push<T>(map: Map<number, T[]>, id: number, value: T): void {
  const list = map.get(id);
  if (list) list.push(value);
  else map.set(id, [value]);
}
