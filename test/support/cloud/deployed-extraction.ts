import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { CfnOutput } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { EXTRACTION_OUTPUTS, type BeginAnswer, type CompleteAnswer, type ExtractionInput, type WorkItem } from '../../../src/contract';
import type { ExtractorProps } from '../../../src/extractor/doors/public';
import { beginExecution } from '../../../src/extractor/run/distributed/begin-execution';
import { completeExecution } from '../../../src/extractor/run/distributed/complete-execution';
import type { ExtractionSetting } from '../../../src/extractor/run/distributed/extraction-setting';
import { workItem } from '../../../src/extractor/run/distributed/work-item';
import { poll, type LocalCloud } from '../../../tools/local-cloud';
import { deployMachine } from '../../tools/local-cloud/step-functions/machine';
import { HASTY } from '../runs/in-process-execution';

/** What a step of the state machine comes to: an answer, or an error by its name. */
type StepEnd = { readonly answer: object } | { readonly error: { readonly name: string; readonly message: string } };

type Begun = Extract<BeginAnswer, { outcome: 'begun' }>;

const step = (name: string, execution: string, rest: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: '${Function}', Payload: { 'step': name, 'execution.$': execution } },
  ...rest,
});

/** Begin → Distributed Map → Complete, as an extraction has them. */
const DEFINITION = {
  StartAt: 'Begin',
  States: {
    Begin: step('begin', '$$.Execution.Name', { OutputPath: '$.Payload', Next: 'Begun' }),
    Begun: { Type: 'Choice', Choices: [{ Variable: '$.outcome', StringEquals: 'begun', Next: 'Chunks' }], Default: 'Skipped' },
    Chunks: {
      Type: 'Map',
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'JSONL' },
        Parameters: { 'Bucket.$': '$.items.bucket', 'Key.$': '$.items.key' },
      },
      ItemSelector: { 'execution.$': '$$.Execution.Name' },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Work',
        States: { Work: step('work', '$.execution', { ResultPath: null, End: true }) },
      },
      MaxConcurrency: 2,
      ResultPath: null,
      Next: 'Complete',
    },
    Complete: step('complete', '$$.Execution.Name', { OutputPath: '$.Payload', End: true }),
    Skipped: { Type: 'Succeed' },
  },
};

/** Each step waits until it is told what it comes to. */
const handler = (folder: string) => `
const fs = require('node:fs');
exports.handler = async ({ step, execution }) => {
  const file = ${JSON.stringify(folder)} + '/' + execution + '-' + step;
  fs.writeFileSync(file + '.asked', '');
  while (!fs.existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20));
  const { answer, error } = JSON.parse(fs.readFileSync(file, 'utf8'));
  if (error) throw Object.assign(new Error(error.message), { name: error.name });
  return answer;
};`;

/**
 * A state machine on the local cloud with the outputs of an extraction. Its steps are done in this process, by the functions' own code,
 * when a test says so; the machine waits for them.
 */
export class DeployedExtraction {
  public static async deploy(cloud: LocalCloud, names: readonly string[] = ['Nightly']): Promise<DeployedExtraction> {
    const folder = mkdtempSync(path.join(tmpdir(), 'extraction-'));
    let stackName = '';
    const machine = await deployMachine(cloud, {
      definition: DEFINITION,
      handler: handler(folder),
      timeoutSeconds: 120,
      extend: (stack, { stateMachineArn }) => {
        ({ stackName } = stack);
        const { bucketName } = stack.node.findChild('Bucket') as Bucket;
        for (const name of names) {
          new CfnOutput(stack, `${name}${EXTRACTION_OUTPUTS.machineArn}`, { value: stateMachineArn });
          new CfnOutput(stack, `${name}${EXTRACTION_OUTPUTS.target}`, { value: `s3://${bucketName}/sql/` });
          new CfnOutput(stack, `${name}${EXTRACTION_OUTPUTS.extractionName}`, { value: name });
        }
      },
    });
    return new DeployedExtraction(cloud, folder, stackName, machine.bucket);
  }

