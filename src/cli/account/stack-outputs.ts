import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { toAwsError } from './aws-errors';
import { STACK_OUTPUTS } from '../../contract';
import { LegacyToS3Error } from '../../extractor/doors/public';

/** What a pipeline's stack says of it; absent where the pipeline has no such part. */
export type StackOutputs = { readonly [name in keyof typeof STACK_OUTPUTS]?: string };

/** {@link readStackOutputs} with a client made for it. */
export async function stackOutputs(options: {
  readonly stack: string; readonly pipeline?: string; readonly region?: string; readonly profile?: string; readonly endpointUrl?: string;
}): Promise<StackOutputs> {
  const client = new CloudFormationClient({ region: options.region, profile: options.profile, endpoint: options.endpointUrl });
  try {
    return await readStackOutputs(client, options.stack, options.pipeline);
  } finally {
    client.destroy();
  }
}

/**
 * The outputs of a deployed pipeline.
 *
 * @param pipeline which pipeline, by its name in the stack (`Ledger` of `LedgerBucketName`), where the stack has several
 * @throws LegacyToS3Error of code TARGET_NOT_FOUND, TARGET_ACCESS_DENIED, TARGET_UNREACHABLE, or INVALID_CONFIG when
 * the stack has several pipelines and none was named
 */
export async function readStackOutputs(client: CloudFormationClient, stackName: string, pipeline?: string): Promise<StackOutputs> {
  const outputs = new Map((await describe(client, stackName)).Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']));
  const suffix = STACK_OUTPUTS.bucketName;
  const names = [...outputs.keys()].filter((key) => key.endsWith(suffix)).map((key) => key.slice(0, -suffix.length));
  if (names.length === 0) {
    throw new LegacyToS3Error('TARGET_NOT_FOUND', `stack '${stackName}' has no output ending with '${suffix}': it holds no LegacyToS3Pipeline, or one with outputs: false`);
  }
  if (pipeline === undefined && names.length > 1) {
    throw new LegacyToS3Error('INVALID_CONFIG', `stack '${stackName}' has several pipelines: name one with --pipeline (${names.join(', ')})`);
  }
  const name = pipeline ?? names[0];
  if (!names.includes(name)) {
    throw new LegacyToS3Error('INVALID_CONFIG', `stack '${stackName}' has no pipeline '${name}', only ${names.join(', ')}`);
  }
  return Object.fromEntries(Object.entries(STACK_OUTPUTS).flatMap(([key, end]) => {
    const value = outputs.get(`${name}${end}`);
    return value === undefined ? [] : [[key, value]];
  }));
}

async function describe(client: CloudFormationClient, stackName: string): Promise<Stack> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    if (Stacks.length > 0) return Stacks[0];
  } catch (error) {
    // CloudFormation has no error of its own for this.
    if (!/does not exist/.test((error as Error).message)) throw toAwsError(error, `read stack '${stackName}'`);
  }
  throw new LegacyToS3Error('TARGET_NOT_FOUND', `there is no stack '${stackName}' in this account and region; check --stack, --region and the profile`);
}
