import {
  CloudFormationClient, CreateStackCommand, DescribeStackEventsCommand, DescribeStacksCommand, ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type AssemblyStack, readAssemblyStack } from './cloud-assembly';
import type { LocalCloud } from './local-cloud';
import { poll } from './poll';
import { ADDED_OUTPUT_PREFIX, type MathAlarm, resolveOutputs, type TemplateChange, toLocalTemplate } from './template-changes';

/** What to deploy, and as what. */
export interface DeployOptions {
  /** Stack of the assembly. @default the only one */
  readonly stackName?: string;
  readonly parameters?: { readonly [name: string]: string };
  /** @default 60000 */
  readonly deadlineMs?: number;
}

/** A stack that is up. */
export interface DeployedStack {
  readonly stackName: string;
  readonly stackId: string;
  readonly outputs: { readonly [name: string]: string };
  /** Physical id of each resource by its logical id. */
  readonly resources: { readonly [logicalId: string]: string };
  /** Logical ids by resource type. */
  readonly logicalIds: { readonly [resourceType: string]: readonly string[] };
  /** What was changed in the template for the emulator's sake. */
  readonly changes: readonly TemplateChange[];
  /** Metric-math alarms, for the observer; all names resolved. */
  readonly mathAlarms: readonly MathAlarm[];
}

/** The stack did not come up. */
export class DeployError extends Error {
  public readonly code = 'DEPLOY';

  public constructor(message: string) {
    super(message);
    this.name = 'DeployError';
  }
}

/** CDK's default synthesizer reads the bootstrap stack's version here (aws-cdk-lib, DefaultStackSynthesizer). */
const BOOTSTRAP_VERSION_TYPE = 'AWS::SSM::Parameter::Value<String>';

/**
 * Uploads the assets of a stack in a cloud assembly and creates the stack through CloudFormation, as `cdk deploy` does.
 *
 * @param assembly a `cdk.out` folder
 * @throws DeployError with the reasons CloudFormation gives
 */
export async function deployTemplate(cloud: LocalCloud, assembly: string, options: DeployOptions = {}): Promise<DeployedStack> {
  const stack = readAssemblyStack(assembly, options.stackName);
  await bootstrap(cloud, stack);
  const { template, changes, mathAlarms } = toLocalTemplate(stack.template);
  const templateUrl = await upload(cloud, stack, JSON.stringify(template));
  const cloudFormation = new CloudFormationClient(cloud.clientConfig);
  try {
    await cloudFormation.send(new CreateStackCommand({
      StackName: stack.name,
      // CloudFormation takes no body above 51,200 bytes.
      TemplateURL: templateUrl,
      Parameters: Object.entries(options.parameters ?? {}).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
      Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'],
    }));
    const done = await poll(async () => {
      const { Stacks: [described] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack.name }));
      return described?.StackStatus?.endsWith('_IN_PROGRESS') ? undefined : described;
    }, { what: `stack ${stack.name}`, deadlineMs: options.deadlineMs ?? 60_000 });
    if (done.StackStatus !== 'CREATE_COMPLETE') {
      throw new DeployError(`stack ${stack.name} is ${done.StackStatus}: ${await failures(cloudFormation, stack.name)}`);
    }
    const outputs = Object.fromEntries((done.Outputs ?? []).map((output) => [output.OutputKey!, output.OutputValue!]));
    return {
      stackName: stack.name,
      stackId: done.StackId!,
      outputs: Object.fromEntries(Object.entries(outputs).filter(([name]) => !name.startsWith(ADDED_OUTPUT_PREFIX))),
      ...await resourcesOf(cloudFormation, stack.name),
      changes,
      mathAlarms: mathAlarms.map(({ logicalId, metrics }) => ({ logicalId, metrics: resolveOutputs(metrics, outputs) })),
    };
  } finally {
    cloudFormation.destroy();
  }
}

/** What `cdk bootstrap` leaves behind and the template relies on. */
async function bootstrap(cloud: LocalCloud, stack: AssemblyStack): Promise<void> {
  const ssm = new SSMClient(cloud.clientConfig);
  try {
    for (const { Type, Default } of Object.values(stack.template.Parameters ?? {})) {
      if (Type !== BOOTSTRAP_VERSION_TYPE || !Default?.startsWith('/cdk-bootstrap/')) continue;
      await ssm.send(new PutParameterCommand({ Name: Default, Value: '30', Type: 'String', Overwrite: true }));
    }
  } finally {
    ssm.destroy();
  }
}

/** Uploads the assets and the template; gives the template's URL. */
async function upload(cloud: LocalCloud, stack: AssemblyStack, template: string): Promise<string> {
  const sts = new STSClient(cloud.clientConfig);
  // For a request that expects to be told to go on the SDK makes an agent of its own, which does not trust the certificate.
  const s3 = new S3Client({ ...cloud.clientConfig, expectContinueHeader: false });
  try {
    const { Account: account } = await sts.send(new GetCallerIdentityCommand({}));
    for (const asset of stack.assets) {
      const bucket = asset.bucketName.replaceAll('${AWS::AccountId}', account!).replaceAll('${AWS::Region}', cloud.region);
      await ensureBucket(s3, bucket);
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: asset.objectKey, Body: asset.read() }));
    }
    const templates = `local-cloud-templates-${account}-${cloud.region}`;
    const key = `${stack.name}.template.json`;
    await ensureBucket(s3, templates);
    await s3.send(new PutObjectCommand({ Bucket: templates, Key: key, Body: template }));
    return `${cloud.tlsEndpoint}/${templates}/${key}`;
  } finally {
    sts.destroy();
    s3.destroy();
  }
}

async function ensureBucket(s3: S3Client, bucket: string): Promise<void> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch {
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  }
}

async function resourcesOf(
  cloudFormation: CloudFormationClient, stackName: string,
): Promise<Pick<DeployedStack, 'resources' | 'logicalIds'>> {
  const resources: { [logicalId: string]: string } = {};
  const logicalIds: { [resourceType: string]: string[] } = {};
  let token: string | undefined;
  do {
    const page = await cloudFormation.send(new ListStackResourcesCommand({ StackName: stackName, NextToken: token }));
    for (const resource of page.StackResourceSummaries ?? []) {
      resources[resource.LogicalResourceId!] = resource.PhysicalResourceId ?? '';
      (logicalIds[resource.ResourceType!] ??= []).push(resource.LogicalResourceId!);
    }
    token = page.NextToken;
  } while (token);
  return { resources, logicalIds };
}

async function failures(cloudFormation: CloudFormationClient, stackName: string): Promise<string> {
  const { StackEvents: events = [] } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName: stackName }));
  const reasons = events
    .filter((event) => event.ResourceStatus?.endsWith('FAILED'))
    .map((event) => `${event.LogicalResourceId} (${event.ResourceType}): ${event.ResourceStatusReason}`);
  return reasons.join('; ') || 'no reason given';
}
