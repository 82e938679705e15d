import { AthenaClient, BatchGetQueryExecutionCommand, CreateWorkGroupCommand, ListQueryExecutionsCommand } from '@aws-sdk/client-athena';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateDatabaseCommand, CreateTableCommand as CreateGlueTableCommand, GetTableCommand, GlueClient } from '@aws-sdk/client-glue';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { manifestKey, RUN_ITEM_SORT_KEY, runItemKey, tableCommitSortKey } from '../../../../src/contract';
import { startLocalCloud, type LocalCloud } from '../../../../tools/local-cloud';
import { StackProxy } from '../../../support/cloud/stack-proxy';
import { removeCliBundle } from '../../../support/packages/cli-bundle';
import { standInRuns } from '../../../support/source/stand-in-runs';
import { runCli } from '../../spawn-cli';

const runs = standInRuns();
const TABLE = 'legacyledger_dbo_moving';
const KEYS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
let cloud: LocalCloud;
let s3: S3Client;
let proxy: StackProxy;
let glue: GlueClient;
let athena: AthenaClient;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  cloud = await startLocalCloud({ enforceIam: false });
  const reach = { endpoint: cloud.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, forcePathStyle: true };
  s3 = new S3Client(reach);
  glue = new GlueClient(reach);
  athena = new AthenaClient(reach);
  dynamodb = new DynamoDBClient(reach);
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  const outputs = { BucketName: 'bucket', LandingPrefix: 'landing/', TableName: 'records', GlueDatabaseName: 'lake', WorkGroupName: 'analysts' };
  proxy = await StackProxy.start(cloud.endpoint, 'Ledger', Object.fromEntries(Object.entries(outputs).map(([name, value]) => [`Pipe${name}`, value])));
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: 'lake' } }));
  await glue.send(new CreateGlueTableCommand({ DatabaseName: 'lake', TableInput: { Name: 'others', TableType: 'EXTERNAL_TABLE', Parameters: {} } }));
  await athena.send(new CreateWorkGroupCommand({ Name: 'analysts', Configuration: { ResultConfiguration: { OutputLocation: 's3://bucket/results/' } } }));
  await dynamodb.send(new CreateTableCommand({
    TableName: 'records',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'objectKey', AttributeType: 'S' }, { AttributeName: 'versionId', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'objectKey', KeyType: 'HASH' }, { AttributeName: 'versionId', KeyType: 'RANGE' }],
  }));
});
afterAll(async () => {
  [s3, glue, athena, dynamodb].forEach((client) => client?.destroy());
  await proxy?.stop();
  await cloud?.stop();
  removeCliBundle();
});

const cli = async (...args: string[]) => runCli([...args, '--endpoint-url', proxy.endpoint], { ...KEYS, LEGACY_TO_S3_PASSWORD: runs.server.password });

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(...args, '--stack', 'Ledger');
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

/** Lands a run in the bucket, and notes what run completion would. @returns its id */
async function land(state: 'COMPLETE' | 'INCOMPLETE' = 'COMPLETE'): Promise<string> {
  const { host, port, user, database } = runs.server;
  const { stdout, stderr } = await cli('extract', '--server', host, '--port', String(port), '--user', user, '--database', database, '--encrypt', 'false', '--tables', 'dbo.Moving',
    '--threads', '0', '--to', 's3://bucket/landing');
  const runId = /^run (\S+):/.exec(stdout)?.[1];
  if (runId === undefined) throw new Error(stderr);
  const { ETag } = await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: manifestKey('landing/', runId) }));
  const item = { objectKey: runItemKey(runId), runState: state, manifestETag: ETag!.replaceAll('"', '') };
  for (const [versionId, more] of [[RUN_ITEM_SORT_KEY, {}], [tableCommitSortKey('LegacyLedger/dbo/Moving'), { commitState: 'COMMITTED' }]] as const) {
    await dynamodb.send(new PutItemCommand({ TableName: 'records', Item: Object.fromEntries(Object.entries({ ...item, ...more, versionId }).map(([name, S]) => [name, { S }])) }));
  }
  return runId;
}

