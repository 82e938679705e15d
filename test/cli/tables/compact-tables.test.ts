import { pathToFileURL } from 'node:url';
import { compact, query } from '../../../src/cli/tables';
import { CHANGED, ChangedTable } from '../../support/iceberg/changed-table';

let table: ChangedTable;
beforeEach(async () => { table = await ChangedTable.make(); });
afterEach(() => table.close());

const ids = (from: number, to: number) => `SELECT i::INT AS id FROM range(${from}, ${to}) t(i)`;
const source = () => ({ target: pathToFileURL(table.folder).href });

async function rows(): Promise<unknown[]> {
  const seen: unknown[] = [];
  await query(source(), `SELECT id FROM ${CHANGED} ORDER BY 1`, {}, async (result) => {
    for await (const some of result.rows) seen.push(...some.flat());
  });
  return seen;
}

test('tables with changes are compacted, each says what was done, and a name that is none is refused', async () => {
  await table.land([['id', 'INT32', 1]], [ids(0, 3), ids(3, 6)]);
  expect(await compact(source(), [], {})).toEqual([expect.objectContaining({ name: CHANGED, state: 'LEFT', why: 'no run of changes was applied to it since it was written whole' })]);
  await table.change({ keys: ids(1, 2), by: ['id'] });
  expect(await compact(source(), [CHANGED], { whenDeletes: 2 })).toMatchObject([{ state: 'LEFT', deleteFiles: 1 }]);
  expect(await compact(source(), [], { whenDeletes: 1 })).toMatchObject([
    { name: CHANGED, state: 'COMPACTED', snapshotId: expect.stringMatching(/^\d+$/), deleteFiles: 1, deletedRows: 1, rowsWritten: 5, filesBefore: 2, filesAfter: 1 },
  ]);
  expect(await rows()).toEqual([0, 2, 3, 4, 5]);
  await expect(compact(source(), ['nothing'], {})).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND', message: expect.stringContaining('has no landed table \'nothing\'') });
});
