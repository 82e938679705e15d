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
}

/** The result of a query, landed as if it were a table. */
export interface QueryExtraction {
  /** One SELECT and nothing behind it (else INVALID_CONFIG). It is sent as it is; nothing else but SET statements is sent to the server. */
  readonly sql: string;

  /** Name of the result: `name`, which lands under schema `query`, or `schema.name`. */
  readonly name: string;
}
