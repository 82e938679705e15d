import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DynamoDBClient, GetItemCommand, paginateScan, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateTableCommand, DeleteTableCommand, GetDatabasesCommand, GetTableCommand, GlueClient, UpdateTableCommand } from '@aws-sdk/client-glue';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, GetBucketVersioningCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { runSnapshotsKey, STACK_OUTPUTS, tableLocation } from '../../src/contract';
import { GlueTables } from '../../src/iceberg/catalogs/glue-tables';
import { S3Files } from '../../src/iceberg/files/s3-files';
import { LandedTables, LandingTrigger, LegacyToS3Pipeline, TableCompaction } from '../../src/pipeline';
import { type DeployedStack, deployTemplate, type LocalCloud, poll, startLocalCloud } from '../../tools/local-cloud';
import { addGrantedRoles, assumeRoles } from '../support/cloud/granted-roles';
import { ChangedSource } from '../support/tables/changed-source';
import { shownFiles } from '../support/tables/table-folder';
import { rowsShown } from '../support/tables/with-pages';

/** The rights on landed tables, tried as the roles that have them, and what triggers make of a commit's objects. */
const ROLES = ['Loader', 'WholeLoader', 'Engine', 'WholeEngine', 'Keeper', 'WholeKeeper', 'Expirer', 'Compactor'] as const;
const PIPELINES = ['Ledger', 'Whole', 'Buffered', 'Compacted'] as const;
const UUID = '0b6f4a1c-3d52-4c7e-9a60-1f2e3d4c5b6a';

interface Clients {
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBClient;
  readonly glue: GlueClient;
  readonly sqs: SQSClient;
  readonly lambda: LambdaClient;
}

const outdir = mkdtempSync(path.join(tmpdir(), 'table-grants-'));
let cloud: LocalCloud;
let stack: DeployedStack;
let owner: Clients;
const as = {} as { [role in typeof ROLES[number]]: Clients };

beforeAll(async () => {
  const app = new App({ outdir, analyticsReporting: false });
  const scope = new Stack(app, 'Tables');
  const ledger = new LegacyToS3Pipeline(scope, 'Ledger', { trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }), dashboard: false });
  const whole = new LegacyToS3Pipeline(scope, 'Whole', { trigger: LandingTrigger.s3Notification({ deletions: true }), dashboard: false });
  new LegacyToS3Pipeline(scope, 'Buffered', { trigger: LandingTrigger.buffered({ maxBatchingWindow: Duration.seconds(1) }), dashboard: false });
  addGrantedRoles<Exclude<typeof ROLES[number], 'Compactor'>>(scope, {
    Loader: (role) => ledger.grantLand(role),
    WholeLoader: (role) => whole.grantLand(role),
    Engine: (role) => ledger.catalog!.grantRead(role),
    WholeEngine: (role) => whole.catalog!.grantRead(role),
    Keeper: (role) => ledger.grantWriteTables(role),
    WholeKeeper: (role) => whole.grantWriteTables(role),
    Expirer: (role) => ledger.grantWriteTables(role, { deleteLanded: true }),
  });
  const role = new iam.Role(scope, 'Compactor', { assumedBy: new iam.AccountRootPrincipal() });
  const landedTables = LandedTables.iceberg({ compaction: TableCompaction.every(Duration.days(1), { role }) });
  new LegacyToS3Pipeline(scope, 'Compacted', { trigger: LandingTrigger.s3Notification({ prefix: 'landing/' }), dashboard: false, landedTables });
  new CfnOutput(scope, 'CompactorArn', { value: role.roleArn });
  app.synth();
  cloud = await startLocalCloud();
  stack = await deployTemplate(cloud, outdir);
  owner = clientsOf(cloud.clientConfig);
  const assumed = await assumeRoles(cloud, stack, ROLES);
  for (const name of ROLES) {
    const credentials = assumed[name];
    as[name] = clientsOf({ ...cloud.clientConfig, credentials });
  }
});

afterAll(async () => {
  for (const clients of [owner, ...Object.values(as)]) for (const client of Object.values(clients ?? {})) client.destroy();
  await cloud?.stop();
  rmSync(outdir, { recursive: true, force: true });
});

type Pipeline = typeof PIPELINES[number];

