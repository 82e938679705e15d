/** How changes of tables are learnt; `plan` says which way a table has, and what is missing for a better one. */
export enum Changes {
  /** The best way each table has that misses nothing; without any it is read whole. */
  AUTO = 'auto',
  /** SQL Server's Change Tracking. */
  CHANGE_TRACKING = 'changeTracking',
  /** Change Data Capture. */
  CDC = 'cdc',
  /** A rowversion column. */
  ROWVERSION = 'rowversion',
  /** A column that is named (`watermark` of `tableOptions`). */
  WATERMARK = 'watermark',
  /** The whole table is read each time. */
  WHOLE = 'whole',
  /** The table does not follow: it is read by the first load alone. */
  NONE = 'none',
}

/** What becomes of a table whose changes since the run before cannot be learnt any more. */
export enum OnGap {
  /** An error names the table and the mark. */
  FAIL = 'fail',
  /** The table is read whole in the same run. */
  RELOAD = 'reload',
}

/** How often the source counts the rows of a table, to be compared with what is landed. */
export enum CountEvery {
  /** With each run of tables below a million rows, once a day of larger ones. */
  AUTO = 'auto',
  /** With each run. */
  RUN = 'run',
  /** Once a day. */
  DAY = 'day',
  /** Never. */
  NEVER = 'never',
}

/** What becomes of rows that changed, of ways that see no deletes by themselves. */
export enum ChangedRows {
  /** A new state of their key. */
  UPSERT = 'upsert',
  /** One more row. */
  APPEND = 'append',
}

/** How deletes are found by ways that do not see them. */
export enum FoundDeletes {
  /** All keys of the source are read, in each run, and compared with those that landed. */
  KEYS = 'keys',
  /** They stay unseen, and the manifest says so. */
  UNSEEN = 'unseen',
}
