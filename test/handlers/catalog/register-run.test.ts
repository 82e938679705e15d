import {
  CreateTableCommand, DeleteTableCommand, GetPartitionsCommand, GetTableCommand, GetTablesCommand, GlueClient, InvalidInputException, Table,
  TableInput as TableInputOfGlue, UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { CATALOG_PARAMETERS, Manifest, ManifestChanges, ManifestColumn, ManifestTable, RunItem, RunState } from '../../../src/contract';
import { GlueCatalog } from '../../../src/handlers/catalog/glue-catalog';
import { catalogRegistrar } from '../../../src/handlers/catalog/register-run';
import { Telemetry } from '../../../src/handlers/shared/telemetry';
import { LocalCloud, startLocalCloud } from '../../../tools/local-cloud';
import { smallRun } from '../../support/runs/small-run';

let cloud: LocalCloud;
let glue: GlueClient;
let failures: Error[];
let warned: unknown[];
const DATABASE = 'ledger';

beforeAll(async () => {
  cloud = await startLocalCloud({ enforceIam: false });
  glue = new GlueClient(cloud.clientConfig);
  glue.middlewareStack.add((next) => async (args) => {
    refuseAsGlue(args.input);
    return next(args);
  }, { step: 'initialize' });
});
afterAll(async () => {
  glue?.destroy();
  await cloud?.stop();
});
beforeEach(async () => {
  await cloud.reset();
  failures = [];
  warned = [];
});

/** As its documentation says of names, comments (one line, 255 bytes) and descriptions (2,048 bytes), which the local cloud takes as they come. */
function refuseAsGlue(input: unknown): void {
  const { TableInput, PartitionInput } = input as { TableInput?: TableInputOfGlue; PartitionInput?: TableInputOfGlue };
  const { Name, Description, StorageDescriptor, PartitionKeys = [] } = TableInput ?? PartitionInput ?? {};
  const columns = [...StorageDescriptor?.Columns ?? [], ...PartitionKeys];
  const lines = [...Name === undefined ? [] : [Name], ...columns.flatMap((each) => [each.Name!, each.Comment ?? ''])];
  // eslint-disable-next-line no-control-regex
  const bad = lines.find((text) => /[\u0000-\u001f\u007f]/.test(text) || Buffer.byteLength(text) > 255);
  if (bad !== undefined || columns.some((each) => each.Name === '' || /[,:;]|^ | $/.test(each.Name!)) || Buffer.byteLength(Description ?? '') > 2048
    // eslint-disable-next-line no-control-regex
    || /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(Description ?? '')) {
    throw new InvalidInputException({ message: `failed to satisfy constraint: ${JSON.stringify(bad)}`, $metadata: {} });
  }
}

const column = (name: string, glueType: string): ManifestColumn => ({ name, ordinal: 1, sourceType: glueType, nullable: true, outputType: 'X', glueType });
const columns = (...pairs: readonly [string, string][]) => pairs.map(([name, type]) => column(name, type));
const parquet: Manifest['format'] = { name: 'parquet', compression: 'zstd' };
const csv: Manifest['format'] = { name: 'csv', compression: 'gzip' };

/** Registers run number `day` and answers with its id. */
async function register(day: number, of: {
  columns?: ManifestColumn[];
  format?: Manifest['format'];
  state?: RunState;
  table?: string;
  runId?: string;
  partitionPrefix?: string;
  alter?: (table: ManifestTable) => ManifestTable;
} = {}): Promise<string> {
  const { manifest, ...made } = smallRun({
    at: new Date(Date.UTC(2026, 0, day)), columns: of.columns ?? columns(['Id', 'int']), format: of.format ?? parquet, table: of.table ?? 'Accounts', partitionPrefix: of.partitionPrefix,
  });
  const runId = of.runId ?? made.runId;
  const run = { runId, runState: of.state ?? 'COMPLETE', bucket: 'landing' } as RunItem;
  const telemetry = {
    failure: (_message: string, error: Error) => failures.push(error), warn: (_message: string, fields: unknown) => warned.push(fields),
  } as unknown as Telemetry;
  await catalogRegistrar(new GlueCatalog(glue, DATABASE), telemetry)(run, {
    manifest: { ...manifest, runId, tables: manifest.tables.map(of.alter ?? ((each) => each)) }, bucket: 'landing', key: 'k', versionId: 'null', eTag: 'e',
  });
  return runId;
}

async function table(name: string): Promise<Table> {
  return (await glue.send(new GetTableCommand({ DatabaseName: DATABASE, Name: name }))).Table!;
}

const names = async () => (await glue.send(new GetTablesCommand({ DatabaseName: DATABASE }))).TableList!.map(({ Name }) => Name).sort();
const shape = ({ StorageDescriptor }: Pick<Table, 'StorageDescriptor'>) => StorageDescriptor!.Columns!.map(({ Name, Type }) => `${Name} ${Type}`);
const partitions = async (name: string) => (await glue.send(new GetPartitionsCommand({ DatabaseName: DATABASE, TableName: name }))).Partitions!;
const folder = (runId: string, name = 'Accounts') => `s3://landing/landing/database=Bank/schema=dbo/table=${name}/run=${runId}/`;
const shownRun = async () => (await table('bank_dbo_accounts')).Parameters![CATALOG_PARAMETERS.run];

test('the first run makes database, tables and partition', async () => {
  const runId = await register(1, { columns: columns(['Id', 'int'], ['Balance', 'decimal(19,4)']) });
  expect(await names()).toEqual(['bank_dbo_accounts', 'bank_dbo_accounts_runs']);
  const newest = await table('bank_dbo_accounts');
  expect(newest).toMatchObject({
    TableType: 'EXTERNAL_TABLE',
    Parameters: { 'classification': 'parquet', 'cdk-legacy-to-s3.dataset': 'Bank/dbo/Accounts', 'cdk-legacy-to-s3.run': runId },
    StorageDescriptor: { Location: folder(runId), SerdeInfo: { SerializationLibrary: expect.stringContaining('ParquetHiveSerDe') } },
  });
  expect(shape(newest)).toEqual(['id int', 'balance decimal(19,4)']);
  const runs = await table('bank_dbo_accounts_runs');
  expect(runs.PartitionKeys).toEqual([{ Name: 'run', Type: 'string' }]);
  expect(runs.StorageDescriptor!.Location).toBe('s3://landing/landing/database=Bank/schema=dbo/table=Accounts/');
  const [partition] = await partitions('bank_dbo_accounts_runs');
  expect(partition).toMatchObject({ Values: [runId], Parameters: { 'cdk-legacy-to-s3.run-state': 'COMPLETE' }, StorageDescriptor: { Location: folder(runId) } });
});

test('registering again changes nothing', async () => {
  const runId = await register(1);
  const before = [await table('bank_dbo_accounts_runs'), await partitions('bank_dbo_accounts_runs')];
  await register(1, { runId });
  expect([await table('bank_dbo_accounts_runs'), (await partitions('bank_dbo_accounts_runs')).length]).toEqual([before[0], 1]);
});

test('the newest complete run is shown with its own columns, all runs with everybody\'s', async () => {
  const first = await register(1, { columns: columns(['Id', 'int'], ['Name', 'string'], ['Amount', 'decimal(10,2)'], ['Day', 'date']) });
  const second = await register(2, { columns: columns(['Added', 'double'], ['Id', 'bigint'], ['Amount', 'decimal(19,4)'], ['Day', 'timestamp']) });
  const newest = await table('bank_dbo_accounts');
  expect([newest.StorageDescriptor!.Location, shape(newest)])
    .toEqual([folder(second), ['added double', 'id bigint', 'amount decimal(19,4)', 'day timestamp']]);
  expect(shape(await table('bank_dbo_accounts_runs'))).toEqual(['id bigint', 'name string', 'amount decimal(19,4)', 'day string', 'added double']);
  const byRun = new Map((await partitions('bank_dbo_accounts_runs')).map((partition) => [partition.Values![0], shape(partition as Table)]));
  expect(byRun.get(first)).toEqual(['id int', 'name string', 'amount decimal(10,2)', 'day date']);
  expect(byRun.get(second)).toEqual(['id bigint', 'name string', 'amount decimal(19,4)', 'day string', 'added double']);
});

test('an older run that completes late is a partition, and does not replace the newer one', async () => {
  const newer = await register(2);
  const older = await register(1);
  expect(await shownRun()).toBe(newer);
  expect((await partitions('bank_dbo_accounts_runs')).map(({ Values }) => Values![0]).sort()).toEqual([older, newer]);
});

test('an incomplete run is a partition that says so, and is not shown', async () => {
  const first = await register(1);
  const second = await register(2, { state: 'INCOMPLETE' });
  expect(await shownRun()).toBe(first);
  const states = (await partitions('bank_dbo_accounts_runs')).map(({ Values, Parameters }) => [Values![0], Parameters![CATALOG_PARAMETERS.state]]);
  expect(states).toEqual([[first, 'COMPLETE'], [second, 'INCOMPLETE']]);
});

test('a run that turns incomplete gives way to the newest complete one, or to nothing', async () => {
  const [first, second] = [await register(1), await register(2)];
  await register(2, { runId: second, state: 'INCOMPLETE' });
  expect(await shownRun()).toBe(first);
  expect((await table('bank_dbo_accounts')).StorageDescriptor!.Location).toBe(folder(first));
  await register(1, { runId: first, state: 'INCOMPLETE' });
  expect(await names()).toEqual(['bank_dbo_accounts_runs']);
  await register(2, { runId: second });
  expect(await shownRun()).toBe(second);
});

test('CSV is registered as strings, with what the serde needs to read RFC 4180', async () => {
  await register(1, { format: { ...csv, delimiter: ';' }, columns: columns(['Id', 'string']) });
  expect(await table('bank_dbo_accounts')).toMatchObject({
    Parameters: { 'classification': 'csv', 'skip.header.line.count': '1' },
    StorageDescriptor: {
      Compressed: true,
      SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde', Parameters: { separatorChar: ';', quoteChar: '"', escapeChar: '\u0001' } },
    },
  });
});

test('CSV without header skips no line', async () => {
  await register(1, { format: { ...csv, header: false } });
  expect((await table('bank_dbo_accounts')).Parameters).not.toHaveProperty('skip.header.line.count');
});

test('CSV with more columns at the end shares the table; with others in between it gets one of its own', async () => {
  await register(1, { format: csv, columns: columns(['a', 'string'], ['b', 'string']) });
  await register(2, { format: csv, columns: columns(['a', 'string'], ['b', 'string'], ['c', 'string']) });
  expect(shape(await table('bank_dbo_accounts_runs'))).toEqual(['a string', 'b string', 'c string']);
  await register(3, { format: csv, columns: columns(['a', 'string'], ['x', 'string'], ['b', 'string']) });
  const [, , own] = await names();
  expect(own).toMatch(/^bank_dbo_accounts_runs_csv_[0-9a-f]{8}$/);
  expect(shape(await table(own!))).toEqual(['a string', 'x string', 'b string']);
  expect(await partitions('bank_dbo_accounts_runs')).toHaveLength(2);
  expect(failures).toEqual([]);
});

test('runs of another format get a table of their own, and the newest is shown whatever its format', async () => {
  await register(1, { format: csv });
  const second = await register(2, { format: { name: 'jsonl', compression: 'none' } });
  expect(await names()).toEqual(['bank_dbo_accounts', 'bank_dbo_accounts_runs', 'bank_dbo_accounts_runs_jsonl']);
  expect(await table('bank_dbo_accounts')).toMatchObject({
    Parameters: { classification: 'json' }, StorageDescriptor: { Location: folder(second), SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' } },
  });
  await register(2, { runId: second, format: { name: 'jsonl', compression: 'none' }, state: 'INCOMPLETE' });
  expect((await table('bank_dbo_accounts')).Parameters).toMatchObject({ classification: 'csv' });
});

test('a column called like the partition: the partition key has the prefix of the run\'s own', async () => {
  const runId = await register(1, { columns: columns(['Id', 'int'], ['Run', 'int']), partitionPrefix: 'landed_' });
  const landed = 's3://landing/landing/landed_database=Bank/landed_schema=dbo/landed_table=Accounts/';
  expect(await table('bank_dbo_accounts')).toMatchObject({ StorageDescriptor: { Location: `${landed}landed_run=${runId}/` } });
  const runs = await table('bank_dbo_accounts_runs');
  expect([runs.PartitionKeys, shape(runs), runs.StorageDescriptor!.Location]).toEqual([[{ Name: 'landed_run', Type: 'string' }], ['id int', 'run int'], landed]);
  expect((await partitions('bank_dbo_accounts_runs'))[0].StorageDescriptor!.Location).toBe(`${landed}landed_run=${runId}/`);
  expect(failures).toEqual([]);
});

test('a column called like the partition that comes later: runs with it get a table of their own, the others keep theirs', async () => {
  const first = await register(1);
  const second = await register(2, { columns: columns(['Id', 'int'], ['Run', 'int']), partitionPrefix: 'landed_' });
  const third = await register(3);
  expect(await names()).toEqual(['bank_dbo_accounts', 'bank_dbo_accounts_runs', 'bank_dbo_accounts_runs_parquet_landed']);
  expect((await partitions('bank_dbo_accounts_runs')).map(({ Values }) => Values![0])).toEqual([first, third]);
  expect((await partitions('bank_dbo_accounts_runs_parquet_landed')).map(({ Values }) => Values![0])).toEqual([second]);
  await register(3, { runId: third, state: 'INCOMPLETE' });
  expect(shape(await table('bank_dbo_accounts'))).toEqual(['id int', 'run int']);
  expect(failures).toEqual([]);
});

const ODD = ['Id', 'a,b', 'line\nbreak', 'x:y', 'x;y', 'tab\there', ' led', '表'.repeat(100), 'dot.ted', 'Straße'];

test.each<[string, Manifest['format']]>([['Parquet', parquet], ['JSON Lines', { name: 'jsonl', compression: 'none' }]])(
  'columns whose names Glue refuses are left out of %s by name, and the table says so', async (_name, format) => {
    await register(1, { format, columns: columns(...ODD.map((name): [string, string] => [name, 'int'])) });
    const newest = await table('bank_dbo_accounts');
    expect(shape(newest)).toEqual(['id int', 'dot.ted int', 'straße int']);
    const leftOut = ODD.slice(1, 8);
    expect(JSON.parse(newest.Parameters![CATALOG_PARAMETERS.leftOut])).toEqual(leftOut);
    expect(newest.Description).toMatch(/^Newest complete run of Bank\/dbo\/Accounts; without the columns \["a,b","line\\nbreak",/);
    expect([failures, warned]).toEqual([[], [{ dataset: 'Bank/dbo/Accounts', columns: leftOut }]]);
    expect(await partitions('bank_dbo_accounts_runs')).toHaveLength(1);
  });

test('time stamps finer than milliseconds, which Athena rounds, are told in comment and description', async () => {
  const at = (name: string, sourceType: string, glueType = 'timestamp'): ManifestColumn => ({ ...column(name, glueType), sourceType });
  const times = [at('Fine', 'datetime2(7)'), at('Micro', 'datetimeoffset(4)'), at('Milli', 'datetime2(3)'), at('Old', 'datetime'), at('Text', 'datetime2(7)', 'string')];
  await register(1, { columns: times });
  const newest = await table('bank_dbo_accounts');
  expect(newest.StorageDescriptor!.Columns!.map(({ Comment }) => Comment)).toEqual([
    'datetime2(7); Athena shows milliseconds, rounded', 'datetimeoffset(4); Athena shows milliseconds, rounded', 'datetime2(3)', 'datetime', 'datetime2(7)',
  ]);
  for (const { Description } of [newest, await table('bank_dbo_accounts_runs')]) {
    expect(Description).toContain('; Athena rounds to milliseconds, which the files do not: ["Fine","Micro"]');
  }
  await register(2, { columns: times, format: csv, table: 'Texts' });
  expect((await table('bank_dbo_texts')).Description).toBe('Newest complete run of Bank/dbo/Texts');
});

test('CSV, which is read by position, has other names for them', async () => {
  await register(1, { format: csv, columns: columns(...[...ODD, 'a_b'].map((name): [string, string] => [name, 'string'])) });
  const { Columns } = (await table('bank_dbo_accounts')).StorageDescriptor!;
  expect(Columns!.map(({ Name }) => Name)).toEqual([
    'id', 'a_b_2', 'line_break', 'x_y', 'x_y_2', 'tab_here', '_led', '表'.repeat(80), 'dot.ted', 'straße', 'a_b',
  ]);
  expect(Columns![2].Comment).toBe('string line break');
  expect([failures, warned]).toEqual([[], []]);
});

test('a table with nothing that Glue takes, or that Glue refuses all the same, is logged, and the run goes on', async () => {
  await register(1, { columns: columns([',', 'int']) });
  expect(failures).toEqual([expect.objectContaining({ code: 'CATALOG_NO_COLUMN' })]);
  await register(2, { table: 'odd\u0001 name', columns: columns(['Id', 'int']) });
  expect(failures).toHaveLength(1);
  expect(await names()).toEqual(['bank_dbo_odd__name', 'bank_dbo_odd__name_runs']);
  glue.middlewareStack.add(() => async () => { throw new InvalidInputException({ message: 'no', $metadata: {} }); }, { step: 'initialize', name: 'refusing' });
  await register(3).finally(() => glue.middlewareStack.remove('refusing'));
  expect(failures[1]).toBeInstanceOf(InvalidInputException);
});

test('two datasets whose names fold to one: the second is left out and logged, the run\'s other tables are not', async () => {
  await register(1, { table: 'My Accounts' });
  await register(2, { table: 'my-accounts' });
  expect(failures).toEqual([expect.objectContaining({
    code: 'CATALOG_NAME_CLASH', message: expect.stringContaining("'bank_dbo_my_accounts_runs' cannot be made for the dataset 'Bank/dbo/my-accounts': it belongs to the dataset 'Bank/dbo/My Accounts'"),
  })]);
  expect(await names()).toEqual(['bank_dbo_my_accounts', 'bank_dbo_my_accounts_runs']);
});

test('a table that somebody else made is left alone', async () => {
  await register(1, { table: 'Other' });
  await glue.send(new CreateTableCommand({ DatabaseName: DATABASE, TableInput: { Name: 'bank_dbo_accounts', StorageDescriptor: { Location: 's3://theirs/' } } }));
  await register(2);
  expect((await table('bank_dbo_accounts')).StorageDescriptor!.Location).toBe('s3://theirs/');
  expect(failures[0].message).toContain('somebody else made a table of this name');
});

test('a table that Glue refuses keeps no other from being registered, and is named', async () => {
  const { manifest, runId } = smallRun({ at: new Date(), columns: columns(['Id', 'int']), format: parquet, table: 'Accounts' });
  const [accounts] = manifest.tables;
  const tables = ['Refused', 'Accounts', 'Refused too'].map((name) => ({ ...accounts, table: name }));
  class RefusingCatalog extends GlueCatalog {
    public async changeTable(...[name, next]: Parameters<GlueCatalog['changeTable']>): Promise<void> {
      if (name.includes('refused')) throw Object.assign(new Error('Insufficient Lake Formation permission(s)'), { name: 'AccessDeniedException' });
      return super.changeTable(name, next);
    }
  }
  const reported = catalogRegistrar(new RefusingCatalog(glue, DATABASE), {} as Telemetry)(
    { runId, runState: 'COMPLETE', bucket: 'landing' } as RunItem, { manifest: { ...manifest, tables }, bucket: 'landing', key: 'k', versionId: 'null', eTag: 'e' },
  );
  await expect(reported).rejects.toMatchObject({
    code: 'CATALOG_REFUSED',
    message: "2 of 3 tables could not be registered: 'bank_dbo_refused': AccessDeniedException: Insufficient Lake Formation permission(s); " +
      "'bank_dbo_refused_too': AccessDeniedException: Insufficient Lake Formation permission(s)",
  });
  expect(await names()).toEqual(['bank_dbo_accounts', 'bank_dbo_accounts_runs']);
});

test('runs that complete at the same time leave the newest shown and every partition there', async () => {
  const runs = await Promise.all([3, 1, 5, 2, 4].map(async (day) => register(day, { columns: columns(['Id', 'int'], [`c${day}`, 'int']) })));
  expect(await shownRun()).toBe(runs[2]);
  expect((await partitions('bank_dbo_accounts_runs')).map(({ Values }) => Values![0]).sort()).toEqual([...runs].sort());
  expect(shape(await table('bank_dbo_accounts_runs')).sort()).toEqual(['c1 int', 'c2 int', 'c3 int', 'c4 int', 'c5 int', 'id int']);
});

test('a table deleted meanwhile is made again', async () => {
  await register(1);
  await glue.send(new DeleteTableCommand({ DatabaseName: DATABASE, Name: 'bank_dbo_accounts' }));
  const second = await register(2);
  expect(await shownRun()).toBe(second);
});

test('an Iceberg table that Parquet runs made stays; a run of another format is in the table of all runs alone', async () => {
  await register(1, { format: csv });
  const hive = await table('bank_dbo_accounts');
  const iceberg = { table_type: 'ICEBERG', metadata_location: 's3://b/t/metadata/0.metadata.json' };
  await glue.send(new UpdateTableCommand({
    DatabaseName: DATABASE,
    TableInput: { Name: hive.Name, StorageDescriptor: { Location: 's3://b/t' }, Parameters: { ...hive.Parameters, ...iceberg } },
  }));
  const run = await register(2, { format: csv });
  expect(await table('bank_dbo_accounts')).toMatchObject({ Parameters: iceberg, StorageDescriptor: { Location: 's3://b/t' } });
  await register(2, { format: csv, state: 'INCOMPLETE' });
  expect((await table('bank_dbo_accounts')).Parameters).toMatchObject(iceberg);
  expect((await partitions('bank_dbo_accounts_runs')).map(({ Values }) => Values![0])).toContain(run);
  expect(failures).toEqual([]);
});

test('changes of a table are no run of its Hive tables: they are left out, and it is said', async () => {
  const first = await register(1);
  await register(2, { alter: (made) => ({ ...made, changes: { way: 'changeTracking' } as ManifestChanges }) });
  expect([await names(), await shownRun(), (await partitions('bank_dbo_accounts_runs')).length]).toEqual([['bank_dbo_accounts', 'bank_dbo_accounts_runs'], first, 1]);
  expect(warned).toEqual([{ dataset: 'Bank/dbo/Accounts' }]);
});
