import { randomUUID } from 'crypto';
import { DatabaseChanges } from './changes/database-changes';
import { PartitionFunctionEntry, Partitioning, PartitionSchemeEntry } from './partitioning';
import { Query } from '../sql/ast';
import { DEFAULT_COLLATION } from '../sql/collations';
import { SqlType } from '../sql/types';

export interface ColumnEntry {
  readonly id: number;
  readonly name: string;
  readonly type: SqlType;
  readonly nullable: boolean;
  readonly identity?: { readonly seed: bigint; readonly increment: bigint };
  /** Definition of a computed column, in T-SQL. */
  readonly computed?: { readonly text: string; readonly persisted: boolean };
  /** Default as T-SQL text, with the parentheses SQL Server adds. */
  readonly defaultText?: string;
  readonly maskingFunction?: string;
  /** By Always Encrypted. Values are kept as they are. */
  readonly encryption?: 'DETERMINISTIC' | 'RANDOMIZED';
  /** graph_type of sys.columns, of columns that node and edge tables have besides. */
  readonly graphType?: number;
  readonly columnSet?: boolean;
  readonly fileStream?: boolean;
  /** GENERATED ALWAYS AS ROW … HIDDEN. */
  readonly hidden?: boolean;
  /** A ledger keeps it after DROP COLUMN. */
  readonly droppedLedger?: boolean;
}

/** What a table is, apart from its columns. */
export interface TableFacts {
  readonly memoryOptimized?: boolean;
  readonly external?: boolean;
  readonly fileTable?: boolean;
  readonly graph?: 'node' | 'edge';
  readonly ledger?: boolean;
  readonly droppedLedger?: boolean;
  /** Made by the server, as those of Change Data Capture are. */
  readonly shipped?: boolean;
  /** temporal_type of sys.tables: 1 for a history, 2 for a table that has one. */
  readonly temporalType?: 1 | 2;
  readonly historyTableId?: number;
}

export interface IndexEntry {
  /** 0 for a heap, 1 for the clustered index, 2 and more for the others. */
  readonly id: number;
  readonly name: string | null;
  readonly unique: boolean;
  readonly constraint?: 'primary' | 'unique';
  readonly keyObjectId?: number;
  /** Of a memory-optimised table. */
  readonly hash?: boolean;
  readonly disabled?: boolean;
  /** Made WITH STATISTICS_ONLY, for advisors: it holds no rows. `clustered` as it would be. */
  readonly hypothetical?: { readonly clustered: boolean };
  /** Condition of the rows it has. */
  readonly filter?: string;
  readonly columns: ReadonlyArray<{ readonly name: string; readonly descending: boolean; readonly included: boolean }>;
}

export interface ForeignKeyEntry {
  readonly objectId: number;
  readonly name: string;
  readonly columns: readonly string[];
  readonly referencedTable: TableEntry;
  readonly referencedColumns: readonly string[];
}

export interface TableEntry {
  readonly objectId: number;
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  /** 'U' for a user table, 'V' for a view, 'S' for a view of the system catalog. */
  readonly kind: 'U' | 'V' | 'S';
  /** Of a view: its definition, and ids of what it names. */
  readonly view?: { readonly query: Query; readonly sources: readonly number[] };
  readonly columns: ColumnEntry[];
  /** Of columns that were dropped too, where any was: ids are never used again. */
  readonly maxColumnId?: number;
  readonly indexes: IndexEntry[];
  readonly foreignKeys: ForeignKeyEntry[];
  /** How DuckDB knows it, quoted. */
  readonly duckName: string;
  readonly partitioning?: Partitioning;
  readonly created: Date;
  readonly facts?: TableFacts;
  /** Name it was made with, where it was renamed: its sequence keeps that. */
  readonly firstName?: string;
}

/** A policy of filter predicates; they are told, and filter nothing. */
export interface SecurityPolicyEntry {
  readonly id: number;
  readonly name: string;
  readonly schema: string;
  readonly enabled: boolean;
  readonly predicates: ReadonlyArray<{ readonly table: TableEntry; readonly text: string }>;
}

export interface SchemaEntry {
  readonly id: number;
  readonly name: string;
}

/** Names are compared without regard to case, as the default collation does. */
const key = (...names: string[]) => names.map((name) => name.toLowerCase()).join('\u0000');