test('tables of a pipeline: rebuilt, listed, asked as a run left them, rolled back, expired', async () => {
  await runs.client.batch('CREATE TABLE dbo.Moving (Id int NOT NULL PRIMARY KEY); INSERT INTO dbo.Moving VALUES (1), (2)');
  const first = await land();
  await runs.client.batch('INSERT INTO dbo.Moving VALUES (3)');
  const second = await land();
  const incomplete = await land('INCOMPLETE');

  expect(await ok('tables', '--landed')).toBe('no run has become snapshots of landed tables there\n');
  const rebuilt = await cli('tables', 'rebuild', '--stack', 'Ledger');
  expect(rebuilt).toMatchObject({ code: 0, stderr: expect.stringContaining(`run ${incomplete} is left out: run completion has not found it complete`) });
  const listed = async () => JSON.parse(await ok('tables', '--landed', '--json'))[0];
  expect(await listed()).toMatchObject({ name: TABLE, dataset: 'LegacyLedger/dbo/Moving', generation: 1, newest: true, run: second, rows: 3, snapshots: 2 });
  const { Table } = await glue.send(new GetTableCommand({ DatabaseName: 'lake', Name: TABLE }));
  expect(Table).toMatchObject({ Parameters: { table_type: 'ICEBERG', metadata_location: (await listed()).metadataLocation } });

  const asked = await cli('query', `SELECT count(*) FROM lake.${TABLE} m -- ${TABLE};`, '--run', first, '--json', '--stack', 'Ledger');
  // What stands in for Athena here knows no time travel; which text it was given is looked at.
  expect(asked).toMatchObject({ code: 4, stderr: expect.stringContaining('error QUERY_FAILED: Athena ended the query as FAILED: ') });
  const { QueryExecutionIds } = await athena.send(new ListQueryExecutionsCommand({ WorkGroup: 'analysts' }));
  const { QueryExecutions } = await athena.send(new BatchGetQueryExecutionCommand({ QueryExecutionIds }));
  const { snapshotId } = JSON.parse(await ok('rollback', TABLE, '--run', first, '--json'));
  expect(QueryExecutions!.map(({ Query, QueryExecutionContext }) => [Query, QueryExecutionContext?.Database])).toEqual([[
    `WITH "${TABLE}" AS (SELECT * FROM "lake"."${TABLE}" FOR VERSION AS OF ${snapshotId}) SELECT count(*) FROM ${TABLE} m`, 'lake',
  ]]);
  expect(await listed()).toMatchObject({ run: first, rows: 2, snapshots: 2 });
  expect(await ok('query', 'SELECT 40 + 2 AS n, \'x\' AS t', '--json')).toBe('{"n":42,"t":"x"}\n');
  expect(await cli('query', `DELETE FROM ${TABLE}`, '--stack', 'Ledger')).toMatchObject({ code: 2, stderr: expect.stringContaining('it begins with DELETE') });
  expect(await cli('query', `SELECT * FROM ${TABLE}`, '--max-bytes', '10', '--stack', 'Ledger')).toMatchObject({ code: 4, stderr: expect.stringContaining('QUERY_FAILED') });
  expect(await cli('query', `SELECT * FROM ${TABLE}`, '--run', incomplete, '--stack', 'Ledger')).toMatchObject({ code: 4, stderr: expect.stringContaining('RUN_NOT_FOUND') });

  await ok('rollback', TABLE, '--run', second);
  expect(await ok('expire', '--keep-runs', '1')).toContain(first);
  const stateOf = async (runId: string) => (await dynamodb.send(new GetItemCommand({
    TableName: 'records', Key: { objectKey: { S: runItemKey(runId) }, versionId: { S: tableCommitSortKey('LegacyLedger/dbo/Moving') } },
  }))).Item?.commitState.S;
  expect([await stateOf(first), await stateOf(second)]).toEqual(['EXPIRED', 'COMMITTED']);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'bucket', Prefix: 'landing/database=' }));
  expect(Contents.map(({ Key }) => /run=([^/]+)/.exec(Key!)![1]).sort()).toEqual([second, incomplete]);
});

test.each([
  ['a bucket without its stack', ['tables', '--landed', '--to', 's3://bucket/landing'], 2, /name its stack by --stack/],
  ['a stack that is not there', ['tables', '--landed', '--stack', 'Nope'], 4, /there is no stack 'Nope'/],
  ['moving', ['tables', 'relocate', '--stack', 'Ledger'], 2, /tables of a pipeline do not move/],
  ['committing', ['tables', 'commit', 'RUN', '--stack', 'Ledger'], 2, /replay --run RUN/],
  ["somebody else's table", ['rollback', 'others', '--run', 'x', '--stack', 'Ledger'], 4, /has no landed table 'others'/],
])('%s is refused', async (_, args, code, message) => {
  expect(await cli(...args)).toMatchObject({ code, stderr: expect.stringMatching(message) });
});
