import { historyTableName } from '../../../src/contract';
import { commitTables } from '../../../src/handlers/tables/commit-tables';
import { GluePace } from '../../../src/handlers/tables/glue-pace';
import { compactTable } from '../../../src/iceberg/commit/compact/compact-table';
import { expireTable } from '../../../src/iceberg/commit/expire';
import { ChangedSource, SourceRun } from '../../support/tables/changed-source';
import { BUCKET, MemoryTables } from '../../support/tables/memory-tables';
import { VirtualClock } from '../../support/tables/virtual-clock';
import { rowsShown } from '../../support/tables/with-pages';

const TABLE = 'ledger_dbo_accounts';

test('an event of a run that has expired comes late: that its files are gone is no fault of rows that a compaction wrote anew', async () => {
  const tables = new MemoryTables();
  const services = () => tables.services({ pace: new GluePace(new VirtualClock()) });
  const complete = async (run: SourceRun, state: 'COMPLETE' | 'INCOMPLETE' = 'COMPLETE') => commitTables(services(), ...tables.land(run, state));
  const source = new ChangedSource(['Accounts'], 'lake/', true).write('Accounts', { 1: 'Ada', 2: 'Grace' });
  const base = source.load({ at: 1 });
  const changes = source.write('Accounts', { 1: undefined, 3: 'Edsger' }).changes(base, { at: 2 });
  await complete(base);
  await complete(changes);
  const workplace = services().workplaceOf(BUCKET);
  await compactTable(workplace, TABLE);
  await workplace.catalog.drop((await workplace.catalog.load(historyTableName(TABLE)))!);
  const marked = async (runIds: readonly string[]) => {
    for (const runId of runIds) await services().items.replace({ ...tables.item(runId)!, commitState: 'EXPIRED' });
  };
  const tomorrow = { ...workplace, now: () => Date.now() + 86_400_000 };
  expect(await expireTable(tomorrow, TABLE, { keepForMs: 1 }, { marked })).toMatchObject({ runs: [base.runId, changes.runId] });
  for (const run of [base, changes]) await complete(run, 'INCOMPLETE');
  expect([base, changes].map(({ runId }) => tables.item(runId)!.commitState)).toEqual(['WITHDRAWN', 'WITHDRAWN']);
  expect([tables.failures, tables.metrics.get('TablesNotProven')]).toEqual([[], undefined]);
  expect(await rowsShown(workplace, TABLE)).toEqual([[2, 'Grace'], [3, 'Edsger']]);
});
