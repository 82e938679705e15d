import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AthenaClient, GetWorkGroupCommand, StartQueryExecutionCommand } from '@aws-sdk/client-athena';
import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { CreateTableCommand, DeleteTableCommand, GetTableCommand, GetTablesCommand, GlueClient } from '@aws-sdk/client-glue';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, DeleteObjectCommand, GetObjectCommand, HeadObjectCommand,
  ListMultipartUploadsCommand, ListObjectsV2Command, ListObjectVersionsCommand, ListPartsCommand, PutBucketPolicyCommand, PutObjectCommand, S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { METADATA_TABLE, STACK_OUTPUTS } from '../../src/contract';
import { LandingTrigger, LegacyToS3Pipeline } from '../../src/pipeline';
import { type DeployedStack, deployTemplate, type LocalCloud, startLocalCloud } from '../../tools/local-cloud';

/** What each of a pipeline's grants gives, tried as the role that has it: the emulator enforces IAM policies. */
const ROLES = ['Loader', 'Reader', 'Analyst', 'Querier', 'Operator'] as const;

interface Clients {
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBClient;
  readonly lambda: LambdaClient;
  readonly sqs: SQSClient;
  readonly athena: AthenaClient;
  readonly glue: GlueClient;
}

const outdir = mkdtempSync(path.join(tmpdir(), 'grants-'));
let cloud: LocalCloud;
let stack: DeployedStack;
let owner: Clients;
const as = {} as { [role in typeof ROLES[number]]: Clients };

beforeAll(async () => {
  const app = new App({ outdir, analyticsReporting: false });
  const scope = new Stack(app, 'Grants');
  const pipeline = new LegacyToS3Pipeline(scope, 'Ledger', { trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }), dashboard: false });
  const grants: { readonly [role in typeof ROLES[number]]: (role: iam.Role) => iam.Grant } = {
    Loader: (role) => pipeline.grantLand(role, { statePrefix: 'state/' }),
    Reader: (role) => pipeline.grantReadLanded(role),
    Analyst: (role) => pipeline.grantReadRecords(role),
    Querier: (role) => pipeline.catalog!.grantQuery(role),
    Operator: (role) => pipeline.grantReplay(role),
  };
  for (const name of ROLES) {
    const role = new iam.Role(scope, name, { assumedBy: new iam.AccountRootPrincipal() });
    grants[name](role).assertSuccess();
    new CfnOutput(scope, `${name}Arn`, { value: role.roleArn });
  }
  app.synth();
  cloud = await startLocalCloud();
  stack = await deployTemplate(cloud, outdir);
  owner = clientsOf(cloud.clientConfig);
  const sts = new STSClient(cloud.clientConfig);
  for (const name of ROLES) {
    const { Credentials: given } = await sts.send(new AssumeRoleCommand({ RoleArn: stack.outputs[`${name}Arn`], RoleSessionName: name }));
    const credentials = { accessKeyId: given!.AccessKeyId!, secretAccessKey: given!.SecretAccessKey!, sessionToken: given!.SessionToken! };
    as[name] = clientsOf({ ...cloud.clientConfig, credentials });
  }
  sts.destroy();
  await owner.s3.send(new PutObjectCommand({ ...at('landing/there.csv'), Body: 'x' }));
  await owner.s3.send(new PutObjectCommand({ ...at('private/secret.csv'), Body: 'x' }));
});

afterAll(async () => {
  for (const clients of [owner, ...Object.values(as)]) for (const client of Object.values(clients ?? {})) client.destroy();
  await cloud?.stop();
  rmSync(outdir, { recursive: true, force: true });
});

const output = (name: keyof typeof STACK_OUTPUTS) => stack.outputs[`Ledger${STACK_OUTPUTS[name]}`];
const at = (Key: string) => ({ Bucket: output('bucketName'), Key });
const item = () => ({
  TableName: output('tableName'),
  Key: { [METADATA_TABLE.partitionKey]: { S: 'none' }, [METADATA_TABLE.sortKey]: { S: 'none' } },
});

