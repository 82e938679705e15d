/** How changes of a table are learnt. */
export enum ChangeWay {
  /** SQL Server's Change Tracking: inserts, updates and deletes by primary key. */
  CHANGE_TRACKING = 'changeTracking',
  /** Change Data Capture. */
  CDC = 'cdc',
  /** A rowversion column: inserts and updates. */
  ROWVERSION = 'rowversion',
  /** A column that the user names: what its owner promises. */
  WATERMARK = 'watermark',
  /** The whole table is read each time. */
  WHOLE = 'whole',
}

/** A point in the history of a table; marks of one way and lineage compare by `order` as text. */
export interface PlannedMark {
  /** One of {@link ChangeWay}. */
  readonly way: string;
  /** What must be the same for marks to be comparable. */
  readonly lineage: string;
  /** Compared as text. */
  readonly order: string;
  /**
   * Greatest value seen, of a watermark.
   *
   * @default - none
   */
  readonly value?: string;
  /** The source's clock (ISO 8601, UTC). */
  readonly at: string;
}

/** Rows of a table that is ahead of its captured changes. */
export interface PlannedRows {
  /** As the source counted them. */
  readonly rows: number;
  /** The server's own clock, without a zone, after its transaction had its view (ISO 8601). */
  readonly clock: string;
}

/** How the changes of a table are learnt. */
export interface PlannedChanges {
  /** The best way there is, or the one that was asked for. */
  readonly way: ChangeWay;
  /** Why it is this one. */
  readonly why: string;
  /**
   * What each better way lacks, best way first.
   *
   * @default - there is none better
   */
  readonly missing?: string[];
  /**
   * Statements that would enable the best of these that can be enabled; they are never sent.
   *
   * @default - none
   */
  readonly enable?: string[];
  /** Names of the columns that tell rows apart, in key order; empty where rows are only added. */
  readonly key: string[];
  /**
   * What the way was told when it was chosen.
   *
   * @default - nothing
   */
  readonly settings?: { [name: string]: string };
  /**
   * Mark of the run before, of a run that reads changes.
   *
   * @default - the table is read whole
   */
  readonly from?: PlannedMark;
  /**
   * Order up to which the table was seen to be unchanged since the mark.
   *
   * @default - that of the mark
   */
  readonly unchangedTo?: string;
  /**
   * Run that the mark is of.
   *
   * @default - the table is read whole
   */
  readonly previousRun?: string;
  /**
   * Keys of the landed objects with rows of the table, since it was read whole: of a key that lands in several spellings which the source holds
   * equal, they have those that are to be deleted.
   *
   * @default - landed keys are not looked at
   */
  readonly landed?: string[];
  /**
   * Rows of these objects.
   *
   * @default - landed keys are not looked at
   */
  readonly landedRows?: number;
  /**
   * Why a run of changes reads the table whole.
   *
   * @default - it reads its changes, or is no run of changes
   */
  readonly reload?: string;
  /**
   * Whether its rows are counted in the transaction that reads it.
   *
   * @default false
   */
  readonly count?: boolean;
  /**
   * Rows that the run before saw, of captured changes: with the changes since they are those of the next mark.
   *
   * @default - none were seen
   */
  readonly seen?: PlannedRows;
}
