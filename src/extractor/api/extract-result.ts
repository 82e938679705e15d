/** What a run landed of one table, or of the query. */
export interface ExtractedTable {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  /** Rows landed. */
  readonly rows: number;
  /** Objects landed. */
  readonly objects: number;
  /** Bytes landed. */
  readonly sizeBytes: number;
  /** Reading time of its chunks, added up (seconds). */
  readonly seconds: number;
}

/** A table that a run was to land and has not: `onTableError` is `continue`. */
export interface MissingTable {
  /** In the source. */
  readonly schema: string;
  /** In the source. */
  readonly table: string;
  /** Stable code of the failure. */
  readonly code: string;
  /** What failed. */
  readonly message: string;
}

/** What came of a run whose manifest is written. */
export interface ExtractResult {
  /** UTC start time and a suffix; sorts by time. */
  readonly runId: string;
  /** Key of the manifest. */
  readonly manifestKey: string;
  /** URL of the manifest: `s3://…` or `file:///…`. */
  readonly manifestUrl: string;
  /** `snapshot`, `readCommitted` or `query`. */
  readonly consistency: string;
  /**
   * How many instants the rows are of: 1 where all show one state of the database. Each reader under SNAPSHOT has one, and each
   * chunk under READ COMMITTED or READ UNCOMMITTED at least one.
   */
  readonly instants: number;
  /**
   * `verified` when the rows of every table and the aggregates of its columns equal those asked of the source, `counted`
   * when only the rows were asked for or are comparable, else `unverified`; `verifiedAsVisible` is `verified` of those rows alone
   * that the login sees, where a security policy hides others, or may.
   */
  readonly verification: string;
  /** How long the source took to count and to aggregate, all chunks added up (seconds). */
  readonly sourceCheckSeconds: number;
  /** The tables, by schema and name. */
  readonly tables: ExtractedTable[];
  /** Tables that failed, by schema and name; empty unless the run was to go on without them (`onTableError`). */
  readonly missingTables: MissingTable[];
  /** Rows of all tables. */
  readonly rows: number;
  /** Objects of all tables, without the manifest. */
  readonly objects: number;
  /** Bytes of all objects, without the manifest. */
  readonly sizeBytes: number;
  /** Of the whole run. */
  readonly seconds: number;
  /** What a reader of the data should know. */
  readonly warnings: string[];
}
