/** How rows are read while others write; docs/consistency-and-verification.md compares the modes. */
export enum Consistency {
  /** Each reader in one SNAPSHOT transaction; with one reader all tables show one instant. The database must allow it. */
  SNAPSHOT = 'snapshot',
  /**
   * All readers from one database snapshot, which the run makes and drops: all tables show one instant, also when the run
   * is gone on with. Needs CREATE DATABASE; not on Azure SQL Database, Azure SQL Managed Instance and Amazon RDS.
   */
  DATABASE_SNAPSHOT = 'databaseSnapshot',
  /** Each chunk by one statement under READ COMMITTED: rows changed while it runs may be missing or doubled. */
  READ_COMMITTED = 'readCommitted',
  /** Each chunk under READ UNCOMMITTED, without locks: also rows that are never committed. */
  NO_LOCK = 'noLock',
}

/** Whether the source hashes rows, so that values which changed without changing any aggregate show too. */
export enum SourceHashes {
  /** It hashes none. */
  NONE = 'none',
  /** Of each table about one row in a hundred: those whose first column of the primary key, a whole number, 97 divides. */
  SAMPLED = 'sampled',
  /** Every row. */
  ALL = 'all',
}