const output = (pipeline: Pipeline, name: keyof typeof STACK_OUTPUTS) => stack.outputs[`${pipeline}${STACK_OUTPUTS[name]}`];
const prefixOf = (pipeline: Pipeline) => (pipeline === 'Ledger' || pipeline === 'Compacted' ? 'landing/' : '');
const at = (pipeline: Pipeline, Key: string) => ({ Bucket: output(pipeline, 'bucketName'), Key });
const metadata = (pipeline: Pipeline, file: string = 'v1.metadata.json') => at(pipeline, `${tableLocation(prefixOf(pipeline), 'ledger_dbo_accounts', UUID)}metadata/${file}`);
const lines = (pipeline: Pipeline) => at(pipeline, runSnapshotsKey(prefixOf(pipeline), 'r1'));
const landed = (pipeline: Pipeline, file: string) => at(pipeline, `${prefixOf(pipeline)}database=L/schema=dbo/table=T/run=r1/${file}`);
const database = (pipeline: Pipeline) => ({ DatabaseName: output(pipeline, 'glueDatabaseName') });

function clientsOf(config: LocalCloud['clientConfig'] & { readonly credentials: { readonly sessionToken?: string } }): Clients {
  return {
    s3: new S3Client(config),
    dynamodb: new DynamoDBClient(config),
    glue: new GlueClient(config),
    sqs: new SQSClient(config),
    lambda: new LambdaClient(config),
  };
}

const denied = async (request: Promise<unknown>) => request.then(() => 'allowed', ({ name }: Error) => name);
const DENIED = expect.stringMatching(/^(AccessDenied|AccessDeniedException|403|Forbidden|AccessDeniedFault)$/);

describe.each<[Pipeline, 'Loader' | 'WholeLoader', 'Engine' | 'WholeEngine', 'Keeper' | 'WholeKeeper']>([
  ['Ledger', 'Loader', 'Engine', 'Keeper'], ['Whole', 'WholeLoader', 'WholeEngine', 'WholeKeeper'],
])('of the pipeline %s', (pipeline, loader, engine, keeper) => {
  test('who changes tables writes, reads and deletes metadata and lines, changes tables and notes it', async () => {
    const { s3, glue, dynamodb } = as[keeper];
    for (const object of [metadata(pipeline), lines(pipeline)]) {
      await s3.send(new PutObjectCommand({ ...object, Body: '{}' }));
      await s3.send(new GetObjectCommand(object));
      await s3.send(new DeleteObjectCommand(object));
    }
    await s3.send(new ListObjectsV2Command({ Bucket: output(pipeline, 'bucketName') }));
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket: output(pipeline, 'bucketName') }))).Status).toBe('Enabled');
    await glue.send(new CreateTableCommand({ ...database(pipeline), TableInput: { Name: 'mine' } }));
    await glue.send(new UpdateTableCommand({ ...database(pipeline), TableInput: { Name: 'mine', Parameters: { a: 'b' } } }));
    await glue.send(new DeleteTableCommand({ ...database(pipeline), Name: 'mine' }));
    const item = { objectKey: { S: 'run#r1' }, versionId: { S: 'table#L/dbo/T' } };
    await dynamodb.send(new PutItemCommand({ TableName: output(pipeline, 'tableName'), Item: item }));
    await dynamodb.send(new GetItemCommand({ TableName: output(pipeline, 'tableName'), Key: item }));
  });

  test('and neither lands nor deletes what landed, unless that was granted', async () => {
    await owner.s3.send(new PutObjectCommand({ ...landed(pipeline, 'kept.parquet'), Body: 'x' }));
    const { s3 } = as[keeper];
    await s3.send(new GetObjectCommand(landed(pipeline, 'kept.parquet')));
    expect(await Promise.all([
      denied(s3.send(new PutObjectCommand({ ...landed(pipeline, 'a.parquet'), Body: 'x' }))), denied(s3.send(new DeleteObjectCommand(landed(pipeline, 'kept.parquet')))),
    ])).toEqual([DENIED, DENIED]);
  });

  test('who lands writes and deletes no metadata', async () => {
    await owner.s3.send(new PutObjectCommand({ ...metadata(pipeline), Body: '{}' }));
    const { s3, glue } = as[loader];
    await s3.send(new PutObjectCommand({ ...landed(pipeline, 'b.parquet'), Body: 'x' }));
    await s3.send(new DeleteObjectCommand(landed(pipeline, 'b.parquet')));
    expect(await Promise.all([
      denied(s3.send(new PutObjectCommand({ ...metadata(pipeline), Body: 'x' }))),
      denied(s3.send(new DeleteObjectCommand(metadata(pipeline)))),
      denied(glue.send(new CreateTableCommand({ ...database(pipeline), TableInput: { Name: 'mine' } }))),
    ])).toEqual(Array(3).fill(DENIED));
  });

  test('who reads by an engine reads objects, metadata and the database, and changes nothing', async () => {
    await owner.s3.send(new PutObjectCommand({ ...metadata(pipeline), Body: '{}' }));
    await owner.s3.send(new PutObjectCommand({ ...landed(pipeline, 'c.parquet'), Body: 'x' }));
    const { s3, glue, dynamodb } = as[engine];
    await s3.send(new GetObjectCommand(metadata(pipeline)));
    await s3.send(new HeadObjectCommand(landed(pipeline, 'c.parquet')));
    await glue.send(new GetDatabasesCommand({}));
    expect((await glue.send(new GetTableCommand({ ...database(pipeline), Name: 'run_snapshots' }))).Table!.StorageDescriptor!.Location)
      .toBe(`s3://${output(pipeline, 'bucketName')}/${prefixOf(pipeline)}run-snapshots/`);
    expect(await Promise.all([
      denied(s3.send(new PutObjectCommand({ ...metadata(pipeline), Body: 'x' }))),
      denied(s3.send(new DeleteObjectCommand(landed(pipeline, 'c.parquet')))),
      denied(glue.send(new UpdateTableCommand({ ...database(pipeline), TableInput: { Name: 'run_snapshots' } }))),
      denied(dynamodb.send(new GetItemCommand({ TableName: output(pipeline, 'tableName'), Key: { objectKey: { S: 'a' }, versionId: { S: 'b' } } }))),
    ])).toEqual(Array(4).fill(DENIED));
  });
});

