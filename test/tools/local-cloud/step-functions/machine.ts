import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DescribeExecutionCommand, type DescribeExecutionCommandOutput, type HistoryEvent, paginateGetExecutionHistory, SFNClient, StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { deployTemplate, type LocalCloud, poll } from '../../../../tools/local-cloud';

/** A state machine over one function and one bucket. */
export interface MachineOptions {
  /** The machine in the States Language; `${Function}` and `${Bucket}` stand for the two. */
  readonly definition: object;
  /** JavaScript of the function, which exports `handler`. */
  readonly handler?: string;
  readonly timeoutSeconds?: number;
  /** Whether the machine's role may invoke the function and read the bucket. @default true */
  readonly grant?: boolean;
  /** Actions the machine's role may do on everything besides. */
  readonly actions?: readonly string[];
  /** Adds to the stack. */
  readonly extend?: (stack: Stack, machine: StateMachine) => void;
}

/** The deployed machine and what tests need of it. */
export interface Machine {
  readonly arn: string;
  readonly bucket: string;
  readonly functionName: string;
  readonly outputs: { readonly [name: string]: string };
}

let made = 0;

/** Deploys it through CloudFormation. */
export async function deployMachine(cloud: LocalCloud, options: MachineOptions): Promise<Machine> {
  const code = mkdtempSync(path.join(tmpdir(), 'machine-code-'));
  writeFileSync(path.join(code, 'index.js'), options.handler ?? 'exports.handler = async (event) => event;');
  const app = new App({ outdir: mkdtempSync(path.join(tmpdir(), 'machine-out-')), analyticsReporting: false });
  const stack = new Stack(app, `Machine${made += 1}`);
  const fn = new LambdaFunction(stack, 'Function', {
    runtime: Runtime.NODEJS_20_X,
    handler: 'index.handler',
    code: Code.fromAsset(code),
    timeout: Duration.seconds(options.timeoutSeconds ?? 20),
  });
  const bucket = new Bucket(stack, 'Bucket');
  const machine = new StateMachine(stack, 'Machine', {
    definitionBody: DefinitionBody.fromString(JSON.stringify(options.definition)),
    definitionSubstitutions: { Function: fn.functionArn, Bucket: bucket.bucketName },
  });
  if (options.grant ?? true) {
    fn.grantInvoke(machine);
    bucket.grantRead(machine);
    machine.addToRolePolicy(new PolicyStatement({ actions: ['states:StartExecution'], resources: ['*'] }));
  }
  if (options.actions) machine.addToRolePolicy(new PolicyStatement({ actions: [...options.actions], resources: ['*'] }));
  options.extend?.(stack, machine);
  const outputs = { MachineArn: machine.stateMachineArn, BucketName: bucket.bucketName, FunctionName: fn.functionName };
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, name, { value });
  const deployed = await deployTemplate(cloud, app.synth().directory, { stackName: stack.stackName });
  return {
    arn: deployed.outputs.MachineArn,
    bucket: deployed.outputs.BucketName,
    functionName: deployed.outputs.FunctionName,
    outputs: deployed.outputs,
  };
}

/** Starts an execution; gives its ARN. */
export async function start(sfn: SFNClient, machine: Machine, input: object = {}): Promise<string> {
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn: machine.arn, input: JSON.stringify(input) }));
  return executionArn!;
}

/** Waits until the execution has ended. */
export async function ended(sfn: SFNClient, executionArn: string): Promise<DescribeExecutionCommandOutput> {
  return poll(async () => {
    const described = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return described.status !== 'RUNNING' && described;
  }, { what: `the end of ${executionArn}` });
}

/** Starts an execution and waits for its end. */
export async function execute(sfn: SFNClient, machine: Machine, input: object = {}): Promise<DescribeExecutionCommandOutput> {
  return ended(sfn, await start(sfn, machine, input));
}

/** All events of an execution, oldest first. */
export async function history(sfn: SFNClient, executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for await (const page of paginateGetExecutionHistory({ client: sfn }, { executionArn })) events.push(...page.events ?? []);
  return events;
}
