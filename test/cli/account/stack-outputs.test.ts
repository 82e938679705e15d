import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { readExtractions, readStackOutputs } from '../../../src/cli/account/stack-outputs';

const mock = mockClient(CloudFormationClient);
const client = new CloudFormationClient({ region: 'us-east-1' });

function answer(outputs: Record<string, string>): void {
  mock.on(DescribeStacksCommand).resolves({
    Stacks: [{ StackName: 'S', CreationTime: new Date(), StackStatus: 'CREATE_COMPLETE', Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })) }],
  });
}

beforeEach(() => mock.reset());

test('the only pipeline of a stack', async () => {
  answer({ LedgerBucketName: 'b', LedgerTableName: 't', LedgerLandingPrefix: 'landing/', Other: 'x' });
  expect(await readStackOutputs(client, 'S')).toEqual({ bucketName: 'b', tableName: 't', landingPrefix: 'landing/' });
});

test('several pipelines: one must be named, and be there', async () => {
  answer({ ABucketName: 'a', BBucketName: 'b', BTableName: 't' });
  expect(await readStackOutputs(client, 'S', 'B')).toEqual({ bucketName: 'b', tableName: 't' });
  await expect(readStackOutputs(client, 'S')).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: "stack 'S' has several pipelines: name one with --pipeline (A, B)" });
  await expect(readStackOutputs(client, 'S', 'C')).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: "stack 'S' has no pipeline 'C', only A, B" });
});

test.each([
  ['ValidationError', 'Stack with id S does not exist', 'TARGET_NOT_FOUND', /there is no stack 'S' in this account and region/],
  ['ExpiredToken', 'The security token is expired', 'TARGET_ACCESS_DENIED', /access denied \(The security token is expired\)/],
  ['CredentialsProviderError', 'Could not load credentials', 'TARGET_ACCESS_DENIED', /no AWS credentials .*set AWS_PROFILE/],
  ['Error', 'connect ECONNREFUSED 127.0.0.1:9', 'TARGET_UNREACHABLE', /the service does not answer .*--endpoint-url/],
  ['Error', 'Region is missing', 'INVALID_CONFIG', /pass --region or set AWS_REGION/],
])('%s: %s', async (name, text, code, message) => {
  mock.on(DescribeStacksCommand).rejects(Object.assign(new Error(text), { name }));
  await expect(readStackOutputs(client, 'S')).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('a stack without a pipeline', async () => {
  answer({ Other: 'x' });
  await expect(readStackOutputs(client, 'S')).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND', message: expect.stringContaining('holds no LegacyToS3Pipeline') });
});

test('the extractions of a stack, by name', async () => {
  answer({
    NightlyExtractionMachineArn: 'arn:n',
    NightlyExtractionTarget: 's3://b/sql/',
    NightlyExtractionName: 'S-nightly',
    HourlyExtractionTarget: 's3://b/h/',
    HourlyExtractionMachineArn: 'arn:h',
    HourlyExtractionName: 'S-hourly',
    LedgerBucketName: 'b',
  });
  expect(await readExtractions(client, 'S')).toEqual([
    { name: 'Hourly', machineArn: 'arn:h', target: 's3://b/h/', extractionName: 'S-hourly' },
    { name: 'Nightly', machineArn: 'arn:n', target: 's3://b/sql/', extractionName: 'S-nightly' },
  ]);
  // None of theirs is taken for a pipeline's.
  expect(await readStackOutputs(client, 'S')).toEqual({ bucketName: 'b' });
});

test('a stack without an extraction, and one of an older version', async () => {
  answer({ LedgerBucketName: 'b' });
  expect(await readExtractions(client, 'S')).toEqual([]);
  answer({ NightlyExtractionMachineArn: 'arn:n' });
  await expect(readExtractions(client, 'S')).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND', message: expect.stringContaining('NightlyExtractionTarget') });
});
