import type { SyncResult } from '../api/changes/sync-result';
import type { ExtractResult } from '../api/extract-result';
import type { ExtractionPlan } from '../api/extraction-plan';
import type { ExtractorProps } from '../api/extractor-props';
import type { VerificationResult, VerifyOptions } from '../api/verification-result';
import { loadEngine } from '../load-engine';
import { validateProps } from '../options/validate-props';

/**
 * Extracts tables, or the result of a query, from a SQL Server database and lands them in S3 or a folder.
 *
 * The run's manifest is written last, when every object is there and checked: a run without a manifest is not complete.
 */
export class Extractor {
  private readonly props: ExtractorProps;

  /** @throws LegacyToS3Error of code INVALID_CONFIG */
  public constructor(props: ExtractorProps) {
    validateProps(props);
    this.props = props;
  }

  /**
   * Reads the catalog and cuts the tables into chunks; nothing is extracted. The plan is data: save it as JSON, and give
   * it to a run by the property `plan`.
   *
   * @returns the plan; what would make a run refuse it is in `refusals`
   */
  public async plan(): Promise<ExtractionPlan> {
    return loadEngine().plan(this.props);
  }

  /**
   * Runs the extraction to its end.
   *
   * @returns what was landed; the promise rejects with a LegacyToS3Error otherwise, and no manifest is written then
   */
  public async run(): Promise<ExtractResult> {
    return loadEngine().extract(this.props);
  }

  /**
   * Brings what landed up to date: the first time all rows, later what changed in the source since. A database in which nothing changed is
   * asked one statement. A table whose changes cannot be learnt is read whole each time.
   *
   * @returns what was found; the promise rejects with a LegacyToS3Error otherwise, of code CHANGES_GAP where changes cannot be told any more
   */
  public async sync(): Promise<SyncResult> {
    return loadEngine().sync(this.props);
  }

  /**
   * Goes on with a run that did not end: chunks that were finished are not read again. What is read, and how it lands and is
   * proven, is as the run was begun: such properties may be left out, and what is given otherwise is refused. Readers,
   * threads, retries, timeouts and credentials are those given now.
   *
   * @param runId as the run told it
   * @returns as {@link run}; refused when a table has changed, or another process holds the run
   */
  public async resume(runId: string): Promise<ExtractResult> {
    return loadEngine().resume(this.props, runId);
  }

  /**
   * Gives an unfinished run up: its objects, uploads and checkpoint are deleted.
   *
   * @param runId as the run told it
   */
  public async abort(runId: string): Promise<void> {
    return loadEngine().abort(this.props, runId);
  }

  /**
   * Gives up all unfinished runs of the target that nobody holds.
   *
   * @param olderThanDays least age of such a run (days)
   * @returns the ids of the runs given up
   */
  public async prune(olderThanDays: number): Promise<string[]> {
    return loadEngine().prune(this.props, olderThanDays);
  }

  /**
   * Checks a run that is complete, at any time later: every object its manifest names is read back whole, and its size,
   * checksum, number of rows and content hash are compared with the manifest's.
   *
   * @param runId as the run told it
   * @param options whether the source is compared, too
   * @returns what was found; `problems` is empty when all is as it should be
   */
  public async verify(runId: string, options: VerifyOptions = {}): Promise<VerificationResult> {
    return loadEngine().verify(this.props, runId, options);
  }
}
