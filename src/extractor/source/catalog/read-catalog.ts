/* eslint-disable no-bitwise */
import {
  COLUMN_FLAGS, columnsSql, DENIED_COLUMNS_SQL, KEYS_SQL, PARTITIONED_SQL, ROW_ESTIMATES_SQL, ROW_POLICIES_SQL, SIZES_SQL, TABLE_COLUMNS_SQL,
  TABLES_SQL, UNMASK_SQL,
} from './catalog-queries';
import { quoteTable } from './identifiers';
import type { SourceFeatures } from './source-features';
import type { NamedTable } from './table-patterns';
import { typeName } from './type-names';
import type { HiddenRows, NotComparedReason, PlannedColumn } from '../../api/extraction-plan';
import type { SqlServerConnection } from '../connection/sql-server-connection';

/** A column as the catalog views tell it. */
export interface SourceColumn {
  readonly name: string;
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
  readonly collation?: string;
}

/** A user table as the catalog views tell it. */
export interface SourceTable extends NamedTable {
  readonly objectId: number;
  /** From the server's statistics. */
  readonly estimatedRows: number;
  /** Pages of the heap or clustered index, with LOBs (bytes). */
  readonly estimatedBytes: number;
  /** In the order of the table. */
  readonly columns: readonly SourceColumn[];
  /** Told by the login's permissions as well; absent before they are known. */
  readonly hiddenRows?: HiddenRows;
  /** Columns of the primary key in key order; empty without one. */
  readonly primaryKey: readonly string[];
  /** Columns of the clustered row-store index in key order; empty without one. */
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

/** All user tables the login may see, by schema and name. The number of requests does not grow with that of tables. */
export async function readTables(connection: SqlServerConnection, features: SourceFeatures): Promise<SourceTable[]> {
  const tables = await connection.query(TABLES_SQL, 'list the tables');
  const rows = await numbersByObject(connection, ROW_ESTIMATES_SQL, 'read the row estimates');
  const pages = await numbersByObject(connection, SIZES_SQL, 'read the sizes of the tables');
  const columns = await readColumns(connection, features);
  const keys = await readKeys(connection);
  const partitioned = await readPartitioning(connection);
  return tables.map((row) => {
    const objectId = Number(row.object_id);
    return {
      objectId,
      schema: String(row.schema_name),
      table: String(row.table_name),
      estimatedRows: rows.get(objectId) ?? 0,
      estimatedBytes: (pages.get(objectId) ?? 0) * PAGE_BYTES,
      columns: columns.get(objectId) ?? [],
      primaryKey: keys.primary.get(objectId) ?? [],
      clusteredKey: keys.clustered.get(objectId) ?? [],
      ...(partitioned.has(objectId) && { partitioning: partitioned.get(objectId) }),
    };
  });
}

/** The columns of one table as they are now, those the login may not read left out; none when the table is gone. */
export async function readTableColumns(connection: SqlServerConnection, schema: string, table: string): Promise<PlannedColumn[]> {
  const name = quoteTable(schema, table);
  const rows = await connection.query(TABLE_COLUMNS_SQL, `look at the columns of ${name}`, [{ name: 'name0', type: 'NVarChar', value: name, length: 1000 }]);
  return rows.map((row) => {
    const [typeId, userTypeId, maxLength, precision, scale] = [row.type_id, row.user_type_id, row.max_length, row.precision, row.scale].map(Number);
    return {
      name: String(row.name),
      type: typeName({ typeId, userTypeId, maxLength, precision, scale }),
      nullable: Number(row.nullable) === 1,
      ...(typeof row.collation_name === 'string' && { collation: row.collation_name }),
    };
  });
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

async function readColumns(connection: SqlServerConnection, features: SourceFeatures): Promise<Map<number, SourceColumn[]>> {
  const tables = new Map<number, SourceColumn[]>();
  // Types and collations repeat, so each text is kept once.
  const types = new Map<string, string>();
  await connection.stream(columnsSql(features), 'list the columns', (row) => {
    const [objectId, typeId, userTypeId, maxLength, precision, scale, flags] = [0, 2, 3, 4, 5, 6, 8].map((at) => Number(row[at]));
    const id = `${typeId} ${userTypeId} ${maxLength} ${precision} ${scale}`;
    let type = types.get(id);
    if (type === undefined) types.set(id, type = typeName({ typeId, userTypeId, maxLength, precision, scale }));
    const has = (flag: number) => (flags & flag) !== 0;
    const collation = row[7];
    const column: SourceColumn = {
      name: String(row[1]),
      type,
      nullable: has(COLUMN_FLAGS.nullable),
      computed: has(COLUMN_FLAGS.computed),
      masked: has(COLUMN_FLAGS.masked),
      encrypted: has(COLUMN_FLAGS.encrypted),
      nondeterministic: has(COLUMN_FLAGS.nondeterministic),
      ...(typeof collation === 'string' && { collation }),
    };
    push(tables, objectId, column);
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

async function readKeys(connection: SqlServerConnection) {
  const keys = { primary: new Map<number, string[]>(), clustered: new Map<number, string[]>() };
  for (const row of await connection.query(KEYS_SQL, 'list the keys')) {
    const [id, name] = [Number(row.object_id), String(row.column_name)];
    if (Number(row.is_primary_key) === 1) push(keys.primary, id, name);
    if (Number(row.index_type) === 1) push(keys.clustered, id, name);
  }
  return keys;
}

function push<T>(map: Map<number, T[]>, id: number, value: T): void {
  const list = map.get(id);
  if (list) list.push(value);
  else map.set(id, [value]);
}

async function numbersByObject(connection: SqlServerConnection, sql: string, purpose: string): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  await connection.stream(sql, purpose, ([objectId, value]) => found.set(Number(objectId), Number(value)));
  return found;
}
