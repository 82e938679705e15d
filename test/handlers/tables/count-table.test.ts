import { METRICS, TableCommitItem } from '../../../src/contract';
import { counted } from '../../../src/handlers/tables/count-table';
import { TableServices, TableTask } from '../../../src/handlers/tables/table-task';
import { applyChanges } from '../../../src/iceberg/commit/changes/apply-changes';
import { compactTable } from '../../../src/iceberg/commit/compact/compact-table';
import { Workplace } from '../../../src/iceberg/commit/workplace';
import { currentSnapshot } from '../../../src/iceberg/spec/table-metadata';
import { CHANGED, ChangedTable } from '../../support/iceberg/changed-table';

let table: ChangedTable;
let metrics: Map<string, number>;
let failures: string[];
beforeEach(async () => {
  table = await ChangedTable.make();
  metrics = new Map();
  failures = [];
  await table.land([['id', 'INT32', 1]], ['SELECT i::INT AS id FROM range(0, 100) t(i)', 'SELECT i::INT AS id FROM range(100, 200) t(i)']);
  await table.change({ rows: 'SELECT 7::INT AS id', keys: 'SELECT i::INT AS id FROM range(5, 15) t(i)', by: ['id'] });
});
afterEach(() => table.close());

/** Counts the table as of its newest snapshot, of which the source counted so many rows. */
async function count(sourceRows: number | undefined, { settings = {}, remaining = Infinity, item = {}, workplace = table.workplace }: {
  readonly settings?: object; readonly remaining?: number; readonly item?: Partial<TableCommitItem>; readonly workplace?: Workplace;
} = {}): Promise<Partial<TableCommitItem>> {
  const services = {
    workplaceOf: () => workplace,
    settings: { kind: 'iceberg', ...settings },
    telemetry: {
      metric: (name: keyof typeof METRICS, value: number) => metrics.set(name, (metrics.get(name) ?? 0) + value),
      warn: () => undefined,
      failure: (_message: string, error: Error) => failures.push(error.message),
    },
  } as unknown as TableServices;
  const { metadataLocation } = (await table.workplace.catalog.load(CHANGED))!;
  const committed = { commitState: 'COMMITTED', runId: 'R', tableName: CHANGED, metadataLocation, snapshotId: String(currentSnapshot(await table.metadata())!['snapshot-id']), ...item };
  const task = { run: { bucket: 'b' }, table: { changes: { sourceRows, to: {} } }, remaining: () => remaining } as unknown as TableTask;
  const { sourceRows: told, countedRows, problem } = await counted(services, task, committed as unknown as TableCommitItem);
  return { sourceRows: told, countedRows, problem };
}

test('as many rows as the source counted, deletes applied, before and after a compaction', async () => {
  expect(await count(191)).toEqual({ sourceRows: 191, countedRows: 191 });
  await compactTable(table.workplace, CHANGED);
  expect(await count(191)).toEqual({ sourceRows: 191, countedRows: 191 });
  expect([metrics.size, failures]).toEqual([0, []]);
});

test('rows that are kept though they were deleted do not count', async () => {
  await applyChanges(table.workplace, await table.changes({ gone: 'SELECT i::INT AS id FROM range(50, 60) t(i)', by: ['id'], since: 1 }), { softDeletes: true });
  expect(await count(181)).toEqual({ sourceRows: 181, countedRows: 181 });
  await compactTable(table.workplace, CHANGED);
  expect(await count(181)).toEqual({ sourceRows: 181, countedRows: 181 });
});

test('other rows than the source counted: noted, logged and measured', async () => {
  expect(await count(190)).toEqual({ sourceRows: 190, countedRows: 191, problem: 'it has 191 rows as of run \'R\', the source counted 190' });
  expect([metrics.get('tablesCountedOtherwise'), failures]).toEqual([1, [`'${CHANGED}': it has 191 rows as of run 'R', the source counted 190`]]);
});

test('what is not counted is said so: too many bytes, no time, a snapshot that is gone, a file that is', async () => {
  expect((await count(191, { settings: { countBytesLimit: 10 } })).problem).toMatch(/^its rows were not counted: its delete files and key columns have \d+ bytes, more than the 10/);
  expect((await count(191, { remaining: 1000 })).problem).toBe('its rows were not counted: there was no time left');
  expect((await count(191, { item: { snapshotId: '12345' } })).problem).toMatch(/the snapshot that the run left is not there any more$/);
  const [keys] = (await table.workplace.files.list(`file://${table.folder}/database=Bank/`)).filter(({ uri }) => uri.includes('/keys-'));
  await table.workplace.files.delete([keys.uri]);
  const broken = await count(191, { item: { problem: 'history: refused' } });
  expect(broken).toMatchObject({ sourceRows: 191, problem: expect.stringMatching(/^history: refused; its rows were not counted: .*keys-.*it is missing/) });
  expect([metrics.get('tablesNotCounted'), metrics.get('tablesCountedOtherwise')]).toEqual([4, undefined]);
});

test('a run whose source was not counted, and one that is not applied, are left alone', async () => {
  expect(await count(undefined)).toEqual({});
  expect(await count(190, { item: { commitState: 'WAITING' } })).toEqual({});
  expect(metrics.size).toBe(0);
});

test('work that never comes to its end, as of a function that was stopped, keeps no later one from counting', async () => {
  let read!: () => void;
  const reads = new Promise<void>((resolve) => { read = resolve; });
  const silent = async () => { read(); return new Promise<never>(() => undefined); };
  const files = new Proxy(table.workplace.files, { get: () => silent });
  void count(191, { workplace: { ...table.workplace, files } });
  await reads;
  expect(await count(191)).toEqual({ sourceRows: 191, countedRows: 191 });
});
