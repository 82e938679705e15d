import { Duration } from 'aws-cdk-lib';
import { Changes, CountEvery, OnGap } from '../../../extractor/api/changes/changes-options';

/** Options of runs of changes. */
export interface ChangesModeOptions {
  /**
   * How often the source is looked at, whole minutes, 1 minute to 1 day. While nothing changed that costs it one scalar query. An
   * execution that takes longer is not overtaken: those that begin meanwhile are skipped.
   */
  readonly every: Duration;

  /**
   * How changes are learnt; `tableOptions` may say it of single tables. A way that is named and cannot be had fails the execution.
   *
   * @default Changes.AUTO
   */
  readonly changes?: Changes;

  /**
   * What becomes of a table whose changes since the run before cannot be told any more: retention, TRUNCATE, a restored database, other
   * columns. An alarm tells of it either way.
   *
   * @default OnGap.FAIL
   */
  readonly onGap?: OnGap;

  /**
   * How often the source counts the rows of a table, in the transaction that reads its changes; the landed table is compared with it.
   *
   * @default CountEvery.AUTO
   */
  readonly countEvery?: CountEvery;

  /**
   * Whether all tables whose changes a run has are read by one worker in one SNAPSHOT transaction, so that a transaction over several tables
   * lands whole; from the first run of changes on, since a first load is read by many workers. What does not fit into the time of a function
   * is refused, by how long it takes: `ExtractionWorkers.fargate()` has no such end.
   *
   * @default false
   */
  readonly oneVersion?: boolean;
}

/** What an execution reads. */
export class ExtractionMode {
  /** All rows of its tables: each run is whole by itself. */
  public static full(): ExtractionMode {
    return new ExtractionMode();
  }

  /**
   * What changed since the run before, so that landed tables follow the source: the first execution reads all rows, each later one the
   * changes of the tables that have any. A table whose changes cannot be learnt is read whole each time, by name. Needs Parquet, and a
   * pipeline whose landed tables are Iceberg's. docs/changes.md says which ways there are to learn of changes and what each one misses.
   *
   * @param options how often, and what to do where changes are lost
   */
  public static changes(options: ChangesModeOptions): ExtractionMode {
    return new ExtractionMode(options);
  }

  private constructor(
    /** Options of runs of changes; undefined where all rows are read. */
    public readonly changesOptions?: ChangesModeOptions,
  ) {}
}
