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
  /** Prefix that the pipeline watches; '' for the whole bucket. */
  readonly landingPrefix: string;
  /** Of Glue; undefined without a catalog. */
  readonly databaseName?: string;
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
  const outputIfAny = (suffix: string): string | undefined => Object.entries(stack.outputs).find(([key]) => key.endsWith(suffix))?.[1];
  const output = (suffix: string): string => {
    const value = outputIfAny(suffix);
    if (!value) throw new Error(`stack ${stack.stackName} has no output ending with '${suffix}', only ${Object.keys(stack.outputs).join(', ')}`);
    return value;
  };
  return {
    stack,
    bucketName: output(STACK_OUTPUTS.bucketName),
    landingPrefix: outputIfAny(STACK_OUTPUTS.landingPrefix) ?? '',
    databaseName: outputIfAny(STACK_OUTPUTS.glueDatabaseName),
    tableName: output(STACK_OUTPUTS.tableName),
    logGroupName: output(STACK_OUTPUTS.logGroupName),
    failureQueueUrl: output(STACK_OUTPUTS.failureQueueUrl),
    alarmTopicArn: output(STACK_OUTPUTS.alarmTopicArn),
    dashboardName: output(STACK_OUTPUTS.dashboardName),
    metricNamespace: output(STACK_OUTPUTS.metricNamespace),
  };
}
