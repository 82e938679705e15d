import { DescribeExecutionCommand, SFNClient, type DescribeExecutionCommandOutput } from '@aws-sdk/client-sfn';

/** What Step Functions says of an execution that is not there any more. */
const GONE: ReadonlySet<string> = new Set(['ExecutionDoesNotExist', 'StateMachineDoesNotExist', 'InvalidArn']);

type Described = Pick<Partial<DescribeExecutionCommandOutput>, 'status' | 'stopDate' | 'redriveCount'>;

/** Asks Step Functions about executions. */
export class Executions {
  private readonly client = new SFNClient({});

  /** Whether it runs, or is about to after a redrive; undefined where that may not be asked. */
  public async isRunning(arn: string): Promise<boolean | undefined> {
    const described = await this.describe(arn);
    return described && (described.status === 'RUNNING' || described.status === 'PENDING_REDRIVE');
  }

  /** Whether it was redriven; undefined where that may not be asked. */
  public async wasRedriven(arn: string): Promise<boolean | undefined> {
    const described = await this.describe(arn);
    return described && (described.redriveCount ?? 0) > 0;
  }

  /** When it ended (milliseconds since 1970); undefined while it runs, or where that may not be asked. One that is gone ended long ago. */
  public async endOf(arn: string): Promise<number | undefined> {
    const described = await this.describe(arn);
    if (!described || described.status === 'RUNNING' || described.status === 'PENDING_REDRIVE') return undefined;
    return described.stopDate?.getTime() ?? 0;
  }

  private async describe(executionArn: string): Promise<Described | undefined> {
    try {
      return await this.client.send(new DescribeExecutionCommand({ executionArn }));
    } catch (error) {
      const { name } = error as Error;
      if (GONE.has(name)) return {};
      if (name === 'AccessDeniedException') return undefined;
      throw error;
    }
  }
}
