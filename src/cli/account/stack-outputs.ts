import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { toAwsError } from './aws-errors';
import { EXTRACTION_OUTPUTS, STACK_OUTPUTS } from '../../contract';
import { LegacyToS3Error } from '../../extractor/doors/public';

/** What a pipeline's stack says of it; absent where the pipeline has no such part. */
export type StackOutputs = { readonly [name in keyof typeof STACK_OUTPUTS]?: string };

/** What a stack says of an extraction. */
export interface ExtractionOutputs {
  /** Its name in the stack: `Nightly` of `NightlyExtractionMachineArn`. */
  readonly name: string;
  readonly machineArn: string;
  /** `s3://bucket/prefix`. */
  readonly target: string;
  /** Under which its state is kept. */
  readonly extractionName: string;
}

/** Which stack, and where it is. */
export interface StackPlace {
  readonly stack: string;
  readonly region?: string;
  readonly profile?: string;
  readonly endpointUrl?: string;
}

/** {@link readStackOutputs} with a client made for it. */
export async function stackOutputs({ pipeline, ...place }: StackPlace & { readonly pipeline?: string }): Promise<StackOutputs> {
  return withClient(place, async (client) => readStackOutputs(client, place.stack, pipeline));
}

/** {@link readExtractions} with a client made for it. */
export async function stackExtractions(place: StackPlace): Promise<ExtractionOutputs[]> {
  return withClient(place, async (client) => readExtractions(client, place.stack));
}

async function withClient<T>({ region, profile, endpointUrl }: StackPlace, read: (client: CloudFormationClient) => Promise<T>): Promise<T> {
  const client = new CloudFormationClient({ region, profile, endpoint: endpointUrl });
  try {
    return await read(client);
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
  const outputs = await outputsOf(client, stackName);
  const names = namesBefore(outputs, STACK_OUTPUTS.bucketName);
  if (names.length === 0) {
    throw new LegacyToS3Error('TARGET_NOT_FOUND', `stack '${stackName}' has no output ending with '${STACK_OUTPUTS.bucketName}': it holds no LegacyToS3Pipeline, or one with outputs: false`);
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

/** The extractions of a stack, by name; none where it has none. @throws LegacyToS3Error as {@link readStackOutputs} */
export async function readExtractions(client: CloudFormationClient, stackName: string): Promise<ExtractionOutputs[]> {
  const outputs = await outputsOf(client, stackName);
  return namesBefore(outputs, EXTRACTION_OUTPUTS.machineArn).sort().map((name) => {
    const told = (of: keyof typeof EXTRACTION_OUTPUTS) => {
      const value = outputs.get(`${name}${EXTRACTION_OUTPUTS[of]}`);
      if (value !== undefined) return value;
      throw new LegacyToS3Error('TARGET_NOT_FOUND', `stack '${stackName}' has no output '${name}${EXTRACTION_OUTPUTS[of]}': deploy it again with this version of the library`);
    };
    return { name, machineArn: told('machineArn'), target: told('target'), extractionName: told('extractionName') };
  });
}

function namesBefore(outputs: ReadonlyMap<string, string>, end: string): string[] {
  return [...outputs.keys()].filter((key) => key.endsWith(end)).map((key) => key.slice(0, -end.length));
}

async function outputsOf(client: CloudFormationClient, stackName: string): Promise<Map<string, string>> {
  return new Map((await describe(client, stackName)).Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']));
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