/** One database's part of the data dictionary. */
export class DatabaseEntry {
  readonly collation = DEFAULT_COLLATION;
  readonly schemas: SchemaEntry[] = [
    { id: 1, name: 'dbo' },
    { id: 2, name: 'guest' },
    { id: 3, name: 'INFORMATION_SCHEMA' },
    { id: 4, name: 'sys' },
  ];
  readonly partitionFunctions: PartitionFunctionEntry[] = [];
  readonly partitionSchemes: PartitionSchemeEntry[] = [];
  readonly securityPolicies: SecurityPolicyEntry[] = [];
  snapshotIsolation = true;
  readCommittedSnapshot = false;
  /** non_transacted_access of sys.database_filestream_options. */
  nonTransactedAccess = 0;
  /** recovery_fork_guid of sys.database_recovery_status. */
  recoveryFork = randomUUID().toUpperCase();
  /** Synonyms and table-valued functions, which are known to the catalog alone. */
  readonly named: Array<{ readonly objectId: number; readonly schema: string; readonly name: string; readonly type: 'SN' | 'IF'; readonly base?: string; readonly created: Date }> = [];
  readonly changes = new DatabaseChanges();
  /**
   * Whether sessions with read-only intent are sent to a readable secondary, which Change Tracking is refused on
   * ("Replication, change tracking, & change data capture - Always On availability groups").
   */
  readableSecondary = false;
  /** Changes with every change of the dictionary, so that copies of it know when they are old. */
  version = 1;
  private readonly tables = new Map<string, TableEntry>();
  /** Version in which each table, by its id, was changed last. */
  private readonly altered = new Map<number, number>();
  private nextObjectId = 245575913;

  constructor(readonly id: number, readonly name: string, readonly created: Date, readonly sourceDatabaseId?: number) {}

  /** What a restore leaves: the same objects on another recovery fork. */
  restored(): void {
    this.recoveryFork = randomUUID().toUpperCase();
    this.version += 1;
  }

  /** Ends the retention of the changes up to a version, in the middle of whatever runs. */
  cleanUpChanges(version: number | bigint): void {
    this.changes.cleanUp(BigInt(version));
  }

  newObjectId(): number {
    this.nextObjectId += 16000057;
    if (this.nextObjectId > 2147483647) {
      this.nextObjectId -= 2147483646;
    }
    return this.nextObjectId;
  }

  schema(name: string): SchemaEntry | undefined {
    return this.schemas.find((schema) => key(schema.name) === key(name));
  }

  addSchema(name: string): SchemaEntry {
    const schema = { id: this.schemas.length + 1, name };
    this.schemas.push(schema);
    this.version += 1;
    return schema;
  }

  removeSchema(name: string): void {
    this.schemas.splice(this.schemas.findIndex((schema) => key(schema.name) === key(name)), 1);
    this.version += 1;
  }

  table(schema: string, name: string): TableEntry | undefined {
    return this.tables.get(key(schema, name));
  }

  tableById(objectId: number): TableEntry | undefined {
    return [...this.tables.values()].find((table) => table.objectId === objectId);
  }

  /** Views of the system catalog. */
  systemTables(): TableEntry[] {
    return [...this.tables.values()].filter((table) => table.kind === 'S');
  }

  userTables(): TableEntry[] {
    return [...this.tables.values()].filter((table) => table.kind === 'U');
  }

  views(): TableEntry[] {
    return [...this.tables.values()].filter((table) => table.kind === 'V');
  }

  /** Adds a table, or replaces the one of its name. */
  put(table: TableEntry): void {
    this.tables.set(key(table.schema, table.name), table);
    this.version += 1;
    this.altered.set(table.objectId, this.version);
  }

  remove(table: TableEntry): void {
    this.tables.delete(key(table.schema, table.name));
    this.version += 1;
  }

  /** Whether a table was made or altered after the dictionary had this version. */
  changedSince(table: TableEntry, version: number): boolean {
    return (this.altered.get(table.objectId) ?? 0) > version;
  }

  /** The dictionary as it now is, to go back to when a transaction that changed it is rolled back. */
  snapshot(): () => void {
    const tables = [...this.tables];
    const schemas = [...this.schemas];
    const restoreChanges = this.changes.snapshot();
    return () => {
      this.tables.clear();
      tables.forEach(([name, table]) => this.tables.set(name, table));
      this.schemas.splice(0, this.schemas.length, ...schemas);
      restoreChanges();
      this.version += 1;
    };
  }
}

/** max_column_id_used of sys.tables. */
export function maxColumnIdUsed({ columns, maxColumnId = 0 }: Pick<TableEntry, 'columns' | 'maxColumnId'>): number {
  return Math.max(maxColumnId, ...columns.map((column) => column.id));
}

/** The data dictionary of the whole server: T-SQL's view of what DuckDB stores. */
export class Catalog {
  private readonly databases = new Map<string, DatabaseEntry>();
  private nextDatabaseId = 1;

  add(name: string, created: Date, sourceDatabaseId?: number): DatabaseEntry {
    const entry = new DatabaseEntry(this.nextDatabaseId++, name, created, sourceDatabaseId);
    this.databases.set(key(name), entry);
    return entry;
  }

  remove(name: string): void {
    this.databases.delete(key(name));
  }

  database(name: string): DatabaseEntry | undefined {
    return this.databases.get(key(name));
  }

  all(): DatabaseEntry[] {
    return [...this.databases.values()];
  }
}
