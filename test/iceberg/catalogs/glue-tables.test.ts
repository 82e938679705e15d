import { CreateDatabaseCommand, CreateTableCommand, GetTableCommand, GlueClient, Table, UpdateTableCommand } from '@aws-sdk/client-glue';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CATALOG_PARAMETERS, generationTableName, TABLE_PROPERTIES } from '../../../src/contract';
import { GlueTables } from '../../../src/iceberg/catalogs/glue-tables';
import { commitRun } from '../../../src/iceberg/commit/commit-run';
import { expireTable } from '../../../src/iceberg/commit/expire';
import { rollbackTable } from '../../../src/iceberg/commit/rollback';
import { Workplace } from '../../../src/iceberg/commit/workplace';
import { S3Files } from '../../../src/iceberg/files/s3-files';
import { LocalCloud, startLocalCloud } from '../../../tools/local-cloud';
import { MotoServer } from '../../support/cloud/moto-server';
import { landRun, LandedOptions, livePaths, metadataOf, pathsOfRun, runId, TABLE } from '../../support/iceberg/landed-table';
import { MemoryFiles } from '../../support/iceberg/memory-files';

const DATABASE = 'ledger';
let cloud: LocalCloud;
let glue: GlueClient;
let files: MemoryFiles;
let work: Workplace;
/** Called with each request before it is sent; may lose its answer. */
let answered: (command: string) => void;

beforeAll(async () => {
  cloud = await startLocalCloud({ enforceIam: false });
  glue = new GlueClient({ ...cloud.clientConfig, retryStrategy: undefined, maxAttempts: 3 });
  glue.middlewareStack.add((next, { commandName }) => async (args) => {
    const answer = await next(args);
    answered(commandName!);
    return answer;
  }, { step: 'deserialize', priority: 'low' });
});
afterAll(async () => {
  glue?.destroy();
  await cloud?.stop();
});
beforeEach(async () => {
  await cloud.reset();
  answered = () => undefined;
  files = new MemoryFiles();
  work = { files, catalog: new GlueTables(glue, DATABASE, files), root: 's3://lake/' };
});

const land = (options?: LandedOptions) => landRun((uri, bytes) => files.put(uri, bytes), options);
const table = async (name = TABLE): Promise<Table> => (await glue.send(new GetTableCommand({ DatabaseName: DATABASE, Name: name }))).Table!;

/** The answer of the next such request is lost after it took effect; the SDK sends it again. */
function loseAnswerOf(command: string, times = 1): void {
  let left = times;
  answered = (sent) => {
    if (sent === command && left-- > 0) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', name: 'TimeoutError' });
  };
}

test('a table as Iceberg’s own Glue catalog keeps it', async () => {
  const { metadataLocation } = await commitRun(work, land({ columns: [['Id', 'INT32', 1], ['Price', 'DECIMAL(19,4)', 2]] }));
  const { Parameters, TableType, StorageDescriptor, Description } = await table();
  expect({ TableType, Description }).toEqual({ TableType: 'EXTERNAL_TABLE', Description: 'Newest complete run of Bank/dbo/Accounts' });
  expect(Parameters).toMatchObject({
    table_type: 'ICEBERG',
    metadata_location: metadataLocation,
    EXTERNAL: 'TRUE',
    [CATALOG_PARAMETERS.kind]: 'newest',
    [CATALOG_PARAMETERS.dataset]: 'Bank/dbo/Accounts',
    [CATALOG_PARAMETERS.run]: runId(1),
    [TABLE_PROPERTIES.appliedRun]: runId(1),
  });
  expect(StorageDescriptor!.Location).toBe((await metadataOf(work)).location);
  expect(StorageDescriptor!.Columns!.map(({ Name, Type, Parameters: of }) => [Name, Type, of!['iceberg.field.id']])).toEqual([['id', 'int', '1'], ['price', 'decimal(19,4)', '2']]);
  await commitRun(work, land({ run: 2 }));
  expect((await table()).Parameters).toMatchObject({ previous_metadata_location: metadataLocation });
  expect((await table()).Parameters!.metadata_location).toMatch(/\/00001-[0-9a-f-]{36}\.metadata\.json$/);
});

