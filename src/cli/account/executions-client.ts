import {
  DescribeExecutionCommand, DescribeMapRunCommand, ListExecutionsCommand, ListMapRunsCommand, RedriveExecutionCommand, SFNClient,
  StartExecutionCommand, StopExecutionCommand, type DescribeExecutionCommandOutput,
} from '@aws-sdk/client-sfn';
import { toAwsError } from './aws-errors';
import type { ExtractionOutputs } from './stack-outputs';
import type { ExtractionInput } from '../../contract';
import { LegacyToS3Error } from '../../extractor/doors/public';

/** Statuses of an execution that has not ended. */
const RUNNING: ReadonlySet<string> = new Set(['RUNNING', 'PENDING_REDRIVE']);

/** Executions that one request lists at most. */
const MOST_LISTED = 1000;

/** An execution as Step Functions describes it. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  /** `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `ABORTED` or `PENDING_REDRIVE`. */
  readonly status: string;
  readonly isRunning: boolean;
  readonly startedAt: Date;
  /** Absent while it runs. */
  readonly stoppedAt?: Date;
  /** Last time; absent where it never was. */
  readonly redrivenAt?: Date;
  /** JSON. */
  readonly input?: string;
  /** JSON; absent unless it succeeded. */
  readonly output?: string;
  /** Name of the error; absent unless it failed. */
  readonly error?: string;
  readonly cause?: string;
  readonly redrivable: boolean;
  /** Why it is not. */
  readonly redriveReason?: string;
}

/** Why an execution, or a child of its Map, failed. */
export type ExecutionError = Pick<Execution, 'error' | 'cause'>;

/** Items of a Map, by what came of them. */
export interface MapItems {
  readonly total: number;
  readonly succeeded: number;
  /** Those that timed out or were stopped among them. */
  readonly failed: number;
}

/** The executions of one extraction. Each request throws LegacyToS3Error of code TARGET_NOT_FOUND, TARGET_ACCESS_DENIED or TARGET_UNREACHABLE. */
export class ExecutionsClient {
  private readonly client: SFNClient;

  public constructor(
    private readonly extraction: ExtractionOutputs,
    { region, profile, endpointUrl }: { readonly region?: string; readonly profile?: string; readonly endpointUrl?: string } = {},
  ) {
    // The machine's region is the stack's, whatever else is configured.
    this.client = new SFNClient({ region: region ?? extraction.machineArn.split(':')[3], profile, endpoint: endpointUrl });
  }

  /** @param name repeated with the same input it starts none, so that a lost answer costs nothing @returns its ARN */
  public async start(name: string, input: ExtractionInput): Promise<string> {
    const { machineArn } = this.extraction;
    const { executionArn } = await this.ask('start an execution', async () => (
      this.client.send(new StartExecutionCommand({ stateMachineArn: machineArn, name, input: JSON.stringify(input) }))));
    return executionArn!;
  }

  /**
   * The ARN of an execution that is given by its ARN or its name.
   *
   * @throws LegacyToS3Error of code INVALID_CONFIG when it is another extraction's
   */
  public arnOf(execution: string): string {
    const [, partition, , region, account, , machine] = this.extraction.machineArn.split(':');
    const before = `arn:${partition}:states:${region}:${account}:execution:${machine}:`;
    if (!execution.startsWith('arn:')) return before + execution;
    if (execution.startsWith(before)) return execution;
    throw new LegacyToS3Error('INVALID_CONFIG', `${execution} is no execution of extraction '${this.extraction.name}'; those have ${before}NAME`);
  }

  /** @param execution its ARN */
  public async describe(execution: string): Promise<Execution> {
    return executionOf(await this.ask(`describe execution ${execution}`, async () => {
      try {
        return await this.client.send(new DescribeExecutionCommand({ executionArn: execution }));
      } catch (error) {
        if ((error as Error).name !== 'ExecutionDoesNotExist') throw error;
        throw new LegacyToS3Error('TARGET_NOT_FOUND', `there is no execution ${execution}: status lists those there are, which Step Functions keeps for 90 days`, { cause: error });
      }
    }));
  }

  /** The newest, newest first. @param limit how many, 1,000 at most */
  public async list(limit: number): Promise<Execution[]> {
    // To Step Functions 0 is its default.
    if (limit === 0) return [];
    const { name, machineArn } = this.extraction;
    const { executions = [] } = await this.ask(`list the executions of extraction '${name}'`, async () => (
      this.client.send(new ListExecutionsCommand({ stateMachineArn: machineArn, maxResults: Math.min(limit, MOST_LISTED) }))));
    return Promise.all(executions.map(async ({ executionArn }) => this.describe(executionArn!)));
  }

  /** Of the last Map of an execution; undefined before it has one. */
  public async items(execution: string): Promise<MapItems | undefined> {
    const mapRunArn = await this.mapOf(execution);
    if (mapRunArn === undefined) return undefined;
    const { itemCounts } = await this.ask(`describe the Map of ${execution}`, async () => this.client.send(new DescribeMapRunCommand({ mapRunArn })));
    const { total = 0, succeeded = 0, failed = 0, timedOut = 0, aborted = 0 } = itemCounts ?? {};
    return { total, succeeded, failed: failed + timedOut + aborted };
  }

  /** Why the Map of an execution failed: the error of a child that did. Undefined where none did. */
  public async childError(execution: string): Promise<ExecutionError | undefined> {
    const mapRunArn = await this.mapOf(execution);
    if (mapRunArn === undefined) return undefined;
    const { executions = [] } = await this.ask(`list the children of ${execution}`, async () => (
      this.client.send(new ListExecutionsCommand({ mapRunArn, statusFilter: 'FAILED', maxResults: 1 }))));
    return executions.length === 0 ? undefined : this.describe(executions[0].executionArn!);
  }

  public async stop(execution: string, error: string, cause: string): Promise<void> {
    await this.ask(`stop execution ${execution}`, async () => this.client.send(new StopExecutionCommand({ executionArn: execution, error, cause })));
  }

  /** @returns why Step Functions refuses it; nothing where it runs again */
  public async redrive(execution: string): Promise<string | undefined> {
    return this.ask(`redrive execution ${execution}`, async () => {
      try {
        await this.client.send(new RedriveExecutionCommand({ executionArn: execution }));
        return undefined;
      } catch (error) {
        if ((error as Error).name === 'ExecutionNotRedrivable') return (error as Error).message;
        throw error;
      }
    });
  }

  public close(): void {
    this.client.destroy();
  }

  private async mapOf(execution: string): Promise<string | undefined> {
    const { mapRuns = [] } = await this.ask(`list the Maps of ${execution}`, async () => this.client.send(new ListMapRunsCommand({ executionArn: execution })));
    return [...mapRuns].sort((a, b) => Number(a.startDate) - Number(b.startDate)).at(-1)?.mapRunArn;
  }

  private async ask<T>(what: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw toAwsError(error, what);
    }
  }
}

function executionOf(told: DescribeExecutionCommandOutput): Execution {
  return {
    arn: told.executionArn!,
    name: told.name ?? told.executionArn!.split(':').at(-1)!,
    status: told.status!,
    isRunning: RUNNING.has(told.status!),
    startedAt: told.startDate!,
    stoppedAt: told.stopDate,
    redrivenAt: told.redriveDate,
    input: told.input,
    output: told.output,
    error: told.error,
    cause: told.cause,
    redrivable: told.redriveStatus === 'REDRIVABLE',
    redriveReason: told.redriveStatusReason,
  };
}