test('who compacts writes and deletes in the tables\' folder alone, changes tables, takes one, and does nothing else', async () => {
  const { s3, glue, dynamodb } = as.Compactor;
  await owner.s3.send(new PutObjectCommand({ ...landed('Compacted', 'c.parquet'), Body: 'x' }));
  await s3.send(new GetObjectCommand(landed('Compacted', 'c.parquet')));
  await s3.send(new PutObjectCommand({ ...metadata('Compacted'), Body: '{}' }));
  await s3.send(new DeleteObjectCommand(metadata('Compacted')));
  await s3.send(new ListObjectsV2Command({ Bucket: output('Compacted', 'bucketName') }));
  await owner.glue.send(new CreateTableCommand({ ...database('Compacted'), TableInput: { Name: 'mine' } }));
  await glue.send(new GetTableCommand({ ...database('Compacted'), Name: 'mine' }));
  await glue.send(new UpdateTableCommand({ ...database('Compacted'), TableInput: { Name: 'mine', Parameters: { a: 'b' } } }));
  const key = { objectKey: { S: 'compaction#mine' }, versionId: { S: 'compaction' } };
  const TableName = output('Compacted', 'tableName');
  await dynamodb.send(new UpdateItemCommand({ TableName, Key: key, UpdateExpression: 'REMOVE heldUntil' }));
  expect(await Promise.all([
    denied(s3.send(new PutObjectCommand({ ...landed('Compacted', 'd.parquet'), Body: 'x' }))),
    denied(s3.send(new DeleteObjectCommand(landed('Compacted', 'c.parquet')))),
    denied(s3.send(new PutObjectCommand({ ...lines('Compacted'), Body: '{}' }))),
    denied(glue.send(new CreateTableCommand({ ...database('Compacted'), TableInput: { Name: 'other' } }))),
    denied(glue.send(new DeleteTableCommand({ ...database('Compacted'), Name: 'mine' }))),
    denied(glue.send(new UpdateTableCommand({ ...database('Ledger'), TableInput: { Name: 'run_snapshots' } }))),
    denied(dynamodb.send(new GetItemCommand({ TableName, Key: key }))),
    denied(dynamodb.send(new PutItemCommand({ TableName, Item: key }))),
  ])).toEqual(Array(8).fill(DENIED));
});

