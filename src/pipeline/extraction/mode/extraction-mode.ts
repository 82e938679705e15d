import { Duration } from 'aws-cdk-lib';

/** Options of runs of changes. */
export interface ChangesModeOptions {
  /**
   * How often the source is looked at, whole minutes, 1 minute to 1 day. While nothing changed that costs it one scalar query. An
   * execution that takes longer is not overtaken: those that begin meanwhile are skipped.
   */
  readonly every: Duration;
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
