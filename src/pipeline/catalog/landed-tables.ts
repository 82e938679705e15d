import { Duration, Size } from 'aws-cdk-lib';
import { TableCompaction } from './table-compaction';

/** What landed data is queried as. */
export enum LandedTablesKind {
  /** Parquet is Apache Iceberg tables, each run a snapshot; other formats are Hive tables. */
  ICEBERG = 'iceberg',

  /** Hive tables: one shows the newest run, one all of them. */
  HIVE = 'hive',

  /** There are no tables of landed data. */
  NONE = 'none',
}

/** What to do with rows that others added to a landed table since its last run. */
export enum ForeignRows {
  /** The next run is not committed, and an alarm tells of it. */
  REFUSE = 'refuse',

  /** They stay beside the next run's. */
  KEEP = 'keep',

  /** The next run takes their place. */
  DROP = 'drop',
}

/** How runs of changes delete rows of Iceberg tables. */
export enum LandedDeletes {
  /** By the keys that landed: nothing is read for it. Athena, Trino and Spark read such deletes; Snowflake and PyIceberg do not. */
  EQUALITY = 'equality',

  /** By the places of rows, which all readers of Iceberg understand; they are looked up in the key columns of the landed files. */
  POSITION = 'position',
}

/** Options of Apache Iceberg tables. */
export interface IcebergTablesOptions {
  /**
   * What to do with rows that others added to a landed table since its last run.
   *
   * @default ForeignRows.REFUSE
   */
  readonly foreignRows?: ForeignRows;

  /**
   * How runs of changes delete rows.
   *
   * @default LandedDeletes.EQUALITY
   */
  readonly deletes?: LandedDeletes;

  /**
   * Whether rows that runs of changes delete stay in the table, with the time of their deletion in its column `__deleted_at`, which is NULL
   * of rows that are there. A run that reads a table whole begins with none.
   *
   * @default false
   */
  readonly softDeletes?: boolean;

  /**
   * When tables are compacted that runs of changes are applied to. Where others' rows are kept (`ForeignRows.KEEP`), tables that have any
   * are not: choose `TableCompaction.never()` there.
   *
   * @default TableCompaction.whenDeleteFiles(50) - at most every 6 hours
   */
  readonly compaction?: TableCompaction;

  /**
   * Runs that each table remembers, at least 1. The newest is always among them. The files of others go by the command line's
   * `expire`.
   *
   * @default - all
   */
  readonly keepRuns?: number;

  /**
   * How long each table remembers a run, whole days; the newest it always does. The files go by the command line's `expire`.
   *
   * @default - for ever
   */
  readonly keepFor?: Duration;

  /**
   * Whether Athena counts and sums each table after its commit, to be compared with what its run's manifest says. Athena charges
   * what that scans.
   *
   * @default false
   */
  readonly proveByQuery?: boolean;

  /**
   * How much one such query may scan before Athena stops it, at least 10 MB; only with `proveByQuery`.
   *
   * @default Size.gibibytes(100)
   */
  readonly bytesScannedCutoff?: Size;
}

/** What runs that are complete become in the catalog. */
export class LandedTables {
  /**
   * Apache Iceberg tables (format version 2) of what lands as Parquet: each run is a snapshot of the files as they landed, and
   * the runs before it stay readable. CSV and JSON Lines, which Iceberg cannot hold, are Hive tables.
   */
  public static iceberg(options: IcebergTablesOptions = {}): LandedTables {
    return new LandedTables(LandedTablesKind.ICEBERG, options);
  }

  /** Hive tables: one shows the newest run, one all of them. */
  public static hive(): LandedTables {
    return new LandedTables(LandedTablesKind.HIVE, {});
  }

  /** None: the catalog has the tables of the runs alone. */
  public static none(): LandedTables {
    return new LandedTables(LandedTablesKind.NONE, {});
  }

  private constructor(
    /** What the data is queried as. */
    public readonly kind: LandedTablesKind,
    /** Options of Iceberg tables; empty where there are none. */
    public readonly icebergOptions: IcebergTablesOptions,
  ) {}
}
