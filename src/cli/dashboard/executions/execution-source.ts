import { RunFollower } from './run-follower';
import type { RunCounts, RunWatch, WatchOptions } from '../../../extractor/doors/public';
import type { Execution, ExecutionsClient } from '../../account/executions-client';
import { listExecutions, type ExecutionSummary } from '../../remote/list-executions';
import type { ExecutionView, ExtractionView } from '../model/view-model';

/** Executions shown, newest first. */
const SHOWN_EXECUTIONS = 10;

export interface ExecutionSourceOptions {
  /** Name of the extraction. */
  readonly name: string;
  /** ARN of its state machine. */
  readonly machineArn: string;
  readonly executions: Pick<ExecutionsClient, 'list' | 'childError' | 'close'>;
  /** Opens the watch of an execution's run. */
  readonly watch: (execution: Execution, options: WatchOptions) => RunWatch;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** The newest executions of one extraction, with how far those at work are. */
export class ExecutionSource {
  /** Of executions that are listed, by ARN and time of the redrive. */
  private followers = new Map<string, RunFollower>();

  public constructor(private readonly options: ExecutionSourceOptions) {}

  /** What can be read; a problem takes nothing else of the page along. */
  public async view(): Promise<ExtractionView> {
    const { name, machineArn } = this.options;
    const place = { name, url: consoleUrl(machineArn, 'statemachines/view', machineArn) };
    try {
      return { ...place, executions: await this.list() };
    } catch (error) {
      return { ...place, executions: [], problem: (error as Error).message };
    }
  }

  public async close(): Promise<void> {
    this.options.executions.close();
    await Promise.all([...this.followers.values()].map((follower) => follower.close()));
  }

  private async list(): Promise<ExecutionView[]> {
    const { executions, now = Date.now } = this.options;
    const listed = new Map<string, RunFollower>();
    const byArn = new Map<string, RunFollower>();
    const watch = (execution: Execution): RunWatch => {
      const key = `${execution.arn} ${execution.redrivenAt?.getTime() ?? 0}`;
      const follower = this.followers.get(key) ?? new RunFollower((options) => this.options.watch(execution, options));
      listed.set(key, follower);
      byArn.set(execution.arn, follower);
      return keptOpen(follower, !execution.isRunning);
    };
    const summaries = await listExecutions({ executions, limit: SHOWN_EXECUTIONS, watch, now: now() });
    const gone = [...this.followers].filter(([key]) => !listed.has(key));
    this.followers = listed;
    await Promise.all(gone.map(async ([, follower]) => follower.close()));
    return summaries.map((summary) => this.viewOf(summary, byArn.get(summary.arn)));
  }

  private viewOf({ arn, execution, ...summary }: ExecutionSummary, follower: RunFollower | undefined): ExecutionView {
    const progress = summary.state === 'running' ? follower?.progress() : undefined;
    return { ...summary, name: execution, url: consoleUrl(arn, 'v2/executions/details', arn), ...(progress && { progress }) };
  }
}

/** A follower as {@link listExecutions} takes a watch, which it closes after each look. */
function keptOpen(follower: RunFollower, isOver: boolean): RunWatch {
  return {
    runId: follower.runId,
    look: async (): Promise<RunCounts | undefined> => follower.look(isOver),
    result: async () => undefined,
    close: async () => undefined,
  };
}

/** A page of Step Functions' console; China has another domain, GovCloud too. */
function consoleUrl(arn: string, page: string, of: string): string {
  const [, partition, , region] = arn.split(':');
  const domain = { 'aws-cn': 'console.amazonaws.cn', 'aws-us-gov': 'console.amazonaws-us-gov.com' }[partition] ?? 'console.aws.amazon.com';
  return `https://${region}.${domain}/states/home?region=${region}#/${page}/${of}`;
}