function clientsOf(config: LocalCloud['clientConfig'] & { readonly credentials: { readonly sessionToken?: string } }): Clients {
  return {
    s3: new S3Client(config),
    dynamodb: new DynamoDBClient(config),
    lambda: new LambdaClient(config),
    sqs: new SQSClient(config),
    athena: new AthenaClient(config),
    glue: new GlueClient(config),
  };
}

const denied = async (request: Promise<unknown>) => request.then(() => 'allowed', ({ name }: Error) => name);
const DENIED = expect.stringMatching(/^(AccessDenied|AccessDeniedException|403|Forbidden|AccessDeniedFault)$/);

describe('grantLand', () => {
  test('put, see, multipart upload, list and abort', async () => {
    const { s3 } = as.Loader;
    await s3.send(new PutObjectCommand({ ...at('landing/a.csv'), Body: 'x', ChecksumAlgorithm: 'SHA256' }));
    await s3.send(new HeadObjectCommand(at('landing/a.csv')));
    await s3.send(new ListObjectsV2Command({ Bucket: output('bucketName'), Prefix: 'landing/' }));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at('landing/b.csv')));
    const part = { ...at('landing/b.csv'), UploadId, PartNumber: 1 };
    const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: 'x' }));
    expect((await s3.send(new ListPartsCommand(part))).Parts).toHaveLength(1);
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket: output('bucketName') }))).Uploads).toHaveLength(1);
    await s3.send(new CompleteMultipartUploadCommand({ ...part, MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] } }));
    const { UploadId: second } = await s3.send(new CreateMultipartUploadCommand(at('landing/c.csv')));
    await s3.send(new AbortMultipartUploadCommand({ ...at('landing/c.csv'), UploadId: second }));
  });

  test('state: write, read and delete', async () => {
    const { s3 } = as.Loader;
    await s3.send(new PutObjectCommand({ ...at('state/run.json'), Body: '{}' }));
    await s3.send(new GetObjectCommand(at('state/run.json')));
    await s3.send(new DeleteObjectCommand(at('state/run.json')));
  });

  test('nothing else', async () => {
    const { s3, dynamodb, lambda } = as.Loader;
    expect(await Promise.all([
      denied(s3.send(new DeleteObjectCommand(at('landing/there.csv')))),
      denied(s3.send(new PutObjectCommand({ ...at('private/a.csv'), Body: 'x' }))),
      denied(s3.send(new GetObjectCommand(at('private/secret.csv')))),
      denied(s3.send(new CreateMultipartUploadCommand(at('private/a.csv')))),
      denied(s3.send(new PutBucketPolicyCommand({ Bucket: output('bucketName'), Policy: '{}' }))),
      denied(dynamodb.send(new GetItemCommand(item()))),
      denied(lambda.send(new InvokeCommand({ FunctionName: output('recorderName') }))),
    ])).toEqual(Array(7).fill(DENIED));
    await owner.s3.send(new HeadObjectCommand(at('landing/there.csv')));
  });
});

describe('grantReadLanded', () => {
  test('read and list, with versions', async () => {
    const { s3 } = as.Reader;
    const { VersionId } = await s3.send(new GetObjectCommand(at('landing/there.csv')));
    await s3.send(new GetObjectCommand({ ...at('landing/there.csv'), VersionId }));
    await s3.send(new ListObjectsV2Command({ Bucket: output('bucketName') }));
    await s3.send(new ListObjectVersionsCommand({ Bucket: output('bucketName') }));
  });

  test('nothing else', async () => {
    const { s3, dynamodb } = as.Reader;
    expect(await Promise.all([
      denied(s3.send(new PutObjectCommand({ ...at('landing/x.csv'), Body: 'x' }))),
      denied(s3.send(new DeleteObjectCommand(at('landing/there.csv')))),
      denied(s3.send(new GetObjectCommand(at('private/secret.csv')))),
      denied(dynamodb.send(new GetItemCommand(item()))),
    ])).toEqual(Array(4).fill(DENIED));
  });
});

