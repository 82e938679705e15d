import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';

/** Options of the function that compacts landed tables. */
export interface TableCompactionOptions {
  /**
   * Memory of the function in MB, 512 to 10240. Deletes of a table, and the rows of one file at a time, are in memory. New accounts
   * have at most 3008.
   *
   * @default 3008
   */
  readonly memorySize?: number;

  /**
   * How many instances of the function may run at once, at least 1: each has one table. They are set aside from the account's limit.
   *
   * @default - no reservation, the account's limit
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * Role of the function; it is given the rights the function needs, if it can be changed.
   *
   * @default - a new one, which may do what the function does and nothing else
   */
  readonly role?: iam.IRole;
}

/** Options of a compaction by the number of delete files. */
export interface DeleteFilesCompactionOptions extends TableCompactionOptions {
  /**
   * The least time between two compactions of a table, whole minutes, at most 365 days: files that deletes touch are written anew
   * each time.
   *
   * @default Duration.hours(6)
   */
  readonly atMostEvery?: Duration;
}

/**
 * When landed tables are compacted that runs of changes are applied to: their deletes, which every reader holds in memory, are folded into
 * the files that they touch, and small files are put together. A function of its own does it, which run completion starts after it has
 * applied changes to a table that is due; where no changes come it is never called.
 */
export class TableCompaction {
  /**
   * A table is compacted once it has so many delete files; a run of changes adds one or two.
   *
   * @param files at least 1
   * @param options of the function, and how often at most
   */
  public static whenDeleteFiles(files: number, options: DeleteFilesCompactionOptions = {}): TableCompaction {
    return new TableCompaction(true, options.atMostEvery ?? Duration.hours(6), options, files);
  }

  /**
   * A table is compacted by the first run of changes that is applied so long after it was compacted or read whole.
   *
   * @param interval whole minutes, 1 minute to 365 days
   * @param options of the function
   */
  public static every(interval: Duration, options: TableCompactionOptions = {}): TableCompaction {
    return new TableCompaction(true, interval, options);
  }

  /** Tables are compacted by the command line's `tables compact` alone, and there is no function for it. */
  public static never(): TableCompaction {
    return new TableCompaction(false, Duration.minutes(0), {});
  }

  private constructor(
    /** Whether tables are compacted at all. */
    public readonly isWanted: boolean,
    /** The least time between two compactions of a table. */
    public readonly interval: Duration,
    /** Options of the function. */
    public readonly options: TableCompactionOptions,
    /** Delete files from which on a table is; undefined: by time alone. */
    public readonly deleteFiles?: number,
  ) {}
}