test('of two changes of one version one wins', async () => {
  await commitRun(work, land());
  const base = (await work.catalog.load(TABLE))!;
  const metadata = await metadataOf(work);
  const outcomes = await Promise.all(['a', 'b', 'c'].map(async (attempt) => work.catalog.commit({ name: TABLE, base, metadata, attempt })));
  expect(outcomes.filter((location) => location !== undefined)).toHaveLength(1);
});

test('runs committed at the same time: the newest is shown, none is lost', async () => {
  const outcomes = await Promise.all([1, 2, 3, 4].map(async (run) => commitRun(work, land({ run }))));
  expect(await livePaths(work)).toEqual(pathsOfRun({ run: 4 }));
  expect((await metadataOf(work)).snapshots).toHaveLength(outcomes.filter(({ state }) => state === 'COMMITTED').length);
});

describe('an answer that was lost', () => {
  test.each([['of the first commit', 'CreateTableCommand', 1], ['of the next', 'UpdateTableCommand', 2]])('%s: the commit is found, once', async (_which, command, run) => {
    if (run === 2) await commitRun(work, land());
    loseAnswerOf(command);
    expect(await commitRun(work, land({ run }))).toMatchObject({ state: 'COMMITTED', provenRows: 5, repeated: false });
    expect(await livePaths(work)).toEqual(pathsOfRun({ run }));
    expect((await metadataOf(work)).snapshots).toHaveLength(run);
    expect(files.below((await metadataOf(work)).location).filter((uri) => uri.includes('/attempts/'))).toEqual([]);
  });

  test('time and again: the repetition finds it, and deletes nothing that is named', async () => {
    await commitRun(work, land());
    loseAnswerOf('UpdateTableCommand', 100);
    const outcome = await commitRun(work, land({ run: 2 })).catch((error: Error) => error);
    answered = () => undefined;
    expect(await commitRun(work, land({ run: 2 }))).toMatchObject({ state: 'COMMITTED', repeated: true });
    expect((await metadataOf(work)).snapshots).toHaveLength(2);
    expect(await livePaths(work)).toEqual(pathsOfRun({ run: 2 }));
    expect(outcome).toBeDefined();
  });

  test('of a rollback: it is done, and said so', async () => {
    await commitRun(work, land());
    await commitRun(work, land({ run: 2 }));
    loseAnswerOf('UpdateTableCommand');
    expect(await rollbackTable(work, TABLE, { runId: runId(1) })).toMatchObject({ changed: true });
    expect(await livePaths(work)).toEqual(pathsOfRun());
  });
});

test('a Hive table of ours becomes Iceberg; nothing of Hive is left', async () => {
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: DATABASE } }));
  await glue.send(new CreateTableCommand({
    DatabaseName: DATABASE,
    TableInput: {
      Name: TABLE,
      TableType: 'EXTERNAL_TABLE',
      PartitionKeys: [{ Name: 'run', Type: 'string' }],
      Parameters: { [CATALOG_PARAMETERS.dataset]: 'Bank/dbo/Accounts', [CATALOG_PARAMETERS.kind]: 'newest', [CATALOG_PARAMETERS.layout]: 'x', 'classification': 'parquet', 'projection.enabled': 'true' },
      StorageDescriptor: { Location: 's3://lake/landing/', InputFormat: 'hive', Columns: [{ Name: 'id', Type: 'int' }], SerdeInfo: { SerializationLibrary: 'hive' } },
    },
  }));
  expect((await work.catalog.load(TABLE))!.metadataLocation).toBeUndefined();
  expect((await commitRun(work, land())).began).toBeUndefined();
  const { Parameters, StorageDescriptor, PartitionKeys = [] } = await table();
  expect([Parameters!.classification, Parameters!['projection.enabled'], Parameters![CATALOG_PARAMETERS.layout], Parameters!.previous_metadata_location]).toEqual(Array(4).fill(undefined));
  expect([StorageDescriptor!.InputFormat, StorageDescriptor!.SerdeInfo?.SerializationLibrary, PartitionKeys]).toEqual([undefined, undefined, []]);
});

test.each([[{}, 'somebody else'], [{ [CATALOG_PARAMETERS.dataset]: 'Bank/dbo/Other', [CATALOG_PARAMETERS.kind]: 'newest' }, 'Bank/dbo/Other'], [
  { [CATALOG_PARAMETERS.dataset]: 'Bank/dbo/Accounts', [CATALOG_PARAMETERS.kind]: 'runs' }, 'runs',
]])('a table that is not ours is left as it is: %j', async (Parameters, why) => {
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: DATABASE } }));
  await glue.send(new CreateTableCommand({ DatabaseName: DATABASE, TableInput: { Name: TABLE, Parameters, StorageDescriptor: { Columns: [] } } }));
  const before = await table();
  await expect(commitRun(work, land())).rejects.toMatchObject({ code: 'NAME_TAKEN', message: expect.stringContaining(why) });
  expect(await table()).toEqual(before);
});

