import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AthenaClient, GetWorkGroupCommand, StartQueryExecutionCommand } from '@aws-sdk/client-athena';
import { DynamoDBClient, GetItemCommand, paginateScan, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { CreateTableCommand, DeleteTableCommand, GetTableCommand, GetTablesCommand, GlueClient } from '@aws-sdk/client-glue';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, DeleteObjectCommand, GetObjectCommand, HeadObjectCommand,
  ListMultipartUploadsCommand, ListObjectsV2Command, ListObjectVersionsCommand, ListPartsCommand, PutBucketPolicyCommand, PutObjectCommand, S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { App, Stack } from 'aws-cdk-lib';
import { isStateKey, METADATA_TABLE, STACK_OUTPUTS, stateFolder } from '../../src/contract';
import { LandingTrigger, LegacyToS3Pipeline } from '../../src/pipeline';
import { type DeployedStack, deployTemplate, type LocalCloud, poll, startLocalCloud } from '../../tools/local-cloud';
import { startStandIn, type StandIn } from '../../tools/stand-in';
import { runCli } from '../cli/spawn-cli';
import { addGrantedRoles, assumeRoles } from '../support/cloud/granted-roles';
import { removeCliBundle } from '../support/packages/cli-bundle';

/** What each of a pipeline's grants gives, tried as the role that has it: the emulator enforces IAM policies. */
const ROLES = ['Loader', 'WholeLoader', 'Keeper', 'Reader', 'Analyst', 'Querier', 'Operator'] as const;

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
const environments = {} as { [role in typeof ROLES[number]]: NodeJS.ProcessEnv };
let source: StandIn;

beforeAll(async () => {
  const app = new App({ outdir, analyticsReporting: false });
  const scope = new Stack(app, 'Grants');
  const pipeline = new LegacyToS3Pipeline(scope, 'Ledger', { trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }), dashboard: false });
  // The default trigger, whose recorder hears of state too.
  const whole = new LegacyToS3Pipeline(scope, 'Whole', { dashboard: false, catalog: false });
  addGrantedRoles<typeof ROLES[number]>(scope, {
    Loader: (role) => pipeline.grantLand(role),
    WholeLoader: (role) => whole.grantLand(role),
    Keeper: (role) => pipeline.grantLand(role, { deleteLanded: false }),
    Reader: (role) => pipeline.grantReadLanded(role),
    Analyst: (role) => pipeline.grantReadRecords(role),
    Querier: (role) => pipeline.catalog!.grantQuery(role),
    Operator: (role) => pipeline.grantReplay(role),
  });
  app.synth();
  cloud = await startLocalCloud();
  stack = await deployTemplate(cloud, outdir);
  owner = clientsOf(cloud.clientConfig);
  const assumed = await assumeRoles(cloud, stack, ROLES);
  for (const name of ROLES) {
    const credentials = assumed[name];
    as[name] = clientsOf({ ...cloud.clientConfig, credentials });
    environments[name] = {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      AWS_REGION: cloud.region,
      NODE_EXTRA_CA_CERTS: cloud.caFile,
    };
  }
  source = await startStandIn({ transactions: 1000 });
  await owner.s3.send(new PutObjectCommand({ ...at('landing/there.csv'), Body: 'x' }));
  await owner.s3.send(new PutObjectCommand({ ...at('private/secret.csv'), Body: 'x' }));
});

