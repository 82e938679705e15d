import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { targetOf } from '../../../src/cli/commands/target-options';

const mock = mockClient(CloudFormationClient);

function answer(outputs: Record<string, string>): void {
  const Outputs = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
  mock.on(DescribeStacksCommand).resolves({ Stacks: [{ StackName: 'S', CreationTime: new Date(), StackStatus: 'CREATE_COMPLETE', Outputs }] });
}

test('bucket, prefix and key of the stack\'s pipeline', async () => {
  answer({ LedgerBucketName: 'b', LedgerLandingPrefix: 'in/', LedgerKeyArn: 'arn:key' });
  expect(await targetOf(new Map([['region', 'eu-west-1']]), { stack: 'S' })).toEqual({ target: 's3://b/in/', kmsKeyId: 'arn:key' });
  expect(await targetOf(new Map([['region', 'eu-west-1'], ['kmsKeyId', 'mine']]), { stack: 'S' })).toMatchObject({ kmsKeyId: 'mine' });
});

test('a pipeline without prefix gets one, beside which checkpoints have a place', async () => {
  answer({ LedgerBucketName: 'b' });
  expect(await targetOf(new Map([['region', 'eu-west-1']]), { stack: 'S' })).toEqual({ target: 's3://b/landing/', kmsKeyId: undefined });
});

test('--stack comes before the target of a config file', async () => {
  answer({ LedgerBucketName: 'b' });
  expect(await targetOf(new Map([['target', 'file:///x'], ['region', 'eu-west-1']]), { stack: 'S' })).toMatchObject({ target: 's3://b/landing/' });
});

test('one of --to and --stack', async () => {
  expect(await targetOf(new Map([['target', 'file:///x'], ['kmsKeyId', 'k']]), { to: 'file:///x' })).toEqual({ target: 'file:///x', kmsKeyId: 'k' });
  await expect(targetOf(new Map(), {})).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  await expect(targetOf(new Map([['target', 'file:///x']]), { to: 'file:///x', stack: 'S' })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
});