test('what others set on the table stays; a generation stays one, whatever is done to it', async () => {
  const identity = { objectId: 1, created: 'x', database: 'fork:a' };
  const columns = [['Id', 'INT32', 1]] as const;
  for (const run of [1, 2]) await commitRun(work, land({ run, identity, columns }));
  const { Parameters, StorageDescriptor, VersionId } = await table();
  await glue.send(new UpdateTableCommand({ DatabaseName: DATABASE, VersionId, TableInput: { Name: TABLE, Parameters: { ...Parameters, team: 'ledger' }, StorageDescriptor } }));
  await commitRun(work, land({ run: 3, identity, columns }));
  expect((await table()).Parameters).toMatchObject({ team: 'ledger', [CATALOG_PARAMETERS.run]: runId(3) });
  await commitRun(work, land({ run: 4, identity: { ...identity, objectId: 2 }, columns }));
  const older = generationTableName(TABLE, 1);
  await rollbackTable(work, older, { runId: runId(1) });
  await expireTable(work, older, { keepRuns: 0 });
  expect((await table(older)).Parameters![CATALOG_PARAMETERS.kind]).toBe('generation');
  expect((await table()).Parameters).toMatchObject({ [CATALOG_PARAMETERS.kind]: 'newest' });
  expect(await work.catalog.names(TABLE)).toEqual(expect.arrayContaining([TABLE, older]));
});

test('dropped only as it was', async () => {
  await commitRun(work, land());
  const there = (await work.catalog.load(TABLE))!;
  await commitRun(work, land({ run: 2 }));
  expect(await work.catalog.drop(there)).toBe(false);
  expect(await work.catalog.drop((await work.catalog.load(TABLE))!)).toBe(true);
  expect(await work.catalog.load(TABLE)).toBeUndefined();
  expect(await work.catalog.drop(there)).toBe(true);
});

test('over moto’s S3: commits, an expiry, and the end of any object', async () => {
  const moto = await MotoServer.start();
  const config = { endpoint: moto.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  try {
    await s3.send(new CreateBucketCommand({ Bucket: 'lake' }));
    const inS3 = new S3Files(s3);
    const there: Workplace = { files: inS3, catalog: new GlueTables(glue, DATABASE, inS3), root: 's3://lake/' };
    for (const run of [1, 2, 3]) {
      const landed: Array<readonly [string, Buffer]> = [];
      const made = landRun((uri, bytes) => landed.push([uri, bytes]), { run });
      for (const [uri, bytes] of landed) await inS3.replace(uri, bytes);
      expect((await commitRun(there, made)).provenRows).toBe(5);
    }
    expect(await expireTable(there, TABLE, { keepRuns: 1 })).toMatchObject({ runs: [runId(1), runId(2)], files: 4, heldByVersions: false });
    expect(await livePaths(there)).toEqual(pathsOfRun({ run: 3 }));
    expect((await inS3.list('s3://lake/landing/')).map(({ uri }) => uri).sort()).toEqual(pathsOfRun({ run: 3 }));
    await inS3.replace('s3://lake/empty', Buffer.alloc(0));
    await inS3.replace('s3://lake/small', 'abc');
    expect(await inS3.readEnd('s3://lake/empty', 8)).toEqual({ end: Buffer.alloc(0), sizeBytes: 0 });
    expect(await inS3.readEnd('s3://lake/small', 2)).toEqual({ end: Buffer.from('bc'), sizeBytes: 3 });
    expect(await inS3.readEnd('s3://lake/small', 8)).toEqual({ end: Buffer.from('abc'), sizeBytes: 3 });
    expect(await inS3.readEnd('s3://lake/none', 8)).toBeUndefined();
    expect([await inS3.create('s3://lake/small', 'x'), await inS3.create('s3://lake/new', 'x'), String(await inS3.read('s3://lake/small'))]).toEqual([false, true, 'abc']);
  } finally {
    s3.destroy();
    await moto.stop();
  }
});
