import { GetTableCommand, GetTablesCommand, GlueClient } from '@aws-sdk/client-glue';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { HANDLER_ENV, isTablesKey, LandedTablesSettings, runSnapshotsKey, TABLE_PROPERTIES, TableCommitItem } from '../../../src/contract';
import { GlueTables } from '../../../src/iceberg/catalogs/glue-tables';
import { Workplace } from '../../../src/iceberg/commit/workplace';
import { S3Files } from '../../../src/iceberg/files/s3-files';
import { LambdaProcess } from '../../support/cloud/lambda-process';
import { ChangedSource } from '../../support/tables/changed-source';
import { ParquetRun, ParquetRunOptions, ParquetRuns } from '../../support/tables/parquet-runs';
import { shownFiles, shownTable, unnamedFiles } from '../../support/tables/table-folder';
import { metricValues, RecorderFixture } from '../recorder-fixture';
import { landManifest, landRun } from '../run-fixture';

const DATABASE = 'lake';
const PREFIX = 'lake/';
const OWN_NAME = 'run-completion-of-tables';

let fixture: RecorderFixture;
let glue: GlueClient;
let runs: ParquetRuns;
let completion: LambdaProcess;
let workplace: Workplace;
let at = 0;
const started: LambdaProcess[] = [];

beforeAll(async () => {
  [fixture, runs] = await Promise.all([RecorderFixture.start(), ParquetRuns.make()]);
  glue = new GlueClient(fixture.clientConfig);
  const files = new S3Files(fixture.s3);
  workplace = { files, catalog: new GlueTables(glue, DATABASE, files), root: `s3://${fixture.versioned}/` };
  completion = await newCompletion();
});
afterAll(async () => {
  for (const each of started) await each.stop();
  glue?.destroy();
  await fixture?.stop();
});

async function newCompletion(settings: LandedTablesSettings = { kind: 'iceberg' }, timeoutMs?: number): Promise<LambdaProcess> {
  const made = await fixture.newCompletion({
    [HANDLER_ENV.glueDatabase]: DATABASE,
    [HANDLER_ENV.landingPrefix]: PREFIX,
    [HANDLER_ENV.landedTables]: JSON.stringify(settings),
    AWS_LAMBDA_FUNCTION_NAME: OWN_NAME,
  }, timeoutMs);
  started.push(made);
  return made;
}

/** Lands a run. @returns with the event of its manifest */
async function land(options: Omit<ParquetRunOptions, 'at'> = {}): Promise<ParquetRun & { readonly event: any }> {
  const run = runs.run({ at: ++at, prefix: PREFIX, ...options });
  return { ...run, event: await landFiles(run) };
}

/** @returns the event of the manifest */
async function landFiles(run: ParquetRun): Promise<any> {
  for (const { key, bytes } of run.files) await fixture.put(fixture.versioned, key, bytes, { ChecksumAlgorithm: 'SHA256' });
  return landManifest(fixture, fixture.versioned, run.manifestKey, run.manifest);
}

const uris = (run: ParquetRun) => run.files.map(({ key }) => workplace.root + key).sort();
const item = async (runId: string, table: string) => await fixture.item(`run#${runId}`, `table#Ledger/dbo/${table}`) as unknown as TableCommitItem | undefined;
const lines = async (runId: string) => {
  const { Body } = await fixture.s3.send(new GetObjectCommand({ Bucket: fixture.versioned, Key: runSnapshotsKey(PREFIX, runId) }));
  return (await Body!.transformToString()).trim().split('\n').map((line) => JSON.parse(line));
};
const glueTable = async (name: string) => (await glue.send(new GetTableCommand({ DatabaseName: DATABASE, Name: name }))).Table!;

