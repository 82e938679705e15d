import { Duration, Size } from 'aws-cdk-lib';

/** Options of workers that are Lambda functions. */
export interface LambdaWorkersOptions {
  /**
   * Memory of each worker in MB, 512 to 10240; its share of CPU grows with it. 1769 MB are one whole vCPU (Lambda, "Configure
   * Lambda function memory"): decoding and compressing one stream uses that up, while more workers cost no more than larger ones.
   *
   * @default 1769
   */
  readonly memorySize?: number;

  /**
   * Workers at a time, 1 to 1000. The source has this many times `readers` connections.
   *
   * @default 16
   */
  readonly maxConcurrency?: number;

  /**
   * How long one invocation may take, 2 to 15 minutes. Work that is left is done by the next; no chunk may take longer.
   *
   * @default Duration.minutes(15)
   */
  readonly timeout?: Duration;

  /**
   * How many workers may run at once by Lambda's own count, at least 1; they are set aside from the account's limit.
   *
   * @default - no reservation, the account's limit
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * Size of a worker's `/tmp`, 512 to 10240 MiB. Rows pass through memory, so that the least is enough.
   *
   * @default Size.mebibytes(512)
   */
  readonly ephemeralStorageSize?: Size;
}

/** What does the reading. */
export class ExtractionWorkers {
  /** Lambda functions: nothing to build or to keep running. */
  public static lambda(options: LambdaWorkersOptions = {}): ExtractionWorkers {
    return new ExtractionWorkers(options);
  }

  private constructor(
    /** Options of the Lambda functions. */
    public readonly lambdaOptions: LambdaWorkersOptions,
  ) {}

  /** Workers at a time. */
  public get maxConcurrency(): number {
    return this.lambdaOptions.maxConcurrency ?? 16;
  }
}
