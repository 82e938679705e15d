import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { HANDLER_ENV } from '../../../src/contract';
import { LandingTrigger, LegacyToS3Pipeline } from '../../../src/pipeline';
import { only, statements, synth, synthPipeline } from '../synth';

const { template, stack, made } = synthPipeline({ trigger: LandingTrigger.s3Notification({ prefix: 'in/' }) });
const replay = only(template, 'AWS::Lambda::Function', 'LedgerReplay').Properties;

test('the function knows what it replays', () => {
  expect(replay.Environment.Variables).toMatchObject(Object.fromEntries(Object.entries({
    [HANDLER_ENV.bucketName]: made.bucket.bucketName,
    [HANDLER_ENV.landingPrefix]: 'in/',
    [HANDLER_ENV.recorderFunction]: made.recorderFunction.functionName,
    [HANDLER_ENV.runCompletionFunction]: made.runCompletion.function.functionName,
    [HANDLER_ENV.failureQueueUrl]: made.failureQueue.queueUrl,
  }).map(([name, value]) => [name, stack.resolve(value)])));
});

test('it has a quarter of an hour', () => {
  expect(replay).toMatchObject({ Timeout: 900, MemorySize: 512 });
});

test('its role invokes the three, takes failures and lists, and reads nothing', () => {
  expect(statements(template, 'LedgerReplayRole').map(({ Sid, Action, Resource }) => [Sid, Action, Resource])).toEqual([
    ['InvokeAgain', 'lambda:InvokeFunction', stack.resolve([made.recorderFunction, made.runCompletion.function, made.compactor!.function].map(({ functionArn }) => functionArn))],
    ['TakeFailures', ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'], stack.resolve(made.failureQueue.queueArn)],
    ['ListLandedObjects', ['s3:ListBucket', 's3:ListBucketVersions'], stack.resolve(made.bucket.bucketArn)],
    ['WriteLogs', ['logs:CreateLogStream', 'logs:PutLogEvents'], stack.resolve(made.replay.logGroup.logGroupArn)],
  ]);
});

test('the queue\'s key is used to read it', () => {
  const keyed = synthPipeline((scope) => ({ encryptionKey: new kms.Key(scope, 'Key') }));
  expect(statements(keyed.template, 'LedgerReplayRole')).toContainEqual(expect.objectContaining({ Action: 'kms:Decrypt' }));
});

test('grantReplay lets somebody invoke it and do nothing else', () => {
  const granted = synth((scope) => {
    const pipeline = new LegacyToS3Pipeline(scope, 'Ledger');
    pipeline.grantReplay(new iam.Role(scope, 'Operator', { assumedBy: new iam.AccountRootPrincipal() }));
    return pipeline;
  });
  expect(statements(granted.template, 'Operator')).toEqual([
    { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: granted.stack.resolve(granted.made.replay.function.functionArn) },
  ]);
});

test('it runs in the VPC of the others, and may make its network interfaces', () => {
  const inVpc = synthPipeline((scope) => ({
    vpc: ec2.Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] }),
  })).template;
  expect(only(inVpc, 'AWS::Lambda::Function', 'LedgerReplay').Properties.VpcConfig.SubnetIds).toEqual(['subnet-1']);
  expect(statements(inVpc, 'LedgerReplayRole')).toContainEqual(expect.objectContaining({ Sid: 'RunInVpc' }));
});
