import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { STACK_OUTPUTS } from '../../src/contract';
import { type DeployedStack, deployTemplate, type LocalCloud } from '../local-cloud';

const ROOT = path.resolve(__dirname, '..', '..');

/** A pipeline on the local cloud. */
export interface DeployedPipeline {
  readonly stack: DeployedStack;
  readonly bucketName: string;
  readonly tableName: string;
  readonly logGroupName: string;
  readonly failureQueueUrl: string;
  readonly alarmTopicArn: string;
  readonly dashboardName: string;
  readonly metricNamespace: string;
}

/** Synthesises an app of this repository, as `cdk synth` does, into `outdir`. */
export async function synthesise(app: string, outdir: string, environment: NodeJS.ProcessEnv = {}): Promise<void> {
  const tsx = path.join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs');
  await promisify(execFile)(process.execPath, [tsx, path.resolve(ROOT, app)], {
    cwd: ROOT,
    env: { ...process.env, ...environment, CDK_OUTDIR: outdir },
  });
}

/** Deploys the synthesised template through CloudFormation and reads the stack's outputs. */
export async function deployPipeline(
  cloud: LocalCloud, assembly: string, parameters?: { readonly [name: string]: string },
): Promise<DeployedPipeline> {
  const stack = await deployTemplate(cloud, assembly, { parameters, deadlineMs: 120_000 });
  const output = (suffix: string): string => {
    const name = Object.keys(stack.outputs).find((key) => key.endsWith(suffix));
    if (!name) throw new Error(`stack ${stack.stackName} has no output ending with '${suffix}', only ${Object.keys(stack.outputs).join(', ')}`);
    return stack.outputs[name];
  };
  return {
    stack,
    bucketName: output(STACK_OUTPUTS.bucketName),
    tableName: output(STACK_OUTPUTS.tableName),
    logGroupName: output(STACK_OUTPUTS.logGroupName),
    failureQueueUrl: output(STACK_OUTPUTS.failureQueueUrl),
    alarmTopicArn: output(STACK_OUTPUTS.alarmTopicArn),
    dashboardName: output(STACK_OUTPUTS.dashboardName),
    metricNamespace: output(STACK_OUTPUTS.metricNamespace),
  };
}