  public readonly sfn: SFNClient;
  private readonly s3: S3Client;

  private constructor(cloud: LocalCloud, private readonly folder: string, public readonly stack: string, public readonly bucket: string) {
    this.sfn = new SFNClient(cloud.clientConfig);
    this.s3 = new S3Client(cloud.clientConfig);
  }

  public get target(): string {
    return `s3://${this.bucket}/sql/`;
  }

  /** The steps of an execution. @param execution its ARN */
  public async steps(execution: string, props: ExtractorProps, settings: object): Promise<ExecutionSteps> {
    const { startDate } = await this.sfn.send(new DescribeExecutionCommand({ executionArn: execution }));
    return new ExecutionSteps({ arn: execution, startTime: startDate!.toISOString() }, this.folder, this.s3, props, settings);
  }

  /** Waits until an execution is in a state. */
  public async reached(execution: string, status: string): Promise<void> {
    await poll(async () => (await this.sfn.send(new DescribeExecutionCommand({ executionArn: execution }))).status === status, { what: `${execution} to be ${status}` });
  }

  public close(): void {
    this.sfn.destroy();
    this.s3.destroy();
    rmSync(this.folder, { recursive: true });
  }
}

/** The steps of one execution, done here; the machine is told what they came to. */
export class ExecutionSteps {
  public constructor(
    private readonly execution: { readonly arn: string; readonly startTime: string }, private readonly folder: string, private readonly s3: S3Client,
    private readonly props: ExtractorProps, private readonly settings: object,
  ) {}

  public get name(): string {
    return this.execution.arn.split(':').at(-1)!;
  }

  public async begin(input: ExtractionInput = {}): Promise<Begun> {
    const limits = { maxConcurrency: 2, bytesPerSecond: 20e6 };
    const answer = await beginExecution({ step: 'begin', execution: this.execution, input, settings: { ...this.settings }, overlap: 'skip', limits }, this.setting());
    this.tell('begin', { answer });
    if (answer.outcome !== 'begun') throw new Error(`the execution was to begin, but ${answer.outcome}: ${answer.reason}`);
    return answer;
  }

  public async items({ items: { bucket, key } }: Begun): Promise<WorkItem[]> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await Body!.transformToString()).split('\n').filter(Boolean).map((line) => JSON.parse(line) as WorkItem);
  }

  /** Reads an item, of which the machine is told by {@link tell}. */
  public async work({ run }: Begun, item: WorkItem): Promise<void> {
    for (let done = 0, finished = false; !finished;) {
      ({ done, finished } = await workItem({ step: 'work', execution: this.execution, run, item, done }, this.setting()));
    }
  }

  /** Deletes the state, and with it the items: not before the machine's Map has read them. */
  public async complete({ run }: Begun): Promise<CompleteAnswer> {
    await poll(async () => existsSync(this.file('work.asked')), { what: 'the Map to start a worker' });
    const { completed: _, ...answer } = await completeExecution({ step: 'complete', execution: this.execution, run }, this.setting());
    return answer;
  }

  /** What a step that waits, or will be, comes to. */
  public tell(named: 'begin' | 'work' | 'complete', end: StepEnd): void {
    const file = this.file(named);
    writeFileSync(`${file}.part`, JSON.stringify(end));
    renameSync(`${file}.part`, file);
  }

  private file(what: string): string {
    return path.join(this.folder, `${this.name}-${what}`);
  }

  private setting(): ExtractionSetting {
    const until = Date.now() + 900_000;
    return {
      name: 'Nightly',
      props: this.props,
      isRunning: async (arn) => arn === this.execution.arn,
      clock: HASTY,
      remainingMs: () => until - Date.now(),
      onEvent: () => undefined,
    };
  }
}