test('the deployed function compacts a table by these rights, after its pipeline has applied changes', async () => {
  const source = new ChangedSource(undefined, 'landing/', true).write('Accounts', { 1: 'Ada', 2: 'Grace' });
  const base = source.load({ at: 1 });
  const run = source.write('Accounts', { 1: undefined, 3: 'Edsger' }).changes(base, { at: 2 });
  const Bucket = output('Ledger', 'bucketName');
  const bodies = ({ files, manifestKey, manifest }: typeof run) => [
    ...files.map(({ key, bytes }) => [key, bytes] as const), [manifestKey, Buffer.from(JSON.stringify(manifest))] as const,
  ];
  const committed = async ({ runId }: typeof run) => (await owner.dynamodb.send(new GetItemCommand({
    TableName: output('Ledger', 'tableName'), Key: { objectKey: { S: `run#${runId}` }, versionId: { S: 'table#Ledger/dbo/Accounts' } },
  }))).Item?.commitState?.S === 'COMMITTED';
  for (const each of [base, run]) {
    for (const [Key, Body] of bodies(each)) await owner.s3.send(new PutObjectCommand({ Bucket, Key, Body, ChecksumAlgorithm: 'SHA256' }));
    await poll(async () => committed(each), { what: `the commit of ${each.runId}`, deadlineMs: 60_000 });
  }
  const { Functions = [] } = await owner.lambda.send(new ListFunctionsCommand({}));
  const FunctionName = Functions.map(({ FunctionName: name }) => name!).find((name) => name.includes('LedgerCompactor'))!;
  const request = { compactTable: { bucket: Bucket, tableName: 'ledger_dbo_accounts' } };
  const { Payload, FunctionError } = await owner.lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(request) }));
  expect([FunctionError, JSON.parse(Buffer.from(Payload!).toString())]).toEqual([undefined, { tableName: 'ledger_dbo_accounts', state: 'COMPACTED' }]);
  const files = new S3Files(owner.s3);
  const workplace = { files, catalog: new GlueTables(owner.glue, output('Ledger', 'glueDatabaseName'), files), root: `s3://${Bucket}/` };
  expect(await rowsShown(workplace, 'ledger_dbo_accounts')).toEqual([[2, 'Grace'], [3, 'Edsger']]);
  expect(await shownFiles(workplace, 'ledger_dbo_accounts')).toEqual([expect.stringContaining('/data/compacted-')]);
});

test('who expires deletes what landed, too', async () => {
  await owner.s3.send(new PutObjectCommand({ ...landed('Ledger', 'old.parquet'), Body: 'x' }));
  await as.Expirer.s3.send(new DeleteObjectCommand(landed('Ledger', 'old.parquet')));
});

describe.each(['Whole', 'Buffered'] as const)('the recorder of the pipeline %s, which hears of every object', (pipeline) => {
  const keys = async () => {
    const found: string[] = [];
    for await (const { Items = [] } of paginateScan({ client: owner.dynamodb }, { TableName: output(pipeline, 'tableName') })) {
      found.push(...Items.filter(({ itemType }) => itemType?.S === 'object').map(({ objectKey }) => objectKey.S!));
    }
    return found;
  };
  const recorded = async (key: string) => poll(async () => (await keys()).includes(key), { what: `the item of ${key}`, deadlineMs: 60_000 });

  test('makes no item of a commit\'s objects, of their deletion, or when what landed is recorded again', async () => {
    const written = ['v2.metadata.json', 'snap-1.avro', 'm0.avro'].map((file) => metadata(pipeline, file));
    for (const object of [...written, lines(pipeline)]) await owner.s3.send(new PutObjectCommand({ ...object, Body: '{}' }));
    await owner.s3.send(new DeleteObjectCommand(written[0]));
    const last = landed(pipeline, 'last.parquet');
    await owner.s3.send(new PutObjectCommand({ ...last, Body: 'x' }));
    await recorded(last.Key);
    const { Payload, FunctionError } = await owner.lambda.send(new InvokeCommand({
      FunctionName: output(pipeline, 'replayName'), Payload: JSON.stringify({ action: 'objects', prefix: '' }),
    }));
    expect([FunctionError, JSON.parse(Buffer.from(Payload!).toString())]).toEqual([undefined, expect.objectContaining({ failed: 0 })]);
    const ofTables = (await keys()).filter((key) => key.startsWith('_tables/') || key.startsWith('run-snapshots/'));
    expect(ofTables).toEqual([]);
    const { Messages = [] } = await owner.sqs.send(new ReceiveMessageCommand({ QueueUrl: output(pipeline, 'failureQueueUrl'), VisibilityTimeout: 0 }));
    expect(Messages).toEqual([]);
  });
});
