import { GlueClient } from '@aws-sdk/client-glue';
import { COMPACTION_SORT_KEY, CompactionItem, compactionItemKey, CompactionSettings, HANDLER_ENV, LandedTablesSettings, SERVICES } from '../../../src/contract';
import { GlueTables } from '../../../src/iceberg/catalogs/glue-tables';
import { Workplace } from '../../../src/iceberg/commit/workplace';
import { S3Files } from '../../../src/iceberg/files/s3-files';
import { currentSnapshot } from '../../../src/iceberg/spec/table-metadata';
import { LambdaProcess } from '../../support/cloud/lambda-process';
import { ChangedSource, SourceRun } from '../../support/tables/changed-source';
import { shownFiles, shownTable, unnamedFiles } from '../../support/tables/table-folder';
import { rowsShown } from '../../support/tables/with-pages';
import { metricValues, RecorderFixture } from '../recorder-fixture';
import { landManifest } from '../run-fixture';

const DATABASE = 'lake';
const NAME = 'ledger_dbo_accounts';
const COMPACTOR = 'compacts-tables';

let fixture: RecorderFixture;
let glue: GlueClient;
let completion: LambdaProcess;
let compactor: LambdaProcess;
let workplace: Workplace;
beforeAll(async () => {
  fixture = await RecorderFixture.start();
  glue = new GlueClient(fixture.clientConfig);
  const files = new S3Files(fixture.s3);
  workplace = { files, catalog: new GlueTables(glue, DATABASE, files), root: `s3://${fixture.versioned}/` };
  const tables: LandedTablesSettings = { kind: 'iceberg' };
  const compaction: CompactionSettings = { functionName: COMPACTOR, whenDeletes: 5, atMostEverySeconds: 0 };
  const environment = { [HANDLER_ENV.glueDatabase]: DATABASE, [HANDLER_ENV.landingPrefix]: 'lake/' };
  completion = await fixture.newCompletion({
    ...environment, [HANDLER_ENV.landedTables]: JSON.stringify(tables), [HANDLER_ENV.compaction]: JSON.stringify(compaction), AWS_LAMBDA_FUNCTION_NAME: 'completes',
  });
  compactor = await fixture.newCompactor({ ...environment, [HANDLER_ENV.serviceName]: SERVICES.compaction, AWS_LAMBDA_FUNCTION_NAME: COMPACTOR });
});
afterAll(async () => {
  await completion?.stop();
  await compactor?.stop();
  glue?.destroy();
  await fixture?.stop();
});

/** Lands a run and has it completed. @returns what was handed over */
async function complete(run: SourceRun) {
  for (const { key, bytes } of run.files) await fixture.put(fixture.versioned, key, bytes, { ChecksumAlgorithm: 'SHA256' });
  fixture.handedOver = [];
  const { error } = await completion.invoke(await landManifest(fixture, fixture.versioned, run.manifestKey, run.manifest));
  expect(error).toBeUndefined();
  return fixture.handedOver;
}

const expected = (run: SourceRun) => run.expected.get('Accounts')!.map((row) => [...row]);
const deleteFiles = async () => Number(currentSnapshot((await shownTable(workplace, NAME))!)!.summary['total-delete-files']);
const item = async () => await fixture.item(compactionItemKey(NAME), COMPACTION_SORT_KEY) as unknown as CompactionItem;

test('a first load and runs of changes: the table is compacted by the function that run completion starts, and shows the same rows', async () => {
  const source = new ChangedSource(undefined, undefined, true).write('Accounts', Object.fromEntries(Array.from({ length: 50 }, (_each, id) => [id, 'first'])));
  const runs = [source.load({ at: 1 })];
  expect(await complete(runs[0])).toEqual([]);
  for (let at = 2; at <= 4; at++) {
    runs.push(source.write('Accounts', { [at]: undefined, 10: `v${at}`, [100 + at]: 'new' }).changes(runs.at(-1)!, { at }));
    const handedOver = await complete(runs.at(-1)!);
    expect(handedOver.map(({ functionName, type }) => [functionName, type])).toEqual(at === 4 ? [[COMPACTOR, 'Event']] : []);
  }
  const before = await rowsShown(workplace, NAME);
  expect([before, await deleteFiles()]).toEqual([expected(runs[3]), 6]);

  const [{ payload }] = fixture.handedOver;
  const [first, again] = [await compactor.invoke(payload), await compactor.invoke(payload)];
  expect([first.error, first.result, again.result]).toEqual([undefined, { tableName: NAME, state: 'COMPACTED' }, { tableName: NAME, state: 'LEFT' }]);
  expect([await rowsShown(workplace, NAME), await deleteFiles()]).toEqual([before, 0]);
  expect(await shownFiles(workplace, NAME)).toEqual([expect.stringMatching(/\/data\/compacted-.*\.parquet$/)]);
  expect([metricValues(first, 'TablesCompacted'), metricValues(first, 'BytesCompacted')]).toEqual([[1], [expect.any(Number)]]);
  expect(first.lines.map((line) => JSON.parse(line)).find(({ message }) => message === 'table compacted'))
    .toMatchObject({ level: 'INFO', service: SERVICES.compaction, tableName: NAME, deleteFiles: 6, rowsWritten: before.length });
  expect(await item()).toMatchObject({ itemType: 'compaction', compactedAt: expect.any(String) });
  expect((await item()).owner).toBeUndefined();

  // The next run of changes goes on top of it.
  runs.push(source.write('Accounts', { 10: 'last', 20: undefined }).changes(runs.at(-1)!, { at: 5 }));
  expect(await complete(runs[4])).toEqual([]);
  expect(await rowsShown(workplace, NAME)).toEqual(expected(runs[4]));
  expect((await unnamedFiles(workplace, `${workplace.root}lake-tables/`)).filter((uri) => !uri.includes('/data/compacted-'))).toEqual([]);
});

test('of two invocations at once one has the table', async () => {
  const event = { compactTable: { bucket: fixture.versioned, tableName: NAME } };
  const { result } = await compactor.invokeTogether([event, event]);
  expect(result.map(({ state }: { readonly state: string }) => state).sort()).toEqual(['COMPACTED', 'HELD']);
  expect(await deleteFiles()).toBe(0);
});

test('an event of another kind is refused, and a table that is not there is left', async () => {
  const { error } = await compactor.invoke({ Records: [] });
  expect(error).toMatchObject({ errorMessage: 'expected an event that names a bucket and a table to compact' });
  const { result, lines } = await compactor.invoke({ compactTable: { bucket: fixture.versioned, tableName: 'none' } });
  expect([result.state, lines.some((line) => line.includes("there is no landed table 'none'"))]).toEqual(['LEFT', true]);
});