describe('grantReadRecords', () => {
  test('read the table and its indexes', async () => {
    const { dynamodb } = as.Analyst;
    await dynamodb.send(new GetItemCommand(item()));
    for (const { name, partitionKey } of [METADATA_TABLE.datasetIndex, METADATA_TABLE.runIndex]) {
      await dynamodb.send(new QueryCommand({
        TableName: output('tableName'),
        IndexName: name,
        KeyConditionExpression: '#key = :value',
        ExpressionAttributeNames: { '#key': partitionKey },
        ExpressionAttributeValues: { ':value': { S: 'none' } },
      }));
    }
  });

  test('nothing else', async () => {
    const { s3, dynamodb } = as.Analyst;
    expect(await Promise.all([
      denied(dynamodb.send(new PutItemCommand({ TableName: output('tableName'), Item: item().Key }))),
      denied(s3.send(new GetObjectCommand(at('landing/there.csv')))),
    ])).toEqual(Array(2).fill(DENIED));
  });
});

describe('grantQuery', () => {
  const query = (WorkGroup: string) => new StartQueryExecutionCommand({
    WorkGroup, QueryString: 'SELECT 1 AS one', QueryExecutionContext: { Database: output('glueDatabaseName') },
  });
  const runs = () => ({ DatabaseName: output('glueDatabaseName'), Name: 'runs' });

  // What is asked by the id of a query alone, the emulator cannot trace to its workgroup, as AWS does: the construct's test has the statement.
  test('query in the workgroup, see the tables, read what landed, keep results', async () => {
    const { athena, glue, s3 } = as.Querier;
    await athena.send(new GetWorkGroupCommand({ WorkGroup: output('workGroupName') }));
    expect((await athena.send(query(output('workGroupName')))).QueryExecutionId).toBeDefined();
    expect((await glue.send(new GetTableCommand(runs()))).Table!.Name).toBe('runs');
    await glue.send(new GetTablesCommand({ DatabaseName: output('glueDatabaseName') }));
    await s3.send(new GetObjectCommand(at('landing/there.csv')));
    const { WorkGroup } = await athena.send(new GetWorkGroupCommand({ WorkGroup: output('workGroupName') }));
    const [, Bucket, prefix] = /^s3:\/\/([^/]+)\/(.*)$/.exec(WorkGroup!.Configuration!.ResultConfiguration!.OutputLocation!)!;
    await s3.send(new PutObjectCommand({ Bucket, Key: `${prefix}a.csv`, Body: 'x' }));
    await s3.send(new GetObjectCommand({ Bucket, Key: `${prefix}a.csv` }));
  });

  test('nothing else', async () => {
    const { athena, glue, s3, dynamodb } = as.Querier;
    expect(await Promise.all([
      denied(athena.send(query('primary'))),
      denied(glue.send(new CreateTableCommand({ DatabaseName: output('glueDatabaseName'), TableInput: { Name: 'mine' } }))),
      denied(glue.send(new DeleteTableCommand(runs()))),
      denied(s3.send(new PutObjectCommand({ ...at('landing/x.csv'), Body: 'x' }))),
      denied(s3.send(new GetObjectCommand(at('private/secret.csv')))),
      denied(dynamodb.send(new GetItemCommand(item()))),
    ])).toEqual(Array(6).fill(DENIED));
  });
});

describe('grantReplay', () => {
  test('replay', async () => {
    const { FunctionError } = await as.Operator.lambda.send(new InvokeCommand({ FunctionName: output('replayName'), Payload: JSON.stringify({ action: 'queue' }) }));
    expect(FunctionError).toBeUndefined();
  });

  test('nothing else', async () => {
    const { lambda, sqs, s3 } = as.Operator;
    expect(await Promise.all([
      denied(lambda.send(new InvokeCommand({ FunctionName: output('recorderName') }))),
      denied(sqs.send(new ReceiveMessageCommand({ QueueUrl: output('failureQueueUrl') }))),
      denied(s3.send(new GetObjectCommand(at('landing/there.csv')))),
    ])).toEqual(Array(3).fill(DENIED));
  });
});
