import type { PlannedChanges } from './changes/planned-changes';

/** What the source would silently alter or withhold, so that a run refuses it unless it is accepted by name. */
export enum SourceRisk {
  /** Dynamic data masking without the permission UNMASK: masks would land instead of values. */
  MASKED_COLUMNS = 'maskedColumns',
  /** Row-level security: rows that a policy filters would be missing without a trace. */
  ROW_LEVEL_SECURITY = 'rowLevelSecurity',
  /** Always Encrypted columns: the ciphertext would land. */
  ENCRYPTED_COLUMNS = 'encryptedColumns',
  /** Columns the login may not SELECT: they would be left out. */
  DENIED_COLUMNS = 'deniedColumns',
  /** Columns of type vector: the server sends 8 significant digits of each element, while a float32 needs 9. */
  VECTOR_TEXT = 'vectorText',
  /** Tables that cannot be read: external ones, those whose clustered index is disabled, those of too many columns. They would be left out. */
  UNREADABLE_TABLES = 'unreadableTables',
}

/** Why the values of a column cannot be compared with those that the source gives when it is asked again. */
export enum NotComparedReason {
  /** A computed column whose value differs each time, as one of the clock or NEWID(). */
  NONDETERMINISTIC = 'nondeterministic',
  /** Masks land instead of values, which was accepted by name. */
  MASKED = 'masked',
  /** The ciphertext of Always Encrypted lands, which was accepted by name; the server computes nothing of it. */
  ENCRYPTED = 'encrypted',
}

/** Why rows of a table may be hidden from the login, and so from all that it reads and counts. */
export enum HiddenRows {
  /** A security policy filters them, which was accepted by name. */
  POLICY = 'policy',
  /** The login may not know whether a security policy does. */
  UNKNOWN = 'unknown',
}

/** A column of the source. */
export interface PlannedColumn {
  /** Name in the source; of a graph's pseudo-column, for example `$node_id`, which lands as `node_id`. */
  readonly name: string;
  /**
   * Name of a pseudo-column in the catalog, which ends with digits that differ from database to database.
   *
   * @default - a column of its own name
   */
  readonly catalogName?: string;
  /**
   * Its `column_id`, which the table never uses again, also when a column of its name is dropped and added. It becomes the field
   * id of Parquet files.
   *
   * @default - none, of views, and in plans of earlier versions
   */
  readonly columnId?: number;
  /** As SQL Server spells it, for example `decimal(19,4)`. */
  readonly type: string;
  /** Whether NULL is allowed. */
  readonly nullable: boolean;
  /**
   * Collation of a character column.
   *
   * @default - none
   */
  readonly collation?: string;
  /**
   * Whether the server computes it.
   *
   * @default false
   */
  readonly computed?: boolean;
  /**
   * Why its values are not compared with the source.
   *
   * @default - they are compared
   */
  readonly notCompared?: NotComparedReason;
}

/**
 * A part of a table that one statement reads: the rows whose key is not below `lower` and is below `upper`.
 *
 * Bounds are texts, one for each key column, which the server converts to the column's own type; the server does all
 * comparison of keys. A bound of fewer texts, where partitions meet or a key goes on with NULL,
 * is before all rows that have its values. NULL comes before all values of a column.
 */
export interface PlannedChunk {
  /** Number within the table, from 0; objects are named by it. */
  readonly chunk: number;
  /**
   * Least key of the chunk.
   *
   * @default - no lower bound
   */
  readonly lower?: string[];
  /**
   * Key the chunk ends before.
   *
   * @default - no upper bound
   */
  readonly upper?: string[];
  /**
   * Whether the chunk is the rows whose first key column is NULL; such a chunk has no bounds.
   *
   * @default false
   */
  readonly nullKey?: boolean;
  /** From statistics and samples. */
  readonly estimatedRows: number;
  /** Of the source's pages (bytes). */
  readonly estimatedBytes: number;
}

/** Which object of the source a table is: a table that was dropped and made again is another one. */
export interface PlannedIdentity {
  /** `object_id` in the source. */
  readonly objectId: number;
  /** `create_date` of the object (ISO 8601 without an offset). */
  readonly created: string;
  /** Of the database: `fork:<recovery_fork_guid>`, or `created:<create_date>` where the login may not see the fork. */
  readonly database: string;
  /**
   * Greatest `column_id` that the table ever had.
   *
   * @default - none, of a view
   */
  readonly maxColumnId?: number;
}

/** A table and how it is cut. */
export interface PlannedTable {
  /** Schema in the source. */
  readonly schema: string;
  /** Name in the source. */
  readonly table: string;
  /**
   * Text before the names of the partition keys in object keys (`landed_database=…`), since a column has the name of one:
   * `database`, `schema`, `table` or `run`.
   *
   * @default - none
   */
  readonly partitionPrefix?: string;
  /** Columns that are read, in the order of the table. */
  readonly columns: PlannedColumn[];
  /**
   * Columns that are left out by choice.
   *
   * @default - none
   */
  readonly excludedColumns?: string[];
  /**
   * Columns that are never read: internal ones of a graph, which cannot be selected, column sets, which repeat the sparse
   * columns, and those that a ledger keeps after they were dropped. Names as in the catalog.
   *
   * @default - none
   */
  readonly unreadColumns?: string[];
  /**
   * Whether the table is memory-optimised: it is read in a transaction of its own, under the table hint SNAPSHOT.
   *
   * @default false
   */
  readonly memoryOptimized?: boolean;
  /**
   * Whether it is a view.
   *
   * @default false
   */
  readonly view?: boolean;
  /**
   * Which object it is.
   *
   * @default - not told by the source, or a plan of an earlier version
   */
  readonly identity?: PlannedIdentity;
  /**
   * Condition of the rows that are read.
   *
   * @default - all rows
   */
  readonly rowFilter?: string;
  /**
   * Why rows may be hidden from the login.
   *
   * @default - none are
   */
  readonly hiddenRows?: HiddenRows;
  /**
   * How changes are learnt that follow the run.
   *
   * @default - none can be, or a plan of an earlier version
   */
  readonly changes?: PlannedChanges;
  /** Columns of the primary key in key order; empty without one, or when one of them is left out. */
  readonly primaryKey: string[];
  /** Columns that bounds are of; empty when the table is read as one stream. */
  readonly chunkKey: string[];
  /** From statistics. */
  readonly estimatedRows: number;
  /** Pages of the heap or clustered index, LOB pages among them (bytes). */
  readonly estimatedBytes: number;
  /** Hash of columns and key; a run of the plan refuses a source where it differs. */
  readonly schemaHash: string;
  /** The chunks: together every row, each row once. */
  readonly chunks: PlannedChunk[];
}

/** A reason why a run of the plan is refused. */
export interface PlanRefusal {
  /** What would have to be accepted. */
  readonly risk: SourceRisk;
  /** What is wrong, with the names. */
  readonly message: string;
}

/** What a run will read: data that can be printed, saved as JSON and given to a run. */
export interface ExtractionPlan {
  /** Version of this form: 1. */
  readonly planVersion: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** `host:port` or `host\instance`. */
  readonly server: string;
  /** As the server spells it. */
  readonly database: string;
  /** Version of SQL Server. */
  readonly productVersion: string;
  /** Whether SNAPSHOT transactions are allowed. */
  readonly snapshotAllowed: boolean;
  /** The tables by schema and name. */
  readonly tables: PlannedTable[];
  /** What is at risk. */
  readonly warnings: string[];
  /** Why a run would be refused; empty when it would not. */
  readonly refusals: PlanRefusal[];
}