afterAll(async () => {
  for (const clients of [owner, ...Object.values(as)]) for (const client of Object.values(clients ?? {})) client.destroy();
  await source?.stop();
  await cloud?.stop();
  removeCliBundle();
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

  test('nothing else', async () => {
    const { s3, dynamodb, lambda } = as.Loader;
    expect(await Promise.all([
      denied(s3.send(new PutObjectCommand({ ...at('private/a.csv'), Body: 'x' }))),
      denied(s3.send(new DeleteObjectCommand(at('private/secret.csv')))),
      denied(s3.send(new GetObjectCommand(at('private/secret.csv')))),
      denied(s3.send(new CreateMultipartUploadCommand(at('private/a.csv')))),
      denied(s3.send(new PutBucketPolicyCommand({ Bucket: output('bucketName'), Policy: '{}' }))),
      denied(dynamodb.send(new GetItemCommand(item()))),
      denied(lambda.send(new InvokeCommand({ FunctionName: output('recorderName') }))),
    ])).toEqual(Array(7).fill(DENIED));
  });

  test('versions are hidden, none is destroyed', async () => {
    const { VersionId } = await owner.s3.send(new PutObjectCommand({ ...at('landing/kept.csv'), Body: 'x' }));
    expect(await denied(as.Loader.s3.send(new DeleteObjectCommand({ ...at('landing/kept.csv'), VersionId })))).toEqual(DENIED);
    await as.Loader.s3.send(new DeleteObjectCommand(at('landing/kept.csv')));
    await owner.s3.send(new HeadObjectCommand({ ...at('landing/kept.csv'), VersionId }));
  });

  describe.each<[string, 'Loader' | 'WholeLoader', string, string]>([
    ['a prefix', 'Loader', 'Ledger', 'landing/'],
    ['the whole bucket', 'WholeLoader', 'Whole', ''],
  ])('the extractor, of a pipeline that watches %s', (_watched, role, pipeline, prefix) => {
    const run = (command: string[]) => extractor(role, pipeline, prefix, command);
    const keys = async (of: string) => (await keysOf(pipeline)).filter((key) => key.includes(`run=${of}/`));

    test('check finds nothing missing', async () => {
      const { code, stdout, stderr } = await run(['check', ...sourceFlags()]);
      expect({ code, failed: `${stdout}${stderr}`.match(/TARGET_\w+/g) }).toEqual({ code: 0, failed: null });
    });

    test('extracts, fails, and resumes to the end', async () => {
      const failed = await failingRun(run);
      expect(await keys(failed)).toContainEqual(expect.stringMatching(`^${stateFolder(prefix)}run=`));
      const { code, stdout, stderr } = await run(['extract', ...sourceFlags(), '--resume', failed, '--json']);
      expect({ code, stderr, warned: /CHECKPOINT|checkpoint/.test(stdout) }).toEqual({ code: 0, stderr: '', warned: false });
      expect((await keys(failed)).filter(isStateKey)).toEqual([]);
      expect((await run(['verify', failed])).code).toBe(0);
    });

    test('aborts a run that failed', async () => {
      const failed = await failingRun(run);
      expect(await run(['abort', failed])).toMatchObject({ code: 0 });
      expect(await keys(failed)).toEqual([]);
    });

    test('prunes runs that failed', async () => {
      const failed = await failingRun(run);
      expect(await run(['prune', '--older-than', '0'])).toMatchObject({ code: 0 });
      expect(await keys(failed)).toEqual([]);
    });

    test('the recorder has no item of its state and nothing failed', async () => {
      const table = stack.outputs[`${pipeline}${STACK_OUTPUTS.tableName}`];
      const items = async () => {
        const found: string[] = [];
        for await (const { Items = [] } of paginateScan({ client: owner.dynamodb }, { TableName: table })) {
          found.push(...Items.map(({ objectKey }) => objectKey.S!));
        }
        return found;
      };
      const recorded = await poll(async () => {
        const found = await items();
        return found.some((key) => key.endsWith('_manifest.json')) && found;
      }, { what: 'the manifest\'s item' });
      expect(recorded.filter((key) => key.startsWith(stateFolder(prefix)))).toEqual([]);
      const { Messages = [] } = await owner.sqs.send(new ReceiveMessageCommand({ QueueUrl: stack.outputs[`${pipeline}${STACK_OUTPUTS.failureQueueUrl}`], VisibilityTimeout: 0 }));
      expect(Messages).toEqual([]);
    });
  });

  test('without deletion a run lands, and a run that failed cannot be aborted', async () => {
    const run = (command: string[]) => extractor('Keeper', 'Ledger', 'landing/', command);
    expect((await run(['extract', ...sourceFlags(), ...CUT])).code).toBe(0);
    const failed = await failingRun(run);
    const { code, stderr } = await run(['abort', failed]);
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('TARGET_ACCESS_DENIED') });
  });
});

const CUT = ['--tables', 'Transactions', '--target-chunk-rows', '250', '--readers', '1', '--format', 'csv', '--json'];
const sourceFlags = () => ['--server', source.host, '--port', String(source.port), '--user', source.user, '--database', source.database, '--encrypt', 'false'];

async function extractor(role: typeof ROLES[number], pipeline: string, prefix: string, [command, ...rest]: string[]) {
  const target = `s3://${stack.outputs[`${pipeline}${STACK_OUTPUTS.bucketName}`]}/${prefix}`;
  return runCli([command, ...rest, '--to', target, '--endpoint-url', cloud.tlsEndpoint], { ...environments[role], LEGACY_TO_S3_PASSWORD: source.password });
}

/** A run whose third chunk cannot be read. @returns its id */
async function failingRun(run: (command: string[]) => ReturnType<typeof runCli>): Promise<string> {
  let reads = 0;
  source.faults.onRequest = async ({ sql }) => (/^SELECT \[/.test(sql) && ++reads >= 3 ? { kind: 'error', number: 229 } : undefined);
  try {
    const { code, stdout, stderr } = await run(['extract', ...sourceFlags(), ...CUT]);
    expect({ code, stderr }).toEqual({ code: expect.any(Number), stderr: expect.not.stringContaining('TARGET_ACCESS_DENIED') });
    expect(code).not.toBe(0);
    return /"runId":"([^"]+)"/.exec(stdout)![1];
  } finally {
    source.faults.onRequest = undefined;
  }
}

async function keysOf(pipeline: string): Promise<string[]> {
  const { Contents = [] } = await owner.s3.send(new ListObjectsV2Command({ Bucket: stack.outputs[`${pipeline}${STACK_OUTPUTS.bucketName}`] }));
  return Contents.map(({ Key }) => Key!);
}

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
