import type { ChangedRows, Changes, FoundDeletes } from './changes/changes-options';

/** What is read of some tables, and how they are cut. */
export interface TableOptions {
  /** Pattern of the tables, like those of `tables`. Of several that match, the last says, option by option. */
  readonly table: string;

  /**
   * Columns to read: names, not case-sensitive unless columns of a table differ by nothing else.
   *
   * @default - all columns
   */
  readonly columns?: string[];

  /**
   * Columns to leave out: names, as those of `columns`.
   *
   * @default - none
   */
  readonly excludeColumns?: string[];

  /**
   * Condition of the rows that are read: `[BookedOn] >= '2020-01-01'`. One condition and nothing else, as it would follow
   * WHERE; what would leave its place in the statement is refused (INVALID_CONFIG). The count that the source is asked for has
   * it too, and the manifest states it.
   *
   * @default - all rows
   */
  readonly rowFilter?: string;

  /**
   * Size of the source's pages that one chunk takes (bytes); at least 1 MiB.
   *
   * @default - targetChunkBytes of the extraction
   */
  readonly targetChunkBytes?: number;

  /**
   * Rows of a chunk.
   *
   * @default - targetChunkRows of the extraction
   */
  readonly targetChunkRows?: number;

  /**
   * Columns to cut the tables by instead of their own keys, so that one without a key is cut too: 1 to 16 names, as those of
   * `columns`, of types that bounds can be of (numbers, dates and times, uniqueidentifier, char and varchar, binary and
   * varbinary with a length). They may be NULL and need not be unique: all rows of one value are in one chunk, and those
   * that are NULL in the first column are a chunk of their own.
   *
   * Refused with INVALID_CONFIG: a table of the pattern that has not all of them, or leaves one out; columns that the source
   * masks, encrypts or computes anew each time; views. The plan warns where no index begins with the columns, since the
   * source then looks at all rows for each chunk.
   *
   * @default - clustered index or primary key
   */
  readonly chunkBy?: string[];

  /**
   * How changes of the tables are learnt.
   *
   * @default - changes of the extraction
   */
  readonly changes?: Changes;

  /**
   * Column of the way `watermark`: a whole number, a decimal, a date or a time stamp that grows with each change.
   *
   * @default - none
   */
  readonly watermark?: string;

  /**
   * How far below the last value of the watermark rows are read again, since they may be committed late: seconds of times, units of numbers.
   *
   * @default 0
   */
  readonly watermarkOverlap?: number;

  /**
   * Whether rows whose watermark is NULL may stay unseen.
   *
   * @default false, they are refused
   */
  readonly unseenNulls?: boolean;

  /**
   * What becomes of rows that changed, of the ways `rowversion` and `watermark`.
   *
   * @default ChangedRows.UPSERT
   */
  readonly changedRows?: ChangedRows;

  /**
   * How the ways `rowversion` and `watermark` find deletes.
   *
   * @default - these ways are not taken unless they are named
   */
  readonly deletes?: FoundDeletes;
}

/** The result of a query, landed as if it were a table. */
export interface QueryExtraction {
  /** One SELECT and nothing behind it (else INVALID_CONFIG). It is sent as it is; nothing else but SET statements is sent to the server. */
  readonly sql: string;

  /** Name of the result: `name`, which lands under schema `query`, or `schema.name`. */
  readonly name: string;
}
