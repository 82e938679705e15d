/** Stable codes of {@link IcebergError}. */
export type IcebergErrorCode =
  /** Metadata, a manifest or a footer is not what the specification says, or of a version that is not read. */
  | 'TABLE_UNREADABLE'
  /** A landed file is not what the manifest of its run says. */
  | 'FILE_UNPROVEN'
  /** A column has a type that Iceberg (format version 2) has not, or a name that another one has. */
  | 'COLUMN_REFUSED'
  /** A table of this name is not ours. */
  | 'NAME_TAKEN'
  /** Others added rows since the last run. */
  | 'FOREIGN_ROWS'
  /** Changes that cannot follow what the table has: it was rolled back, or its source was. */
  | 'CHAIN_BROKEN'
  /** Other writers were faster each time. */
  | 'COMMIT_CONTENTION'
  /** What was committed is not what the catalog has. */
  | 'COMMIT_UNPROVEN'
  /** Rows that were written anew are not those that were read. */
  | 'CONTENT_DIFFERS'
  /** A REST catalog did not take a request. */
  | 'CATALOG_REFUSED'
  /** There is no such table, run or snapshot. */
  | 'NOT_THERE';

/** Why a landed table could not be read, committed or changed. */
export class IcebergError extends Error {
  public constructor(public readonly code: IcebergErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'IcebergError';
  }
}