test('a Parquet run becomes a snapshot; tables with all runs are not made any more', async () => {
  const run = await land({ tables: ['Accounts'], files: 2 });
  const { error, lines: written } = await completion.invoke(run.event);
  expect(error).toBeUndefined();
  expect(await shownFiles(workplace, 'ledger_dbo_accounts')).toEqual(uris(run));
  expect((await glueTable('ledger_dbo_accounts')).Parameters).toMatchObject({
    'table_type': 'ICEBERG', 'cdk-legacy-to-s3.run': run.runId, [TABLE_PROPERTIES.manifest]: workplace.root + run.manifestKey,
  });
  const names = (await glue.send(new GetTablesCommand({ DatabaseName: DATABASE }))).TableList!.map(({ Name }) => Name);
  expect(names).toEqual(['ledger_dbo_accounts']);
  const done = await item(run.runId, 'Accounts');
  expect(done).toMatchObject({ commitState: 'COMMITTED', rows: 6, provenRows: 6, runId: run.runId });
  expect(await lines(run.runId)).toEqual([{
    run_id: run.runId,
    dataset: 'Ledger/dbo/Accounts',
    table_name: 'ledger_dbo_accounts',
    state: 'COMMITTED',
    snapshot_id: done!.snapshotId,
    metadata_location: done!.metadataLocation,
    rows_landed: 6,
    committed_at: done!.recordedAt,
  }]);
  const runItem = await fixture.run(run.runId);
  expect(runItem).toMatchObject({ runState: 'COMPLETE', tablesCommitted: 1, tablesNotCommitted: 0, announced: expect.stringContaining('COMPLETE') });
  expect(runItem!.unreported).toBeUndefined();
  expect(metricValues({ lines: written }, 'TablesCommitted')).toEqual([1]);
});

test('other formats are registered as Hive tables', async () => {
  const run = await landRun(fixture, fixture.versioned, PREFIX);
  expect((await completion.invoke(await landManifest(fixture, fixture.versioned, run.key, run.manifest))).error).toBeUndefined();
  expect(await item(run.runId, 'Accounts')).toBeUndefined();
  expect(await fixture.run(run.runId)).not.toHaveProperty('tablesCommitted');
});

test('four events of one run at the same time, in two environments, make one snapshot of each table', async () => {
  const tables = ['Left', 'Right', 'Middle'];
  const other = await newCompletion();
  for (const round of [1, 2]) {
    const run = await land({ tables });
    const outcomes = await Promise.all([completion, other].map(async (each) => each.invokeTogether([run.event, run.event])));
    expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined]);
    for (const table of tables) {
      expect((await shownTable(workplace, `ledger_dbo_${table.toLowerCase()}`))!.snapshots).toHaveLength(round);
      expect(await item(run.runId, table)).toMatchObject({ commitState: 'COMMITTED', provenRows: 3 });
    }
    expect((await completion.invoke(run.event)).error).toBeUndefined();
    expect(await unnamedFiles(workplace, `${workplace.root}lake-tables/`)).toEqual([]);
    expect(await fixture.run(run.runId)).toMatchObject({ tablesCommitted: 3, tablesNotCommitted: 0 });
    expect((await fixture.run(run.runId))!.unreported).toBeUndefined();
  }
});

test('a part that is gone takes the run back: the run before is shown', async () => {
  const [first, second] = [await land({ tables: ['Parts'] }), await land({ tables: ['Parts'] })];
  // Handed over together the older one may be superseded before it is a snapshot.
  for (const { event } of [first, second]) expect((await completion.invoke(event)).error).toBeUndefined();
  expect(await shownFiles(workplace, 'ledger_dbo_parts')).toEqual(uris(second));
  await fixture.s3.send(new DeleteObjectCommand({ Bucket: fixture.versioned, Key: second.files[0].key }));
  expect((await completion.invoke(second.event)).error).toBeUndefined();
  expect(await shownFiles(workplace, 'ledger_dbo_parts')).toEqual(uris(first));
  expect(await item(second.runId, 'Parts')).toMatchObject({ commitState: 'WITHDRAWN' });
  expect(await fixture.run(second.runId)).toMatchObject({ runState: 'INCOMPLETE' });
});

