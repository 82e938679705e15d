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

/** What came of a run that is complete: its manifest is written. */
export interface ExtractResult {
  /** UTC start time and a suffix; sorts by time. */
  readonly runId: string;
  /** Key of the manifest. */
  readonly manifestKey: string;
  /** URL of the manifest: `s3://…` or `file:///…`. */
  readonly manifestUrl: string;
  /** `snapshot`, `readCommitted` or `query`. */
  readonly consistency: string;
  /** `counted` when the source's COUNT_BIG equals the rows of every table, else `unverified`. */
  readonly verification: string;
  /** The tables, by schema and name. */
  readonly tables: ExtractedTable[];
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
