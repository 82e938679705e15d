import { Duration, Size } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';

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

/** Options of workers that are tasks of AWS Fargate. They need the extraction's `vpc`. */
export interface FargateWorkersOptions {
  /**
   * CPU of each worker in units of which 1024 are a vCPU: 256, 512, 1024, 2048, 4096, 8192 or 16384. One stream uses up one vCPU.
   *
   * @default 1024
   */
  readonly cpu?: number;

  /**
   * Memory of each worker in MiB, of which there is a range for each `cpu` (Amazon ECS, "Task size"); at least 1024.
   *
   * @default 2048
   */
  readonly memoryMiB?: number;

  /**
   * Workers at a time, 1 to 1000. The source has this many times `readers` connections.
   *
   * @default 8
   */
  readonly maxConcurrency?: number;

  /**
   * Cluster to run in.
   *
   * @default - a new one, without machines of its own
   */
  readonly cluster?: ecs.ICluster;

  /**
   * Image of the container: one that is made from Lambda's base image for Node.js 20 or newer, or a copy of it in a registry of yours,
   * with Node.js at `/var/lang/bin/node` and the SDK in `/var/runtime/node_modules`. Packages of yours, `@azure/identity` for a login
   * by Microsoft Entra, are found in `/var/task/node_modules`. The workers' program is not in it; it is fetched.
   *
   * @default - Lambda's base image for Node.js 24 of Amazon ECR Public, which subnets must have a way to
   */
  readonly image?: ecs.ContainerImage;

  /**
   * Processor; the image must be of it.
   *
   * @default - that of the functions (`architecture`)
   */
  readonly architecture?: ecs.CpuArchitecture;

  /**
   * Size of a worker's storage, 21 to 200 GiB. Rows pass through memory, so that the least is enough.
   *
   * @default - 20 GiB, which cost nothing
   */
  readonly ephemeralStorage?: Size;
}

/** Options of workers that are functions, and tasks for what takes a function too long. */
export interface AutoWorkersOptions {
  /**
   * The functions.
   *
   * @default - the defaults of each option
   */
  readonly lambda?: LambdaWorkersOptions;

  /**
   * The tasks. While there is nothing for them to do, as many more functions may run.
   *
   * @default - the defaults of each option
   */
  readonly fargate?: FargateWorkersOptions;
}

/** What does the reading. */
export class ExtractionWorkers {
  /** Lambda functions: nothing to build or to keep running. No chunk may take longer than an invocation. */
  public static lambda(options: LambdaWorkersOptions = {}): ExtractionWorkers {
    return new ExtractionWorkers(options);
  }

  /** Tasks of AWS Fargate, without a time limit; they take about a minute to start. */
  public static fargate(options: FargateWorkersOptions = {}): ExtractionWorkers {
    return new ExtractionWorkers(undefined, options);
  }

  /** Lambda functions, and tasks of AWS Fargate for chunks that the plan reckons to take a function too long: large tables without a key. */
  public static auto(options: AutoWorkersOptions = {}): ExtractionWorkers {
    return new ExtractionWorkers(options.lambda ?? {}, options.fargate ?? {});
  }

  private constructor(
    /** Options of the Lambda functions; undefined where there are none. */
    public readonly lambdaOptions?: LambdaWorkersOptions,
    /** Options of the tasks; undefined where there are none. */
    public readonly fargateOptions?: FargateWorkersOptions,
  ) {}

  /** Tasks at a time; undefined where there are none. */
  public get maxTasks(): number | undefined {
    return this.fargateOptions && (this.fargateOptions.maxConcurrency ?? 8);
  }

  /** Workers at a time. */
  public get maxConcurrency(): number {
    return (this.lambdaOptions ? this.lambdaOptions.maxConcurrency ?? 16 : 0) + (this.maxTasks ?? 0);
  }
}
