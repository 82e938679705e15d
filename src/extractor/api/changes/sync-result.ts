import type { ExtractResult } from '../extract-result';

/** What a sync did with one table. */
export interface SyncedTable {
  /** Name of the schema. */
  readonly schema: string;
  /** Name of the table. */
  readonly table: string;
  /** `changeTracking`, `cdc`, `rowversion`, `watermark`, or `whole` where all rows were read. */
  readonly way: string;
  /**
   * Why it was read whole.
   *
   * @default - its changes were read
   */
  readonly why?: string;
  /** Rows landed: newest values of inserted and updated rows, or all of a table that was read whole. */
  readonly rows: number;
  /** As the source counts them; 0 of a table that was read whole, as the next two. */
  readonly inserts: number;
  /** As `inserts`. */
  readonly updates: number;
  /** As `inserts`. */
  readonly deletes: number;
  /**
   * Why its changes could not be told any more: it was read whole instead, or left out (`onTableError`).
   *
   * @default - there was no gap
   */
  readonly gap?: string;
}

/** What came of a sync. */
export interface SyncResult {
  /** `firstLoad`, `changes`, or `nothing` where nothing had changed. */
  readonly kind: string;
  /**
   * The run that landed it.
   *
   * @default - nothing had changed
   */
  readonly run?: ExtractResult;
  /** The tables that were read, by schema and name. */
  readonly tables: SyncedTable[];
  /** From the source's clock at the oldest mark of the run to its manifest (seconds); 0 where nothing had changed. */
  readonly lagSeconds: number;
  /** Inserts, updates and deletes that were found. */
  readonly lagRows: number;
  /** Tables whose changes could not be told any more. */
  readonly gaps: number;
  /**
   * The runs that landed any of the tables last, oldest first, the run of this sync among them. Who applies runs to tables finds here what
   * an earlier sync landed and nobody applied, since it was stopped in between.
   */
  readonly landedRuns: string[];
}