test('runs of changes are applied in order, whatever order their events come in, and one whose file is gone is taken back', async () => {
  const source = new ChangedSource(['Changed'], PREFIX).write('Changed', { 1: 'Ada', 2: 'Grace' });
  const base = source.load({ at: ++at });
  const second = source.write('Changed', { 1: 'Ada L.', 2: undefined }).changes(base, { at: ++at });
  const third = source.write('Changed', { 3: 'Edsger' }).changes(second, { at: ++at });
  const [first, ...events] = [await landFiles(base), await landFiles(second), await landFiles(third)];
  fixture.handedOver = [];
  for (const event of [...events].reverse()) expect((await completion.invoke(event)).error).toBeUndefined();
  expect(await fixture.run(third.runId)).toMatchObject({ runState: 'COMPLETE', kind: 'changes', tablesCommitted: 0, tablesNotCommitted: 1 });
  expect([(await item(second.runId, 'Changed'))!.commitState, await item(third.runId, 'Changed')]).toEqual(['WAITING', expect.objectContaining({
    commitState: 'WAITING', waitsFor: second.marks.get('Changed')!.order,
  })]);
  expect((await completion.invoke(first)).error).toBeUndefined();
  for (let next = fixture.handedOver.shift(); next; next = fixture.handedOver.shift()) expect((await completion.invoke(next.payload)).error).toBeUndefined();
  const shown = async () => source.shown(workplace, 'ledger_dbo_changed');
  expect(await shown()).toEqual(third.expected.get('Changed'));
  expect(await item(third.runId, 'Changed')).toMatchObject({ commitState: 'COMMITTED', rows: 1, provenRows: 1 });
  expect(await fixture.run(third.runId)).toMatchObject({ tablesCommitted: 1, tablesNotCommitted: 0 });
  expect((await glueTable('ledger_dbo_changed_changes')).Parameters).toMatchObject({ 'cdk-legacy-to-s3.kind': 'history', 'table_type': 'ICEBERG' });
  expect((await shownFiles(workplace, 'ledger_dbo_changed_changes')).length).toBe(3);
  expect((await fixture.items()).filter(({ itemType }) => itemType === 'waiting')).toEqual([]);

  await fixture.s3.send(new DeleteObjectCommand({ Bucket: fixture.versioned, Key: third.files[0].key }));
  expect((await completion.invoke(events[1])).error).toBeUndefined();
  expect(await shown()).toEqual(second.expected.get('Changed'));
  expect(await item(third.runId, 'Changed')).toMatchObject({ commitState: 'WITHDRAWN' });
  expect(await unnamedFiles(workplace, `${workplace.root}lake-tables/`)).toEqual([]);
});

test('what there is no time for is gone on with by the function itself; the run is announced at once', async () => {
  const tables = Array.from({ length: 60 }, (_each, number) => `Many${number}`);
  const run = await land({ tables });
  const hasty = await newCompletion(undefined, 8_000);
  fixture.handedOver = [];
  expect((await hasty.invoke(run.event)).error).toBeUndefined();
  expect(await fixture.run(run.runId)).toMatchObject({ unreported: ['catalog'], announced: expect.stringContaining('COMPLETE') });
  let invocations = 1;
  for (let next = fixture.handedOver.shift(); next; next = fixture.handedOver.shift(), invocations++) {
    expect(next).toMatchObject({ functionName: OWN_NAME, type: 'Event' });
    expect((await hasty.invoke(next.payload)).error).toBeUndefined();
  }
  expect(invocations).toBeGreaterThan(1);
  expect(await fixture.run(run.runId)).toMatchObject({ tablesCommitted: 60, tablesNotCommitted: 0 });
  expect((await fixture.run(run.runId))!.unreported).toBeUndefined();
  expect((await lines(run.runId)).map(({ state }) => state)).toEqual(tables.map(() => 'COMMITTED'));
  for (const name of tables) expect((await shownTable(workplace, `ledger_dbo_${name.toLowerCase()}`))!.snapshots).toHaveLength(1);
}, 120_000);

test('what commits write beside landed objects is told from them by its keys, and nothing landed lies in a folder of metadata', async () => {
  const keys: string[] = [];
  for (let token: string | undefined, first = true; first || token; first = false) {
    const page = await fixture.s3.send(new ListObjectsV2Command({ Bucket: fixture.versioned, ContinuationToken: token }));
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key!));
    token = page.NextContinuationToken;
  }
  const below = keys.filter((key) => key.startsWith('lake-tables/'));
  expect(below.length).toBeGreaterThan(100);
  expect(below.filter((key) => !isTablesKey(key))).toEqual([]);
  expect(keys.filter((key) => isTablesKey(key) && !key.startsWith('lake-tables/'))).toEqual([]);
});
